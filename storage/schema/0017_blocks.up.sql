-- When each block was written, and how long after the log had its last record: how far the stream is behind.
CREATE VIEW IF NOT EXISTS blocks AS
SELECT
    topic, partition, first, last, logged_at, written_at,
    arraySum(accepted) AS accepted,
    greatest(0, dateDiff('second', logged_at, written_at)) AS behind
FROM block_edges FINAL;

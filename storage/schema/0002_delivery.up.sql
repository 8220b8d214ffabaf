-- The edges of every block, written before its rows. Of two blocks that begin at the same offset the later owner's counts:
-- the other was fenced off before it wrote a row.
CREATE TABLE IF NOT EXISTS block_edges
(
    topic LowCardinality(String),
    partition UInt32,
    first UInt64,
    last UInt64,
    epoch UInt64,
    sources Array(LowCardinality(String)),
    accepted Array(UInt64),
    duplicates Array(UInt64),
    refused Array(UInt64),
    emitted Array(UInt64),
    dropped Array(Map(LowCardinality(String), UInt64)),
    logged_at DateTime('UTC') COMMENT 'Time of the last record in the log',
    written_at DateTime('UTC') DEFAULT now()
)
ENGINE = ReplacingMergeTree(epoch)
ORDER BY (topic, partition, first);

-- Who may write to a partition: the highest epoch.
CREATE TABLE IF NOT EXISTS claims
(
    topic LowCardinality(String),
    partition UInt32,
    epoch UInt64
)
ENGINE = ReplacingMergeTree(epoch)
ORDER BY (topic, partition);

-- Detector state in pages. Each page has two slots, written in turn, so that the snapshot before stays whole until the
-- marker of the next one is there.
CREATE TABLE IF NOT EXISTS state_pages
(
    topic LowCardinality(String),
    partition UInt32,
    epoch UInt64,
    kind LowCardinality(String),
    number UInt32,
    slot UInt8,
    snapshot UInt64,
    data String
)
ENGINE = ReplacingMergeTree(snapshot)
ORDER BY (topic, partition, epoch, kind, number, slot);

CREATE TABLE IF NOT EXISTS state_markers
(
    topic LowCardinality(String),
    partition UInt32,
    epoch UInt64,
    snapshot UInt64,
    offset Int64
)
ENGINE = ReplacingMergeTree(snapshot)
ORDER BY (topic, partition, epoch);

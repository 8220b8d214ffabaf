-- The ledger of a million blocks: what is settled is summed every five minutes, and the view adds the blocks since. Blocks are
-- written in the order of time, so the least and the greatest time of each granule find those of a few minutes.
ALTER TABLE block_edges ADD INDEX IF NOT EXISTS written_at_minmax written_at TYPE minmax GRANULARITY 1;

ALTER TABLE block_edges MATERIALIZE INDEX written_at_minmax;

ALTER TABLE ledger_rows ADD INDEX IF NOT EXISTS written_at_minmax written_at TYPE minmax GRANULARITY 1;

ALTER TABLE ledger_rows MATERIALIZE INDEX written_at_minmax;

-- One insert is one sum of all that is settled; the newest counts. What a block's edge or rows may still become is only open for
-- the newest of a partition, and that one is settled when all of its rows are there.
CREATE TABLE IF NOT EXISTS ledger_settled
(
    topic LowCardinality(String),
    partition UInt32,
    name String COMMENT 'The sender',
    ledger_days UInt16 COMMENT 'Days that the sum looked back',
    cut UInt64 COMMENT 'Offset from which on it counts',
    open UInt64 COMMENT 'Offset up to which it counts',
    unsettled_at DateTime('UTC') COMMENT 'No edge that is not in it was written before',
    emitted UInt64,
    drops Map(LowCardinality(String), UInt64) COMMENT 'As told with the highest number of emitted events that came with any',
    drops_at UInt64 COMMENT 'That number',
    rest Int64 COMMENT 'What waited as told with the lowest number of emitted events',
    rest_at UInt64 COMMENT 'That number',
    told UInt8 COMMENT 'Whether any edge names the sender',
    began_at DateTime('UTC') COMMENT 'Time in the log of its first block',
    accepted UInt64,
    duplicates UInt64,
    refused UInt64,
    stored UInt64,
    dead_lettered UInt64,
    at DateTime64(3, 'UTC')
)
ENGINE = ReplacingMergeTree(at)
ORDER BY (topic, partition, name);

CREATE MATERIALIZED VIEW IF NOT EXISTS ledger_settled_of_blocks REFRESH AFTER 5 MINUTE APPEND TO ledger_settled AS
WITH
    now() - toIntervalDay({ledger_days}) AS since,
    now() - toIntervalMinute(5) AS until,
    (
        SELECT groupArray((topic, partition, cut, newest))
        FROM
        (
            SELECT topic, partition, min(first) AS cut, max(first) AS newest
            FROM block_edges
            WHERE logged_at >= since AND written_at < until
            GROUP BY topic, partition
        )
    ) AS ranges,
    homes AS
    (
        SELECT range.1 AS topic, range.2 AS partition, range.3 AS cut, range.4 AS newest
        FROM (SELECT arrayJoin(ranges) AS range)
    ),
    (
        SELECT groupArray((topic, partition, cut, open))
        FROM
        (
            SELECT topic, partition, any(cut) AS cut, if(sum(taken) = sum(written), max(last) + 1, any(newest)) AS open
            FROM homes
            LEFT JOIN
            (
                SELECT topic, partition, toInt64(arraySum(accepted)) - toInt64(arraySum(duplicates)) AS taken, 0 AS written, last
                FROM block_edges AS edges FINAL
                WHERE (topic, partition, first) IN (SELECT topic, partition, newest FROM homes)
                UNION ALL
                SELECT topic, partition, 0, toInt64(ledger_rows.stored + ledger_rows.dead_lettered), 0
                FROM ledger_rows
                INNER JOIN homes USING (topic, partition)
                WHERE first >= newest AND first >= (SELECT min(newest) FROM homes)
            ) AS newest_blocks USING (topic, partition)
            GROUP BY topic, partition
        )
    ) AS bounds,
    kept AS
    (
        SELECT bound.1 AS topic, bound.2 AS partition, bound.3 AS cut, bound.4 AS open
        FROM (SELECT arrayJoin(bounds) AS bound)
    ),
    (
        SELECT minOrNull(written_at)
        FROM block_edges
        LEFT JOIN kept USING (topic, partition)
        WHERE logged_at >= since AND first >= open
    ) AS unsettled
SELECT
    topic, partition, name,
    {ledger_days} AS ledger_days,
    any(kept.cut) AS cut,
    any(kept.open) AS open,
    least(until, ifNull(unsettled, until)) AS unsettled_at,
    max(total) AS emitted,
    argMaxIf(told_drops, total, notEmpty(told_drops)) AS drops,
    maxIf(total, notEmpty(told_drops)) AS drops_at,
    argMinIf(left_over, total, is_told) AS rest,
    minIf(total, is_told) AS rest_at,
    max(is_told) AS told,
    minIf(at_log, is_told) AS began_at,
    sum(taken) AS accepted,
    sum(again) AS duplicates,
    sum(unsound) AS refused,
    sum(kept_rows) AS stored,
    sum(letters) AS dead_lettered,
    now64(3, 'UTC') AS at
FROM
(
    SELECT
        topic, partition, first, name, total, told_drops, taken, again, unsound, logged_at AS at_log,
        toInt64(total) - toInt64(arraySum(mapValues(told_drops))) - toInt64(taken - again) AS left_over,
        0 AS kept_rows, 0 AS letters, 1 AS is_told
    FROM block_edges AS edges FINAL
    ARRAY JOIN sources AS name, emitted AS total, dropped AS told_drops, accepted AS taken, duplicates AS again, refused AS unsound
    UNION ALL
    SELECT topic, partition, first, source, 0, map(), 0, 0, 0, toDateTime(0, 'UTC'), 0, ledger_rows.stored,
        ledger_rows.dead_lettered, 0
    FROM ledger_rows
) AS each
INNER JOIN kept USING (topic, partition)
WHERE first >= kept.cut AND first < kept.open
GROUP BY topic, partition, name
SETTINGS max_threads = 1, min_insert_block_size_rows = 10000000, min_insert_block_size_bytes = 1000000000;

-- As in 0004, but for the blocks that are settled. A sum that looked back over other days than these is passed over.
DROP VIEW IF EXISTS ledger;

CREATE VIEW IF NOT EXISTS ledger AS
WITH
    now() - toIntervalDay({ledger_days}) AS since,
    (
        SELECT (min(ledger_settled.unsettled_at), groupUniqArray((topic, partition, ledger_settled.open)), any(ledger_settled.at))
        FROM ledger_settled
        WHERE ledger_settled.at = (SELECT max(ledger_settled.at) FROM ledger_settled WHERE ledger_settled.ledger_days = {ledger_days})
    ) AS settled,
    (
        SELECT groupArray((topic, partition, begin, if(taken = arraySum(row -> if(row.1 >= newest, row.2, 0), written), last + 1, newest)))
        FROM
        (
            SELECT
                topic, partition,
                greatest(minIf(offset, is_edge), arrayMax(done -> if((done.1, done.2) = (topic, partition), done.3, 0), settled.2)) AS begin,
                maxIf(offset, is_edge) AS newest,
                argMaxIf((end, events), (offset, epoch), is_edge) AS newest_block,
                newest_block.1 AS last,
                newest_block.2 AS taken,
                groupArrayIf((offset, events), NOT is_edge) AS written
            FROM
            (
                SELECT
                    topic, partition, first AS offset, last AS end, epoch,
                    toInt64(arraySum(accepted)) - toInt64(arraySum(duplicates)) AS events, 1 AS is_edge
                FROM block_edges
                WHERE written_at >= settled.1 AND logged_at >= since
                UNION ALL
                SELECT topic, partition, first, 0, 0, toInt64(ledger_rows.stored + ledger_rows.dead_lettered), 0
                FROM ledger_rows
                WHERE written_at >= settled.1
            )
            GROUP BY topic, partition
            HAVING max(is_edge)
        )
    ) AS bounds,
    live AS
    (
        SELECT bound.1 AS topic, bound.2 AS partition, bound.3 AS begin, bound.4 AS open
        FROM (SELECT arrayJoin(bounds) AS bound)
    ),
    counted AS
    (
        SELECT
            name, ledger_settled.emitted AS total, ledger_settled.drops AS drops, ledger_settled.drops_at AS drops_at,
            ledger_settled.rest AS rest, ledger_settled.rest_at AS rest_at, ledger_settled.told AS told,
            ledger_settled.began_at AS began_at, ledger_settled.accepted AS taken, ledger_settled.duplicates AS again,
            ledger_settled.refused AS unsound, 0 AS in_hand, ledger_settled.stored AS kept,
            ledger_settled.dead_lettered AS letters
        FROM ledger_settled
        WHERE ledger_settled.at = settled.3
        UNION ALL
        SELECT
            name, total, drops, total, toInt64(total) - toInt64(arraySum(mapValues(drops))) - toInt64(taken - again),
            total, 1, logged_at, if(first < open, taken, 0), if(first < open, again, 0), if(first < open, unsound, 0),
            if(first < open, 0, taken - again), 0, 0
        FROM block_edges AS edges FINAL
        INNER JOIN live USING (topic, partition)
        ARRAY JOIN sources AS name, emitted AS total, dropped AS drops, accepted AS taken, duplicates AS again, refused AS unsound
        WHERE written_at >= settled.1 AND first >= begin AND first <= open
        UNION ALL
        SELECT source, 0, map(), 0, 0, 0, 0, toDateTime(0, 'UTC'), 0, 0, 0, 0, ledger_rows.stored, ledger_rows.dead_lettered
        FROM ledger_rows
        INNER JOIN live USING (topic, partition)
        WHERE written_at >= settled.1 AND first >= begin AND first < open
    ),
    said AS
    (
        SELECT
            name,
            max(total) AS emitted,
            argMaxIf(drops, drops_at, notEmpty(drops)) AS dropped_by_reason,
            toInt64(sum(taken)) AS accepted,
            toInt64(sum(again)) AS duplicates,
            toInt64(sum(unsound)) AS refused,
            toInt64(sum(in_hand)) AS writing,
            toInt64(sum(kept)) AS stored,
            toInt64(sum(letters)) AS dead_lettered,
            toInt64(emitted) - arraySum(mapValues(dropped_by_reason)) - accepted + duplicates - writing AS behind,
            argMinIf(rest, rest_at, told) AS behind_at_start,
            minIf(began_at, told) < since + toIntervalHour(1) AS began_before,
            multiIf(emitted = 0, 0, began_before, greatest(0, behind - behind_at_start), behind) AS waiting
        FROM counted
        GROUP BY name
    )
SELECT
    if(startsWith(name, 'request/'), 'request/*', name) AS source,
    sum(said.emitted) AS emitted,
    arraySum(mapValues(dropped_by_reason)) AS dropped,
    sumMap(said.dropped_by_reason) AS dropped_by_reason,
    sum(said.accepted) AS accepted,
    sum(said.duplicates) AS duplicates,
    sum(said.refused) AS refused,
    sum(said.stored) AS stored,
    sum(said.dead_lettered) AS dead_lettered,
    accepted - duplicates - refused - stored AS missing,
    sum(said.writing) AS writing,
    sum(said.waiting) AS waiting,
    missing = 0 AND refused = dead_lettered AS balanced
FROM said
GROUP BY source;

DROP VIEW IF EXISTS ledger;
CREATE VIEW IF NOT EXISTS ledger AS
WITH
    now() - toIntervalDay({ledger_days}) AS since,
    (
        SELECT groupArray((topic, partition, cut, newest))
        FROM
        (
            SELECT topic, partition, min(first) AS cut, max(first) AS newest
            FROM block_edges
            WHERE logged_at >= since
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
    told AS
    (
        SELECT name, total, drops, taken, again, unsound, first < open AS whole, logged_at,
            toInt64(total) - toInt64(arraySum(mapValues(drops))) - toInt64(taken - again) AS rest
        FROM block_edges AS edges FINAL
        INNER JOIN kept USING (topic, partition)
        ARRAY JOIN sources AS name, emitted AS total, dropped AS drops, accepted AS taken, duplicates AS again, refused AS unsound
        WHERE first BETWEEN cut AND open
    ),
    said AS
    (
        SELECT
            name,
            max(total) AS emitted,
            argMaxIf(drops, total, notEmpty(drops)) AS dropped_by_reason,
            toInt64(sumIf(taken, whole)) AS accepted,
            toInt64(sumIf(again, whole)) AS duplicates,
            toInt64(sumIf(unsound, whole)) AS refused,
            toInt64(sumIf(taken - again, NOT whole)) AS writing,
            toInt64(emitted) - arraySum(mapValues(dropped_by_reason)) - toInt64(sum(taken - again)) AS behind,
            argMin(rest, total) AS behind_at_start,
            min(logged_at) < since + toIntervalHour(1) AS began_before,
            multiIf(emitted = 0, 0, began_before, greatest(0, behind - behind_at_start), behind) AS waiting
        FROM told
        GROUP BY name
    ),
    wrote AS
    (
        SELECT source AS name, toInt64(sum(ledger_rows.stored)) AS stored, toInt64(sum(ledger_rows.dead_lettered)) AS dead_lettered
        FROM ledger_rows
        INNER JOIN kept USING (topic, partition)
        WHERE first >= cut AND first < open
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
    sum(wrote.stored) AS stored,
    sum(wrote.dead_lettered) AS dead_lettered,
    accepted - duplicates - refused - stored AS missing,
    sum(said.writing) AS writing,
    sum(said.waiting) AS waiting,
    missing = 0 AND refused = dead_lettered AS balanced
FROM said
FULL JOIN wrote USING (name)
GROUP BY source;
DROP VIEW IF EXISTS ledger_settled_of_blocks;
DROP TABLE IF EXISTS ledger_settled;
ALTER TABLE ledger_rows DROP INDEX IF EXISTS written_at_minmax;
ALTER TABLE block_edges DROP INDEX IF EXISTS written_at_minmax;

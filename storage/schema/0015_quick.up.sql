-- Boards over ten million calls: what is asked over all that is kept no longer reads every event. Stop the workers while this
-- runs: views are made anew, and filled from the events that are kept.
-- DDSketch is only within its 2 % well above 1: durations are kept in microseconds. Those of minutes whose events are no longer
-- kept are lost.
DROP VIEW IF EXISTS rollup_5m_of_minutes;

DROP VIEW IF EXISTS rollup_1h_of_minutes;

DROP VIEW IF EXISTS rollup_1m_of_events;

ALTER TABLE rollup_1m DROP COLUMN IF EXISTS latency, DROP COLUMN IF EXISTS first_chunk;

ALTER TABLE rollup_1m
    ADD COLUMN IF NOT EXISTS latency AggregateFunction(quantilesDD(0.02, 0.5, 0.95, 0.99), Float64) AFTER latency_max,
    ADD COLUMN IF NOT EXISTS first_chunk AggregateFunction(quantilesDD(0.02, 0.5, 0.95, 0.99), Float64) AFTER latency;

ALTER TABLE rollup_5m DROP COLUMN IF EXISTS latency, DROP COLUMN IF EXISTS first_chunk;

ALTER TABLE rollup_5m
    ADD COLUMN IF NOT EXISTS latency AggregateFunction(quantilesDD(0.02, 0.5, 0.95, 0.99), Float64) AFTER latency_max,
    ADD COLUMN IF NOT EXISTS first_chunk AggregateFunction(quantilesDD(0.02, 0.5, 0.95, 0.99), Float64) AFTER latency;

ALTER TABLE rollup_1h DROP COLUMN IF EXISTS latency, DROP COLUMN IF EXISTS first_chunk;

ALTER TABLE rollup_1h
    ADD COLUMN IF NOT EXISTS latency AggregateFunction(quantilesDD(0.02, 0.5, 0.95, 0.99), Float64) AFTER latency_max,
    ADD COLUMN IF NOT EXISTS first_chunk AggregateFunction(quantilesDD(0.02, 0.5, 0.95, 0.99), Float64) AFTER latency;

CREATE MATERIALIZED VIEW IF NOT EXISTS rollup_1m_of_events TO rollup_1m AS
SELECT
    toStartOfMinute(time) AS minute,
    service_name, gen_ai_provider_name, gen_ai_request_model, gen_ai_operation_name, gen_ai_prompt_version,
    count() AS calls,
    countIf(error_type != '') AS errors,
    countIf(error_type != '' AND match(error_type, '(?i)(^|[^0-9])(408|429|5[0-9][0-9])([^0-9]|$)|time.?out|timed.?out|connect|overload|unavailable|rate.?limit|server.?error|too.?many'))
        AS retryable_errors,
    sum(ifNull(gen_ai_usage_input_tokens, 0)) AS input_tokens,
    sum(ifNull(gen_ai_usage_output_tokens, 0)) AS output_tokens,
    sum(ifNull(gen_ai_usage_cache_read_input_tokens, 0)) AS cached_tokens,
    sum(ifNull(gen_ai_usage_reasoning_output_tokens, 0)) AS reasoning_tokens,
    count(gen_ai_client_operation_duration) AS timed_calls,
    sum(ifNull(gen_ai_client_operation_duration, 0)) AS latency_sum,
    max(ifNull(gen_ai_client_operation_duration, 0)) AS latency_max,
    quantilesDDStateIf(0.02, 0.5, 0.95, 0.99)(1e6 * assumeNotNull(gen_ai_client_operation_duration), isNotNull(gen_ai_client_operation_duration)) AS latency,
    quantilesDDStateIf(0.02, 0.5, 0.95, 0.99)(1e6 * assumeNotNull(gen_ai_response_time_to_first_chunk), isNotNull(gen_ai_response_time_to_first_chunk)) AS first_chunk,
    sum(toDecimal128(ifNull(events.cost, 0), 9)) AS cost,
    count(events.cost) AS priced_calls,
    uniqCombinedStateIf(12)(user_id, user_id != '') AS users,
    uniqCombinedStateIf(12)(gen_ai_conversation_id, gen_ai_conversation_id != '') AS conversations,
    max(events.logged_at) AS logged_at
FROM events
GROUP BY minute, service_name, gen_ai_provider_name, gen_ai_request_model, gen_ai_operation_name, gen_ai_prompt_version;

CREATE MATERIALIZED VIEW IF NOT EXISTS rollup_5m_of_minutes TO rollup_5m AS
SELECT * REPLACE (toStartOfFiveMinutes(minute) AS minute) FROM rollup_1m;

CREATE MATERIALIZED VIEW IF NOT EXISTS rollup_1h_of_minutes TO rollup_1h AS
SELECT * REPLACE (toStartOfHour(minute) AS minute) FROM rollup_1m;

-- States take much memory, and a process of chDB has 2 GB: what does not fit goes to the disk.
INSERT INTO rollup_1m (
    minute, service_name, gen_ai_provider_name, gen_ai_request_model, gen_ai_operation_name, gen_ai_prompt_version,
    latency, first_chunk, logged_at)
SETTINGS max_bytes_before_external_group_by = 300000000, min_insert_block_size_rows = 100000
SELECT
    toStartOfMinute(time) AS minute, service_name, gen_ai_provider_name, gen_ai_request_model, gen_ai_operation_name, gen_ai_prompt_version,
    quantilesDDStateIf(0.02, 0.5, 0.95, 0.99)(1e6 * assumeNotNull(gen_ai_client_operation_duration), isNotNull(gen_ai_client_operation_duration)),
    quantilesDDStateIf(0.02, 0.5, 0.95, 0.99)(1e6 * assumeNotNull(gen_ai_response_time_to_first_chunk), isNotNull(gen_ai_response_time_to_first_chunk)),
    max(events.logged_at)
FROM events
GROUP BY minute, service_name, gen_ai_provider_name, gen_ai_request_model, gen_ai_operation_name, gen_ai_prompt_version;

OPTIMIZE TABLE rollup_1m FINAL;

OPTIMIZE TABLE rollup_5m FINAL;

OPTIMIZE TABLE rollup_1h FINAL;

DROP VIEW IF EXISTS flags_of_events;

-- Most calls are worth no reading: what cannot have a flag is left out by one look through its signals, at half the cost.
CREATE MATERIALIZED VIEW IF NOT EXISTS flags_of_events TO flags AS
WITH arrayFilter(found -> found.2 > 0,
    [
        ('error', toFloat64(error_type != ''), error_type),
        ('ungrounded', if(mapContains(signals, 'groundedness') AND signals['groundedness'] < 0.5, 1 - signals['groundedness'], 0.), notes['unsupported']),
        ('injection', if(signals['injection'] >= 0.5, signals['injection'], 0.), notes['injection_span']),
        ('secret', signals['secrets_seen'], notes['sensitive_kinds']),
        ('personal_data', signals['pii_seen'], notes['sensitive_kinds']),
        ('refusal', if(signals['refusal'] >= 0.5, signals['refusal'], 0.), ''),
        ('truncated', if(signals['truncated'] >= 0.5, signals['truncated'], 0.), ''),
        ('empty_answer', if(signals['empty_answer'] >= 0.5, signals['empty_answer'], 0.), ''),
        ('invalid_json', toFloat64(mapContains(signals, 'json_valid') AND signals['json_valid'] < 0.5), ''),
        ('agent_loop', if(signals['agent_loop'] >= 2, signals['agent_loop'], 0.), ''),
        ('broken_embedding', if(signals['embedding_broken'] > 0, signals['embedding_broken'], 0.), ''),
        ('bad_feedback', toFloat64(ifNull(gen_ai_evaluation_score_value, 1.) <= 0), gen_ai_evaluation_score_label)
    ]) AS found
SELECT
    time, why.1 AS flag, why.2 AS value, why.3 AS detail, if(flag = 'bad_feedback' AND target_id != '', target_id, events.id) AS id,
    service_name, gen_ai_provider_name, gen_ai_request_model, gen_ai_operation_name, user_id, gen_ai_conversation_id, logged_at
FROM
(
    SELECT
        events.id AS id, time, service_name, gen_ai_provider_name, gen_ai_request_model, gen_ai_operation_name, user_id,
        gen_ai_conversation_id, error_type, target_id, gen_ai_evaluation_score_value, gen_ai_evaluation_score_label, signals,
        notes, logged_at
    FROM events
    WHERE error_type != '' OR ifNull(gen_ai_evaluation_score_value, 1.) <= 0
        OR arrayExists((name, value) -> value > transform(name,
            ['injection', 'secrets_seen', 'pii_seen', 'refusal', 'truncated', 'empty_answer', 'agent_loop', 'embedding_broken'],
            [0.4, 0., 0., 0.4, 0.4, 0.4, 1., 0.], inf), mapKeys(signals), mapValues(signals))
        OR (mapContains(signals, 'groundedness') AND signals['groundedness'] < 0.5)
        OR (mapContains(signals, 'json_valid') AND signals['json_valid'] < 0.5)
) AS events
ARRAY JOIN found AS why;

-- A score finds its call by the hash of the id: eight bytes of each event are read in place of its id.
ALTER TABLE events
    ADD COLUMN IF NOT EXISTS key UInt64 MATERIALIZED cityHash64(id) COMMENT 'By which scores find their call',
    ADD INDEX IF NOT EXISTS conversation_bloom gen_ai_conversation_id TYPE bloom_filter(0.01) GRANULARITY 1;

ALTER TABLE events MATERIALIZE COLUMN key;

ALTER TABLE events MATERIALIZE INDEX conversation_bloom;

-- Of several scores of one kind the last counts: by time, then by place in the log.
DROP VIEW IF EXISTS scores_of_events;

ALTER TABLE scores
    ADD COLUMN IF NOT EXISTS key UInt64 DEFAULT cityHash64(id) AFTER id,
    ADD COLUMN IF NOT EXISTS offset UInt64 AFTER key,
    ADD COLUMN IF NOT EXISTS position UInt32 AFTER offset;

ALTER TABLE scores DELETE WHERE id IN (
    SELECT if(target_id = '', events.id, target_id) FROM events WHERE gen_ai_evaluation_score_value IS NOT NULL)
SETTINGS mutations_sync = 2;

CREATE MATERIALIZED VIEW IF NOT EXISTS scores_of_events TO scores AS
SELECT
    time, service_name, gen_ai_request_model, gen_ai_evaluation_name,
    assumeNotNull(gen_ai_evaluation_score_value) AS score, gen_ai_evaluation_score_label AS label,
    if(target_id = '', events.id, target_id) AS id, cityHash64(if(target_id = '', events.id, target_id)) AS key, offset, position, logged_at
FROM events
WHERE gen_ai_evaluation_score_value IS NOT NULL;

INSERT INTO scores (time, service_name, gen_ai_request_model, gen_ai_evaluation_name, score, label, id, key, offset, position, logged_at)
SELECT
    time, service_name, gen_ai_request_model, gen_ai_evaluation_name,
    assumeNotNull(gen_ai_evaluation_score_value) AS score, gen_ai_evaluation_score_label AS label,
    if(target_id = '', events.id, target_id) AS id, cityHash64(if(target_id = '', events.id, target_id)) AS key, offset, position, logged_at
FROM events
WHERE gen_ai_evaluation_score_value IS NOT NULL;

-- By day and by all that versions and prices are told apart by: what is asked over all that is kept reads few rows. Sums of
-- squares are for the spread.
DROP VIEW IF EXISTS calls_1d_of_events;

DROP TABLE IF EXISTS calls_1d;

CREATE TABLE calls_1d
(
    day Date,
    service_name LowCardinality(String),
    gen_ai_operation_name LowCardinality(String),
    gen_ai_prompt_name LowCardinality(String),
    gen_ai_prompt_version LowCardinality(String),
    gen_ai_request_model LowCardinality(String),
    service_version LowCardinality(String),
    gen_ai_provider_name LowCardinality(String),
    gen_ai_response_model LowCardinality(String),
    priced_by LowCardinality(String) COMMENT 'The note of this name; empty where there is none',
    judges UInt8 COMMENT 'Whether it is about another event: feedback is no call',
    first_at SimpleAggregateFunction(min, DateTime64(6, 'UTC')),
    last_at SimpleAggregateFunction(max, DateTime64(6, 'UTC')),
    calls SimpleAggregateFunction(sum, UInt64),
    errors SimpleAggregateFunction(sum, UInt64),
    priced_calls SimpleAggregateFunction(sum, UInt64),
    cost SimpleAggregateFunction(sum, Decimal(38, 9)),
    cost_squares SimpleAggregateFunction(sum, Float64),
    repeats SimpleAggregateFunction(sum, UInt64),
    priced_repeats SimpleAggregateFunction(sum, UInt64),
    repeat_cost SimpleAggregateFunction(sum, Decimal(38, 9)),
    timed_calls SimpleAggregateFunction(sum, UInt64),
    latency_sum SimpleAggregateFunction(sum, Float64),
    latency_squares SimpleAggregateFunction(sum, Float64),
    latency AggregateFunction(quantilesDD(0.02, 0.5, 0.95, 0.99), Float64) COMMENT 'In microseconds',
    input_calls SimpleAggregateFunction(sum, UInt64),
    input_tokens SimpleAggregateFunction(sum, UInt64),
    output_calls SimpleAggregateFunction(sum, UInt64),
    output_tokens SimpleAggregateFunction(sum, UInt64),
    checked SimpleAggregateFunction(sum, UInt64),
    groundedness SimpleAggregateFunction(sum, Float64),
    groundedness_squares SimpleAggregateFunction(sum, Float64),
    logged_at SimpleAggregateFunction(max, DateTime('UTC'))
)
ENGINE = AggregatingMergeTree
PARTITION BY toYYYYMM(day)
ORDER BY (day, service_name, gen_ai_operation_name, gen_ai_prompt_name, gen_ai_prompt_version, gen_ai_request_model, service_version,
    gen_ai_provider_name, gen_ai_response_model, priced_by, judges)
SETTINGS non_replicated_deduplication_window = 10000;

CREATE MATERIALIZED VIEW IF NOT EXISTS calls_1d_of_events TO calls_1d AS
SELECT
    toDate(time) AS day, service_name, gen_ai_operation_name, gen_ai_prompt_name, gen_ai_prompt_version, gen_ai_request_model,
    service_version, gen_ai_provider_name, gen_ai_response_model, notes['priced_by'] AS priced_by,
    toUInt8(target_id != '' OR gen_ai_operation_name = 'feedback') AS judges,
    min(time) AS first_at,
    max(time) AS last_at,
    count() AS calls,
    countIf(error_type != '') AS errors,
    count(events.cost) AS priced_calls,
    sum(toDecimal128(ifNull(events.cost, 0), 9)) AS cost,
    sum(pow(toFloat64(ifNull(events.cost, 0)), 2)) AS cost_squares,
    countIf(signals['repeat'] > 0) AS repeats,
    countIf(events.cost, signals['repeat'] > 0) AS priced_repeats,
    sumIf(toDecimal128(ifNull(events.cost, 0), 9), signals['repeat'] > 0) AS repeat_cost,
    count(gen_ai_client_operation_duration) AS timed_calls,
    sum(ifNull(gen_ai_client_operation_duration, 0)) AS latency_sum,
    sum(pow(ifNull(gen_ai_client_operation_duration, 0), 2)) AS latency_squares,
    quantilesDDStateIf(0.02, 0.5, 0.95, 0.99)(1e6 * assumeNotNull(gen_ai_client_operation_duration), isNotNull(gen_ai_client_operation_duration)) AS latency,
    count(gen_ai_usage_input_tokens) AS input_calls,
    sum(ifNull(gen_ai_usage_input_tokens, 0)) AS input_tokens,
    count(gen_ai_usage_output_tokens) AS output_calls,
    sum(ifNull(gen_ai_usage_output_tokens, 0)) AS output_tokens,
    countIf(mapContains(signals, 'groundedness')) AS checked,
    sum(signals['groundedness']) AS groundedness,
    sum(pow(signals['groundedness'], 2)) AS groundedness_squares,
    max(events.logged_at) AS logged_at
FROM events
GROUP BY day, service_name, gen_ai_operation_name, gen_ai_prompt_name, gen_ai_prompt_version, gen_ai_request_model, service_version,
    gen_ai_provider_name, gen_ai_response_model, priced_by, judges;

INSERT INTO calls_1d
SELECT
    toDate(time) AS day, service_name, gen_ai_operation_name, gen_ai_prompt_name, gen_ai_prompt_version, gen_ai_request_model,
    service_version, gen_ai_provider_name, gen_ai_response_model, notes['priced_by'] AS priced_by,
    toUInt8(target_id != '' OR gen_ai_operation_name = 'feedback') AS judges,
    min(time) AS first_at,
    max(time) AS last_at,
    count() AS calls,
    countIf(error_type != '') AS errors,
    count(events.cost) AS priced_calls,
    sum(toDecimal128(ifNull(events.cost, 0), 9)) AS cost,
    sum(pow(toFloat64(ifNull(events.cost, 0)), 2)) AS cost_squares,
    countIf(signals['repeat'] > 0) AS repeats,
    countIf(events.cost, signals['repeat'] > 0) AS priced_repeats,
    sumIf(toDecimal128(ifNull(events.cost, 0), 9), signals['repeat'] > 0) AS repeat_cost,
    count(gen_ai_client_operation_duration) AS timed_calls,
    sum(ifNull(gen_ai_client_operation_duration, 0)) AS latency_sum,
    sum(pow(ifNull(gen_ai_client_operation_duration, 0), 2)) AS latency_squares,
    quantilesDDStateIf(0.02, 0.5, 0.95, 0.99)(1e6 * assumeNotNull(gen_ai_client_operation_duration), isNotNull(gen_ai_client_operation_duration)) AS latency,
    count(gen_ai_usage_input_tokens) AS input_calls,
    sum(ifNull(gen_ai_usage_input_tokens, 0)) AS input_tokens,
    count(gen_ai_usage_output_tokens) AS output_calls,
    sum(ifNull(gen_ai_usage_output_tokens, 0)) AS output_tokens,
    countIf(mapContains(signals, 'groundedness')) AS checked,
    sum(signals['groundedness']) AS groundedness,
    sum(pow(signals['groundedness'], 2)) AS groundedness_squares,
    max(events.logged_at) AS logged_at
FROM events
GROUP BY day, service_name, gen_ai_operation_name, gen_ai_prompt_name, gen_ai_prompt_version, gen_ai_request_model, service_version,
    gen_ai_provider_name, gen_ai_response_model, priced_by, judges;

CREATE OR REPLACE VIEW feedback AS
SELECT
    time, id, service_name, gen_ai_evaluation_name, score, given_at,
    (min(score) OVER kind + max(score) OVER kind) / 2 AS middle,
    score < middle AS bad,
    gen_ai_operation_name, gen_ai_prompt_name, gen_ai_prompt_version, gen_ai_request_model, service_version
FROM
(
    SELECT
        key, any(scores.id) AS id, gen_ai_evaluation_name,
        argMax(scores.score, (scores.time, scores.offset, scores.position)) AS score,
        max(scores.time) AS given_at
    FROM scores
    GROUP BY key, gen_ai_evaluation_name
) AS given
INNER JOIN
(
    SELECT
        key, any(events.time) AS time, any(events.service_name) AS service_name,
        any(events.gen_ai_operation_name) AS gen_ai_operation_name, any(events.gen_ai_prompt_name) AS gen_ai_prompt_name,
        any(events.gen_ai_prompt_version) AS gen_ai_prompt_version,
        any(events.gen_ai_request_model) AS gen_ai_request_model, any(events.service_version) AS service_version
    FROM events
    WHERE key IN (SELECT key FROM scores) AND target_id = '' AND events.gen_ai_operation_name != 'feedback'
    GROUP BY key
) AS about USING (key)
WINDOW kind AS (PARTITION BY service_name, gen_ai_evaluation_name);

CREATE OR REPLACE VIEW calibration AS
WITH
    (bound, found, bads, goods) -> abs(bound - found) > 1.959964 * sqrt(bound * (1 - bound) / (bads * goods)
        * (1 + ((bads + goods) / 2 - 1) * ((1 - bound) / (2 - bound) + bound / (1 + bound)))) AS outside,
    arrayMap(number -> pow(2, -number), range(1, 31)) AS halves,
    counted AS
    (
        SELECT
            service_name, gen_ai_evaluation_name, signal, value,
            toFloat64(countIf(bad)) AS bads, toFloat64(countIf(NOT bad)) AS goods
        FROM
        (
            SELECT key, mapKeys(events.signals) AS names, mapValues(events.signals) AS numbers
            FROM events
            WHERE key IN (SELECT key FROM scores) AND notEmpty(events.signals)
        ) AS calls
        INNER JOIN (SELECT cityHash64(id) AS key, service_name, gen_ai_evaluation_name, bad FROM feedback) AS told USING (key)
        ARRAY JOIN names AS signal, numbers AS value
        GROUP BY service_name, gen_ai_evaluation_name, signal, value
    ),
    summed AS
    (
        SELECT
            service_name, gen_ai_evaluation_name, signal, value, bads, goods,
            sum(bads) OVER upward AS bads_to, sum(goods) OVER upward AS goods_to,
            sum(bads) OVER whole AS bads_in_all, sum(goods) OVER whole AS goods_in_all,
            bads_in_all - bads_to + bads AS bads_from, goods_in_all - goods_to + goods AS goods_from
        FROM counted
        WINDOW
            whole AS (PARTITION BY service_name, gen_ai_evaluation_name, signal),
            upward AS (PARTITION BY service_name, gen_ai_evaluation_name, signal ORDER BY value)
    ),
    judged AS
    (
        SELECT
            service_name, gen_ai_evaluation_name, signal,
            any(bads_in_all) AS n_bad, any(goods_in_all) AS n_good,
            sum(bads * (goods_to - goods / 2)) / (n_bad * n_good) AS above,
            argMax((value, bads_from, goods_from), (bads_from / bads_in_all - goods_from / goods_in_all, value)) AS high,
            argMax((value, bads_to, goods_to), (bads_to / bads_in_all - goods_to / goods_in_all, -value)) AS low
        FROM summed
        WHERE bads_in_all > 0 AND goods_in_all > 0 AND bads_in_all + goods_in_all >= 30
        GROUP BY service_name, gen_ai_evaluation_name, signal
    ),
    if(above >= 0.5, high, low) AS best
SELECT
    service_name, gen_ai_evaluation_name, signal,
    toUInt64(judged.n_bad + n_good) AS n,
    toUInt64(judged.n_bad) AS n_bad,
    if(above >= 0.5, 'high', 'low') AS bad_where,
    greatest(above, 1 - above) AS auroc,
    arrayFold((at, half) -> if(outside(at - half * auroc, auroc, judged.n_bad, n_good), at, at - half * auroc),
        halves, auroc) AS auroc_low,
    arrayFold((at, half) -> if(outside(at + half * (1 - auroc), auroc, judged.n_bad, n_good), at, at + half * (1 - auroc)),
        halves, auroc) AS auroc_high,
    best.1 AS threshold,
    best.2 / (best.2 + best.3) AS precision,
    best.2 / judged.n_bad AS recall
FROM judged;

-- Of the means and shares see 0010.
CREATE OR REPLACE VIEW versions AS
WITH
    (-2 * log(0.05) + log(1 - 2 * log(0.05))) / 1000 AS r,
    n -> sqrt(2 * (n * r + 1) / (n * n * r) * log(sqrt(n * r + 1) / 0.05)) AS width,
    (mean, deviation, n, most) -> if(n < 100, (NULL, NULL),
        (greatest(mean - deviation * width(n), 0.), least(mean + deviation * width(n), most))) AS around,
    (p, k, n) -> lgamma(k + 0.5) + lgamma(n - k + 0.5) - lgamma(n + 1) - log(pi()) - k * log(p) - (n - k) * log(1 - p)
        > log(1 / 0.05) AS beyond,
    arrayMap(number -> pow(2, -number), range(1, 31)) AS halves,
    (k, n) -> if(n = 0, (NULL, NULL), (
        arrayFold((at, half) -> if(beyond(at - half * k / n, k, n), at, at - half * k / n), halves, k / n),
        arrayFold((at, half) -> if(beyond(at + half * (1 - k / n), k, n), at, at + half * (1 - k / n)), halves, k / n)
    )) AS around_share,
    (n, total, squares) -> if(n < 2, NULL, sqrt(greatest(squares - total * total / n, 0.) / (n - 1))) AS spread,
    ['prompt', 'model', 'release'] AS kinds,
    judged AS
    (
        SELECT
            service_name, gen_ai_operation_name, gen_ai_prompt_name, kind, version,
            count() AS judged_calls, countIf(NOT bad) AS liked
        FROM feedback
        ARRAY JOIN kinds AS kind, [gen_ai_prompt_version, gen_ai_request_model, service_version] AS version
        WHERE version != ''
        GROUP BY service_name, gen_ai_operation_name, gen_ai_prompt_name, kind, version
    ),
    counted AS
    (
        SELECT
            service_name, gen_ai_operation_name, gen_ai_prompt_name, kind, version,
            toDateTime64(min(calls_1d.first_at), 6, 'UTC') AS first_at, toDateTime64(max(calls_1d.last_at), 6, 'UTC') AS last_at,
            sum(calls_1d.calls) AS calls,
            sum(calls_1d.calls) - sum(calls_1d.errors) AS succeeded,
            sum(calls_1d.priced_calls) AS priced_calls,
            toFloat64(sum(calls_1d.cost)) AS dollars,
            spread(priced_calls, dollars, sum(calls_1d.cost_squares)) AS cost_spread,
            sum(calls_1d.timed_calls) AS timed,
            sum(calls_1d.latency_sum) AS seconds,
            spread(timed, seconds, sum(calls_1d.latency_squares)) AS latency_spread,
            quantilesDDMerge(0.02, 0.5, 0.95, 0.99)(calls_1d.latency) AS latencies,
            sum(calls_1d.input_tokens) / nullIf(sum(calls_1d.input_calls), 0) AS input_tokens,
            sum(calls_1d.output_tokens) / nullIf(sum(calls_1d.output_calls), 0) AS output_tokens,
            sum(calls_1d.checked) AS checked,
            sum(calls_1d.groundedness) AS grounded,
            spread(checked, grounded, sum(calls_1d.groundedness_squares)) AS groundedness_spread
        FROM calls_1d
        ARRAY JOIN kinds AS kind, [gen_ai_prompt_version, gen_ai_request_model, service_version] AS version
        WHERE NOT judges AND version != ''
        GROUP BY service_name, gen_ai_operation_name, gen_ai_prompt_name, kind, version
    ),
    summed AS
    (
        SELECT
            service_name, gen_ai_operation_name, gen_ai_prompt_name, kind, version, first_at, last_at, calls, succeeded,
            priced_calls, if(priced_calls = 0, NULL, dollars / priced_calls) AS cost, cost_spread,
            timed, if(timed = 0, NULL, seconds / timed) AS latency, latency_spread, latencies,
            input_tokens, output_tokens, judged.judged_calls AS judged_calls, liked,
            checked, if(checked = 0, NULL, grounded / checked) AS groundedness, groundedness_spread
        FROM counted
        LEFT JOIN judged USING (service_name, gen_ai_operation_name, gen_ai_prompt_name, kind, version)
    )
SELECT
    service_name, gen_ai_operation_name, gen_ai_prompt_name, kind, version, first_at, last_at, calls,
    succeeded / calls AS success,
    around_share(succeeded, calls).1 AS success_low, around_share(succeeded, calls).2 AS success_high,
    priced_calls, cost,
    around(cost, cost_spread, priced_calls, inf).1 AS cost_low,
    around(cost, cost_spread, priced_calls, inf).2 AS cost_high,
    if(timed = 0, NULL, latencies[1] / 1e6) AS latency_p50, if(timed = 0, NULL, latencies[2] / 1e6) AS latency_p95,
    latency,
    around(latency, latency_spread, timed, inf).1 AS latency_low,
    around(latency, latency_spread, timed, inf).2 AS latency_high,
    input_tokens, output_tokens,
    judged_calls,
    if(judged_calls = 0, NULL, liked / judged_calls) AS feedback,
    around_share(liked, judged_calls).1 AS feedback_low, around_share(liked, judged_calls).2 AS feedback_high,
    checked,
    groundedness,
    around(groundedness, groundedness_spread, checked, 1.).1 AS groundedness_low,
    around(groundedness, groundedness_spread, checked, 1.).2 AS groundedness_high
FROM summed;

CREATE OR REPLACE VIEW costs AS
SELECT
    day, service_name, gen_ai_provider_name, gen_ai_request_model, gen_ai_response_model,
    CAST(calls_1d.priced_by, 'String') AS priced_by,
    sum(calls_1d.calls) AS calls,
    if(sum(calls_1d.priced_calls) = 0, NULL, sum(calls_1d.cost)) AS cost,
    sum(calls_1d.repeats) AS repeats,
    if(sum(calls_1d.priced_repeats) = 0, NULL, sum(calls_1d.repeat_cost)) AS repeat_cost
FROM calls_1d
WHERE calls_1d.priced_by != ''
GROUP BY day, service_name, gen_ai_provider_name, gen_ai_request_model, gen_ai_response_model, priced_by;

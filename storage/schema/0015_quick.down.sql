CREATE OR REPLACE VIEW costs AS
SELECT
    toDate(time) AS day,
    service_name, gen_ai_provider_name, gen_ai_request_model, gen_ai_response_model,
    notes['priced_by'] AS priced_by,
    count() AS calls,
    sum(events.cost) AS cost,
    countIf(signals['repeat'] > 0) AS repeats,
    sumIf(events.cost, signals['repeat'] > 0) AS repeat_cost
FROM events
WHERE mapContains(notes, 'priced_by')
GROUP BY day, service_name, gen_ai_provider_name, gen_ai_request_model, gen_ai_response_model, priced_by;
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
    kept AS
    (
        SELECT
            events.service_name AS service_name, gen_ai_operation_name, gen_ai_prompt_name,
            gen_ai_prompt_version, gen_ai_request_model, service_version, time, error_type,
            toFloat64(events.cost) AS dollars, gen_ai_client_operation_duration, signals,
            gen_ai_usage_input_tokens, gen_ai_usage_output_tokens, judged.goods AS goods, judged.n AS n
        FROM events
        LEFT JOIN (SELECT id, countIf(NOT bad) AS goods, count() AS n FROM feedback GROUP BY id) AS judged USING (id)
        WHERE target_id = '' AND gen_ai_operation_name != 'feedback'
    ),
    summed AS
    (
        SELECT
            service_name, gen_ai_operation_name, gen_ai_prompt_name, kind, version,
            min(time) AS first_at, max(time) AS last_at,
            count() AS calls,
            countIf(error_type = '') AS succeeded,
            count(dollars) AS priced_calls, avg(dollars) AS cost, stddevSampStable(dollars) AS cost_spread,
            count(gen_ai_client_operation_duration) AS timed,
            avg(gen_ai_client_operation_duration) AS latency,
            stddevSampStable(gen_ai_client_operation_duration) AS latency_spread,
            quantiles(0.5, 0.95)(gen_ai_client_operation_duration) AS latencies,
            avg(gen_ai_usage_input_tokens) AS input_tokens, avg(gen_ai_usage_output_tokens) AS output_tokens,
            sum(n) AS judged_calls, sum(goods) AS liked,
            countIf(mapContains(signals, 'groundedness')) AS checked,
            avgIf(signals['groundedness'], mapContains(signals, 'groundedness')) AS groundedness,
            stddevSampStableIf(signals['groundedness'], mapContains(signals, 'groundedness')) AS groundedness_spread
        FROM kept
        ARRAY JOIN
            ['prompt', 'model', 'release'] AS kind,
            [gen_ai_prompt_version, gen_ai_request_model, service_version] AS version
        WHERE version != ''
        GROUP BY service_name, gen_ai_operation_name, gen_ai_prompt_name, kind, version
    )
SELECT
    service_name, gen_ai_operation_name, gen_ai_prompt_name, kind, version, first_at, last_at, calls,
    succeeded / calls AS success,
    around_share(succeeded, calls).1 AS success_low, around_share(succeeded, calls).2 AS success_high,
    priced_calls, cost,
    around(cost, cost_spread, priced_calls, inf).1 AS cost_low,
    around(cost, cost_spread, priced_calls, inf).2 AS cost_high,
    if(timed = 0, NULL, latencies[1]) AS latency_p50, if(timed = 0, NULL, latencies[2]) AS latency_p95,
    latency,
    around(latency, latency_spread, timed, inf).1 AS latency_low,
    around(latency, latency_spread, timed, inf).2 AS latency_high,
    input_tokens, output_tokens,
    judged_calls,
    if(judged_calls = 0, NULL, liked / judged_calls) AS feedback,
    around_share(liked, judged_calls).1 AS feedback_low, around_share(liked, judged_calls).2 AS feedback_high,
    checked,
    if(checked = 0, NULL, summed.groundedness) AS groundedness,
    around(summed.groundedness, groundedness_spread, checked, 1.).1 AS groundedness_low,
    around(summed.groundedness, groundedness_spread, checked, 1.).2 AS groundedness_high
FROM summed;
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
            SELECT id, mapKeys(events.signals) AS names, mapValues(events.signals) AS numbers
            FROM events
            WHERE notEmpty(events.signals) AND id IN (SELECT id FROM feedback)
        ) AS calls
        INNER JOIN feedback USING (id)
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
CREATE OR REPLACE VIEW feedback AS
SELECT
    time, id, service_name, gen_ai_evaluation_name, score, given_at,
    (min(score) OVER kind + max(score) OVER kind) / 2 AS middle,
    score < middle AS bad
FROM
(
    SELECT
        if(target_id = '', events.id, target_id) AS id,
        gen_ai_evaluation_name,
        argMax(assumeNotNull(gen_ai_evaluation_score_value), (events.time, events.offset, events.position)) AS score,
        max(events.time) AS given_at
    FROM events
    WHERE gen_ai_evaluation_score_value IS NOT NULL
    GROUP BY id, gen_ai_evaluation_name
) AS given
INNER JOIN
(
    SELECT id, any(events.time) AS time, any(events.service_name) AS service_name
    FROM events
    WHERE target_id = '' AND gen_ai_operation_name != 'feedback'
        AND id IN (SELECT if(target_id = '', id, target_id) FROM events WHERE gen_ai_evaluation_score_value IS NOT NULL)
    GROUP BY id
) AS about USING (id)
WINDOW kind AS (PARTITION BY service_name, gen_ai_evaluation_name);
DROP VIEW IF EXISTS calls_1d_of_events;
DROP TABLE IF EXISTS calls_1d;
DROP VIEW IF EXISTS scores_of_events;
ALTER TABLE scores DROP COLUMN IF EXISTS key, DROP COLUMN IF EXISTS offset, DROP COLUMN IF EXISTS position;
CREATE MATERIALIZED VIEW IF NOT EXISTS scores_of_events TO scores AS
SELECT
    time, service_name, gen_ai_request_model, gen_ai_evaluation_name,
    assumeNotNull(gen_ai_evaluation_score_value) AS score, gen_ai_evaluation_score_label AS label,
    if(target_id = '', events.id, target_id) AS id, logged_at
FROM events
WHERE gen_ai_evaluation_score_value IS NOT NULL;
ALTER TABLE events DROP INDEX IF EXISTS conversation_bloom;
ALTER TABLE events DROP COLUMN IF EXISTS key;
DROP VIEW IF EXISTS flags_of_events;
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
FROM events
ARRAY JOIN found AS why;
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
    quantilesDDStateIf(0.02, 0.5, 0.95, 0.99)(assumeNotNull(gen_ai_client_operation_duration), isNotNull(gen_ai_client_operation_duration)) AS latency,
    quantilesDDStateIf(0.02, 0.5, 0.95, 0.99)(assumeNotNull(gen_ai_response_time_to_first_chunk), isNotNull(gen_ai_response_time_to_first_chunk)) AS first_chunk,
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
INSERT INTO rollup_1m (
    minute, service_name, gen_ai_provider_name, gen_ai_request_model, gen_ai_operation_name, gen_ai_prompt_version,
    latency, first_chunk, logged_at)
SETTINGS max_bytes_before_external_group_by = 300000000, min_insert_block_size_rows = 100000
SELECT
    toStartOfMinute(time) AS minute, service_name, gen_ai_provider_name, gen_ai_request_model, gen_ai_operation_name, gen_ai_prompt_version,
    quantilesDDStateIf(0.02, 0.5, 0.95, 0.99)(assumeNotNull(gen_ai_client_operation_duration), isNotNull(gen_ai_client_operation_duration)),
    quantilesDDStateIf(0.02, 0.5, 0.95, 0.99)(assumeNotNull(gen_ai_response_time_to_first_chunk), isNotNull(gen_ai_response_time_to_first_chunk)),
    max(events.logged_at)
FROM events
GROUP BY minute, service_name, gen_ai_provider_name, gen_ai_request_model, gen_ai_operation_name, gen_ai_prompt_version;

OPTIMIZE TABLE rollup_1m FINAL;

OPTIMIZE TABLE rollup_5m FINAL;

OPTIMIZE TABLE rollup_1h FINAL;

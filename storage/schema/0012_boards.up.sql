-- What boards and alert rules read: sums in steps, so that a week of ten million calls is tens of thousands of rows.
-- The one-minute rollup also takes sketches: durations within 2 % (DDSketch: Masson and others 2019) and numbers of
-- distinct users and conversations (HyperLogLog). Minutes from before this migration have none.
ALTER TABLE rollup_1m
    ADD COLUMN IF NOT EXISTS retryable_errors SimpleAggregateFunction(sum, UInt64) AFTER errors,
    ADD COLUMN IF NOT EXISTS reasoning_tokens SimpleAggregateFunction(sum, UInt64) AFTER cached_tokens,
    ADD COLUMN IF NOT EXISTS latency AggregateFunction(quantilesDD(0.02, 0.5, 0.95, 0.99), Float64) AFTER latency_max,
    ADD COLUMN IF NOT EXISTS first_chunk AggregateFunction(quantilesDD(0.02, 0.5, 0.95, 0.99), Float64) AFTER latency,
    ADD COLUMN IF NOT EXISTS users AggregateFunction(uniqCombined(12), String) AFTER priced_calls,
    ADD COLUMN IF NOT EXISTS conversations AggregateFunction(uniqCombined(12), String) AFTER users;

-- Made anew, not modified: until the process ends, a modified view would know a block by another name, and one that is sent
-- again after a crash would count twice. Stop the workers while this runs.
DROP VIEW IF EXISTS rollup_1m_of_events;

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

-- Longer steps are made from the minutes of the same insert: a few rows of each block.
CREATE TABLE IF NOT EXISTS rollup_5m AS rollup_1m;

CREATE TABLE IF NOT EXISTS rollup_1h AS rollup_1m;

TRUNCATE TABLE rollup_5m;

TRUNCATE TABLE rollup_1h;

INSERT INTO rollup_5m SELECT * REPLACE (toStartOfFiveMinutes(minute) AS minute) FROM rollup_1m;

INSERT INTO rollup_1h SELECT * REPLACE (toStartOfHour(minute) AS minute) FROM rollup_1m;

CREATE MATERIALIZED VIEW IF NOT EXISTS rollup_5m_of_minutes TO rollup_5m AS
SELECT * REPLACE (toStartOfFiveMinutes(minute) AS minute) FROM rollup_1m;

CREATE MATERIALIZED VIEW IF NOT EXISTS rollup_1h_of_minutes TO rollup_1h AS
SELECT * REPLACE (toStartOfHour(minute) AS minute) FROM rollup_1m;

-- Event signals in sums: what a call is flagged for has a value of 0.5 or more (see `flagged`).
CREATE TABLE IF NOT EXISTS signals_1m
(
    minute DateTime('UTC'),
    service_name LowCardinality(String),
    gen_ai_request_model LowCardinality(String),
    gen_ai_operation_name LowCardinality(String),
    signal LowCardinality(String),
    calls SimpleAggregateFunction(sum, UInt64),
    total SimpleAggregateFunction(sum, Float64),
    squares SimpleAggregateFunction(sum, Float64),
    least SimpleAggregateFunction(min, Float64),
    most SimpleAggregateFunction(max, Float64),
    from_half SimpleAggregateFunction(sum, UInt64),
    logged_at SimpleAggregateFunction(max, DateTime('UTC'))
)
ENGINE = AggregatingMergeTree
PARTITION BY toYYYYMM(minute)
ORDER BY (signal, minute, service_name, gen_ai_request_model, gen_ai_operation_name)
SETTINGS non_replicated_deduplication_window = 10000;

CREATE TABLE IF NOT EXISTS signals_5m AS signals_1m;

CREATE TABLE IF NOT EXISTS signals_1h AS signals_1m;

CREATE MATERIALIZED VIEW IF NOT EXISTS signals_5m_of_minutes TO signals_5m AS
SELECT * REPLACE (toStartOfFiveMinutes(minute) AS minute) FROM signals_1m;

CREATE MATERIALIZED VIEW IF NOT EXISTS signals_1h_of_minutes TO signals_1h AS
SELECT * REPLACE (toStartOfHour(minute) AS minute) FROM signals_1m;

CREATE MATERIALIZED VIEW IF NOT EXISTS signals_1m_of_events TO signals_1m AS
SELECT
    toStartOfMinute(time) AS minute, service_name, gen_ai_request_model, gen_ai_operation_name, signal,
    count() AS calls, sum(value) AS total, sum(value * value) AS squares, min(value) AS least, max(value) AS most,
    countIf(value >= 0.5) AS from_half, max(events.logged_at) AS logged_at
FROM events
ARRAY JOIN mapKeys(signals) AS signal, mapValues(signals) AS value
GROUP BY minute, service_name, gen_ai_request_model, gen_ai_operation_name, signal;

-- Calls that are worth reading, and why: one row for each reason. Newest last, so that the newest are found at once.
CREATE TABLE IF NOT EXISTS flags
(
    time DateTime64(6, 'UTC'),
    flag LowCardinality(String),
    value Float64,
    detail String,
    id String,
    service_name LowCardinality(String),
    gen_ai_provider_name LowCardinality(String),
    gen_ai_request_model LowCardinality(String),
    gen_ai_operation_name LowCardinality(String),
    user_id String,
    gen_ai_conversation_id String,
    logged_at DateTime('UTC')
)
ENGINE = MergeTree
PARTITION BY toDate(time)
ORDER BY (flag, time)
SETTINGS ttl_only_drop_parts = 1, non_replicated_deduplication_window = 10000;

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

-- What was spent by whom: by hour, with the tags `team` and `key`.
CREATE TABLE IF NOT EXISTS spend_1h
(
    hour DateTime('UTC'),
    service_name LowCardinality(String),
    gen_ai_request_model LowCardinality(String),
    user_id String,
    team LowCardinality(String),
    key LowCardinality(String),
    calls SimpleAggregateFunction(sum, UInt64),
    errors SimpleAggregateFunction(sum, UInt64),
    input_tokens SimpleAggregateFunction(sum, UInt64),
    output_tokens SimpleAggregateFunction(sum, UInt64),
    cost SimpleAggregateFunction(sum, Decimal(38, 9)),
    priced_calls SimpleAggregateFunction(sum, UInt64),
    conversations AggregateFunction(uniqCombined(12), String),
    logged_at SimpleAggregateFunction(max, DateTime('UTC'))
)
ENGINE = AggregatingMergeTree
PARTITION BY toYYYYMM(hour)
ORDER BY (hour, service_name, gen_ai_request_model, user_id, team, key)
SETTINGS non_replicated_deduplication_window = 10000;

CREATE MATERIALIZED VIEW IF NOT EXISTS spend_1h_of_events TO spend_1h AS
SELECT
    toStartOfHour(time) AS hour, service_name, gen_ai_request_model, user_id, tags['team'] AS team, tags['key'] AS key,
    count() AS calls,
    countIf(error_type != '') AS errors,
    sum(ifNull(gen_ai_usage_input_tokens, 0)) AS input_tokens,
    sum(ifNull(gen_ai_usage_output_tokens, 0)) AS output_tokens,
    sum(toDecimal128(ifNull(events.cost, 0), 9)) AS cost,
    count(events.cost) AS priced_calls,
    uniqCombinedStateIf(12)(gen_ai_conversation_id, gen_ai_conversation_id != '') AS conversations,
    max(events.logged_at) AS logged_at
FROM events
WHERE gen_ai_operation_name != 'feedback'
GROUP BY hour, service_name, gen_ai_request_model, user_id, team, key;

-- Scores as they were given, feedback and checks: few rows, so that boards need not look for them among the calls.
CREATE TABLE IF NOT EXISTS scores
(
    time DateTime64(6, 'UTC'),
    service_name LowCardinality(String),
    gen_ai_request_model LowCardinality(String),
    gen_ai_evaluation_name LowCardinality(String),
    score Float64,
    label LowCardinality(String),
    id String,
    logged_at DateTime('UTC')
)
ENGINE = MergeTree
PARTITION BY toYYYYMM(time)
ORDER BY (gen_ai_evaluation_name, time)
SETTINGS ttl_only_drop_parts = 1, non_replicated_deduplication_window = 10000;

CREATE MATERIALIZED VIEW IF NOT EXISTS scores_of_events TO scores AS
SELECT
    time, service_name, gen_ai_request_model, gen_ai_evaluation_name,
    assumeNotNull(gen_ai_evaluation_score_value) AS score, gen_ai_evaluation_score_label AS label,
    if(target_id = '', events.id, target_id) AS id, logged_at
FROM events
WHERE gen_ai_evaluation_score_value IS NOT NULL;

-- Ask for one `step` of 60, 300 or 3600 seconds: the rows of the others are not read.
CREATE VIEW IF NOT EXISTS activity AS
SELECT 60 AS step, minute AS begins, service_name, gen_ai_provider_name, gen_ai_request_model, gen_ai_operation_name,
    gen_ai_prompt_version, calls, errors, retryable_errors, input_tokens, output_tokens, cached_tokens, reasoning_tokens,
    timed_calls, latency_sum, latency_max, latency, first_chunk, cost, priced_calls, users, conversations
FROM rollup_1m
UNION ALL
SELECT 300 AS step, minute AS begins, service_name, gen_ai_provider_name, gen_ai_request_model, gen_ai_operation_name,
    gen_ai_prompt_version, calls, errors, retryable_errors, input_tokens, output_tokens, cached_tokens, reasoning_tokens,
    timed_calls, latency_sum, latency_max, latency, first_chunk, cost, priced_calls, users, conversations
FROM rollup_5m
UNION ALL
SELECT 3600 AS step, minute AS begins, service_name, gen_ai_provider_name, gen_ai_request_model, gen_ai_operation_name,
    gen_ai_prompt_version, calls, errors, retryable_errors, input_tokens, output_tokens, cached_tokens, reasoning_tokens,
    timed_calls, latency_sum, latency_max, latency, first_chunk, cost, priced_calls, users, conversations
FROM rollup_1h;

CREATE VIEW IF NOT EXISTS signal_activity AS
SELECT 60 AS step, minute AS begins, signal, service_name, gen_ai_request_model, gen_ai_operation_name, calls, total, squares,
    least, most, from_half
FROM signals_1m
UNION ALL
SELECT 300 AS step, minute AS begins, signal, service_name, gen_ai_request_model, gen_ai_operation_name, calls, total, squares,
    least, most, from_half
FROM signals_5m
UNION ALL
SELECT 3600 AS step, minute AS begins, signal, service_name, gen_ai_request_model, gen_ai_operation_name, calls, total, squares,
    least, most, from_half
FROM signals_1h;

CREATE VIEW IF NOT EXISTS flagged AS
SELECT
    time, flag, value, detail, id, service_name, gen_ai_provider_name, gen_ai_request_model, gen_ai_operation_name, user_id,
    gen_ai_conversation_id
FROM flags;

CREATE VIEW IF NOT EXISTS spending AS
SELECT
    hour, service_name, gen_ai_request_model, user_id, team, key, calls, errors, input_tokens, output_tokens, cost,
    priced_calls, conversations
FROM spend_1h;

CREATE VIEW IF NOT EXISTS judgements AS
SELECT time, service_name, gen_ai_request_model, gen_ai_evaluation_name, score, label, id
FROM scores;

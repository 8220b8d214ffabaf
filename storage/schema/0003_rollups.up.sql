-- One minute, time first: sums over any span of days read few rows. The window is set here too: with it on the source
-- alone, a block that is written again would count twice.
CREATE TABLE IF NOT EXISTS rollup_1m
(
    minute DateTime('UTC'),
    service_name LowCardinality(String),
    gen_ai_provider_name LowCardinality(String),
    gen_ai_request_model LowCardinality(String),
    gen_ai_operation_name LowCardinality(String),
    gen_ai_prompt_version LowCardinality(String),
    calls SimpleAggregateFunction(sum, UInt64),
    errors SimpleAggregateFunction(sum, UInt64),
    input_tokens SimpleAggregateFunction(sum, UInt64),
    output_tokens SimpleAggregateFunction(sum, UInt64),
    cached_tokens SimpleAggregateFunction(sum, UInt64),
    timed_calls SimpleAggregateFunction(sum, UInt64),
    latency_sum SimpleAggregateFunction(sum, Float64),
    latency_max SimpleAggregateFunction(max, Float64),
    cost SimpleAggregateFunction(sum, Decimal(38, 9)),
    priced_calls SimpleAggregateFunction(sum, UInt64),
    logged_at SimpleAggregateFunction(max, DateTime('UTC'))
)
ENGINE = AggregatingMergeTree
PARTITION BY toYYYYMM(minute)
ORDER BY (minute, service_name, gen_ai_provider_name, gen_ai_request_model, gen_ai_operation_name, gen_ai_prompt_version)
SETTINGS non_replicated_deduplication_window = 10000;

CREATE MATERIALIZED VIEW IF NOT EXISTS rollup_1m_of_events TO rollup_1m AS
SELECT
    toStartOfMinute(time) AS minute,
    service_name, gen_ai_provider_name, gen_ai_request_model, gen_ai_operation_name, gen_ai_prompt_version,
    count() AS calls,
    countIf(error_type != '') AS errors,
    sum(ifNull(gen_ai_usage_input_tokens, 0)) AS input_tokens,
    sum(ifNull(gen_ai_usage_output_tokens, 0)) AS output_tokens,
    sum(ifNull(gen_ai_usage_cache_read_input_tokens, 0)) AS cached_tokens,
    count(gen_ai_client_operation_duration) AS timed_calls,
    sum(ifNull(gen_ai_client_operation_duration, 0)) AS latency_sum,
    max(ifNull(gen_ai_client_operation_duration, 0)) AS latency_max,
    sum(toDecimal128(ifNull(events.cost, 0), 9)) AS cost,
    count(events.cost) AS priced_calls,
    max(events.logged_at) AS logged_at
FROM events
GROUP BY minute, service_name, gen_ai_provider_name, gen_ai_request_model, gen_ai_operation_name, gen_ai_prompt_version;

-- How many rows each block has put into the facts, by sender: what the ledger holds against the blocks' edges. Counted as
-- they are inserted, so that the ledger need not read the facts.
CREATE TABLE IF NOT EXISTS ledger_rows
(
    topic LowCardinality(String),
    partition UInt32,
    first UInt64 COMMENT 'Offset of the first of them',
    source LowCardinality(String),
    stored UInt64,
    dead_lettered UInt64,
    written_at DateTime('UTC') DEFAULT now()
)
ENGINE = MergeTree
ORDER BY (topic, partition, first)
SETTINGS non_replicated_deduplication_window = 10000;

CREATE MATERIALIZED VIEW IF NOT EXISTS ledger_rows_of_events TO ledger_rows AS
SELECT topic, partition, min(offset) AS first, source, count() AS stored FROM events GROUP BY topic, partition, source;

CREATE MATERIALIZED VIEW IF NOT EXISTS ledger_rows_of_dead_letters TO ledger_rows AS
SELECT topic, partition, min(offset) AS first, source, count() AS dead_lettered
FROM dead_letters
GROUP BY topic, partition, source;

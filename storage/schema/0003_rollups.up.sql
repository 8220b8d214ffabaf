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
    calls UInt64,
    errors UInt64,
    input_tokens UInt64,
    output_tokens UInt64,
    cached_tokens UInt64,
    timed_calls UInt64,
    latency_sum Float64,
    latency_max SimpleAggregateFunction(max, Float64),
    cost Decimal(38, 9),
    priced_calls UInt64,
    logged_at SimpleAggregateFunction(max, DateTime('UTC'))
)
ENGINE = SummingMergeTree((calls, errors, input_tokens, output_tokens, cached_tokens, timed_calls, latency_sum, cost, priced_calls))
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

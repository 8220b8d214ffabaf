-- Facts: insert-only. A row's place in the log (topic, partition, offset, position) names it for good.
-- `logged_at` is the time of the record in the log: retention goes by it, so that history can be replayed.
CREATE TABLE IF NOT EXISTS events
(
    id String COMMENT 'The event''s id',
    time DateTime64(6, 'UTC') COMMENT 'When the call ended',
    service_name LowCardinality(String),
    gen_ai_operation_name LowCardinality(String),
    gen_ai_provider_name LowCardinality(String),
    gen_ai_request_model LowCardinality(String),
    gen_ai_response_model LowCardinality(String),
    gen_ai_usage_input_tokens Nullable(UInt32),
    gen_ai_usage_output_tokens Nullable(UInt32),
    gen_ai_usage_cache_read_input_tokens Nullable(UInt32),
    gen_ai_usage_cache_creation_input_tokens Nullable(UInt32),
    gen_ai_usage_reasoning_output_tokens Nullable(UInt32),
    gen_ai_client_operation_duration Nullable(Float64),
    gen_ai_response_time_to_first_chunk Nullable(Float64),
    error_type LowCardinality(String),
    error_message String,
    gen_ai_response_finish_reasons Array(LowCardinality(String)),
    gen_ai_response_id String,
    gen_ai_output_type LowCardinality(String),
    gen_ai_request_temperature Nullable(Float64),
    gen_ai_request_max_tokens Nullable(UInt32),
    gen_ai_tool_name LowCardinality(String),
    user_id String,
    gen_ai_conversation_id String,
    trace_id String,
    span_id String,
    parent_span_id String,
    gen_ai_prompt_name LowCardinality(String),
    gen_ai_prompt_version LowCardinality(String),
    service_version LowCardinality(String),
    deployment_environment_name LowCardinality(String),
    gen_ai_evaluation_name LowCardinality(String),
    gen_ai_evaluation_score_value Nullable(Float64),
    gen_ai_evaluation_score_label LowCardinality(String),
    target_id String,
    cost Nullable(Decimal(18, 9)),
    tags Map(LowCardinality(String), String),
    attributes Map(LowCardinality(String), String),
    signals Map(LowCardinality(String), Float64) COMMENT 'Event signals by name; absent where a signal has nothing to say',
    notes Map(LowCardinality(String), String) COMMENT 'What else was noted, by the signal''s name: labels, spans as JSON',
    source LowCardinality(String),
    topic LowCardinality(String),
    partition UInt32,
    offset UInt64,
    position UInt32,
    logged_at DateTime('UTC'),
    INDEX trace_id_bloom trace_id TYPE bloom_filter GRANULARITY 4,
    INDEX id_bloom id TYPE bloom_filter GRANULARITY 4
)
ENGINE = MergeTree
PARTITION BY toDate(time)
ORDER BY (service_name, toStartOfMinute(time), cityHash64(trace_id), time)
SETTINGS ttl_only_drop_parts = 1, non_replicated_deduplication_window = 10000;

-- What people wrote: apart from the metrics, with a shorter life of its own.
CREATE TABLE IF NOT EXISTS bodies
(
    id String,
    time DateTime64(6, 'UTC'),
    service_name LowCardinality(String),
    gen_ai_input_messages Nullable(String),
    gen_ai_output_messages Nullable(String),
    gen_ai_system_instructions Nullable(String),
    gen_ai_retrieval_documents Array(String),
    logprobs Array(Float32),
    embedding Array(Float32),
    topic LowCardinality(String),
    partition UInt32,
    offset UInt64,
    position UInt32,
    logged_at DateTime('UTC'),
    INDEX id_bloom id TYPE bloom_filter GRANULARITY 4
)
ENGINE = MergeTree
PARTITION BY toDate(time)
ORDER BY (service_name, toStartOfMinute(time), time)
SETTINGS ttl_only_drop_parts = 1, non_replicated_deduplication_window = 10000;

-- One row per change of state of a series signal.
CREATE TABLE IF NOT EXISTS series_signals
(
    time DateTime64(6, 'UTC') COMMENT 'Time of the event at which the state changed',
    signal LowCardinality(String),
    state LowCardinality(String) COMMENT 'fired or recovered',
    service_name LowCardinality(String),
    gen_ai_request_model LowCardinality(String),
    gen_ai_operation_name LowCardinality(String),
    gen_ai_prompt_version LowCardinality(String),
    since DateTime64(6, 'UTC') COMMENT 'When the change began, by estimate',
    event_id String COMMENT 'The event at which the state changed',
    evidence String COMMENT 'What moved, as JSON',
    topic LowCardinality(String),
    partition UInt32,
    offset UInt64,
    position UInt32,
    logged_at DateTime('UTC')
)
ENGINE = MergeTree
PARTITION BY toYYYYMM(time)
ORDER BY (service_name, signal, time)
SETTINGS ttl_only_drop_parts = 1, non_replicated_deduplication_window = 10000;

-- What could not be taken, with its reason and its bytes.
CREATE TABLE IF NOT EXISTS dead_letters
(
    topic LowCardinality(String),
    partition UInt32,
    offset UInt64,
    position Int32 COMMENT 'Place in the record; -1 for the record as a whole',
    source LowCardinality(String),
    reason LowCardinality(String),
    detail String,
    raw String COMMENT 'The first 64 KiB of what was refused',
    size UInt64 COMMENT 'Bytes in all',
    logged_at DateTime('UTC')
)
ENGINE = MergeTree
PARTITION BY toDate(logged_at)
ORDER BY (reason, logged_at)
SETTINGS ttl_only_drop_parts = 1, non_replicated_deduplication_window = 10000;

-- The analysts' contract: docs/reference/views.md. Tables may change under it.
CREATE VIEW IF NOT EXISTS calls AS
SELECT
    id, time, service_name, gen_ai_operation_name, gen_ai_provider_name, gen_ai_request_model, gen_ai_response_model,
    gen_ai_usage_input_tokens, gen_ai_usage_output_tokens, gen_ai_usage_cache_read_input_tokens,
    gen_ai_usage_cache_creation_input_tokens, gen_ai_usage_reasoning_output_tokens,
    gen_ai_client_operation_duration, gen_ai_response_time_to_first_chunk,
    error_type, error_message, gen_ai_response_finish_reasons, gen_ai_response_id, gen_ai_output_type,
    gen_ai_request_temperature, gen_ai_request_max_tokens, gen_ai_tool_name, user_id, gen_ai_conversation_id,
    trace_id, span_id, parent_span_id, gen_ai_prompt_name, gen_ai_prompt_version, service_version,
    deployment_environment_name, gen_ai_evaluation_name, gen_ai_evaluation_score_value, gen_ai_evaluation_score_label,
    target_id, cost, tags, attributes, signals, source
FROM events;

CREATE VIEW IF NOT EXISTS texts AS
SELECT
    id, time, service_name, gen_ai_input_messages, gen_ai_output_messages, gen_ai_system_instructions,
    gen_ai_retrieval_documents, logprobs, embedding
FROM bodies;

CREATE VIEW IF NOT EXISTS minutes AS
SELECT
    minute, service_name, gen_ai_provider_name, gen_ai_request_model, gen_ai_operation_name, gen_ai_prompt_version,
    sum(rollup_1m.calls) AS calls,
    sum(rollup_1m.errors) AS errors,
    sum(rollup_1m.input_tokens) AS input_tokens,
    sum(rollup_1m.output_tokens) AS output_tokens,
    sum(rollup_1m.cached_tokens) AS cached_tokens,
    if(sum(rollup_1m.timed_calls) = 0, NULL, sum(rollup_1m.latency_sum) / sum(rollup_1m.timed_calls)) AS latency_mean,
    max(rollup_1m.latency_max) AS latency_max,
    sum(rollup_1m.cost) AS cost,
    sum(rollup_1m.priced_calls) AS priced_calls
FROM rollup_1m
GROUP BY minute, service_name, gen_ai_provider_name, gen_ai_request_model, gen_ai_operation_name, gen_ai_prompt_version;

CREATE VIEW IF NOT EXISTS signal_changes AS
SELECT
    time, signal, state, service_name, gen_ai_request_model, gen_ai_operation_name, gen_ai_prompt_version, since,
    event_id, evidence
FROM series_signals;

CREATE VIEW IF NOT EXISTS open_signals AS
SELECT
    signal, service_name, gen_ai_request_model, gen_ai_operation_name, gen_ai_prompt_version,
    argMax(series_signals.since, series_signals.time) AS since,
    max(series_signals.time) AS fired_at,
    argMax(series_signals.event_id, series_signals.time) AS event_id,
    argMax(series_signals.evidence, series_signals.time) AS evidence
FROM series_signals
GROUP BY signal, service_name, gen_ai_request_model, gen_ai_operation_name, gen_ai_prompt_version
HAVING argMax(series_signals.state, (series_signals.time, series_signals.offset, series_signals.position)) = 'fired';

CREATE VIEW IF NOT EXISTS refusals AS
SELECT logged_at, reason, detail, source, topic, partition, offset, position, size, raw FROM dead_letters;

CREATE VIEW IF NOT EXISTS ledger AS
SELECT
    source, emitted, dropped, dropped_by_reason, accepted, duplicates, refused, stored, dead_lettered,
    accepted - duplicates - refused - stored AS missing,
    if(emitted = 0, 0, toInt64(emitted) - toInt64(dropped) - toInt64(accepted - duplicates)) AS waiting,
    missing = 0 AND refused = dead_lettered AS balanced
FROM
(
    SELECT
        told.1 AS source,
        max(told.5) AS emitted,
        max(arraySum(mapValues(told.6))) AS dropped,
        argMax(told.6, arraySum(mapValues(told.6))) AS dropped_by_reason,
        toInt64(sum(told.2)) AS accepted,
        toInt64(sum(told.3)) AS duplicates,
        toInt64(sum(told.4)) AS refused
    FROM
    (
        SELECT
            arrayJoin(arrayZip(edges.sources, edges.accepted, edges.duplicates, edges.refused, edges.emitted, edges.dropped))
                AS told
        FROM block_edges AS edges FINAL
    )
    GROUP BY source
) AS said
LEFT JOIN (SELECT source, toInt64(count()) AS stored FROM events GROUP BY source) AS facts USING (source)
LEFT JOIN (SELECT source, toInt64(count()) AS dead_lettered FROM dead_letters GROUP BY source) AS letters USING (source);

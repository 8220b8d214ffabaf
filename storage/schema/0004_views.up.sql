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
    target_id, cost, tags, attributes, signals, notes, source
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
    time, signal, JSONExtractString(evidence, 'feature') AS feature, state, service_name, gen_ai_request_model,
    gen_ai_operation_name, gen_ai_prompt_version, since, event_id, evidence
FROM series_signals;

CREATE VIEW IF NOT EXISTS open_signals AS
WITH (series_signals.time, series_signals.offset, series_signals.position) AS at
SELECT
    signal, JSONExtractString(series_signals.evidence, 'feature') AS feature,
    service_name, gen_ai_request_model, gen_ai_operation_name, gen_ai_prompt_version,
    argMax(series_signals.since, at) AS since,
    max(series_signals.time) AS fired_at,
    argMax(series_signals.event_id, at) AS event_id,
    argMax(series_signals.evidence, at) AS evidence
FROM series_signals
GROUP BY signal, feature, service_name, gen_ai_request_model, gen_ai_operation_name, gen_ai_prompt_version
HAVING argMax(series_signals.state, at) = 'fired';

CREATE VIEW IF NOT EXISTS refusals AS
SELECT logged_at, reason, detail, source, topic, partition, offset, position, size, raw FROM dead_letters;

-- What became of every event in the blocks of the last {ledger_days} days, by sender. Edges say what was taken, ledger_rows
-- what was written, and both are counted between the same two offsets of each partition. Below `cut` retention may have
-- been; from `open` on is the newest block, unless all of its rows are there: they are `writing`, not missing.
-- Requests that name themselves (an Idempotency-Key) are one sender here. Of a sender that had begun before those days it
-- is not known how many of its events came before them: its `waiting` is by how many more wait since its first block.
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

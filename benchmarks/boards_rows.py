"""The rows of `benchmarks.boards_store`, as SQL over `numbers()`: chance is a hash of the row's number and a seed."""

from __future__ import annotations

from typing import Final

__all__ = ["ALERTS", "BODIES", "EVENTS"]

# A call's conversation says who asks; its service says which models, which prompts and whether there are documents.
_DRAWN: Final = """WITH
    (salt) -> (cityHash64(number, salt, {seed}) % 1000000) / 1000000 AS chance,
    intDiv(number, 600) * 100 + number % 100 AS talk,
    (salt) -> (cityHash64(talk, salt, {seed}) % 1000000) / 1000000 AS chance_of_talk,
    fromUnixTimestamp64Micro(toInt64({start} + number * {gap_us}), 'UTC') AS at,
    chance(1) < 0.02 AS judges,
    toUInt32(12 * pow(chance_of_talk(1), 1.5)) AS service,
    multiIf(judges, 'feedback', chance(2) < 0.86, 'chat', chance(2) < 0.92, 'embeddings', chance(2) < 0.96, 'retrieval',
        'execute_tool') AS operation,
    (service + (chance_of_talk(2) < 0.3) * 3) % 8 AS model,
    ['gpt-4o-mini', 'gpt-4o', 'claude-sonnet-4', 'claude-haiku-4', 'gemini-2.5-pro', 'gemini-2.5-flash',
        'mistral-large', 'our-own'][model + 1] AS model_name,
    ['openai', 'openai', 'anthropic', 'anthropic', 'gcp.vertex_ai', 'gcp.vertex_ai', 'mistral_ai', ''][model + 1]
        AS provider,
    toString(1 + toUInt32((number / {total} * 4 + chance(3)) / 1.3)) AS prompt_version,
    concat('user-', toString(toUInt32(20000 * pow(chance_of_talk(3), 3)))) AS user,
    number / {total} AS passed,
    model = 2 AND passed > 0.71 AND passed < 0.713 AS outage,
    multiIf(judges, '', chance(4) < if(outage, 0.4, 0.012),
        ['503', '429', 'timeout', '400 bad request', '529'][1 + toUInt32(5 * chance(5))], '') AS error,
    0.2 + exp(1.2 * (chance(6) + chance(7) + chance(8) - 1.5)) * (1 + model / 4) AS seconds,
    toUInt32(40 * exp(3 * chance(9))) AS tokens_in,
    toUInt32(20 * exp(3 * chance(10))) AS tokens_out"""

EVENTS: Final = (
    """INSERT INTO events (id, time, service_name, gen_ai_operation_name, gen_ai_provider_name,
    gen_ai_request_model, gen_ai_response_model, gen_ai_usage_input_tokens, gen_ai_usage_output_tokens,
    gen_ai_usage_cache_read_input_tokens, gen_ai_client_operation_duration, gen_ai_response_time_to_first_chunk,
    error_type, gen_ai_response_finish_reasons, user_id, gen_ai_conversation_id, trace_id, gen_ai_prompt_name,
    gen_ai_prompt_version, service_version, gen_ai_evaluation_name, gen_ai_evaluation_score_value,
    gen_ai_evaluation_score_label, target_id, cost, tags, signals, notes, source, topic, offset, position, logged_at)
"""
    + _DRAWN
    + """,
    operation = 'chat' AND error = '' AS answered,
    answered AND service % 3 = 0 AS grounded,
    toDecimal64(tokens_in * 2e-7 * (1 + model) + tokens_out * 8e-7 * (1 + model), 9) AS dollars,
    model_name != 'our-own' AND operation IN ('chat', 'embeddings') AND error = '' AS priced,
    if(chance(11) < 0.05, 0.1 + 0.4 * chance(12), 1 - 0.4 * pow(chance(12), 2)) AS groundedness,
    if(chance(13) < 0.003, 0.5 + chance(14) / 2, 0.002 * chance(14)) AS injection,
    if(operation != 'chat', [], arrayConcat(
        ['injection', 'secrets_seen', 'pii_seen', 'repeat', 'agent_steps', 'agent_loop'],
        if(NOT priced, [], ['cost']),
        if(NOT answered, [], ['output_tokens_per_second', 'refusal', 'hedging', 'apology', 'truncated', 'repetition',
            'empty_answer', 'language_differs', 'tool_calls']),
        if(NOT grounded, [], ['groundedness', 'unsupported_numbers', 'unsupported_names', 'unsupported_dates',
            'unsupported_quotes', 'unsupported_urls', 'unsupported_citations', 'context_used', 'query_document_match',
            'duplicate_documents', 'unused_context_tokens', 'retrieved_documents']))) AS names,
    if(operation != 'chat', [], arrayConcat(
        [injection, toFloat64(chance(15) < 0.002), toFloat64(chance(16) < 0.005), toFloat64(chance(17) < 0.08), 1.,
            if(chance(18) < 0.002, 3., 0.)],
        if(NOT priced, [], [toFloat64(dollars)]),
        if(NOT answered, [], [tokens_out / seconds, toFloat64(chance(19) < 0.01), round(chance(20), 1) / 10,
            toFloat64(chance(21) < 0.02), toFloat64(chance(22) < 0.01), round(chance(23) * 0.3, 3),
            toFloat64(chance(24) < 0.002), 0., floor(chance(25) * 2)]),
        if(NOT grounded, [], [groundedness, floor(chance(26) * 1.1), floor(chance(27) * 1.1), 0., 0., 0., 0.,
            round(chance(28), 2), round(chance(29), 3), 0., floor(tokens_in * chance(30)), 4.]))) AS numbers_said
SELECT
    concat('bench-', leftPad(toString(number), 12, '0')), at, concat('service-', leftPad(toString(service), 2, '0')),
    operation, provider, model_name, model_name,
    if(judges, NULL, tokens_in), if(answered, tokens_out, NULL), if(judges, NULL, toUInt32(tokens_in * chance(31) / 2)),
    if(judges, NULL, seconds), if(answered, seconds / 5, NULL), error, if(answered, ['stop'], []), user,
    concat('conversation-', toString(talk)), lower(hex(MD5(toString(intDiv(number, 2) + {seed})))),
    concat('task-', toString(toUInt32(3 * chance_of_talk(4)))), prompt_version,
    concat('1.', toString(toUInt32(5 * passed))),
    if(judges, ['thumbs', 'stars'][1 + service % 2], ''),
    if(judges, if(service % 2 = 0, if(chance(32) < 0.2, -1., 1.), 1 + floor(5 * sqrt(chance(32)))), NULL),
    if(judges AND service % 2 = 0 AND chance(32) < 0.2, 'wrong', ''),
    if(judges,
        concat('bench-', leftPad(toString(greatest(0, toInt64(number) - 100 * (1 + number % 50))), 12, '0')), ''),
    if(priced, dollars, NULL),
    map('region', ['eu', 'us', 'ap'][1 + service % 3], 'team', concat('team-', toString(service % 5)),
        'key', concat('key-', toString(service % 9))),
    CAST((names, numbers_said), 'Map(LowCardinality(String), Float64)'),
    CAST(arrayFilter(note -> note.2 != '', [
        ('priced_by', multiIf(judges, '', priced, concat('genai-prices 0.2.3 ', provider, '/', model_name),
            operation = 'chat', 'unpriced: the model is not listed', '')),
        ('language', if(answered, 'en', '')),
        ('unsupported', if(grounded AND groundedness < 0.5, '[[0, 180]]', '')),
        ('documents_used', if(grounded, concat('[', toString(round(chance(33), 2)), ',0.48]'), '')),
        ('injection_span', if(operation = 'chat' AND injection >= 0.5, '[0, 80]', '')),
        ('sensitive_kinds', if(operation = 'chat' AND (chance(15) < 0.002 OR chance(16) < 0.005), '{{"email": 1}}', ''))
    ]), 'Map(LowCardinality(String), String)'),
    concat('bench-', toString(number % 20)), 'windvane.events', intDiv(number, 10), number % 10, toDateTime(at, 'UTC')
FROM numbers({first}, {count})"""
)

BODIES: Final = (
    """INSERT INTO bodies (id, time, service_name, gen_ai_input_messages, gen_ai_output_messages, topic,
    offset, position, logged_at)
"""
    + _DRAWN
    + """
SELECT concat('bench-', leftPad(toString(number), 12, '0')), at, concat('service-', leftPad(toString(service), 2, '0')),
    concat('What becomes of order ', toString(number), ', placed by ', user, '?'),
    concat('Order ', toString(number), ' was sent on day ', toString(number % 7), repeat(' and should arrive soon', 6)),
    'windvane.events', intDiv(number, 10), number % 10, toDateTime(at, 'UTC')
FROM numbers({first}, {count}) WHERE NOT judges"""
)

_SIGNALS: Final = """['behaviour_shift', 'model_drift', 'input_drift', 'error_shift', 'anomaly', 'quality_shift',
        'model_changed', 'provider_trouble', 'cost_runaway', 'version_difference', 'traffic_shift', 'silence']"""
_FEATURES: Final = """['gen_ai_usage_output_tokens', 'gen_ai_output_messages', 'gen_ai_input_messages', 'error_type',
        'calls by the minute', 'groundedness', 'response_model', 'anthropic errors', 'spend of user user-13', 'latency',
        'calls a minute', 'calls a minute']"""

# What is few: changes of series, baselines, dead letters, alerts, and the edges of a block each half second.
ALERTS: Final = (
    """INSERT INTO series_signals (time, signal, state, service_name, gen_ai_request_model, gen_ai_operation_name,
    gen_ai_prompt_version, since, event_id, evidence, topic, offset, position, logged_at)
WITH cityHash64(intDiv(number, 2), {seed}) AS drawn, 1 + drawn % 12 AS which,
    fromUnixTimestamp64Micro(toInt64({start} + ({end} - {start}) * (number + 0.5) / 6000), 'UTC') AS at,
    toUInt64({total} * (number + 0.5) / 6000) AS place,
    (back) -> concat('"bench-', leftPad(toString(greatest(0, toInt64(place) - back)), 12, '0'), '"') AS event
SELECT at, """
    + _SIGNALS
    + """[which], if(number % 2 = 0, 'fired', 'recovered'),
    concat('service-', leftPad(toString(intDiv(drawn, 12) % 12), 2, '0')), 'gpt-4o-mini', 'chat', '1', at - 60,
    trim(BOTH '"' FROM event(0)),
    concat('{{"feature":"', """
    + _FEATURES
    + """[which], '","says":"what it watches went up from 120 to 199 in 24 events",',
        '"baseline":120.4,"baseline_n":2347,"current":199.03,"current_n":24,"moved":[["length",1.0]],"provider":"',
        if(which = 8, 'anthropic', ''), '","before":[', event(900), ',', event(800), '],"after":[', event(5), ',',
        event(3), ']}}'),
    'windvane.events', place, 0, toDateTime(at, 'UTC')
FROM numbers(6000)""",
    """INSERT INTO series_signals (time, signal, state, service_name, gen_ai_request_model, gen_ai_operation_name,
    gen_ai_prompt_version, since, event_id, evidence, topic, offset, position, logged_at)
SELECT fromUnixTimestamp64Micro(toInt64({start}) + number * 1000000, 'UTC') AS at, 'baseline',
    if(number % 5 = 0, 'learning', 'ready'), concat('service-', leftPad(toString(number % 12), 2, '0')),
    concat('model-', toString(intDiv(number, 12))), 'chat', '1', at, '',
    '{{"feature":"events","says":"is watched: its baseline is made of 64 events","baseline_n":64}}',
    'windvane.events', number, 0, toDateTime(at, 'UTC')
FROM numbers(1200)""",
    """INSERT INTO dead_letters (topic, partition, offset, position, source, reason, detail, raw, size, logged_at)
SELECT 'windvane.events', 0, number * 200, 0, concat('bench-', toString(number % 20)),
    ['not_json', 'no_service', 'too_large'][1 + number % 3], 'no such field', repeat('x', 500), 500,
    toDateTime(({start} + ({end} - {start}) * number / 5000) / 1000000, 'UTC')
FROM numbers(5000)""",
    "TRUNCATE TABLE ledger_rows",
    """INSERT INTO ledger_rows (topic, partition, first, source, stored, dead_lettered, written_at)
SELECT 'windvane.events', 0, number, concat('bench-', toString(number % 2 * 10 + place)), 1, 0,
    toDateTime(({start} + ({end} - {start}) * number * 10 / {total}) / 1000000, 'UTC')
FROM numbers(toUInt64({total} / 10)) ARRAY JOIN range(10) AS place""",
    """INSERT INTO block_edges (topic, partition, first, last, epoch, sources, accepted, duplicates, refused, emitted,
    dropped, logged_at, written_at)
SELECT 'windvane.events', 0, number, number, 1,
    arrayMap(place -> concat('bench-', toString(number % 2 * 10 + place)), range(10)), arrayWithConstant(10, 1),
    arrayWithConstant(10, 0), arrayWithConstant(10, 0), arrayWithConstant(10, intDiv(number, 2) + 1),
    arrayWithConstant(10, map()),
    toDateTime(({start} + ({end} - {start}) * number * 10 / {total}) / 1000000, 'UTC') AS at, at
FROM numbers(toUInt64({total} / 10))""",
    """INSERT INTO alert_changes (time, rule, alert, labels, severity, state, value, since, says, link, quiet,
    notification, channels, round, logged_at)
SELECT fromUnixTimestamp64Micro(toInt64({start} + ({end} - {start}) * (number + 0.5) / 3000), 'UTC') AS at,
    concat('rule-', toString(intDiv(number, 3) % 20)), toString(intDiv(number, 3) % 97),
    map('service', concat('service-', leftPad(toString(intDiv(number, 3) % 12), 2, '0'))),
    ['critical', 'warning', 'info'][1 + intDiv(number, 3) % 3], ['pending', 'firing', 'resolved'][1 + number % 3], 0.1,
    at - 60, '10 % of the calls failed', '/boards/windvane-anomalies', '',
    if(number % 3 = 0, '', concat('told-', toString(number))),
    if(number % 3 = 0, [], ['chat', 'mail']), number, toDateTime(at, 'UTC')
FROM numbers(3000)""",
    """INSERT INTO alert_deliveries (notification, channel, state, attempts, detail, at, logged_at)
SELECT concat('told-', toString(number)), channel, if(number % 50 = 1, 'failed', 'sent'), 1, '',
    fromUnixTimestamp64Micro(toInt64({start} + ({end} - {start}) * number / 3000), 'UTC') AS moment,
    toDateTime(moment, 'UTC')
FROM numbers(2990) ARRAY JOIN ['chat', 'mail'] AS channel WHERE number % 3 != 0""",
    """INSERT INTO alert_silences (id, labels, starts, ends, comment, author)
SELECT concat('quiet-', toString(number)), map('rule', concat('rule-', toString(number))),
    fromUnixTimestamp64Micro(toInt64({end}) - number * 3600000000, 'UTC') AS from, from + 86400, 'known', 'bench'
FROM numbers(20)""",
    """INSERT INTO alert_budgets (scope, name, period, usd)
SELECT ['service', 'team', 'user', 'key'][1 + number % 4],
    if(number < 4, '*', concat(['service-0', 'team-', 'user-', 'key-'][1 + number % 4], toString(intDiv(number, 4)))),
    ['day', 'month'][1 + number % 2], 100 + number
FROM numbers(24)""",
)

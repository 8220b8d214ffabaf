-- What each token of an answer might have been: a body, as what was written.
ALTER TABLE bodies ADD COLUMN IF NOT EXISTS top_logprobs String AFTER embedding;

CREATE OR REPLACE VIEW texts AS
SELECT
    id, time, service_name, gen_ai_input_messages, gen_ai_output_messages, gen_ai_system_instructions,
    gen_ai_retrieval_documents, logprobs, embedding, top_logprobs
FROM bodies;

CREATE VIEW IF NOT EXISTS costs AS
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

-- Expected answers that came with the event have been compared in the stream; those that came later, in events of their
-- own, are compared here in the same way.
CREATE VIEW IF NOT EXISTS accuracy AS
SELECT
    time, id, service_name, gen_ai_request_model, gen_ai_prompt_version,
    time AS expected_at,
    signals['exact_match'] AS exact_match,
    signals['normalized_match'] AS normalized_match,
    if(mapContains(signals, 'numeric_match'), signals['numeric_match'], NULL) AS numeric_match
FROM events
WHERE mapContains(signals, 'exact_match')
UNION ALL
WITH
    replaceRegexpAll(lowerUTF8(answer), '[\\pP\\pS]', '') AS plain,
    replaceRegexpAll(lowerUTF8(expected), '[\\pP\\pS]', '') AS plain_expected,
    replaceRegexpAll(concat(' ', plain, ' '), '\\s(?:(?:a|an|the)\\s|\\s)*', ' ') AS words,
    replaceRegexpAll(concat(' ', plain_expected, ' '), '\\s(?:(?:a|an|the)\\s|\\s)*', ' ') AS words_expected,
    '(?:^|[^0-9])([-+]?[0-9][0-9,]*(?:\\.[0-9]+)?)[^0-9]*$' AS last_number,
    replaceAll(extract(answer, last_number), ',', '') AS digits,
    replaceAll(extract(expected, last_number), ',', '') AS digits_expected,
    length(extract(digits_expected, '\\.([0-9]+)')) AS decimals
SELECT
    calls.time, asked.target_id AS id, calls.service_name, calls.gen_ai_request_model, calls.gen_ai_prompt_version,
    asked.time AS expected_at,
    toFloat64(trim(BOTH ' \t\n\r' FROM answer) = trim(BOTH ' \t\n\r' FROM expected)) AS exact_match,
    toFloat64(trim(BOTH ' ' FROM words) = trim(BOTH ' ' FROM words_expected)) AS normalized_match,
    multiIf(
        digits_expected = '', NULL,
        digits = '', 0,
        toFloat64(abs(toFloat64OrZero(digits) - toFloat64OrZero(digits_expected))
            <= if(decimals = 0, 0, 0.5 * pow(10, -decimals)) + 1e-9)
    ) AS numeric_match
FROM
(
    SELECT
        time, target_id,
        if(gen_ai_evaluation_name = 'expected', gen_ai_evaluation_score_label,
            if(mapContains(tags, 'expected'), tags['expected'], trim(BOTH '"' FROM attributes['expected']))) AS expected
    FROM events
    WHERE target_id != '' AND expected != ''
) AS asked
INNER JOIN
(
    SELECT
        id,
        if(startsWith(ifNull(gen_ai_output_messages, ''), '[{'),
            arrayStringConcat(arrayMap(message -> JSONExtractString(message, 'content'),
                JSONExtractArrayRaw(ifNull(gen_ai_output_messages, ''))), '\n\n'),
            ifNull(gen_ai_output_messages, '')) AS answer
    FROM bodies
    WHERE id IN (SELECT target_id FROM events WHERE target_id != '')
) AS given ON given.id = asked.target_id
INNER JOIN
(
    SELECT id, time, service_name, gen_ai_request_model, gen_ai_prompt_version
    FROM events
    WHERE id IN (SELECT target_id FROM events WHERE target_id != '')
) AS calls ON calls.id = asked.target_id
WHERE answer != '';

-- Feedback beside the call that it is about; of several of one kind the last. `bad` is below the middle between the
-- lowest and the highest score of the call's service and that kind.
CREATE VIEW IF NOT EXISTS feedback AS
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

-- How well each event signal tells the calls with bad feedback from the others, over all pairs of the two (AUROC, ties as
-- halves), with the interval of Newcombe 2006 (method 5: Hanley and McNeil's variance, taken at the bound itself), which
-- holds with few calls too: it is closed in on by halves. The threshold is Youden's.
CREATE VIEW IF NOT EXISTS calibration AS
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

-- Versions of prompts, models and releases side by side. The intervals hold at every moment at once, so that one may look as
-- often as one likes. Of a mean: the asymptotic confidence sequence of Waudby-Smith, Arbour, Sinha, Kennedy, Ramdas 2024,
-- mean +- deviation * sqrt(2 (n r + 1) / (n^2 r) * log(sqrt(n r + 1) / 0.05)), narrowest near n = 1000 by
-- r = (-2 log 0.05 + log(1 - 2 log 0.05)) / 1000; skewed measures break it in the first hundred. Of a share: all p of which
-- B(k + 1/2, n - k + 1/2) / (pi p^k (1 - p)^(n - k)) < 1 / 0.05, exact at any n (a beta mixture; Robbins 1970), closed in on
-- by halves.
CREATE VIEW IF NOT EXISTS versions AS
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

-- Each provider by five minutes, and beside it the others in the same minutes: what fails or slows down everywhere is not
-- one provider's trouble. A latency is taken by the median one of its service, provider, model and operation.
CREATE VIEW IF NOT EXISTS providers AS
WITH
    '(?i)(^|[^0-9])(408|429|5[0-9][0-9])([^0-9]|$)|time.?out|timed.?out|connect|overload|unavailable|rate.?limit|server.?error|too.?many'
        AS passing,
    usual AS
    (
        SELECT
            service_name, gen_ai_provider_name, gen_ai_request_model, gen_ai_operation_name,
            quantile(0.5)(gen_ai_client_operation_duration) AS duration
        FROM events
        WHERE gen_ai_provider_name != '' AND error_type = '' AND gen_ai_client_operation_duration > 0
        GROUP BY service_name, gen_ai_provider_name, gen_ai_request_model, gen_ai_operation_name
    ),
    summed AS
    (
        SELECT
            toStartOfFiveMinutes(events.time) AS minutes, gen_ai_provider_name,
            count() AS calls,
            countIf(error_type != '' AND match(error_type, passing)) AS retryable_errors,
            countIf(error_type != '') - retryable_errors AS other_errors,
            quantileIf(0.5)(gen_ai_client_operation_duration / duration, error_type = '' AND duration > 0) AS middle,
            countIf(error_type = '' AND duration > 0 AND isNotNull(gen_ai_client_operation_duration)) AS timed,
            uniqExact(service_name) AS services,
            uniqExactIf(service_name, error_type != '') AS services_with_errors
        FROM events
        LEFT JOIN usual USING (service_name, gen_ai_provider_name, gen_ai_request_model, gen_ai_operation_name)
        WHERE gen_ai_provider_name != ''
        GROUP BY minutes, gen_ai_provider_name
    ),
    if(timed = 0, 0, middle * timed) AS weighed
SELECT
    minutes, gen_ai_provider_name, calls, retryable_errors, other_errors,
    if(timed = 0, NULL, middle) AS latency_ratio,
    services, services_with_errors,
    sum(calls) OVER then - calls AS others_calls,
    sum(retryable_errors) OVER then - retryable_errors AS others_retryable_errors,
    sum(other_errors) OVER then - other_errors AS others_other_errors,
    if(sum(timed) OVER then = timed, NULL, (sum(weighed) OVER then - weighed) / (sum(timed) OVER then - timed))
        AS others_latency_ratio
FROM summed
WINDOW then AS (PARTITION BY minutes);

CREATE VIEW IF NOT EXISTS spend AS
SELECT
    toDate(time) AS day,
    service_name, user_id, gen_ai_conversation_id, tags['team'] AS team,
    count() AS calls,
    count(events.cost) AS priced_calls,
    sum(events.cost) AS cost
FROM events
WHERE target_id = '' AND gen_ai_operation_name != 'feedback'
GROUP BY day, service_name, user_id, gen_ai_conversation_id, team;

-- The month so far, and the rest of it at the rate of the last seven whole days, or of those since the service's first. The
-- interval is that of a sum of as many days more as are left, each as the days before were: Student's t with one degree of
-- freedom less than there are days.
CREATE VIEW IF NOT EXISTS spend_forecast AS
WITH
    now('UTC') AS moment,
    toStartOfDay(moment) AS today,
    toStartOfMonth(moment) AS month,
    (toUnixTimestamp(toDateTime(addMonths(month, 1), 'UTC')) - toUnixTimestamp(moment)) / 86400 AS days_left,
    [12.706, 4.303, 3.182, 2.776, 2.571, 2.447] AS student,
    days AS
    (
        SELECT service_name, toStartOfDay(minute) AS day, sum(toFloat64(rollup_1m.cost)) AS dollars
        FROM rollup_1m
        WHERE minute >= least(toDateTime(month, 'UTC'), today - toIntervalDay(31)) AND minute <= moment
        GROUP BY service_name, day
    ),
    summed AS
    (
        SELECT
            service_name,
            sumIf(dollars, toDate(day) >= month) AS spent,
            toInt64(greatest(0, least(7, dateDiff('day', min(day), today) - 1))) AS known_days,
            groupArray((dateDiff('day', day, today), dollars)) AS paid,
            arrayMap(ago -> arraySum(one -> if(one.1 = ago, one.2, 0.), paid), range(1, known_days + 1)) AS daily,
            arrayAvg(daily) AS per_day,
            sqrt(arraySum(each -> pow(each - per_day, 2), daily) / (known_days - 1)) AS spread,
            student[known_days - 1] * spread * sqrt(days_left + days_left * days_left / known_days) AS off
        FROM days
        GROUP BY service_name
    )
SELECT
    service_name,
    spent,
    known_days,
    if(known_days < 1, NULL, summed.per_day) AS per_day,
    if(known_days < 1, NULL, spent + summed.per_day * days_left) AS forecast,
    if(known_days < 2, NULL, greatest(spent, spent + summed.per_day * days_left - off)) AS forecast_low,
    if(known_days < 2, NULL, spent + summed.per_day * days_left + off) AS forecast_high
FROM summed;

-- Prompts that were answered more than once by one model: the very same text, system prompt and documents. Answers are the
-- same but for case and the spaces around them.
CREATE VIEW IF NOT EXISTS consistency AS
WITH
    asked AS
    (
        SELECT
            id, bodies.time AS time, service_name,
            cityHash64(ifNull(gen_ai_system_instructions, ''), ifNull(gen_ai_input_messages, ''), gen_ai_retrieval_documents)
                AS prompt_hash,
            ifNull(gen_ai_output_messages, '') AS written,
            cityHash64(lowerUTF8(trim(BOTH ' \t\n\r' FROM if(startsWith(written, '[{'),
                arrayStringConcat(arrayMap(message -> JSONExtractString(message, 'content'), JSONExtractArrayRaw(written)), '\n\n'),
                written)))) AS answer
        FROM bodies
        WHERE gen_ai_input_messages != '' AND written != ''
    ),
    again AS
    (
        SELECT service_name, prompt_hash FROM asked GROUP BY service_name, prompt_hash HAVING count() > 1
    )
SELECT
    service_name, gen_ai_request_model, prompt_hash,
    any(template) AS prompt_template,
    sum(same) AS answers,
    count() AS distinct_answers,
    max(same) / answers AS commonest_share,
    max(last) AS last_at,
    argMax(one, same) AS commonest_id
FROM
(
    SELECT
        service_name, gen_ai_request_model, prompt_hash, answer,
        count() AS same, max(asked.time) AS last, any(asked.id) AS one, anyIf(template, template != '') AS template
    FROM asked
    INNER JOIN
    (
        SELECT id, gen_ai_request_model, notes['prompt_template'] AS template FROM events
    ) AS calls USING (id)
    WHERE (service_name, prompt_hash) IN (SELECT service_name, prompt_hash FROM again)
    GROUP BY service_name, gen_ai_request_model, prompt_hash, answer
)
GROUP BY service_name, gen_ai_request_model, prompt_hash
HAVING answers > 1;

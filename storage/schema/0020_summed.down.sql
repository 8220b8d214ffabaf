CREATE OR REPLACE VIEW spend_forecast AS
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
    (n, total, squares) -> if(n < 2, NULL, sqrt(greatest(squares - total * total / n, 0.) / (n - 1))) AS spread,
    ['prompt', 'model', 'release'] AS kinds,
    judged AS
    (
        SELECT
            service_name, gen_ai_operation_name, gen_ai_prompt_name, kind, version,
            count() AS judged_calls, countIf(NOT bad) AS liked
        FROM feedback
        ARRAY JOIN kinds AS kind, [gen_ai_prompt_version, gen_ai_request_model, service_version] AS version
        WHERE version != ''
        GROUP BY service_name, gen_ai_operation_name, gen_ai_prompt_name, kind, version
    ),
    counted AS
    (
        SELECT
            service_name, gen_ai_operation_name, gen_ai_prompt_name, kind, version,
            toDateTime64(min(calls_1d.first_at), 6, 'UTC') AS first_at, toDateTime64(max(calls_1d.last_at), 6, 'UTC') AS last_at,
            sum(calls_1d.calls) AS calls,
            sum(calls_1d.calls) - sum(calls_1d.errors) AS succeeded,
            sum(calls_1d.priced_calls) AS priced_calls,
            toFloat64(sum(calls_1d.cost)) AS dollars,
            spread(priced_calls, dollars, sum(calls_1d.cost_squares)) AS cost_spread,
            sum(calls_1d.timed_calls) AS timed,
            sum(calls_1d.latency_sum) AS seconds,
            spread(timed, seconds, sum(calls_1d.latency_squares)) AS latency_spread,
            quantilesDDMerge(0.02, 0.5, 0.95, 0.99)(calls_1d.latency) AS latencies,
            sum(calls_1d.input_tokens) / nullIf(sum(calls_1d.input_calls), 0) AS input_tokens,
            sum(calls_1d.output_tokens) / nullIf(sum(calls_1d.output_calls), 0) AS output_tokens,
            sum(calls_1d.checked) AS checked,
            sum(calls_1d.groundedness) AS grounded,
            spread(checked, grounded, sum(calls_1d.groundedness_squares)) AS groundedness_spread
        FROM calls_1d
        ARRAY JOIN kinds AS kind, [gen_ai_prompt_version, gen_ai_request_model, service_version] AS version
        WHERE NOT judges AND version != ''
        GROUP BY service_name, gen_ai_operation_name, gen_ai_prompt_name, kind, version
    ),
    summed AS
    (
        SELECT
            service_name, gen_ai_operation_name, gen_ai_prompt_name, kind, version, first_at, last_at, calls, succeeded,
            priced_calls, if(priced_calls = 0, NULL, dollars / priced_calls) AS cost, cost_spread,
            timed, if(timed = 0, NULL, seconds / timed) AS latency, latency_spread, latencies,
            input_tokens, output_tokens, judged.judged_calls AS judged_calls, liked,
            checked, if(checked = 0, NULL, grounded / checked) AS groundedness, groundedness_spread
        FROM counted
        LEFT JOIN judged USING (service_name, gen_ai_operation_name, gen_ai_prompt_name, kind, version)
    )
SELECT
    service_name, gen_ai_operation_name, gen_ai_prompt_name, kind, version, first_at, last_at, calls,
    succeeded / calls AS success,
    around_share(succeeded, calls).1 AS success_low, around_share(succeeded, calls).2 AS success_high,
    priced_calls, cost,
    around(cost, cost_spread, priced_calls, inf).1 AS cost_low,
    around(cost, cost_spread, priced_calls, inf).2 AS cost_high,
    if(timed = 0, NULL, latencies[1] / 1e6) AS latency_p50, if(timed = 0, NULL, latencies[2] / 1e6) AS latency_p95,
    latency,
    around(latency, latency_spread, timed, inf).1 AS latency_low,
    around(latency, latency_spread, timed, inf).2 AS latency_high,
    input_tokens, output_tokens,
    judged_calls,
    if(judged_calls = 0, NULL, liked / judged_calls) AS feedback,
    around_share(liked, judged_calls).1 AS feedback_low, around_share(liked, judged_calls).2 AS feedback_high,
    checked,
    groundedness,
    around(groundedness, groundedness_spread, checked, 1.).1 AS groundedness_low,
    around(groundedness, groundedness_spread, checked, 1.).2 AS groundedness_high
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
            SELECT key, mapKeys(events.signals) AS names, mapValues(events.signals) AS numbers
            FROM events
            WHERE key IN (SELECT key FROM scores) AND notEmpty(events.signals)
        ) AS calls
        INNER JOIN (SELECT cityHash64(id) AS key, service_name, gen_ai_evaluation_name, bad FROM feedback) AS told USING (key)
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
DROP VIEW IF EXISTS judged_versions_of_feedback;
DROP TABLE IF EXISTS judged_versions;
DROP VIEW IF EXISTS calibrations_of_feedback;
DROP TABLE IF EXISTS calibrations;

-- A change of state may be that of a segment of a series: the part that has one value of a tag.
ALTER TABLE series_signals ADD COLUMN IF NOT EXISTS segment LowCardinality(String) AFTER gen_ai_prompt_version;

CREATE OR REPLACE VIEW signal_changes AS
SELECT
    time, signal, JSONExtractString(evidence, 'feature') AS feature, state, service_name, gen_ai_request_model,
    gen_ai_operation_name, gen_ai_prompt_version, segment, since, event_id,
    JSONExtractString(evidence, 'says') AS says, evidence
FROM series_signals;

CREATE OR REPLACE VIEW open_signals AS
WITH (series_signals.time, series_signals.offset, series_signals.position) AS at
SELECT
    signal, JSONExtractString(series_signals.evidence, 'feature') AS feature,
    service_name, gen_ai_request_model, gen_ai_operation_name, gen_ai_prompt_version, segment,
    argMax(series_signals.since, at) AS since,
    max(series_signals.time) AS fired_at,
    argMax(series_signals.event_id, at) AS event_id,
    JSONExtractString(argMax(series_signals.evidence, at), 'says') AS says,
    argMax(series_signals.evidence, at) AS evidence
FROM series_signals
GROUP BY signal, feature, service_name, gen_ai_request_model, gen_ai_operation_name, gen_ai_prompt_version, segment
HAVING argMax(series_signals.state, at) = 'fired';

-- Which series are watched, and which are still being learned.
CREATE VIEW IF NOT EXISTS baselines AS
WITH (series_signals.time, series_signals.offset, series_signals.position) AS at
SELECT
    service_name, gen_ai_request_model, gen_ai_operation_name, gen_ai_prompt_version, segment,
    argMax(series_signals.state, at) AS state,
    argMax(series_signals.since, at) AS since,
    JSONExtractString(argMax(series_signals.evidence, at), 'says') AS says
FROM series_signals
WHERE signal = 'baseline'
GROUP BY service_name, gen_ai_request_model, gen_ai_operation_name, gen_ai_prompt_version, segment;

DROP VIEW IF EXISTS baselines;
CREATE OR REPLACE VIEW signal_changes AS
SELECT
    time, signal, JSONExtractString(evidence, 'feature') AS feature, state, service_name, gen_ai_request_model,
    gen_ai_operation_name, gen_ai_prompt_version, since, event_id, evidence
FROM series_signals;

CREATE OR REPLACE VIEW open_signals AS
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
ALTER TABLE series_signals DROP COLUMN IF EXISTS segment;

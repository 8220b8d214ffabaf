-- What the alert rules have said. One round of evaluation is one insert: what it changed, and of which notification each
-- change is a part. So a round is whole or has not been, and what was not delivered is what has no delivery.
CREATE TABLE IF NOT EXISTS alert_changes
(
    time DateTime64(6, 'UTC') COMMENT 'The moment that was judged',
    rule LowCardinality(String),
    alert String COMMENT 'Which series of the rule: a hash of its labels',
    labels Map(LowCardinality(String), String),
    severity LowCardinality(String),
    state LowCardinality(String) COMMENT 'pending, firing, resolved; of a rule as a whole no_data, error',
    value Nullable(Float64),
    since DateTime64(6, 'UTC') COMMENT 'When the condition was first met',
    says String COMMENT 'What is told, in words',
    link String COMMENT 'Where to look: a path of the page',
    quiet String COMMENT 'Why nobody is told: silence, maintenance or inhibition and its name; empty where somebody is',
    notification String COMMENT 'The notification that this change is a part of; empty where nobody is told',
    channels Array(LowCardinality(String)),
    round UInt64,
    logged_at DateTime('UTC') DEFAULT now()
)
ENGINE = MergeTree
PARTITION BY toYYYYMM(time)
ORDER BY (rule, time)
SETTINGS ttl_only_drop_parts = 1, non_replicated_deduplication_window = 10000;

-- What became of each notification on each channel: the last row counts.
CREATE TABLE IF NOT EXISTS alert_deliveries
(
    notification String,
    channel LowCardinality(String),
    state LowCardinality(String) COMMENT 'sent, failed (tried again later) or given_up',
    attempts UInt32,
    detail String,
    at DateTime64(6, 'UTC') DEFAULT now64(6),
    logged_at DateTime('UTC') DEFAULT now()
)
ENGINE = ReplacingMergeTree(attempts)
PARTITION BY toYYYYMM(logged_at)
ORDER BY (notification, channel)
SETTINGS ttl_only_drop_parts = 1, non_replicated_deduplication_window = 10000;

CREATE TABLE IF NOT EXISTS alert_silences
(
    id String,
    labels Map(LowCardinality(String), String) COMMENT 'What it is for: each of these labels with this value; `rule` names a rule',
    starts DateTime64(6, 'UTC'),
    ends DateTime64(6, 'UTC'),
    comment String,
    author String,
    changed_at DateTime64(6, 'UTC') DEFAULT now64(6),
    logged_at DateTime('UTC') DEFAULT now()
)
ENGINE = ReplacingMergeTree(changed_at)
ORDER BY id;

-- What may be spent: from the user's file, written when it is read. A budget that is no longer there is 0.
CREATE TABLE IF NOT EXISTS alert_budgets
(
    scope LowCardinality(String) COMMENT 'service, team, user or key',
    name String COMMENT 'Whose; * for each that has none of its own',
    period LowCardinality(String) COMMENT 'day or month, of the calendar, in UTC',
    usd Float64,
    changed_at DateTime64(6, 'UTC') DEFAULT now64(6)
)
ENGINE = ReplacingMergeTree(changed_at)
ORDER BY (scope, name, period);

CREATE VIEW IF NOT EXISTS budgets AS
SELECT scope, name, period, usd FROM alert_budgets FINAL WHERE usd > 0;

CREATE VIEW IF NOT EXISTS alerts AS
SELECT time, rule, alert, labels, severity, state, value, since, says, link, quiet, notification, channels
FROM alert_changes;

CREATE VIEW IF NOT EXISTS open_alerts AS
SELECT
    rule, alert,
    argMax(alert_changes.labels, round) AS labels,
    argMax(alert_changes.severity, round) AS severity,
    argMax(alert_changes.state, round) AS state,
    argMax(alert_changes.value, round) AS value,
    argMax(alert_changes.since, round) AS since,
    max(alert_changes.time) AS changed_at,
    argMax(alert_changes.says, round) AS says,
    argMax(alert_changes.link, round) AS link,
    argMax(alert_changes.quiet, round) AS quiet
FROM alert_changes
GROUP BY rule, alert
HAVING state != 'resolved';

CREATE VIEW IF NOT EXISTS notifications AS
SELECT
    told.notification AS notification, told.time AS time, told.rule AS rule, told.channel AS channel,
    if(sent.state = '', 'waiting', sent.state) AS state, sent.attempts AS attempts, sent.detail AS detail, sent.at AS at,
    told.alerts AS alerts, told.says AS says
FROM
(
    SELECT notification, channel, min(alert_changes.time) AS time, any(rule) AS rule, count() AS alerts,
        arrayStringConcat(groupArray(alert_changes.says), '; ') AS says
    FROM alert_changes
    ARRAY JOIN channels AS channel
    WHERE notification != ''
    GROUP BY notification, channel
) AS told
LEFT JOIN (SELECT * FROM alert_deliveries FINAL) AS sent USING (notification, channel);

CREATE VIEW IF NOT EXISTS silences AS
SELECT id, labels, starts, ends, comment, author FROM alert_silences FINAL;

DROP TABLE IF EXISTS rollup_1m_of_events;
DROP TABLE IF EXISTS rollup_1m;

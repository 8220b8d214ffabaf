DROP TABLE IF EXISTS ledger_rows_of_dead_letters;
DROP TABLE IF EXISTS ledger_rows_of_events;
DROP TABLE IF EXISTS ledger_rows;
DROP TABLE IF EXISTS rollup_1m_of_events;
DROP TABLE IF EXISTS rollup_1m;

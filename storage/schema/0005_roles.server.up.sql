-- Least privilege: the workers write facts and read what they resume from; analysts and boards read the views.
CREATE ROLE IF NOT EXISTS windvane_writer_role;
CREATE ROLE IF NOT EXISTS windvane_reader_role;
GRANT SELECT, INSERT, ALTER DELETE ON {database}.* TO windvane_writer_role;
GRANT SELECT ON {database}.calls TO windvane_reader_role;
GRANT SELECT ON {database}.texts TO windvane_reader_role;
GRANT SELECT ON {database}.minutes TO windvane_reader_role;
GRANT SELECT ON {database}.signal_changes TO windvane_reader_role;
GRANT SELECT ON {database}.open_signals TO windvane_reader_role;
GRANT SELECT ON {database}.refusals TO windvane_reader_role;
GRANT SELECT ON {database}.ledger TO windvane_reader_role;
-- A view reads with the rights of who asks: its tables too, but neither state nor claims.
GRANT SELECT ON {database}.events TO windvane_reader_role;
GRANT SELECT ON {database}.bodies TO windvane_reader_role;
GRANT SELECT ON {database}.rollup_1m TO windvane_reader_role;
GRANT SELECT ON {database}.series_signals TO windvane_reader_role;
GRANT SELECT ON {database}.dead_letters TO windvane_reader_role;
GRANT SELECT ON {database}.block_edges TO windvane_reader_role;
GRANT SELECT ON {database}.ledger_rows TO windvane_reader_role;
CREATE USER IF NOT EXISTS windvane_writer IDENTIFIED WITH sha256_password BY {writer_password} DEFAULT ROLE windvane_writer_role;
CREATE USER IF NOT EXISTS windvane_reader IDENTIFIED WITH sha256_password BY {reader_password} DEFAULT ROLE windvane_reader_role SETTINGS readonly = 2, max_execution_time = 60, max_memory_usage = 4000000000;
GRANT windvane_writer_role TO windvane_writer;
GRANT windvane_reader_role TO windvane_reader;

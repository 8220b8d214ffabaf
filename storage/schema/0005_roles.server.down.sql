DROP USER IF EXISTS windvane_reader;
DROP USER IF EXISTS windvane_writer;
DROP ROLE IF EXISTS windvane_reader_role;
DROP ROLE IF EXISTS windvane_writer_role;

-- What the views of 0015 read besides.
GRANT SELECT ON {database}.calls_1d TO windvane_reader_role;

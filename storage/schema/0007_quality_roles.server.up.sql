-- What the views of 0006 are read by.
GRANT SELECT ON {database}.costs TO windvane_reader_role;
GRANT SELECT ON {database}.accuracy TO windvane_reader_role;

-- What the view of 0008 is read by.
GRANT SELECT ON {database}.baselines TO windvane_reader_role;

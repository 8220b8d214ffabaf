-- Of 0017.
GRANT SELECT ON {database}.blocks TO windvane_reader_role;

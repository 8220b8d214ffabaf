REVOKE SELECT ON {database}.accuracy FROM windvane_reader_role;
REVOKE SELECT ON {database}.costs FROM windvane_reader_role;

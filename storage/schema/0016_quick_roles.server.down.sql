REVOKE SELECT ON {database}.calls_1d FROM windvane_reader_role;

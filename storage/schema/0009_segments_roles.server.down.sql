REVOKE SELECT ON {database}.baselines FROM windvane_reader_role;

REVOKE SELECT ON {database}.blocks FROM windvane_reader_role;

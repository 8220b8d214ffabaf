REVOKE SELECT ON {database}.ledger_settled FROM windvane_reader_role;
REVOKE SELECT ON {database}.calibrations FROM windvane_reader_role;
REVOKE SELECT ON {database}.judged_versions FROM windvane_reader_role;

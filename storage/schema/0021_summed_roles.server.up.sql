-- What the views of 0019 and 0020 read besides.
GRANT SELECT ON {database}.ledger_settled TO windvane_reader_role;
GRANT SELECT ON {database}.calibrations TO windvane_reader_role;
GRANT SELECT ON {database}.judged_versions TO windvane_reader_role;

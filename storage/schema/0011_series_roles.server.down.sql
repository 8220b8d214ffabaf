REVOKE SELECT ON {database}.consistency FROM windvane_reader_role;
REVOKE SELECT ON {database}.spend_forecast FROM windvane_reader_role;
REVOKE SELECT ON {database}.spend FROM windvane_reader_role;
REVOKE SELECT ON {database}.providers FROM windvane_reader_role;
REVOKE SELECT ON {database}.versions FROM windvane_reader_role;
REVOKE SELECT ON {database}.calibration FROM windvane_reader_role;
REVOKE SELECT ON {database}.feedback FROM windvane_reader_role;

-- What the views of 0010 are read by.
GRANT SELECT ON {database}.feedback TO windvane_reader_role;
GRANT SELECT ON {database}.calibration TO windvane_reader_role;
GRANT SELECT ON {database}.versions TO windvane_reader_role;
GRANT SELECT ON {database}.providers TO windvane_reader_role;
GRANT SELECT ON {database}.spend TO windvane_reader_role;
GRANT SELECT ON {database}.spend_forecast TO windvane_reader_role;
GRANT SELECT ON {database}.consistency TO windvane_reader_role;

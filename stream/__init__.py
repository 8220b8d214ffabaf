"""The scoring: envelopes in, scored blocks and series signals out. Knows no ClickHouse, and Faust in job.py only."""

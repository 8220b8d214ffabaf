"""The scoring: envelopes in, scored blocks and series signals out. Knows neither Faust (but for job.py) nor ClickHouse."""

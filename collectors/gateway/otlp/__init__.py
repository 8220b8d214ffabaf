"""OpenTelemetry's protocol, OTLP over HTTP: spans and log records of every gen_ai convention become events."""

"""Boards and alert rules as Grafana has them, by its HTTP API or by provisioning files: one way or the other."""

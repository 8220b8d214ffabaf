"""Boards and rules as Grafana has them, and the ways into it: pushed over its API, or as provisioning files."""

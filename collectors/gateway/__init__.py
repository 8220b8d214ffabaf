"""Intake over HTTP: for apps that do not speak Kafka."""

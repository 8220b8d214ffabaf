"""Signals that describe one event."""

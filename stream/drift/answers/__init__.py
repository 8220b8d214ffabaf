"""Signals that say a series has changed."""

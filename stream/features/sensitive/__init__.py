"""Secrets and personal data in what was said: kinds and counts, never the text."""

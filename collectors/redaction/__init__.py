"""Secrets and personal data: found and masked before anything leaves the process. See docs/reference/redaction.md."""

"""How envelopes leave the app: one file per way, one door."""

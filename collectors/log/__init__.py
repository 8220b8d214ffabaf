"""The log between the apps and the stream: one file per kind, one door."""

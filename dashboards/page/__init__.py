"""The local page: every board in a browser, from this machine alone."""

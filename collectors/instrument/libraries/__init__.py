"""The libraries that can tell of their calls by themselves: one file each, found by looking."""

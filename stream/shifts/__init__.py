"""Shifts of numbers: every number that an event has, watched per series."""

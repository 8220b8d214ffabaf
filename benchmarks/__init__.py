"""Figures of the product, as ratios within one run. Each is a command: `python -m benchmarks.NAME --help`."""

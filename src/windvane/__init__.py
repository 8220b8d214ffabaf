"""windvane: streaming observability for AI workloads."""

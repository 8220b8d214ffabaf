"""Real servers for tests and benchmarks: started on loopback, bounded in time, stopped by their own pid."""

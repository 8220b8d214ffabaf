"""Everything into one Grafana over its API: what is there is read first, and only what differs is written."""

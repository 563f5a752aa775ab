"""Measures in a slowed browser whether the client keeps up: `scripts/bench_client`."""

"""The store for several workers: Redis 7 or newer, alone, behind Sentinel, or as a cluster."""

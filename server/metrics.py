"""What `/metrics` tells, in Prometheus' own form; never anything of a person."""

from prometheus_client import Counter, Gauge, Histogram, Info

BATCHES = Counter("mengpaneel_batches_total", "Batches stored and shown")
RELOADS = Counter("mengpaneel_reloads_total", "Rooms read anew from the store, with a snapshot")
READS = Counter("mengpaneel_room_reads_total", "Rooms read from the store")
REFUSED = Counter("mengpaneel_refused_total", "Events refused, by code", ["code"])
CONNECTIONS = Gauge("mengpaneel_connections", "Connections now, by namespace", ["namespace"])
STORING = Histogram(
    "mengpaneel_store_seconds",
    "Time the store takes for one group of batches",
    buckets=(0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 1),
)
EVENTS = Counter("mengpaneel_events_total", "Events received, by name", ["event"])
TICK = Gauge("mengpaneel_tick_seconds", "Time between two frames of a room that is dragged in")
LATE = Gauge("mengpaneel_late_seconds", "How late groups of rooms go to the store, of late")
SERVER = Info("mengpaneel_server", "How this process serves: `mode` is fast, stock or threading")

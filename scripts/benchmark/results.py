"""What the load generator tells of one run, as loadgen/result.c writes it."""

import msgspec


class Spread(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Durations in milliseconds; all are 0 where there are none."""

    count: int
    mean: float
    p50: float
    p95: float
    p99: float
    max: float


class Used(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What one process used: CPU in seconds, memory in bytes."""

    pid: int
    connect_cpu_s: float
    """While everybody connected."""
    cpu_s: float
    """In the measured window."""
    memory_before: int
    memory_connected: int
    memory_after: int


class Result(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One run; what has no other remark was counted in the measured window."""

    seconds: float
    connect_s: float
    """From the first connection to the last who was in."""
    clients: int
    """All connections, those of facilitators too."""
    connected: int
    gone: int
    """Connections that ended by themselves, from the beginning on."""
    moves: int
    frames: int
    """Messages that people in rooms read."""
    bytes: int
    moves_sent: int
    """From the first to the last of the run; so are the next four."""
    to_see: int
    """Each move times all others in the room."""
    seen: int
    """Of these, how many were read, or a later value of the same slider."""
    finals: int
    """The last value of each slider times all others in the room."""
    lost: int
    """Of these, how many never came."""
    refused: int
    uncertain: int
    """Values read by somebody who was more than a whole round of values behind."""
    overview_updates: int
    overview_bytes: int
    heartbeats: int
    """From the beginning on."""
    blocked_writes: int
    """How often a server did not read what was sent; from the beginning on."""
    entering_ms: Spread
    """From the first packet of a connection until it is in its room."""
    seeing_ms: Spread
    """From when a move was due until another person had read it."""
    lag_ms: Spread
    """From when a move was due until it was sent."""
    elapsed_s: float
    """How long the window was in fact: longer than `seconds` where the generator was late."""
    generator_cpu_s: float
    machine_cpu_s: float
    """All cores together, whatever they did."""
    processes: list[Used]


_decode = msgspec.json.Decoder(Result).decode


def read_result(line: str) -> Result:
    """The result in a line of JSON; ValueError where it is none."""
    return _decode(line)

"""What we write to Redis and read from it: times, JSON, replies."""

from collections.abc import Sequence
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

import msgspec

from sessions.errors import StoreUnavailable
from sessions.store.port import HistoryRow, Rejected, Stored
from sessions.store.redis.keys import SEQ

encode = msgspec.json.Encoder().encode
decode = msgspec.json.Decoder().decode
pack = msgspec.msgpack.Encoder().encode
"""What a script takes as one argument."""


def ms(at: str) -> int:
    """A time of ours as milliseconds since 1970."""
    return int(datetime.fromisoformat(at).timestamp() * 1000)


def ms_now() -> int:
    """The time now as milliseconds since 1970."""
    return int(datetime.now(UTC).timestamp() * 1000)


_POINTS = tuple(str(value) for value in range(101))


def json(value: Any) -> str:
    """A value as it is kept; nothing for None, which removes."""
    if type(value) is int and 0 <= value <= 100:
        return _POINTS[value]  # Nearly all that is ever kept.
    return "" if value is None else encode(value).decode()


@lru_cache(4096)
def text(value: str) -> str:
    """The same of a text that is asked for again and again."""
    return encode(value).decode()


def result(reply: Any) -> int | Rejected:
    if isinstance(reply, int):
        return reply
    return Rejected.UNKNOWN if isinstance(reply, StoreUnavailable) else Rejected(reply.decode())


def pairs(raw: Any) -> dict[bytes, bytes]:
    """A reply of names and values, however the client library hands it over."""
    if isinstance(raw, dict):
        return raw
    if raw and isinstance(raw[0], tuple | list):
        return dict(raw)
    return dict(zip(raw[::2], raw[1::2], strict=True))


def stored(raw: dict[bytes, bytes]) -> Stored:
    seq = int(raw[SEQ.encode()])
    fields = {key.decode(): decode(raw[key]) for key in raw if not key.startswith(b"#")}
    return Stored(seq, fields)


def history(raw: Sequence[bytes]) -> list[HistoryRow]:
    """The rows that a script tells as name, seq, time and JSON, and so on."""
    return [_row(*raw[i : i + 3]) for i in range(0, len(raw), 3)]


def _row(name: bytes, seq: bytes, kept: bytes) -> HistoryRow:
    slot, _, key = name.decode().partition("/")
    value = decode(kept[24:]) if len(kept) > 24 else None
    return HistoryRow(int(float(seq)), kept[:24].decode(), key, int(slot), value)

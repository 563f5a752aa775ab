"""Packets of Engine.IO that hold an event of Socket.IO, as bytes to send."""

from typing import Any

import msgspec

encode = msgspec.json.Encoder().encode


def event_packet(namespace: str, event: str, message: Any) -> bytes:
    """One event with one payload, for the connections of a namespace."""
    return b'42%s,["%s",%s]' % (namespace.encode(), event.encode(), encode(message))

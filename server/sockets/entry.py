"""Who is let in: a handshake becomes a connection with an actor, or a reason why not."""

from typing import Any, TypeGuard

from socketio.exceptions import ConnectionRefusedError as Refused

from server.attempts import Attempts
from server.connection import Connection
from server.hub import Hub, utc_now
from server.security import remote_address
from sessions import fields as f
from sessions.actors import Actor, facilitator, seat
from sessions.errors import StoreUnavailable
from sessions.room import hashed, matches
from sessions.store import Store
from sessions.werkplaats import expired

ROOM = "/room"
OVERVIEW = "/overview"
MAX_NAME = 64
"""The longest code, id or token that can open anything, in characters."""


class Entry:
    """Reads handshakes; every refusal is one of the words of the contract (PR5)."""

    def __init__(self, hub: Hub, store: Store, attempts: Attempts) -> None:
        self._hub = hub
        self._store = store
        self._attempts = attempts

    def admit(self, namespace: str, eio_sid: str, environ: Any, auth: Any) -> Connection:
        """The connection of a handshake; raises the library's refusal with the reason."""
        address = remote_address(environ)
        if self._attempts.too_many(address):
            raise Refused("too-fast")
        try:
            found = self._room(auth) if namespace == ROOM else self._overview(auth)
        except StoreUnavailable:
            raise Refused("unavailable") from None
        except Refused as refusal:
            if refusal.error_args["message"] != "expired":
                self._attempts.failed(address)
            raise
        actor, place = found
        return Connection(eio_sid, namespace, actor, place, hashed(auth["token"]))

    def _room(self, auth: Any) -> tuple[Actor, str]:
        if (
            isinstance(auth, dict)
            and isinstance(auth.get("code"), str)
            and not _is_name(auth["code"])
        ):
            raise Refused("unknown-room")  # No room has a code of such a length.
        code, token = _texts(auth, "code", "token")
        code = code.lower()
        room = self._hub.rooms.open(code)
        if room is None:
            raise Refused("unknown-room")
        if expired(room.fields[f.EXPIRES_AT], utc_now()):
            raise Refused("expired")
        role = self._hub.seat_of(room, token)
        if role is not None:
            return seat(role), code
        werkplaats = self._store.werkplaats(room.werkplaats)
        if werkplaats is not None and matches(token, werkplaats.facilitator):
            return facilitator, code
        raise Refused("bad-token")

    def _overview(self, auth: Any) -> tuple[Actor, str]:
        werkplaats_id, token = _texts(auth, "werkplaats", "token")
        werkplaats = self._store.werkplaats(werkplaats_id)
        if werkplaats is None:
            raise Refused("unknown-werkplaats")
        if expired(werkplaats.expires_at, utc_now()):
            raise Refused("expired")
        if matches(token, werkplaats.facilitator):
            return facilitator, werkplaats_id
        if matches(token, werkplaats.plenary):
            raise Refused("not-allowed")
        raise Refused("bad-token")


def _is_name(value: Any) -> TypeGuard[str]:
    return isinstance(value, str) and 0 < len(value) <= MAX_NAME


def _texts(auth: Any, *names: str) -> list[str]:
    """The named parts of a handshake, each a text; anything else opens nothing."""
    if not isinstance(auth, dict):
        raise Refused("bad-token")
    values = [auth.get(name) for name in names]
    texts = [value for value in values if _is_name(value)]
    if len(texts) < len(names):
        raise Refused("bad-token")
    # A code of any shape is just unknown; what is not even text must not reach the store.
    return [text.encode("ascii", "replace").decode() for text in texts]

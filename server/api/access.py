"""Who asks over HTTP: the Bearer token of a request, and what it opens."""

import secrets
from http import HTTPStatus
from typing import NamedTuple

from flask import request

from server.api.problems import ApiProblem
from server.attempts import Attempts
from server.hub import Hub, utc_now
from server.openroom import OpenRoom
from server.security import remote_address
from sessions import fields as f
from sessions.actors import Actor, facilitator, seat
from sessions.room import matches
from sessions.store import Store
from sessions.werkplaats import Werkplaats, expired


class Known(NamedTuple):
    """A room and who asks about it."""

    room: OpenRoom
    actor: Actor


class Access:
    """Finds what a request is about and whether it may; else a problem of the contract."""

    def __init__(self, hub: Hub, store: Store, attempts: Attempts) -> None:
        self._hub = hub
        self._store = store
        self._attempts = attempts

    def check_rate(self) -> None:
        """429 for an address that failed too often."""
        if self._attempts.too_many(remote_address(request.environ)):
            raise ApiProblem(
                HTTPStatus.TOO_MANY_REQUESTS, "too many failed attempts; wait a minute"
            )

    def count_failure(self, status: int) -> None:
        """Guessing at codes and tokens counts; being at home in the wrong room does not."""
        if status in (HTTPStatus.UNAUTHORIZED, HTTPStatus.NOT_FOUND):
            self._attempts.failed(remote_address(request.environ))

    def creating(self, key: str) -> None:
        """Lets through who may make a werkplaats."""
        if key and not secrets.compare_digest(_token().encode(), key.encode()):
            raise _unauthorized("making a werkplaats asks for the key of this installation")

    def room(self, code: str) -> OpenRoom:
        """The room that a code opens."""
        room = self._hub.rooms.open(code.lower())
        if room is None or expired(room.fields[f.EXPIRES_AT], utc_now()):
            raise ApiProblem(HTTPStatus.NOT_FOUND, "no room has this code")
        return room

    def member(self, code: str) -> Known:
        """A seat of the room, or its facilitator."""
        room = self.room(code)
        token = _token()
        role = self._hub.seat_of(room, token)
        if role is not None:
            return Known(room, seat(role))
        werkplaats = self._store.werkplaats(room.werkplaats)
        if werkplaats is not None and matches(token, werkplaats.facilitator):
            return Known(room, facilitator)
        if werkplaats is not None and (
            matches(token, werkplaats.plenary) or self._is_seat(werkplaats, token)
        ):
            raise ApiProblem(HTTPStatus.FORBIDDEN, "this token does not open this room")
        raise _unauthorized()

    def facilitated(self, werkplaats_id: str) -> Werkplaats:
        """The werkplaats, for its facilitator."""
        werkplaats = self._store.werkplaats(werkplaats_id)
        if werkplaats is None or expired(werkplaats.expires_at, utc_now()):
            raise ApiProblem(HTTPStatus.NOT_FOUND, "no werkplaats has this id")
        token = _token()
        if matches(token, werkplaats.facilitator):
            return werkplaats
        if matches(token, werkplaats.plenary) or self._is_seat(werkplaats, token):
            raise ApiProblem(HTTPStatus.FORBIDDEN, "only the facilitator may do this")
        raise _unauthorized()

    def _is_seat(self, werkplaats: Werkplaats, token: str) -> bool:
        rooms = self._store.rooms(werkplaats.rooms)
        return any(
            matches(token, value)
            for stored in rooms.values()
            for key, value in stored.fields.items()
            if f.kind(key) == "~token"
        )

    def invited(self, join_code: str) -> Werkplaats:
        """The werkplaats that a join code invites to."""
        werkplaats = self._store.by_join_code(join_code.lower())
        if werkplaats is None or expired(werkplaats.expires_at, utc_now()):
            raise ApiProblem(HTTPStatus.NOT_FOUND, "no werkplaats has this code")
        return werkplaats


def _unauthorized(detail: str = "this asks for a token that opens it") -> ApiProblem:
    return ApiProblem(HTTPStatus.UNAUTHORIZED, detail)


def _token() -> str:
    """The Bearer token of the request; 401 without one."""
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not token.strip():
        raise _unauthorized()
    return token.strip()

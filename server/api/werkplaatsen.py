"""Making, reading and removing a werkplaats."""

from collections.abc import Callable, Mapping, Sequence
from http import HTTPStatus
from typing import TypeVar

from server.api.access import Access
from server.api.problems import ApiProblem, invalid
from server.api.routes import Route
from server.hub import Hub, utc_now
from server.settings import Settings
from server.summary import info, summary
from sessions import fields as f
from sessions.actors import RESERVED_ROLES
from sessions.exercise import Exercise
from sessions.fields import Fields
from sessions.protocol import http
from sessions.room import hashed, new_code, new_token, stamp
from sessions.store import Store
from sessions.store.port import CodeTaken
from sessions.werkplaats import (
    DEFAULT_ROUNDS,
    MAX_ROOMS,
    TRIO,
    Role,
    RoomRequest,
    RoundSettings,
    Werkplaats,
    expiry,
    room_fields,
    unique,
    with_label,
)

_TRIES = 20
T = TypeVar("T")


class Werkplaatsen:
    """The calls on `/werkplaatsen`."""

    def __init__(
        self,
        hub: Hub,
        store: Store,
        access: Access,
        exercises: Mapping[str, Exercise],
        settings: Settings,
    ) -> None:
        self._hub = hub
        self._store = store
        self._access = access
        self._exercises = exercises
        self._settings = settings

    def routes(self) -> list[Route]:
        one = "/werkplaatsen/{werkplaats_id}"
        return [
            Route(
                "POST",
                "/werkplaatsen",
                "Makes a werkplaats with its rooms",
                "anyone, or who has CREATE_KEY where it is set",
                self.create,
                http.CreateWerkplaats,
                http.Created,
                HTTPStatus.CREATED,
            ),
            Route(
                "GET",
                one,
                "The werkplaats and every room's summary",
                "facilitator",
                self.read,
                answer=http.WerkplaatsState,
            ),
            Route(
                "POST",
                f"{one}/rooms",
                "Adds rooms; answers the new ones",
                "facilitator",
                self.add_rooms,
                http.AddRooms,
                http.NewRooms,
                HTTPStatus.CREATED,
            ),
            Route(
                "POST",
                f"{one}/token",
                "A new facilitator token; the old one is void",
                "facilitator",
                self.renew_token,
                answer=http.FacilitatorToken,
            ),
            Route(
                "DELETE",
                one,
                "Deletes everything of the werkplaats, with a receipt",
                "facilitator",
                self.delete,
                answer=http.DeletionReceipt,
            ),
        ]

    def create(self, body: http.CreateWerkplaats) -> http.Created:
        self._access.creating(self._settings.create_key)
        rounds = list(body.rounds or DEFAULT_ROUNDS)
        self._check_rounds(rounds)
        roles = [with_label(role) for role in (body.roles or TRIO)]
        _check_roles(roles, "roles")
        _check_text(body.title, "title")
        _check_rooms(body.rooms, roles)
        now = utc_now()
        facilitator_token, plenary_token = new_token(), new_token()

        def make() -> tuple[Werkplaats, dict[str, Fields]]:
            werkplaats = Werkplaats(
                id=new_token()[:22],
                title=body.title.strip(),
                join_code=new_code(),
                facilitator=hashed(facilitator_token),
                plenary=hashed(plenary_token),
                created_at=stamp(now),
                expires_at=expiry(now, body.retention_days or self._settings.retention_days),
                visibility=body.visibility or "live",
                steps=body.steps or "seats",
                wijk=bool(body.wijk),
                roles=roles,
                rounds=rounds,
            )
            rooms = _new_rooms(werkplaats, body.rooms)
            self._store.create(werkplaats, rooms, stamp(now))
            return werkplaats, rooms

        werkplaats, rooms = _with_fresh_codes(make)
        return http.Created(
            werkplaats.id,
            werkplaats.title,
            werkplaats.join_code,
            facilitator_token,
            plenary_token,
            werkplaats.expires_at,
            _described(rooms),
        )

    def read(self, werkplaats_id: str) -> http.WerkplaatsState:
        werkplaats = self._access.facilitated(werkplaats_id)
        rooms = self._hub.rooms.peek(werkplaats.rooms)
        with self._hub.reading():
            prepared = {
                room.code: http.Prepared(room.fields.get(f.EXPECTED, {}), room.fields.get(f.CALL))
                for room in rooms
            }
            summaries = {room.code: summary(room) for room in rooms}
        return http.WerkplaatsState(info(werkplaats), summaries, prepared)

    def add_rooms(self, werkplaats_id: str, body: http.AddRooms) -> http.NewRooms:
        werkplaats = self._access.facilitated(werkplaats_id)
        _check_rooms(body.rooms, werkplaats.roles)
        if len(werkplaats.rooms) + len(body.rooms) > MAX_ROOMS:
            raise invalid("rooms", f"a werkplaats has at most {MAX_ROOMS} rooms")

        def make() -> dict[str, Fields]:
            rooms = _new_rooms(werkplaats, body.rooms)
            if self._store.add_rooms(werkplaats_id, rooms, stamp(utc_now())) is None:
                raise ApiProblem(HTTPStatus.NOT_FOUND, "no werkplaats has this id")
            return rooms

        rooms = _with_fresh_codes(make)
        self._hub.facilitators.added(werkplaats_id, rooms)
        return http.NewRooms(_described(rooms))

    def renew_token(self, werkplaats_id: str) -> http.FacilitatorToken:
        self._access.facilitated(werkplaats_id)
        token = new_token()
        self._store.change(werkplaats_id, {"facilitator": hashed(token)})
        self._hub.facilitators.changed(werkplaats_id)
        return http.FacilitatorToken(token)

    def delete(self, werkplaats_id: str) -> http.DeletionReceipt:
        werkplaats = self._access.facilitated(werkplaats_id)
        receipt = self._hub.delete(werkplaats_id)
        rooms = receipt.rooms if receipt else werkplaats.rooms
        return http.DeletionReceipt(werkplaats_id, werkplaats.title, stamp(utc_now()), rooms)

    def _check_rounds(self, rounds: Sequence[RoundSettings]) -> None:
        if not unique([one.id for one in rounds]):
            raise invalid("rounds", "two rounds have the same id")
        for place, one in enumerate(rounds):
            if one.exercise not in self._exercises:
                known = ", ".join(sorted(self._exercises))
                raise invalid(f"rounds[{place}].exercise", f"not one of: {known}")


def _check_text(text: str, field: str) -> None:
    if not text.strip():
        raise invalid(field, "is empty")


def _check_roles(roles: Sequence[Role], field: str) -> None:
    if not roles:
        raise invalid(field, "a room has at least one role")
    if not unique([role.id for role in roles]):
        raise invalid(field, "two roles have the same id")
    for place, role in enumerate(roles):
        if role.id in RESERVED_ROLES:
            raise invalid(f"{field}[{place}]", f"{role.id} is not a role of a trio")
        _check_text(role.label, f"{field}[{place}].label")


def _check_rooms(rooms: Sequence[RoomRequest], roles: Sequence[Role]) -> None:
    """What the types of the request cannot say, with the place of what is wrong."""
    for place, room in enumerate(rooms):
        where = f"rooms[{place}]"
        _check_text(room.municipality, f"{where}.municipality")
        own = list(roles)
        if room.roles is not None:
            own = [with_label(role) for role in room.roles]
            if len(own) > 12:
                raise invalid(f"{where}.roles", "a room has at most 12 roles")
            _check_roles(own, f"{where}.roles")
        questions = room.questions or ()
        if len(questions) > 100:
            raise invalid(f"{where}.questions", "a room has at most 100 questions")
        for number, text in enumerate(questions):
            _check_text(text, f"{where}.questions[{number}]")
        for unknown in sorted(set(room.expected or ()) - {role.id for role in own}):
            raise invalid(f"{where}.expected", f"{unknown} is no role of this room")


def _new_rooms(werkplaats: Werkplaats, requests: Sequence[RoomRequest]) -> dict[str, Fields]:
    rooms: dict[str, Fields] = {}
    for request in requests:
        code = new_code()
        while code in rooms:
            code = new_code()
        rooms[code] = room_fields(werkplaats, request)
    return rooms


def _with_fresh_codes(make: Callable[[], T]) -> T:
    """Codes are short, so one may be in use already: then other ones are made."""
    for _ in range(_TRIES):
        try:
            return make()
        except CodeTaken:
            continue
    raise ApiProblem(HTTPStatus.SERVICE_UNAVAILABLE, "no free codes were found; try again")


def _described(rooms: Mapping[str, Fields]) -> list[http.NewRoom]:
    return [
        http.NewRoom(code, fields[f.ROOM]["municipality"], fields[f.ROOM]["case"])
        for code, fields in rooms.items()
    ]

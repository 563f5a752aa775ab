"""Joining, reading and leaving a room."""

from http import HTTPStatus

from server.api.access import Access
from server.api.problems import ApiProblem, invalid
from server.api.routes import Route, flag, number
from server.hub import Hub, utc_now
from server.openroom import OpenRoom
from server.settings import Settings
from sessions import fields as f
from sessions import masking
from sessions.actors import facilitator, seat
from sessions.protocol import http
from sessions.room import stamp
from sessions.store import HistoryFrame, Rejected, Store
from sessions.werkplaats import RoundSettings

HISTORY_LIMIT = 1_000


class Rooms:
    """The calls on `/join` and `/rooms`."""

    def __init__(self, hub: Hub, store: Store, access: Access, settings: Settings) -> None:
        self._hub = hub
        self._store = store
        self._access = access
        self._settings = settings

    def routes(self) -> list[Route]:
        one = "/rooms/{code}"
        return [
            Route(
                "GET",
                "/codes/{code}",
                "What a code opens, for who typed one",
                "anyone with the code",
                self.opens,
                answer=http.CodeInfo,
            ),
            Route(
                "GET",
                "/join/{join_code}",
                "The rooms of a werkplaats and their free seats",
                "anyone with the code",
                self.join,
                answer=http.JoinInfo,
            ),
            Route(
                "GET",
                one,
                "What a room is about and which seats are free",
                "anyone with the code",
                self.read,
                answer=http.RoomInfo,
            ),
            Route(
                "POST",
                f"{one}/seats",
                "Takes a free seat",
                "anyone with the code",
                self.claim,
                http.ClaimSeat,
                http.Seat,
                HTTPStatus.CREATED,
            ),
            Route(
                "DELETE",
                f"{one}/seats/{{role}}",
                "Frees a seat; with `?clear=true` what it filled in goes too",
                "the seat itself, or the facilitator",
                self.release,
                status=HTTPStatus.NO_CONTENT,
            ),
            Route(
                "GET",
                f"{one}/state",
                "The room as the asker may see it now",
                "a seat, or the facilitator",
                self.state,
                answer=http.RoomState,
            ),
            Route(
                "GET",
                f"{one}/history",
                "What happened, from `?since=`, at most `?limit=` frames",
                "a seat, or the facilitator",
                self.history,
                answer=http.History,
            ),
        ]

    def opens(self, code: str) -> http.CodeInfo:
        if self._store.by_join_code(code.lower()) is not None:
            self._access.invited(code)
            return http.CodeInfo("werkplaats")
        self._access.room(code)
        return http.CodeInfo("room")

    def join(self, join_code: str) -> http.JoinInfo:
        werkplaats = self._access.invited(join_code)
        rooms = self._hub.rooms.peek(werkplaats.rooms)
        with self._hub.reading():
            open_ = any(room.fields[f.JOINING] == "open" for room in rooms)
            return http.JoinInfo(
                werkplaats.title, "open" if open_ else "closed", [_joinable(room) for room in rooms]
            )

    def read(self, code: str) -> http.RoomInfo:
        room = self._access.room(code)
        with self._hub.reading():
            return _described(room)

    def claim(self, code: str, body: http.ClaimSeat) -> http.Seat:
        room = self._access.room(code)
        if body.role not in room.view().roles:
            raise invalid("role", "this room has no such role")
        if room.fields[f.JOINING] != "open":
            raise ApiProblem(HTTPStatus.FORBIDDEN, "joining this room is closed")
        name = (body.name or "").strip() or None
        result = self._hub.claim(room.code, body.role, name)
        if result is Rejected.TAKEN:
            raise ApiProblem(HTTPStatus.CONFLICT, "somebody has this seat already")
        if isinstance(result, Rejected):
            raise ApiProblem(HTTPStatus.NOT_FOUND, "no room has this code")
        return http.Seat(body.role, result)

    def release(self, code: str, role: str) -> None:
        room, actor = self._access.member(code)
        clear = flag("clear")
        if role not in room.view().roles:
            raise ApiProblem(HTTPStatus.NOT_FOUND, "this room has no such role")
        if actor not in (facilitator, seat(role)):
            raise ApiProblem(HTTPStatus.FORBIDDEN, "this is somebody else's seat")
        self._hub.release(room.code, role, clear=clear)

    def state(self, code: str) -> http.RoomState:
        room, actor = self._access.member(code)
        with self._hub.reading():
            view = masking.view_of(actor, hidden=room.hidden())
            return http.RoomState(room.seq, stamp(utc_now()), room.shown(view), room.insight(view))

    def history(self, code: str) -> http.History:
        room, actor = self._access.member(code)
        since = number("since", 0, 0, 10**11)
        limit = number("limit", HISTORY_LIMIT, 1, HISTORY_LIMIT)
        frames = self._store.history(room.code, since, limit)
        with self._hub.reading():
            view = masking.view_of(actor, hidden=room.hidden())
            return http.History(
                [
                    HistoryFrame(frame.seq, frame.at, masking.mask(frame.set, view, room.fields))
                    for frame in frames
                ]
            )


def _joinable(room: OpenRoom) -> http.JoinRoom:
    settings = room.fields[f.ROOM]
    return http.JoinRoom(room.code, settings["municipality"], settings["case"], _roles(room))


def _described(room: OpenRoom) -> http.RoomInfo:
    settings = room.fields[f.ROOM]
    rounds = [(one, room.fields[f.round_(one)]) for one in room.view().rounds]
    return http.RoomInfo(
        code=room.code,
        title=settings["title"],
        municipality=settings["municipality"],
        case=settings["case"],
        visibility=room.fields[f.VISIBILITY],
        joining=room.fields[f.JOINING],
        expires_at=room.fields[f.EXPIRES_AT],
        rounds=[RoundSettings(one, r["exercise"], r["label"]) for one, r in rounds],
        roles=_roles(room),
    )


def _roles(room: OpenRoom) -> list[http.RoleState]:
    return [
        http.RoleState(role["id"], role["label"], room.fields.get(f.seat(role["id"])) is None)
        for role in room.fields[f.ROLES]
    ]

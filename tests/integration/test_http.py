"""The HTTP contract: statuses, problems, headers, and secrets that never come out."""

import json
from typing import Any

import pytest

from tests.integration.clients import TRIO, Api, Werkplaats

ROOM = {"municipality": "Waterveen"}
ROUND = {"id": "huidig", "exercise": "schuifoefening", "label": "Nu"}


def body(**changes: Any) -> dict[str, Any]:
    """A good request for a werkplaats, with changes; None takes a key away."""
    made = {"title": "Proef", "rooms": [ROOM], **changes}
    return {key: value for key, value in made.items() if value is not None}


WRONG_BODIES: list[tuple[Any, str]] = [
    (body(title=None), "title"),
    (body(title=""), "title"),
    (body(title="   "), "title"),
    (body(title=5), "title"),
    (body(title="a" * 121), "title"),
    (body(title="a\u0007b"), "title"),
    (body(title="a\nb"), "title"),
    (body(rooms=None), "rooms"),
    (body(rooms=[]), "rooms"),
    (body(rooms={}), "rooms"),
    (body(rooms=[ROOM] * 101), "rooms"),
    (body(rooms=[ROOM, "Waterveen"]), "rooms[1]"),
    (body(rooms=[{}]), "rooms[0].municipality"),
    (body(rooms=[{"municipality": " "}]), "rooms[0].municipality"),
    (body(rooms=[{**ROOM, "casus": "x"}]), "rooms[0].casus"),
    (body(rooms=[{**ROOM, "case": "a" * 121}]), "rooms[0].case"),
    (body(rooms=[ROOM, {**ROOM, "roles": ["a", "a"]}]), "rooms[1].roles"),
    (body(rooms=[{**ROOM, "roles": []}]), "rooms[0].roles"),
    (body(rooms=[{**ROOM, "roles": ["A/B"]}]), "rooms[0].roles[0]"),
    (body(rooms=[{**ROOM, "questions": ["a" * 501]}]), "rooms[0].questions[0]"),
    (body(rooms=[{**ROOM, "questions": ["a"] * 101}]), "rooms[0].questions"),
    (body(rooms=[{**ROOM, "questions": ["a", "  "]}]), "rooms[0].questions[1]"),
    (body(rooms=[{**ROOM, "expected": {"chef": "Jo"}}]), "rooms[0].expected"),
    (body(extra=1), "extra"),
    (body(visibility="secret"), "visibility"),
    (body(steps="nobody"), "steps"),
    (body(wijk="ja"), "wijk"),
    (body(retention_days=0), "retention_days"),
    (body(retention_days=3651), "retention_days"),
    (body(retention_days=1.5), "retention_days"),
    (body(roles=["fysiek", "fysiek"]), "roles"),
    (body(roles=["fysiek", "observer"]), "roles[1]"),
    (body(roles=["facilitator"]), "roles[0]"),
    (body(roles=[{"id": "facilitator", "label": "Chef"}]), "roles[0]"),
    (body(roles=[{"id": "chef"}]), "roles[0].label"),
    (body(roles=[{"id": "chef", "label": ""}]), "roles[0].label"),
    (body(roles=[]), "roles"),
    (body(rounds=[]), "rounds"),
    (body(rounds=[ROUND, ROUND]), "rounds"),
    (body(rounds=[{**ROUND, "exercise": "touwtrekken"}]), "rounds[0].exercise"),
    (body(rounds=[{**ROUND, "id": "a/b"}]), "rounds[0].id"),
    (body(rounds=[{**ROUND, "id": "a" * 24}]), "rounds[0].id"),
    (body(rounds=[{**ROUND, "kleur": 1}]), "rounds[0].kleur"),
    ([], ""),
    ("werkplaats", ""),
]

NO_CODES = (
    "zzzzzz",
    "🙂",
    "%F0%9F%99%82",
    "%ff",
    "%00",
    "%2e%2e",
    "%2e%2e%2f%2e%2e%2fetc",
    "%20",
    "a" * 4_000,
    "'%20OR%201=1--",
    "~token",
    "null",
)


def problem(answer: Any, status: int) -> Any:
    """The problem of an answer that must be one."""
    assert answer.status_code == status, (
        answer.request.method,
        answer.url[:200],
        answer.text[:500],
    )
    assert answer.headers["Content-Type"] == "application/problem+json"
    found = answer.json()
    assert found["status"] == status
    assert {"type", "title", "status", "detail"} <= found.keys()
    return found


@pytest.fixture
def room(api: Api) -> Werkplaats:
    """A werkplaats with one room."""
    return api.werkplaats()


def test_wrong_bodies_name_the_field(api: Api) -> None:
    """Every wrong body of a new werkplaats is 400 and says which part is to blame."""
    found = {}
    for wrong, field in WRONG_BODIES:
        answer = problem(api.ask("POST", "werkplaatsen", json=wrong), 400)
        fields = [error["field"] for error in answer.get("errors", [])]
        if fields != ([field] if field else []):
            found[json.dumps(wrong)[:100]] = (fields, field)
    assert found == {}


def test_null_is_as_good_as_absent(api: Api) -> None:
    """A request in which all that is optional is null makes what the bare one makes."""
    optional = ("visibility", "steps", "rounds", "roles", "wijk", "retention_days")
    room_optional = ("case", "roles", "questions", "expected", "call")
    made = api.ask(
        "POST",
        "werkplaatsen",
        json={
            "title": "Proef",
            "rooms": [{**ROOM, **dict.fromkeys(room_optional)}],
            **dict.fromkeys(optional),
        },
    )
    assert made.status_code == 201, made.text
    bare = api.ask("POST", "werkplaatsen", json=body())
    kept = [
        api.get(f"werkplaatsen/{one['id']}", one["facilitator_token"])["werkplaats"]
        for one in (made.json(), bare.json())
    ]
    for one in kept:
        for own in ("id", "join_code", "created_at", "expires_at"):
            del one[own]
    assert kept[0] == kept[1]


def test_wrong_bodies_of_the_other_calls(room: Werkplaats) -> None:
    """Adding rooms and taking seats are as strict."""
    rooms, seats = f"werkplaatsen/{room.id}/rooms", f"rooms/{room.code}/seats"
    for path, wrong, field in (
        (rooms, {"rooms": []}, "rooms"),
        (rooms, {"rooms": [ROOM] * 101}, "rooms"),
        (rooms, {"rooms": [{**ROOM, "expected": {"observer": "Jo"}}]}, "rooms[0].expected"),
        (rooms, {"rooms": [ROOM], "title": "x"}, "title"),
        (seats, {}, "role"),
        (seats, {"role": "burgemeester"}, "role"),
        (seats, {"role": ["fysiek"]}, "role"),
        (seats, {"role": "observer"}, "role"),
        (seats, {"role": "fysiek", "name": "a" * 121}, "name"),
        (seats, {"role": "fysiek", "name": "a\u0000"}, "name"),
        (seats, {"role": "fysiek", "token": "mine"}, "token"),
    ):
        answer = problem(room.api.ask("POST", path, room.token, json=wrong), 400)
        assert [error["field"] for error in answer["errors"]] == [field], wrong
    assert room.api.get(f"rooms/{room.code}")["roles"][2] == {
        "id": "fysiek",
        "label": "Fysiek domein",
        "free": True,
    }


def test_bodies_in_pieces(each_api: Api) -> None:
    """A body without a length is read to its end; one beyond all measure is 413."""
    as_json = {"Content-Type": "application/json"}
    whole = json.dumps(body()).encode()
    in_pieces = (whole[at : at + 7] for at in range(0, len(whole), 7))
    answer = each_api.ask("POST", "werkplaatsen", data=in_pieces, headers=as_json)
    assert answer.status_code == 201, answer.text
    # What has a length may be as large as the limit says, and is read: this is no JSON.
    full = b'"' + b"a" * (2 * 2**20 - 1)
    problem(each_api.ask("POST", "werkplaatsen", data=full, headers=as_json), 400)
    endless = (b'"' + b"a" * 65_536 for _ in range(40))
    problem(each_api.ask("POST", "werkplaatsen", data=endless, headers=as_json), 413)


def test_bodies_that_are_no_json(api: Api) -> None:
    """Broken JSON is 400, another type 415, too much 413."""
    as_json = {"Content-Type": "application/json"}
    for data in (b"", b"{", b"\xff\xfe", b'{"title":"\\ud800"}', b"[" * 100_000, b"NaN"):
        problem(api.ask("POST", "werkplaatsen", data=data, headers=as_json), 400)
    for kind in ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data", ""):
        answer = api.ask(
            "POST", "werkplaatsen", data=json.dumps(body()), headers={"Content-Type": kind}
        )
        problem(answer, 415)
    large = json.dumps(body(title="a" * 3 * 2**20))
    problem(api.ask("POST", "werkplaatsen", data=large, headers=as_json), 413)


def test_codes_of_any_shape_are_unknown(api: Api) -> None:
    """A code that opens nothing is 404 whatever it looks like, on every call that takes one."""
    for code in NO_CODES:
        guesser = Api(api.server)
        for method, path in (
            ("GET", f"rooms/{code}"),
            ("GET", f"rooms/{code}/state"),
            ("GET", f"rooms/{code}/history"),
            ("GET", f"rooms/{code}/qr.svg"),
            ("POST", f"rooms/{code}/seats"),
            ("DELETE", f"rooms/{code}/seats/fysiek"),
            ("GET", f"join/{code}"),
            ("GET", f"join/{code}/qr.svg"),
            ("GET", f"exercises/{code}"),
            ("GET", f"werkplaatsen/{code}"),
            ("DELETE", f"werkplaatsen/{code}"),
            ("POST", f"werkplaatsen/{code}/rooms"),
            ("POST", f"werkplaatsen/{code}/token"),
        ):
            rest: dict[str, Any] = {}
            if method == "POST":
                rest["json"] = {"role": "fysiek"} if "seats" in path else {"rooms": [ROOM]}
            answer = guesser.ask(method, path, "token", **rest)
            problem(answer, 404)
        guesser.close()


def test_codes_may_be_typed_in_capitals(room: Werkplaats) -> None:
    """Codes are read over the telephone: capitals are as good."""
    code, join = room.code.upper(), room.made["join_code"].upper()
    assert room.api.get(f"rooms/{code}")["code"] == room.code
    assert room.api.get(f"join/{join}")["rooms"][0]["code"] == room.code
    answer = room.api.ask("POST", f"rooms/{code}/seats", json={"role": "fysiek"})
    assert answer.status_code == 201


def test_unknown_routes_and_methods(room: Werkplaats) -> None:
    """What there is not is 404, what cannot be done with what there is 405 with `Allow`."""
    for method, path in (
        ("GET", "nergens"),
        ("POST", "nergens"),
        ("DELETE", "werkplaatsen/x/y/z"),
        ("POST", f"rooms/{room.code}/observers"),
        ("GET", f"rooms/{room.code}/results"),
        ("GET", f"werkplaatsen/{room.id}/results"),
        ("GET", f"rooms/{room.code}/results.csv"),
    ):
        problem(room.api.ask(method, path, room.token), 404)
    for method, path in (
        ("PATCH", f"werkplaatsen/{room.id}"),
        ("PATCH", f"rooms/{room.code}"),
        ("PUT", "werkplaatsen"),
        ("DELETE", f"rooms/{room.code}"),
        ("POST", f"rooms/{room.code}/state"),
    ):
        answer = room.api.ask(method, path, room.token, json={})
        problem(answer, 405)
        assert answer.headers["Allow"]


def test_who_may(room: Werkplaats) -> None:
    """No or an unknown token is 401, a known one without the right 403."""
    other = room.api.werkplaats()
    seat = room.seat("sociaal")
    guesser = Api(room.api.server)
    facilitators = [
        ("GET", f"werkplaatsen/{room.id}"),
        ("DELETE", f"werkplaatsen/{room.id}"),
        ("POST", f"werkplaatsen/{room.id}/token"),
        ("POST", f"werkplaatsen/{room.id}/rooms"),
    ]
    members = [("GET", f"rooms/{room.code}/state"), ("GET", f"rooms/{room.code}/history")]
    for method, path in [*facilitators, *members]:
        for token in (None, "onzin", other.token, other.seat("sociaal"), "t" * 5_000):
            answer = guesser.ask(method, path, token, json={"rooms": [ROOM]})
            problem(answer, 401)
            assert answer.headers["WWW-Authenticate"].startswith("Bearer")
        for header in ("Basic dXNlcjpwYXNz", "Bearer", "Bearer  ", f"Token {room.token}"):
            answer = guesser.ask(
                method, path, headers={"Authorization": header}, json={"rooms": [ROOM]}
            )
            problem(answer, 401)
        guesser.close()
        guesser = Api(room.api.server)
    for method, path in facilitators:
        for token in (seat, room.made["plenary_token"]):
            problem(guesser.ask(method, path, token, json={"rooms": [ROOM]}), 403)
    for method, path in members:
        problem(guesser.ask(method, path, room.made["plenary_token"]), 403)
        assert guesser.ask(method, path, seat).status_code == 200
        assert guesser.ask(method, path, room.token).status_code == 200
        # A token in the address opens nothing.
        problem(guesser.ask(method, f"{path}?token={seat}&access_token={seat}"), 401)
    guesser.close()


def test_a_seat_of_another_room_is_no_guess(api: Api) -> None:
    """A token of the same werkplaats in the wrong room is 403, however often it is tried."""
    room = api.werkplaats(ROOM, ROOM)
    here, there = room.codes
    seat = room.seat("sociaal", here)
    for _ in range(70):
        problem(api.ask("GET", f"rooms/{there}/state", seat), 403)
    problem(api.ask("DELETE", f"rooms/{there}/seats/fysiek", seat), 403)
    assert room.state(seat, here)["fields"]["seat/sociaal"]


def test_history_is_read_in_pieces(room: Werkplaats) -> None:
    """`since` and `limit` cut the history; anything but whole numbers in range is 400."""
    with room.join("sociaal") as member:
        for about in ("case", "municipality", "case"):
            member.ok("about", {"about": about})
    path, token = f"rooms/{room.code}/history", room.seat("sociaal")
    whole = room.api.get(path, token)["frames"]
    assert [frame["seq"] for frame in whole] == sorted({frame["seq"] for frame in whole})
    state: dict[str, Any] = {}
    for frame in whole:
        state.update(frame["set"])
    assert state["about/huidig"] == "case"
    first = room.api.get(f"{path}?limit=1", token)["frames"]
    assert first == whole[:1]
    assert room.api.get(f"{path}?since={whole[1]['seq']}", token)["frames"] == whole[2:]
    for query in ("since=-1", "since=x", "limit=0", "limit=1.5", "limit=٣", "since=" + "9" * 40):
        found = problem(room.api.ask("GET", f"{path}?{query}", token), 400)
        assert [error["field"] for error in found["errors"]] == [query.partition("=")[0]]


def test_too_many_failures_wait(api: Api) -> None:
    """After many failed attempts an address gets 429; others, and successes, do not suffer."""
    room = api.werkplaats()
    guesser = Api(api.server)
    statuses = [guesser.ask("GET", f"rooms/zzzz{n:02}").status_code for n in range(80)]
    assert statuses[:30] == [404] * 30
    assert statuses[-1] == 429
    answer = guesser.ask("GET", f"rooms/{room.code}")
    problem(answer, 429)
    assert int(answer.headers["Retry-After"]) > 0
    assert api.ask("GET", f"rooms/{room.code}").status_code == 200
    guesser.close()


def test_forty_people_join_from_one_office(api: Api) -> None:
    """Forty participants behind one address all get in."""
    room = api.werkplaats(*[{"municipality": f"Gemeente {n}"} for n in range(14)])
    for place in range(40):
        code = room.codes[place // 3]
        assert api.ask("GET", f"join/{room.made['join_code']}").status_code == 200
        answer = api.ask("POST", f"rooms/{code}/seats", json={"role": TRIO[place % 3]})
        assert answer.status_code == 201


def test_more_rooms_than_a_werkplaats_holds(api: Api) -> None:
    """Four hundred rooms fit, one more is 400; new ones show up in the overview."""
    room = api.werkplaats(*[ROOM] * 100)
    with room.overview() as above:
        for _ in range(3):
            answer = api.ask(
                "POST", f"werkplaatsen/{room.id}/rooms", room.token, json={"rooms": [ROOM] * 100}
            )
            assert answer.status_code == 201
            assert len(answer.json()["rooms"]) == 100
        above.until(lambda: len(getattr(above, "rooms", ())) == 400, "all rooms in the overview")
    wrong = api.ask("POST", f"werkplaatsen/{room.id}/rooms", room.token, json={"rooms": [ROOM]})
    assert problem(wrong, 400)["errors"][0]["field"] == "rooms"
    assert len(api.get(f"join/{room.made['join_code']}")["rooms"]) == 400


def test_roles_of_a_room_of_its_own(api: Api) -> None:
    """A room may have roles of its own, a case, questions, and people who are expected."""
    room = api.werkplaats(
        {
            **ROOM,
            "case": "Een plein zonder bankjes",
            "roles": ["wijkambtenaar", {"id": "groen", "label": "Groen en water"}],
            "questions": ["Wie beslist?"],
            "expected": {"groen": "Jo"},
            "call": "Kamer 3",
        }
    )
    assert [one["id"] for one in api.get(f"rooms/{room.code}")["roles"]] == [
        "wijkambtenaar",
        "groen",
    ]
    fields = room.state(room.seat("groen"))["fields"]
    assert fields["question/vraag-1/text"] == "Wie beslist?"
    assert "Jo" not in json.dumps(fields)
    assert "Kamer 3" not in json.dumps(fields)
    prepared = api.get(f"werkplaatsen/{room.id}", room.token)["prepared"][room.code]
    assert (prepared["expected"], prepared["call"]) == ({"groen": "Jo"}, "Kamer 3")


def test_secrets_never_come_out(room: Werkplaats) -> None:
    """Tokens stand only in the answer that makes them, and `~` keys nowhere."""
    member, above = room.join("sociaal"), room.overview()
    member.place({"bestuur": 5})
    texts = [json.dumps([one.heard for one in (member, above)])]
    for path, token in (
        (f"rooms/{room.code}", None),
        (f"join/{room.made['join_code']}", None),
        (f"rooms/{room.code}/state", room.seat("sociaal")),
        (f"rooms/{room.code}/state", room.token),
        (f"rooms/{room.code}/history", room.seat("sociaal")),
        (f"werkplaatsen/{room.id}", room.token),
    ):
        answer = room.api.ask("GET", path, token)
        assert answer.status_code == 200
        texts.append(f"{answer.text}{dict(answer.headers)}")
    secrets = [room.token, room.made["plenary_token"], room.seat("sociaal")]
    for text in [*texts, room.api.server.output()]:
        assert not any(secret in text for secret in secrets)
        assert '"~' not in text
        assert "token" not in text
    stored = room.api.server.store
    for file in (stored, stored.with_name(f"{stored.name}-wal")):
        data = file.read_bytes() if file.exists() else b""
        assert not any(secret.encode() in data for secret in secrets)
    member.close()
    above.close()


def test_foreign_origins_are_refused(room: Werkplaats) -> None:
    """A request from another site's page is 403; one's own or none is served."""
    api = room.api
    own = api.server.url
    for origin, status in (
        (None, 200),
        (own, 200),
        ("https://elders.example", 403),
        ("null", 403),
        (f"{own}.elders.example", 403),
        ("http://[", 403),
        ("", 403),
    ):
        answer = api.ask("GET", f"rooms/{room.code}", headers={"Origin": origin})
        assert answer.status_code == status, origin
        assert "Access-Control-Allow-Origin" not in answer.headers
    answer = api.ask("POST", "werkplaatsen", json=body(), headers={"Origin": "https://a.example"})
    problem(answer, 403)


def test_a_key_to_create(start: Any) -> None:
    """Where CREATE_KEY is set, making a werkplaats asks for it, and nothing else does."""
    api = Api(start(CREATE_KEY="sleutelbos"))
    problem(api.ask("POST", "werkplaatsen", json=body()), 401)
    problem(api.ask("POST", "werkplaatsen", "sleutel", json=body()), 401)
    answer = api.ask("POST", "werkplaatsen", "sleutelbos", json=body())
    assert answer.status_code == 201
    code = answer.json()["rooms"][0]["code"]
    assert api.ask("POST", f"rooms/{code}/seats", json={"role": "fysiek"}).status_code == 201
    assert api.get("about")["create_key"] is True
    assert "sleutelbos" not in api.server.output()
    api.close()


def test_a_forwarded_address_counts_only_behind_a_proxy(start: Any) -> None:
    """Without trusted proxies, who invents a new address for each guess is still counted."""
    server = start(TRUSTED_PROXIES="0")
    statuses = []
    for number in range(70):
        api = Api(server)
        statuses.append(api.ask("GET", f"rooms/zzzz{number:02}").status_code)
        api.close()
    assert statuses[-1] == 429

"""Several workers at one Redis: whichever a client is on, it sees and may the same."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from tests.integration.clients import (
    JSON,
    SLIDERS,
    TRIO,
    HandshakeRefused,
    Listener,
    Member,
    Watcher,
    Werkplaats,
)
from tests.integration.workers import WorkersAtRedis

WIJKAMBTENAAR, SOCIAAL, FYSIEK = TRIO


@pytest.fixture(scope="module")
def workers(each_mode: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[WorkersAtRedis]:
    """Two workers, in each mode; each test makes a werkplaats of its own."""
    with WorkersAtRedis(tmp_path_factory.mktemp("workers"), mode=each_mode) as made:
        yield made


def position(role: str, slider: str = "bestuur") -> str:
    return f"position/huidig/{role}/{slider}"


def _left(listener: Listener) -> None:
    listener.until(lambda: listener.left, "the end of the connection")


def _shows(member: Member, right: Callable[[JSON], bool]) -> None:
    member.until(lambda: right(member.fields))


def _keys(fields: JSON, start: str) -> list[str]:
    return [key for key in fields if key.startswith(start)]


def _overview(watcher: Watcher, right: Callable[[JSON], bool]) -> None:
    watcher.until(lambda: right(watcher.rooms), "the overview")


def test_seats_on_different_workers_agree(workers: WorkersAtRedis) -> None:
    """What three seats drag at once on two workers is the same for all, and in the store."""
    werkplaats = workers.werkplaats()
    members = [workers.join(werkplaats, role, place % 2) for place, role in enumerate(TRIO)]

    def drag(member: Member) -> int:
        for number in range(150):
            slider = SLIDERS[number % len(SLIDERS)]
            payload = {"slider": slider, "value": number % 101, "round": "huidig"}
            if number % 10:
                member.send("move", payload)
            else:
                member.ok("move", payload)
        return member.ok("move", {"slider": "bestuur", "value": 99})

    with ThreadPoolExecutor(3) as pool:
        last = max(pool.map(drag, members))
    path, token = f"rooms/{werkplaats.code}/state", werkplaats.seat(SOCIAAL)
    truth = workers.apis[0].get(path, token)
    assert truth["seq"] == last
    assert {**workers.apis[1].get(path, token), "now": ""} == {**truth, "now": ""}
    for member in members:
        member.catch_up(last)
        assert member.fields == truth["fields"]
        assert member.messages("refused") == []
        # While others drag, insight comes four times a second, and once more at the end.
        member.until(lambda: member.insight == truth["insight"], "the last insight")  # noqa: B023


def test_everybody_sees_the_same_order(workers: WorkersAtRedis) -> None:
    """Two connections of one seat that fight over a slider are seen in one order by all."""
    werkplaats = workers.werkplaats()
    first, second = (workers.join(werkplaats, SOCIAAL, place) for place in (0, 1))
    lookers = [workers.join(werkplaats, WIJKAMBTENAAR, place) for place in (0, 1)]

    def fight(member: Member) -> int:
        return max(member.ok("move", {"slider": "bestuur", "value": v}) for v in range(40))

    with ThreadPoolExecutor(2) as pool:
        last = max(pool.map(fight, (first, second)))
    seen: list[dict[int, Any]] = []
    for looker in lookers:
        looker.catch_up(last)
        frames = looker.messages("frame")
        key = position(SOCIAAL)
        seen.append({one["seq"]: one["set"][key] for one in frames if key in one["set"]})
        seqs = [one["seq"] for one in frames]
        assert seqs == sorted(seqs)
    for seq in seen[0].keys() & seen[1].keys():
        assert seen[0][seq] == seen[1][seq]
    assert len(seen[0]) > 40


def test_a_step_that_two_workers_see_coming(workers: WorkersAtRedis) -> None:
    """Two seats on two workers propose the same at the same moment: one step, for everybody."""
    for _ in range(10):
        werkplaats = workers.werkplaats()
        one, two = (workers.join(werkplaats, role, place) for place, role in enumerate(TRIO[:2]))
        for member in (one, two):
            _shows(member, lambda fields: len(_keys(fields, "online/")) == 2)
        with ThreadPoolExecutor(2) as pool:
            list(pool.map(lambda m: m.ok("phase", {"phase": "compare"}), (one, two)))
        for member in (one, two):
            _shows(member, lambda fields: fields["phase"] == "compare")
            _shows(member, lambda fields: not _keys(fields, "proposal/"))


def test_no_move_is_stored_after_the_step_that_ended_it(workers: WorkersAtRedis) -> None:
    """A seat drags at one worker, the facilitator steps at the other: no move comes too late."""
    werkplaats = workers.werkplaats()
    dragger = workers.join(werkplaats, SOCIAAL, 0)
    above = Member(workers[1], werkplaats.code, werkplaats.token)
    workers.keep(above)
    codes = []
    for turn in range(6):
        phase = ("agree", "place")[turn % 2]
        for value in range(30):
            answer = dragger.ask("move", {"slider": "bestuur", "value": value})
            codes.append("ok" if answer["ok"] else answer["error"]["code"])
            if value == 15:
                above.ok("phase", {"phase": phase})
    assert set(codes) == {"ok", "wrong-phase"}
    phase = "place"
    for frame in _history(werkplaats):
        if position(SOCIAAL) in frame["set"] and "phase" not in frame["set"]:
            assert phase == "place", frame
        phase = frame["set"].get("phase", phase)


def _history(werkplaats: Werkplaats) -> Any:
    return werkplaats.api.get(f"rooms/{werkplaats.code}/history", werkplaats.token)["frames"]


def test_racing_claims(workers: WorkersAtRedis) -> None:
    """Of many who take one seat at two workers at once, exactly one gets it."""
    for _ in range(5):
        werkplaats = workers.werkplaats()
        path = f"rooms/{werkplaats.code}/seats"

        def claim(number: int, path: str = path) -> Any:
            return workers.apis[number % 2].ask("POST", path, json={"role": SOCIAAL})

        with ThreadPoolExecutor(8) as pool:
            answers = list(pool.map(claim, range(8)))
        assert sorted(answer.status_code for answer in answers) == [201, *[409] * 7]
        token = next(one.json()["token"] for one in answers if one.status_code == 201)
        for api in workers.apis:
            assert api.get(f"rooms/{werkplaats.code}/state", token)["seq"] == 2


def test_a_seat_taken_at_one_worker_opens_the_other_at_once(workers: WorkersAtRedis) -> None:
    """A token is good at every worker from the moment it was given."""
    werkplaats = workers.werkplaats(*[{"municipality": "Waterveen"}] * 10)
    for place, code in enumerate(werkplaats.codes):
        for role in TRIO:
            there = workers[(place + 1) % 2]
            workers.apis[1].ask("GET", f"rooms/{code}")  # It is open there already.
            workers.keep(Member(there, code, werkplaats.seat(role, code)))


def test_a_freed_seat_is_closed_everywhere(workers: WorkersAtRedis) -> None:
    """Who frees a seat at one worker ends its connections at the other, and its token."""
    werkplaats = workers.werkplaats()
    member = workers.join(werkplaats, SOCIAAL, 1)
    other = workers.join(werkplaats, FYSIEK, 0)
    token = werkplaats.seat(SOCIAAL)
    answer = werkplaats.api.ask("DELETE", f"rooms/{werkplaats.code}/seats/{SOCIAAL}", token)
    assert answer.status_code == 204
    _left(member)
    other.until(lambda: f"seat/{SOCIAAL}" not in other.fields)
    other.until(lambda: f"online/{SOCIAAL}" not in other.fields)
    for worker, api in zip(workers.all, workers.apis, strict=True):
        with pytest.raises(HandshakeRefused, match="bad-token"):
            Member(worker, werkplaats.code, token)
        path = f"rooms/{werkplaats.code}/state"
        assert api.ask("GET", path, token).status_code == 401


def test_presence_is_of_all_workers(workers: WorkersAtRedis) -> None:
    """A seat with connections at two workers is online until the last of them ends."""
    werkplaats = workers.werkplaats()
    looker = workers.join(werkplaats, FYSIEK, 0)
    one, two = (workers.join(werkplaats, SOCIAAL, place) for place in (0, 1))
    key = f"online/{SOCIAAL}"
    looker.until(lambda: key in looker.fields)
    # That a seat came in is told with a tick; what it does after that has come through later.
    for number in (98, 99):
        looker.catch_up(two.ok("move", {"slider": "bestuur", "value": number}))
    one.close()
    # Something that comes after the end of `one` has come through everywhere.
    for number in range(10):
        looker.catch_up(two.ok("move", {"slider": "bestuur", "value": number}))
    assert key in looker.fields
    assert not [one for one in looker.messages("frame") if one["set"].get(key, True) is None]
    two.close()
    looker.until(lambda: key not in looker.fields, "the seat to be away")


def test_a_hidden_round_is_hidden_at_every_worker(workers: WorkersAtRedis) -> None:
    """What a seat places in a hidden round reaches nobody on another worker before the reveal."""
    werkplaats = workers.werkplaats(visibility="hidden")
    one = workers.join(werkplaats, SOCIAAL, 0)
    two = workers.join(werkplaats, FYSIEK, 1)
    two.catch_up(one.ok("move", {"slider": "bestuur", "value": 87}))
    placed = f"placed/huidig/{SOCIAAL}/bestuur"
    two.until(lambda: placed in two.fields)
    assert position(SOCIAAL) not in two.fields
    assert position(SOCIAAL) not in str(two.heard)
    assert ": 87" not in str(two.heard)
    above = Member(workers[1], werkplaats.code, werkplaats.token)
    workers.keep(above)
    above.ok("phase", {"phase": "compare"})
    two.until(lambda: two.fields.get(position(SOCIAAL)) == 87)
    assert placed not in two.fields


def test_a_replaced_token_is_void_everywhere(workers: WorkersAtRedis) -> None:
    """A new facilitator token ends every connection with the old one, at any worker."""
    werkplaats = workers.werkplaats()
    listeners: list[Listener] = []
    for worker in workers.all:
        listeners += [
            Member(worker, werkplaats.code, werkplaats.token),
            Watcher(worker, werkplaats.id, werkplaats.token),
        ]
    workers.keep(*listeners)
    path = f"werkplaatsen/{werkplaats.id}/token"
    assert workers.apis[0].ask("POST", path, werkplaats.token).status_code == 200
    for listener in listeners:
        _left(listener)
    for worker in workers.all:
        with pytest.raises(HandshakeRefused, match="bad-token"):
            Watcher(worker, werkplaats.id, werkplaats.token)


def test_deletion_ends_everything_everywhere(workers: WorkersAtRedis) -> None:
    """A werkplaats deleted at one worker is gone at the other: connections, codes, overview."""
    werkplaats = workers.werkplaats()
    member = workers.join(werkplaats, SOCIAAL, 1)
    watcher = Watcher(workers[1], werkplaats.id, werkplaats.token)
    workers.keep(watcher)
    answer = workers.apis[0].ask("DELETE", f"werkplaatsen/{werkplaats.id}", werkplaats.token)
    assert answer.status_code == 200
    member.hear("expired")
    _left(watcher)
    for worker, api in zip(workers.all, workers.apis, strict=True):
        assert api.ask("GET", f"rooms/{werkplaats.code}").status_code == 404
        with pytest.raises(HandshakeRefused, match="unknown-room"):
            Member(worker, werkplaats.code, werkplaats.seat(SOCIAAL))


def test_the_overview_is_right_at_any_worker(workers: WorkersAtRedis) -> None:
    """Rooms in use at one worker are shown at both, with who is online, as they change."""
    werkplaats = workers.werkplaats(*[{"municipality": f"Waterveen {n}"} for n in range(4)])
    early = [Watcher(worker, werkplaats.id, werkplaats.token) for worker in workers.all]
    members = [workers.join(werkplaats, role, 0) for role in TRIO]
    for value, member in enumerate(members):
        member.place(dict.fromkeys(SLIDERS, 20 * value + 10))
    workers.apis[1].ask(
        "POST",
        f"werkplaatsen/{werkplaats.id}/rooms",
        werkplaats.token,
        json={"rooms": [{"municipality": "Later"}]},
    )
    late = [Watcher(worker, werkplaats.id, werkplaats.token) for worker in workers.all]
    workers.keep(*early, *late)

    def right(rooms: JSON) -> bool:
        room = rooms[werkplaats.code]
        return (
            len(rooms) == 5
            and room["seats"] == dict.fromkeys(TRIO, "online")
            and room["progress"] == dict.fromkeys(TRIO, 5)
            and room["insight"]["sliders"]["bestuur"]["spread"] == 40
        )

    for watcher in (*early, *late):
        _overview(watcher, right)
    for watcher in (*early, *late):
        assert watcher.rooms == early[0].rooms
    members[0].close()
    for watcher in (*early, *late):
        _overview(watcher, lambda rooms: rooms[werkplaats.code]["seats"][WIJKAMBTENAAR] == "away")


def test_the_overview_acts_on_rooms_of_other_workers(workers: WorkersAtRedis) -> None:
    """A facilitator at one worker locks the rooms whose seats are at another."""
    werkplaats = workers.werkplaats(*[{"municipality": "Waterveen"}] * 3)
    member = workers.join(werkplaats, SOCIAAL, 0)
    watcher = Watcher(workers[1], werkplaats.id, werkplaats.token)
    workers.keep(watcher)
    answer = watcher.ask("lock", {"rooms": "all", "locked": True})
    assert answer["rooms"].keys() == set(werkplaats.codes)
    assert member.refused("move", {"slider": "bestuur", "value": 10}) == "locked"
    member.until(lambda: member.fields.get("locked"))


def test_all_codes_are_told_by_any_worker(workers: WorkersAtRedis) -> None:
    """What was made at one worker is found by code at the other, free seats included."""
    werkplaats = workers.werkplaats()
    werkplaats.seat(SOCIAAL)
    for api in workers.apis:
        found = api.get(f"join/{werkplaats.made['join_code']}")["rooms"]
        free = {role["id"]: role["free"] for role in found[0]["roles"]}
        assert free == {WIJKAMBTENAAR: True, SOCIAAL: False, FYSIEK: True}

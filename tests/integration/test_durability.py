"""`ok` means stored: what was said to be stored, or was shown, survives the end of the process."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from threading import Event, Thread
from typing import Any

import pytest
import socketio.exceptions

from tests.integration.clients import SLIDERS, TRIO, Api, Member, Werkplaats
from tests.integration.process import Server, until


class Dragger:
    """Drags one seat's sliders, one acknowledged move after the other among bare ones."""

    def __init__(self, member: Member, role: str) -> None:
        self.member = member
        self.role = role
        self.accepted: dict[str, int] = {}
        """Per key the number of the last move of which the server said `ok`."""
        self.sent: dict[str, list[int]] = {}
        """Per key the values in the order in which they were sent."""
        self.acknowledged = 0
        self.stop = Event()
        self._thread = Thread(target=self._run)
        self._thread.start()

    def _run(self) -> None:
        for number in _forever():
            if self.stop.is_set():
                return
            slider = SLIDERS[number % len(SLIDERS)]
            key = f"position/huidig/{self.role}/{slider}"
            values = self.sent.setdefault(key, [])
            for bare in range(3):
                values.append((number * 7 + bare) % 101)
                payload = {"slider": slider, "value": values[-1], "round": "huidig"}
                try:
                    if bare < 2:
                        self.member.send("move", payload)
                    elif self.member.ask("move", payload)["ok"]:
                        self.accepted[key] = len(values) - 1
                        self.acknowledged += 1
                except (socketio.exceptions.SocketIOError, OSError):
                    return

    def join(self) -> None:
        self.stop.set()
        self._thread.join()


def _forever() -> Iterator[int]:
    number = 0
    while True:
        yield number
        number += 1


@pytest.mark.parametrize("acknowledged", [1, 8, 27, 60])
def test_what_was_acknowledged_or_shown_survives(
    start: Callable[..., Server], acknowledged: int
) -> None:
    """After `kill -9` under three dragging seats every accepted and every seen value is there."""
    server = start()
    api = Api(server)
    with ExitStack() as stack:
        werkplaats = api.werkplaats()
        members = {
            role: werkplaats.join(role, transport)
            for role, transport in zip(TRIO, ("websocket", "polling", "upgrade"), strict=True)
        }
        for member in members.values():
            stack.callback(member.close)
        draggers = [Dragger(member, role) for role, member in members.items()]
        for dragger in draggers:
            stack.callback(dragger.stop.set)
        until(
            lambda: sum(one.acknowledged for one in draggers) >= acknowledged,
            f"{acknowledged} acknowledgements",
        )
        server.kill()
        for member in members.values():
            member.until(lambda: member.left, "the connection to end")  # noqa: B023
        for dragger in draggers:
            dragger.join()
        server.start()

        after = werkplaats.state(werkplaats.seat("sociaal"))
        for dragger in draggers:
            for key, place in dragger.accepted.items():
                assert after["fields"][key] in dragger.sent[key][place:], key
        for member in members.values():
            assert after["seq"] >= member.seq
            _assert_not_older(after["fields"], member, draggers)
        for role in TRIO:
            again = werkplaats.join(role)
            assert {**again.fields, f"online/{role}": None} == {
                **after["fields"],
                f"online/{role}": None,
            }
            again.ok("move", {"slider": "bestuur", "value": 50})
            again.close()
            until(lambda: f"online/{role}" not in _fields(werkplaats, role), role)  # noqa: B023
            after = werkplaats.state(werkplaats.seat(role))
    api.close()


def _fields(werkplaats: Werkplaats, role: str) -> dict[str, Any]:
    fields: dict[str, Any] = werkplaats.state(werkplaats.seat(role))["fields"]
    return fields


def _assert_not_older(fields: dict[str, Any], member: Member, draggers: list[Dragger]) -> None:
    """What a connection saw last of a field is there, or something sent later."""
    for dragger in draggers:
        for key, values in dragger.sent.items():
            seen = member.fields.get(key)
            if seen is not None:
                assert fields[key] in values[values.index(seen) :], key


@pytest.mark.parametrize("acknowledged", [2, 12, 33])
def test_a_stop_in_full_swing(
    start: Callable[..., Server], each_mode: str, acknowledged: int
) -> None:
    """SIGTERM under dragging seats ends with exit code 0, and what was accepted is kept."""
    server = start(mode=each_mode)
    api = Api(server)
    with ExitStack() as stack:
        werkplaats = api.werkplaats()
        members = [werkplaats.join(role) for role in TRIO]
        for member in members:
            stack.callback(member.close)
        draggers = [Dragger(*pair) for pair in zip(members, TRIO, strict=True)]
        for dragger in draggers:
            stack.callback(dragger.stop.set)
        until(lambda: sum(one.acknowledged for one in draggers) >= acknowledged, "the swing")
        server.stop()
        for dragger in draggers:
            dragger.join()
        server.start()
        after = _fields(werkplaats, "sociaal")
        for dragger in draggers:
            for key, place in dragger.accepted.items():
                assert after[key] in dragger.sent[key][place:], key
    api.close()


def test_claims_and_releases_survive(start: Callable[..., Server]) -> None:
    """A seat that was taken is taken after `kill -9`, and one that was freed is free."""
    server = start()
    api = Api(server)
    werkplaats = api.werkplaats()
    kept, freed = werkplaats.seat("sociaal"), werkplaats.seat("fysiek")
    path = f"rooms/{werkplaats.code}/seats"
    assert api.ask("DELETE", f"{path}/fysiek", freed).status_code == 204
    server.kill()
    server.start()
    assert api.ask("POST", path, json={"role": "sociaal"}).status_code == 409
    assert api.ask("GET", f"rooms/{werkplaats.code}/state", freed).status_code == 401
    assert api.ask("POST", path, json={"role": "fysiek"}).status_code == 201
    assert werkplaats.state(kept)["fields"]["seat/sociaal"]["name"] is None
    api.close()

"""Clients as users have them: HTTP calls, seats, and Socket.IO connections that keep a state."""

import itertools
from collections.abc import Callable, Mapping, Sequence
from threading import Condition, current_thread
from types import TracebackType
from typing import Any, Protocol, Self

import engineio
import requests
import socketio
import socketio.exceptions

from tests.integration.process import CLIENTS, PATIENCE, Server

TRIO = ("wijkambtenaar", "sociaal", "fysiek")
SLIDERS = ("positionering", "proces-gemeente", "proces-bewoners", "bestuur", "communicatie")
JSON = Mapping[str, Any]

_addresses = itertools.count(1)


def new_address() -> str:
    """An address that nobody else has: failed attempts are counted per address."""
    number = next(_addresses)
    return f"{CLIENTS}{number // 250}.{number % 250 + 1}"


class Api:
    """The HTTP API of a server, from an address of its own."""

    def __init__(self, server: Server) -> None:
        self.server = server
        self.address = new_address()
        self._session = requests.Session()

    def close(self) -> None:
        self._session.close()

    def ask(self, method: str, path: str, token: str | None = None, **rest: Any) -> Any:
        """A request and its answer, whatever its status."""
        headers = {"X-Forwarded-For": self.address, **rest.pop("headers", {})}
        if token is not None:
            headers["Authorization"] = f"Bearer {token}"
        url = f"{self.server.url}{path if path.startswith('/') else f'/api/v1/{path}'}"
        return self._session.request(method, url, headers=headers, timeout=PATIENCE, **rest)

    def get(self, path: str, token: str | None = None, **rest: Any) -> Any:
        """The body of a GET that must go well."""
        answer = self.ask("GET", path, token, **rest)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def werkplaats(self, *rooms: JSON, **settings: Any) -> "Werkplaats":
        """A new werkplaats, with one room unless rooms are given."""
        body = {
            "title": "Proefwerkplaats",
            "rooms": rooms or [{"municipality": "Waterveen"}],
            **settings,
        }
        answer = self.ask("POST", "werkplaatsen", json=body)
        assert answer.status_code == 201, answer.text
        return Werkplaats(self, answer.json())


class Werkplaats:
    """A werkplaats as its facilitator holds it."""

    def __init__(self, api: Api, made: dict[str, Any]) -> None:
        self.api = api
        self.made = made
        self.id: str = made["id"]
        self.token: str = made["facilitator_token"]
        self.codes: list[str] = [room["code"] for room in made["rooms"]]
        self._seats: dict[tuple[str, str], str] = {}

    @property
    def code(self) -> str:
        """The code of the first room."""
        return self.codes[0]

    def seat(self, role: str, code: str | None = None) -> str:
        """The token of a seat, which is taken at the first asking."""
        code = code or self.code
        if (code, role) not in self._seats:
            answer = self.api.ask("POST", f"rooms/{code}/seats", json={"role": role})
            assert answer.status_code == 201, answer.text
            self._seats[code, role] = answer.json()["token"]
        return self._seats[code, role]

    def join(self, role: str, transport: str = "websocket") -> "Member":
        """A seat of the first room, connected."""
        return Member(self.api.server, self.code, self.seat(role), transport)

    def facilitate(self) -> "Member":
        """The facilitator in the first room."""
        return Member(self.api.server, self.code, self.token)

    def overview(self) -> "Watcher":
        """The facilitator over all rooms."""
        return Watcher(self.api.server, self.id, self.token)

    def state(self, token: str, code: str | None = None) -> Any:
        """GET state as the holder of a token sees it."""
        return self.api.get(f"rooms/{code or self.code}/state", token)


class _Engine(engineio.Client):
    """Handles messages one after the other, so that they are recorded in the order they came."""

    def _trigger_event(self, event: str, *args: Any, **kwargs: Any) -> Any:
        return super()._trigger_event(event, *args, **{**kwargs, "run_async": False})

    def disconnect(self, abort: bool = False, reason: str | None = None) -> None:  # noqa: FBT002
        # A server that ends the namespace is heard in the reading thread, which cannot wait for
        # its own end; the writing thread is told by an empty place in its queue.
        within = current_thread() is self.read_loop_task
        super().disconnect(abort=abort or within, reason=reason)
        if within:
            self.queue.put(None)


class _Client(socketio.Client):
    def _engineio_client_class(self) -> type[engineio.Client]:
        return _Engine


TRANSPORTS: dict[str, Sequence[str]] = {
    "websocket": ["websocket"],
    "polling": ["polling"],
    "upgrade": ["polling", "websocket"],
}


class HandshakeRefused(Exception):
    """A connection that was not let in; its text is the message of the `connect_error`."""


class Reachable(Protocol):
    """Where a server is to be found."""

    @property
    def url(self) -> str: ...


class Listener:
    """A Socket.IO connection of one namespace that records all it hears."""

    def __init__(
        self,
        server: Reachable,
        namespace: str,
        query: str,
        auth: JSON,
        transport: str = "websocket",
    ) -> None:
        self.server = server
        self.namespace = namespace
        self.heard: list[tuple[str, Any]] = []
        self.left = False
        self._changed = Condition()
        self._http = requests.Session()
        self._client = _Client(
            reconnection=False,
            http_session=self._http,
            handle_sigint=False,
            request_timeout=PATIENCE,
        )
        self._client.on("*", self._hear, namespace=namespace)
        self._client.on("disconnect", self._leave, namespace=namespace)
        refusals: list[Any] = []
        self._client.on("connect_error", refusals.append, namespace=namespace)
        try:
            self._client.connect(
                f"{server.url}{query}",
                namespaces=[namespace],
                auth=auth,
                transports=TRANSPORTS[transport],
                headers={"X-Forwarded-For": new_address()},
                wait_timeout=PATIENCE,
            )
        except socketio.exceptions.ConnectionError:
            self.close()
            if not refusals:
                raise
            raise HandshakeRefused(refusals[0]["message"]) from None

    @property
    def transport(self) -> str:
        return str(self._client.transport())

    def _hear(self, event: str, message: Any = None) -> None:
        with self._changed:
            self.heard.append((event, message))
            self.apply(event, message)
            self._changed.notify_all()

    def _leave(self, *reason: Any) -> None:
        with self._changed:
            self.left = True
            self._changed.notify_all()

    def apply(self, event: str, message: Any) -> None:
        """Takes a message into the state that this connection keeps."""

    def until(self, condition: Callable[[], Any], what: str = "the condition") -> Any:
        """Waits until what was heard makes `condition` true."""
        with self._changed:
            assert self._changed.wait_for(condition, PATIENCE), f"waited in vain for {what}"
            return condition()

    def messages(self, event: str) -> list[Any]:
        """All messages of one kind, in the order in which they came."""
        with self._changed:
            return [message for name, message in self.heard if name == event]

    def hear(self, event: str, number: int = 1) -> Any:
        """The message with this number of one kind, once it has come."""
        self.until(lambda: len(self.messages(event)) >= number, event)
        return self.messages(event)[number - 1]

    def send(self, event: str, payload: Any) -> None:
        """Sends without asking for an acknowledgement."""
        self._client.emit(event, payload, namespace=self.namespace)

    def ask(self, event: str, payload: Any) -> Any:
        """Sends, and answers the acknowledgement; ConnectionError where none can come any more."""
        answers: list[Any] = []

        def hear(answer: Any) -> None:
            with self._changed:
                answers.append(answer)
                self._changed.notify_all()

        self._client.emit(event, payload, namespace=self.namespace, callback=hear)
        self.until(lambda: answers or self.left, f"the acknowledgement of {event}")
        if not answers:
            raise ConnectionError("left before the acknowledgement came")
        return answers[0]

    def ok(self, event: str, payload: Any) -> int:
        """Sends what must be accepted; answers the seq."""
        answer = self.ask(event, payload)
        assert answer["ok"] is True, answer
        return int(answer["seq"])

    def refused(self, event: str, payload: Any) -> str:
        """Sends what must be refused; answers the code."""
        answer = self.ask(event, payload)
        assert answer["ok"] is False, answer
        return str(answer["error"]["code"])

    def close(self) -> None:
        """Leaves; what was heard can still be read."""
        self._client.disconnect()
        self._client.eio.wait()
        if self._client.eio.ws is not None:
            # The library lets go of a socket whose server went away without closing it.
            self._client.eio.ws.shutdown()
        self._http.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


class Member(Listener):
    """A connection to a room, with the room as the messages tell it."""

    def __init__(
        self, server: Reachable, code: str, token: str, transport: str = "websocket"
    ) -> None:
        self.seq = 0
        self.fields: dict[str, Any] = {}
        self.insight: dict[str, Any] = {}
        auth = {"code": code, "token": token}
        super().__init__(server, "/room", f"?room={code}", auth, transport)
        self.hear("snapshot")

    def apply(self, event: str, message: Any) -> None:
        if event == "snapshot":
            self.fields = dict(message["fields"])
            self.seq, self.insight = message["seq"], message["insight"]
        elif event == "frame":
            assert message["seq"] >= self.seq, "frames come in the order of seq"
            self.seq = message["seq"]
            for key, value in message["set"].items():
                if value is None:
                    self.fields.pop(key, None)
                else:
                    self.fields[key] = value
            self.insight = message.get("insight") or self.insight

    def place(self, values: JSON, round_id: str = "huidig") -> None:
        """Places sliders; when the last is stored, so are the others."""
        *first, last = [
            {"slider": slider, "value": value, "round": round_id}
            for slider, value in values.items()
        ]
        for payload in first:
            self.send("move", payload)
        self.ok("move", last)
        assert self.messages("refused") == []

    def catch_up(self, seq: int) -> None:
        """Waits until this connection has seen a batch."""
        self.until(lambda: self.seq >= seq, f"seq {seq}")


class Watcher(Listener):
    """The facilitator's connection to all rooms of a werkplaats."""

    def __init__(self, server: Reachable, werkplaats_id: str, token: str) -> None:
        self.rooms: dict[str, Any] = {}
        auth = {"werkplaats": werkplaats_id, "token": token}
        super().__init__(server, "/overview", "", auth)
        self.hear("overview")

    def apply(self, event: str, message: Any) -> None:
        if event == "overview":
            self.rooms = dict(message["rooms"])
        elif event == "rooms":
            self.rooms.update(message)

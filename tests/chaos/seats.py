"""A seat: somebody who drags, reasons, agrees, proposes, leaves and sits down again."""

import threading
from contextlib import suppress
from time import monotonic, sleep
from typing import Any

import requests

from tests.chaos.clients import Client, Stage
from tests.chaos.line import Ended
from tests.chaos.record import NEVER, Call, Op
from tests.integration.clients import SLIDERS, TRIO, new_address

ROUNDS = ("huidig", "ambitie")
PHASES = ("place", "compare", "agree", "outcome")
TIMEOUT = 3.0

Said = tuple[str, dict[str, Any]]


def ask(stage: Stage, call: Call, method: str, path: str, token: str, body: Any) -> str:
    """One request for a seat at one worker; the token that was given, where one was."""
    stage.record.calls.append(call)
    headers = {"X-Forwarded-For": new_address(), "Authorization": f"Bearer {token}"}
    url = f"http://127.0.0.1:{stage.doors[call.worker].port}/api/v1/{path}"
    try:
        found = requests.request(method, url, headers=headers, json=body, timeout=TIMEOUT)
        if found.status_code == 201:
            call.token = found.json()["token"]
    except (requests.RequestException, ValueError):
        return ""
    call.status, call.answered = found.status_code, monotonic()
    return call.token if call.status == 201 else ""


class Seat(Client):
    """Somebody in a seat."""

    def __init__(self, stage: Stage, code: str, room: int, role: str, facilitator: str) -> None:
        super().__init__(stage, f"{role} {room}", code, role, "")
        self._facilitator = facilitator
        self.old: list[str] = []
        """Tokens that were valid once."""

    def claim(self, *, race: bool = False) -> bool:
        """Takes the seat at one worker, or at two at once; True when that went well."""
        workers = self.random.sample(range(len(self.stage.doors)), 2 if race else 1)
        path = f"rooms/{self.code}/seats"
        won: list[str] = []

        def run(worker: int) -> None:
            call = Call("claim", self.code, self.viewer, worker, monotonic())
            won.append(ask(self.stage, call, "POST", path, "", {"role": self.viewer}))

        threads = [threading.Thread(target=run, args=[worker]) for worker in workers]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        tokens = [token for token in won if token]
        if tokens:
            self.token = tokens[0]
        return bool(tokens)

    def _release(self, token: str) -> bool:
        worker = self.random.randrange(len(self.stage.doors))
        if self.link is not None and worker == self.link.worker and self.random.random() < 0.6:
            worker = (worker + 1) % len(self.stage.doors)  # Where it is not known at once.
        clear = self.random.random() < 0.3
        path = f"rooms/{self.code}/seats/{self.viewer}?clear={str(clear).lower()}"
        call = Call("release", self.code, self.viewer, worker, monotonic(), token, clear)
        ask(self.stage, call, "DELETE", path, token, None)
        return call.done

    def _again(self) -> None:
        """Frees the seat and takes it anew."""
        self.old.append(self.token)
        freed = self._release(self.random.choice([self.token, self._facilitator]))
        if freed and self.live:
            # Whoever was freed and does not know it yet still speaks.
            with suppress(Ended):
                self.say("move", self._move())
                self.say("reason", self._reason())
                self.listen(0.3)
        while not self.claim(race=self.random.random() < 0.7):
            if self.stage.act == "over":
                return
            sleep(0.1)
            self._release(self._facilitator)

    def turned_away(self, word: str) -> None:
        if word == "bad-token":
            self._again()

    # What it says

    def speak(self) -> None:
        if self.stage.act == "play":
            if self.random.random() < 0.006:
                self._again()
                raise Ended("a new token")
            event, payload = self._something()
            self.say(event, payload, acked=event != "move" or self.random.random() < 0.4)
        elif self.stage.act == "close" and not self.last_word and not self._asked:
            about = self.random.choice(["municipality", "case"])
            self.say("about", {"about": about})

    def settle(self, op: Op, body: Any, now: float) -> None:
        super().settle(op, body, now)
        if op.event == "about" and body["ok"]:
            self.last_word = True

    def _something(self) -> Said:
        chance = self.random.random()
        phase = self.fields["phase"]
        if chance < (0.1 if phase == "outcome" else 0.025):
            return "phase", self._step()
        if chance < 0.12:
            return "help", {"help": self.random.random() < 0.5}
        if chance < 0.2:
            return "reason", self._reason()
        if phase == "agree" and chance < 0.97:
            return self._shared() if chance < 0.26 else ("agree", self._agree())
        if phase == "place" and chance < 0.3:
            return "done", {"done": self.random.random() < 0.8, **self._round()}
        return "move", self._move()

    def _shared(self) -> Said:
        value = self.random.randint(0, 100)
        return "consensus", {"slider": self._slider(), "value": value, **self._round()}

    def _slider(self) -> str:
        return self.random.choice(SLIDERS)

    def _round(self) -> dict[str, str]:
        """Nearly always the active one."""
        other = self.random.random() < 0.03
        return {"round": self.random.choice(ROUNDS) if other else self.fields["round"]}

    def _move(self) -> dict[str, Any]:
        chance = self.random.random()
        value: Any = self.random.randint(0, 100)
        if chance < 0.06:
            value = None if chance < 0.02 else "unknown"
        return {"slider": self._slider(), "value": value, **self._round()}

    def _reason(self) -> dict[str, Any]:
        text = f"omdat {self.random.randrange(10**6)}" if self.random.random() < 0.8 else None
        return {"slider": self._slider(), "text": text, **self._round()}

    def _agree(self) -> dict[str, Any]:
        slider = self.random.choice(SLIDERS[:2])  # So that all of them meet now and then.
        shared = self.fields.get(f"consensus/{self.fields['round']}/{slider}")
        chance = self.random.random()
        value = None if chance < 0.1 else "differ" if chance < 0.3 else shared
        return {"slider": slider, "value": value, **self._round()}

    def _step(self) -> dict[str, Any]:
        others = [self.fields.get(f"proposal/{role}") for role in TRIO if role != self.viewer]
        known = [one for one in others if one]
        if known and self.random.random() < 0.6:
            return dict(self.random.choice(known))
        return {"phase": self.random.choice(PHASES), "round": self.random.choice(ROUNDS)}


class Facilitator(Client):
    """The facilitator in one room."""

    def __init__(self, stage: Stage, code: str, room: int, token: str) -> None:
        super().__init__(stage, f"facilitator {room}", code, "facilitator", token)

    def wait(self) -> float:
        return 5 * super().wait()

    def speak(self) -> None:
        locked = bool(self.fields.get("locked"))
        if self.stage.act == "close":
            if locked and not self._asked:
                self.say("lock", {"locked": False})
            self.last_word = not locked
        elif self.stage.act == "play":
            chance = self.random.random()
            if locked or chance < 0.06:
                if not locked or chance < 0.4:
                    self.say("lock", {"locked": not locked})
            elif chance < 0.2:
                phase, round_id = self.random.choice(PHASES), self.random.choice(ROUNDS)
                self.say("phase", {"phase": phase, "round": round_id})
            elif chance < 0.3:
                self.say("help", self.random.choice([{"claim": True}, {"help": False}]))


class Overview(Client):
    """The facilitator over all rooms."""

    namespace = "/overview"

    def __init__(self, stage: Stage, name: str, werkplaats: str, token: str) -> None:
        super().__init__(stage, name, "", "facilitator", token)
        self.werkplaats = werkplaats
        self.rooms: dict[str, Any] = {}

    def handshake(self) -> tuple[str, dict[str, Any]]:
        return "", {"werkplaats": self.werkplaats, "token": self.token}

    def wait(self) -> float:
        return 20 * super().wait()

    def take(self, heard: Any) -> None:
        if heard.event == "overview":
            self.rooms = dict(heard.body["rooms"])
            self.live = True
            assert self.link is not None
            self.link.opened = monotonic()
        elif heard.event == "rooms":
            self.rooms.update(heard.body)
        else:
            super().take(heard)

    def speak(self) -> None:
        """Steps in, locks and unlocks rooms from above; each room has an event of its own."""
        if self.stage.act != "play":
            return
        self.code = self.random.choice(list(self.rooms))
        if self.random.random() < 0.5:
            phase, round_id = self.random.choice(PHASES), self.random.choice(ROUNDS)
            payload: dict[str, Any] = {"phase": phase, "round": round_id}
            self.say("phase", {**payload, "rooms": [self.code]})
        else:
            self.say("lock", {"locked": self.random.random() < 0.3, "rooms": [self.code]})

    def settle(self, op: Op, body: Any, now: float) -> None:
        if not body["ok"]:
            op.refused, op.answered = body["error"]["code"], now
            return
        op.seq = body["rooms"].get(op.code)
        refused = body["refused"].get(op.code)
        op.refused = "" if refused is None else refused["error" if "error" in refused else "code"]
        op.answered = now if op.seq is not None or op.refused else NEVER

"""A whole session on every transport: what everybody sees is the same, and is the truth."""

from contextlib import ExitStack
from fractions import Fraction
from hashlib import sha256
from typing import Any

import pytest

from tests.integration.clients import SLIDERS, TRIO, Api, Member, Watcher, Werkplaats

TRANSPORT = {"wijkambtenaar": "websocket", "sociaal": "polling", "fysiek": "upgrade"}

# Bands and weights (in halves) as the domain's table has them, profile by profile.
LOW, MIDDLE, HIGH, TOP, WIDE = (0, 33), (34, 66), (67, 100), (84, 100), (0, 66)
BANDS: dict[str, dict[str, tuple[tuple[int, int], int]]] = {
    "ontwikkelend": dict(
        zip(SLIDERS, [(LOW, 2), (LOW, 2), (MIDDLE, 2), (MIDDLE, 2), (WIDE, 1)], strict=True)
    ),
    "participatief": dict(
        zip(SLIDERS, [(MIDDLE, 1), (LOW, 2), (HIGH, 2), (LOW, 2), (HIGH, 2)], strict=True)
    ),
    "organisatiegericht": dict(
        zip(SLIDERS, [(HIGH, 2), (HIGH, 2), (LOW, 2), (HIGH, 2), (WIDE, 1)], strict=True)
    ),
    "toenaderingsgericht": {
        "proces-gemeente": (LOW, 2),
        "proces-bewoners": (HIGH, 2),
        "bestuur": (HIGH, 2),
    },
    "gekanteld": dict.fromkeys(SLIDERS, (TOP, 2)),
}


def drawn_panel(seed: str) -> dict[str, dict[str, int]]:
    """A panel that nobody chose: a position of 0-100 per role and slider."""
    return {
        role: {
            slider: int.from_bytes(sha256(f"{seed}/{role}/{slider}".encode()).digest()) % 101
            for slider in SLIDERS
        }
        for role in TRIO
    }


def ranking(panel: dict[str, int]) -> list[dict[str, Any]]:
    """The profiles by fit, computed here from the table of the domain."""
    found = []
    for profile, bands in BANDS.items():
        total = weight = 0
        for slider, ((low, high), halves) in bands.items():
            total += halves * max(low - panel[slider], panel[slider] - high, 0)
            weight += halves
        found.append((Fraction(total, weight), profile))
    return [
        {"profile": profile, "fit": int((100 - distance) * 10 + Fraction(1, 2)) / 10}
        for distance, profile in sorted(found, key=lambda one: one[0])
    ]


class Table:
    """A trio around a table, each on a transport of its own, and a facilitator who watches."""

    def __init__(self, werkplaats: Werkplaats, stack: ExitStack) -> None:
        self.werkplaats = werkplaats
        self.watcher = werkplaats.overview()
        stack.callback(self.watcher.close)
        self.members: dict[str, Member] = {}
        for role, transport in TRANSPORT.items():
            self.members[role] = werkplaats.join(role, transport)
            stack.callback(self.members[role].close)

    def place(self, panel: dict[str, dict[str, int]], round_id: str = "huidig") -> None:
        """Everybody drags every slider to its position, by several stops and at the same time."""
        for stop in (0, 50, None):
            for slider in SLIDERS:
                for role, member in self.members.items():
                    value = panel[role][slider] if stop is None else stop
                    member.send("move", {"slider": slider, "value": value, "round": round_id})
        for role, member in self.members.items():
            for slider in SLIDERS:
                key = f"position/{round_id}/{role}/{slider}"
                value = panel[role][slider]
                for other in self.members.values():
                    other.until(lambda: other.fields.get(key) == value, key)  # noqa: B023
            assert member.messages("refused") == []

    def step(self, phase: str, round_id: str = "huidig") -> None:
        """One proposes, another confirms, all go."""
        payload = {"phase": phase, "round": round_id}
        self.members["fysiek"].ok("phase", payload)
        self.members["fysiek"].until(
            lambda: self.members["fysiek"].fields.get("proposal/fysiek") == payload, "the proposal"
        )
        assert self.members["fysiek"].fields["phase"] != phase
        self.members["sociaal"].ok("phase", payload)
        for member in self.members.values():
            member.until(lambda: self._is_at(member, phase, round_id), phase)  # noqa: B023

    @staticmethod
    def _is_at(member: Member, phase: str, round_id: str) -> bool:
        there = (member.fields["phase"], member.fields["round"]) == (phase, round_id)
        return there and not any(key.startswith("proposal/") for key in member.fields)

    def agree(self, slider: str, value: int | str) -> None:
        """Everybody says the same of a shared slider."""
        for member in self.members.values():
            member.ok("agree", {"slider": slider, "value": value, "round": "huidig"})

    def assert_one_truth(self) -> None:
        """Every connection, every seat's GET state and the overview tell the same room."""
        token = self.werkplaats.seat("wijkambtenaar")
        truth = self.werkplaats.state(token)
        for role, member in self.members.items():
            member.until(lambda: self._tells(member, truth), f"{role} to catch up")  # noqa: B023
            state = self.werkplaats.state(self.werkplaats.seat(role))
            assert (state["seq"], state["fields"]) == (truth["seq"], truth["fields"])
            assert state["insight"] == truth["insight"]
        self.watcher.until(lambda: self._summarises(self.watcher, truth), "the overview")

    @staticmethod
    def _tells(member: Member, truth: dict[str, Any]) -> bool:
        return (member.seq, member.fields, member.insight) == (
            truth["seq"],
            truth["fields"],
            truth["insight"],
        )

    def _summarises(self, watcher: Watcher, truth: dict[str, Any]) -> bool:
        summary = watcher.rooms[self.werkplaats.code]
        fields = truth["fields"]
        seen = {
            role: {
                slider: value
                for slider in SLIDERS
                if (value := fields.get(f"position/{fields['round']}/{role}/{slider}")) is not None
            }
            for role in TRIO
        }
        return (
            (summary["phase"], summary["round"]) == (fields["phase"], fields["round"])
            and summary["positions"] == seen
            and summary["insight"] == {**truth["insight"], "seats": {}}
            and summary["seats"] == dict.fromkeys(TRIO, "online")
        )


def test_a_whole_session(each_api: Api) -> None:
    """Placing, comparing, agreeing, the outcome and a second round: one truth at every step."""
    with ExitStack() as stack:
        table = Table(each_api.werkplaats(), stack)
        w, s, f = table.members.values()
        assert [w.transport, s.transport] == ["websocket", "polling"]
        f.until(lambda: f.transport == "websocket", "the upgrade")

        w.ok("about", {"about": "case", "round": "huidig"})
        panel = drawn_panel("huidig")
        panel["wijkambtenaar"]["bestuur"], panel["sociaal"]["bestuur"] = 10, 21
        panel["fysiek"]["bestuur"] = 90
        table.place(panel)
        w.ok("reason", {"slider": "bestuur", "text": "Wij zien de wethouder nooit."})
        w.ok("done", {"done": True})
        table.assert_one_truth()
        _assert_insight(w.insight, panel)
        assert w.fields["about/huidig"] == "case"
        assert f.fields["reason/huidig/wijkambtenaar/bestuur"] == "Wij zien de wethouder nooit."

        table.step("compare")
        assert "revealed/huidig" in w.fields
        s.ok("move", {"slider": "bestuur", "value": 31, "round": "huidig"})
        panel["sociaal"]["bestuur"] = 31
        table.assert_one_truth()

        table.step("agree")
        medians = {slider: sorted(panel[role][slider] for role in TRIO)[1] for slider in SLIDERS}
        assert {slider: w.fields[f"consensus/huidig/{slider}"] for slider in SLIDERS} == medians
        _agree(table, medians)
        table.assert_one_truth()

        table.step("outcome")
        settled = {slider: f.fields[f"settled/huidig/{slider}"] for slider in SLIDERS[:4]}
        assert [one["value"] for one in settled.values()] == [
            medians["positionering"],
            "differ",
            1,
            medians["bestuur"],
        ]
        assert all(sorted(one["roles"]) == sorted(TRIO) for one in settled.values())
        assert f"settled/huidig/{SLIDERS[4]}" not in f.fields
        shared = {**medians, "proces-bewoners": 1}
        outcome = f.insight["consensus"]
        assert [{**one, "sliders": None} for one in outcome["ranking"]] == [
            {**one, "sliders": None} for one in ranking(shared)
        ]
        assert {"slider", "value", "to", "profile"} == set(outcome["tipping"])
        assert not f.insight["complete"]
        table.assert_one_truth()

        table.step("place", "ambitie")
        table.place(drawn_panel("ambitie"), "ambitie")
        table.assert_one_truth()
        _assert_insight(s.insight, drawn_panel("ambitie"))
        assert s.fields["position/huidig/fysiek/bestuur"] == 90


def _agree(table: Table, medians: dict[str, int]) -> None:
    """Agrees, differs, and moves what was agreed: moving suspends."""
    w, s, f = table.members.values()
    table.agree("positionering", medians["positionering"])
    table.agree("proces-gemeente", "differ")
    table.agree("bestuur", medians["bestuur"])
    table.agree("proces-bewoners", medians["proces-bewoners"])
    moved = 1 if medians["proces-bewoners"] != 1 else 2
    f.ok("consensus", {"slider": "proces-bewoners", "value": moved, "round": "huidig"})
    w.until(lambda: "proces-bewoners" not in w.insight["settled"], "the suspension")
    assert "proces-bewoners" not in w.insight["agreed"]
    stale = {"slider": "proces-bewoners", "value": medians["proces-bewoners"], "round": "huidig"}
    assert s.refused("agree", stale) == "invalid"
    f.ok("consensus", {"slider": "proces-bewoners", "value": 1, "round": "huidig"})
    table.agree("proces-bewoners", 1)
    s.ok("agree", {"slider": SLIDERS[4], "value": medians[SLIDERS[4]], "round": "huidig"})
    w.until(lambda: SLIDERS[4] in w.insight["agreed"], "the last agreement")
    assert w.insight["settled"] == list(SLIDERS[:4])
    assert w.insight["differ"]["proces-gemeente"] == list(TRIO)
    assert w.insight["agreed"][SLIDERS[4]] == ["sociaal"]


def _assert_insight(insight: dict[str, Any], panel: dict[str, dict[str, int]]) -> None:
    """Insight as computed by hand from the panel."""
    spreads = {}
    for slider in SLIDERS:
        values = sorted(panel[role][slider] for role in TRIO)
        spread = values[2] - values[0]
        spreads[slider] = spread
        level = next(
            name
            for name, most in (("eens", 16), ("nuance", 33), ("verschil", 66), ("tegenpolen", 100))
            if spread <= most
        )
        found = insight["sliders"][slider]
        assert found["mean"] == pytest.approx(sum(values) / 3)
        apart = None
        for outer, distance, others in (
            (values[0], values[1] - values[0], values[2] - values[1]),
            (values[2], values[2] - values[1], values[1] - values[0]),
        ):
            if distance >= 34 and distance >= 2 * others:
                apart = next(role for role in TRIO if panel[role][slider] == outer)
        assert {**found, "mean": None} == {
            "n": 3,
            "spread": spread,
            "median": values[1],
            "mean": None,
            "level": level,
            "apart": apart,
        }
    assert insight["order"] == sorted(SLIDERS, key=lambda slider: -spreads[slider])
    assert insight["agreement"] == int(100 - Fraction(sum(spreads.values()), 5) + Fraction(1, 2))
    assert insight["consensus"] == {"verdict": "incomplete", "ranking": []}
    assert {role: insight["seats"][role]["ranking"] for role in TRIO} == {
        role: ranking(panel[role]) for role in TRIO
    }

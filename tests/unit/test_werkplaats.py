"""From a werkplaats to the rooms that it opens."""

from datetime import UTC, datetime, timedelta

import pytest

from sessions import fields as f
from sessions import werkplaats as wp
from sessions.werkplaats import Role, RoomRequest, RoundSettings
from tests.rooms import NOW, werkplaats


def test_new_room() -> None:
    """RM1: a new room has its settings, stands in `place` of its first round, and is free."""
    assert wp.room_fields(werkplaats(), RoomRequest("Zonnedorp", case="De Linde")) == {
        "~werkplaats": "wp",
        "room": {"title": "Werkplaats Zonnedorp", "municipality": "Zonnedorp", "case": "De Linde"},
        "roles": [
            {"id": "wijkambtenaar", "label": "Wijkambtenaar"},
            {"id": "sociaal", "label": "Sociaal domein"},
            {"id": "fysiek", "label": "Fysiek domein"},
        ],
        "visibility": "live",
        "steps": "seats",
        "joining": "open",
        "expires_at": "2126-06-01T00:00:00.000Z",
        "phase": "place",
        "round": "huidig",
        "rounds/huidig": {"exercise": "schuifoefening", "label": "Huidig", "order": 0},
        "rounds/ambitie": {"exercise": "schuifoefening", "label": "Ambitie", "order": 1},
    }


def test_settings_of_the_werkplaats() -> None:
    """WP1: a room opens with the settings and rounds of its werkplaats, in their order."""
    rounds = [
        RoundSettings("z", "schuifoefening", "Eerst"),
        RoundSettings("a", "schuifoefening", "Dan"),
    ]
    fields = wp.room_fields(
        werkplaats(visibility="hidden", steps="facilitator", wijk=True, rounds=rounds),
        RoomRequest("Zonnedorp"),
    )
    assert (fields[f.VISIBILITY], fields[f.STEPS], fields[f.WIJK]) == (
        "hidden",
        "facilitator",
        True,
    )
    assert fields[f.ROUND] == "z"
    assert [fields[f.round_(one)]["order"] for one in ("z", "a")] == [0, 1]
    assert f.round_("huidig") not in fields


@pytest.mark.parametrize(
    ("role", "expected"),
    [
        ("veiligheid", Role("veiligheid", "Veiligheid")),
        ("sociaal", Role("sociaal", "Sociaal domein")),
        ("onderwijs", Role("onderwijs", "Onderwijs")),
        (Role("sociaal", "Welzijn"), Role("sociaal", "Welzijn")),
    ],
)
def test_label(role: str | Role, expected: Role) -> None:
    """WP2: a role with a label keeps it, and one without gets the label of the domain."""
    assert wp.with_label(role) == expected


def test_roles_of_a_room() -> None:
    """WP2: a room with roles of its own has those alone."""
    request = RoomRequest("Zonnedorp", roles=["wijkambtenaar", Role("groen", "Groen en grijs")])
    assert wp.room_fields(werkplaats(), request)[f.ROLES] == [
        {"id": "wijkambtenaar", "label": "Wijkambtenaar"},
        {"id": "groen", "label": "Groen en grijs"},
    ]


def test_what_is_the_facilitators() -> None:
    """WP4: who is expected and the number of the call are private, questions are the room's."""
    request = RoomRequest(
        "Zonnedorp",
        questions=["Hoe beginnen we?", "En dan?"],
        expected={"sociaal": "Noor"},
        call="7",
    )
    fields = wp.room_fields(werkplaats(), request)
    assert fields["~expected"] == {"sociaal": "Noor"}
    assert fields["~call"] == "7"
    assert fields["question/vraag-1/text"] == "Hoe beginnen we?"
    assert fields["question/vraag-2/text"] == "En dan?"


def test_nothing_is_left_empty() -> None:
    """RM2: null never stands in a map, so what was not asked for is absent."""
    fields = wp.room_fields(werkplaats(), RoomRequest("Zonnedorp"))
    assert None not in fields.values()
    assert not {f.WIJK, f.EXPECTED, f.CALL, f.LOCKED, f.HELP} & fields.keys()


@pytest.mark.parametrize("clear", [False, True])
def test_freed(clear: bool) -> None:
    """RM7: of the seat alone what the rule names is removed; words and positions when cleared."""
    fields = dict.fromkeys(
        [
            "seat/sociaal",
            "~token/sociaal",
            "done/huidig/sociaal",
            "done/ambitie/sociaal",
            "agreed/huidig/sociaal/bestuur",
            "proposal/sociaal",
            "position/huidig/sociaal/bestuur",
            "reason/ambitie/sociaal/bestuur",
            "minority/huidig/sociaal/bestuur",
            "seat/fysiek",
            "~token/fysiek",
            "done/huidig/fysiek",
            "position/huidig/fysiek/bestuur",
            "proposal/fysiek",
            "consensus/huidig/bestuur",
            "settled/huidig/bestuur",
            "phase",
        ],
        1,
    )
    expected = list(fields)[: 9 if clear else 6]
    assert wp.freed(fields, "sociaal", clear=clear) == dict.fromkeys(expected)
    assert wp.freed(fields, "veiligheid", clear=clear) == {}


def test_expiry() -> None:
    """WP3: a werkplaats ends so many days after it was made, at that moment and not before."""
    expires_at = wp.expiry(NOW, 30)
    assert expires_at == "2026-04-01T13:00:00.000Z"
    end = datetime(2026, 4, 1, 13, 0, tzinfo=UTC)
    assert wp.expired(expires_at, end)
    assert wp.expired(expires_at, end + timedelta(days=400))
    assert not wp.expired(expires_at, end - timedelta(milliseconds=1))


@pytest.mark.parametrize(("ids", "expected"), [([], True), (["a", "b"], True), (["a", "a"], False)])
def test_unique(ids: list[str], expected: bool) -> None:
    """WP1: ids that are named twice are told from those that are not."""
    assert wp.unique(ids) is expected

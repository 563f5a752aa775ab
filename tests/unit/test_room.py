"""Codes, tokens, times, and the views on a room's map."""

import re
from datetime import UTC, datetime, timedelta, timezone
from hashlib import sha256
from typing import Any

import pytest

from sessions import fields as f
from sessions import room as r
from sessions.fields import Fields
from tests.rooms import (
    AMBITIE,
    FYSIEK,
    HUIDIG,
    SLIDERS,
    SOCIAAL,
    TRIO,
    WIJKAMBTENAAR,
    new_room,
    place,
    view,
)


def test_codes() -> None:
    """RM4: six characters of 29 letters and digits, none of which look alike."""
    assert len(set(r.CODE_LETTERS)) == len(r.CODE_LETTERS) == 29
    assert not set(r.CODE_LETTERS) & set("ilo0125")
    codes = {r.new_code() for _ in range(3000)}
    assert all(re.fullmatch(f"[{r.CODE_LETTERS}]{{6}}", code) for code in codes)
    assert len(codes) > 2990
    assert set("".join(codes)) == set(r.CODE_LETTERS)


def test_tokens() -> None:
    """RM5: at most 64 URL-safe characters with 128 random bits or more, each of its own."""
    tokens = {r.new_token() for _ in range(500)}
    assert len(tokens) == 500
    assert all(re.fullmatch(r"[A-Za-z0-9_-]{22,64}", token) for token in tokens)


def test_digests() -> None:
    """RM6: what is kept of a token is its SHA-256, which fits that token alone."""
    token = r.new_token()
    digest = r.hashed(token)
    assert digest == sha256(token.encode()).hexdigest()
    assert r.matches(token, digest)
    assert not r.matches(token + "x", digest)
    assert not r.matches("", digest)
    assert not r.matches(digest, digest)
    assert not r.matches(token, None)


@pytest.mark.parametrize("token", ["\ud800", "é", "\x00", "x" * 10_000])
def test_any_text_may_be_asked(token: str) -> None:
    """RM6: a token of any shape is compared, not choked on."""
    assert not r.matches(token, r.hashed("een"))
    assert r.matches(token, r.hashed(token))


@pytest.mark.parametrize(
    ("moment", "text"),
    [
        (datetime(2026, 3, 2, 13, 0, tzinfo=UTC), "2026-03-02T13:00:00.000Z"),
        (datetime(2026, 3, 2, 13, 0, 1, 999_999, tzinfo=UTC), "2026-03-02T13:00:01.999Z"),
        (
            datetime(2026, 3, 2, 0, 30, tzinfo=timezone(timedelta(hours=1))),
            "2026-03-01T23:30:00.000Z",
        ),
    ],
)
def test_times(moment: datetime, text: str) -> None:
    """RM8: a time is UTC with milliseconds and `Z`."""
    assert r.stamp(moment) == text


def test_order_of_roles_and_rounds() -> None:
    """RM1: roles and rounds come in the order of their settings."""
    room = view(new_room())
    assert room.roles == list(TRIO)
    assert room.rounds == [HUIDIG, AMBITIE]


def test_seated() -> None:
    """RM1: a seat is taken when it stands in the map, online or not."""
    assert view(new_room((FYSIEK, WIJKAMBTENAAR)), ()).seated == [WIJKAMBTENAAR, FYSIEK]


@pytest.mark.parametrize(
    ("settings", "sliders"), [({}, SLIDERS), ({"wijk": True}, (*SLIDERS, "wijk"))]
)
def test_panel(settings: dict[str, Any], sliders: tuple[str, ...]) -> None:
    """SL4: the panel has the optional slider only where it was asked for."""
    assert view(new_room(**settings)).sliders() == sliders


def filled() -> Fields:
    fields = new_room()
    place(fields, WIJKAMBTENAAR, 10, "unknown", None, 50, 0)
    place(fields, SOCIAAL, 20, 30, "unknown", None, 100)
    place(fields, SOCIAAL, 99, round_id=AMBITIE)
    return fields


def test_four_states() -> None:
    """SL1: not yet, "weet ik niet", no choice and a position are four different things."""
    room = view(filled())
    assert [room.value(WIJKAMBTENAAR, slider) for slider in SLIDERS] == [10, "unknown", None, 50, 0]
    assert room.value(SOCIAAL, "positionering", AMBITIE) == 99
    assert room.value(FYSIEK, "bestuur") is None


def test_unknown_counts_nowhere() -> None:
    """SL2: "weet ik niet" is no position of a slider or a panel, and is handled."""
    room = view(filled())
    assert room.positions("positionering") == {WIJKAMBTENAAR: 10, SOCIAAL: 20}
    assert room.positions("proces-gemeente") == {SOCIAAL: 30}
    assert room.positions("proces-bewoners") == {}
    assert room.positions("positionering", AMBITIE) == {SOCIAAL: 99}
    assert room.placed()[WIJKAMBTENAAR] == {"positionering": 10, "bestuur": 50, "communicatie": 0}
    assert room.placed(AMBITIE)[SOCIAAL] == {"positionering": 99}
    assert room.unhandled(WIJKAMBTENAAR) == ["proces-bewoners"]
    assert room.unhandled(SOCIAAL) == ["bestuur"]
    assert room.unhandled(FYSIEK) == list(SLIDERS)


def test_positions_of_no_role_do_not_count() -> None:
    """DG1: only the roles of the room have a say in its spread."""
    fields = filled()
    fields[f.position(HUIDIG, "veiligheid", "positionering")] = 90
    assert view(fields).positions("positionering") == {WIJKAMBTENAAR: 10, SOCIAAL: 20}


def test_consensus_with_zero() -> None:
    """AG1: a shared slider at 0 has a value; one without a field has none."""
    fields = filled()
    fields[f.consensus(HUIDIG, "bestuur")] = 0
    fields[f.consensus(AMBITIE, "communicatie")] = 70
    assert view(fields).consensus() == {"bestuur": 0}
    assert view(fields).consensus(AMBITIE) == {"communicatie": 70}


def test_words_count_only_as_they_are() -> None:
    """AG2: an agreement on another value is no agreement, and 1 is not `true`."""
    fields = new_room()
    fields[f.agreed(HUIDIG, SOCIAAL, "bestuur")] = 40
    fields[f.agreed(HUIDIG, FYSIEK, "bestuur")] = "differ"
    room = view(fields)
    assert room.agreeing("bestuur", 40) == [SOCIAAL]
    assert room.agreeing("bestuur", 41) == []
    assert room.agreeing("bestuur", "differ") == [FYSIEK]
    assert room.agreeing("bestuur", 40, AMBITIE) == []


def test_present_are_those_online_too() -> None:
    """AG3: who is online is present, whoever else is."""
    room = view(new_room(), [SOCIAAL], [FYSIEK])
    assert room.online == {SOCIAAL}
    assert room.present == {SOCIAAL, FYSIEK}
    assert r.GRACE_SECONDS == 30

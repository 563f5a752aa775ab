"""The quick way to read a move takes nothing that the ordinary one refuses or reads otherwise."""

import json

from hypothesis import example, given
from hypothesis import strategies as st

from sessions.commands import Command, Move
from sessions.errors import Refusal
from sessions.protocol import decode
from tests.rooms import SLIDERS

keys = st.sampled_from(("slider", "slider", "value", "value", "round", "role", "", "valu\\u0065"))
raw_values = st.sampled_from(
    (
        *('"bestuur"', '"be\\u0073tuur"', '"huidig"', '"unknown"', '"Unknown"', '"wijk"', '""'),
        *('"\\ud800"', '"\\udc00\\ud800"', '"\\ud83d\\ude42"', '"a\\u0000"', '"bestuur\\n"', '"é"'),
        *("0", "-0", "42", "100", "101", "-1", "42.0", "42.5", "1e1", "1E+1", "4.2e1", "-0.0"),
        *("1e400", "1e-400", "NaN", "Infinity", "-Infinity", "9" * 30, "9" * 400, "042", "+1"),
        *("true", "false", "null", "nul", "[]", "[42]", "{}", '{"a":1}', "[" * 200 + "]" * 200),
        *("0x10", "1_0", "٤٢", '"42"', "'bestuur'", "42//", "18446744073709551616"),
    )
)
spaces = st.sampled_from(("", "", "", " ", "\n", "\t \r", "\u00a0", "\ufeff", "\x00", "/**/"))


@st.composite
def payloads(draw: st.DrawFn) -> str:
    """What stands where a payload should: objects in good order, nearly so, or not at all."""
    if draw(st.integers(0, 3)) == 0:
        text: str = draw(raw_values | st.text(max_size=20) | st.text('{}[]",: e+-.', max_size=30))
        return text
    good = [
        ("slider", json.dumps(draw(st.sampled_from((*SLIDERS, "wijk"))))),
        ("value", draw(st.integers(-2, 103).map(str) | st.sampled_from(('"unknown"', "null")))),
    ]
    if draw(st.booleans()):
        good.append(("round", draw(st.sampled_from(('"huidig"', '"ambitie"', "null")))))
    for key, value in draw(st.lists(st.tuples(keys, raw_values), max_size=2)):
        good.insert(draw(st.integers(0, len(good))), (key, value))
    pairs = draw(st.permutations(good))
    space = [draw(spaces) for _ in range(4)]
    inside = ",".join(f'{space[0]}"{key}"{space[1]}:{value}' for key, value in pairs)
    ending = draw(st.sampled_from(("", "", "", "", ",", "}", ',{"slider":"bestuur"}', " x")))
    return f"{space[2]}{{{inside}}}{space[3]}{ending}"


def ordinary(text: str) -> Command | None:
    """The command of the event that holds this text, read as every event is; none if refused."""
    try:
        name, *args = json.loads(f'["move",{text}]')
        return decode.event(name, args)
    except (ValueError, RecursionError, Refusal):
        return None


@given(payloads())
@example('{"slider":"bestuur","value":42.0}')
@example('{"slider":"bestuur","value":1e1}')
@example('{"slider":"bestuur","value":1,"value":2}')
@example('{"slider":"bestuur","value":42},{"slider":"proces"}')
@example('{"slider":"bestuur","value":42}\n')
@example('{"slider":"bestuur","value":42,"round":"\ud800"}')
@example("[" * 100_000)
def test_the_quick_way_reads_what_the_ordinary_one_reads(text: str) -> None:
    """PR6: a move that is taken at once is the one that the event would have been."""
    quick = decode.move(text)
    if quick is not None:
        assert quick == ordinary(text)


@given(st.builds(Move, st.sampled_from(SLIDERS), st.integers(0, 100) | st.just("unknown")))
def test_good_moves_go_the_quick_way(move: Move) -> None:
    """PR2: what clients send is taken at once, in the words and spaces of their own JSON."""
    payload = {"slider": move.slider, "value": move.value}
    for text in (json.dumps(payload), json.dumps(payload, separators=(",", ":"))):
        assert decode.move(text) == move == ordinary(text)

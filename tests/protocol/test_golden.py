"""The golden messages: what the models write, what the schema says, and what they add up to.

`GOLDEN_WRITE=1 pytest tests/protocol` writes the files anew, for a change that is meant.
"""

import json
import os
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from tests.protocol.story import golden

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "tests" / "golden"
SCHEMA = json.loads((ROOT / "docs" / "protocol.schema.json").read_text(encoding="utf-8"))
GOLDEN = golden()
ROOMS = {"type": "object", "additionalProperties": {"$ref": "#/$defs/Summary"}}
"""The message `rooms` has no model of its own: it is a table of summaries."""


def read(name: str) -> Any:
    """A golden message as it stands in its file."""
    return json.loads((FOLDER / f"{name}.json").read_text(encoding="utf-8"))["message"]


def reduced(snapshot: dict[str, Any], *frames: dict[str, Any]) -> dict[str, Any]:
    """A snapshot's fields after frames."""
    fields = {**snapshot["fields"]}
    for frame in frames:
        fields.update(frame["set"])
    return {key: value for key, value in fields.items() if value is not None}


def test_the_files_are_the_messages() -> None:
    """Every file holds exactly what the models write now, and there is no other file."""
    if os.environ.get("GOLDEN_WRITE"):
        for path in FOLDER.glob("*.json"):
            path.unlink()
        for name, message in GOLDEN.items():
            text = json.dumps(message, indent=2, ensure_ascii=False) + "\n"
            (FOLDER / f"{name}.json").write_text(text, encoding="utf-8")
    assert {path.stem for path in FOLDER.iterdir()} == set(GOLDEN)
    for name, message in GOLDEN.items():
        found = json.loads((FOLDER / f"{name}.json").read_text(encoding="utf-8"))
        assert found == message, f"{name} changed: where that is meant, run with GOLDEN_WRITE=1"


@pytest.mark.parametrize("name", GOLDEN)
def test_every_message_fits_the_schema(name: str) -> None:
    """A message is what the schema says, and has no key that the schema does not know."""
    model = GOLDEN[name]["schema"]
    schema = ROOMS if model == "Rooms" else {"$ref": f"#/$defs/{model}"}
    strict = {**schema, "$defs": SCHEMA["$defs"], "unevaluatedProperties": False}
    jsonschema.Draft202012Validator(strict).validate(read(name))


def test_the_schema_is_a_schema() -> None:
    """Every definition is a valid JSON Schema by itself."""
    for definition in SCHEMA["$defs"].values():
        jsonschema.Draft202012Validator.check_schema(definition)


def test_a_reveal_turns_the_one_snapshot_into_the_other() -> None:
    """What a stranger and a seat saw, with the frame of the reveal, is what all see after it."""
    after = read("snapshot-revealed")
    for snapshot, frame in (
        ("snapshot-hidden-stranger", "frame-reveal"),
        ("snapshot-hidden-seat", "frame-reveal-seat"),
    ):
        assert reduced(read(snapshot), read(frame)) == after["fields"]
        assert read(frame)["seq"] == after["seq"]
        assert read(frame)["insight"] == after["insight"]


def test_hidden_messages_hide() -> None:
    """No stranger's message of a hidden round has a position, a reason or an insight."""
    stranger, seat = read("snapshot-hidden-stranger"), read("snapshot-hidden-seat")
    kinds = {key.split("/")[0] for key in stranger["fields"]}
    assert "placed" in kinds
    assert not kinds & {"position", "reason"}
    assert stranger["insight"]["seats"] == {}
    own = {key for key in seat["fields"] if key.startswith(("position/", "reason/"))}
    assert len(own) == 6
    assert all("/fysiek/" in key for key in own)
    assert seat["insight"]["seats"].keys() == {"fysiek"}
    (summary,) = read("overview-hidden")["rooms"].values()
    assert not any(summary["positions"].values())
    assert summary["progress"] == {"wijkambtenaar": 5, "sociaal": 5, "fysiek": 5}


def test_a_frame_adds_to_its_snapshot() -> None:
    """Frames after the live snapshot follow on it by one, with and without insight."""
    snapshot = read("snapshot-live")
    first, second = read("frame-with-insight"), read("frame-without-insight")
    assert [first["seq"], second["seq"]] == [snapshot["seq"] + 1, snapshot["seq"] + 2]
    assert "insight" in first
    assert "insight" not in second
    fields = reduced(snapshot, first, second)
    assert fields["position/huidig/wijkambtenaar/bestuur"] == 31
    assert not any(key.startswith("~") for key in fields)


def test_the_outcome_explains_itself() -> None:
    """The frame of the outcome has the distances, the tipping point and what was settled."""
    frame = read("frame-outcome")
    consensus = frame["insight"]["consensus"]
    assert consensus["verdict"] in {"open", "own", "between", "clear"}
    assert all(one["sliders"] for one in consensus["ranking"])
    tipping = consensus["tipping"]
    assert tipping["profile"] != consensus["ranking"][0]["profile"]
    assert tipping["value"] != tipping["to"]
    settled = {key: value for key, value in frame["set"].items() if key.startswith("settled/")}
    assert settled == {
        "settled/huidig/positionering": {
            "value": 25,
            "roles": ["wijkambtenaar", "sociaal", "fysiek"],
        },
        "settled/huidig/proces-gemeente": {
            "value": "differ",
            "roles": ["wijkambtenaar", "sociaal", "fysiek"],
        },
    }


def test_no_message_has_a_secret() -> None:
    """No private key of the server stands in any message."""
    for name in GOLDEN:
        assert '"~' not in json.dumps(read(name)), name

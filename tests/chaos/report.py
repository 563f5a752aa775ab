"""A run that went wrong, to be read by people."""

import re
from collections.abc import Iterator

from tests.chaos.record import Record

FIRST = 4
"""So many faults of each check are told."""
AROUND = 14
"""So many events that touch a field are told before its end."""


def report(seed: str, record: Record, found: dict[str, list[str]]) -> str:
    """The seed, what is wrong by check, what happened to the fields in question, the faults."""
    lines = [f"CHAOS_SEED={seed}", summary(record)]
    for check, wrong in found.items():
        lines.append(f"-- {check}: {len(wrong)}")
        for one in wrong[:FIRST]:
            lines.append(f"   * {one[:2000]}")
            lines += [f"       {line}" for line in _around(record, one)]
    began = record.faults[0].began if record.faults else 0.0
    lines.append("-- the faults")
    lines += [
        f"   {one.began - began:8.3f} {one.ended - began:8.3f} {one.what}" for one in record.faults
    ]
    return "\n".join(lines)


def summary(record: Record) -> str:
    """How much happened."""
    accepted = sum(op.seq is not None for op in record.ops)
    unknown = sum(op.unknown for op in record.ops)
    batches = sum(len(one) for one in record.batches.values())
    settled = sum(
        key.startswith("settled/") and value is not None
        for one in record.batches.values()
        for batch in one.values()
        for key, value in batch.items()
    )
    claims = [call for call in record.calls if call.what == "claim"]
    return (
        f"{len(record.ops)} events ({accepted} accepted, {unknown} unknown), {batches} batches, "
        f"{len(record.shown)} shown, {len(record.links)} connections, {len(claims)} claims "
        f"({sum(call.status == 409 for call in claims)} lost), {settled} settled, "
        f"{len(record.faults)} faults"
    )


def _around(record: Record, wrong: str) -> Iterator[str]:
    """What happened to the field that a sentence names, in the room that it names."""
    code = next((code for code in record.began if code in wrong), None)
    key = re.search(r"\b(?:position|reason|done|agreed|consensus|proposal)/[a-z/-]+", wrong)
    if code is None or key is None:
        return
    began = record.faults[0].began if record.faults else 0.0
    *_, slider = key[0].split("/")
    events: list[tuple[float, str]] = []
    for seq, changes in record.batches[code].items():
        if key[0] in changes:
            at = record.at[code][seq]
            events.append((at, f"batch {seq}: {changes[key[0]]!r}"))
    for op in record.ops:
        if op.code == code and op.payload.get("slider") == slider and op.viewer in key[0]:
            told = f"seq {op.seq}" if op.seq is not None else op.refused or "no answer"
            what = f"{op.event} {op.payload} on {op.link}: {told} at {op.answered - began:.3f}"
            events.append((op.sent, what))
    for call in record.calls:
        if call.code == code and call.role in key[0]:
            what = f"{call.what} at {call.worker}: {call.status} at {call.answered - began:.3f}"
            events.append((call.sent, what))
    for at, what in sorted(events)[-AROUND:]:
        yield f"{at - began:8.3f} {what}"

"""What must be true of every run, however it went: pure functions of what was recorded.

Each answers what is wrong, one sentence a fault; nothing when all is well.
"""

from collections.abc import Callable, Mapping
from typing import Any

from sessions import fields as f
from sessions.errors import Code
from tests.chaos import rights, tokens
from tests.chaos.record import NEVER, Record, Shown
from tests.chaos.story import Write, batches, public, replay, seats_of, writes


def equal_views(views: Mapping[str, Any]) -> list[str]:
    """Whoever looks sees the same: every view is compared with the first."""
    names = list(views)
    return [
        f"{name} differs from {names[0]}: {differences(views[name], views[names[0]])}"
        for name in names[1:]
        if views[name] != views[names[0]]
    ]


def differences(one: Any, other: Any, path: str = "") -> str:
    """Where two values differ, to be read by people."""
    if isinstance(one, dict) and isinstance(other, dict):
        return "; ".join(
            differences(one.get(key, ...), other.get(key, ...), f"{path}{key} ")
            for key in sorted({*one, *other}, key=str)
            if one.get(key, ...) != other.get(key, ...)
        )
    if isinstance(one, tuple) and isinstance(other, tuple):
        pairs = zip(one, other, strict=True)
        return "; ".join(differences(*pair, path) for pair in pairs if pair[0] != pair[1])
    return f"{path}is {one!r} and not {other!r}"


def registers(record: Record) -> list[str]:
    """What was acknowledged is there, unless something later took its place (ST1)."""
    wrong = []
    for (code, key), all_writes in sorted(writes(record).items(), key=lambda one: one[0]):
        if f.kind(key) == "consensus":
            continue  # Of all seats together: the replay looks at these.
        final = record.ended[code].fields.get(key)
        before = record.began[code].fields.get(key)
        first = Write(before, -NEVER, -NEVER, -2, 0, None, certain=True, what="as it began")
        candidates = [first, *all_writes]
        left = [one for one in candidates if not any(other.follows(one) for other in all_writes)]
        possible = [one.value for one in left]
        if final not in possible:
            wrong.append(f"{code} {key} is {final!r}; possible: {_told(left)}")
    return wrong


def _told(left: list[Write]) -> str:
    return ", ".join(f"{one.value!r} ({one.what}, seq {one.seq})" for one in left[-6:])


def acknowledged(record: Record) -> list[str]:
    """What was accepted with a seq stands in the batch with that seq, or a later word of it."""
    wrong = []
    known = {code: batches(record, code) for code in record.began}
    for (code, key), all_writes in writes(record).items():
        for one in all_writes:
            if one.seq is None or one.seq not in known[code]:
                continue
            batch = known[code][one.seq]
            allowed = [
                other.value
                for other in all_writes
                if other.seq in (None, one.seq) and not one.follows(other)
            ]
            # A position that was taken back takes back what was done, where it was done.
            excused = f.kind(key) == "done" and one.what.startswith("move")
            if key not in batch and not excused:
                wrong.append(f"{code} {key}: {one.what} is not in batch {one.seq}: {batch}")
            elif key in batch and batch[key] not in allowed:
                wrong.append(f"{code} {key} in batch {one.seq}: {batch[key]!r} and not {one.what}")
    return wrong


def shown(record: Record) -> list[str]:
    """What anybody was shown is what was stored, all of it, and never goes back."""
    wrong = []
    for code in record.began:
        known = batches(record, code)
        links = seats_of(record.links, code)
        at: dict[int, int] = {}
        for one in record.shown:
            if one.link in links:
                wrong += [
                    f"{code} {links[one.link].client} (connection {one.link}): {what}"
                    for what in _frame(one, at.get(one.link), known)
                ]
                at[one.link] = one.seq
        wrong += _snapshots(record, code, set(links))
    return wrong


def _frame(one: Shown, last: int | None, known: dict[int, dict[str, Any]]) -> list[str]:
    if one.whole:
        return []
    if last is None:
        return [f"frame {one.seq} before any snapshot"]
    if one.seq < last:
        return [f"frame {one.seq} after {last}"]
    told = public(one.fields)
    between = [known.get(seq) for seq in range(last + 1, one.seq + 1)]
    stored: dict[str, Any] = {}
    for batch in between:
        if batch is None:
            return []
        stored.update(public(batch))
    if told == stored:
        return []
    return [f"frame {one.seq} after {last}: {differences(told, stored)}"]


def _snapshots(record: Record, code: str, links: set[int]) -> list[str]:
    """Snapshots against the room as the batches make it."""
    wrong = []
    seen: dict[int, list[Shown]] = {}
    for one in record.shown:
        if one.whole and one.link in links:
            seen.setdefault(one.seq, []).append(one)
    for step in replay(record, code):
        if step.before is None:
            continue
        for one in seen.get(step.seq - 1, []):
            if public(one.fields) != public(step.before):
                what = differences(public(one.fields), public(step.before))
                wrong.append(f"{code} snapshot {one.seq} of connection {one.link}: {what}")
    return wrong


def story(record: Record) -> list[str]:
    """The batches add up to the room in the store, and its history tells them without words."""
    wrong = []
    for code, (seq, fields) in record.ended.items():
        known = batches(record, code)
        beyond = [number for number in known if number > seq]
        if beyond:
            wrong.append(f"{code} ended at {seq}, and yet there was {sorted(beyond)}")
        *_, last = [None, *replay(record, code)]
        if last is not None and last.seq == seq and last.before is not None:
            f.apply(last.before, last.changes)
            if public(last.before) != public(fields):
                what = differences(public(fields), public(last.before))
                wrong.append(f"{code} in the store: {what}")
        told: dict[str, Any] = {}
        for frame in record.kept[code]:
            f.apply(told, frame.set)
            batch = known.get(frame.seq)
            for key, value in frame.set.items():
                kept = None if batch is None else f.without_words(key, batch.get(key))
                if batch is not None and (key not in batch or kept != value):
                    wrong.append(f"{code} history {frame.seq}: {key} is {value!r}, not {kept!r}")
        wordless = {key: f.without_words(key, value) for key, value in public(fields).items()}
        told = {key: f.without_words(key, value) for key, value in told.items()}
        if told != wordless:
            wrong.append(f"{code} history adds up to: {differences(told, wordless)}")
    return wrong


def words(record: Record) -> list[str]:
    """Every refusal bears a word of the contract, and none was undeserved."""
    codes = {str(code) for code in Code} - {"too-large", "too-fast"}
    said = {op.refused for op in record.ops if op.refused} | set(record.bare)
    wrong = [f"refused with {code!r}" for code in sorted(said - codes)]
    known = {200, 201, 204, 401, 409, 503, 0}
    wrong += [f"{call}" for call in record.calls if call.status not in known]
    for one in record.denied:
        if one.word not in ("bad-token", "unavailable"):
            wrong.append(f"{one.client} was turned away: {one.word}")
    return wrong


CHECKS: dict[str, Callable[[Record], list[str]]] = {
    "what was found while it ran": lambda record: record.problems,
    "acknowledged writes survive": registers,
    "acknowledged writes stand in their batch": acknowledged,
    "what is shown is stored": shown,
    "the store tells one story": story,
    "nothing is stored that the rules forbid": rights.rights,
    "agreements are about what was shared": rights.agreements,
    "one token for each seat": tokens.tokens,
    "no undeserved refusals": words,
}


def verify(record: Record) -> dict[str, list[str]]:
    """What is wrong, by check; empty when all is well."""
    lost = [f"{code} is gone" for code in record.began if code not in record.ended]
    if lost:
        return {"rooms survive": lost}
    found = {name: check(record) for name, check in CHECKS.items()}
    return {name: wrong for name, wrong in found.items() if wrong}

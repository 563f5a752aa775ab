"""Who has a seat: at most one token is valid, and one that was freed opens nothing."""

from itertools import pairwise

from tests.chaos.record import Call, Record


def tokens(record: Record) -> list[str]:
    """Of racing claims one wins, and nobody acts in a seat that is not theirs any more (ST7)."""
    wrong = []
    places = {(call.code, call.role) for call in record.calls}
    for code, role in sorted(places):
        calls = [call for call in record.calls if (call.code, call.role) == (code, role)]
        wins = [call for call in calls if call.what == "claim" and call.status == 201]
        releases = [
            call for call in calls if call.what == "release" and (call.done or call.unknown)
        ]
        wrong += [f"{code} {role}: {what}" for what in _wins(wins, releases)]
        wrong += [f"{code} {role}: {what}" for what in _losses(calls, releases)]
        wrong += [f"{code} {role}: {what}" for what in _ghosts(record, wins, releases)]
        wrong += [f"{code} {role}: {what}" for what in _denied(record, wins, releases)]
    return wrong


def _wins(wins: list[Call], releases: list[Call]) -> list[str]:
    """Between two that got the seat somebody must have left it."""
    wrong = []
    ordered = sorted(wins, key=lambda call: call.answered)
    for first, second in pairwise(ordered):
        if not any(one.answered > first.sent and one.sent < second.answered for one in releases):
            wrong.append(f"claimed twice: {first} and {second}")
    return wrong


def _losses(calls: list[Call], releases: list[Call]) -> list[str]:
    """Who is told that a seat is taken is told so because somebody had it."""
    wrong = []
    for lost in calls:
        if lost.what != "claim" or lost.status != 409:
            continue
        holders = [
            one
            for one in calls
            if one.what == "claim"
            and (one.status == 201 or one.unknown)
            and one.sent < lost.answered
            and not any(
                free.done and one.answered < free.sent and free.answered < lost.sent
                for free in releases
            )
        ]
        if not holders:
            wrong.append(f"taken by nobody: {lost}")
    return wrong


def _ghosts(record: Record, wins: list[Call], releases: list[Call]) -> list[str]:
    """What was said after the seat was freed must not have been accepted (RU4)."""
    links = {link.number: link for link in record.links}
    freed = {
        win.token: min(
            (one.answered for one in releases if one.done and one.sent > win.answered),
            default=float("inf"),
        )
        for win in wins
    }
    return [
        f"accepted {op.sent - freed[links[op.link].token]:.3f} s after it was freed: {op}"
        for op in record.ops
        if op.link in links
        and op.seq is not None
        and op.sent > freed.get(links[op.link].token, float("inf"))
    ]


def _denied(record: Record, wins: list[Call], releases: list[Call]) -> list[str]:
    """Nobody who holds a seat is told that their token is bad."""
    wrong = []
    given = {win.token: win for win in wins}
    for one in record.denied:
        win = given.get(one.token)
        if win is None or one.word != "bad-token":
            continue
        if not any(free.answered > win.sent and free.sent < one.answered for free in releases):
            wrong.append(f"a good token was turned away: {one}")
    return wrong

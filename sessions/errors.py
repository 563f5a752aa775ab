"""Every way in which the core says no: one exception with one of these codes."""

from enum import StrEnum


class Code(StrEnum):
    """Why something was refused, in the order in which it is looked for (PR3)."""

    TOO_LARGE = "too-large"
    TOO_FAST = "too-fast"
    INVALID = "invalid"
    NOT_ALLOWED = "not-allowed"
    LOCKED = "locked"
    WRONG_PHASE = "wrong-phase"
    UNAVAILABLE = "unavailable"


class Refusal(Exception):
    """A command that changes nothing, with a code for programs and a sentence for people.

    `detail` is plain English for developers of clients; it never holds another user's data.
    `field` names the part of the command that is wrong, where one part is to blame.
    """

    def __init__(self, code: Code, detail: str, field: str | None = None) -> None:
        super().__init__(f"{code}: {detail}")
        self.code = code
        self.detail = detail
        self.field = field


class StoreUnavailable(Exception):
    """The store did not confirm: what was asked is not known to be stored (ST11)."""


class StoreUnusable(Exception):
    """The store cannot be opened at all; the message says what to do about it (ST9)."""


class StoreAway(Exception):
    """Nobody answers where the store should be; the message says so, and later may do."""


class ExerciseError(Exception):
    """An exercise file that breaks a rule; the message names the file and the key (EX1)."""


class CopyError(Exception):
    """A copy that is not read, or not kept; the message says why (ST15)."""

"""Loads an exercise from its data file and checks it, so that nothing wrong reaches a room (EX).

An exercise is data, not code: sliders, questions, profiles with their bands, texts and source.
A file that breaks a rule is refused at start with one line that names the file and the key.
"""

import hashlib
from functools import cached_property
from importlib import resources
from pathlib import Path
from typing import Annotated, Literal

import msgspec

from sessions.errors import ExerciseError

Id = Annotated[str, msgspec.Meta(pattern=r"\A[a-z0-9-]{1,23}\Z")]
Points = Annotated[int, msgspec.Meta(ge=0, le=100)]
Text = Annotated[str, msgspec.Meta(min_length=1, max_length=1000)]
Line = Annotated[str, msgspec.Meta(min_length=1, max_length=120)]
Certainty = Literal["gezegd", "afgeleid", "onzeker"]


class _Strict(msgspec.Struct, forbid_unknown_fields=True, frozen=True, kw_only=True):
    """Unknown keys are mistakes, not extensions."""


class Source(_Strict, frozen=True):
    """The publication that the facts come from."""

    title: Line
    publisher: Line
    year: int
    authors: list[Line] = []
    note: Text | None = None


class Example(_Strict, frozen=True):
    """A municipality that the source places at one end of a slider, with its year."""

    end: Literal["low", "high", "higher"]
    municipality: Line
    year: int
    text: Text
    place: Line


class Slider(_Strict, frozen=True):
    """One fader of the panel, 0 (low) to 100 (high)."""

    id: Id
    name: Line
    short: Annotated[str, msgspec.Meta(min_length=1, max_length=14)]
    explanation: Text
    high: Line
    low: Line
    high_text: Text
    low_text: Text
    features: list[Line]
    questions: list[Text]
    place: Line
    optional: bool = False
    """Context only: shown and discussed where a werkplaats asks for it, never in the match."""
    examples: list[Example] = []


class Band(_Strict, frozen=True):
    """Where a profile stands on a slider; both edges belong to it."""

    slider: Id
    low: Points
    high: Points
    weight: float
    certainty: Certainty
    place: Line
    why: Text
    match: Text

    @property
    def halves(self) -> int:
        """The weight in halves, so that sums stay whole: 2 for 1, 1 for ½."""
        return 2 if self.weight == 1 else 1


class Unscored(_Strict, frozen=True):
    """A slider on which a profile takes no stand, and why."""

    slider: Id
    why: Text
    place: Line


class Profile(_Strict, frozen=True):
    """One of the published forms that a panel is compared with."""

    id: Id
    name: Line
    short: Line
    summary: Text
    recognise: list[Text]
    assignment: Text
    part: Text
    attention: list[Text]
    risk: Text
    place: Line
    bands: list[Band]
    unscored: list[Unscored] = []


class Hint(_Strict, frozen=True):
    """Two things that often go together."""

    id: Id
    text: Text
    place: Line


class Card(_Strict, frozen=True):
    """A short side step in the conversation."""

    id: Id
    title: Line
    text: Text
    question: Text
    place: Line


class Content(_Strict, frozen=True):
    """The file as it stands, and as clients read it."""

    id: Id
    version: Annotated[str, msgspec.Meta(pattern=r"\A\d+\.\d+\.\d+\Z")]
    status: Literal["vastgesteld", "voorlopig"]
    method: Literal["profiles"]
    title: Line
    summary: Text
    instruction: Text
    reading: Text
    credit: Text
    source: Source
    sliders: Annotated[list[Slider], msgspec.Meta(min_length=1, max_length=20)]
    profiles: list[Profile] = []
    further_reading: list[Source] = []
    hints: list[Hint] = []
    cards: list[Card] = []


class Exercise:
    """A checked exercise, with what the rules need close at hand."""

    def __init__(self, content: Content) -> None:
        self.content = content
        self.id = content.id
        self.version = content.version
        self.profiles = content.profiles

    @cached_property
    def hash(self) -> str:
        """SHA-256 of the content in a canonical form; stands on every result (EX3)."""
        canonical = msgspec.json.encode(self.content, order="sorted")
        return hashlib.sha256(canonical).hexdigest()

    @cached_property
    def scored(self) -> tuple[str, ...]:
        """The sliders that count in the match and in `complete`, in panel order."""
        return tuple(slider.id for slider in self.content.sliders if not slider.optional)

    @cached_property
    def all(self) -> tuple[str, ...]:
        """Every slider, the optional ones too, in panel order."""
        return tuple(slider.id for slider in self.content.sliders)

    def sliders(self, *, optional: bool) -> tuple[str, ...]:
        """The sliders of a room's panel (SL4)."""
        return self.all if optional else self.scored


def parse(text: str, name: str) -> Exercise:
    """Reads one file's text; raises ExerciseError naming `name` and the key (EX1)."""
    try:
        content = msgspec.toml.decode(text, type=Content)
    except msgspec.DecodeError as error:
        raise ExerciseError(f"{name}: {error}") from None
    _check(content, name)
    return Exercise(content)


def _check(content: Content, name: str) -> None:
    """What types alone cannot say: references, order and edges (EX2)."""

    def unique(ids: list[str], key: str) -> None:
        twice = sorted({one for one in ids if ids.count(one) > 1})
        if twice:
            raise ExerciseError(f"{name}: `{key}` holds {', '.join(twice)} more than once")

    sliders = [slider.id for slider in content.sliders]
    scored = [slider.id for slider in content.sliders if not slider.optional]
    unique(sliders, "sliders[...].id")
    unique([profile.id for profile in content.profiles], "profiles[...].id")
    unique([hint.id for hint in content.hints], "hints[...].id")
    unique([card.id for card in content.cards], "cards[...].id")
    if not scored:
        raise ExerciseError(f"{name}: `sliders` has only optional sliders")
    for profile in content.profiles:
        where = f"profiles[{profile.id}]"
        named = [band.slider for band in profile.bands] + [u.slider for u in profile.unscored]
        unique(named, f"{where}.bands")
        for slider in named:
            if slider not in scored:
                raise ExerciseError(f"{name}: `{where}.bands` names {slider}, which is no slider")
        missing = [slider for slider in scored if slider not in named]
        if missing:
            raise ExerciseError(
                f"{name}: `{where}` says nothing of {', '.join(missing)}: give a band, or unscored"
            )
        for band in profile.bands:
            if band.low > band.high:
                raise ExerciseError(
                    f"{name}: `{where}.bands[{band.slider}]` runs from {band.low} to {band.high}"
                )
            if band.weight not in (0.5, 1):
                raise ExerciseError(
                    f"{name}: `{where}.bands[{band.slider}].weight` must be 1.0 or 0.5"
                )


def load(folder: Path | None = None) -> dict[str, Exercise]:
    """Every exercise in a folder (the ones that come with the product by default), by id (EX5)."""
    source = folder if folder is not None else resources.files("sessions") / "exercises"
    exercises: dict[str, Exercise] = {}
    if not source.is_dir():
        raise ExerciseError(f"{source} is no folder with exercise files (*.toml)")
    for file in sorted(source.iterdir(), key=lambda entry: entry.name):
        if not file.name.endswith(".toml"):
            continue
        try:
            text = file.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise ExerciseError(f"{file.name}: cannot be read: {error}") from None
        exercise = parse(text, file.name)
        if exercise.id in exercises:
            raise ExerciseError(f"{file.name}: `id` {exercise.id} is taken by another file")
        exercises[exercise.id] = exercise
    if not exercises:
        raise ExerciseError("no exercise file (*.toml) was found")
    return exercises

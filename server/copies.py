"""`export` and `import`: the files, what comes into a store and what does not, and what is said."""

import os
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from enum import Enum
from pathlib import Path
from typing import BinaryIO

from server.storing import open_source, open_store
from sessions import fields as f
from sessions.errors import CopyError, StoreAway, StoreUnavailable
from sessions.room import stamp
from sessions.store import Store, copy
from sessions.store.copy import Counts
from sessions.store.port import CodeTaken, Saved
from sessions.werkplaats import Werkplaats

Say = Callable[[str], None]
STANDARD = Path("-")
"""Standard input or output, in the place of a file."""


class Out(Enum):
    """Why a werkplaats of a copy stays out."""

    EXPIRED = "expired"
    THERE = "exists already"
    TAKEN = "has a code that another one has"
    UNDERWAY = "is being made or deleted at this moment: try again in a minute"


# Export


def write_copy(url: str, path: Path, say: Say) -> str:
    """Writes a copy of a store; answers a line about it."""
    with closing(open_source(url, say)) as source:
        try:
            with _standard_output() if path == STANDARD else _replacing(path) as file:
                counts = copy.write(source, _now(), file.write)
        except StoreUnavailable as error:
            raise StoreAway(f"the copy is not complete: {error}") from None
        except OSError as error:
            raise CopyError(f"{path} cannot be written: {error.strerror or error}") from None
    return f"{_told(counts)} copied"


@contextmanager
def _standard_output() -> Iterator[BinaryIO]:
    with open(sys.stdout.fileno(), "wb", closefd=False) as file:
        yield file


@contextmanager
def _replacing(path: Path) -> Iterator[BinaryIO]:
    """A file for its owner alone, which takes the name `path` once it is whole and on disk."""
    path = path.resolve()
    if path.exists() and not _may_be_replaced(path):
        raise CopyError(f"{path} is there already and is no copy: give another name")
    number, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(number, "wb") as file:
            yield file
            file.flush()
            os.fsync(number)
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink()
        raise


def _may_be_replaced(path: Path) -> bool:
    """True for a copy of before, and for what holds nothing; never for a store."""
    if not path.is_file():
        return False
    with path.open("rb") as file:
        return file.read(len(copy.BEGINNING)) in (copy.BEGINNING, b"")


# Import


def read_copy(url: str, path: Path, say: Say, *, skip_existing: bool) -> str:
    """Brings a copy into a store; answers a line about it.

    CopyError where the copy is not whole or meets what is there: then nothing has changed.
    """
    try:
        with _opened(path) as file:
            start = file.tell()
            try:
                found = [saved.werkplaats for saved in copy.read(copy.lines(file))]
            except CopyError as error:
                raise CopyError(f"nothing was imported: {error}; use another copy") from None
            file.seek(start)
            # Only now: what is no copy makes no store either.
            with closing(open_store(url, say)) as store:
                return _bring_in(store, file, found, skip_existing=skip_existing)
    except OSError as error:
        raise CopyError(f"{path} cannot be read: {error.strerror or error}") from None


@contextmanager
def _opened(path: Path) -> Iterator[BinaryIO]:
    """A file that can be read twice; what cannot is kept in one without a name meanwhile."""
    with sys.stdin.buffer if path == STANDARD else path.open("rb") as given:
        if given.seekable():
            yield given
            return
        with tempfile.TemporaryFile() as file:
            shutil.copyfileobj(given, file)
            file.seek(0)
            yield file


def _bring_in(
    store: Store, file: BinaryIO, found: Sequence[Werkplaats], *, skip_existing: bool
) -> str:
    now = _now()
    try:
        store.purge(now)  # What had to be gone, and what was left half-way, is in nobody's way.
        store.tidy()
        out = {one.id: why for one in found if (why := _out(store, one, now))}
    except StoreUnavailable as error:
        raise StoreAway(f"nothing was imported: {error}") from None
    _refuse(out, skip_existing=skip_existing)
    done = _keep(store, copy.read(copy.lines(file)), out)
    return "; ".join([f"{_told(done)} imported", *_left_out(out)])


def _keep(store: Store, found: Iterator[Saved], out: Mapping[str, Out]) -> Counts:
    done = Counts(0, 0)
    try:
        for saved in found:
            if saved.werkplaats.id not in out:
                store.restore(saved)
                done = Counts(done.werkplaatsen + 1, done.rooms + len(saved.rooms))
    except CodeTaken:
        raise CopyError(f"a code came into use meanwhile; {_again(done)}") from None
    except CopyError as error:
        raise CopyError(f"the file was changed meanwhile: {error}; {_again(done)}") from None
    except StoreUnavailable as error:
        raise StoreAway(f"{error}; {_again(done)}") from None
    return done


def _out(store: Store, werkplaats: Werkplaats, now: str) -> Out | None:
    """Why a werkplaats of a copy cannot come in, if it cannot."""
    if werkplaats.expires_at <= now:
        return Out.EXPIRED
    if store.werkplaats(werkplaats.id) is not None:
        return Out.THERE
    rooms = store.rooms(werkplaats.rooms).values()
    if any(room.fields.get(f.WERKPLAATS) == werkplaats.id for room in rooms):
        return Out.UNDERWAY
    if rooms or store.by_join_code(werkplaats.join_code) is not None:
        return Out.TAKEN
    return None


def _refuse(out: Mapping[str, Out], *, skip_existing: bool) -> None:
    for id, why in out.items():
        if why is Out.UNDERWAY:
            raise CopyError(f"nothing was imported: werkplaats {id} {why.value}")
        if why is not Out.EXPIRED and not skip_existing:
            raise CopyError(
                f"nothing was imported: werkplaats {id} {why.value} "
                "(--skip-existing imports the others)"
            )


# What is said


def _now() -> str:
    return stamp(datetime.now(UTC))


def _told(counts: Counts) -> str:
    return f"{counts.werkplaatsen} werkplaatsen with {counts.rooms} rooms"


def _again(done: Counts) -> str:
    return f"before that {_told(done)} were imported: import again with --skip-existing"


def _left_out(out: Mapping[str, Out]) -> Iterator[str]:
    """What stayed out: how many, and by name those that are not there under their own id."""
    for why in (Out.EXPIRED, Out.THERE, Out.TAKEN):
        ids = [id for id, found in out.items() if found is why]
        if ids:
            names = f" ({', '.join(ids)})" if why is Out.TAKEN else ""
            yield f"{len(ids)} left out: {why.value}{names}"

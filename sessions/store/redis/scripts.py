"""The scripts that run inside Redis; each `.lua` file tells its keys, arguments and returns."""

from hashlib import sha1
from importlib import resources
from typing import NamedTuple


class Script(NamedTuple):
    """A script and the digest by which a server knows it."""

    sha: str
    text: str


def _read(name: str) -> Script:
    text = resources.files(__package__).joinpath(f"{name}.lua").read_text(encoding="utf-8")
    return Script(sha1(text.encode(), usedforsecurity=False).hexdigest(), text)


APPLY = _read("apply")
LOAD = _read("load")
DROP = _read("drop")
ONLINE = _read("online")
SWAP = _read("swap")
HISTORY = _read("history")
SAVE = _read("save")

"""What it was measured on and with; nothing that tells whose machine it is."""

import json
import os
import platform
import re
from importlib.metadata import version
from pathlib import Path

import msgspec

from scripts.benchmark.processes import ROOT, version_of

PACKAGES = ("Flask-SocketIO", "python-socketio", "eventlet", "redis")
PEERS = ("socket.io", "@colyseus/core", "ws")


class Machine(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The machine, and the versions of all that took part."""

    cpu: str
    cores: int
    memory_gib: float
    kernel: str
    versions: dict[str, str]
    """By name; what is not there is left out."""


def machine() -> Machine:
    """This one."""
    pages, size = os.sysconf("SC_PHYS_PAGES"), os.sysconf("SC_PAGE_SIZE")
    return Machine(
        cpu=_cpu(Path("/proc/cpuinfo").read_text(encoding="utf-8")),
        cores=os.cpu_count() or 1,
        memory_gib=round(pages * size / 2**30, 1),
        kernel=platform.release(),
        versions={name: number for name, number in _versions().items() if number},
    )


def _cpu(cpuinfo: str) -> str:
    found = re.search(r"^model name\s*:\s*(.+)$", cpuinfo, re.MULTILINE)
    return found[1].strip() if found else platform.machine()


def _versions() -> dict[str, str]:
    peers = json.loads((Path(__file__).parent / "peers" / "package-lock.json").read_text("utf-8"))
    project = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    own = re.search(r'^version = "(.+)"$', project, re.MULTILINE)
    return {
        "Mengpaneel": own[1] if own else "",
        "Python": platform.python_version(),
        **{name: version(name) for name in PACKAGES},
        "Redis server": version_of(["redis-server", "--version"]),
        "nginx": version_of(["nginx", "-v"]),
        "Node": version_of(["node", "--version"]),
        **{name: peers["packages"][f"node_modules/{name}"]["version"] for name in PEERS},
    }

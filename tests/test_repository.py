"""What must hold for the repository itself: its files, their places and what they may name."""

import json
import os
import re
import shutil
import subprocess
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
FOLDERS = {".ci", "client", "docs", "scripts", "server", "sessions", "tests"}
LOCK_FILES = [
    *sorted(ROOT.glob("requirements*.txt")),
    ROOT / "client" / "package-lock.json",
    ROOT / "scripts" / "benchmark" / "peers" / "package-lock.json",
]

CHECKOUT_PATHS = r"(?<![\w.~*)}>-])/(?:home|Users|root|work|workspace|builds)/[\w.-]"
REGISTRY_HOSTS = (
    r"\b(?:pypi\.org|pythonhosted\.org|registry\.npmjs\.org|registry\.yarnpkg\.com|"
    r"(?:deb|security)\.debian\.org|docker\.io|ghcr\.io)\b"
)


def files() -> list[str]:
    """The files that git holds or would add, by their names from the root."""
    git = shutil.which("git")
    if git is None or not (ROOT / ".git").exists():
        pytest.skip("only a git work tree tells which files are the repository's")
    listed = subprocess.run(
        [git, "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    return sorted(name for name in listed.split("\0") if name and (ROOT / name).is_file())


def text(name: str) -> str:
    """A file's text; empty for a picture, a font and the like."""
    try:
        return (ROOT / name).read_text(encoding="utf-8")
    except UnicodeDecodeError:
        return ""


@pytest.mark.parametrize("lock", LOCK_FILES, ids=lambda lock: lock.name)
def test_lock_files_hold_no_address(lock: Path) -> None:
    """A lock file names packages, versions and hashes, never where to fetch or fund them."""
    addresses = lock.read_text(encoding="utf-8").count("://")
    assert addresses == 0, "run ./scripts/lock"


def test_python_locks_are_exact_and_hashed() -> None:
    """Every package in a Python lock has one exact version and at least one hash."""
    for lock in sorted(ROOT.glob("requirements*.txt")):
        joined = lock.read_text(encoding="utf-8").replace("\\\n", " ")
        packages = [line for line in joined.splitlines() if re.match(r"\w", line)]
        assert packages
        exact = re.compile(r"[\w.-]+(\[\w+\])?==\S+ .*--hash=sha256:[0-9a-f]{64}")
        assert [package for package in packages if not exact.match(package)] == []


@pytest.mark.parametrize(
    "pattern", [CHECKOUT_PATHS, REGISTRY_HOSTS], ids=["checkout paths", "registry hosts"]
)
def test_files_name_nothing_of_a_machine(pattern: str) -> None:
    """No file names a path of somebody's machine or the host of a package registry."""
    here = Path(__file__).relative_to(ROOT).as_posix()
    found = [
        f"{name}: {match[0]}"
        for name in files()
        if name != here
        for match in re.finditer(pattern, text(name))
    ]
    assert found == []


def test_files_stand_in_known_folders() -> None:
    """The top of the repository has the folders that the architecture names, and no others."""
    assert {name.split("/")[0] for name in files() if "/" in name} <= FOLDERS


def test_scripts_can_be_executed() -> None:
    """A file can be executed when, and only when, its first line says by what."""
    for name in files():
        if name.endswith(".lua"):
            continue  # Redis reads that line.
        assert os.access(ROOT / name, os.X_OK) == text(name).startswith("#!"), name


def test_shell_scripts_are_well_formed() -> None:
    """Every shell script passes the shell's own check."""
    scripts = [name for name in files() if re.match(r"#!.*\bbash\n|# shellcheck ", text(name))]
    assert {"scripts/run", "scripts/bench", "scripts/test", ".ci/run"} <= set(scripts)
    for name in scripts:
        subprocess.run(["bash", "-n", ROOT / name], check=True)


def test_changelog_keeps_its_form() -> None:
    """The changelog is in the Keep a Changelog form, with what is unreleased on top."""
    lines = text("CHANGELOG.md").splitlines()
    assert lines[0] == "# Changelog"
    releases = [line for line in lines if line.startswith("## ")]
    assert releases[0] == "## [Unreleased]"
    for release in releases[1:]:
        assert re.fullmatch(r"## \[\d+\.\d+\.\d+\](?: - \d{4}-\d\d-\d\d)?", release)
    kinds = {line.removeprefix("### ") for line in lines if line.startswith("### ")}
    assert kinds <= {"Added", "Changed", "Deprecated", "Removed", "Fixed", "Security"}


def test_the_version_is_the_same_everywhere() -> None:
    """The project, its client and its catalogue entry carry the changelog's latest version."""
    version = tomllib.loads(text("pyproject.toml"))["project"]["version"]
    latest = re.search(r"^## \[(\d\S*)\]", text("CHANGELOG.md"), re.MULTILINE)
    catalogue = re.search(r'^softwareVersion: "(.*)"$', text("publiccode.yml"), re.MULTILINE)
    assert latest is not None
    assert latest[1] == version
    assert catalogue is not None
    assert catalogue[1] == version
    assert json.loads(text("client/package.json"))["version"] == version

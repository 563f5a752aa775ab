"""What a run of the tests may be asked for: how long, and in which mode.

`LAW_EXAMPLES=5000 pytest tests/property tests/contract` looks for new counterexamples of the laws,
which are tried on the same examples in every other run.
`pytest --mode threading` starts every server in that mode (tests/modes.py).
"""

import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from hypothesis.configuration import set_hypothesis_home_dir

from tests import modes

set_hypothesis_home_dir(Path(__file__).resolve().parent.parent / ".cache" / "hypothesis")

_wanted = os.environ.get("LAW_EXAMPLES")
settings.register_profile(
    "laws",
    max_examples=int(_wanted) if _wanted else 80,
    derandomize=not _wanted,
    deadline=None,
    database=None,
    print_blob=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
settings.load_profile("laws")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--mode", choices=tuple(modes.SETTINGS), help="the mode of every server")


def pytest_configure(config: pytest.Config) -> None:
    modes.choice.ask(config.getoption("mode"))

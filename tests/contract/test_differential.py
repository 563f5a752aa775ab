"""Two stores under one life: the same questions in the same order, the same answers, exactly."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings
from hypothesis.stateful import run_state_machine_as_test

from sessions.store import Receipt, Store
from sessions.store.port import CodeTaken
from tests.contract.conftest import STORES, each
from tests.contract.test_model import Comparison


class Pair:
    """Asks both stores the same, and answers what both answered."""

    def __init__(self, stores: list[Store]) -> None:
        self._stores = stores

    def __getattr__(self, name: str) -> Callable[..., Any]:
        def ask(*args: Any, **rest: Any) -> Any:
            first, second = (_outcome(getattr(one, name), *args, **rest) for one in self._stores)
            assert first == second, name
            if first is CodeTaken:
                raise CodeTaken
            return first

        return ask


def _outcome(method: Callable[..., Any], *args: Any, **rest: Any) -> Any:
    try:
        found = method(*args, **rest)
    except CodeTaken:
        return CodeTaken
    if isinstance(found, list) and found and isinstance(found[0], Receipt):
        return sorted(found, key=lambda one: one.id)  # In which order is nobody's concern.
    return found


@pytest.mark.parametrize("name", each(name for name in STORES if name != "sqlite"))
def test_stores_are_each_other(name: str) -> None:
    """ST1: whatever is asked, every store answers what the embedded one does, history included."""

    def both(folder: Path, **options: Any) -> Pair:
        return Pair([STORES[one](folder, **options) for one in ("sqlite", name)])

    budget = settings(max_examples=max(30, settings().max_examples // 2), stateful_step_count=30)
    machine = type("Machine", (Comparison,), {"make": staticmethod(both)})
    run_state_machine_as_test(machine, settings=budget)

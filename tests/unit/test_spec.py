"""The rules themselves: each is written once, and each is proven."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
RULE = r"\b(?:RM|SL|DG|AG|PF|SP|HD|IN|HI|RU|ST|PR|EX|WP)\d+\b"
OF_THE_SERVER = {"PR4", "PR5"}
"""Rules on connections, which the core only names; the tests of the server prove them."""


def written() -> list[str]:
    """The rules in the order in which the specification has them."""
    text = (ROOT / "sessions" / "SPEC.md").read_text(encoding="utf-8")
    return re.findall(rf"^- \*\*({RULE})\*\* [A-Z\"].*\.$", text, re.MULTILINE)


def proofs() -> Iterator[tuple[str, str]]:
    """Every test of the core, with the first line of what it says of itself."""
    for folder in ("unit", "property", "contract"):
        for file in sorted((ROOT / "tests" / folder).glob("test_*.py")):
            if file.name == Path(__file__).name:
                continue  # these are about the rules, and prove none of them
            for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
                if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
                    yield f"{file.name}::{node.name}", (ast.get_docstring(node) or "")


def test_rules_are_numbered_once() -> None:
    """The specification has one sentence a rule, numbered from one in each group."""
    found = written()
    text = (ROOT / "sessions" / "SPEC.md").read_text(encoding="utf-8")
    assert len(found) == text.count("\n- ")
    groups: dict[str, list[int]] = {}
    for rule in found:
        groups.setdefault(rule[:2], []).append(int(rule[2:]))
    assert all(numbers == list(range(1, len(numbers) + 1)) for numbers in groups.values())


def test_rules_that_code_names_exist() -> None:
    """A rule that a docstring names is one of the specification."""
    rules = set(written())
    for file in sorted((ROOT / "sessions").rglob("*.py")):
        named = set(re.findall(RULE, file.read_text(encoding="utf-8")))
        assert named <= rules, file.name


def test_every_test_names_its_rule() -> None:
    """The sentence of every test of the core begins with the rule that it proves."""
    rules = set(written())
    for test, sentence in proofs():
        found = re.match(rf"({RULE}): .*\.", sentence)
        assert found, test
        assert found[1] in rules, test


def test_every_rule_is_proven() -> None:
    """No rule of the core is without a test."""
    proven = {sentence.partition(":")[0] for _, sentence in proofs()}
    assert set(written()) - proven == OF_THE_SERVER

"""Every revert reason and every event of a deployable is named in some test."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
CONTRACTS = ROOT / "contracts"
REASON = re.compile(r'"([a-z][a-z0-9 ]*: [^"]+)"')
EVENT = re.compile(r"^event (\w+):", re.MULTILINE)

SOURCES = [
    path for path in CONTRACTS.rglob("*.vy") if "testing" not in path.relative_to(CONTRACTS).parts
]
TESTS = "\n".join(path.read_text() for path in (ROOT / "tests").rglob("*.py"))


def _code(path: Path) -> str:
    without_docs = re.sub(r'""".*?"""', "", path.read_text(), flags=re.DOTALL)
    return re.sub(r"#.*", "", without_docs)


REASONS = sorted({reason for path in SOURCES for reason in REASON.findall(_code(path))})
EVENTS = sorted({e for path in CONTRACTS.rglob("*.vyi") for e in EVENT.findall(path.read_text())})


def test_scan__contracts__finds_reasons_and_events() -> None:
    assert len(REASONS) > 50
    assert len(EVENTS) > 30


@pytest.mark.parametrize("reason", REASONS)
def test_reason__of_a_contract__has_a_test(reason: str) -> None:
    assert f'"{reason}"' in TESTS


@pytest.mark.parametrize("event", EVENTS)
def test_event__of_an_interface__has_a_test(event: str) -> None:
    assert re.search(rf"\b{event}\b", TESTS)


@pytest.mark.parametrize("reason", REASONS)
def test_reason__of_a_contract__is_short_enough_to_read_on_chain(reason: str) -> None:
    assert len(reason) <= 32

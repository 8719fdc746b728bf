"""Logs in pieces, and what a chain that keeps nothing says."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from chain import ArtifactError, Artifacts, ChainError, PyrevmChain
from chain.history import read_logs
from chain.interface import Log


class StingyChain(PyrevmChain):
    """Answers for `most` blocks at once."""

    def __init__(self, most: int) -> None:
        super().__init__()
        self.most = most
        self.asked: list[tuple[int, int]] = []

    def logs(self, addresses: Sequence[str], first: int, last: int) -> list[Log]:
        if last - first + 1 > self.most:
            raise ChainError("logs: too many blocks")
        self.asked.append((first, last))
        return [Log(addresses[0], (), bytes([block])) for block in range(first, last + 1)]


@pytest.mark.parametrize(("most", "blocks"), [(1, 8), (3, 8), (100, 8), (100, 100)])
def test_read_logs__node_that_limits_answers__asked_for_less(most: int, blocks: int) -> None:
    chain = StingyChain(most)
    found = [log.data[0] for _, logs in read_logs(chain, ["house"], 5, 24, blocks) for log in logs]
    assert found == list(range(5, 25))
    assert max(last - first + 1 for first, last in chain.asked) <= min(most, blocks)


def test_read_logs__node_that_refuses_all__its_error() -> None:
    with pytest.raises(ChainError, match="too many blocks"):
        list(read_logs(StingyChain(0), ["house"], 5, 24))


def test_read_logs__nothing_to_read__nothing() -> None:
    assert list(read_logs(StingyChain(1), ["house"], 5, 4)) == []


def test_past__chain_that_keeps_none__named_error(chain: Any) -> None:
    plain = PyrevmChain()
    with pytest.raises(ChainError, match="blocks 1 to 2: PyrevmChain keeps no logs"):
        plain.logs([], 1, 2)
    with pytest.raises(ChainError, match="block 9: PyrevmChain has the present only, block 1"):
        plain.at_block(9)


def test_slot__no_such_variable__named_error(artifacts: Artifacts) -> None:
    assert artifacts["ChainProbe"].slot("number") >= 0
    for path in ("nothing", "number.nothing", ""):
        with pytest.raises(ArtifactError, match="ChainProbe: no variable"):
            artifacts["ChainProbe"].slot(path)

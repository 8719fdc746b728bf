"""A keeper's book against the page the chain returns, block after block."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from oracle_sim.caretaker import Caretaker
from oracle_sim.ensemble import play
from oracle_sim.fleet import read_fleet
from oracle_sim.simulation import read_simulation
from tests.sim.scenarios import FALL, SMALL, write_scenario

TOLERANCE = 1e-9
"""Of amounts, relative to themselves and 1 quote: doubles, far below a keeper's concern."""


@pytest.mark.parametrize(
    "faults",
    [
        [],
        [{"kind": "outage", "asset": "SOL", "start": 300, "end": 2_400}],
        [{"kind": "sequencer", "start": 900, "end": 1_500}],
    ],
)
def test_read__every_block_of_a_fall__as_the_lens_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, faults: list[dict[str, Any]]
) -> None:
    statuses: set[int] = set()
    auctions = 0
    scan = Caretaker.scan

    def compared(self: Caretaker) -> None:
        nonlocal auctions
        scan(self)
        deployment = self._deployment
        paged = read_fleet(deployment.lens, deployment.clearinghouse.account_count())
        assert self.fleet.account.tolist() == paged.account.tolist()
        assert self.fleet.status.tolist() == paged.status.tolist()
        assert self.fleet.in_auction.tolist() == paged.in_auction.tolist()
        for name in ("equity", "maintenance", "initial"):
            mine, theirs = getattr(self.fleet, name), getattr(paged, name)
            assert np.all(np.abs(mine - theirs) <= TOLERANCE * (1 + np.abs(theirs))), name
        statuses.update(self.fleet.status.tolist())
        auctions += int(paged.in_auction.sum())

    monkeypatch.setattr(Caretaker, "scan", compared)
    agents = {**SMALL["agents"], "leverages": [6.0, 10.0], "collateral_share": 0.6}
    path = write_scenario(tmp_path, shocks=FALL, faults=faults, agents=agents, horizon=3_600)
    play(read_simulation(path), 3)
    assert len(statuses) >= 3
    assert auctions > 0 or faults

"""A keeper's book against the page the chain returns, block after block."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from eth_utils.crypto import keccak

from chain.deployment import Deployment
from chain.interface import Log, Receipt
from oracle_sim.book import Book
from oracle_sim.caretaker import Caretaker
from oracle_sim.desk import Desk
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


def test_read__supply_written_down__everybody_is_read_again(
    protocol: Deployment, trader: str
) -> None:
    house, quote = protocol.clearinghouse, protocol.quote
    desk = Desk(protocol.chain, protocol.core.values(), ())
    book = Book(protocol, desk)
    desk.send(house.open_account, trader, 2, sender=trader)
    assert book.read().equity.tolist() == [0.0]
    quote.mint(trader, 10**9, sender=trader)
    quote.approve(house, 10**9, sender=trader)
    house.deposit(4, quote, 10**9, sender=trader)  # not through the desk: nobody has told the book
    assert book.read().equity.tolist() == [0.0]
    desk.send(WritingDown(house.address), sender=trader)  # type: ignore[arg-type]
    assert book.read().equity.tolist() == [1_000.0]


class WritingDown:
    """A transaction whose only event is that of a write-down."""

    name = "write_down"

    def __init__(self, house: str) -> None:
        self._log = Log(
            house, (keccak(text="SupplyWrittenDown(uint256,uint256,uint256,uint256)"),), b""
        )

    def send(self, **_: Any) -> Receipt:
        return Receipt(0, [self._log], b"", 1, 1)

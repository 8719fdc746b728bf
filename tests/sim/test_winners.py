"""A crash in which the pool owes what a bankrupt account lacked, with 4,000 of its own: rounds take
it off who has won, and suppliers are charged nothing."""

from typing import Any

import pytest

from chain import Receipt
from oracle_sim.crash import generate_crash
from oracle_sim.desk import Desk
from oracle_sim.market import Market
from oracle_sim.replay import replay
from oracle_sim.scenario import Scenario
from oracle_sim.summary import to_document

CRASH = 4  # the seed of one in which the pool is on the losing side
COVERING = ("bid", "backstop", "write_off")


def test_replay__pool_owes_for_a_bankrupt__winners_pay_before_suppliers() -> None:
    send, started = Desk.send, Market.__init__
    seen: list[str] = []
    protocol: Any = None

    def begin(self: Market, *args: Any, **options: Any) -> None:
        nonlocal protocol
        started(self, *args, **options)
        protocol = self._deployment

    def observed(self: Desk, function: Any, *args: Any, **options: Any) -> Receipt:
        receipt = send(self, function, *args, **options)
        if protocol is None:
            return receipt
        if function.name in COVERING:
            paid = [e for e in protocol.pool.events(receipt) if e.name == "LossCovered"]
            solvency = protocol.lens.solvency()
            if paid and solvency.pool < 0:
                assert solvency.shortfall >= -solvency.pool
                seen.append("owed")
        elif function.name == "deleverage":
            cuts = [e.args for e in protocol.deleveraging.events(receipt)]
            if any(hasattr(cut, "mark") and cut.price != cut.mark for cut in cuts):
                seen.append("paid")
        return receipt

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Market, "__init__", begin)
        patch.setattr(Desk, "send", observed)
        outcome = replay(generate_crash(CRASH), Scenario().backed_by(fund=0, bidders=1, pool=4_000))
    assert "owed" in seen
    assert "paid" in seen[seen.index("owed") :]
    document = to_document(outcome, 0)
    assert document["written_down"] == document["fund_debt"] == 0
    assert document["pool_end"] > 0
    assert outcome.failures == []
    assert outcome.stuck == ()
    assert all(outcome.invariants.values())

"""Crashes with nobody to bear a loss but the suppliers: `--fund 0 --bidders 1 --pool 1000`.

The generated one, and two days of the real one of March 2020. The write-down is explicit, the same
for all suppliers, and nobody is liquidated for it.
"""

from typing import Any

import numpy as np
import pytest

from chain import Receipt
from oracle_sim.caretaker import Caretaker
from oracle_sim.crash import generate_crash
from oracle_sim.desk import Desk
from oracle_sim.fleet import BANKRUPT, FIRST_USER, LIQUIDATABLE, read_fleet
from oracle_sim.market import Market
from oracle_sim.outcome import Outcome
from oracle_sim.replay import replay
from oracle_sim.scenario import Scenario
from oracle_sim.summary import to_document
from oracle_sim.tape import Tape, read_prices
from tests.sim.files import DATA, needs_data

CHARGING = ("bid", "backstop", "write_off", "write_off_pool")
"""What may end in a write-down."""

ALONE = Scenario().backed_by(fund=0, bidders=1, pool=1_000)


class Watch:
    """Cash and statuses of everybody just before and after each write-down."""

    def __init__(self) -> None:
        self.factors: list[float] = []  # of the supply index
        self.cash: list[tuple[list[int], list[int]]] = []
        self.named: list[set[int]] = []  # whose cash the same transaction changed otherwise
        self.newly_liquidatable = 0
        self.unequal_books = 0


def real_crash() -> Tape:
    """BTC and ETH from noon of 11 March 2020, two days."""
    return read_prices(DATA / "windows", "2020-03").window(432, 576)


@pytest.fixture(
    scope="module",
    params=[
        pytest.param(lambda: generate_crash(2020), id="generated"),
        pytest.param(real_crash, id="2020-03", marks=needs_data),
    ],
)
def watched(request: pytest.FixtureRequest) -> tuple[Outcome, Watch]:
    """The replay, and what a bystander saw."""
    watch = Watch()
    send, scan, started = Desk.send, Caretaker.scan, Market.__init__
    house: Any = None
    lens: Any = None

    def begin(self: Market, *args: Any, **options: Any) -> None:
        nonlocal house, lens
        started(self, *args, **options)
        house, lens = self._deployment.clearinghouse, self._deployment.lens

    def everybody() -> list[int]:
        return [house.cash(i) for i in range(FIRST_USER, house.account_count() + 1)]

    def observed(self: Desk, function: Any, *args: Any, **options: Any) -> Receipt:
        if function.name not in CHARGING:
            return send(self, function, *args, **options)
        cash, fleet = everybody(), read_fleet(lens, house.account_count())
        receipt = send(self, function, *args, **options)
        events = house.events(receipt)
        cuts = [event.args for event in events if event.name == "SupplyWrittenDown"]
        if cuts:
            after = read_fleet(lens, house.account_count())
            named = {event.args.account for event in events if event.name == "CashChanged"}
            fell = (fleet.status < LIQUIDATABLE) & (after.status >= LIQUIDATABLE)
            watch.newly_liquidatable += len(set(after.where(fell)) - named)
            watch.factors.append(np.prod([cut.new_index / cut.old_index for cut in cuts]))
            watch.cash.append((cash, everybody()))
            watch.named.append(named)
        return receipt

    def compared(self: Caretaker) -> None:
        scan(self)
        if len(watch.factors) > 0:  # the keeper's book has heard of no account
            paged = read_fleet(lens, house.account_count())
            apart = np.abs(self.fleet.equity - paged.equity)
            watch.unequal_books += int(np.sum(apart > 1e-9 * (1 + np.abs(paged.equity))))

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Market, "__init__", begin)
        patch.setattr(Desk, "send", observed)
        patch.setattr(Caretaker, "scan", compared)
        outcome = replay(request.param(), ALONE)
    return outcome, watch


def test_write_down__replay__is_explicit_and_conserves(watched: tuple[Outcome, Watch]) -> None:
    outcome, watch = watched
    document = to_document(outcome, 0)
    assert outcome.failures == []
    assert all(outcome.invariants.values())
    assert outcome.stuck == ()
    assert document["written_down"] > 0
    assert document["index_min"] == pytest.approx(np.prod(watch.factors), rel=1e-4)  # but interest
    assert document["index_min"] < document["index_end"] < 1  # interest is earned on what is left
    assert document["fund_debt"] == 0
    assert document["shortfall"] == pytest.approx(
        document["covered_by_fund"] + document["covered_by_pool"] + document["written_down"]
    )
    assert (outcome.fleet.status < BANKRUPT).all()


def test_write_down__suppliers__all_lose_the_same_part(watched: tuple[Outcome, Watch]) -> None:
    _, watch = watched
    assert watch.factors
    for factor, (before, after), named in zip(watch.factors, watch.cash, watch.named, strict=True):
        bystanders = [i for i in range(len(before)) if i + FIRST_USER not in named]
        suppliers = [i for i in bystanders if before[i] > 0]
        assert len(suppliers) > 50
        for i in suppliers:
            assert after[i] == pytest.approx(before[i] * factor, rel=1e-12, abs=2)
        for i in set(bystanders) - set(suppliers):  # a debt is not written down
            assert after[i] == before[i]


def test_write_down__bystanders__nobody_becomes_liquidatable_by_it(
    watched: tuple[Outcome, Watch],
) -> None:
    _, watch = watched
    assert watch.newly_liquidatable == 0


def test_write_down__keeper_s_book__follows_the_index(watched: tuple[Outcome, Watch]) -> None:
    _, watch = watched
    assert watch.unequal_books == 0


def test_interest__replay__what_is_paid_is_what_is_earned(watched: tuple[Outcome, Watch]) -> None:
    document = to_document(watched[0], 0)
    assert document["interest_paid"] > 1
    assert document["interest_paid"] == pytest.approx(
        document["interest_earned"] + document["interest_to_pool"] + document["interest_to_fund"],
        rel=1e-6,
    )

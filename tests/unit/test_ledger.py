"""Books rebuilt from events: what missing, false or unheard-of events are told as."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pytest

from chain import Contract, PyrevmChain
from chain.interface import Log
from chain.ledger import Ledger
from chain.reconcile import Reconciler
from tests.unit.ledger_world import WAD
from tests.unit.ledger_world import Ledger as World


@pytest.fixture(scope="module")
def told(artifacts: Any) -> tuple[World, list[Log]]:
    """A small life of the books, and all that was logged of it."""
    chain = PyrevmChain(keep_logs=True)
    world = World(chain, artifacts)
    trader, other = world.open(1_000), world.open(500)
    world.trade(trader, 0, 3 * WAD)
    world.begin_auction(trader)
    world.write_down(trader, 7 * WAD)
    world.house.set_kind(other, 1, sender=world.owner)
    return world, chain.logs([world.house.address], 0, chain.block_number)


def rebuilt(house: Contract, logs: Iterable[Log]) -> Ledger:
    ledger = Ledger(house)
    for log in logs:
        ledger.feed([log])
        for event in house.events([log]):
            # Nothing is cut here: an order was filled, as the pool would tell.
            if event.name == "PositionsExchanged":
                ledger.end_order(event.args.account)
    return ledger


def names(house: Contract, logs: Iterable[Log]) -> list[str]:
    return [house.events([log])[0].name for log in logs]


def differences(house: Contract, ledger: Ledger) -> list[str]:
    told = Reconciler(house, ledger)
    lines = [*told.system(), *told.markets()]
    for account in ledger.accounts:
        lines += told.holdings(account)
    return lines


def test_feed__all_events__as_the_chain_says(told: tuple[World, list[Log]]) -> None:
    world, logs = told
    ledger = rebuilt(world.house, logs)
    assert ledger.contradictions == []
    assert differences(world.house, ledger) == []
    assert ledger.events == len(logs)
    assert ledger.index_moves == 1
    assert ledger.users() == [4, 5, 6]


def test_feed__logs_of_others__left_alone(told: tuple[World, list[Log]]) -> None:
    world, logs = told
    strange = [log for log in logs if log.topics]
    ledger = rebuilt(world.usdc, strange)
    assert ledger.events == 0


@pytest.mark.parametrize(
    ("missing", "line"),
    [
        ("AccountOpened", "next account: 5 before a change, events had left 4"),
        (
            "CashChanged",
            " before a change, events had left 0",
        ),
        ("PositionsExchanged", "account 5: market 0"),
        ("OrderReserved", "account 5: no order, and one ended"),
        ("KindSet", "account 6: kind: 1 on chain, 2 from events"),
        ("AuctionFlagSet", "account 5: in auction: True on chain, False from events"),
        ("SupplyWrittenDown", "supply index"),
        ("MarketListed", "markets: listed: 511 on chain, 510 from events"),
        ("CollateralListed", "Clearinghouse: tokens: 3 on chain, 0 from events"),
    ],
)
def test_feed__event_missing__told(told: tuple[World, list[Log]], missing: str, line: str) -> None:
    world, logs = told
    kept = list(logs)
    del kept[names(world.house, logs).index(missing)]
    if missing == "CollateralListed":
        kept = [log for log in logs if names(world.house, [log]) != [missing]]
    ledger = rebuilt(world.house, kept)
    lines = [*ledger.contradictions, *differences(world.house, ledger)]
    assert any(line in each for each in lines), lines


def test_feed__account_nobody_opened__told(told: tuple[World, list[Log]]) -> None:
    world, logs = told
    kept = [log for log in logs if names(world.house, [log]) != ["AccountOpened"]]
    ledger = rebuilt(world.house, kept)
    assert "account 5: no event opened it" in ledger.contradictions


def test_feed__events_twice__contradict(told: tuple[World, list[Log]]) -> None:
    world, logs = told
    ledger = rebuilt(world.house, [*logs, *logs])
    assert "next account: 4 before a change, events had left 7" in ledger.contradictions


@pytest.fixture(scope="module")
def sliced(artifacts: Any) -> tuple[World, list[Log], int, int]:
    """An account sold by two thirds to one whose short of market 0 it turns into a long."""
    chain = PyrevmChain(keep_logs=True)
    world = World(chain, artifacts)
    seller, bidder = world.open(1_000), world.open(1_000)
    world.trade(seller, 0, 3 * WAD)
    world.trade(seller, 2, -WAD)
    world.trade(bidder, 0, -WAD)
    for account, amount in ((seller, 3 * WAD), (bidder, WAD)):
        world.deposit(account, amount, world.tokens["GOLD"])
    world.begin_auction(seller)
    world.slice(seller, bidder, 2 * WAD // 3)
    return world, chain.logs([world.house.address], 0, chain.block_number), seller, bidder


def test_feed__slice__both_sides_as_the_chain_says(
    sliced: tuple[World, list[Log], int, int],
) -> None:
    world, logs, *both = sliced
    ledger = rebuilt(world.house, logs)
    assert ledger.contradictions == []
    for account in both:
        held = ledger.accounts[account]
        for market in (0, 2):
            assert held.positions[market] == tuple(world.house.position(account, market))
        assert held.amounts[0] == world.house.collateral_amount(account, 0)


@pytest.mark.parametrize(
    ("missing", "number", "line"),
    [
        ("PositionsExchanged", 0, "account 5: held"),
        ("PositionsExchanged", 0, "account 6: market 0"),
        ("PositionsExchanged", 2, "account 6: market 0"),
        ("CollateralChanged", 0, "account 6: token 0"),
        ("CollateralChanged", 1, "account 6: token 0"),
        ("SliceMoved", 0, "account 6: market 0"),
    ],
)
def test_feed__slice_without_what_came_before__told(
    sliced: tuple[World, list[Log], int, int], missing: str, number: int, line: str
) -> None:
    world, logs, _, bidder = sliced
    found = [i for i, name in enumerate(names(world.house, logs)) if name == missing]
    kept = [log for i, log in enumerate(logs) if i != found[number]]
    ledger = rebuilt(world.house, kept)
    lines = [*ledger.contradictions, *Reconciler(world.house, ledger).holdings(bidder)]
    assert any(line in each for each in lines), lines

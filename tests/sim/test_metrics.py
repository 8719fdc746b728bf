"""Numbers from events, one event at a time."""

from types import SimpleNamespace
from typing import Any

import pytest

from oracle_sim.desk import Happening
from oracle_sim.metrics import measure

WAD = 10**18


def happened(name: str, time: int = 0, **args: Any) -> Happening:
    return Happening(name, SimpleNamespace(**args), time, 1)


def slice_sold(account: int, time: int, old_equity: int, penalty: int = 0) -> Happening:
    return happened(
        "SliceSold", time, account=account, old_equity=old_equity, penalty=penalty, incentive=WAD
    )


def ended(account: int, time: int) -> Happening:
    return happened("AuctionEnded", time, account=account)


def started(account: int, time: int) -> Happening:
    return happened("AuctionStarted", time, account=account)


def test_measure__nothing__zeros_and_no_first_bid() -> None:
    metrics = measure([])
    assert metrics.orders == {"submitted": 0, "executed": 0, "cancelled": 0}
    assert metrics.liquidations == {"solvent": 0, "insolvent": 0, "recovered": 0, "running": 0}
    assert metrics.first_bid_seconds is None
    assert metrics.first_bid_seconds_worst is None
    assert metrics.written_down == 0


def test_measure__slices_at_positive_equity__one_solvent_liquidation() -> None:
    metrics = measure(
        [
            started(7, 100),
            slice_sold(7, 160, WAD, 2 * WAD),
            slice_sold(7, 200, 0, WAD),
            ended(7, 200),
        ]
    )
    assert metrics.liquidations["solvent"] == 1
    assert metrics.fills == 2
    assert metrics.penalties == 3
    assert metrics.incentives == 2
    assert metrics.first_bid_seconds == 60


def test_measure__a_slice_below_zero__insolvent() -> None:
    metrics = measure([started(7, 0), slice_sold(7, 1, -1), ended(7, 1)])
    assert metrics.liquidations == {"solvent": 0, "insolvent": 1, "recovered": 0, "running": 0}


@pytest.mark.parametrize(("shortfall", "outcome"), [(0, "solvent"), (1, "insolvent")])
def test_measure__backstop__insolvent_if_something_was_short(shortfall: int, outcome: str) -> None:
    metrics = measure(
        [started(7, 0), happened("BackstopTaken", 9, account=7, shortfall=shortfall), ended(7, 9)]
    )
    assert metrics.liquidations[outcome] == 1
    assert metrics.backstops == 1
    assert metrics.first_bid_seconds is None


def test_measure__ended_without_a_sale__recovered() -> None:
    metrics = measure([started(7, 0), ended(7, 9), started(8, 9)])
    assert metrics.liquidations == {"solvent": 0, "insolvent": 0, "recovered": 1, "running": 1}
    assert metrics.auctions == 2


def test_measure__two_auctions_of_an_account__apart() -> None:
    events = [started(7, 0), slice_sold(7, 10, 1), ended(7, 10)]
    events += [started(7, 100), slice_sold(7, 130, -1), ended(7, 130)]
    metrics = measure(events)
    assert (metrics.liquidations["solvent"], metrics.liquidations["insolvent"]) == (1, 1)
    assert metrics.first_bid_seconds == 20
    assert metrics.first_bid_seconds_worst == 30


def test_measure__orders_and_requests__counted_by_what_became_of_them() -> None:
    metrics = measure(
        [
            happened("OrderSubmitted"),
            happened("OrderSubmitted"),
            happened("OrderExecuted"),
            happened("OrderCancelled", reason="limit"),
            happened("RequestExecuted", entering=True, amount=9 * WAD),
            happened("RequestExecuted", entering=False, amount=4 * WAD),
            happened("RequestLapsed"),
            happened("MarginCalled"),
            happened("CollateralSold"),
        ]
    )
    assert metrics.orders == {"submitted": 2, "executed": 1, "cancelled": 1}
    assert metrics.cancel_reasons == {"limit": 1}
    assert metrics.requests == {"entered": 1, "left": 1, "lapsed": 1}
    assert (metrics.pool_in, metrics.pool_out) == (9, 4)
    assert metrics.margin_calls == 1
    assert metrics.collateral_sales == 1


def test_measure__waterfall__every_step_in_quote() -> None:
    metrics = measure(
        [
            happened("Staked", amount=100 * WAD),
            happened("InterestAccrued", to_fund=6 * WAD),
            happened("FeeShared", account=7, fund_share=2 * WAD),
            happened("Unstaked", amount=5 * WAD),
            happened("FundPaid", old_balance=100 * WAD, new_balance=90 * WAD),
            happened(
                "ShortfallCovered", account=7, shortfall=16 * WAD, by_fund=10 * WAD, by_pool=4 * WAD
            ),
            happened("SupplyWrittenDown", amount=2 * WAD),
            happened("StarterRewarded", reward=3 * WAD),
        ]
    )
    assert (metrics.fund_in, metrics.fees, metrics.fund_out) == (108, 2, 15)
    assert (metrics.shortfall, metrics.covered_by_fund, metrics.covered_by_pool) == (16, 10, 4)
    assert metrics.written_down == 2
    assert metrics.rewards == 3

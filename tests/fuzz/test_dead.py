"""An asset dies in the fuzzer's world, and the invariants about it are not blind."""

from __future__ import annotations

import pytest

from tests.fuzz import predict_dead
from tests.fuzz.conftest import TRADER, assert_says_so
from tests.fuzz.episode import Stage
from tests.fuzz.invariants import Invariants
from tests.fuzz.invariants_words import PROCEEDS_BITS
from tests.fuzz.record import Sent
from tests.fuzz.step import Step
from tests.fuzz.storage import spot
from tests.fuzz.world import World

BTC, KEEPER = 0, 7
MUCH = 10**12  # more than rounds [quote wad]


def test_replay__feeds_fail_for_a_week__retired_and_settled(stage: Stage) -> None:
    week = predict_dead.T_DEAD
    steps = [
        Step("feeds fail", (0, 1, BTC, 0)),
        Step("settle", (0, 1, KEEPER, TRADER, BTC)),
        Step("watch death", (0, 1, KEEPER, BTC)),
        Step("watch death", (week - 1, 1, KEEPER, BTC)),
        Step("watch death", (1, 1, KEEPER, BTC)),
        Step("settle", (0, 1, KEEPER, TRADER, BTC)),
        Step("feeds fail", (0, 1, BTC, 2)),
        Step("sample", (60, 2, KEEPER, 0)),
        Step("watch death", (0, 1, KEEPER, BTC)),
    ]

    reasons = [outcome.reason for outcome in stage.replay(steps)]

    assert reasons == [
        None,
        "market: not settled",
        None,
        "asset: not dead",
        None,
        "account: no position",
        None,
        None,
        "asset: not dead",
    ]


def test_retired__memory_changed__says_so(stage: Stage, invariants: Invariants) -> None:
    sent = retire(stage.world, invariants)
    invariants.check(sent)
    assert invariants.counts["retired for ever"]
    place = spot(stage.world.deployment.oracle, "asset_readings.memories")
    corrupt(stage.world, place, 1)

    invariants.observe(sent._replace(function="sample", args=()))

    assert_says_so(invariants, "retired for ever")


def test_retired__not_at_its_ema__says_so(stage: Stage, invariants: Invariants) -> None:
    sent = retire(stage.world, invariants)
    corrupt(stage.world, spot(stage.world.deployment.oracle, "asset_readings.memories"), 1)

    invariants.observe(sent)

    assert_says_so(invariants, "retired for ever")


def test_settle__as_it_was__holds(stage: Stage, invariants: Invariants) -> None:
    sent = settle(stage.world, invariants)

    invariants.check(sent)

    assert invariants.counts["settled whole"] == 1


@pytest.mark.parametrize("account", [TRADER, 1, 2])
@pytest.mark.parametrize("more", [MUCH, -MUCH])
def test_settle__somebody_has_more_or_less__says_so(
    stage: Stage, invariants: Invariants, account: int, more: int
) -> None:
    sent = settle(stage.world, invariants)
    house = stage.world.deployment.clearinghouse
    place = spot(house, "cash_book.balances", account)
    corrupt(stage.world, place, more << PROCEEDS_BITS)

    invariants.observe(sent)

    assert_says_so(invariants, "settled whole")


def test_settle__position_left__says_so(stage: Stage, invariants: Invariants) -> None:
    sent = settle(stage.world, invariants)
    house = stage.world.deployment.clearinghouse
    corrupt(stage.world, spot(house, "position_book.positions", TRADER), 1 << 128)

    invariants.observe(sent)

    assert_says_so(invariants, "settled whole")


def retire(world: World, invariants: Invariants) -> Sent:
    """BTC, a week after its feeds said something valid."""
    deployment = world.deployment
    deployment.set_price("BTC", 0)
    deployment.oracle.retire(BTC)
    deployment.chain.advance(predict_dead.T_DEAD)
    world.wire.version += 1
    invariants.reset()
    deployment.oracle.retire(BTC)
    world.wire.version += 1
    return Sent(world.actors["stranger"], "PriceOracle", "retire", (BTC,), (), None, b"")


def settle(world: World, invariants: Invariants) -> Sent:
    """The trader's position in BTC."""
    retire(world, invariants)
    invariants.reset()
    world.deployment.deleveraging.settle(TRADER, BTC)
    world.wire.version += 1
    args, accounts = (TRADER, BTC), (1, TRADER)
    return Sent(world.actors["stranger"], "Deleveraging", "settle", args, accounts, None, b"")


def corrupt(world: World, place: tuple[str, int], more: int) -> None:
    """Behind the contracts' back."""
    old = world.evm.storage(*place)
    world.evm.insert_account_storage(*place, (old + more) % 2**256)
    world.wire.version += 1

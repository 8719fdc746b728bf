"""The invariants are seen to fail, one by one."""

from types import SimpleNamespace
from typing import Any

import pytest

from oracle_sim.invariants import DUST, Invariants

WAD = 10**18
RAY = 10**27


def world(**changes: Any) -> Any:
    """Books of a house that balance, unless changed."""
    books: dict[str, Any] = {
        "cash": 70 * WAD,
        "cost": -30 * WAD,
        "recorded": 100 * WAD,
        "held": 100 * 10**6,
        "sizes": [0] * 16,
        "collateral": [3 * WAD] + [0] * 15,
        "collateral_recorded": 3 * WAD,
        "collateral_held": 3 * 10**8,
        "index": RAY,
    }
    books.update(changes)
    quote = SimpleNamespace(decimals=lambda: 6, balanceOf=lambda _: books["held"])
    token = SimpleNamespace(address="token", balanceOf=lambda _: books["collateral_held"])

    def recorded(asked: Any) -> int:
        return int(books["recorded"] if asked is quote else books["collateral_recorded"])

    house = SimpleNamespace(
        chain=SimpleNamespace(block_number=12),
        account_count=lambda: 300,
        collateral_count=lambda: 1,
        collateral_token=lambda _: SimpleNamespace(token="token", scale=10**10),
        recorded=recorded,
        supply=lambda: (books["index"], RAY, 0, 0),
    )

    def sums(first: int, _: int) -> Any:
        # two pages: everything on the first
        empty = SimpleNamespace(cash=0, cost=0, sizes=[0] * 16, collateral=[0] * 16)
        return SimpleNamespace(**books) if first == 1 else empty

    return SimpleNamespace(
        clearinghouse=house,
        lens=SimpleNamespace(sums=sums),
        quote=quote,
        tokens={"USDC": SimpleNamespace(address="quote"), "WBTC": token},
    )


@pytest.mark.parametrize(
    ("changes", "broken"),
    [
        ({}, None),
        ({"held": 101 * 10**6, "collateral_held": 4 * 10**8}, None),  # donations
        ({"cash": 70 * WAD - 1}, "I1"),
        ({"cash": 70 * WAD + 1}, "I1"),
        ({"cash": 70 * WAD - DUST, "index": RAY - 1}, None),  # what a write-down leaves over
        ({"cash": 70 * WAD - DUST - 1, "index": RAY - 1}, "I1"),
        ({"cash": 70 * WAD + 1, "index": RAY - 1}, "I1"),
        ({"held": 100 * 10**6 - 1}, "I1"),
        ({"sizes": [0, 1] + [0] * 14}, "I2"),
        ({"collateral": [3 * WAD + 1] + [0] * 15}, "I3"),
        ({"collateral_held": 3 * 10**8 - 1}, "I3"),
    ],
)
def test_check__books__breaks_only_what_is_broken(
    changes: dict[str, Any], broken: str | None
) -> None:
    invariants = Invariants(world(**changes))
    invariants.check()
    assert invariants.holds == {name: name != broken for name in ("I1", "I2", "I3")}
    assert invariants.checks == 1
    assert len(invariants.failures) == (broken is not None)
    if broken:
        assert invariants.failures[0].startswith(f"{broken} fails at block 12: ")


def test_check__broken_once__stays_broken() -> None:
    deployment = world(sizes=[1] + [0] * 15)
    invariants = Invariants(deployment)
    invariants.check()
    deployment.lens.sums = world().lens.sums
    invariants.check()
    assert invariants.holds["I2"] is False
    assert len(invariants.failures) == 1


def test_check__nothing_was_sent__counts_without_reading() -> None:
    deployment = world()
    invariants = Invariants(deployment)
    invariants.check(7)
    deployment.lens.sums = world(sizes=[1] + [0] * 15).lens.sums
    invariants.check(7)
    assert all(invariants.holds.values())
    assert invariants.checks == 2
    invariants.check(8)
    assert invariants.holds["I2"] is False
    invariants.check()
    assert len(invariants.failures) == 2

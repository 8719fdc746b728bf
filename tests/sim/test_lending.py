"""Indices and interest from events and what stood at the end of the block before."""

from types import SimpleNamespace

import pytest

from oracle_sim.desk import Happening
from oracle_sim.lending import RAY, Lending

WAD = 10**18


def accrued(supply: tuple[int, int], borrow: tuple[int, int], pool: int, fund: int) -> Happening:
    args = SimpleNamespace(
        old_supply_index=supply[0],
        new_supply_index=supply[1],
        old_borrow_index=borrow[0],
        new_borrow_index=borrow[1],
        to_pool=pool,
        to_fund=fund,
    )
    return Happening("InterestAccrued", args, 0, 1)


def written_down(new_index: int) -> Happening:
    return Happening("SupplyWrittenDown", SimpleNamespace(new_index=new_index), 0, 1)


def test_lending__nothing__indices_of_one() -> None:
    lending = Lending()
    assert (lending.index_min, lending.index_end, lending.highest_use) == (1.0, 1.0, 0.0)


def test_lending__interest__is_of_what_stood_before() -> None:
    lending = Lending()
    lending.close((RAY, 2 * RAY, 1_000 * WAD, 400 * WAD))  # 200 of debt at an index of 1
    lending.note(accrued((RAY, RAY + RAY // 1_000), (2 * RAY, 2 * RAY + RAY // 100), 0, WAD))
    assert lending.paid == pytest.approx(2)
    assert lending.earned == pytest.approx(1)
    assert (lending.to_pool, lending.to_fund) == (0, 1)
    assert lending.highest_use == pytest.approx(0.4)


def test_lending__written_down_and_earned_back__lowest_is_kept() -> None:
    lending = Lending()
    lending.note(written_down(RAY * 9 // 10))
    lending.close((RAY * 95 // 100, RAY, WAD, 0))
    assert lending.index_min == pytest.approx(0.9)
    assert lending.index_end == pytest.approx(0.95)

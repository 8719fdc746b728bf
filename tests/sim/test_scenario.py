"""The crowd with other money behind it."""

import pytest

from oracle_sim.scenario import LONE_INTERVAL, Scenario

CROWD = Scenario()


def test_backed_by__nothing_said__the_same() -> None:
    assert CROWD.backed_by() == CROWD


@pytest.mark.parametrize("stakers", [0, 1, 5])
@pytest.mark.parametrize("fund", [0.0, 100.0, 70_000.0])
def test_backed_by__fund__is_what_stakers_bring(fund: float, stakers: int) -> None:
    backed = Scenario(stakers=stakers).backed_by(fund=fund)
    assert backed.stakers * backed.staker_cash == pytest.approx(fund)


def test_backed_by__no_fund__nobody_stakes() -> None:
    backed = CROWD.backed_by(fund=0)
    assert backed.stakers == 0
    assert backed.accounts == CROWD.accounts - CROWD.stakers


def test_backed_by__pool__is_what_providers_bring() -> None:
    backed = CROWD.backed_by(pool=10_000)
    assert backed.providers * backed.provider_cash == pytest.approx(10_000)


@pytest.mark.parametrize(("bidders", "interval"), [(0, 0), (1, LONE_INTERVAL), (2, 0)])
def test_backed_by__bidders__a_lone_one_is_slow(bidders: int, interval: float) -> None:
    backed = CROWD.backed_by(bidders=bidders)
    assert (backed.bidders, backed.bidder_interval) == (bidders, interval)

"""Borrowers: what they take out, repay and take home; each alone with the protocol."""

from dataclasses import replace

import numpy as np
import pytest

from chain.deployment import CROSS, Deployment
from oracle_sim.borrowers import MAX_REPAYMENTS, PATIENCE, REPAID_PART, Borrower
from oracle_sim.desk import Desk
from oracle_sim.plans import BorrowerPlan, draw_borrowers
from oracle_sim.scenario import Scenario
from oracle_sim.wallet import WAD, Wallet

PLAN = BorrowerPlan(collateral="ETH", value=20_000, share=0.5, begins=100, ends=None, answers=True)
PRICES = {"BTC": 30_000.0, "ETH": 2_000.0}


@pytest.fixture
def wallet(protocol: Deployment, provider: str) -> Wallet:
    """Somebody has supplied 100,000."""
    protocol.risk.sample()
    wallet = Wallet(Desk(protocol.chain, protocol.core.values(), ()), protocol)
    wallet.deposit_quote(wallet.open(provider, CROSS), 100_000)
    return wallet


def borrower(wallet: Wallet, owner: str, plan: BorrowerPlan = PLAN) -> Borrower:
    """Somebody who has brought his collateral."""
    found = Borrower(plan, wallet.open(owner, CROSS), wallet)
    found.fund(PRICES)
    return found


def debt(found: Borrower, wallet: Wallet) -> float:
    return -wallet.cash(found.member) / WAD


def test_act__his_time__takes_out_a_share_of_what_he_brought(wallet: Wallet, trader: str) -> None:
    found = borrower(wallet, trader)
    found.act(99, PRICES)
    assert debt(found, wallet) == 0
    found.act(100, PRICES)
    assert debt(found, wallet) == 10_000
    assert wallet.deployment.quote.balanceOf(trader) == 10_000 * 10**6
    found.act(101, PRICES)
    assert debt(found, wallet) == 10_000  # once


def test_act__more_than_his_collateral_carries__asks_for_less_later(
    wallet: Wallet, trader: str
) -> None:
    found = borrower(wallet, trader, replace(PLAN, share=1.0))
    found.act(100, PRICES)
    found.act(100 + PATIENCE - 1, PRICES)
    assert debt(found, wallet) == 0
    found.act(100 + PATIENCE, PRICES)
    assert debt(found, wallet) == pytest.approx(16_000)


def test_act__nothing_to_lend__gives_up(protocol: Deployment, trader: str) -> None:
    protocol.risk.sample()
    wallet = Wallet(Desk(protocol.chain, protocol.core.values(), ()), protocol)
    found = borrower(wallet, trader)
    for tries in range(10):
        found.act(100 + tries * PATIENCE, PRICES)
    assert debt(found, wallet) == 0
    assert sum(wallet.desk.refusals.values()) == 5  # 0.5 · 0.8 ** 4 ≥ 0.2


def test_call__one_who_answers__repays_a_part_so_many_times(wallet: Wallet, trader: str) -> None:
    found = borrower(wallet, trader)
    found.act(100, PRICES)
    left = 10_000.0
    for _ in range(MAX_REPAYMENTS + 2):
        found.call()
        found.act(200, PRICES)
    assert debt(found, wallet) == pytest.approx(left * (1 - REPAID_PART) ** MAX_REPAYMENTS)


def test_call__one_who_does_not__nothing_changes(wallet: Wallet, trader: str) -> None:
    found = borrower(wallet, trader, replace(PLAN, answers=False))
    found.act(100, PRICES)
    found.call()
    found.act(200, PRICES)
    assert debt(found, wallet) == 10_000


def test_act__his_end__pays_back_with_interest_and_takes_everything_home(
    wallet: Wallet, trader: str
) -> None:
    found = borrower(wallet, trader, replace(PLAN, ends=7_200))
    found.act(100, PRICES)
    wallet.deployment.chain.advance(3_600)
    owed = debt(found, wallet)
    assert owed > 10_000
    found.act(7_200, PRICES)
    assert 0 <= -debt(found, wallet) < 1e-6  # the last token unit is his
    assert not wallet.holds(found.member, "ETH")
    assert wallet.deployment.collaterals["ETH"].balanceOf(trader) == 10 * WAD
    sent = wallet.desk.transactions
    found.act(90_000, PRICES)
    assert wallet.desk.transactions == sent


def test_draw_borrowers__drawn__within_the_scenario() -> None:
    scenario = Scenario(borrowers=200)
    plans = draw_borrowers(scenario, ("BTC", "ETH"), 86_400, np.random.default_rng(1))
    low, high = scenario.borrowed_share
    assert len(plans) == 200
    assert all(low <= plan.share <= high for plan in plans)
    assert all(0 <= plan.begins <= scenario.opening_period for plan in plans)
    assert all(plan.ends is None or plan.begins <= plan.ends <= 86_400 for plan in plans)
    assert {plan.collateral for plan in plans} == {"BTC", "ETH"}
    assert np.mean([plan.ends is not None for plan in plans]) == pytest.approx(0.3, abs=0.1)
    assert np.median([plan.value for plan in plans]) == pytest.approx(40_000, rel=0.2)


def test_draw_borrowers__nothing_accepted_as_collateral__nobody() -> None:
    assert draw_borrowers(Scenario(), (), 86_400, np.random.default_rng(1)) == []

"""Clearinghouse: tokens out."""

import pytest

from chain.deployment import POOL, PORTFOLIO
from chain.interface import ZERO_ADDRESS
from margin_model.price_word import STALE, UNCERTAIN, UNUSABLE, VOLATILE
from tests.unit.ledger_world import (
    ALL,
    GOLD,
    PRICE,
    WAD,
)

NOT_VALID = [UNUSABLE, VOLATILE, STALE, UNCERTAIN]


# ── withdraw: without price ──────────────────────────────────────────────────────────────────────


def test_withdraw__without_positions_and_debt__needs_no_price(ledger):
    account = ledger.open(10)
    ledger.deposit(account, WAD, ledger.tokens["GOLD"])
    for asset in range(10):
        ledger.set_price(asset, 0, UNUSABLE)
    ledger.risk.set_requirements(ALL >> 1, ALL >> 1, 0)
    receipt = ledger.withdraw(account, 4 * 10**6)
    assert ledger.event(receipt, "Withdrawn") == (
        account,
        ledger.usdc.address,
        4 * 10**6,
        ledger.owner,
    )
    assert ledger.event(receipt, "CashChanged") == (account, 10 * WAD, 6 * WAD)
    receipt = ledger.withdraw(account, WAD // 4, ledger.tokens["GOLD"])
    assert ledger.event(receipt, "CollateralChanged") == (account, GOLD, WAD, 3 * WAD // 4)
    assert ledger.usdc.balanceOf(ledger.owner) == 4 * 10**6
    assert ledger.tokens["GOLD"].balanceOf(ledger.owner) == WAD // 4
    assert ledger.risk.sample_count() == 0


def test_withdraw__to_another__goes_there(ledger, stranger):
    account = ledger.open(10)
    ledger.house.withdraw(account, ledger.usdc, 10**6, stranger, sender=ledger.owner)
    assert ledger.usdc.balanceOf(stranger) == 10**6


def test_withdraw__all__empties_the_balance(ledger):
    account = ledger.open(10)
    for symbol in ("GOLD", "IRON"):
        token = ledger.tokens[symbol]
        ledger.deposit(account, 10 ** token.decimals(), token)
        ledger.withdraw(account, ALL, token)
        assert token.balanceOf(ledger.owner) == 10 ** token.decimals()
    ledger.withdraw(account, ALL)
    assert ledger.cash(account) == 0
    assert ledger.house.account(account).collaterals == 0
    assert ledger.house.held_assets(account) == 0


def test_withdraw__all_of_nothing_or_of_a_debt__reverts(ledger, reverts):
    account = ledger.open()
    for token in (ledger.usdc, ledger.tokens["IRON"]):
        with reverts("amount: zero"):
            ledger.withdraw(account, ALL, token)
        with reverts("amount: zero"):
            ledger.withdraw(account, 0, token)


def test_withdraw__more_collateral_than_held__reverts(ledger, reverts):
    account, iron = ledger.open(), ledger.tokens["IRON"]
    ledger.deposit(account, 10**8, iron)
    ledger.deposit(ledger.open(), 10**8, iron)
    with reverts("collateral: too little"):
        ledger.withdraw(account, 10**8 + 1, iron)


@pytest.mark.parametrize("receiver", ["zero", "house"])
def test_withdraw__to_nowhere__reverts(ledger, reverts, receiver):
    account = ledger.open(10)
    to = ZERO_ADDRESS if receiver == "zero" else ledger.house.address
    with reverts("receiver: invalid"):
        ledger.house.withdraw(account, ledger.usdc, 1, to, sender=ledger.owner)


def test_withdraw__amount_beyond_the_books__reverts(ledger, reverts):
    account = ledger.open(10)
    with reverts("amount: too large"):
        ledger.withdraw(account, ALL - 1)


def test_withdraw__account_in_auction_or_unknown__reverts(ledger, reverts):
    account = ledger.open(10)
    ledger.begin_auction(account)
    with reverts("account: in auction"):
        ledger.withdraw(account, 1)
    for nobody in (0, POOL, 99):
        with reverts("account: unknown"):
            ledger.withdraw(nobody, 1)


# ── withdraw: the one check ──────────────────────────────────────────────────────────────────────


@pytest.fixture
def holder(ledger):
    """100 of cash and a long of 1 at 100."""
    account = ledger.open(100)
    ledger.trade(account, 0, WAD)
    return account


def test_withdraw__with_positions__samples_and_needs_initial_margin(ledger, holder, reverts):
    ledger.risk.set_requirements(0, 60 * WAD, 0)
    with reverts("margin: below initial"):
        ledger.withdraw(holder, 40 * 10**6 + 1)
    ledger.withdraw(holder, 40 * 10**6)
    assert ledger.risk.sample_count() == 1
    assert ledger.house.health(holder, ledger.words()).equity == 60 * WAD


@pytest.mark.parametrize("state", NOT_VALID)
def test_withdraw__with_any_asset_not_valid__reverts(ledger, holder, reverts, state):
    ledger.deposit(holder, 10**8, ledger.tokens["IRON"])
    ledger.set_price(9, PRICE, state)
    with reverts("price: not valid"):
        ledger.withdraw(holder, 1)
    ledger.set_price(9)
    ledger.set_price(0, PRICE, state)
    with reverts("price: not valid"):
        ledger.withdraw(holder, 1)


def test_withdraw__unrealised_profit__cannot_be_borrowed_against(ledger, holder, reverts):
    ledger.deposit(ledger.open(), 10**9)
    ledger.set_price(0, 10 * PRICE)
    with reverts("cash: below limit"):
        ledger.withdraw(holder, 100 * 10**6 + 1)
    ledger.risk.set_requirements(0, 0, 30 * WAD)
    ledger.withdraw(holder, 130 * 10**6)
    assert ledger.cash(holder) == -30 * WAD


def test_withdraw__collateral_under_a_debt__is_checked(ledger, holder, reverts):
    ledger.deposit(ledger.open(), 10**9)
    ledger.deposit(holder, 10**8, ledger.tokens["IRON"])
    ledger.risk.set_requirements(0, 0, 30 * WAD)
    ledger.withdraw(holder, 130 * 10**6)
    ledger.risk.set_requirements(0, 0, 29 * WAD)
    with reverts("cash: below limit"):
        ledger.withdraw(holder, 1, ledger.tokens["IRON"])


def test_withdraw__quote_lent_beyond_four_fifths__reverts(ledger, holder, reverts):
    lender = ledger.open(100)
    ledger.risk.set_requirements(0, 0, 10**6 * WAD)
    ledger.deposit(holder, 2 * 10**8, ledger.tokens["IRON"])
    with reverts("quote: over utilised"):
        ledger.withdraw(holder, 180 * 10**6 + 1)
    ledger.withdraw(holder, 180 * 10**6)
    assert ledger.house.supply()[2:] == (100 * WAD, 80 * WAD)
    with reverts("quote: over utilised"):
        ledger.withdraw(holder, 1)
    # it is about what a debtor takes: a supplier leaves, and a debtor may take collateral
    ledger.withdraw(lender, 10 * 10**6)
    ledger.withdraw(holder, 1, ledger.tokens["IRON"])
    ledger.house.set_kind(holder, PORTFOLIO, sender=ledger.owner)
    assert ledger.house.account(holder).kind == PORTFOLIO


def test_withdraw__debt_without_any_supply__reverts(ledger, holder, reverts):
    ledger.deposit(holder, 10**8, ledger.tokens["IRON"])
    loser = ledger.open(100)
    ledger.trade(loser, 0, WAD)
    ledger.trade(loser, 0, -WAD, price=1)  # his quote is the pool's now
    ledger.risk.set_requirements(0, 0, 10**6 * WAD)
    with reverts("quote: over utilised"):
        ledger.withdraw(holder, 100 * 10**6 + 1)


def test_withdraw__more_quote_than_recorded__reverts(ledger, reverts):
    # a winner's cash is what the pool owes him, not tokens
    winner = ledger.open(100)
    ledger.trade(winner, 0, WAD)
    ledger.trade(winner, 0, -WAD, price=10 * PRICE)
    assert ledger.cash(winner) == 1_000 * WAD
    assert ledger.cash(POOL) == -900 * WAD
    ledger.usdc.mint(ledger.house, 10**9)  # a donation does not help
    with reverts("token: too little held"):
        ledger.withdraw(winner, 101 * 10**6)
    ledger.withdraw(winner, 100 * 10**6)


# ── withdraw: pending order ──────────────────────────────────────────────────────────────────────


def test_withdraw__with_pending_order__is_checked_as_if_filled(ledger, reverts):
    account = ledger.open(100)
    ledger.set_price(3, PRICE)
    ledger.reserve(account, 3, WAD)
    ledger.risk.set_requirements(0, 50 * WAD, 0)
    with reverts("margin: below initial"):
        ledger.withdraw(account, 50 * 10**6 + 1)
    # an opening at mark leaves equity and cash as they are
    ledger.withdraw(account, 50 * 10**6)
    assert ledger.risk.sample_count() == 1


@pytest.mark.parametrize("state", NOT_VALID)
def test_withdraw__market_of_pending_order_not_valid__reverts(ledger, reverts, state):
    account = ledger.open(100)
    ledger.reserve(account, 3, WAD)
    ledger.set_price(3, PRICE, state)
    with reverts("price: not valid"):
        ledger.withdraw(account, 1)


def test_withdraw__market_of_pending_order_without_price__reverts(ledger, reverts):
    account = ledger.open(100)
    ledger.reserve(account, 3, WAD)
    ledger.oracle.set_word(3, 0)
    with reverts("price: out of bounds"):
        ledger.withdraw(account, 1)


def test_withdraw__pending_order_that_realises_a_loss__counts_it(ledger, reverts):
    account = ledger.open(100)
    ledger.deposit(account, 10**8, ledger.tokens["IRON"])
    ledger.trade(account, 0, WAD)
    ledger.set_price(0, PRICE // 2)
    ledger.reserve(account, 0, -WAD)
    # cash would end at 40, but at -10 once the order has realised its loss
    with reverts("cash: below limit"):
        ledger.withdraw(account, 60 * 10**6)
    ledger.withdraw(account, 50 * 10**6)

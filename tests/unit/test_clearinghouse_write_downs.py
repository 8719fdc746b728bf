"""Clearinghouse: what suppliers lose of a shortfall."""

import pytest

from chain.deployment import FUND, POOL
from margin_model import interest_math
from tests.unit.ledger_world import (
    ALL,
    LIMIT,
    RAY,
    WAD,
)


@pytest.fixture
def debtor(ledger):
    """Owes 40, suppliers hold 300 and 100, the pool the 40."""
    suppliers = ledger.open(300), ledger.open(100)
    account = ledger.open(60)
    ledger.trade(account, 0, WAD)
    ledger.trade(account, 0, -WAD, price=1)
    assert ledger.cash(account) == -40 * WAD + 1
    return account, *suppliers


def test_write_down__within_supply__charges_suppliers_in_proportion(ledger, debtor):
    account, large, small = debtor
    receipt = ledger.call_as(ledger.auction, "write_down", account, 40 * WAD - 1)
    assert receipt.result == 40 * WAD - 1
    assert ledger.cash(account) == 0
    index = ledger.house.supply()[0]
    event = ledger.event(receipt, "SupplyWrittenDown")
    assert event == (40 * WAD - 1, RAY, index, 0)
    assert abs(ledger.cash(large) - 270 * WAD) <= ledger.house.account_count()
    assert abs(ledger.cash(small) - 90 * WAD) <= ledger.house.account_count()
    lost = 400 * WAD - ledger.cash(large) - ledger.cash(small)
    assert 40 * WAD - 1 <= lost <= 40 * WAD + 2 * ledger.house.account_count()
    assert ledger.cash(POOL) == 100 * WAD - 1
    # what he has now he can take out
    ledger.withdraw(small, ALL)
    assert ledger.usdc.balanceOf(ledger.owner) == 90 * 10**6


def test_write_down__cash_after_it__loses_at_most_a_wei_a_change(ledger, debtor):
    account, large, _ = debtor
    ledger.write_down(account, 40 * WAD - 1)
    before = ledger.cash(large)
    ledger.deposit(large, 1)
    assert before + 10**12 - 1 <= ledger.cash(large) <= before + 10**12
    ledger.withdraw(large, 3)
    assert before - 2 * 10**12 - 2 <= ledger.cash(large) <= before - 2 * 10**12
    newcomer = ledger.open(77)
    assert 77 * WAD - 1 <= ledger.cash(newcomer) <= 77 * WAD


def test_write_down__beyond_supply__leaves_a_debt_of_the_fund(ledger, debtor):
    account, large, _ = debtor
    receipt = ledger.call_as(ledger.auction, "write_down", account, 1_000 * WAD)
    event = ledger.event(receipt, "SupplyWrittenDown")
    assert event.new_index == 10**18
    assert receipt.result == 1_000 * WAD - event.fund_debt
    assert 400 * WAD - 10**12 < receipt.result <= 400 * WAD
    assert ledger.cash(FUND) == -event.fund_debt
    assert ledger.cash(large) == 300 * 10**9
    assert ledger.cash(account) == 960 * WAD + 1
    # at its floor the index is not cut again
    assert ledger.write_down(account, WAD) == 0
    assert ledger.house.supply()[0] == 10**18


def test_write_down__nobody_supplies__falls_to_the_fund(ledger):
    account = ledger.open(1)
    ledger.trade(account, 0, WAD)
    ledger.trade(account, 0, -WAD, price=1)
    assert ledger.write_down(account, 99 * WAD) == 0
    assert ledger.cash(FUND) == -99 * WAD
    assert ledger.house.supply()[0] == RAY


def test_write_down__account_that_supplies__bears_its_part(ledger):
    account, other = ledger.open(100), ledger.open(300)
    ledger.write_down(account, 40 * WAD)
    assert abs(ledger.cash(account) - 130 * WAD) <= ledger.house.account_count()
    assert abs(ledger.cash(other) - 270 * WAD) <= ledger.house.account_count()


def test_write_down__account_in_auction__counts_as_proceeds(ledger, debtor):
    account = debtor[0]
    ledger.begin_auction(account)
    ledger.write_down(account, 40 * WAD - 1)
    assert ledger.house.proceeds(account) == 40 * WAD - 1


def test_write_down__more_than_the_books_hold__reverts(ledger, debtor, reverts):
    with reverts("amount: too large"):
        ledger.write_down(debtor[0], LIMIT)


def test_write_down__many_times__never_favours_anybody(ledger, debtor):
    account, large, small = debtor
    for amount in (1, 7, WAD, 123_456_789, 3 * WAD + 1):
        ledger.write_down(account, amount)
        ledger.deposit(large, 1)
        ledger.withdraw(small, 1)
        ledger.check()


def test_write_down__debts__are_not_touched(ledger, debtor):
    other = ledger.open(10)
    ledger.trade(other, 0, WAD)
    ledger.trade(other, 0, -WAD, price=1)
    owed = ledger.cash(other)
    ledger.write_down(debtor[0], 10 * WAD)
    assert ledger.cash(other) == owed
    assert ledger.house.supply()[3] == -owed + 30 * WAD - 1


def test_mirror__of_the_write_down__is_the_contract(ledger, debtor):
    ledger.write_down(debtor[0], 40 * WAD - 1)
    index, _ = interest_math.write_down(40 * WAD - 1, 400 * WAD, RAY)
    assert ledger.house.supply()[0] == index

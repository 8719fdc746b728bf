"""Clearinghouse: what pool and fund collect and pay."""

import pytest

from chain.deployment import ESCROW, FUND, POOL
from tests.unit.ledger_world import (
    ALL,
    LIMIT,
    PRICE,
    WAD,
)


def test_collect__of_a_users_cash__is_checked_like_a_withdrawal(ledger, stranger, reverts):
    account = ledger.open(100)

    def collect(amount, destination=POOL, caller=None):
        caller = caller or ledger.owner
        return ledger.call_as(ledger.pool, "collect", account, destination, amount, caller)

    with reverts("account: not authorized"):
        collect(1, caller=stranger)
    with reverts("amount: zero"):
        collect(0)
    with reverts("amount: too large"):
        collect(LIMIT)
    collect(10 * WAD)
    collect(10 * WAD, ESCROW)
    ledger.call_as(ledger.fund, "collect", account, FUND, 10 * WAD, ledger.owner)
    assert [ledger.cash(a) for a in (account, POOL, ESCROW, FUND)] == [
        70 * WAD,
        10 * WAD,
        10 * WAD,
        10 * WAD,
    ]
    assert ledger.house.supply()[2] == 70 * WAD
    ledger.trade(account, 0, WAD)
    ledger.risk.set_requirements(0, 70 * WAD, 0)
    with reverts("margin: below initial"):
        collect(1)
    ledger.risk.set_requirements(0, 0, 0)
    with reverts("quote: over utilised"):
        collect(70 * WAD + 1)
    ledger.deposit(ledger.open(), 10**9)
    ledger.set_price(0, 2 * PRICE)
    with reverts("cash: below limit"):
        collect(70 * WAD + 1)
    ledger.begin_auction(account)
    with reverts("account: in auction"):
        collect(1)


def test_pay__to_anybody__moves_cash(ledger):
    account = ledger.open(100)
    ledger.call_as(ledger.pool, "collect", account, ESCROW, 60 * WAD, ledger.owner)
    ledger.call_as(ledger.pool, "pay", ESCROW, FUND, 10 * WAD)
    ledger.call_as(ledger.pool, "pay", ESCROW, POOL, 10 * WAD)
    ledger.call_as(ledger.pool, "pay", ESCROW, account, 10 * WAD)
    ledger.call_as(ledger.fund, "pay", FUND, account, 5 * WAD)
    ledger.call_as(ledger.pool, "pay", POOL, account, 15 * WAD)
    assert [ledger.cash(a) for a in (account, POOL, ESCROW, FUND)] == [
        70 * WAD,
        -5 * WAD,
        30 * WAD,
        5 * WAD,
    ]


def test_pay__more_than_there_is__only_the_pool_may_owe(ledger, reverts):
    account = ledger.open(100)
    with reverts("cash: too little"):
        ledger.call_as(ledger.pool, "pay", ESCROW, account, 1)
    with reverts("cash: too little"):
        ledger.call_as(ledger.fund, "pay", FUND, account, 1)
    ledger.call_as(ledger.pool, "pay", POOL, account, 1)
    assert ledger.cash(POOL) == -1
    with reverts("amount: too large"):
        ledger.call_as(ledger.pool, "pay", POOL, account, LIMIT)


@pytest.mark.parametrize("destination", [0, 99, ALL])
def test_pay__to_nobody__reverts(ledger, reverts, destination):
    with reverts("account: unknown"):
        ledger.call_as(ledger.pool, "pay", POOL, destination, 1)


def test_pay__to_account_in_auction__counts_as_proceeds(ledger):
    account = ledger.open(100)
    ledger.begin_auction(account)
    ledger.call_as(ledger.pool, "pay", POOL, account, 3 * WAD)
    assert ledger.house.proceeds(account) == 3 * WAD


def test_pay__nothing__changes_nothing(ledger):
    receipt = ledger.call_as(ledger.pool, "pay", POOL, ledger.open(), 0)
    assert not ledger.events(receipt, "CashChanged")

"""Who leaves while insolvent auctions run bears his share of what they lack."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chain import PyrevmChain, load_artifacts
from chain.deployment import ESCROW, FUND, POOL
from margin_model import interest_math
from tests.unit.ledger_world import ALL, WAD, Ledger

UNIT = 10**12


@pytest.fixture
def ledger(ledger):
    """Nobody needs margin, and anybody may borrow."""
    ledger.risk.set_requirements(0, 0, 10**9 * WAD)
    return ledger


@pytest.fixture
def suppliers(ledger):
    """100, 200 and 700: a thousand together."""
    return ledger.open(100), ledger.open(200), ledger.open(700)


def set_shortfall(ledger, amount):
    return ledger.call_as(ledger.auction, "set_shortfall", amount)


def paid_for(ledger, account, amount):
    before = ledger.usdc.balanceOf(ledger.owner)
    receipt = ledger.withdraw(account, amount)
    return receipt, ledger.usdc.balanceOf(ledger.owner) - before


def test_set_shortfall__by_the_auction__is_told(ledger):
    receipt = set_shortfall(ledger, 5)
    assert ledger.event(receipt, "ShortfallSet") == (0, 5)
    assert ledger.house.shortfall() == 5


def test_withdraw__no_shortfall__at_par(ledger, suppliers):
    assert paid_for(ledger, suppliers[0], ALL)[1] == 100 * 10**6


def test_withdraw__shortfall__pays_its_share_to_those_who_stay(ledger, suppliers):
    first, second, third = suppliers
    set_shortfall(ledger, 100 * WAD)
    receipt, paid = paid_for(ledger, first, ALL)
    assert paid == 90 * 10**6
    assert ledger.event(receipt, "Withdrawn").amount == paid
    assert ledger.cash(first) == 0
    event = ledger.event(receipt, "ExitCharged")
    assert (event.account, event.share) == (first, 10 * WAD)
    assert event.new_index > event.old_index
    # the ten are theirs now
    assert abs(ledger.cash(second) - 200 * WAD * 910 // 900) <= 2
    assert abs(ledger.cash(third) - 700 * WAD * 910 // 900) <= 2
    # and whoever leaves next gets the same part of what he had
    assert abs(paid_for(ledger, second, ALL)[1] - 180 * 10**6) <= 1


def test_withdraw__then_the_loss_comes__who_stayed_has_the_same_part(ledger, suppliers):
    first, second, third = suppliers
    debtor = ledger.open()
    set_shortfall(ledger, 100 * WAD)
    paid_for(ledger, first, ALL)
    paid_for(ledger, second, 77 * 10**6)
    ledger.write_down(debtor, 100 * WAD)
    set_shortfall(ledger, 0)
    assert abs(ledger.cash(third) - 630 * WAD) <= UNIT


def test_withdraw__beyond_zero__borrows_at_par(ledger, suppliers):
    first, *_ = suppliers
    ledger.deposit(first, 1_000 * WAD, ledger.tokens["GOLD"])
    set_shortfall(ledger, 100 * WAD)
    _, paid = paid_for(ledger, first, 150 * 10**6)
    assert paid == 140 * 10**6
    assert ledger.cash(first) == -50 * WAD


def test_withdraw__share_of_a_crumb__a_whole_token_unit(ledger, suppliers, reverts):
    set_shortfall(ledger, 1)
    assert paid_for(ledger, suppliers[0], 2)[1] == 1
    with reverts("amount: zero"):
        ledger.withdraw(suppliers[0], 1)


def test_withdraw__the_last_supplier__what_is_left_is_the_funds(ledger):
    only = ledger.open(100)
    set_shortfall(ledger, 1_000 * WAD)
    assert paid_for(ledger, only, ALL)[1] == 10**6
    assert ledger.cash(FUND) == 99 * WAD


def test_withdraw__collateral__at_par(ledger, suppliers):
    first, *_ = suppliers
    ledger.deposit(first, 10 * WAD, ledger.tokens["GOLD"])
    set_shortfall(ledger, 100 * WAD)
    ledger.withdraw(first, ALL, ledger.tokens["GOLD"])
    assert ledger.tokens["GOLD"].balanceOf(ledger.owner) == 10 * WAD
    assert ledger.cash(first) == 100 * WAD


def test_collect__shortfall__share_on_top(ledger, suppliers):
    first, *_ = suppliers
    set_shortfall(ledger, 100 * WAD)
    receipt = ledger.call_as(ledger.pool, "collect", first, ESCROW, 45 * WAD, ledger.owner)
    assert ledger.cash(ESCROW) == 45 * WAD
    assert ledger.event(receipt, "ExitCharged").share == 5 * WAD
    assert abs(ledger.cash(first) - 50 * WAD * 955 // 950) <= 2


def test_transfer_slice__bidder_with_cash__share_on_top(ledger, suppliers):
    """At par a supplier who bids for his own debtor would cancel debt with cash about to be cut."""
    first, *_ = suppliers
    debtor = ledger.open()
    ledger.deposit(debtor, 100 * WAD, ledger.tokens["GOLD"])
    ledger.withdraw(debtor, 45 * 10**6)
    ledger.begin_auction(debtor)
    set_shortfall(ledger, 100 * WAD)
    receipt = ledger.slice(debtor, first)
    assert ledger.cash(debtor) == 0
    assert ledger.event(receipt, "ExitCharged").share == 5 * WAD
    assert abs(ledger.cash(first) - 50 * WAD * 955 // 950) <= 2


def test_transfer_slice__bidder_without_cash__at_par(ledger, suppliers):
    debtor, bidder = ledger.open(), ledger.open()
    for account in (debtor, bidder):
        ledger.deposit(account, 100 * WAD, ledger.tokens["GOLD"])
    ledger.withdraw(debtor, 45 * 10**6)
    ledger.begin_auction(debtor)
    set_shortfall(ledger, 100 * WAD)
    receipt = ledger.slice(debtor, bidder)
    assert ledger.events(receipt, "ExitCharged") == []
    # fresh tokens repay at par
    ledger.fund_payer(ledger.usdc, 45 * 10**6)
    ledger.house.repay(bidder, 45 * 10**6, sender=ledger.owner)
    assert ledger.cash(bidder) == 0


moves = st.lists(
    st.tuples(
        st.sampled_from(["withdraw", "collect", "repay", "bid"]),
        st.integers(0, 2),
        st.integers(1, 60),
    ),
    min_size=1,
    max_size=8,
)


@given(moves=moves, part=st.integers(1, 60))
@settings(max_examples=40)
def test_run__any_order__no_supplier_gains_on_staying(moves, part):
    """Withdrawals, entries, bids for one's own debtor, repayments of him, then the loss: in tokens,
    cash and debts nobody of three is better off than by staying.
    """
    ledger = Ledger(PyrevmChain(), load_artifacts())
    ledger.risk.set_requirements(0, 0, 10**9 * WAD)
    people = [ledger.open(100) for _ in range(3)]
    debtors = [ledger.open() for _ in range(3)]
    ledger.open(400)
    for debtor in debtors:
        ledger.deposit(debtor, 100 * WAD, ledger.tokens["GOLD"])
        ledger.withdraw(debtor, 50 * 10**6)
    victim = ledger.open()
    shortfall = 7 * part * WAD
    set_shortfall(ledger, shortfall)
    pocket = [0, 0, 0]  # what is theirs outside, and inside the house beside cash and debts [wad]
    for name, who, amount in moves:
        account, debtor = people[who], debtors[who]
        cash = ledger.cash(account)
        if name == "withdraw" and cash >= amount * WAD:
            pocket[who] += paid_for(ledger, account, amount * 10**6)[1] * UNIT
        elif name == "collect":
            supply = ledger.house.supply()[2]
            share = interest_math.exit_share(2**127, amount * WAD, supply, shortfall, 0)
            if cash >= amount * WAD + share:
                ledger.call_as(ledger.pool, "collect", account, POOL, amount * WAD, ledger.owner)
                pocket[who] += amount * WAD
        elif name == "repay" and ledger.cash(debtor) < 0 and pocket[who] >= amount * WAD:
            ledger.fund_payer(ledger.usdc, amount * 10**6)
            pocket[who] -= (
                ledger.house.repay(debtor, amount * 10**6, sender=ledger.owner).result * UNIT
            )
        elif name == "bid" and ledger.cash(debtor) < 0:
            ledger.begin_auction(debtor)
            ledger.slice(debtor, account, amount * WAD // 100)
            ledger.call_as(ledger.auction, "end_auction", debtor)
    ledger.write_down(victim, shortfall)
    ledger.check()
    stayed = 100 - part - 50
    for who in range(3):
        has = pocket[who] + ledger.cash(people[who]) + ledger.cash(debtors[who])
        assert has <= stayed * WAD + UNIT

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
def world(chain, artifacts):
    world = Ledger(chain, artifacts)
    world.risk.set_requirements(0, 0, 10**9 * WAD)
    yield world
    world.check()


@pytest.fixture
def suppliers(world):
    """100, 200 and 700: a thousand together."""
    return world.open(100), world.open(200), world.open(700)


def set_shortfall(world, amount):
    return world.call_as(world.auction, "set_shortfall", amount)


def paid_for(world, account, amount):
    before = world.usdc.balanceOf(world.owner)
    receipt = world.withdraw(account, amount)
    return receipt, world.usdc.balanceOf(world.owner) - before


def test_set_shortfall__by_the_auction__is_told(world):
    receipt = set_shortfall(world, 5)
    assert world.event(receipt, "ShortfallSet") == (0, 5)
    assert world.house.shortfall() == 5


def test_withdraw__no_shortfall__at_par(world, suppliers):
    assert paid_for(world, suppliers[0], ALL)[1] == 100 * 10**6


def test_withdraw__shortfall__pays_its_share_to_those_who_stay(world, suppliers):
    first, second, third = suppliers
    set_shortfall(world, 100 * WAD)
    receipt, paid = paid_for(world, first, ALL)
    assert paid == 90 * 10**6
    assert world.event(receipt, "Withdrawn").amount == paid
    assert world.cash(first) == 0
    event = world.event(receipt, "ExitCharged")
    assert (event.account, event.share) == (first, 10 * WAD)
    assert event.new_index > event.old_index
    # the ten are theirs now
    assert abs(world.cash(second) - 200 * WAD * 910 // 900) <= 2
    assert abs(world.cash(third) - 700 * WAD * 910 // 900) <= 2
    # and whoever leaves next gets the same part of what he had
    assert abs(paid_for(world, second, ALL)[1] - 180 * 10**6) <= 1


def test_withdraw__then_the_loss_comes__who_stayed_has_the_same_part(world, suppliers):
    first, second, third = suppliers
    debtor = world.open()
    set_shortfall(world, 100 * WAD)
    paid_for(world, first, ALL)
    paid_for(world, second, 77 * 10**6)
    world.write_down(debtor, 100 * WAD)
    set_shortfall(world, 0)
    assert abs(world.cash(third) - 630 * WAD) <= UNIT


def test_withdraw__beyond_zero__borrows_at_par(world, suppliers):
    first, *_ = suppliers
    world.deposit(first, 1_000 * WAD, world.tokens["GOLD"])
    set_shortfall(world, 100 * WAD)
    _, paid = paid_for(world, first, 150 * 10**6)
    assert paid == 140 * 10**6
    assert world.cash(first) == -50 * WAD


def test_withdraw__share_of_a_crumb__a_whole_token_unit(world, suppliers, reverts):
    set_shortfall(world, 1)
    assert paid_for(world, suppliers[0], 2)[1] == 1
    with reverts("amount: zero"):
        world.withdraw(suppliers[0], 1)


def test_withdraw__the_last_supplier__what_is_left_is_the_funds(world):
    only = world.open(100)
    set_shortfall(world, 1_000 * WAD)
    assert paid_for(world, only, ALL)[1] == 10**6
    assert world.cash(FUND) == 99 * WAD


def test_withdraw__collateral__at_par(world, suppliers):
    first, *_ = suppliers
    world.deposit(first, 10 * WAD, world.tokens["GOLD"])
    set_shortfall(world, 100 * WAD)
    world.withdraw(first, ALL, world.tokens["GOLD"])
    assert world.tokens["GOLD"].balanceOf(world.owner) == 10 * WAD
    assert world.cash(first) == 100 * WAD


def test_collect__shortfall__share_on_top(world, suppliers):
    first, *_ = suppliers
    set_shortfall(world, 100 * WAD)
    receipt = world.call_as(world.pool, "collect", first, ESCROW, 45 * WAD, world.owner)
    assert world.cash(ESCROW) == 45 * WAD
    assert world.event(receipt, "ExitCharged").share == 5 * WAD
    assert abs(world.cash(first) - 50 * WAD * 955 // 950) <= 2


def test_transfer_slice__bidder_with_cash__share_on_top(world, suppliers):
    """At par a supplier who bids for his own debtor would cancel debt with cash about to be cut."""
    first, *_ = suppliers
    debtor = world.open()
    world.deposit(debtor, 100 * WAD, world.tokens["GOLD"])
    world.withdraw(debtor, 45 * 10**6)
    world.begin_auction(debtor)
    set_shortfall(world, 100 * WAD)
    receipt = world.slice(debtor, first)
    assert world.cash(debtor) == 0
    assert world.event(receipt, "ExitCharged").share == 5 * WAD
    assert abs(world.cash(first) - 50 * WAD * 955 // 950) <= 2


def test_transfer_slice__bidder_without_cash__at_par(world, suppliers):
    debtor, bidder = world.open(), world.open()
    for account in (debtor, bidder):
        world.deposit(account, 100 * WAD, world.tokens["GOLD"])
    world.withdraw(debtor, 45 * 10**6)
    world.begin_auction(debtor)
    set_shortfall(world, 100 * WAD)
    receipt = world.slice(debtor, bidder)
    assert world.events(receipt, "ExitCharged") == []
    # fresh tokens repay at par
    world.fund_payer(world.usdc, 45 * 10**6)
    world.house.repay(bidder, 45 * 10**6, sender=world.owner)
    assert world.cash(bidder) == 0


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
    world = Ledger(PyrevmChain(), load_artifacts())
    world.risk.set_requirements(0, 0, 10**9 * WAD)
    people = [world.open(100) for _ in range(3)]
    debtors = [world.open() for _ in range(3)]
    world.open(400)
    for debtor in debtors:
        world.deposit(debtor, 100 * WAD, world.tokens["GOLD"])
        world.withdraw(debtor, 50 * 10**6)
    victim = world.open()
    shortfall = 7 * part * WAD
    set_shortfall(world, shortfall)
    pocket = [0, 0, 0]  # what is theirs outside, and inside the house beside cash and debts [wad]
    for name, who, amount in moves:
        account, debtor = people[who], debtors[who]
        cash = world.cash(account)
        if name == "withdraw" and cash >= amount * WAD:
            pocket[who] += paid_for(world, account, amount * 10**6)[1] * UNIT
        elif name == "collect":
            supply = world.house.supply()[2]
            share = interest_math.exit_share(2**127, amount * WAD, supply, shortfall, 0)
            if cash >= amount * WAD + share:
                world.call_as(world.pool, "collect", account, POOL, amount * WAD, world.owner)
                pocket[who] += amount * WAD
        elif name == "repay" and world.cash(debtor) < 0 and pocket[who] >= amount * WAD:
            world.fund_payer(world.usdc, amount * 10**6)
            pocket[who] -= (
                world.house.repay(debtor, amount * 10**6, sender=world.owner).result * UNIT
            )
        elif name == "bid" and world.cash(debtor) < 0:
            world.begin_auction(debtor)
            world.slice(debtor, account, amount * WAD // 100)
            world.call_as(world.auction, "end_auction", debtor)
    world.write_down(victim, shortfall)
    world.check()
    stayed = 100 - part - 50
    for who in range(3):
        has = pocket[who] + world.cash(people[who]) + world.cash(debtors[who])
        assert has <= stayed * WAD + UNIT

"""Interest in the Clearinghouse: accrued on touch, shown without one."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chain import PyrevmChain, load_artifacts
from chain.deployment import FUND, POOL
from margin_model import interest_math
from margin_model.interest_math import YEAR, Curve
from margin_model.ledger_math import RAY
from tests.invariants import check_conservation
from tests.unit.ledger_world import ALL, WAD, Ledger

# 10 % up to half used, 110 % at all used, a fifth of what suppliers earn for the fund
CURVE = Curve(WAD // 20, WAD // 10, 2 * WAD, WAD // 2, 3 * WAD, WAD // 5)
START = (RAY, RAY)


@pytest.fixture
def world(chain, artifacts):
    world = Ledger(chain, artifacts, curve=CURVE)
    yield world
    world.check()


@pytest.fixture
def lent(world):
    """A supplier of 100, a debtor of 50 with collateral, and nothing in the pool."""
    world.risk.set_requirements(0, 0, 10**9 * WAD)
    supplier = world.open(100)
    debtor = world.open()
    world.deposit(debtor, 100 * WAD, world.tokens["GOLD"])
    world.withdraw(debtor, 50 * 10**6)
    return supplier, debtor


def wait(world, seconds):
    world.chain.advance(seconds)


def touch(world):
    """A deposit of next to nothing by somebody new."""
    return world.deposit(world.open(), 1)


# ── accrual ──────────────────────────────────────────────────────────────────────────────────────


def test_interest__nobody_owes__nothing_runs(world):
    account = world.open(100)
    wait(world, YEAR)
    receipt = world.deposit(account, 10**6)
    assert world.events(receipt, "InterestAccrued") == []
    assert world.cash(account) == 101 * WAD
    assert world.house.supply()[:2] == START


def test_interest__half_a_year__as_the_mirror_says(world, lent):
    supplier, debtor = lent
    started = world.chain.time
    wait(world, YEAR // 2)
    receipt = touch(world)
    elapsed = world.chain.time - started
    sides = interest_math.Sides(100 * WAD, RAY, 50 * WAD, RAY)
    rate = CURVE.rate(100 * WAD, 50 * WAD)
    assert rate == WAD // 10
    after, to_pool, to_fund = interest_math.accrue(sides, rate, CURVE.reserve, elapsed)
    event = world.event(receipt, "InterestAccrued")
    assert event == (RAY, after.supply_index, RAY, after.debt_index, to_pool, to_fund)
    assert world.cash(supplier) == after.supply
    assert world.cash(debtor) == -after.debt
    assert world.cash(FUND) == to_fund
    assert to_pool == 0
    world.check()


def test_interest__more_owed_than_supplied__the_pool_earns_the_rest(world, lent):
    supplier, _ = lent
    # the loss of a trade is the pool's cash, and nobody's supply
    loser = world.open(10)
    world.trade(loser, 0, 2 * WAD)
    world.trade(loser, 0, -2 * WAD, price=1)
    assert world.cash(loser) < -100 * WAD
    before = world.cash(POOL)
    wait(world, 30 * 86_400)
    receipt = touch(world)
    event = world.event(receipt, "InterestAccrued")
    assert event.to_pool > 0
    assert world.cash(POOL) == before + event.to_pool
    assert world.cash(supplier) > 100 * WAD
    world.check()


def test_interest__paid__is_earned_and_pool_and_fund(world, lent):
    waits = (1, 7, 86_400, YEAR)
    for seconds in waits:
        wait(world, seconds)
        touch(world)
    _, _, supply, debt = world.house.supply()
    paid = debt - 50 * WAD
    earned = supply - 100 * WAD - len(waits) * 10**12
    assert 0 <= paid - earned - world.cash(POOL) - world.cash(FUND) <= 10


def test_interest__second_touch_in_a_block__none(world, lent):
    wait(world, 3_600)
    first = touch(world)
    assert world.events(first, "InterestAccrued") != []
    second = touch(world)
    assert world.events(second, "InterestAccrued") == []


def test_interest__debt_repaid__the_clock_stops(world, lent):
    supplier, debtor = lent
    wait(world, 3_600)
    world.fund_payer(world.usdc, 10**9)
    world.house.repay(debtor, 10**9, sender=world.owner)
    assert world.cash(debtor) >= 0
    indices = world.house.supply()[:2]
    wait(world, YEAR)
    assert world.house.supply()[:2] == indices
    receipt = world.deposit(supplier, 1)
    assert world.events(receipt, "InterestAccrued") == []
    # and starts again with the next debt
    wait(world, YEAR)
    world.withdraw(debtor, 50 * 10**6)
    wait(world, 60)
    assert world.house.supply()[1] > indices[1]
    world.check()


# ── views ────────────────────────────────────────────────────────────────────────────────────────


def test_views__before_a_touch__as_after_it(world, lent):
    """Everything reads as a transaction of that time leaves it."""
    supplier, debtor = lent
    wait(world, 40 * 86_400)
    accounts = (supplier, debtor, POOL, FUND, world.keeper)
    words = world.words()
    seen = [world.cash(account) for account in accounts]
    equities = [world.house.health(account, words).equity for account in accounts]
    totals = world.house.supply()
    world.check()
    newcomer = world.open()
    world.house.repay(debtor, 1, sender=_payer(world))
    # a repayment is rounded against the debtor, by less than two wei at this index
    assert 10**12 - 2 <= world.cash(debtor) - seen[1] <= 10**12
    seen[1] = world.cash(debtor)
    assert [world.cash(account) for account in accounts] == seen
    equities[1] = world.house.health(debtor, words).equity
    assert [world.house.health(account, words).equity for account in accounts] == equities
    assert world.house.supply()[:3] == totals[:3]
    assert world.cash(newcomer) == 0


def _payer(world):
    world.fund_payer(world.usdc, 1)
    return world.owner


def test_withdraw__all_after_interest__leaves_nothing(world, lent):
    supplier, debtor = lent
    wait(world, YEAR)
    world.fund_payer(world.usdc, 10**9)
    world.house.repay(debtor, 10**9, sender=world.owner)
    before = world.usdc.balanceOf(world.owner)
    world.withdraw(supplier, ALL)
    assert world.usdc.balanceOf(world.owner) - before > 103 * 10**6
    assert 0 <= world.cash(supplier) < 10**12
    world.check()


def test_withdraw__interest_since_the_last_touch__counts_for_utilisation(world, lent, reverts):
    """50 of 100 lent at 10 %: in time debt grows towards supply, and at last nobody may borrow."""
    _, debtor = lent
    world.withdraw(debtor, 29 * 10**6)
    wait(world, 2 * YEAR)
    with reverts("quote: over utilised"):
        world.withdraw(debtor, 1)


def test_write_down__after_interest__accrues_first(world, lent):
    _, debtor = lent
    wait(world, YEAR)
    receipt = world.call_as(world.auction, "write_down", debtor, WAD)
    accrued = world.event(receipt, "InterestAccrued")
    assert world.event(receipt, "SupplyWrittenDown").old_index == accrued.new_supply_index
    world.check()


# ── any life ─────────────────────────────────────────────────────────────────────────────────────

steps = st.lists(
    st.tuples(
        st.sampled_from(["deposit", "withdraw", "repay", "write down", "touch"]),
        st.integers(0, 3),
        st.integers(1, 60 * 10**6),
        st.integers(0, YEAR),
    ),
    min_size=5,
    max_size=25,
)


@given(steps=steps)
@settings(max_examples=25)
def test_interest__any_life_of_four_accounts__conserves(steps):
    """I1 to I3 after each step, dust never below zero; interest paid = earned + pool + fund."""
    world = Ledger(PyrevmChain(), load_artifacts(), curve=CURVE)
    world.risk.set_requirements(0, 0, 10**9 * WAD)
    accounts = [world.open(100) for _ in range(4)]
    house = world.house
    for account in accounts:
        world.deposit(account, 100 * WAD, world.tokens["GOLD"])
    for name, who, amount, seconds in steps:
        wait(world, seconds)
        account = accounts[who]
        if name == "deposit":
            world.deposit(account, amount)
        elif name == "repay" and house.cash(account) < 0:
            world.fund_payer(world.usdc, amount)
            house.repay(account, amount, sender=world.owner)
        elif name == "withdraw":
            _, _, supply, debt = house.supply()
            own = house.cash(account)
            after = own - amount * 10**12
            supply, debt = (
                supply - max(own, 0) + max(after, 0),
                debt + max(-after, 0) - max(-own, 0),
            )
            within = after >= 0 or debt * 10 <= supply * 8 - 10**15
            if within and amount * 10**12 <= house.recorded(world.usdc):
                world.withdraw(account, amount)
        elif name == "write down" and house.supply()[2] > 200 * WAD:
            world.write_down(account, amount * 10**10)
        else:
            touch(world)
        check_conservation(house)
        cash = [house.cash(account) for account in range(4, house.account_count() + 1)]
        _, _, supply, debt = house.supply()
        assert 0 <= supply - sum(c for c in cash if c > 0) <= len(cash)
        assert 0 <= -sum(c for c in cash if c < 0) - debt <= len(cash)

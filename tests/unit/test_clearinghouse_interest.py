"""Interest in the Clearinghouse: accrued on touch, shown without one."""

from copy import copy

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


@pytest.fixture(scope="module")
def built_ledger(session_chain, artifacts):
    return Ledger(session_chain, artifacts, curve=CURVE)


@pytest.fixture
def lent(ledger):
    """A supplier of 100, a debtor of 50 with collateral, and nothing in the pool."""
    ledger.risk.set_requirements(0, 0, 10**9 * WAD)
    supplier = ledger.open(100)
    debtor = ledger.open()
    ledger.deposit(debtor, 100 * WAD, ledger.tokens["GOLD"])
    ledger.withdraw(debtor, 50 * 10**6)
    return supplier, debtor


def wait(ledger, seconds):
    ledger.chain.advance(seconds)


def touch(ledger):
    """A deposit of next to nothing by somebody new."""
    return ledger.deposit(ledger.open(), 1)


# ── accrual ──────────────────────────────────────────────────────────────────────────────────────


def test_interest__nobody_owes__nothing_runs(ledger):
    account = ledger.open(100)
    wait(ledger, YEAR)
    receipt = ledger.deposit(account, 10**6)
    assert ledger.events(receipt, "InterestAccrued") == []
    assert ledger.cash(account) == 101 * WAD
    assert ledger.house.supply()[:2] == START


def test_interest__nobody_owes__model_is_not_asked(ledger):
    """It costs a call for every change of cash; here it would answer indices of 0."""
    arguments = ledger.arguments()
    arguments[3] = ledger.deploy("MockNeighbour")
    other = copy(ledger)
    other.house = ledger.deploy("Clearinghouse", *arguments)
    account = other.open(100)
    wait(ledger, YEAR)
    other.deposit(account, 10**6)
    assert other.cash(account) == 101 * WAD


def test_interest__half_a_year__as_the_mirror_says(ledger, lent):
    supplier, debtor = lent
    started = ledger.chain.time
    wait(ledger, YEAR // 2)
    receipt = touch(ledger)
    elapsed = ledger.chain.time - started
    sides = interest_math.Sides(100 * WAD, RAY, 50 * WAD, RAY)
    rate = CURVE.rate(100 * WAD, 50 * WAD)
    assert rate == WAD // 10
    after, to_pool, to_fund = interest_math.accrue(sides, rate, CURVE.reserve, elapsed)
    event = ledger.event(receipt, "InterestAccrued")
    assert event == (RAY, after.supply_index, RAY, after.debt_index, to_pool, to_fund)
    assert ledger.cash(supplier) == after.supply
    assert ledger.cash(debtor) == -after.debt
    assert ledger.cash(FUND) == to_fund
    assert to_pool == 0
    ledger.check()


def test_interest__more_owed_than_supplied__the_pool_earns_the_rest(ledger, lent):
    supplier, _ = lent
    # the loss of a trade is the pool's cash, and nobody's supply
    loser = ledger.open(10)
    ledger.trade(loser, 0, 2 * WAD)
    ledger.trade(loser, 0, -2 * WAD, price=1)
    assert ledger.cash(loser) < -100 * WAD
    before = ledger.cash(POOL)
    wait(ledger, 30 * 86_400)
    receipt = touch(ledger)
    event = ledger.event(receipt, "InterestAccrued")
    assert event.to_pool > 0
    assert ledger.cash(POOL) == before + event.to_pool
    assert ledger.cash(supplier) > 100 * WAD
    ledger.check()


def test_interest__paid__is_earned_and_pool_and_fund(ledger, lent):
    waits = (1, 7, 86_400, YEAR)
    for seconds in waits:
        wait(ledger, seconds)
        touch(ledger)
    _, _, supply, debt = ledger.house.supply()
    paid = debt - 50 * WAD
    earned = supply - 100 * WAD - len(waits) * 10**12
    assert 0 <= paid - earned - ledger.cash(POOL) - ledger.cash(FUND) <= 10


def test_interest__second_touch_in_a_block__none(ledger, lent):
    wait(ledger, 3_600)
    first = touch(ledger)
    assert ledger.events(first, "InterestAccrued") != []
    second = touch(ledger)
    assert ledger.events(second, "InterestAccrued") == []


def test_interest__debt_repaid__the_clock_stops(ledger, lent):
    supplier, debtor = lent
    wait(ledger, 3_600)
    ledger.fund_payer(ledger.usdc, 10**9)
    ledger.house.repay(debtor, 10**9, sender=ledger.owner)
    assert ledger.cash(debtor) >= 0
    indices = ledger.house.supply()[:2]
    wait(ledger, YEAR)
    assert ledger.house.supply()[:2] == indices
    receipt = ledger.deposit(supplier, 1)
    assert ledger.events(receipt, "InterestAccrued") == []
    # and starts again with the next debt
    wait(ledger, YEAR)
    ledger.withdraw(debtor, 50 * 10**6)
    wait(ledger, 60)
    assert ledger.house.supply()[1] > indices[1]
    ledger.check()


# ── views ────────────────────────────────────────────────────────────────────────────────────────


def test_views__before_a_touch__as_after_it(ledger, lent):
    """Everything reads as a transaction of that time leaves it."""
    supplier, debtor = lent
    wait(ledger, 40 * 86_400)
    accounts = (supplier, debtor, POOL, FUND, ledger.keeper)
    words = ledger.words()
    seen = [ledger.cash(account) for account in accounts]
    equities = [ledger.house.health(account, words).equity for account in accounts]
    totals = ledger.house.supply()
    ledger.check()
    newcomer = ledger.open()
    ledger.house.repay(debtor, 1, sender=_payer(ledger))
    # a repayment is rounded against the debtor, by less than two wei at this index
    assert 10**12 - 2 <= ledger.cash(debtor) - seen[1] <= 10**12
    seen[1] = ledger.cash(debtor)
    assert [ledger.cash(account) for account in accounts] == seen
    equities[1] = ledger.house.health(debtor, words).equity
    assert [ledger.house.health(account, words).equity for account in accounts] == equities
    assert ledger.house.supply()[:3] == totals[:3]
    assert ledger.cash(newcomer) == 0


def _payer(ledger):
    ledger.fund_payer(ledger.usdc, 1)
    return ledger.owner


def test_withdraw__all_after_interest__leaves_nothing(ledger, lent):
    supplier, debtor = lent
    wait(ledger, YEAR)
    ledger.fund_payer(ledger.usdc, 10**9)
    ledger.house.repay(debtor, 10**9, sender=ledger.owner)
    before = ledger.usdc.balanceOf(ledger.owner)
    ledger.withdraw(supplier, ALL)
    assert ledger.usdc.balanceOf(ledger.owner) - before > 103 * 10**6
    assert 0 <= ledger.cash(supplier) < 10**12
    ledger.check()


def test_withdraw__interest_since_the_last_touch__counts_for_utilisation(ledger, lent, reverts):
    """50 of 100 lent at 10 %: in time debt grows towards supply, and at last nobody may borrow."""
    _, debtor = lent
    ledger.withdraw(debtor, 29 * 10**6)
    wait(ledger, 2 * YEAR)
    with reverts("quote: over utilised"):
        ledger.withdraw(debtor, 1)


def test_write_down__after_interest__accrues_first(ledger, lent):
    _, debtor = lent
    wait(ledger, YEAR)
    receipt = ledger.call_as(ledger.auction, "write_down", debtor, WAD)
    accrued = ledger.event(receipt, "InterestAccrued")
    assert ledger.event(receipt, "SupplyWrittenDown").old_index == accrued.new_supply_index
    ledger.check()


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
    ledger = Ledger(PyrevmChain(), load_artifacts(), curve=CURVE)
    ledger.risk.set_requirements(0, 0, 10**9 * WAD)
    accounts = [ledger.open(100) for _ in range(4)]
    house = ledger.house
    for account in accounts:
        ledger.deposit(account, 100 * WAD, ledger.tokens["GOLD"])
    for name, who, amount, seconds in steps:
        wait(ledger, seconds)
        account = accounts[who]
        if name == "deposit":
            ledger.deposit(account, amount)
        elif name == "repay" and house.cash(account) < 0:
            ledger.fund_payer(ledger.usdc, amount)
            house.repay(account, amount, sender=ledger.owner)
        elif name == "withdraw":
            _, _, supply, debt = house.supply()
            own = house.cash(account)
            after = own - amount * 10**12
            supply, debt = (
                supply - max(own, 0) + max(after, 0),
                debt + max(-after, 0) - max(-own, 0),
            )
            within = after >= 0 or debt * 10 <= supply * 8 - 10**15
            if within and amount * 10**12 <= house.recorded(ledger.usdc):
                ledger.withdraw(account, amount)
        elif name == "write down" and house.supply()[2] > 200 * WAD:
            ledger.write_down(account, amount * 10**10)
        else:
            touch(ledger)
        check_conservation(house)
        cash = [house.cash(account) for account in range(4, house.account_count() + 1)]
        _, _, supply, debt = house.supply()
        assert 0 <= supply - sum(c for c in cash if c > 0) <= len(cash)
        assert 0 <= -sum(c for c in cash if c < 0) - debt <= len(cash)

"""`deleveraging_math`: contract = mirror to the wei, and what a series of cuts comes to."""

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from margin_model import deleveraging_math as model
from margin_model import price_word
from margin_model.fixed_point import WAD, mul_wad_down

SIZE = 2**127 - 1
AMOUNT = 2**127 - 1
MAX_PRICE = 10**26

sizes = st.one_of(
    st.integers(1, SIZE), st.integers(1, 10**6).map(lambda x: x * WAD), st.integers(1, 9)
)
amounts = st.one_of(
    st.integers(0, AMOUNT), st.integers(0, 10**7).map(lambda x: x * WAD), st.integers(0, 9)
)
equities = st.builds(lambda amount, sign: amount * sign, amounts, st.sampled_from([-1, 1]))
prices = st.integers(1, MAX_PRICE) | st.integers(1, 10**5).map(lambda x: x * WAD)
rates = st.integers(0, WAD)
signs = st.sampled_from([-1, 1])
states = st.integers(0, price_word.RETIRED)


@pytest.fixture(scope="module")
def contract(harness):
    return harness("DeleveragingMathHarness")


books = st.lists(
    st.tuples(st.just(0) | st.builds(lambda size, sign: size * sign, sizes, signs), prices, states),
    min_size=16,
    max_size=16,
)

# ── contract = mirror ────────────────────────────────────────────────────────────────────────────


@given(book=books)
def test_notional__whole_domain__is_the_mirror(contract, book):
    held = [size for size, _, _ in book]
    words = [state << 248 | price for _, price, state in book]
    assert contract.notional(held, words) == model.notional(held, words)


@given(size=sizes, equity=equities, maintenance=amounts, without=amounts)
def test_size_to_close__whole_domain__is_the_mirror(contract, size, equity, maintenance, without):
    arguments = (size, equity, maintenance, without)
    assert contract.size_to_close(*arguments) == model.size_to_close(*arguments)


@given(to_close=sizes, interest=sizes)
def test_fraction__whole_domain__is_the_mirror(contract, to_close, interest):
    assert contract.fraction(to_close, interest) == model.fraction(to_close, interest)


@given(equity=equities, gross=amounts)
def test_loss_rate__whole_domain__is_the_mirror(contract, equity, gross):
    assert contract.loss_rate(equity, gross) == model.loss_rate(equity, gross)


@given(size=sizes, sign=signs, cost=equities, mark=prices, index=st.integers(-MAX_PRICE, MAX_PRICE))
def test_profit__whole_domain__is_the_mirror(contract, size, sign, cost, mark, index):
    arguments = (size * sign, cost, mark, index)
    assert contract.profit(*arguments) == model.profit(*arguments)


@given(
    size=sizes,
    part=st.integers(1, WAD),
    sign=signs,
    mark=prices,
    rate=rates,
    gain=equities,
    equity=equities,
)
def test_cut_price__whole_domain__is_the_mirror(
    contract, size, part, sign, mark, rate, gain, equity
):
    arguments = (max(1, size * part // WAD), size * sign, mark, rate, gain, equity)
    assert contract.cut_price(*arguments) == model.cut_price(*arguments)


@given(
    number=st.integers(0, 2**32 - 1),
    times=st.tuples(st.integers(0, 2**32 - 1), st.integers(0, 2**32 - 1)),
    fraction=rates,
    flags=st.tuples(st.booleans(), st.booleans()),
)
def test_round_word__every_round__survives(contract, number, times, fraction, flags):
    opened_at, lost_since = times
    long, ended = flags
    packed = (number, long, fraction, opened_at, lost_since, ended)
    assert tuple(contract.unpack(contract.pack(packed))) == packed


# ── what it promises ─────────────────────────────────────────────────────────────────────────────


def test_size_to_close__margin_met__is_zero():
    assert model.size_to_close(100 * WAD, 50 * WAD, 50 * WAD, 0) == 0


def test_size_to_close__half_of_the_requirement_is_missing__is_half_the_size():
    assert model.size_to_close(100 * WAD, 50 * WAD, 100 * WAD, 0) == 50 * WAD
    # where another market needs the other half, all of this one goes
    assert model.size_to_close(100 * WAD, 50 * WAD, 100 * WAD, 50 * WAD) == 100 * WAD


def test_size_to_close__equity_below_zero__is_all():
    assert model.size_to_close(100 * WAD, -1, 100 * WAD, 0) == 100 * WAD


@given(
    size=st.integers(1, 10**9).map(lambda x: x * WAD),
    rate=st.integers(WAD // 1000, WAD // 2),
    depth=st.integers(10**3, 10**12),
    short=st.integers(0, WAD),
)
def test_size_to_close__convex_requirement__is_enough(size, rate, depth, short):
    """The deficit taken off a requirement that grows faster than its size leaves it met."""

    def required(units):
        return units * rate // WAD + units * units // WAD // depth

    maintenance = required(size)
    equity = maintenance * short // WAD
    left = size - model.size_to_close(size, equity, maintenance, 0)
    assert required(left) <= equity + 1


@given(size=sizes, sign=signs, mark=prices, rate=rates, gain=amounts.filter(bool), equity=amounts)
def test_cut_price__at_most__profit_equity_and_rate(size, sign, mark, rate, gain, equity):
    price = model.cut_price(size, size * sign, mark, rate, gain, equity)
    lost = (mark - price) * sign
    assert lost >= 0
    # to less than a wei a unit
    most = min(gain, equity, -(-mark * size // WAD) + 1)
    assert (lost - 1) * size // WAD <= most
    assert (lost - 1) * WAD <= (mark + WAD) * rate + 2 * WAD**2 // size + WAD


@given(
    winners=st.lists(st.integers(1, 10**6).map(lambda x: x * WAD), min_size=1, max_size=8),
    mark=st.integers(1, 10**5).map(lambda x: x * WAD),
    lost=st.integers(1, 9_000),
    long=st.booleans(),
)
def test_cuts__of_all_winners__leave_the_pool_with_nothing_lost(winners, mark, lost, long):
    """Profits large enough: everybody pays the same rate, and E ends at zero from above."""
    assume(sum(winners) < SIZE)
    gross = sum(mul_wad_down(size, mark) for size in winners)
    equity = -(gross * lost // 10**4)
    first = model.loss_rate(equity, gross)
    sign = 1 if long else -1
    for size in winners:
        rate = model.loss_rate(equity, gross)
        assert abs(rate - first) <= 10
        price = model.cut_price(size, sign * size, mark, rate, AMOUNT, AMOUNT)
        equity += (mark - price) * sign * size // WAD
        gross -= mul_wad_down(size, mark)
    assert gross == 0
    assert 0 <= equity <= len(winners) * 2 + sum(winners) // WAD

"""`covariance`: contract = mirror to the wei, and what a margin may rely on."""

from dataclasses import replace
from math import isqrt, log

import numpy as np
import pytest
from hypothesis import HealthCheck, event, example, given, settings
from hypothesis import strategies as st

from margin_model import covariance
from margin_model.correlation_word import BPS, pair
from margin_model.covariance import (
    GRID,
    MAX_ASSETS,
    MAX_RETURN,
    MAX_VARIANCE,
    STEP,
    Grid,
    rows_for,
    seed,
    tick,
    untick,
    update,
)
from margin_model.fixed_point import WAD
from margin_model.price_word import MAX_PRICE
from margin_model.volatility import DAY

YEAR = 365 * DAY
SEED = 16 * 10**14  # (4 % a day)**2

prices = st.one_of(
    st.integers(1, 2**30),
    st.integers(1, MAX_PRICE),
    st.integers(0, 87).map(lambda bits: 2**bits),
    st.integers(1, 88).map(lambda bits: 2**bits - 1),
)
ticks = prices.map(tick)
correlations = st.one_of(st.sampled_from([-BPS, 0, BPS]), st.integers(-BPS, BPS))
seeds = st.one_of(st.integers(10**10, 16 * WAD), st.sampled_from([10**10, MAX_VARIANCE, 16 * WAD]))
times = st.one_of(st.just(GRID), st.integers(GRID, 2 * DAY), st.integers(GRID, 2**40 - 1))
# What an asset does in an hour: nothing, no price, near its last price, or anywhere.
moves = st.one_of(
    st.sampled_from([None, 10_000]), st.integers(9_900, 10_100), st.integers(5_000, 20_000), prices
)


@pytest.fixture(scope="module")
def contract(harness):
    return harness("CovarianceHarness")


@st.composite
def listings(draw, least=1, most=MAX_ASSETS):
    """Variances, and each asset's correlations with those before it."""
    count = draw(st.integers(least, most))
    return [
        (draw(seeds), draw(st.lists(correlations, min_size=i, max_size=i))) for i in range(count)
    ]


def moved(price, move):
    """The next price; small numbers are factors in 1e-4."""
    if move is None:
        return 0
    return max(1, min(price * move // 10_000, MAX_PRICE)) if move <= 20_000 else move


def listed(entries):
    grid = Grid()
    for variance, row in entries:
        grid = seed(grid, variance, row)
    return grid


def after(grid, *hours, elapsed=GRID):
    """The grid after updates with these prices, 0 where there is none."""
    for now in hours:
        grid, _ = update(grid, [price and tick(price) for price in now], elapsed)
    return grid


def filled(values, count=MAX_ASSETS):
    return [*values] + [0] * (count - len(values))


# ── contract = mirror ────────────────────────────────────────────────────────────────────────────


@given(prices)
@example(1)
@example(MAX_PRICE)
def test_tick__whole_domain__is_the_mirror(contract, price):
    assert contract.tick(price) == tick(price)
    assert 0 < tick(price) < 2**32
    assert price * (1 - 2**-24) < untick(tick(price)) <= price


@given(ticks, ticks)
@example(tick(1), tick(MAX_PRICE))
@example(tick(MAX_PRICE), tick(1))
def test_return__whole_domain__is_the_mirror(contract, now, base):
    value = contract.move(now, base)
    signed = value - 2**256 if value >> 255 else value
    assert signed == covariance.change(now, base) == -covariance.change(base, now)
    assert abs(signed) <= MAX_RETURN


@given(correlations, st.integers(-(2**63), 2**63 - 1), st.integers(10**8, MAX_VARIANCE))
def test_step__any_covariance__stays_within_one_and_a_step(rho, value, scale):
    expected = covariance.step(rho, value, scale)
    assert abs(expected) <= BPS
    assert abs(expected - rho) <= STEP
    goal = value * BPS / scale
    assert min(rho, goal - 1) <= expected <= max(rho, goal + 1) or abs(goal) > BPS


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    listings(),
    st.lists(st.tuples(st.lists(moves, min_size=16, max_size=16), times), min_size=1, max_size=6),
)
def test_update__any_history__is_the_mirror(chain, artifacts, entries, hours):
    snapshot = chain.snapshot()
    try:
        _compare(chain.deploy(artifacts["CovarianceHarness"]), entries, hours)
    finally:
        chain.revert(snapshot)


def _compare(contract, entries, hours):
    grid = Grid()
    for asset, (variance, row) in enumerate(entries):
        contract.seed(asset, variance, row)
        grid = seed(grid, variance, row)
    count = len(entries)
    last = [2_000 * WAD] * count
    for hour, elapsed in hours:
        now = [moved(price, move) for price, move in zip(last, hour, strict=False)]
        receipt = contract.update(count, filled(now), elapsed)
        grid, assets = update(grid, [price and tick(price) for price in now], elapsed)
        event(f"assets with a return: {assets.bit_count()}")
        assert tuple(contract.words()) == grid.storage()
        assert Grid.of(count, *grid.storage()) == grid
        last = [price or old for price, old in zip(now, last, strict=True)]
        _check_bounds(grid)
        _check_event(contract.events(receipt), grid, assets)
    for asset in range(count):
        for other in range(count):
            assert contract.correlation_of(asset, other) == grid.correlation(asset, other)
            assert contract.covariance_of(asset, other) == grid.covariance(asset, other)
    for assets in (0, 1, 2, 2**count - 1, 1 << count - 1, 2**256 - 1):
        assert contract.rows(assets) == rows_for(grid.rows(), assets & 2**16 - 1)


def _check_bounds(grid):
    assert all(0 <= variance <= MAX_VARIANCE for variance in grid.variances)
    assert all(-(2**63) <= value < 2**63 for value in grid.covariances)
    assert all(-BPS <= rho <= BPS for rho in grid.correlations)


def _check_event(events, grid, assets):
    if not assets:
        assert events == []
        return
    count = len(grid.variances)
    rows = grid.rows()[: (count * (count - 1) // 2 + 15) // 16]
    ((name, args),) = [(found.name, found.args) for found in events]
    assert (name, args) == ("CorrelationsUpdated", (assets, rows))


def test_rows__each_asset__are_the_words_its_pairs_need(chain, artifacts):
    contract = chain.deploy(artifacts["CovarianceHarness"])
    grid = Grid()
    for asset in range(MAX_ASSETS):
        row = [100 * asset + other for other in range(asset)]
        contract.seed(asset, SEED, row)
        grid = seed(grid, SEED, row)
        needed = [row if row else 0 for row in grid.rows()]
        assert contract.rows(1 << asset) == needed
    assert len(grid.correlations) == 120
    assert contract.correlation_of(15, 14) == contract.correlation_of(14, 15) == 1_514


# ── listing ──────────────────────────────────────────────────────────────────────────────────────


def test_seed__wrong_number__reverts(chain, artifacts, reverts):
    contract = chain.deploy(artifacts["CovarianceHarness"])
    contract.seed(0, SEED, [])
    for row in ([], [0, 0]):
        with reverts("correlations: wrong number"):
            contract.seed(1, SEED, row)


@pytest.mark.parametrize("rho", [BPS + 1, -BPS - 1, -(2**255), 2**255 - 1])
def test_seed__beyond_one__reverts(chain, artifacts, reverts, rho):
    contract = chain.deploy(artifacts["CovarianceHarness"])
    contract.seed(0, SEED, [])
    with reverts("correlation: out of bounds"):
        contract.seed(1, SEED, [rho])


@given(listings(least=2))
def test_seed__any_correlations__imply_themselves(entries):
    """The first update, of assets that do not move, asks for the correlations that were listed."""
    grid = listed(entries)
    for asset, (_, row) in enumerate(entries):
        for other, rho in enumerate(row):
            scale = isqrt(grid.variances[asset]) * isqrt(grid.variances[other])
            assert abs(grid.covariance(asset, other) * BPS - rho * scale) <= BPS
            assert grid.correlation(asset, other) == grid.correlation(other, asset) == rho


# ── the grid ─────────────────────────────────────────────────────────────────────────────────────


@given(st.integers(2**28, MAX_PRICE // 2), st.floats(0.9, 1.1))
def test_change__two_prices__is_nearly_the_logarithm(base, factor):
    now = int(base * factor)
    exact = log(now / base)
    ticks_off = 2**-23
    assert abs(covariance.change(tick(now), tick(base)) / 1e9 - exact) <= abs(exact) ** 5 / 100 + (
        ticks_off
    )


@given(listings(least=2, most=6), st.data())
def test_update__assets_without_return__leave_their_rows_unchanged(entries, data):
    count = len(entries)
    first = data.draw(st.lists(st.one_of(st.just(0), prices), min_size=count, max_size=count))
    second = data.draw(st.lists(st.one_of(st.just(0), prices), min_size=count, max_size=count))
    before = after(listed(entries), first)
    grid, assets = update(before, [price and tick(price) for price in second], GRID)
    for asset in range(count):
        takes_part = first[asset] != 0 and second[asset] != 0
        assert assets >> asset & 1 == takes_part
        if not takes_part:
            assert grid.variances[asset] == before.variances[asset]
            for other in range(count):
                assert grid.covariance(asset, other) == before.covariance(asset, other)
                assert grid.correlation(asset, other) == before.correlation(asset, other)


@given(listings(least=2, most=5), st.data())
def test_update__any_hour__moves_each_correlation_by_a_step_at_most(entries, data):
    row = st.lists(prices, min_size=len(entries), max_size=len(entries))
    before = after(listed(entries), data.draw(row))
    grid = after(before, data.draw(row), elapsed=data.draw(times))
    for old, new in zip(before.correlations, grid.correlations, strict=True):
        assert abs(new - old) <= STEP
        assert abs(new) <= BPS


def test_update__first_prices__only_become_bases():
    grid = listed([(SEED, []), (SEED, [5_000])])
    after_one, assets = update(grid, [tick(WAD), tick(2 * WAD)], YEAR)
    assert assets == 0
    assert after_one == replace(grid, bases=(tick(WAD), tick(2 * WAD)))


def test_update__an_hour_missed__counts_as_one_return_over_two_hours():
    entries = [(SEED, []), (SEED, [0])]
    base = after(listed(entries), [1_000 * WAD, 1_000 * WAD])
    both = after(base, [1_020 * WAD, 1_010 * WAD], elapsed=2 * GRID)
    share, rate = 2 * GRID / covariance.TAU, DAY / (2 * GRID)
    first, second = log(1.02), log(1.01)
    expected = [
        (SEED / WAD) * (1 - share) + share * first**2 * rate,
        (SEED / WAD) * (1 - share) + share * second**2 * rate,
    ]
    assert [v / WAD for v in both.variances] == pytest.approx(expected, rel=1e-3)
    assert both.covariances[0] / WAD == pytest.approx(share * first * second * rate, rel=3e-3)


@pytest.mark.parametrize(("factor", "goal"), [(1, BPS), (-1, -BPS)])
def test_update__moving_together_or_apart__reaches_the_end_and_stays(factor, goal):
    grid = listed([(SEED, []), (SEED, [0])])
    for hour in range(6_000):
        up = hour % 2
        now = [1_000 * WAD + up * 10 * WAD, 500 * WAD + factor * up * 5 * WAD]
        grid = after(grid, now)
    assert abs(grid.correlations[0] - goal) <= 5
    assert abs(grid.correlations[0]) <= BPS


def test_update__prices_that_stand_still__forget_the_variance_and_correlate_with_nothing():
    grid = listed([(SEED, []), (SEED, [BPS])])
    for _ in range(120):
        grid = after(grid, [WAD, WAD], elapsed=60 * DAY)
    assert (grid.variances, grid.covariances, grid.correlations) == ((0, 0), (0,), (0,))


@pytest.mark.parametrize("end", [1, MAX_PRICE])
def test_update__prices_from_bound_to_bound__stay_within_64_bits(end):
    grid = listed([(16 * WAD, []), (16 * WAD, [BPS]), (16 * WAD, [-BPS, -BPS])])
    for hour in range(2_000):
        there = (1, MAX_PRICE) if hour % 2 else (MAX_PRICE, 1)
        grid = after(grid, [there[0], there[0], there[1]])
        _check_bounds(grid)
    assert max(grid.variances) > MAX_VARIANCE * 9 // 10
    grid = after(grid, [end, end, end], elapsed=10 * YEAR)
    _check_bounds(grid)


def test_update__assets_always_together__keep_a_positive_semidefinite_matrix():
    """Of the covariances themselves; the correlations derived from them lag, by their steps."""
    rng = np.random.default_rng(7)
    count = 5
    grid = listed([(SEED, [0] * i) for i in range(count)])
    prices_now = np.full(count, 1_000.0)
    mix = rng.normal(size=(count, 2))
    for _ in range(300):
        prices_now *= np.exp(0.02 * mix @ rng.standard_t(3, size=2))
        grid = after(grid, [int(price * 1e6) * 10**12 for price in prices_now])
    matrix = np.array([[grid.covariance(i, j) / WAD for j in range(count)] for i in range(count)])
    assert np.linalg.eigvalsh(matrix)[0] >= -1e-9


def test_update__correlated_returns__are_found():
    """After ninety days of hourly returns the estimate is where the process is."""
    rng = np.random.default_rng(11)
    truth = 0.75
    grid = listed([(SEED, []), (SEED, [0])])
    log_prices = np.zeros(2)
    root = np.array([[1, 0], [truth, (1 - truth**2) ** 0.5]])
    for _ in range(90 * 24):
        log_prices += 0.008 * root @ rng.normal(size=2)
        grid = after(grid, [int(1e6 * np.exp(x)) * 10**12 for x in log_prices])
    assert grid.correlation(0, 1) / BPS == pytest.approx(truth, abs=0.04)
    assert pair(1, 0) == 0

"""RiskEngine, PORTFOLIO accounts: contract = mirror to the wei, and what their MM promises."""

from dataclasses import replace
from itertools import product
from math import isqrt, sqrt

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chain.deployment import PORTFOLIO
from margin_model import price_word, requirement, risk_engine, tier_table
from margin_model.correlation_word import BPS, pack_correlations
from margin_model.fixed_point import WAD
from margin_model.margin_math import MAX_AMOUNT, MAX_DEPTH, MAX_SIZE
from margin_model.requirement import Asset, Exposure, Parameters
from margin_model.risk_word import RiskWord
from tests.model.test_portfolio_math import matrices, semidefinite
from tests.model.test_risk_engine import accounts, build_world

SHOCKS = (-8, 8, -4, 4) + (0,) * 12
PARAMETERS = Parameters(15 * 10**17, 10**17, 25 * 10**16, 10**17, 5 * WAD, 3_000, 100)
NO_BREAKDOWN = Parameters(15 * 10**17, 10**17, 25 * 10**16, 10**17, 5 * WAD, 0, 100)
TABLE = tier_table.pack([tier_table.Tier(0, 40)])
LINE = 5 * 10**16
PRICE = 100 * WAD


@pytest.fixture(scope="module")
def world(session_chain, artifacts):
    return build_world(session_chain, artifacts)


# ── contract = mirror ────────────────────────────────────────────────────────────────────────────


@given(account=accounts(PORTFOLIO), matrix=matrices(), seconds=st.integers(0, 10**6))
@settings(max_examples=300)
def test_assess__any_account__equals_mirror(world, account, matrix, seconds):
    exposure, words = account
    rows = pack_correlations(matrix)
    world.oracle.set_correlations(rows)
    known = (world.mirror, world.parameters)
    found = world.engine.assess(exposure, words)
    assert found == requirement.assess(exposure, words, *known, rows=rows)
    later = risk_engine.maintenance_at(exposure, words, *known, seconds, rows)
    assert world.engine.maintenance_at(exposure, words, seconds) == later
    if exposure.markets or exposure.cash < 0:
        terms = world.engine.breakdown(exposure, words)
        assert terms == requirement.breakdown(exposure, words, *known, rows=rows)
        netted = max(terms.tail, terms.stress, terms.floor) + world.parameters.keeper_cost
        assert found.initial * WAD >= netted * world.parameters.im_multiplier


def test_assess__hedge_whose_line_is_on_its_way__initial_is_a_multiple_of_maintenance():
    """At its target the hedge weighs as much as what it hedges: the tail falls on the way."""
    short, long = assets_of()[0], assets_of()[1]
    low = long.risk._replace(line=LINE // 8, target=3 * LINE // 4)
    assets = {0: short, 1: long._replace(risk=low)}
    words = [price_word.pack(PRICE, PRICE, 0, 0, price_word.VALID)] * 16
    book = exposure_of([-1_000 * WAD, 1_000 * WAD] + [0] * 14, [0] * 16)
    rows = pack_correlations([[BPS if i == j else 9_400 for j in range(16)] for i in range(16)])
    terms = requirement.breakdown(book, words, assets, PARAMETERS, rows=rows)
    assert terms.maintenance == terms.tail > 12 * terms.high_tail // 10
    health = requirement.assess(book, words, assets, PARAMETERS, rows=rows)
    assert health.initial * WAD >= health.maintenance * PARAMETERS.im_multiplier


@given(account=accounts(PORTFOLIO), matrix=matrices(), cushion=st.integers(0, 10**28))
@settings(max_examples=30)
def test_liquidation_price__any_account__equals_mirror(world, account, matrix, cushion):
    exposure, words = account
    rows = pack_correlations(matrix)
    known = (world.mirror, world.parameters)
    health = requirement.assess(exposure, words, *known, rows=rows)
    world.oracle.set_correlations(rows)
    for market in range(16):
        if (exposure.markets >> market) & 1:
            base = exposure.base - health.equity + health.maintenance + cushion
            near = exposure._replace(base=base)
            price = risk_engine.liquidation_price(near, words, *known, market, rows)
            assert world.engine.liquidation_price(near, words, market) == price
            return


# ── what the requirement promises ────────────────────────────────────────────────────────────────


def assets_of(depth=MAX_DEPTH):
    risk = RiskWord(LINE, LINE, 0, depth, 0, 0, 5_000)
    return {asset: Asset(risk, TABLE, SHOCKS) for asset in range(16)}


def exposure_of(sizes, amounts):
    return Exposure(
        PORTFOLIO,
        -1,
        0,
        sum(1 << asset for asset, size in enumerate(sizes) if size),
        sum(1 << asset for asset, amount in enumerate(amounts) if amount),
        sizes,
        amounts,
    )


def terms_of(sizes, amounts, rows, parameters=PARAMETERS, depth=MAX_DEPTH, prices=(PRICE,) * 16):
    words = [price_word.pack(price, price, 0, 0, price_word.VALID) for price in prices]
    exposure = exposure_of(sizes, amounts)
    return requirement.breakdown(exposure, words, assets_of(depth), parameters, rows=rows)


units = st.one_of(st.just(0), st.integers(-(10**4), 10**4)).map(lambda milli: milli * WAD // 1_000)
books = st.lists(units, min_size=16, max_size=16)
depths = st.one_of(st.just(MAX_DEPTH), st.integers(1, 10**6))


@given(sizes=books, amounts=books, matrix=matrices())
def test_breakdown__any_matrix__never_below_the_floor(sizes, amounts, matrix):
    amounts = [abs(amount) for amount in amounts]
    terms = terms_of(sizes, amounts, pack_correlations(matrix))
    gross = sum((abs(s) + a) * 100 for s, a in zip(sizes, amounts, strict=True))
    assert terms.maintenance >= gross * PARAMETERS.floor // BPS


def cut_of(sizes, amounts):
    """What the lanes of the stress may cut from values of so much together [wei]."""
    return sum((abs(s) + a) * 100 for s, a in zip(sizes, amounts, strict=True)) // 10**12 + 2


def hedge(sizes, asset, part):
    """The book short of an asset, and collateral that covers so many thousandths of it."""
    sizes, amounts = list(sizes), [0] * 16
    sizes[asset] = -abs(sizes[asset])
    amounts[asset] = abs(sizes[asset]) * part // 1_000
    return sizes, amounts


@given(
    sizes=books,
    matrix=semidefinite(),
    asset=st.integers(0, 15),
    part=st.integers(0, 1_000),
    depth=depths,
)
def test_breakdown__collateral_of_an_asset_it_is_short_of__needs_no_more_than_before_or_without_it(
    sizes, matrix, asset, part, depth
):
    """It takes from |w| of its asset, whatever g of the gross legs adds. So the book moves towards
    the one without that asset, and tail and stress, both convex, stay below the straight line
    between the two: they rise only where the short was the hedge of something else. What does rise
    is the floor, by its part of what was brought.
    """
    rows = pack_correlations(matrix)
    sizes, amounts = hedge(sizes, asset, part)
    before = terms_of(sizes, [0] * 16, rows, depth=depth)
    after = terms_of(sizes, amounts, rows, depth=depth)
    without = [0 if i == asset else size for i, size in enumerate(sizes)]
    others = terms_of(without, [0] * 16, rows, depth=depth)
    assert after.weights[asset] <= before.weights[asset]
    # rounding rho to a bps may make a semidefinite matrix indefinite by 16 bps of the squares
    slack = isqrt(16 * sum(weight * weight for weight in before.weights) // BPS) + 16
    assert after.tail <= max(before.tail, others.tail) + slack
    assert after.stress <= max(before.stress, others.stress) + cut_of(sizes, amounts)
    assert after.floor - before.floor <= amounts[asset] * 100 * PARAMETERS.floor // BPS + 1


@given(
    sizes=books,
    matrix=matrices(),
    asset=st.integers(0, 15),
    part=st.integers(0, 1_000),
    depth=depths,
)
def test_breakdown__collateral_of_one_short_among_shorts__lowers_all_but_the_floor(
    sizes, matrix, asset, part, depth
):
    """All legs one way and correlated one way: the short hedges nothing, so covering it helps."""
    rows = pack_correlations([[abs(rho) for rho in row] for row in matrix])
    sizes, amounts = hedge([-abs(size) for size in sizes], asset, part)
    before = terms_of(sizes, [0] * 16, rows, depth=depth)
    after = terms_of(sizes, amounts, rows, depth=depth)
    assert after.tail <= before.tail
    assert after.stress <= before.stress + cut_of(sizes, amounts)
    assert after.maintenance <= max(before.maintenance + cut_of(sizes, amounts), after.floor)


@given(
    sizes=books,
    matrix=semidefinite(),
    asset=st.integers(0, 15),
    amount=st.integers(1, 10**4),
)
def test_breakdown__wrong_way_collateral__never_lowers_it(sizes, matrix, asset, amount):
    """Collateral of an asset the book is long of, nothing else being short: all weights one way."""
    sizes = [abs(size) for size in sizes]
    rows = pack_correlations([[abs(rho) for rho in row] for row in matrix])
    before = terms_of(sizes, [0] * 16, rows)
    amounts = [0] * 16
    amounts[asset] = amount * WAD // 1_000
    after = terms_of(sizes, amounts, rows)
    assert after.tail >= before.tail
    assert after.floor >= before.floor
    assert after.maintenance >= before.maintenance


@given(size=st.integers(1, 10**7), matrix=matrices())
def test_breakdown__spot_against_a_short__is_charged_the_floor_alone(size, matrix):
    sizes, amounts = [0] * 16, [0] * 16
    sizes[3], amounts[3] = -size * WAD // 1_000, size * WAD // 1_000
    terms = terms_of(sizes, amounts, pack_correlations(matrix))
    assert terms.tail == terms.stress == 0
    assert terms.maintenance == terms.floor > 0


@given(size=st.integers(1, 10**7), pair=st.permutations(range(16)), delta=st.integers(0, BPS))
def test_breakdown__fully_correlated_pair__is_charged_floor_and_breakdown_alone(size, pair, delta):
    long, short, *_ = pair
    sizes = [0] * 16
    sizes[long], sizes[short] = size * WAD // 1_000, -size * WAD // 1_000
    parameters = replace(PARAMETERS, breakdown=delta)
    terms = terms_of(sizes, [0] * 16, pack_correlations([[BPS] * 16] * 16), parameters)
    assert terms.stress <= cut_of(sizes, [0] * 16)  # both move by the same shocks
    alone = terms.weights[long]
    assert terms.tail == pytest.approx(alone * sqrt(2 * delta / BPS), rel=1e-12, abs=2)
    assert terms.maintenance == max(terms.tail, terms.floor)


@given(
    sizes=books,
    amounts=books,
    matrix=matrices(),
    depth=depths,
    asset=st.integers(0, 15),
    place=st.sampled_from(["size", "amount", "price"]),
)
def test_breakdown__a_millionth_more_of_anything__moves_it_by_little(
    sizes, amounts, matrix, depth, asset, place
):
    """Continuous in sizes, collateral and prices, through zero and for any matrix: V changes by at
    most 2 * |change| * W, and the tail by at most the root of that.
    """
    rows = pack_correlations(matrix)
    amounts = [abs(amount) for amount in amounts]
    before = terms_of(sizes, amounts, rows, depth=depth)
    cut = cut_of(sizes, amounts)
    step = WAD // 10**6
    prices = [PRICE] * 16
    if place == "price":
        prices[asset] += PRICE // 10**6
        worth = (abs(sizes[asset]) + amounts[asset]) * 100 // 10**6
    else:
        changed = sizes if place == "size" else amounts
        changed[asset] += step
        worth = step * 100
    after = terms_of(sizes, amounts, rows, depth=depth, prices=prices)
    legs = (abs(sizes[asset]) + amounts[asset]) * 100
    steepest = (
        2 * LINE * isqrt(WAD * WAD + (legs + worth) * WAD // depth) // WAD
    )  # of w, g included
    moved = worth * steepest // WAD + 2
    total = max(sum(before.weights), sum(after.weights))
    assert abs(after.tail - before.tail) <= isqrt(4 * moved * (total + moved)) + 2
    assert abs(after.stress - before.stress) <= worth * max(SHOCKS) // 100 + cut
    assert abs(after.floor - before.floor) <= worth * PARAMETERS.floor // BPS + 2


@given(sizes=books, matrix=matrices())
def test_breakdown__delta__never_needs_less(sizes, matrix):
    rows = pack_correlations(matrix)
    with_it = terms_of(sizes, [0] * 16, rows).maintenance
    assert with_it >= terms_of(sizes, [0] * 16, rows, NO_BREAKDOWN).maintenance


@given(size=st.integers(1, 10**9), depth=st.integers(10**5, 10**9))
def test_breakdown__one_asset__concentration_as_under_standard_margin(size, depth):
    sizes = [size * WAD] + [0] * 15
    terms = terms_of(sizes, [0] * 16, pack_correlations([]), depth=depth)
    words = [price_word.pack(100 * WAD, 100 * WAD, 0, 0, price_word.VALID)] * 16
    standard = exposure_of(sizes, [0] * 16)._replace(kind=2)
    needed = requirement.assess(standard, words, assets_of(depth), PARAMETERS).maintenance
    assert terms.tail == pytest.approx(needed - PARAMETERS.keeper_cost, rel=1e-12)


def test_assess__largest_of_everything__does_not_revert(world):
    """Sizes, amounts, prices and correlations at their bounds, all one way. With every pair at -1
    no matrix is further from being semidefinite.
    """
    words = [price_word.pack(2**88 - 1, 2**88 - 1, 2**32 - 1, 2**40 - 1, 0)] * 16
    for sign, rho in product((1, -1), (BPS, -BPS)):
        rows = pack_correlations([[rho] * 16] * 16)
        world.oracle.set_correlations(rows)
        exposure = exposure_of([sign * MAX_SIZE] * 16, [MAX_AMOUNT] * 16)
        found = world.engine.assess(exposure, words)
        assert found == requirement.assess(
            exposure, words, world.mirror, world.parameters, rows=rows
        )

"""`portfolio_math`, `correlation_word`: contract = mirror, and what tail and stress promise."""

from math import isqrt, sqrt

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from margin_model import portfolio_math
from margin_model.correlation_word import BPS, correlation, pack_correlations, pairs
from margin_model.fixed_point import WAD
from margin_model.portfolio_math import MAX_SHOCK

ASSETS = range(16)
BOOK = 10**24  # a million quote [quote wad]
TOLERANCE = 16  # roundings of a sum of roots [wei]

rhos = st.one_of(st.sampled_from([-BPS, 0, BPS]), st.integers(-BPS, BPS))
deltas = st.one_of(st.sampled_from([0, BPS]), st.integers(0, BPS))
shock_rows = st.lists(
    st.one_of(st.sampled_from([-MAX_SHOCK, 0, MAX_SHOCK]), st.integers(-MAX_SHOCK, MAX_SHOCK)),
    min_size=16,
    max_size=16,
)


def numbers(limit):
    """Sixteen signed numbers, many of them 0, of one size or of very different ones."""
    return st.lists(
        st.one_of(
            st.just(0),
            st.integers(-limit, limit),
            st.integers(-BOOK, BOOK),
            st.integers(-3, 3),
        ),
        min_size=16,
        max_size=16,
    )


@st.composite
def matrices(draw):
    """Any symmetric matrix within -1 .. 1: limited rows need not be positive semidefinite."""
    matrix = [[BPS] * 16 for _ in ASSETS]
    for _, i, j in pairs():
        matrix[i][j] = matrix[j][i] = draw(rhos)
    return matrix


@st.composite
def semidefinite(draw):
    """Correlations from two factors, so positive semidefinite but for roundings to a bps."""
    loadings = [draw(st.tuples(*[st.integers(-9, 9)] * 2)) for _ in ASSETS]
    matrix = [[BPS] * 16 for _ in ASSETS]
    for _, i, j in pairs():
        (a, b), (c, d) = loadings[i], loadings[j]
        scale = sqrt((a * a + b * b + 1) * (c * c + d * d + 1))
        matrix[i][j] = matrix[j][i] = round((a * c + b * d) / scale * BPS)
    return matrix


@pytest.fixture(scope="module")
def harness(session_chain, artifacts):
    return session_chain.deploy(artifacts["PortfolioMathHarness"])


# ── contract = mirror ────────────────────────────────────────────────────────────────────────────


@given(weights=numbers(2**203 - 1), matrix=matrices(), delta=deltas)
@example([2**203 - 1] * 16, [[BPS] * 16] * 16, BPS)
@example([2**112 - 1] + [0] * 15, [[0] * 16] * 16, 0)
@example([2**112] + [0] * 15, [[0] * 16] * 16, 0)
@settings(max_examples=300)
def test_tail__any_book__equals_mirror(harness, weights, matrix, delta):
    rows = pack_correlations(matrix)
    assert harness.tail(weights, rows, delta) == portfolio_math.tail(weights, rows, delta)


@given(values=numbers(2**160 - 1), shocks=st.lists(shock_rows, min_size=16, max_size=16))
@example([2**160 - 1] * 16, [[-MAX_SHOCK] * 16] * 16)
@example([-(2**160) + 1] * 16, [[MAX_SHOCK] * 16] * 16)
@settings(max_examples=300)
def test_stress__any_book__equals_mirror(harness, values, shocks):
    words = [0] * 8
    for asset in ASSETS:
        words[asset // 2] = harness.with_shocks(words[asset // 2], asset, shocks[asset])
    assert tuple(harness.stress(values, words)) == portfolio_math.stress(values, shocks)
    for asset in ASSETS:
        assert harness.shocks(words[asset // 2], asset) == shocks[asset]


@given(matrix=matrices(), pair=st.tuples(st.integers(0, 15), st.integers(0, 15)))
def test_correlation__any_pair__symmetric_and_as_packed(harness, matrix, pair):
    rows = pack_correlations(matrix)
    i, j = pair
    assert harness.correlation(rows, i, j) == harness.correlation(rows, j, i) == matrix[i][j]
    assert correlation(rows, i, j) == matrix[i][j]


@pytest.mark.parametrize("shock", [-MAX_SHOCK - 1, MAX_SHOCK + 1, 2**255 - 1, -(2**255)])
def test_with_shocks__out_of_range__reverts(harness, reverts, shock):
    with reverts("shock: out of range"):
        harness.with_shocks(0, 0, [0] * 15 + [shock])


# ── tail ─────────────────────────────────────────────────────────────────────────────────────────


@given(weights=numbers(BOOK), matrix=matrices(), delta=deltas)
def test_tail__any_book__between_nothing_and_the_sum_of_singles(weights, matrix, delta):
    found = portfolio_math.tail(weights, pack_correlations(matrix), delta)
    assert 0 <= found <= sum(map(abs, weights)) + 1


@given(weights=numbers(BOOK), matrix=matrices(), delta=deltas, factor=st.integers(1, 10**6))
def test_tail__larger_book__is_as_much_larger(weights, matrix, delta, factor):
    rows = pack_correlations(matrix)
    once = portfolio_math.tail(weights, rows, delta)
    times = portfolio_math.tail([factor * w for w in weights], rows, delta)
    assert factor * (once - 1) <= times <= factor * once


@given(books=st.tuples(numbers(BOOK), numbers(BOOK)), matrix=semidefinite(), delta=deltas)
def test_tail__two_books_as_one__never_needs_more(books, matrix, delta):
    """With a semidefinite matrix V, V0 and V1 are, and so is every mixture: the root of the largest
    is a norm. Rounding rho to a bps may make the matrix indefinite by 16 bps of the squares.
    """
    rows = pack_correlations(matrix)
    one, other = books
    apart = sum(portfolio_math.tail(book, rows, delta) for book in books)
    both = portfolio_math.tail([a + b for a, b in zip(one, other, strict=True)], rows, delta)
    slack = isqrt(16 * sum(w * w for book in books for w in book) // BPS)
    assert both <= apart + slack + TOLERANCE


@given(weights=numbers(BOOK), matrix=matrices(), delta=deltas)
def test_tail__breakdown__never_needs_less(weights, matrix, delta):
    rows = pack_correlations(matrix)
    assert portfolio_math.tail(weights, rows, delta) >= portfolio_math.tail(weights, rows, 0)


@given(
    weights=st.lists(st.integers(0, BOOK), min_size=16, max_size=16),
    sign=st.sampled_from([1, -1]),
    delta=deltas,
)
def test_tail__fully_correlated_one_way__is_the_sum_of_singles(weights, sign, delta):
    rows = pack_correlations([[BPS] * 16] * 16)
    assert portfolio_math.tail([sign * w for w in weights], rows, delta) == sum(weights)


@given(weight=st.integers(1, BOOK), delta=deltas)
def test_tail__hedged_by_a_fully_correlated_asset__is_the_breakdown_alone(weight, delta):
    rows = pack_correlations([[BPS] * 16] * 16)
    found = portfolio_math.tail([weight, -weight] + [0] * 14, rows, delta)
    assert found == pytest.approx(sqrt(2 * delta / BPS) * weight, rel=1e-9, abs=1)


@given(weights=numbers(BOOK), matrix=matrices(), delta=deltas, asset=st.integers(0, 15))
def test_tail__a_wei_more__moves_it_by_little(weights, matrix, delta, asset):
    """Continuous: the squares change by at most 2 * W + 1, so the root by at most its root."""
    rows = pack_correlations(matrix)
    more = list(weights)
    more[asset] += 1
    change = abs(portfolio_math.tail(more, rows, delta) - portfolio_math.tail(weights, rows, delta))
    assert change <= isqrt(2 * sum(map(abs, weights)) + 1) + 2


# ── stress ───────────────────────────────────────────────────────────────────────────────────────


@given(values=numbers(BOOK), shocks=st.lists(shock_rows, min_size=16, max_size=16))
def test_stress__any_book__covers_every_scenario_and_hardly_more(values, shocks):
    loss, scenario = portfolio_math.stress(values, shocks)
    exact = [-sum(v * shocks[a][k] for a, v in enumerate(values)) / 100 for k in range(16)]
    worst = max(0.0, *exact)
    gross = sum(map(abs, values))
    assert worst - 1e-9 * gross <= loss <= worst + 1e-9 * gross + 1
    if worst > 1e-9 * gross:
        assert exact[scenario] == pytest.approx(worst, abs=1e-9 * gross)


@given(value=st.integers(1, BOOK), shocks=shock_rows)
def test_stress__one_asset__long_and_short_lose_by_opposite_moves(value, shocks):
    rows = [shocks] + [[0] * 16] * 15
    long = portfolio_math.stress([value] + [0] * 15, rows).loss
    short = portfolio_math.stress([-value] + [0] * 15, rows).loss
    assert long == pytest.approx(max(0, -min(shocks)) * value / 100, abs=1e-9 * value + 2)
    assert short == pytest.approx(max(0, *shocks) * value / 100, abs=1e-9 * value + 2)


def test_stress__nothing_held__is_nothing():
    assert portfolio_math.stress([0] * 16, [[MAX_SHOCK] * 16] * 16) == (0, 0)


def test_stress__equal_scenarios__names_the_first():
    shocks = [[0, -8, -8] + [0] * 13] + [[0] * 16] * 15
    assert portfolio_math.stress([WAD] + [0] * 15, shocks).scenario == 1

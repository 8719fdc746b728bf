"""`portfolio_notice`: contract = mirror; the notice is kept whatever lines and correlations do."""

from math import exp

import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from margin_model import portfolio_math, portfolio_notice
from margin_model.correlation_word import BPS, pack_correlations, pairs
from margin_model.fixed_point import WAD
from margin_model.portfolio_notice import FOREVER
from tests.model.test_portfolio_math import BOOK, deltas, matrices

HOUR = 3_600
STEP = 200
UP, DOWN = WAD // 4, WAD // 10
OPPOSED = [[BPS if i == j else -BPS for j in range(16)] for i in range(16)]


@pytest.fixture(scope="module")
def harness(session_chain, artifacts):
    return session_chain.deploy(artifacts["PortfolioNoticeHarness"])


weights = st.lists(
    st.one_of(st.just(0), st.integers(0, BOOK), st.integers(0, 2**203 - 1)),
    min_size=16,
    max_size=16,
)


@given(
    weights=weights,
    tail=st.integers(0, 2**207),
    equity=st.integers(0, 2**224),
    ramp_up=st.integers(10**16, WAD),
    until=st.integers(0, HOUR),
    step=st.integers(0, BPS),
)
@example([2**203 - 1] * 16, 2**207, 2**224, WAD, 0, BPS)
@example([1] + [0] * 15, 1, 2**224, 10**16, 0, 1)
@settings(max_examples=300)
def test_notice__any_portfolio__equals_mirror(harness, weights, tail, equity, ramp_up, until, step):
    found = harness.notice(weights, tail, equity, ramp_up, until, step)
    assert found == portfolio_notice.notice(weights, tail, equity, ramp_up, until, step)


def test_notice__netted_out__for_ever(harness):
    assert harness.notice([0] * 16, 0, 1, UP, 0, STEP) == FOREVER


def test_notice__one_asset__is_that_of_standard_margin(harness):
    """V and its growth are those of one weight: ln(B / w) / u."""
    found = harness.notice([WAD] + [0] * 15, WAD, 2 * WAD, UP, HOUR, STEP)
    assert found == pytest.approx(0.6931471805599453 / 0.25 * HOUR, abs=1)


books = st.lists(st.one_of(st.just(0), st.integers(-BOOK, BOOK)), min_size=4, max_size=4).map(
    lambda book: book + [0] * 12
)


@given(
    book=books,
    matrix=matrices(),
    delta=deltas,
    room=st.one_of(st.integers(0, 30), st.integers(0, 3_000)),
    until=st.one_of(st.integers(0, 9), st.integers(0, HOUR)),
    part=st.one_of(st.just(1_000), st.integers(0, 1_000)),
    ways=st.one_of(
        st.just([0] * 16), st.lists(st.sampled_from([-1, 0, 1]), min_size=16, max_size=16)
    ),
)
@example([0, 0, 86, 86] + [0] * 12, OPPOSED, 0, 0, 0, 0, [-1] * 16)  # an equity of dust
@settings(max_examples=500)
def test_notice__worst_lines_and_correlations__equity_still_covers_the_tail(
    book, matrix, delta, room, until, part, ways
):
    """At any time within the notice each line has risen or fallen as fast as it may or stood, and
    each correlation has moved by a step an hour towards where it hurts.
    """
    assume(any(book))
    rows = pack_correlations(matrix)
    tail = portfolio_math.tail(book, rows, delta)
    equity = tail + tail * room // 1_000 + 1
    notice = portfolio_notice.notice([abs(w) for w in book], tail, equity, UP, until, STEP)
    time = min(notice, 400 * HOUR) * part // 1_000
    hours = time / HOUR
    factors = {1: exp(0.25 * hours), 0: 1.0, -1: max(0.0, 1 - 0.1 * hours)}
    moved = [int(w * factors[way]) for w, way in zip(book, ways, strict=True)]
    # a notice of nothing promises nothing of an update that may come at once
    updates = 0 if time < until or notice == 0 else 1 + (time - until) // HOUR
    worse = [list(row) for row in matrix]
    for _, i, j in pairs():
        sign = 1 if book[i] * book[j] > 0 else -1
        worse[i][j] = max(-BPS, min(BPS, matrix[i][j] + sign * updates * STEP))
    needed = portfolio_math.tail(moved, pack_correlations(worse), delta)
    assert needed <= equity * (1 + 1e-12) + 16


@given(
    legs=st.tuples(st.integers(WAD, BOOK), st.integers(WAD, BOOK)),
    rho=st.integers(-5_000, BPS),
    delta=st.integers(0, 5_000),
    until=st.one_of(st.integers(0, 9), st.integers(0, HOUR)),
    updates=st.integers(1, 10),
)
@example((BOOK, BOOK), 9_000, 0, 0, 1)
def test_notice__pair_that_an_update_uncovers__ends_before_it(legs, rho, delta, until, updates):
    """Lines stand still; the last of so many steps takes the tail above equity."""
    book = [legs[0], -legs[1]] + [0] * 14

    def needed(steps):
        matrix = [[BPS] * 16 for _ in range(16)]
        matrix[0][1] = matrix[1][0] = max(-BPS, rho - steps * STEP)
        return portfolio_math.tail(book, pack_correlations(matrix), delta)

    equity = needed(updates) - 1
    assume(equity >= needed(0))
    weights = [abs(weight) for weight in book]
    notice = portfolio_notice.notice(weights, needed(0), equity, UP, until, STEP)
    assert notice <= until + (updates - 1) * HOUR

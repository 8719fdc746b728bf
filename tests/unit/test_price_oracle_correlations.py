"""PriceOracle: correlations, from the listing's seeds on, hour by hour."""

import pytest
from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st

from margin_model import covariance
from margin_model.correlation_word import BPS, pair
from margin_model.covariance import GRID, STEP, Grid, rows_for, seed, tick, update
from tests.unit.oracle_reference import PARAMETERS, Answer, Asset, Bounds, Source, Whole
from tests.unit.oracle_world import (
    GRACE,
    HEARTBEAT,
    INTERVAL,
    PRICE,
    REVERT,
    TOLERANCE,
    Listing,
    Oracle,
)

SEED = 8_000  # [bps]
MAX_TICK_AGE = 300


@pytest.fixture
def oracle(chain, artifacts):
    oracle = Oracle(chain, artifacts)
    oracle.add(PRICE)
    oracle.add(PRICE, correlations=(SEED,))
    return oracle


def hour(oracle, *prices, seconds=GRID):
    """Let time pass, the assets' sources say these prices, and sample; the receipt."""
    oracle.chain.advance(seconds)
    for asset, price in enumerate(prices):
        oracle.say(price, asset=asset)
    return oracle.sample()


def updates(oracle, receipt):
    return [
        found.args
        for found in oracle.contract.events(receipt)
        if found.name == "CorrelationsUpdated"
    ]


def grid_of(oracle, count):
    """What the views show of the grid, without its bases."""
    contract = oracle.contract
    pairs = [(i, j) for i in range(count) for j in range(i)]
    return (
        tuple(contract.covariance_of(i, i) for i in range(count)),
        tuple(contract.covariance_of(i, j) for i, j in pairs),
        tuple(contract.correlation(i, j) for i, j in pairs),
    )


def parts(grid):
    return grid.variances, grid.covariances, grid.correlations


# ── listing ──────────────────────────────────────────────────────────────────────────────────────


def test_list_asset__correlations__seed_the_row(oracle):
    listing = Listing(((oracle.source(PRICE).address, 0),), correlations=(-BPS, 1))
    receipt = oracle.contract.list_asset(listing)
    assert oracle.contract.events(receipt)[-1].args[-1] == [-BPS, 1]
    grid = Grid()
    for row in ((), (SEED,), (-BPS, 1)):
        grid = seed(grid, listing.variance_slow, row)
    assert grid_of(oracle, 3) == parts(grid)
    assert oracle.contract.correlations(7) == grid.rows()
    assert grid.correlations == (SEED, -BPS, 1)


def test_list_asset__correlations_of_another_number__reverts(oracle, reverts):
    sources = ((oracle.source(PRICE).address, 0),)
    for row in ((), (0,), (0, 0, 0)):
        with reverts("correlations: wrong number"):
            oracle.contract.list_asset(Listing(sources, correlations=row))


@pytest.mark.parametrize("rho", [BPS + 1, -BPS - 1])
def test_list_asset__correlation_beyond_one__reverts(oracle, reverts, rho):
    sources = ((oracle.source(PRICE).address, 0),)
    with reverts("correlation: out of bounds"):
        oracle.contract.list_asset(Listing(sources, correlations=(0, rho)))


# ── views ────────────────────────────────────────────────────────────────────────────────────────


def test_correlation__any_order__is_symmetric_and_one_with_itself(oracle):
    contract = oracle.contract
    assert contract.correlation(0, 1) == contract.correlation(1, 0) == SEED
    assert contract.correlation(1, 1) == BPS
    assert contract.covariance_of(0, 1) == contract.covariance_of(1, 0)
    assert contract.covariance_of(1, 1) == Listing(()).variance_slow


def test_correlation__unknown_asset__reverts(oracle, reverts):
    for view in (oracle.contract.correlation, oracle.contract.covariance_of):
        for assets in ((0, 2), (2, 0), (2, 2), (16, 0), (0, 2**255)):
            with reverts("asset: unknown"):
                view(*assets)


def test_correlations__bitmap__only_the_words_it_needs(oracle):
    for asset in range(2, 15):
        oracle.add(PRICE, correlations=tuple(range(asset)))
    oracle.add_twin(0, correlations=tuple(range(15)))
    whole = oracle.contract.correlations(2**16 - 1)
    assert all(whole)
    for assets in (0, 1, 2, 3, 2**5, 2**6 - 1, 2**6, 2**8, 2**13, 2**14 + 1, 2**15, 2**200):
        assert oracle.contract.correlations(assets) == rows_for(whole, min(assets, 2**16 - 1))
    assert oracle.contract.RHO_STEP() == STEP


# ── the hour ─────────────────────────────────────────────────────────────────────────────────────


def test_sample__first_update__only_takes_bases(oracle):
    assert oracle.contract.until_correlations() == 0
    before = grid_of(oracle, 2)
    receipt = hour(oracle, PRICE * 101 // 100, PRICE, seconds=INTERVAL)
    assert updates(oracle, receipt) == []
    assert grid_of(oracle, 2) == before
    assert oracle.contract.until_correlations() == GRID


def test_sample__each_hour__moves_the_correlations(oracle):
    grid = Grid()
    for row in ((), (SEED,)):
        grid = seed(grid, Listing(()).variance_slow, row)
    prices = (PRICE, PRICE)
    hour(oracle, *prices, seconds=INTERVAL)
    grid, _ = update(grid, [tick(price) for price in prices], GRID)
    for factor in (101, 99, 103):
        prices = (PRICE * factor // 100, PRICE * (200 - factor) // 100)
        receipt = hour(oracle, *prices)
        grid, _ = update(grid, [tick(price) for price in prices], GRID)
        assert grid_of(oracle, 2) == parts(grid)
        assert updates(oracle, receipt) == [(3, grid.rows()[:1])]
    assert grid.correlations[0] < SEED


def test_sample__within_the_hour__leaves_the_correlations(oracle, chain):
    hour(oracle, PRICE, PRICE, seconds=INTERVAL)
    start, before = chain.time, grid_of(oracle, 2)
    for seconds in (INTERVAL, GRID - INTERVAL - 1):
        receipt = hour(oracle, PRICE * 102 // 100, PRICE * 98 // 100, seconds=seconds)
        assert updates(oracle, receipt) == []
        assert grid_of(oracle, 2) == before
        assert oracle.contract.until_correlations() == start + GRID - chain.time
    receipt = hour(oracle, PRICE * 102 // 100, PRICE * 98 // 100, seconds=1)
    assert oracle.contract.until_correlations() == 0  # a sample not due updates nothing
    assert updates(oracle, receipt) == []
    receipt = hour(oracle, PRICE * 102 // 100, PRICE * 98 // 100, seconds=INTERVAL - 1)
    assert len(updates(oracle, receipt)) == 1
    assert oracle.contract.until_correlations() == GRID


def test_sample__hours_missed__count_as_one_return(oracle):
    hour(oracle, PRICE, PRICE, seconds=INTERVAL)
    grid = Grid((tick(PRICE),) * 2, *grid_of(oracle, 2))
    prices = (PRICE * 105 // 100, PRICE * 104 // 100)
    hour(oracle, *prices, seconds=5 * GRID + 7)
    grid, _ = update(grid, [tick(price) for price in prices], 5 * GRID + 7)
    assert grid_of(oracle, 2) == parts(grid)


def test_sample__asset_out__keeps_its_row_until_it_has_a_base_again(oracle):
    oracle.add(PRICE, correlations=(SEED, SEED))
    hour(oracle, PRICE, PRICE, PRICE, seconds=INTERVAL)
    row = [oracle.contract.covariance_of(1, other) for other in range(3)]
    rho = oracle.contract.correlation(1, 0), oracle.contract.correlation(2, 1)
    factors = iter((101, 102, 103))

    def go_on():
        now = PRICE * next(factors) // 100
        receipt = hour(oracle, now, now, now)
        return updates(oracle, receipt)[0][0]

    oracle.sources[1][0].set_mode(REVERT)
    assert go_on() == 0b101
    oracle.sources[1][0].set_mode(0)
    assert go_on() == 0b101  # it only takes its base
    assert row == [oracle.contract.covariance_of(1, other) for other in range(3)]
    assert rho == (oracle.contract.correlation(1, 0), oracle.contract.correlation(2, 1))
    assert go_on() == 0b111
    assert row != [oracle.contract.covariance_of(1, other) for other in range(3)]


def test_sample__off_the_ema__takes_no_part(oracle):
    hour(oracle, PRICE, PRICE, seconds=INTERVAL)
    receipt = hour(oracle, PRICE * 2, PRICE)
    assert updates(oracle, receipt)[0][0] == 0b10


def test_sample__accepted_a_minute_ago_and_late_by_now__takes_no_part(oracle, chain):
    hour(oracle, PRICE, PRICE, seconds=INTERVAL)
    chain.advance(GRID - INTERVAL)
    late = HEARTBEAT + TOLERANCE
    for age in (late, late + INTERVAL):  # on time, then no longer
        oracle.say(PRICE * 101 // 100, age=age)
        oracle.say(PRICE * 101 // 100, asset=1)
        receipt = oracle.sample()
        chain.advance(INTERVAL)
    assert chain.time - oracle.contract.stored(0).accepted_at == 2 * INTERVAL
    assert updates(oracle, receipt)[0][0] == 0b10


@pytest.mark.parametrize(("age", "moved"), [(MAX_TICK_AGE, 0b11), (MAX_TICK_AGE + 1, 0b10)])
def test_sample__pull_price_accepted_a_while_ago__counts_for_five_minutes(
    chain, artifacts, age, moved
):
    oracle = Oracle(chain, artifacts)
    oracle.add(PRICE, pull=True)
    oracle.add(PRICE, correlations=(SEED,))
    hour(oracle, PRICE, PRICE, seconds=INTERVAL)
    hour(oracle, PRICE * 101 // 100, PRICE, seconds=GRID - age)  # accepted
    chain.advance(age)
    oracle.say(PRICE * 103 // 100, age=4)  # too old to be accepted, but usable
    oracle.say(PRICE * 101 // 100, asset=1)
    receipt = oracle.sample()
    assert updates(oracle, receipt)[0][0] == moved
    assert oracle.contract.stored(0).price == PRICE * 101 // 100


def test_sample__sixteen_assets__move_all_pairs(oracle):
    for asset in range(2, 15):
        oracle.add(PRICE, correlations=(0,) * asset)
    oracle.add_twin(13, correlations=(0,) * 15)
    hour(oracle, *(PRICE,) * 16, seconds=INTERVAL)
    grid = Grid((tick(PRICE),) * 16, *grid_of(oracle, 16))
    prices = [PRICE * (1_000 + (-1) ** asset * asset) // 1_000 for asset in range(15)]
    prices.append(prices[13])
    receipt = hour(oracle, *prices)
    grid, moved = update(grid, [tick(price) for price in prices], GRID)
    assert moved == 2**16 - 1
    assert grid_of(oracle, 16) == parts(grid)
    assert len(grid.correlations) == 120
    assert oracle.contract.correlations(2**16 - 1) == grid.rows()
    assert updates(oracle, receipt) == [(moved, grid.rows())]
    assert grid.correlations[pair(15, 13)] > 0 > grid.correlations[pair(15, 14)]


def test_sample__listed_within_an_hour__joins_at_the_next(oracle):
    hour(oracle, PRICE, PRICE, seconds=INTERVAL)
    oracle.add(PRICE, correlations=(0, 0))
    receipt = hour(oracle, PRICE, PRICE * 99 // 100, PRICE * 101 // 100)
    assert updates(oracle, receipt)[0][0] == 0b011
    receipt = hour(oracle, PRICE, PRICE, PRICE)
    assert updates(oracle, receipt)[0][0] == 0b111


# ── the reference ────────────────────────────────────────────────────────────────────────────────

PULLS = (False, True, False)
ROWS = ((), (SEED,), (-5_000, BPS))

# A factor of the last price in 1e-4, and an age; or a source that fails.
answers = st.one_of(
    st.tuples(st.integers(9_900, 10_100), st.integers(0, 3)),
    st.tuples(st.integers(9_900, 10_100), st.sampled_from([0, 0, 0, 4, 299, 3_721])),
    st.tuples(st.sampled_from([1, 5_000, 20_000, 10**9]), st.just(0)),
    st.none(),
)
steps = st.tuples(
    st.one_of(
        st.sampled_from([INTERVAL, GRID - INTERVAL, GRID]),
        st.integers(0, 700),
        st.integers(GRID, 9 * GRID),
    ),
    st.lists(answers, min_size=3, max_size=3),
    st.integers(0, 30).map(lambda draw: draw > 0),  # whether the sequencer is up
)


@settings(
    max_examples=50, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.lists(steps, min_size=1, max_size=25))
def test_price_oracle__any_history__is_the_reference(chain, artifacts, history):
    snapshot = chain.snapshot()
    try:
        _compare(chain, artifacts, history)
    finally:
        chain.revert(snapshot)


def _start(chain, artifacts, feed):
    oracle = Oracle(chain, artifacts, sequencer=feed.address)
    whole = Whole(PARAMETERS)
    for pull, row in zip(PULLS, ROWS, strict=True):
        oracle.add(PRICE, pull=pull, correlations=row)
        listing, now = Listing(()), chain.time
        asset = Asset(
            PARAMETERS,
            [Source(HEARTBEAT, TOLERANCE, pull)],
            Bounds(*listing[1:4], listing.variance_floor),
            PRICE,
            PRICE,
            now,
            now,
            (listing.variance_fast, listing.variance_slow, listing.variance_long),
            now,
        )
        whole.add(asset, row)
    return oracle, whole


def _say(oracle, index, answer, price):
    """Let a source say it; what the reference is told."""
    source = oracle.sources[index][0]
    source.set_mode(REVERT if answer is None else 0)
    if answer is None:
        return None
    factor, age = answer
    said = Answer(max(price * factor // 10_000, 1), 0, oracle.chain.time - age)
    source.set_answer(*said)
    return said


def _compare(chain, artifacts, history):
    feed = chain.deploy(artifacts["MockSequencerFeed"])
    feed.set_status(0, chain.time - GRACE - 1)
    oracle, whole = _start(chain, artifacts, feed)
    contract = oracle.contract
    for seconds, spoken, up in history:
        chain.advance(seconds)
        now = chain.time
        feed.set_status(0 if up else 1, now - GRACE - 1)
        said = [
            [_say(oracle, index, answer, whole.assets[index].price)]
            for index, answer in enumerate(spoken)
        ]
        before = whole.grid
        receipt = contract.sample()
        words, targets, moved = whole.sample(said, now, up)
        event(f"assets with a return: {moved.bit_count()}")
        rest = [0] * 13
        assert receipt.result == (words + rest, targets + rest)
        assert updates(oracle, receipt) == ([(moved, whole.grid.rows()[:1])] if moved else [])
        assert grid_of(oracle, 3) == parts(whole.grid)
        assert contract.correlations(2**16 - 1) == whole.grid.rows()
        due_at = max(whole.grid_at + covariance.GRID, now)
        assert contract.until_correlations() == due_at - now
        for old, new in zip(before.correlations, whole.grid.correlations, strict=True):
            assert abs(new - old) <= STEP

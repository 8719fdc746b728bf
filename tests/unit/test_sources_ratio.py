"""RatioSource: two feeds as one price, each within its bounds, as old as the worse of them."""

import pytest

from margin_model.feed_answer import unpack
from margin_model.price_word import MAX_PRICE

WAD = 10**18
YEAR = 365 * 86_400
HEARTBEAT, TOLERANCE = 3_600, 120  # of the base [s]
RATE_HEARTBEAT, RATE_TOLERANCE = 86_400, 600  # of the rate [s]
BEYOND = 2**256 - 1
GAS_PER_FEED, GAS_PER_CALL = 84_000, 10_000  # what the oracle grants an adapter


def leg(aggregator, floor=0, cap=10_000 * WAD, growth=0, times=(HEARTBEAT, TOLERANCE)):
    return (aggregator.address, floor, cap, growth, *times)


class Stage:
    """A base of 8 digits and a rate of 18, and a source made of both."""

    def __init__(self, chain, deploy, base=2_000 * 10**8, rate=12 * WAD // 10):
        self.chain = chain
        self.deploy = deploy
        self.base = deploy("MockAggregator", 8)
        self.rate = deploy("MockAggregator", 18)
        self.say(base, rate)

    def say(self, base=None, rate=None, age=0):
        for aggregator, answer in ((self.base, base), (self.rate, rate)):
            if answer is not None:
                aggregator.set_round(answer, self.chain.time - age)

    def source(self, inverse=False, base=(), **rate):
        terms = {"times": (RATE_HEARTBEAT, RATE_TOLERANCE), **rate}
        feed = (leg(self.base, **dict(base)), leg(self.rate, **terms), inverse)
        return self.deploy("RatioSource", [feed])


@pytest.fixture
def stage(chain, deploy):
    return Stage(chain, deploy)


@pytest.fixture
def stable(chain, deploy):
    """A stablecoin's feed, and the quote token's."""
    return Stage(chain, deploy, 10**8, WAD)


def latest(source, feed=0):
    return unpack(source.latest(1 << feed)[feed])


# ── the constructor ──────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("terms", "reason"),
    [
        ({"floor": 10, "cap": 10}, "cap: not above floor"),
        ({"cap": MAX_PRICE + 1}, "cap: too high"),
        ({"growth": WAD + 1}, "growth: too fast"),
        ({"times": (0, 0)}, "heartbeat: too short"),
        ({"times": (3 * 86_400 + 1, 0)}, "heartbeat: too long"),
        ({"times": (60, 61)}, "tolerance: too long"),
    ],
)
@pytest.mark.parametrize("which", ["base", "rate"])
def test_ratio_init__leg_out_of_bounds__reverts(stage, reverts, which, terms, reason):
    with reverts(reason):
        stage.source(**({"base": terms} if which == "base" else terms))


def test_ratio_init__at_the_bounds__deploys(stage):
    stage.source(floor=MAX_PRICE - 1, cap=MAX_PRICE, growth=WAD)


def test_ratio_init__divisor_without_floor__reverts(stage, reverts):
    with reverts("rate floor: zero"):
        stage.source(inverse=True)


def test_ratio_init__no_feeds__reverts(deploy, reverts):
    with reverts("feeds: none"):
        deploy("RatioSource", [])


def test_ratio_init__no_contract__reverts(stage, deploy, stranger, reverts):
    legs = (stranger, *leg(stage.base)[1:]), leg(stage.rate)
    for base, rate in (legs, legs[::-1]):
        with reverts("aggregator: no contract"):
            deploy("RatioSource", [(base, rate, False)])


def test_ratio_init__too_many_digits__reverts(stage, deploy, reverts):
    fine = deploy("MockAggregator", 37)
    with reverts("decimals: too many"):
        deploy("RatioSource", [(leg(fine), leg(stage.rate), False)])


# ── latest ───────────────────────────────────────────────────────────────────────────────────────


def test_ratio_latest__staked_ether__is_the_product(stage):
    found = latest(stage.source())
    assert (found.price, found.confidence) == (2_400 * WAD, 0)
    assert (found.updated_at, found.heartbeat, found.tolerance) == (
        stage.chain.time,
        HEARTBEAT,
        TOLERANCE,
    )
    assert not found.pull


@pytest.mark.parametrize("digits", [0, 6, 18, 27, 36])
def test_ratio_latest__any_digits__in_wad(stage, deploy, digits):
    stage.base = deploy("MockAggregator", digits)
    stage.say(2_000 * 10**digits)
    assert latest(stage.source()).price == 2_400 * WAD


@pytest.mark.parametrize(
    ("coin", "quote", "price"),
    [
        (10**8, WAD, WAD),
        (102 * 10**6, WAD, WAD),  # above 1 counts as 1
        (97 * 10**6, WAD, 97 * WAD // 100),
        (10**8, 88 * WAD // 100, 100 * WAD // 88),
        (97 * 10**6, 97 * WAD // 100, WAD),
        (10**8, 101 * WAD // 100, 100 * WAD // 101),
    ],
)
def test_ratio_latest__stablecoin__is_min_of_price_and_one_over_quote(stable, coin, quote, price):
    source = stable.source(inverse=True, base={"cap": WAD}, floor=WAD // 2, cap=2 * WAD)
    stable.say(coin, quote)
    assert latest(source).price == price


@pytest.mark.parametrize("answer", [0, -1, -(2**190), WAD // 2, WAD // 4])
def test_ratio_latest__a_leg_at_or_below_its_floor__is_no_price(stable, answer):
    source = stable.source(inverse=True, base={"cap": WAD, "floor": WAD // 2}, floor=WAD // 2)
    stable.say(rate=answer)
    assert latest(source).price == 0
    stable.say(10**8, WAD)
    assert latest(source).price == WAD
    stable.say(answer // 10**10)
    assert latest(source).price == 0
    assert latest(source).updated_at == stable.chain.time


def test_ratio_latest__a_bent_rate__counts_as_its_cap_which_grows(stage):
    source = stage.source(cap=12 * WAD // 10, growth=WAD // 20)
    stage.say(rate=5 * WAD)
    assert latest(source).price == 2_400 * WAD
    stage.chain.advance(YEAR)
    stage.say(2_000 * 10**8, 5 * WAD)
    assert source.caps(0) == (10_000 * WAD, 126 * WAD // 100)
    assert latest(source).price == 2_520 * WAD


def test_ratio_latest__product_beyond_what_a_reading_holds__is_no_price(stage):
    source = stage.source(base={"cap": MAX_PRICE}, cap=MAX_PRICE)
    stage.say(10**8 * 10**8, 2 * WAD)
    assert latest(source).price == 0


@pytest.mark.parametrize(
    ("base_age", "rate_age", "by_rate"),
    [
        (0, 0, False),
        (HEARTBEAT, RATE_HEARTBEAT, False),  # both on time
        (0, RATE_HEARTBEAT + RATE_TOLERANCE + 1, True),  # the rate is late
        (HEARTBEAT + TOLERANCE + 1, RATE_HEARTBEAT, False),  # the base is
        (HEARTBEAT + TOLERANCE + 1, 2 * RATE_HEARTBEAT + 1, True),  # the rate is worse
        (2 * HEARTBEAT + 1, RATE_HEARTBEAT + RATE_TOLERANCE + 1, False),  # the base is
    ],
)
def test_ratio_latest__legs_of_unequal_age__as_old_as_the_worse(stage, base_age, rate_age, by_rate):
    source = stage.source()
    stage.say(2_000 * 10**8, age=base_age)
    stage.say(rate=12 * WAD // 10, age=rate_age)
    found = latest(source)
    times = (RATE_HEARTBEAT, RATE_TOLERANCE) if by_rate else (HEARTBEAT, TOLERANCE)
    age = rate_age if by_rate else base_age
    assert (found.heartbeat, found.tolerance) == times
    assert found.updated_at == stage.chain.time - age
    assert found.price == 2_400 * WAD


def test_ratio_latest__no_such_feed_or_not_asked_for__is_nothing(stage):
    source = stage.source()
    assert source.latest(0) == [0] * 16
    assert source.latest(2**256 - 2) == [0] * 16


def test_ratio_latest__never_published__is_nothing(stage, deploy):
    stage.rate = deploy("MockAggregator", 18)
    source = stage.source()
    assert source.latest(1) == [0] * 16
    stage.rate.set_reverts_without_data(True)
    assert source.latest(1) == [0] * 16


def test_ratio_latest__starved__reverts_rather_than_lies(stage, deploy, reverts):
    source, miser = stage.source(), deploy("MockGasMiser")
    with reverts("gas: too little for a feed"):
        miser.forward(source.address, source.latest.encode(1), 40_000)
    stage.base = deploy("MockAggregatorProxy", stage.base.address)
    source = stage.source()
    stage.base.set_aggregator(stage.base.address)  # a first leg that burns what it gets
    with reverts("gas: too little for a feed"):
        miser.forward(source.address, source.latest.encode(1), 60_000)
    miser.forward(source.address, source.latest.encode(1), GAS_PER_FEED + GAS_PER_CALL)


def test_ratio_latest__seven_feeds_burn_their_gas__the_eighth_answers(stage, deploy):
    """With no more than the oracle grants an adapter."""
    burning = deploy("MockAggregatorProxy", stage.base.address)
    feeds = [(leg(burning), leg(burning), False)] * 7 + [(leg(stage.base), leg(stage.rate), False)]
    source = deploy("RatioSource", feeds)
    burning.set_aggregator(burning.address)
    granted = 8 * GAS_PER_FEED + GAS_PER_CALL
    found = deploy("MockGasMiser").forward(source.address, source.latest.encode(255), granted)
    answers = [int.from_bytes(found.result[32 * i : 32 * i + 32], "big") for i in range(8)]
    assert answers[:7] == [0] * 7
    assert unpack(answers[7]).price == 2_400 * WAD


# ── first_since, views ───────────────────────────────────────────────────────────────────────────


def test_ratio_first_since__always__reverts(stage, reverts):
    with reverts("first price: a ratio has none"):
        stage.source().first_since(0, 0, b"")


def test_ratio_feed__as_named__and_unknown(stage, reverts):
    source = stage.source(inverse=True, floor=1, growth=7)
    found = source.feed(0)
    assert tuple(found.base) == leg(stage.base)
    times = (RATE_HEARTBEAT, RATE_TOLERANCE)
    assert tuple(found.rate) == leg(stage.rate, floor=1, growth=7, times=times)
    assert found.inverse
    assert source.feed_count() == 1
    for view in (source.feed, source.caps):
        for index in (1, 8, BEYOND):
            with reverts("feed: unknown"):
                view(index)

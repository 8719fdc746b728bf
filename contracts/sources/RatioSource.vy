# pragma version 0.4.3
# pragma nonreentrancy off
"""
@title RatioSource: two Chainlink feeds, multiplied or divided, as one price source
@custom:contract-name RatioSource
@license GNU Affero General Public License v3.0 only
@author Plimsoll
@notice Stateless, so there is nothing to lock. For collateral that has no feed in the quote token: staked
        ETH is ETH/USD * rate, a stablecoin is min(its USD price, 1) / the quote token's USD price.
        How both answers are bounded: see `bounded_ratio`.
@custom:security A ratio has no rounds of its own, so nothing proves which was the first: `first_since`
        reverts, and such an asset must not have a market. The floor of a divisor bounds the price.
"""

from ..interfaces import IChainlinkAggregator
from ..interfaces import IPriceSource
from ..modules import bounded_ratio
from ..modules import feed_answer
from ..modules import price_word

implements: IPriceSource


# One of the two answers.
struct Leg:
    aggregator: address
    floor: uint256  # at or below it there is no price [wad]
    cap: uint256  # what is above it counts as it, now [wad]
    growth: uint256  # how fast the cap rises [wad per year]
    heartbeat: uint256  # longest silence the feed promises [s]
    tolerance: uint256  # how much later than that is still on time [s]


# A price as it is named.
struct Feed:
    base: Leg
    rate: Leg
    inverse: bool  # base / rate instead of base * rate


# A leg as it is read: answer * multiplier / divisor [wad].
struct Scaled:
    aggregator: address
    floor: uint256
    cap: uint256
    growth: uint256
    multiplier: uint256
    divisor: uint256
    terms: uint256  # see feed_answer


MAX_FEEDS: constant(uint256) = 8
MAX_DECIMALS: constant(uint256) = 36
MAX_ANSWER: constant(int256) = 2**191 - 1  # what an aggregator can store; times 1e18 it fits int256

# Both legs together may spend what the oracle grants a feed. What there has to be before one is asked
# is LEG_GAS after the 63/64 rule and a cold account.
LEG_GAS: constant(uint256) = 36_000
MIN_LEG_GAS: constant(uint256) = 40_000

# In the code, not in storage: reading one costs nothing cold.
_BASES: immutable(Scaled[8])
_RATES: immutable(Scaled[8])
_INVERSES: immutable(bool[8])
_COUNT: immutable(uint256)
DEPLOYED_AT: public(immutable(uint256))  # when caps began to grow [s]


@deploy
def __init__(_feeds: DynArray[Feed, MAX_FEEDS]):
    assert len(_feeds) != 0, "feeds: none"
    bases: Scaled[8] = empty(Scaled[8])
    rates: Scaled[8] = empty(Scaled[8])
    inverses: bool[8] = empty(bool[8])
    for i: uint256 in range(len(_feeds), bound=MAX_FEEDS):
        bases[i] = self._scaled_of(_feeds[i].base)
        rates[i] = self._scaled_of(_feeds[i].rate)
        inverses[i] = _feeds[i].inverse
        assert not inverses[i] or rates[i].floor != 0, "rate floor: zero"
    _BASES = bases
    _RATES = rates
    _INVERSES = inverses
    _COUNT = len(_feeds)
    DEPLOYED_AT = block.timestamp


# ── oracle ───────────────────────────────────────────────────────────────────────────────────────


@external
@view
def latest(_feeds: uint256) -> uint256[16]:
    """@custom:see IPriceSource"""
    answers: uint256[16] = empty(uint256[16])
    for feed: uint256 in range(_COUNT, bound=MAX_FEEDS):
        rest: uint256 = _feeds >> feed
        if rest == 0:
            break
        if rest & 1 == 1:
            answers[feed] = self._answer(feed)
    return answers


@external
@payable
def first_since(_feed: uint256, _since: uint256, _proof: Bytes[2048]) -> (uint256, uint256, uint256):
    """
    @custom:see IPriceSource
    @dev Always reverts, see the contract.
    """
    raise "first price: a ratio has none"


# ── views ────────────────────────────────────────────────────────────────────────────────────────


@external
@view
def feed_count() -> uint256:
    """@custom:see IPriceSource"""
    return _COUNT


@external
@view
def feed(_index: uint256) -> Feed:
    """
    @return what is known of a feed, caps as of its deployment
    """
    self._check_feed(_index)
    return Feed(
        base=self._named(_BASES[_index]),
        rate=self._named(_RATES[_index]),
        inverse=_INVERSES[_index],
    )


@external
@view
def caps(_index: uint256) -> (uint256, uint256):
    """
    @return above what base and rate count as that, now [wad]
    """
    self._check_feed(_index)
    return self._cap(_BASES[_index]), self._cap(_RATES[_index])


# ── internals ────────────────────────────────────────────────────────────────────────────────────


@internal
@view
def _answer(_feed: uint256) -> uint256:
    """
    @return packed by `feed_answer`; 0 when either leg failed
    """
    base: Scaled = _BASES[_feed]
    rate: Scaled = _RATES[_feed]
    base_answer: int256 = 0
    base_at: uint256 = 0
    base_answer, base_at = self._ask(base.aggregator)
    rate_answer: int256 = 0
    rate_at: uint256 = 0
    rate_answer, rate_at = self._ask(rate.aggregator)
    if base_at == 0 or rate_at == 0:
        return 0

    price: uint256 = bounded_ratio._combined(
        self._price(base, base_answer), self._price(rate, rate_answer), _INVERSES[_feed]
    )
    if bounded_ratio._is_worse(
        base_at,
        feed_answer._heartbeat(base.terms),
        feed_answer._tolerance(base.terms),
        rate_at,
        feed_answer._heartbeat(rate.terms),
        feed_answer._tolerance(rate.terms),
        block.timestamp,
    ):
        return feed_answer._pack(rate.terms, price, 0, rate_at)
    return feed_answer._pack(base.terms, price, 0, base_at)


@internal
@view
def _ask(_aggregator: address) -> (int256, uint256):
    """
    @return answer [feed units] and time [s]; 0, 0 when the feed fails
    """
    assert msg.gas >= MIN_LEG_GAS, "gas: too little for a feed"
    success: bool = False
    response: Bytes[160] = b""
    success, response = raw_call(
        _aggregator,
        method_id("latestRoundData()"),
        max_outsize=160,
        gas=LEG_GAS,
        is_static_call=True,
        revert_on_failure=False,
    )
    if not success or len(response) != 160:
        return 0, 0
    return extract32(response, 32, output_type=int256), extract32(response, 96, output_type=uint256)


@internal
@view
def _price(_leg: Scaled, _answer: int256) -> uint256:
    """
    @return the answer within its bounds, rounded down; 0 when it is no price [wad]
    """
    if _answer <= 0 or _answer > MAX_ANSWER:
        return 0
    # below 2**191 * 2**60
    price: uint256 = unsafe_div(unsafe_mul(convert(_answer, uint256), _leg.multiplier), _leg.divisor)
    return bounded_ratio._bounded(price, _leg.floor, self._cap(_leg))


@internal
@view
def _cap(_leg: Scaled) -> uint256:
    return bounded_ratio._cap_at(_leg.cap, _leg.growth, unsafe_sub(block.timestamp, DEPLOYED_AT))


@internal
@view
def _check_feed(_index: uint256):
    assert _index < _COUNT, "feed: unknown"


@internal
@view
def _scaled_of(_leg: Leg) -> Scaled:
    assert _leg.aggregator.is_contract, "aggregator: no contract"
    assert _leg.cap > _leg.floor, "cap: not above floor"
    assert _leg.cap <= price_word.MAX_PRICE, "cap: too high"
    assert _leg.growth <= bounded_ratio.MAX_GROWTH, "growth: too fast"
    feed_decimals: uint256 = convert(staticcall IChainlinkAggregator(_leg.aggregator).decimals(), uint256)
    assert feed_decimals <= MAX_DECIMALS, "decimals: too many"
    return Scaled(
        aggregator=_leg.aggregator,
        floor=_leg.floor,
        cap=_leg.cap,
        growth=_leg.growth,
        multiplier=10**(18 - min(feed_decimals, 18)),
        divisor=10**(max(feed_decimals, 18) - 18),
        terms=feed_answer._pack_terms(_leg.heartbeat, _leg.tolerance, False),
    )


@internal
@pure
def _named(_leg: Scaled) -> Leg:
    return Leg(
        aggregator=_leg.aggregator,
        floor=_leg.floor,
        cap=_leg.cap,
        growth=_leg.growth,
        heartbeat=feed_answer._heartbeat(_leg.terms),
        tolerance=feed_answer._tolerance(_leg.terms),
    )

# pragma version 0.4.3
# pragma nonreentrancy off
"""
@title ChainlinkSource: Chainlink AggregatorV3 feeds as price sources
@custom:contract-name ChainlinkSource
@license GNU Affero General Public License v3.0 only
@author Plimsoll
@notice Stateless, so there is nothing to lock. Works on a proxy and on a bare aggregator. An answer at or beyond the feed's own minimum or
        maximum is pinned there, not a price.
@custom:security A proof names a round of the proxy's *current* phase. Aggregators of former phases go
        on publishing for months after their proxy has left them, unread and unwatched, and a choice
        among two series would be an option for whoever executes.
"""

from ..interfaces import IChainlinkAggregator
from ..interfaces import IPriceSource
from ..modules import feed_answer
from ..modules import price_word

implements: IPriceSource


# A feed as it is named.
struct Feed:
    aggregator: address
    min_answer: int256  # the feed's own minimum, or 0 [feed units]
    max_answer: int256  # the feed's own maximum [feed units]
    heartbeat: uint256  # longest silence the feed promises [s]
    tolerance: uint256  # how much later than that is still on time [s]


# A feed as it is read: price = answer * multiplier / divisor [wad].
struct Scaled:
    aggregator: address
    min_answer: int256
    max_answer: int256
    multiplier: uint256
    divisor: uint256
    terms: uint256  # see feed_answer


MAX_FEEDS: constant(uint256) = 16
MAX_DECIMALS: constant(uint256) = 36
UINT40: constant(uint256) = 2**40 - 1
MAX_ANSWER: constant(int256) = 2**191 - 1  # what an aggregator can store; times 1e18 it fits int256

# In the code, not in storage: reading one costs nothing cold.
_FEEDS: immutable(Scaled[16])
_COUNT: immutable(uint256)


@deploy
def __init__(_feeds: DynArray[Feed, MAX_FEEDS]):
    assert len(_feeds) != 0, "feeds: none"
    feeds: Scaled[16] = empty(Scaled[16])
    for i: uint256 in range(len(_feeds), bound=MAX_FEEDS):
        feed: Feed = _feeds[i]
        assert feed.aggregator.is_contract, "aggregator: no contract"
        assert feed.min_answer >= 0, "min answer: negative"
        assert feed.max_answer > feed.min_answer, "max answer: not above min"
        assert feed.max_answer <= MAX_ANSWER, "max answer: too large"
        feed_decimals: uint256 = convert(staticcall IChainlinkAggregator(feed.aggregator).decimals(), uint256)
        assert feed_decimals <= MAX_DECIMALS, "decimals: too many"
        feeds[i] = Scaled(
            aggregator=feed.aggregator,
            min_answer=feed.min_answer,
            max_answer=feed.max_answer,
            multiplier=10**(18 - min(feed_decimals, 18)),
            divisor=10**(max(feed_decimals, 18) - 18),
            terms=feed_answer._pack_terms(feed.heartbeat, feed.tolerance, False),
        )
    _FEEDS = feeds
    _COUNT = len(_feeds)


# ── oracle ───────────────────────────────────────────────────────────────────────────────────────


@external
@view
def latest(_feeds: uint256) -> uint256[16]:
    """@custom:see IPriceSource"""
    answers: uint256[16] = empty(uint256[16])
    question: Bytes[4] = method_id("latestRoundData()")
    success: bool = False
    response: Bytes[160] = b""
    for feed: uint256 in range(_COUNT, bound=MAX_FEEDS):
        rest: uint256 = _feeds >> feed
        if rest == 0:
            break
        if rest & 1 == 0:
            continue
        assert msg.gas >= feed_answer.MIN_GAS, "gas: too little for a feed"
        scaled: Scaled = _FEEDS[feed]
        success, response = raw_call(
            scaled.aggregator,
            question,
            max_outsize=160,
            gas=feed_answer.FEED_GAS,
            is_static_call=True,
            revert_on_failure=False,
        )
        if success and len(response) == 160:
            # as `_price` and `feed_answer._pack`, without the price of two calls and a clamp
            answer: int256 = extract32(response, 32, output_type=int256)
            price: uint256 = 0
            if answer > scaled.min_answer and answer < scaled.max_answer:
                price = unsafe_div(
                    unsafe_mul(convert(convert(answer, bytes32), uint256), scaled.multiplier), scaled.divisor
                )
                if price > price_word.MAX_PRICE:
                    price = 0
            updated_at: uint256 = extract32(response, 96, output_type=uint256)
            if updated_at > UINT40:
                updated_at = UINT40
            answers[feed] = scaled.terms | price | (updated_at << 88)
    return answers


@external
@payable
def first_since(_feed: uint256, _since: uint256, _proof: Bytes[2048]) -> (uint256, uint256, uint256):
    """
    @custom:see IPriceSource
    @dev `_proof` is the encoded round id; at the first round of a phase, the encoded pair of it and
         the last round id of the phase before. Because every round but one either lies before
         `_since` or has a predecessor that does not, rounds of equal time open no hole.
    """
    if msg.value != 0:  # the feed is free
        raw_call(msg.sender, b"", value=msg.value)
    scaled: Scaled = self._scaled(_feed)
    aggregator: IChainlinkAggregator = IChainlinkAggregator(scaled.aggregator)
    round_id: uint256 = 0
    previous_id: uint256 = 0
    if len(_proof) == 32:
        round_id = abi_decode(_proof, uint256)
    else:
        assert len(_proof) == 64, "proof: bad length"
        round_id, previous_id = abi_decode(_proof, (uint256, uint256))
    assert round_id < 2**80, "round: bad id"

    # mostly it is the newest one
    newest: IChainlinkAggregator.Round = staticcall aggregator.latestRoundData()
    answer: int256 = newest.answer
    updated_at: uint256 = newest.updated_at
    if convert(newest.round_id, uint256) != round_id:
        answer, updated_at = self._round(aggregator, round_id)
    assert updated_at != 0, "round: no data"
    assert updated_at >= _since, "round: too early"

    phase: uint256 = round_id >> 64
    assert phase == convert(newest.round_id, uint256) >> 64, "round: former phase"
    if round_id & (2**64 - 1) > 1:
        previous_id = round_id - 1
    elif phase > 1:
        # nothing before it in its phase: what was published last in the phase before counts
        assert previous_id >> 64 == phase - 1, "previous round: other phase"
        assert not self._exists(aggregator, previous_id + 1), "previous round: not the last"
    else:
        return self._price(scaled, answer), 0, updated_at  # the feed's very first round

    previous_updated_at: uint256 = self._round(aggregator, previous_id)[1]
    assert previous_updated_at != 0, "previous round: no data"
    assert previous_updated_at < _since, "round: not the first"
    return self._price(scaled, answer), 0, updated_at


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
    @return what is known of a feed
    """
    found: Scaled = self._scaled(_index)
    return Feed(
        aggregator=found.aggregator,
        min_answer=found.min_answer,
        max_answer=found.max_answer,
        heartbeat=feed_answer._heartbeat(found.terms),
        tolerance=feed_answer._tolerance(found.terms),
    )


# ── internals ────────────────────────────────────────────────────────────────────────────────────


@internal
@view
def _scaled(_feed: uint256) -> Scaled:
    assert _feed < _COUNT, "feed: unknown"
    return _FEEDS[_feed]


@internal
@view
def _price(_scaled: Scaled, _answer: int256) -> uint256:
    """
    @return [quote wad per unit], rounded down; 0 when the answer is pinned, hence also when it is <= 0
    """
    if _answer <= _scaled.min_answer:
        return 0
    if _answer >= _scaled.max_answer:
        return 0
    # 0 < answer < 2**191 and the multiplier is at most 1e18 < 2**60
    return unsafe_div(unsafe_mul(convert(_answer, uint256), _scaled.multiplier), _scaled.divisor)


@internal
@view
def _round(_aggregator: IChainlinkAggregator, _round_id: uint256) -> (int256, uint256):
    """
    @return answer [feed units] and update time [s]; reverts or returns time 0 when there is none
    """
    found: IChainlinkAggregator.Round = staticcall _aggregator.getRoundData(convert(_round_id, uint80))
    return found.answer, found.updated_at


@internal
@view
def _exists(_aggregator: IChainlinkAggregator, _round_id: uint256) -> bool:
    """
    @dev A feed answers zeros for a round it does not have, or reverts. Starved of gas it would revert
         too, and a round that exists would seem not to: hence the bound.
    """
    assert msg.gas >= feed_answer.MIN_GAS, "gas: too little for a feed"
    success: bool = False
    response: Bytes[160] = b""
    success, response = raw_call(
        _aggregator.address,
        abi_encode(_round_id, method_id=method_id("getRoundData(uint80)")),
        max_outsize=160,
        gas=feed_answer.FEED_GAS,
        is_static_call=True,
        revert_on_failure=False,
    )
    if not success or len(response) != 160:
        return False
    return extract32(response, 96, output_type=uint256) != 0

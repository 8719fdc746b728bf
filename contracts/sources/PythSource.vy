# pragma version 0.4.3
# pragma nonreentrancy off
"""
@title PythSource: Pyth prices as price sources
@custom:contract-name PythSource
@license GNU Affero General Public License v3.0 only
@author Plimsoll
@notice Stateless, so there is nothing to lock. A pull feed: its price is on chain only after somebody has pushed it, so its age is a choice;
        `PriceOracle` bounds that choice where it matters.
"""

from ..interfaces import IPriceSource
from ..interfaces import IPyth
from ..modules import feed_answer

implements: IPriceSource


# A price as it is named.
struct Feed:
    price_id: bytes32
    heartbeat: uint256  # how often somebody is expected to push it [s]
    tolerance: uint256  # how much later than that is still on time [s]


MAX_FEEDS: constant(uint256) = 16

# Exponents beyond these are garbage; within them no product leaves 256 bits.
MIN_EXPONENT: constant(int256) = -36
MAX_EXPONENT: constant(int256) = 8

# How far the publishers' clock may be before the chain's, and a price still is of now [s]
MAX_AHEAD: constant(uint256) = 15

PYTH: public(immutable(IPyth))

# In the code, not in storage: reading one costs nothing cold.
_PRICE_IDS: immutable(bytes32[16])
_TERMS: immutable(uint256[16])  # see feed_answer
_COUNT: immutable(uint256)


@deploy
def __init__(_pyth: address, _feeds: DynArray[Feed, MAX_FEEDS]):
    assert _pyth.is_contract, "pyth: no contract"
    assert len(_feeds) != 0, "feeds: none"
    price_ids: bytes32[16] = empty(bytes32[16])
    terms: uint256[16] = empty(uint256[16])
    for i: uint256 in range(len(_feeds), bound=MAX_FEEDS):
        feed: Feed = _feeds[i]
        assert feed.price_id != empty(bytes32), "price id: empty"
        price_ids[i] = feed.price_id
        terms[i] = feed_answer._pack_terms(feed.heartbeat, feed.tolerance, True)
    PYTH = IPyth(_pyth)
    _PRICE_IDS = price_ids
    _TERMS = terms
    _COUNT = len(_feeds)


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
        if rest & 1 == 0:
            continue
        assert msg.gas >= feed_answer.MIN_GAS, "gas: too little for a feed"
        # of a price that was never pushed Pyth says nothing but reverts
        success: bool = False
        response: Bytes[128] = b""
        success, response = raw_call(
            PYTH.address,
            abi_encode(_PRICE_IDS[feed], method_id=method_id("getPriceUnsafe(bytes32)")),
            max_outsize=128,
            gas=feed_answer.FEED_GAS,
            is_static_call=True,
            revert_on_failure=False,
        )
        if success and len(response) == 128:
            price: uint256 = 0
            confidence: uint256 = 0
            published: uint256 = 0
            price, confidence, published = self._wad(abi_decode(response, IPyth.Price))
            # A block's time may be seconds behind when it is filled. Were such a price one of the future, so
            # invalid, whoever pushes it would take the asset's price from everybody in the block. What is not
            # ahead wraps.
            if unsafe_sub(published, block.timestamp) <= MAX_AHEAD:
                published = block.timestamp
            answers[feed] = feed_answer._pack(_TERMS[feed], price, confidence, published)
    return answers


@external
@payable
def first_since(_feed: uint256, _since: uint256, _proof: Bytes[2048]) -> (uint256, uint256, uint256):
    """
    @custom:see IPriceSource
    @dev `_proof` is Pyth's update data, `abi_encode(bytes[])` of one update. Pyth's unique check proves
         that the update before it was published before `_since`.
    """
    price_id: bytes32 = self._price_id(_feed)
    assert _since <= block.timestamp, "since: in the future"
    update: DynArray[Bytes[1920], 1] = abi_decode(_proof, DynArray[Bytes[1920], 1])
    fee: uint256 = staticcall PYTH.getUpdateFee(update)
    assert msg.value >= fee, "value: below the feed's fee"
    feeds: DynArray[IPyth.PriceFeed, 1] = extcall PYTH.parsePriceFeedUpdatesUnique(
        update, [price_id], convert(_since, uint64), convert(block.timestamp, uint64), value=fee
    )
    if msg.value > fee:
        raw_call(msg.sender, b"", value=unsafe_sub(msg.value, fee))
    return self._wad(feeds[0].price)


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
    price_id: bytes32 = self._price_id(_index)
    terms: uint256 = _TERMS[_index]
    return Feed(
        price_id=price_id,
        heartbeat=feed_answer._heartbeat(terms),
        tolerance=feed_answer._tolerance(terms),
    )


# ── internals ────────────────────────────────────────────────────────────────────────────────────


@internal
@view
def _price_id(_feed: uint256) -> bytes32:
    assert _feed < _COUNT, "feed: unknown"
    return _PRICE_IDS[_feed]


@internal
@pure
def _wad(_price: IPyth.Price) -> (uint256, uint256, uint256):
    """
    @return price rounded down and confidence rounded up [quote wad per unit], publish time [s];
            price 0 when it is not positive or the exponent is garbage
    """
    exponent: int256 = convert(_price.expo, int256)
    if _price.price <= 0 or exponent < MIN_EXPONENT or exponent > MAX_EXPONENT:
        return 0, 0, _price.publishTime
    price: uint256 = convert(_price.price, uint256)
    confidence: uint256 = convert(_price.conf, uint256)
    if exponent >= -18:
        factor: uint256 = 10**convert(exponent + 18, uint256)  # <= 1e26
        return price * factor, confidence * factor, _price.publishTime
    divisor: uint256 = 10**convert(-18 - exponent, uint256)  # <= 1e18
    return price // divisor, (confidence + divisor - 1) // divisor, _price.publishTime

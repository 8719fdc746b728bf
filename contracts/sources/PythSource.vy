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

implements: IPriceSource

MAX_FEEDS: constant(uint256) = 16

# Exponents beyond these are garbage; within them no product leaves 256 bits.
MIN_EXPONENT: constant(int256) = -36
MAX_EXPONENT: constant(int256) = 8

PYTH: public(immutable(IPyth))

# In the code, not in storage: reading one costs nothing cold.
_PRICE_IDS: immutable(bytes32[16])
_COUNT: immutable(uint256)


@deploy
def __init__(_pyth: address, _price_ids: DynArray[bytes32, MAX_FEEDS]):
    assert _pyth.is_contract, "pyth: no contract"
    assert len(_price_ids) != 0, "feeds: none"
    price_ids: bytes32[16] = empty(bytes32[16])
    for i: uint256 in range(len(_price_ids), bound=MAX_FEEDS):
        assert _price_ids[i] != empty(bytes32), "price id: empty"
        price_ids[i] = _price_ids[i]
    PYTH = IPyth(_pyth)
    _PRICE_IDS = price_ids
    _COUNT = len(_price_ids)


# ── oracle ───────────────────────────────────────────────────────────────────────────────────────


@external
@view
def latest(_feed: uint256) -> (uint256, uint256, uint256):
    """@custom:see IPriceSource"""
    return self._wad(staticcall PYTH.getPriceUnsafe(self._price_id(_feed)))


@external
@payable
def first_since(_feed: uint256, _since: uint256, _proof: Bytes[4096]) -> (uint256, uint256, uint256):
    """
    @custom:see IPriceSource
    @dev `_proof` is Pyth's update data, `abi_encode(bytes[])` of one update. Pyth's unique check proves
         that the update before it was published before `_since`.
    """
    price_id: bytes32 = self._price_id(_feed)
    assert _since <= block.timestamp, "since: in the future"
    update: DynArray[Bytes[3968], 1] = abi_decode(_proof, DynArray[Bytes[3968], 1])
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
def price_id(_index: uint256) -> bytes32:
    """
    @return Pyth's name of a feed
    """
    return self._price_id(_index)


@external
@pure
def is_pull() -> bool:
    """@custom:see IPriceSource"""
    return True


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

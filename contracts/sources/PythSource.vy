# pragma version 0.4.3
# pragma nonreentrancy off
"""
@title PythSource: one Pyth price as a price source
@custom:contract-name PythSource
@license GNU Affero General Public License v3.0 only
@author Plimsoll
@notice Stateless, so there is nothing to lock. A pull feed: its price is on chain only after somebody has pushed it, so its age is a choice;
        `PriceOracle` bounds that choice where it matters.
"""

from ..interfaces import IPriceSource
from ..interfaces import IPyth

implements: IPriceSource

# Exponents beyond these are garbage; within them no product leaves 256 bits.
MIN_EXPONENT: constant(int256) = -36
MAX_EXPONENT: constant(int256) = 8

PYTH: public(immutable(IPyth))
PRICE_ID: public(immutable(bytes32))


@deploy
def __init__(_pyth: address, _price_id: bytes32):
    assert _pyth.is_contract, "pyth: no contract"
    assert _price_id != empty(bytes32), "price id: empty"
    PYTH = IPyth(_pyth)
    PRICE_ID = _price_id


# ── oracle ───────────────────────────────────────────────────────────────────────────────────────


@external
@view
def latest() -> (uint256, uint256, uint256):
    """@custom:see IPriceSource"""
    return self._wad(staticcall PYTH.getPriceUnsafe(PRICE_ID))


@external
@payable
def first_since(_since: uint256, _proof: Bytes[4096]) -> (uint256, uint256, uint256):
    """
    @custom:see IPriceSource
    @dev `_proof` is Pyth's update data, `abi_encode(bytes[])` of one update. Pyth's unique check proves
         that the update before it was published before `_since`.
    """
    assert _since <= block.timestamp, "since: in the future"
    update: DynArray[Bytes[3968], 1] = abi_decode(_proof, DynArray[Bytes[3968], 1])
    fee: uint256 = staticcall PYTH.getUpdateFee(update)
    assert msg.value >= fee, "value: below the feed's fee"
    feeds: DynArray[IPyth.PriceFeed, 1] = extcall PYTH.parsePriceFeedUpdatesUnique(
        update, [PRICE_ID], convert(_since, uint64), convert(block.timestamp, uint64), value=fee
    )
    if msg.value > fee:
        raw_call(msg.sender, b"", value=unsafe_sub(msg.value, fee))
    return self._wad(feeds[0].price)


# ── views ────────────────────────────────────────────────────────────────────────────────────────


@external
@pure
def is_pull() -> bool:
    """@custom:see IPriceSource"""
    return True


# ── internals ────────────────────────────────────────────────────────────────────────────────────


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

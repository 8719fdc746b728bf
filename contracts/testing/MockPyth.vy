# pragma version 0.4.3
"""
@title MockPyth: Pyth without its signatures
@custom:contract-name MockPyth
@license GNU Affero General Public License v3.0 only
@author Plimsoll
@notice Test double. An update is `abi_encode(PriceFeed, previous publish time)`; a fee a piece;
        overpaid value is kept, as in the original. A price is stored only when newer.
"""

from ..interfaces import IPyth

_MASK_64: constant(uint256) = 2**64 - 1
_MASK_32: constant(uint256) = 2**32 - 1

FEE: public(immutable(uint256))  # [wei an update]
_prices: HashMap[bytes32, uint256]  # price 64 | conf 64 | expo 32 | publish time 64


@deploy
def __init__(_fee: uint256):
    FEE = _fee


@external
@payable
def updatePriceFeeds(_updateData: DynArray[Bytes[512], 8]):
    assert msg.value >= len(_updateData) * FEE, "fee: insufficient"
    for data: Bytes[512] in _updateData:
        feed: IPyth.PriceFeed = empty(IPyth.PriceFeed)
        previous: uint256 = 0
        feed, previous = abi_decode(data, (IPyth.PriceFeed, uint256))
        if feed.price.publishTime > self._prices[feed.id] & _MASK_64:
            self._prices[feed.id] = self._pack(feed.price)


@external
@payable
def parsePriceFeedUpdatesUnique(
    _updateData: DynArray[Bytes[512], 8],
    _priceIds: DynArray[bytes32, 8],
    _minPublishTime: uint64,
    _maxPublishTime: uint64,
) -> DynArray[IPyth.PriceFeed, 8]:
    assert msg.value >= len(_updateData) * FEE, "fee: insufficient"
    found: DynArray[IPyth.PriceFeed, 8] = []
    for id: bytes32 in _priceIds:
        before: uint256 = len(found)
        for data: Bytes[512] in _updateData:
            feed: IPyth.PriceFeed = empty(IPyth.PriceFeed)
            previous: uint256 = 0
            feed, previous = abi_decode(data, (IPyth.PriceFeed, uint256))
            if (
                feed.id == id
                and feed.price.publishTime >= convert(_minPublishTime, uint256)
                and feed.price.publishTime <= convert(_maxPublishTime, uint256)
                and previous < convert(_minPublishTime, uint256)
            ):
                found.append(feed)
                break
        assert len(found) == before + 1, "update: none in range"
    return found


@external
@view
def getUpdateFee(_updateData: DynArray[Bytes[512], 8]) -> uint256:
    return len(_updateData) * FEE


@external
@view
def getPriceUnsafe(_id: bytes32) -> IPyth.Price:
    packed: uint256 = self._prices[_id]
    assert packed != 0, "price: not found"
    return IPyth.Price(
        price=convert(convert(convert(packed, bytes32), int256) >> 192, int64),
        conf=convert((packed >> 128) & _MASK_64, uint64),
        expo=convert(convert(convert(packed << 128, bytes32), int256) >> 224, int32),
        publishTime=packed & _MASK_64,
    )


@external
@pure
def encode(_feed: IPyth.PriceFeed, _previous: uint256) -> Bytes[512]:
    """
    @notice One update, published at `_feed.price.publishTime`, the one before it at `_previous`.
    """
    return abi_encode(_feed, _previous)


@internal
@pure
def _pack(_price: IPyth.Price) -> uint256:
    price: uint256 = convert(convert(convert(_price.price, int256), bytes32), uint256) << 192
    expo: uint256 = convert(convert(convert(_price.expo, int256), bytes32), uint256) & _MASK_32
    assert _price.publishTime <= _MASK_64, "time: beyond 64 bits"
    return price | (convert(_price.conf, uint256) << 128) | (expo << 96) | _price.publishTime

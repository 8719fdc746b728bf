# pragma version ~=0.4.3
# pragma nonreentrancy off
"""
@title How much winners are cut, and at what price
@custom:contract-name deleveraging_math
@license GNU Affero General Public License v3.0 only
@author Plimsoll
@notice With S the pool's net size in a market, N its notional at mark, E its equity, MM and MM' its
        requirement with and without that market:

            size to close   = S * min(1, (MM - E) / (MM - MM')), all of it when E < 0
            x               = size to close / open interest of the traders' side, at most 1
            loss rate    h  = max(0, -E) / sum |N|, at most 1, over all markets
            price           = mark, h of it worse for the winner, who pays no more than the profit of
                              what is cut and no more than his equity

        The requirement of a position is convex in its size and 0 at 0, so a part of a position takes
        at least that part of its requirement along: the size to close is enough.
        A cut at rate h lowers -E and sum |N| in the same proportion, so h is the same for who comes
        next; when nothing is left to cut E = 0. Where somebody's profit or equity is less, h grows.

        Sizes < 2**127 [wad units], prices <= 1e26, amounts < 2**127: products below stay within 256
        bits, and outside checked arithmetic reverts.
"""

from . import fixed_point
from . import price_word

ASSETS: constant(uint256) = 16


@internal
@pure
def _notional(_sizes: int256[ASSETS], _words: uint256[ASSETS]) -> uint256:
    """
    @notice What winners could lose at most to the pool that holds these sizes: its deficit beyond it is
            nobody's but suppliers'. Each at its price, or its last one; a retired one is settled at a
            price without loss.
    @param _words readings of the assets
    @return sum |N|, rounded down [quote wad]
    """
    gross: uint256 = 0
    for asset: uint256 in range(ASSETS):
        if _sizes[asset] == 0 or price_word._state(_words[asset]) == price_word.RETIRED:
            continue
        units: uint256 = convert(abs(_sizes[asset]), uint256)
        gross += fixed_point._mul_wad_down(units, price_word._price(_words[asset]))
    return gross


@internal
@pure
def _size_to_close(_size: uint256, _equity: int256, _maintenance: uint256, _without: uint256) -> uint256:
    """
    @notice Rounded up, and never more than the size.
    @param _size |S| [wad units]
    @param _without MM' [quote wad]
    """
    if _equity < 0:
        return _size
    equity: uint256 = convert(_equity, uint256)
    if equity >= _maintenance:
        return 0
    deficit: uint256 = unsafe_sub(_maintenance, equity)
    if _maintenance <= _without or deficit >= unsafe_sub(_maintenance, _without):
        return _size
    return fixed_point._mul_div_up(_size, deficit, unsafe_sub(_maintenance, _without))


@internal
@pure
def _fraction(_size_to_close: uint256, _interest: uint256) -> uint256:
    """
    @return x, rounded up [wad]
    """
    if _size_to_close >= _interest:
        return fixed_point.WAD
    return fixed_point._mul_div_up(_size_to_close, fixed_point.WAD, _interest)


@internal
@pure
def _loss_rate(_equity: int256, _gross: uint256) -> uint256:
    """
    @param _gross sum |N| [quote wad]
    @return h, rounded up [wad]
    """
    if _equity >= 0:
        return 0
    loss: uint256 = convert(-_equity, uint256)
    if loss >= _gross:
        return fixed_point.WAD
    return fixed_point._mul_div_up(loss, fixed_point.WAD, _gross)


@internal
@pure
def _profit(_size: int256, _cost: int256, _mark: uint256, _funding_index: int256) -> int256:
    """
    @return size * (mark - F) - cost, rounded down [quote wad]
    """
    return -fixed_point._mul_wad_ceil_signed(-_size, convert(_mark, int256) - _funding_index) - _cost


@internal
@pure
def _cut_price(
    _cut: uint256, _size: int256, _mark: uint256, _rate: uint256, _profit: int256, _equity: int256
) -> uint256:
    """
    @notice Mark for a loser. Rounded against the winner, by less than a wei a unit: the pool must not be left below zero.
    @param _cut what is cut of the position, not 0 [wad units]
    @param _size the position, not 0 [wad units]
    @param _rate h [wad]
    @param _profit of all of the position [quote wad]
    @param _equity of the account [quote wad]
    @return [quote wad per unit]
    """
    if _rate == 0 or _equity <= 0 or _profit <= 0:
        return _mark
    profit: uint256 = convert(_profit, uint256) * _cut // convert(abs(_size), uint256)
    notional: uint256 = fixed_point._mul_wad_up(_cut, _mark)
    charge: uint256 = min(
        min(fixed_point._mul_wad_up(notional, _rate), profit),
        convert(_equity, uint256),
    )
    worse: uint256 = fixed_point._mul_div_up(charge, fixed_point.WAD, _cut)
    if _size < 0:
        return _mark + worse
    return _mark - min(worse, _mark - 1)

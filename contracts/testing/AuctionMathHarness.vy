# pragma version 0.4.3
"""
@title AuctionMathHarness: the functions of `auction_math` and `auction_word`, made callable
@custom:contract-name AuctionMathHarness
@license GNU Affero General Public License v3.0 only
@author Plimsoll
@notice Test double; the mirror in `margin_model` is compared against it.
"""

from ..modules import auction_math
from ..modules import auction_word


@external
@pure
def discount(_elapsed: uint256, _s0: uint256, _s1: uint256, _fast_phase: uint256, _slow_phase: uint256) -> uint256:
    return auction_math._discount(_elapsed, _s0, _s1, _fast_phase, _slow_phase)


@external
@pure
def requirement(_maintenance: uint256, _unsold: uint256, _buffer: uint256) -> (uint256, uint256):
    return auction_math._requirement(_maintenance, _unsold, _buffer)


@external
@pure
def offer(
    _equity: int256,
    _proceeds: uint256,
    _maintenance: uint256,
    _unsold: uint256,
    _discount_now: uint256,
    _buffer: uint256,
    _penalty_rate: uint256,
    _fund_available: uint256,
    _dust: uint256,
) -> auction_math.Offer:
    return auction_math._offer(
        _equity,
        _proceeds,
        _maintenance,
        _unsold,
        _discount_now,
        _buffer,
        _penalty_rate,
        _fund_available,
        _dust,
    )


@external
@pure
def fund_parts(_equity: int256, _incentive: uint256, _fraction: uint256) -> (uint256, uint256):
    return auction_math._fund_parts(_equity, _incentive, _fraction)


@external
@pure
def grossed_up(_amount: uint256, _own: uint256, _bearable: uint256, _supply: uint256) -> uint256:
    return auction_math._grossed_up(_amount, _own, _bearable, _supply)


@external
@pure
def reward(_tip: uint256, _chip: uint256, _fraction: uint256, _maintenance: uint256, _incentive: uint256) -> uint256:
    return auction_math._reward(_tip, _chip, _fraction, _maintenance, _incentive)


@external
@pure
def scale_up(_amount: int256, _fraction: uint256) -> int256:
    return auction_math._scale_up(_amount, _fraction)


@external
@pure
def scale_down(_amount: int256, _fraction: uint256) -> int256:
    return auction_math._scale_down(_amount, _fraction)


@external
@pure
def pack(_episode: auction_word.Episode) -> uint256:
    return auction_word._pack(_episode)


@external
@pure
def unpack(_word: uint256) -> auction_word.Episode:
    return auction_word._unpack(_word)

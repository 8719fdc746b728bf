# pragma version 0.4.3
"""
@title FundingMathHarness: the functions of `funding_math`, made callable
@custom:contract-name FundingMathHarness
@license GNU Affero General Public License v3.0 only
@author Plimsoll
@notice Test double; the mirror in `margin_model` is compared against it.
"""

from ..modules import funding_math


@external
@pure
def pack(_index: int256, _rate: int256, _velocity: int256, _live: uint256) -> uint256:
    return funding_math._pack(_index, _rate, _velocity, _live)


@external
@pure
def unpack(_word: uint256) -> (int256, int256, int256, uint256):
    return (
        funding_math._index(_word),
        funding_math._rate(_word),
        funding_math._velocity(_word),
        funding_math._live(_word),
    )


@external
@pure
def with_velocity(_word: uint256, _velocity: int256) -> uint256:
    return funding_math._with_velocity(_word, _velocity)


@external
@pure
def velocity_at(_skew: int256, _skew_scale: uint256, _max_velocity: uint256) -> int256:
    return funding_math._velocity_at(_skew, _skew_scale, _max_velocity)


@external
@pure
def index_at(_word: uint256, _live: uint256, _price: uint256, _max_rate: uint256) -> int256:
    return funding_math._index_at(_word, _live, _price, _max_rate)


@external
@pure
def advance(_word: uint256, _live: uint256, _price: uint256, _max_rate: uint256) -> uint256:
    return funding_math._advance(_word, _live, _price, _max_rate)

# pragma version 0.4.3
"""
@title PriceWordHarness: the functions of `price_word` made callable
@custom:contract-name PriceWordHarness
@license GNU Affero General Public License v3.0 only
@author Plimsoll
@notice Test double; the mirror in `margin_model` is compared against it.
"""

from ..modules import price_word


@external
@pure
def pack(_price: uint256, _ema: uint256, _live: uint256, _confidence: uint256, _state: uint256) -> uint256:
    return price_word._pack(_price, _ema, _live, _confidence, _state)


@external
@pure
def unpack(_word: uint256) -> (uint256, uint256, uint256, uint256, uint256, bool, bool):
    return (
        price_word._price(_word),
        price_word._ema(_word),
        price_word._live(_word),
        price_word._confidence(_word),
        price_word._state(_word),
        price_word._usable(_word),
        price_word._awaited(_word),
    )

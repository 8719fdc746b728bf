# pragma version 0.4.3
"""
@title ReserveWordHarness: the functions of `reserve_word`, made callable
@custom:contract-name ReserveWordHarness
@license GNU Affero General Public License v3.0 only
@author Plimsoll
@notice Test double; the mirror in `margin_model` is compared against it.
"""

from ..modules import reserve_word


@external
@pure
def totals(_word: uint256) -> (uint256, uint256, uint256):
    return reserve_word._reserve(_word), reserve_word._deficits(_word), reserve_word._short_at(_word)


@external
@pure
def with_reserve(_word: uint256, _old_amount: uint256, _new_amount: uint256) -> uint256:
    return reserve_word._with_reserve(_word, _old_amount, _new_amount)


@external
@pure
def with_deficits(_word: uint256, _old_amount: uint256, _new_amount: uint256) -> uint256:
    return reserve_word._with_deficits(_word, _old_amount, _new_amount)


@external
@pure
def with_short_at(_word: uint256, _time: uint256) -> uint256:
    return reserve_word._with_short_at(_word, _time)


@external
@pure
def pack_need(_worst: uint256, _deficit: uint256) -> uint256:
    return reserve_word._pack_need(_worst, _deficit)


@external
@pure
def need(_word: uint256) -> (uint256, uint256):
    return reserve_word._worst(_word), reserve_word._deficit(_word)

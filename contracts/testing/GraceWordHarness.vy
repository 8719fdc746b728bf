# pragma version 0.4.3
"""
@title GraceWordHarness: the functions of `grace_word`, made callable
@custom:contract-name GraceWordHarness
@license GNU Affero General Public License v3.0 only
@author Plimsoll
@notice Test double; the mirror in `margin_model` is compared against it.
"""

from ..modules import grace_word


@external
@pure
def after(_word: uint256, _old_index: uint256, _new_index: uint256, _now: uint256) -> uint256:
    return grace_word._after(_word, _old_index, _new_index, _now)


@external
@pure
def ratio(_word: uint256, _now: uint256) -> uint256:
    return grace_word._ratio(_word, _now)

# pragma version 0.4.3
"""
@title LedgerMathHarness: the functions of `ledger_math`, made callable
@custom:contract-name LedgerMathHarness
@license GNU Affero General Public License v3.0 only
@author Plimsoll
@notice Test double; the mirror in `margin_model` is compared against it.
"""

from ..modules import ledger_math


@external
@pure
def pack_position(_size: int256, _cost: int256) -> int256:
    return ledger_math._pack_position(_size, _cost)


@external
@pure
def position_size(_word: int256) -> int256:
    return ledger_math._size(_word)


@external
@pure
def position_cost(_word: int256) -> int256:
    return ledger_math._cost(_word)


@external
@pure
def notional(_size_delta: int256, _price: uint256, _funding_index: int256) -> int256:
    return ledger_math._notional(_size_delta, _price, _funding_index)


@external
@pure
def funding_owed(_size: int256, _funding_index: int256) -> int256:
    return ledger_math._funding_owed(_size, _funding_index)


@external
@pure
def trade(_size: int256, _cost: int256, _size_delta: int256, _notional: int256) -> (int256, int256, int256):
    return ledger_math._trade(_size, _cost, _size_delta, _notional)


@external
@pure
def slice_position(_word: int256, _fraction: int256) -> (int256, int256):
    return ledger_math._slice(_word, _fraction)


@external
@pure
def portion(_amount: int256, _fraction: int256) -> int256:
    return ledger_math._portion(_amount, _fraction)


@external
@pure
def to_scaled(_cash: int256, _index: uint256) -> int256:
    return ledger_math._to_scaled(_cash, _index)


@external
@pure
def from_scaled(_scaled: int256, _index: uint256) -> int256:
    return ledger_math._from_scaled(_scaled, _index)


@external
@pure
def to_wad(_amount: uint256, _scale: uint256) -> uint256:
    return ledger_math._to_wad(_amount, _scale)


@external
@pure
def signed(_amount: uint256) -> int256:
    return ledger_math._signed(_amount)


@external
@pure
def bounded(_amount: int256) -> int256:
    return ledger_math._bounded(_amount)

# pragma version ~=0.4.3
# pragma nonreentrancy off
"""
@title One side of users' cash in one word
@custom:contract-name side_word
@license GNU Affero General Public License v3.0 only
@author Plimsoll
@notice Supply is what users have, debt is what they owe.

        bits   0..127  sum    of what accounts store [quote wad / index]
        bits 128..223  index  [1e27]
        bits 224..255  time   supply only: of the last accrual [s]; 0 while nobody owes

        That supply knows whether anybody owes saves a deposit the look at debt.
"""

TIME_BIT: constant(uint256) = 224
MAX_SUM: constant(uint256) = 2**128 - 1
MAX_INDEX: constant(uint256) = 2**96 - 1  # 79 times the first [1e27]


@internal
@pure
def _sum(_word: uint256) -> uint256:
    return _word & MAX_SUM


@internal
@pure
def _index(_word: uint256) -> uint256:
    return (_word >> 128) & MAX_INDEX


@internal
@pure
def _time(_word: uint256) -> uint256:
    return _word >> TIME_BIT


@internal
@pure
def _with_index(_word: uint256, _new_index: uint256) -> uint256:
    """
    @dev `_new_index` <= MAX_INDEX.
    """
    return (_word & ~(MAX_INDEX << 128)) | (_new_index << 128)


@internal
@pure
def _with_time(_word: uint256, _new_time: uint256) -> uint256:
    """
    @dev `_new_time` < 2**32.
    """
    return (_word & (2**TIME_BIT - 1)) | (_new_time << TIME_BIT)

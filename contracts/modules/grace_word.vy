# pragma version ~=0.4.3
# pragma nonreentrancy off
"""
@title Write-downs of the last hour, in one word
@custom:contract-name grace_word
@license GNU Affero General Public License v3.0 only
@author Plimsoll
@notice What a unit of cash was worth before them, over what it is worth now:

            bits   0..91   last ratio     write-downs of the last clock hour that had one [wad]
            bits  92..127  last time      of the last of them [s]
            bits 128..219  earlier ratio  those of an earlier clock hour [wad]
            bits 220..255  earlier time   of the last of them [s]

        Each counts for an hour at least. Those that share a clock hour end together, an hour after the
        last of them: within two hours, however many follow. Nobody can prolong them.
"""

from . import fixed_point

PERIOD: constant(uint256) = 3600  # [s]
MAX_RATIO: constant(uint256) = 2**92 - 1  # 4.9e9; beyond it nothing is added [wad]

_MASK_128: constant(uint256) = 2**128 - 1


@internal
@pure
def _after(_word: uint256, _old_index: uint256, _new_index: uint256, _now: uint256) -> uint256:
    """
    @notice The word after one more write-down.
    @param _old_index of supply before it [1e27] < 2**96
    @param _new_index after it [1e27], not 0
    @param _now [s] >= PERIOD, < 2**36
    """
    ratio: uint256 = min(fixed_point._mul_div_up(_old_index, fixed_point.WAD, _new_index), MAX_RATIO)
    last: uint256 = _word & _MASK_128
    time: uint256 = last >> 92
    if time // PERIOD == _now // PERIOD:
        ratio = min(fixed_point._mul_wad_up(ratio, last & MAX_RATIO), MAX_RATIO)
        return ratio | (_now << 92) | ((_word >> 128) << 128)
    return ratio | (_now << 92) | (last << 128)


@internal
@pure
def _ratio(_word: uint256, _now: uint256) -> uint256:
    """
    @notice What a unit of cash was worth before the write-downs that count now, rounded up: for the
            account.
    @return [wad] >= 1
    """
    return fixed_point._mul_wad_up(self._counting(_word & _MASK_128, _now), self._counting(_word >> 128, _now))


@internal
@pure
def _counting(_half: uint256, _now: uint256) -> uint256:
    if _half == 0 or _now >= (_half >> 92) + PERIOD:
        return fixed_point.WAD
    return _half & MAX_RATIO

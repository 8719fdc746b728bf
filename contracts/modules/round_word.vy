# pragma version ~=0.4.3
# pragma nonreentrancy off
"""
@title A round of deleveraging in one word
@custom:contract-name round_word
@license GNU Affero General Public License v3.0 only
@author Plimsoll
@notice bits   0.. 63  fraction   x [wad]
        bits  64.. 95  number     rounds of the market so far; 0: there was none
        bits  96..127  opened_at  oracle-live time of the market's asset [s]
        bits 128..159  lost_since the same, since when rounds have followed each other with the pool's
                                  equity below zero; 0: it was not [s]
        bit  160       long       the traders' longs are cut
        bit  161       ended      the pool's margin was met again
"""

from ..interfaces import IDeleveraging

_MASK_64: constant(uint256) = 2**64 - 1
_MASK_32: constant(uint256) = 2**32 - 1


@internal
@pure
def _pack(_round: IDeleveraging.Round) -> uint256:
    """
    @dev x <= 1 and times are of 32 bits. A market with 2**32 rounds of a quarter of an hour is older
         than its clock can be.
    """
    return (
        _round.fraction
        | (_round.number << 64)
        | (_round.opened_at << 96)
        | (_round.lost_since << 128)
        | (convert(_round.long, uint256) << 160)
        | (convert(_round.ended, uint256) << 161)
    )


@internal
@pure
def _unpack(_word: uint256) -> IDeleveraging.Round:
    return IDeleveraging.Round(
        number=(_word >> 64) & _MASK_32,
        long=(_word >> 160) & 1 == 1,
        fraction=_word & _MASK_64,
        opened_at=(_word >> 96) & _MASK_32,
        lost_since=(_word >> 128) & _MASK_32,
        ended=(_word >> 161) & 1 == 1,
    )

# pragma version ~=0.4.3
# pragma nonreentrancy off
"""
@title One asset's risk state in one word, and what makes its target
@custom:contract-name risk_word
@license GNU Affero General Public License v3.0 only
@author Plimsoll
@notice Everything a margin check needs of an asset beside its reading, so that it costs one cold
        slot. What only the next target needs is in a lane of another word, four assets a word.

        bits   0.. 63  line           l0: where the ramp started [wad]
        bits  64..127  target         where it is heading [wad]
        bits 128..159  started_at     oracle-live time at which it started [s]
        bits 160..207  depth          D: notional the market absorbs in T0 [whole quote units]
        bits 208..215  tier_table     id
        bits 216..231  haircut_floor  [bps]
        bits 232..247  haircut_cap    [bps]

        A word of 0 is an asset without risk parameters: depth and line of a listed one are not 0.

        lane  bits   0.. 16  kappa       [KAPPA_UNIT]
              bits  17.. 33  horizon     T0 [s]
              bits  34.. 47  line floor  [LINE_UNIT]
              bits  48.. 61  line cap    [LINE_UNIT]
"""

KAPPA_UNIT: constant(uint256) = 10**15  # a thousandth [wad]
LINE_UNIT: constant(uint256) = 10**14  # a basis point [wad]

_MASK_64: constant(uint256) = 2**64 - 1
_MASK_48: constant(uint256) = 2**48 - 1
_MASK_32: constant(uint256) = 2**32 - 1
_MASK_17: constant(uint256) = 2**17 - 1
_MASK_16: constant(uint256) = 2**16 - 1
_MASK_14: constant(uint256) = 2**14 - 1
_MASK_8: constant(uint256) = 2**8 - 1
_RAMP_BITS: constant(uint256) = 160  # line, target and started_at lie below the rest


@internal
@pure
def _pack(_depth: uint256, _tier_table: uint256, _haircut_floor: uint256, _haircut_cap: uint256) -> uint256:
    """
    @dev The part an owner sets; the caller keeps each value within its bits.
    """
    return (_depth << 160) | (_tier_table << 208) | (_haircut_floor << 216) | (_haircut_cap << 232)


@internal
@pure
def _with_ramp(_word: uint256, _line: uint256, _target: uint256, _started_at: uint256) -> uint256:
    """
    @return `_word` with another ramp and the same parameters
    """
    return ((_word >> _RAMP_BITS) << _RAMP_BITS) | _line | (_target << 64) | (_started_at << 128)


@internal
@pure
def _line(_word: uint256) -> uint256:
    return _word & _MASK_64


@internal
@pure
def _target(_word: uint256) -> uint256:
    return (_word >> 64) & _MASK_64


@internal
@pure
def _started_at(_word: uint256) -> uint256:
    return (_word >> 128) & _MASK_32


@internal
@pure
def _depth(_word: uint256) -> uint256:
    return (_word >> 160) & _MASK_48


@internal
@pure
def _tier_table(_word: uint256) -> uint256:
    return (_word >> 208) & _MASK_8


@internal
@pure
def _haircut_floor(_word: uint256) -> uint256:
    return (_word >> 216) & _MASK_16


@internal
@pure
def _haircut_cap(_word: uint256) -> uint256:
    return _word >> 232


@internal
@pure
def _with_target(
    _word: uint256, _asset: uint256, _kappa: uint256, _horizon: uint256, _line_floor: uint256, _line_cap: uint256
) -> uint256:
    """
    @dev The caller keeps each value within its bits and in whole units.
    @param _word of four assets
    @param _kappa, _line_floor, _line_cap [wad]
    @return the word with the lane of `_asset` replaced
    """
    lane: uint256 = (
        (_kappa // KAPPA_UNIT) | (_horizon << 17) | (_line_floor // LINE_UNIT << 34) | (_line_cap // LINE_UNIT << 48)
    )
    offset: uint256 = (_asset & 3) << 6
    return (_word & ~(_MASK_64 << offset)) | (lane << offset)


@internal
@pure
def _target_of(_lane: uint256) -> (uint256, uint256, uint256, uint256):
    """
    @param _lane the asset's, lowest; above it may be others
    @return kappa [wad], horizon [s], line floor [wad], line cap [wad]
    """
    return (
        unsafe_mul(_lane & _MASK_17, KAPPA_UNIT),
        (_lane >> 17) & _MASK_17,
        unsafe_mul((_lane >> 34) & _MASK_14, LINE_UNIT),
        unsafe_mul((_lane >> 48) & _MASK_14, LINE_UNIT),
    )

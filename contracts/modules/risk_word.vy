# pragma version ~=0.4.3
# pragma nonreentrancy off
"""
@title One asset's risk state in one word
@custom:contract-name risk_word
@license GNU Affero General Public License v3.0 only
@author Plimsoll
@notice Everything a margin check needs of an asset beside its reading, so that it costs one cold
        slot. What only the next target needs (kappa, horizon, floor, cap) is in a second word.

        bits   0.. 63  line           l0: where the ramp started [wad]
        bits  64..127  target         where it is heading [wad]
        bits 128..159  started_at     oracle-live time at which it started [s]
        bits 160..207  depth          D: notional the market absorbs in T0 [whole quote units]
        bits 208..215  tier_table     id
        bits 216..231  haircut_floor  [bps]
        bits 232..247  haircut_cap    [bps]

        A word of 0 is an asset without risk parameters: depth and line of a listed one are not 0.

        The second word: bits 0..79 kappa [wad], 80..111 horizon [s], 112..175 line floor [wad],
        176..239 line cap [wad].
"""

_MASK_80: constant(uint256) = 2**80 - 1
_MASK_64: constant(uint256) = 2**64 - 1
_MASK_48: constant(uint256) = 2**48 - 1
_MASK_32: constant(uint256) = 2**32 - 1
_MASK_16: constant(uint256) = 2**16 - 1
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
def _pack_target(_kappa: uint256, _horizon: uint256, _line_floor: uint256, _line_cap: uint256) -> uint256:
    return _kappa | (_horizon << 80) | (_line_floor << 112) | (_line_cap << 176)


@internal
@pure
def _unpack_target(_word: uint256) -> (uint256, uint256, uint256, uint256):
    """
    @return kappa [wad], horizon [s], line floor [wad], line cap [wad]
    """
    return _word & _MASK_80, (_word >> 80) & _MASK_32, (_word >> 112) & _MASK_64, _word >> 176

# pragma version ~=0.4.3
# pragma nonreentrancy off
"""
@title The storage words of PriceOracle
@custom:contract-name oracle_slots
@license GNU Affero General Public License v3.0 only
@author Plimsoll
@notice Reading a price costs one slot, its memory, and for eight assets together one of lanes; the
        others are for sampling, for an asset with several sources, and for a price off its EMA. Who packs
        keeps each part within its bits.

        source      bits   0..  3  index of the feed at its adapter
                    bits   4..  7  index of the adapter

        lane        bits   0..  7  primary source
                    bit    8       there are others
                    bits   9.. 17  jump bound [10 bps]; 0: not listed; 511: retired
                    bits  18.. 31  volatility floor [bps per day]

        terms       bits   0.. 15  second and third source
                    bits  16.. 17  number of sources
                    bits  18.. 31  max confidence [bps]
                    bits  32.. 45  max disagreement [bps]
                    bits  46.. 59  deviation: the primary feed's publishing threshold [bps]

        memory      bits   0.. 87  last accepted price [quote wad per unit]
                    bits  88..175  EMA price [quote wad per unit]
                    bits 176..207  checkpoint: time of the last sample, accepted or not [s]
                    bits 208..239  live: oracle-live time up to the checkpoint [s]
                    bits 240..253  lag: checkpoint - publish time of the last accepted price, saturating [s]
                    bit  254       accepted: the last sample accepted the price
                    bit  255       side of the running excursion: 1 below the EMA

        volatility  bits   0.. 63  fast variance [variance per day, wad]
                    bits  64..127  slow variance
                    bits 128..191  long variance
                    bits 192..223  time of the last recorded sample [s]
                    bits 224..255  start of the running excursion, 0 when there is none [s]
"""

LANES: constant(uint256) = 8  # a word
JUMP_BOUND_UNIT: constant(uint256) = 10  # [bps]
VARIANCE_UNIT: constant(uint256) = 10**10  # (a bps a day)**2 [variance per day, wad]
MAX_VARIANCE_FLOOR: constant(uint256) = (2**14 - 1)**2 * 10**10  # (164 % a day)**2 [variance per day, wad]
# In the lane of a retired asset: no jump bound is that large, and as if it had other sources, so that nobody
# takes a short path past the check.
RETIRED: constant(uint256) = (2**10 - 1) << 8
NOBODY: constant(uint256) = 2**8 - 1  # source of an asset that is not asked about: its adapter's place stays empty
MAX_LAG: constant(uint256) = 2**14 - 1  # [s]

_MASK_2: constant(uint256) = 2**2 - 1
_MASK_4: constant(uint256) = 2**4 - 1
_MASK_8: constant(uint256) = 2**8 - 1
_MASK_9: constant(uint256) = 2**9 - 1
_MASK_14: constant(uint256) = 2**14 - 1
_MASK_32: constant(uint256) = 2**32 - 1
_MASK_64: constant(uint256) = 2**64 - 1
_MASK_88: constant(uint256) = 2**88 - 1


# ── source ───────────────────────────────────────────────────────────────────────────────────────


@internal
@pure
def _pack_source(_adapter: uint256, _feed: uint256) -> uint256:
    return (_adapter << 4) | _feed


@internal
@pure
def _feed(_source: uint256) -> uint256:
    """
    @param _source a source, or the lane of an asset: then of its primary one
    """
    return _source & _MASK_4


@internal
@pure
def _adapter(_source: uint256) -> uint256:
    """
    @param _source a source, or the lane of an asset: then of its primary one
    """
    return (_source >> 4) & _MASK_4


# ── lane ─────────────────────────────────────────────────────────────────────────────────────────


@internal
@pure
def _pack_lane(_several: bool, _jump_bound: uint256, _floor: uint256) -> uint256:
    """
    @param _jump_bound [bps], a multiple of JUMP_BOUND_UNIT
    @param _floor [variance per day, wad], rounded up to the square of whole bps
    @return the lane without its source
    """
    square: uint256 = (_floor + VARIANCE_UNIT - 1) // VARIANCE_UNIT
    root: uint256 = isqrt(square)
    if root * root < square:
        root += 1
    return (convert(_several, uint256) << 8) | (_jump_bound // JUMP_BOUND_UNIT << 9) | (root << 18)


@internal
@pure
def _with_source(_lane: uint256, _source: uint256) -> uint256:
    return (_lane & ~_MASK_8) | _source


@internal
@pure
def _has_several(_lane: uint256) -> bool:
    return (_lane >> 8) & 1 == 1


@internal
@pure
def _jump_bound(_lane: uint256) -> uint256:
    """
    @return [bps]
    """
    return unsafe_mul((_lane >> 9) & _MASK_9, JUMP_BOUND_UNIT)


@internal
@pure
def _floor(_lane: uint256) -> uint256:
    """
    @return [variance per day, wad]
    """
    root: uint256 = _lane >> 18
    return unsafe_mul(unsafe_mul(root, root), VARIANCE_UNIT)


# ── terms ────────────────────────────────────────────────────────────────────────────────────────


@internal
@pure
def _pack_terms(_count: uint256, _max_confidence: uint256, _max_disagreement: uint256, _deviation: uint256) -> uint256:
    """
    @return the terms without sources
    """
    return (_count << 16) | (_max_confidence << 18) | (_max_disagreement << 32) | (_deviation << 46)


@internal
@pure
def _other_source(_terms: uint256, _index: uint256) -> uint256:
    """
    @param _index 1 or 2
    """
    return (_terms >> (8 * (_index - 1))) & _MASK_8


@internal
@pure
def _with_other_source(_terms: uint256, _index: uint256, _source: uint256) -> uint256:
    """
    @param _index 1 or 2
    """
    offset: uint256 = 8 * (_index - 1)
    return (_terms & ~(_MASK_8 << offset)) | (_source << offset)


@internal
@pure
def _count(_terms: uint256) -> uint256:
    return (_terms >> 16) & _MASK_2


@internal
@pure
def _max_confidence(_terms: uint256) -> uint256:
    return (_terms >> 18) & _MASK_14


@internal
@pure
def _max_disagreement(_terms: uint256) -> uint256:
    return (_terms >> 32) & _MASK_14


@internal
@pure
def _deviation(_terms: uint256) -> uint256:
    return _terms >> 46


# ── memory ───────────────────────────────────────────────────────────────────────────────────────


@internal
@pure
def _pack_memory(
    _price: uint256,
    _ema: uint256,
    _checkpoint: uint256,
    _live: uint256,
    _published: uint256,
    _accepted: bool,
    _below: bool,
) -> uint256:
    """
    @param _published at most the checkpoint [s]
    """
    lag: uint256 = min(unsafe_sub(_checkpoint, _published), MAX_LAG)
    flags: uint256 = convert(_accepted, uint256) | (convert(_below, uint256) << 1)
    return _price | (_ema << 88) | (_checkpoint << 176) | (_live << 208) | (lag << 240) | (flags << 254)


@internal
@pure
def _price(_memory: uint256) -> uint256:
    return _memory & _MASK_88


@internal
@pure
def _ema(_memory: uint256) -> uint256:
    return (_memory >> 88) & _MASK_88


@internal
@pure
def _checkpoint(_memory: uint256) -> uint256:
    return (_memory >> 176) & _MASK_32


@internal
@pure
def _live(_memory: uint256) -> uint256:
    return (_memory >> 208) & _MASK_32


@internal
@pure
def _published(_memory: uint256) -> uint256:
    """
    @return publish time of the last accepted price, or checkpoint - MAX_LAG if that is later [s]
    """
    return unsafe_sub(self._checkpoint(_memory), (_memory >> 240) & MAX_LAG)


@internal
@pure
def _is_accepted(_memory: uint256) -> bool:
    return (_memory >> 254) & 1 == 1


@internal
@pure
def _is_below(_memory: uint256) -> bool:
    return _memory >> 255 == 1


# ── volatility ───────────────────────────────────────────────────────────────────────────────────


@internal
@pure
def _pack_volatility(
    _fast: uint256, _slow: uint256, _long: uint256, _recorded_at: uint256, _excursion_at: uint256
) -> uint256:
    return _fast | (_slow << 64) | (_long << 128) | (_recorded_at << 192) | (_excursion_at << 224)


@internal
@pure
def _fast(_volatility: uint256) -> uint256:
    return _volatility & _MASK_64


@internal
@pure
def _slow(_volatility: uint256) -> uint256:
    return (_volatility >> 64) & _MASK_64


@internal
@pure
def _long(_volatility: uint256) -> uint256:
    return (_volatility >> 128) & _MASK_64


@internal
@pure
def _recorded_at(_volatility: uint256) -> uint256:
    return (_volatility >> 192) & _MASK_32


@internal
@pure
def _excursion_at(_volatility: uint256) -> uint256:
    return _volatility >> 224

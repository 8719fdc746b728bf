# pragma version ~=0.4.3
# pragma nonreentrancy off
"""
@title The storage words of PriceOracle
@custom:contract-name oracle_slots
@license GNU Affero General Public License v3.0 only
@author Plimsoll
@notice Reading a price costs two slots, source and memory; the third is for sampling, and for a price
        off its EMA. Who packs keeps each part within its bits.

        source      bits   0..159  adapter
                    bits 160..177  heartbeat [s]
                    bits 178..189  tolerance [s]
                    bit  190       pull feed
                    bits 191..194  index of the feed at its adapter
          and, in the word of an asset's primary source only:
                    bits 195..196  number of sources
                    bits 197..210  max confidence [bps]
                    bits 211..224  max disagreement [bps]
                    bits 225..238  jump bound [bps]
                    bits 239..255  variance floor [VARIANCE_FLOOR_UNIT]

        memory      bits   0.. 87  last accepted price [quote wad per unit]
                    bits  88..175  EMA price [quote wad per unit]
                    bits 176..207  checkpoint: time of the last sample, accepted or not [s]
                    bits 208..239  live: oracle-live time up to the checkpoint [s]
                    bits 240..254  lag: checkpoint - publish time of the last accepted price, saturating [s]
                    bit  255       side of the running excursion: 1 below the EMA

        volatility  bits   0.. 63  fast variance [variance per day, wad]
                    bits  64..127  slow variance
                    bits 128..191  long variance
                    bits 192..223  time of the last accepted sample [s]
                    bits 224..255  start of the running excursion, 0 when there is none [s]
"""

VARIANCE_FLOOR_UNIT: constant(uint256) = 2 * 10**11  # (0.045 % a day)**2 [variance per day, wad]
MAX_VARIANCE_FLOOR: constant(uint256) = (2**17 - 1) * 2 * 10**11  # (16.2 % a day)**2 [variance per day, wad]
MAX_LAG: constant(uint256) = 2**15 - 1  # [s]

_MASK_2: constant(uint256) = 2**2 - 1
_MASK_4: constant(uint256) = 2**4 - 1
_MASK_12: constant(uint256) = 2**12 - 1
_MASK_14: constant(uint256) = 2**14 - 1
_MASK_18: constant(uint256) = 2**18 - 1
_MASK_32: constant(uint256) = 2**32 - 1
_MASK_64: constant(uint256) = 2**64 - 1
_MASK_88: constant(uint256) = 2**88 - 1
_MASK_160: constant(uint256) = 2**160 - 1
_MASK_PRIMARY: constant(uint256) = (2**61 - 1) << 195


# ── source ───────────────────────────────────────────────────────────────────────────────────────


@internal
@pure
def _pack_source(_adapter: address, _feed: uint256, _heartbeat: uint256, _tolerance: uint256, _pull: bool) -> uint256:
    return (
        convert(_adapter, uint256)
        | (_heartbeat << 160)
        | (_tolerance << 178)
        | (convert(_pull, uint256) << 190)
        | (_feed << 191)
    )


@internal
@pure
def _pack_primary(
    _count: uint256, _max_confidence: uint256, _max_disagreement: uint256, _jump_bound: uint256, _floor: uint256
) -> uint256:
    """
    @param _floor [variance per day, wad], rounded up to a unit
    @return the part of the primary source's word that belongs to the asset
    """
    units: uint256 = (_floor + VARIANCE_FLOOR_UNIT - 1) // VARIANCE_FLOOR_UNIT
    return (
        (_count << 195) | (_max_confidence << 197) | (_max_disagreement << 211) | (_jump_bound << 225) | (units << 239)
    )


@internal
@pure
def _primary(_source: uint256) -> uint256:
    """
    @return the part that belongs to the asset
    """
    return _source & _MASK_PRIMARY


@internal
@pure
def _adapter(_source: uint256) -> address:
    return convert(_source & _MASK_160, address)


@internal
@pure
def _heartbeat(_source: uint256) -> uint256:
    return (_source >> 160) & _MASK_18


@internal
@pure
def _tolerance(_source: uint256) -> uint256:
    return (_source >> 178) & _MASK_12


@internal
@pure
def _is_pull(_source: uint256) -> bool:
    return (_source >> 190) & 1 == 1


@internal
@pure
def _feed(_source: uint256) -> uint256:
    return (_source >> 191) & _MASK_4


@internal
@pure
def _count(_source: uint256) -> uint256:
    return (_source >> 195) & _MASK_2


@internal
@pure
def _max_confidence(_source: uint256) -> uint256:
    return (_source >> 197) & _MASK_14


@internal
@pure
def _max_disagreement(_source: uint256) -> uint256:
    return (_source >> 211) & _MASK_14


@internal
@pure
def _jump_bound(_source: uint256) -> uint256:
    return (_source >> 225) & _MASK_14


@internal
@pure
def _floor(_source: uint256) -> uint256:
    """
    @return [variance per day, wad]
    """
    return unsafe_mul(_source >> 239, VARIANCE_FLOOR_UNIT)


# ── memory ───────────────────────────────────────────────────────────────────────────────────────


@internal
@pure
def _pack_memory(
    _price: uint256, _ema: uint256, _checkpoint: uint256, _live: uint256, _published: uint256, _below: bool
) -> uint256:
    """
    @param _published at most the checkpoint [s]
    """
    lag: uint256 = min(unsafe_sub(_checkpoint, _published), MAX_LAG)
    return (
        _price | (_ema << 88) | (_checkpoint << 176) | (_live << 208) | (lag << 240) | (convert(_below, uint256) << 255)
    )


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
def _is_below(_memory: uint256) -> bool:
    return _memory >> 255 == 1


# ── volatility ───────────────────────────────────────────────────────────────────────────────────


@internal
@pure
def _pack_volatility(_fast: uint256, _slow: uint256, _long: uint256, _accepted_at: uint256) -> uint256:
    """
    @return the word without an excursion
    """
    return _fast | (_slow << 64) | (_long << 128) | (_accepted_at << 192)


@internal
@pure
def _with_excursion(_volatility: uint256, _excursion_at: uint256) -> uint256:
    """
    @return the word with its excursion replaced
    """
    return (_volatility & (2**224 - 1)) | (_excursion_at << 224)


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
def _accepted_at(_volatility: uint256) -> uint256:
    return (_volatility >> 192) & _MASK_32


@internal
@pure
def _excursion_at(_volatility: uint256) -> uint256:
    return _volatility >> 224

# pragma version ~=0.4.3
# pragma nonreentrancy off
"""
@title One account's liquidation episode in one word
@custom:contract-name auction_word
@license GNU Affero General Public License v3.0 only
@author Plimsoll
@notice A start writes one slot and a bid changes it once, flags of the episode included:

        bits   0..101  maintenance  MM at start [quote wad]
        bits 102..161  unsold       fraction not yet sold [wad]
        bits 162..185  elapsed      oracle-live time at the last touch [s], saturating
        bits 186..221  touched_at   [s]; 0 when no auction runs
        bits 222..253  starter      account to reward at the first fill
        bit  254       rewarded     the starter of this episode has been paid
        bit  255       called       the margin call of this episode has been issued
"""

MAX_MAINTENANCE: constant(uint256) = 2**102 - 1  # 5e12 quote
MAX_STARTER: constant(uint256) = 2**32 - 1

_MASK_60: constant(uint256) = 2**60 - 1
_MASK_24: constant(uint256) = 2**24 - 1
_MASK_36: constant(uint256) = 2**36 - 1


struct Episode:
    maintenance: uint256
    unsold: uint256
    elapsed: uint256
    touched_at: uint256
    starter: uint256
    rewarded: bool
    called: bool


@internal
@pure
def _pack(_episode: Episode) -> uint256:
    """
    @dev The caller keeps each part within its bits; elapsed saturates.
    """
    return (
        _episode.maintenance
        | (_episode.unsold << 102)
        | (min(_episode.elapsed, _MASK_24) << 162)
        | (_episode.touched_at << 186)
        | (_episode.starter << 222)
        | (convert(_episode.rewarded, uint256) << 254)
        | (convert(_episode.called, uint256) << 255)
    )


@internal
@pure
def _unpack(_word: uint256) -> Episode:
    return Episode(
        maintenance=_word & MAX_MAINTENANCE,
        unsold=(_word >> 102) & _MASK_60,
        elapsed=(_word >> 162) & _MASK_24,
        touched_at=(_word >> 186) & _MASK_36,
        starter=(_word >> 222) & MAX_STARTER,
        rewarded=(_word >> 254) & 1 == 1,
        called=(_word >> 255) == 1,
    )

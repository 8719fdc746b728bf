# pragma version ~=0.4.3
# pragma nonreentrancy off
"""
@title One price reading in one word
@custom:contract-name price_word
@license GNU Affero General Public License v3.0 only
@author Plimsoll
@notice Prices are fetched once per transaction and handed on as `uint256[16]`, a word an asset,
        so that two checks in one transaction see the same price and pay for it once.

        bits   0.. 87  price       last accepted or current price [quote wad per unit]
        bits  88..175  ema         exponential moving average of the price [quote wad per unit]
        bits 176..207  live        oracle-live time of the asset: seconds during which it was usable [s]
        bits 208..247  confidence  half-width / price [1e-9]
        bits 248..255  state       one of the six states below

        A word of 0 is an asset that was not asked for: UNUSABLE at price 0.
"""

# States, worst first: usable = UNCERTAIN or VALID. RETIRED is for ever: price and EMA are fixed, live time
# stands, a position counts at that price and needs no margin, collateral as much as it is worth.
UNUSABLE: constant(uint256) = 0
VOLATILE: constant(uint256) = 1
STALE: constant(uint256) = 2
UNCERTAIN: constant(uint256) = 3
VALID: constant(uint256) = 4
RETIRED: constant(uint256) = 5

MAX_PRICE: constant(uint256) = 10**26  # 1e8 quote per unit, < 2**88 [quote wad per unit]
CONFIDENCE_PRECISION: constant(uint256) = 10**9  # confidence ratio of 1

_MASK_88: constant(uint256) = 2**88 - 1
_MASK_32: constant(uint256) = 2**32 - 1
_MASK_40: constant(uint256) = 2**40 - 1


@internal
@pure
def _pack(_price: uint256, _ema: uint256, _live: uint256, _confidence: uint256, _state: uint256) -> uint256:
    """
    @dev The caller keeps each part within its bits; confidence saturates.
    """
    return _price | (_ema << 88) | (_live << 176) | (min(_confidence, _MASK_40) << 208) | (_state << 248)


@internal
@pure
def _price(_word: uint256) -> uint256:
    return _word & _MASK_88


@internal
@pure
def _ema(_word: uint256) -> uint256:
    return (_word >> 88) & _MASK_88


@internal
@pure
def _live(_word: uint256) -> uint256:
    return (_word >> 176) & _MASK_32


@internal
@pure
def _confidence(_word: uint256) -> uint256:
    return (_word >> 208) & _MASK_40


@internal
@pure
def _state(_word: uint256) -> uint256:
    return _word >> 248


@internal
@pure
def _usable(_word: uint256) -> bool:
    return unsafe_sub(_word >> 248, UNCERTAIN) <= 1


@internal
@pure
def _awaited(_word: uint256) -> bool:
    """
    @return whether another price is to be had soon: STALE or VOLATILE
    """
    state: uint256 = self._state(_word)
    return state == STALE or state == VOLATILE

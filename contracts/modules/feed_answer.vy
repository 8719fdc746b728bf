# pragma version ~=0.4.3
# pragma nonreentrancy off
"""
@title One answer of one feed in one word
@custom:contract-name feed_answer
@license GNU Affero General Public License v3.0 only
@author Plimsoll
@notice What an adapter says of a feed; `PriceOracle` believes none of it before it has graded it.

        bits   0.. 87  price       [quote wad per unit]; 0 when the feed has none
        bits  88..127  updated_at  [s], saturating
        bits 128..215  confidence  half-width of the feed's own interval [quote wad per unit]
        bits 216..233  heartbeat   longest silence the feed promises [s]
        bits 234..245  tolerance   how much later than that is still on time [s]
        bit  246       pull        the publisher waits for somebody to push its answer on chain

        An answer of 0 is a feed that failed.
"""

from . import price_word

MIN_HEARTBEAT: constant(uint256) = 1  # [s]
MAX_HEARTBEAT: constant(uint256) = 3 * 86_400
MAX_TOLERANCE: constant(uint256) = 3_600  # [s]; never beyond the heartbeat, or the hard age came first

# What a feed may spend on an answer, and what there has to be before it is asked: FEED_GAS after the
# 63/64 rule and a cold account. Starved of gas a healthy feed would seem to have failed.
FEED_GAS: constant(uint256) = 75_000
MIN_GAS: constant(uint256) = 80_000

_MASK_12: constant(uint256) = 2**12 - 1
_MASK_18: constant(uint256) = 2**18 - 1
_MASK_40: constant(uint256) = 2**40 - 1
_MASK_88: constant(uint256) = 2**88 - 1


@internal
@pure
def _pack_terms(_heartbeat: uint256, _tolerance: uint256, _pull: bool) -> uint256:
    """
    @return the part of a feed's answers that never changes
    """
    assert _heartbeat >= MIN_HEARTBEAT, "heartbeat: too short"
    assert _heartbeat <= MAX_HEARTBEAT, "heartbeat: too long"
    assert _tolerance <= min(MAX_TOLERANCE, _heartbeat), "tolerance: too long"
    return (_heartbeat << 216) | (_tolerance << 234) | (convert(_pull, uint256) << 246)


@internal
@pure
def _pack(_terms: uint256, _price: uint256, _confidence: uint256, _updated_at: uint256) -> uint256:
    """
    @notice A price or confidence beyond what a reading can hold is no price.
    """
    price: uint256 = _price
    confidence: uint256 = _confidence
    if _price > price_word.MAX_PRICE or _confidence > price_word.MAX_PRICE:
        price = 0
        confidence = 0
    updated_at: uint256 = _updated_at if _updated_at < _MASK_40 else _MASK_40
    return _terms | price | (updated_at << 88) | (confidence << 128)


@internal
@pure
def _price(_answer: uint256) -> uint256:
    return _answer & _MASK_88


@internal
@pure
def _updated_at(_answer: uint256) -> uint256:
    return (_answer >> 88) & _MASK_40


@internal
@pure
def _confidence(_answer: uint256) -> uint256:
    return (_answer >> 128) & _MASK_88


@internal
@pure
def _heartbeat(_answer: uint256) -> uint256:
    return (_answer >> 216) & _MASK_18


@internal
@pure
def _tolerance(_answer: uint256) -> uint256:
    return (_answer >> 234) & _MASK_12


@internal
@pure
def _is_pull(_answer: uint256) -> bool:
    return (_answer >> 246) & 1 == 1

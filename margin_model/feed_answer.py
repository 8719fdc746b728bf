"""Exact mirror of ``contracts/modules/feed_answer.vy``: one answer of one feed in one word."""

from typing import NamedTuple

from margin_model.price_word import MAX_PRICE

MAX_HEARTBEAT = 3 * 86_400
MAX_TOLERANCE = 3_600

_MASK_88 = 2**88 - 1
_MASK_40 = 2**40 - 1
_MASK_18 = 2**18 - 1
_MASK_12 = 2**12 - 1


class Answer(NamedTuple):
    """What a word says.

    Attributes
    ----------
    price, confidence : int
        [quote wad per unit]; price 0 when the feed has none.
    updated_at : int
        [s], saturating at 40 bits.
    heartbeat, tolerance : int
        [s]
    pull : bool
    """

    price: int
    confidence: int
    updated_at: int
    heartbeat: int
    tolerance: int
    pull: bool


def pack(answer: Answer) -> int:
    """Word of an answer; a price or confidence beyond what a reading can hold is no price."""
    price, confidence = answer.price, answer.confidence
    if max(price, confidence) > MAX_PRICE:
        price = confidence = 0
    return (
        price
        | min(answer.updated_at, _MASK_40) << 88
        | confidence << 128
        | answer.heartbeat << 216
        | answer.tolerance << 234
        | int(answer.pull) << 246
    )


def unpack(word: int) -> Answer:
    """Parts of a word."""
    return Answer(
        price=word & _MASK_88,
        confidence=word >> 128 & _MASK_88,
        updated_at=word >> 88 & _MASK_40,
        heartbeat=word >> 216 & _MASK_18,
        tolerance=word >> 234 & _MASK_12,
        pull=word >> 246 & 1 == 1,
    )

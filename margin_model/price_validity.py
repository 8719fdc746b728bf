"""Exact mirror of ``contracts/modules/price_validity.vy``: which price counts, how good it is."""

from collections.abc import Sequence

from margin_model.fixed_point import div_up
from margin_model.price_word import CONFIDENCE_PRECISION, MAX_PRICE

# Grades of a source's answer.
INVALID = 0
LATE = 1
FRESH = 2

# Where a price lies with respect to the EMA.
NEAR = 0
ABOVE = 1
BELOW = 2

HARD_AGE = 2
BPS = 10_000


def grade(
    price: int, confidence: int, updated_at: int, now: int, heartbeat: int, tolerance: int
) -> int:
    """Grade of one answer; prices in quote wad per unit, times in seconds."""
    if not 0 < price <= MAX_PRICE or confidence > MAX_PRICE or not 0 < updated_at <= now:
        return INVALID
    age = now - updated_at
    if age <= heartbeat + tolerance:
        return FRESH
    return LATE if age <= HARD_AGE * heartbeat else INVALID


def without_old(grades: Sequence[int], old: Sequence[bool]) -> list[int]:
    """Grades, FRESH made LATE where an old pull price stands beside a source that speaks of now.

    Parameters
    ----------
    grades
        Of the sources.
    old
        Which answers are of a pull feed and not of the last seconds.
    """
    current = any(grade == FRESH and not is_old for grade, is_old in zip(grades, old, strict=True))
    return [
        LATE if current and grade == FRESH and is_old else grade
        for grade, is_old in zip(grades, old, strict=True)
    ]


def choose(prices: Sequence[int], grades: Sequence[int], ema: int) -> tuple[int, int]:
    """Index of the source that counts, and its distance to the nearest other of the same grade.

    Parameters
    ----------
    prices, grades
        Of three sources; those that do not exist are INVALID [quote wad per unit].
    ema
        [quote wad per unit]; 0 before the first sample.

    Returns
    -------
    index : int
        Of an INVALID source when all are.
    disagreement : int
        0 when the source stands alone [quote wad per unit].
    """
    best = max(grades)
    if best == INVALID:
        return 0, 0
    peers = [i for i in range(3) if grades[i] == best]
    if len(peers) == 3:
        low, median, high = sorted(prices)
        return list(prices).index(median), min(median - low, high - median)
    nearest = min(peers, key=lambda i: abs(prices[i] - ema))
    return nearest, max(prices[i] for i in peers) - min(prices[i] for i in peers)


def side(price: int, ema: int, jump_bound: int) -> int:
    """NEAR while ``|price / ema - 1|`` is within `jump_bound` [bps], else ABOVE or BELOW."""
    if abs(price - ema) * BPS <= jump_bound * ema:
        return NEAR
    return ABOVE if price > ema else BELOW


def doubt(
    price: int, confidence: int, disagreement: int, max_confidence: int, max_disagreement: int
) -> tuple[bool, int]:
    """Whether the price is UNCERTAIN, and confidence / price, rounded up [1e-9].

    Parameters
    ----------
    price, confidence, disagreement
        Of the source that counts [quote wad per unit].
    max_confidence, max_disagreement
        [bps]
    """
    disagree = disagreement * BPS > max_disagreement * price
    half_width = max(confidence, disagreement) if disagree else confidence
    ratio = div_up(half_width * CONFIDENCE_PRECISION, price)
    return disagree or confidence * BPS > max_confidence * price, ratio


def is_confirmed(side: int, stored_side: int, started_at: int, now: int, confirmation: int) -> bool:
    """Whether an excursion off the EMA on `side` has lasted for `confirmation` [s]."""
    return started_at != 0 and side == stored_side and now - started_at >= confirmation

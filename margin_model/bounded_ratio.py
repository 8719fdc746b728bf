"""Exact mirror of ``contracts/modules/bounded_ratio.vy``: a price of two answers within bounds."""

from typing import NamedTuple

from margin_model.fixed_point import WAD
from margin_model.price_validity import grade
from margin_model.price_word import MAX_PRICE

YEAR = 365 * 86_400
MAX_GROWTH = 10**18


class Timing(NamedTuple):
    """When an answer was published, and what its feed promises [s]."""

    updated_at: int
    heartbeat: int
    tolerance: int


def cap_at(cap: int, growth: int, elapsed: int) -> int:
    """A cap that grows by `growth` of itself a year (wad), `elapsed` seconds later (wad)."""
    return min(cap + cap * growth * elapsed // (WAD * YEAR), MAX_PRICE)


def bounded(price: int, floor: int, cap: int) -> int:
    """0 at or below the floor, at most the cap (wad)."""
    return 0 if price <= floor else min(price, cap)


def combined(base: int, rate: int, inverse: bool) -> int:
    """base · rate, or base / rate, rounded down; 0 when either is 0 (wad)."""
    if not inverse:
        return base * rate // WAD
    return base * WAD // rate if rate else 0


def is_worse(base: Timing, rate: Timing, now: int) -> bool:
    """Whether the rate is worse by its own timing than the base by its."""

    def graded(timing: Timing) -> int:
        return grade(1, 0, timing.updated_at, now, timing.heartbeat, timing.tolerance)

    return graded(rate) < graded(base)

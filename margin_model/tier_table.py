"""Exact integer mirror of ``contracts/modules/tier_table.vy``: brackets in one word."""

from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import NamedTuple

from margin_model.fixed_point import WAD, div_up

MAX_TIERS = 5
MIN_RATE = 1
MAX_RATE = 10_000
MAX_BOUND = 2**46 - 1

BPS = 10**4
_RATE_BITS = 14
_BOUND_BITS = 46
_BOUNDS_AT = 70


class Tier(NamedTuple):
    """One bracket: where it starts [whole quote units] and its rate [bps]."""

    bound: int
    rate: int


def pack(tiers: Sequence[Tier]) -> int:
    """One word of up to five brackets that the contract would accept."""
    table = tiers[0].rate
    for n, tier in enumerate(tiers[1:], start=1):
        table |= tier.rate << (_RATE_BITS * n)
        table |= tier.bound << (_BOUNDS_AT + _BOUND_BITS * (n - 1))
    return table


def unpack(table: int) -> list[Tier]:
    """Brackets of a word; none of a word of 0."""
    if table == 0:
        return []
    tiers = [Tier(0, _rate(table, 0))]
    for n in range(1, MAX_TIERS):
        bound = (table >> (_BOUNDS_AT + _BOUND_BITS * (n - 1))) & ((1 << _BOUND_BITS) - 1)
        if bound == 0:
            break
        tiers.append(Tier(bound, _rate(table, n)))
    return tiers


def deductions(tiers: Iterable[Tier]) -> list[int]:
    """What each bracket takes off ``rate * N`` [whole quote units * bps].

    ``deduction_n = deduction_(n-1) + bound_n * (rate_n - rate_(n-1))``; the first is 0.
    """
    found: list[int] = []
    deduction, previous = 0, 0
    for tier in tiers:
        deduction += tier.bound * (tier.rate - previous)
        previous = tier.rate
        found.append(deduction)
    return found


def requirement(table: int, notional: int) -> int:
    """``rate * N - deduction`` in the bracket of `notional` [quote wad], rounded up."""
    rate, deduction = 0, 0
    for tier, taken_off in _brackets(table):
        if tier.bound == 0 or notional > tier.bound * WAD:
            rate, deduction = tier.rate, taken_off
    return div_up(notional * rate - deduction * WAD, BPS)


@lru_cache(256)
def _brackets(table: int) -> tuple[tuple[Tier, int], ...]:
    """Brackets of a word, each with what it takes off."""
    tiers = unpack(table)
    return tuple(zip(tiers, deductions(tiers), strict=True))


def _rate(table: int, n: int) -> int:
    return (table >> (_RATE_BITS * n)) & ((1 << _RATE_BITS) - 1)

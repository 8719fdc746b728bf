"""Exact integer mirror of ``contracts/modules/interest_math.vy``: interest on negative cash, losses
of positive cash.

Sums are quote wad divided by an index [1e27], rates wad per year, amounts quote wad.
"""

from functools import lru_cache
from typing import NamedTuple

from margin_model.fixed_point import WAD
from margin_model.ledger_math import RAY, divide

YEAR = 365 * 86_400
MIN_SUPPLY_INDEX = 10**18
MAX_INDEX = 2**96 - 1
MAX_EXIT_INDEX = 10 * RAY
MAX_DEBT = 2**120
MAX_SUM = 2**128 - 1


class Sides(NamedTuple):
    """Users' cash by sign: sums of what accounts store, and indices."""

    supply_sum: int
    supply_index: int
    debt_sum: int
    debt_index: int

    @property
    def supply(self) -> int:
        """What users have, rounded down."""
        return self.supply_sum * self.supply_index // RAY

    @property
    def debt(self) -> int:
        """What users owe, rounded up."""
        return divide(self.debt_sum * self.debt_index, RAY, up=True)


class Curve(NamedTuple):
    """Parameters of an interest model: rates and slopes [wad per year], kink and reserve [wad]."""

    base_rate: int
    slope1: int
    slope2: int
    kink: int
    rate_cap: int
    reserve: int

    def rate(self, supply: int, debt: int) -> int:
        """What negative cash pays [wad per year]."""
        return rate(utilisation(supply, debt), *self[:5])

    def supply_rate(self, supply: int, debt: int) -> int:
        """What positive cash earns [wad per year]."""
        return supply_rate(supply, debt, self.rate(supply, debt), self.reserve)


class Accrual(NamedTuple):
    """Both sides after interest, and what pool and fund earned."""

    sides: Sides
    to_pool: int
    to_fund: int


def utilisation(supply: int, debt: int) -> int:
    """U = min(1, debt / supply), rounded up; 1 without supply [wad]."""
    return WAD if debt >= supply else divide(debt * WAD, supply, up=True)


def rate(
    utilisation: int, base_rate: int, slope1: int, slope2: int, kink: int, rate_cap: int
) -> int:
    """``r0 + min(U, kink) * slope1 + max(0, U - kink) * slope2``, capped and rounded up."""
    below = min(utilisation, kink)
    sloped = below * slope1 + (utilisation - below) * slope2
    return min(rate_cap, base_rate + divide(sloped, WAD, up=True))


def supply_rate(supply: int, debt: int, borrow_rate: int, reserve: int) -> int:
    """``rate * (1 - reserve) * min(D, S) / S``, rounded down."""
    if supply == 0:
        return 0
    return borrow_rate * (WAD - reserve) // WAD * min(debt, supply) // supply


def accrue(sides: Sides, borrow_rate: int, reserve: int, elapsed: int) -> Accrual:
    """Interest of `elapsed` seconds, linear; paid = earned + pool + fund, dust to the fund.

    Parameters
    ----------
    borrow_rate : int
        [wad per year]
    reserve : int
        Part of what suppliers earn that the fund gets [wad].
    """
    supply, debt = sides.supply, sides.debt
    growth = divide(sides.debt_index * borrow_rate * elapsed, YEAR * WAD, up=True)
    if not 0 < debt < MAX_DEBT or sides.debt_index + growth > MAX_INDEX:
        return Accrual(sides, 0, 0)
    paid = sides.debt_sum * growth // RAY
    matched = min(debt, supply)
    to_pool = paid * (debt - matched) // debt
    earned = paid * matched // debt * (WAD - reserve) // WAD
    index, left = raised(earned, sides.supply_sum, sides.supply_index, MAX_INDEX)
    after = sides._replace(supply_index=index, debt_index=sides.debt_index + growth)
    return Accrual(after, to_pool, paid - to_pool - earned + left)


def raised(amount: int, supply_sum: int, supply_index: int, most: int) -> tuple[int, int]:
    """Supply index after suppliers were given `amount`, and what one of `most` at most cannot
    express: MAX_INDEX for interest, MAX_EXIT_INDEX for the share of an exit."""
    if supply_sum == 0:
        return supply_index, amount
    growth = amount * RAY // supply_sum
    if supply_index + growth > most:
        return supply_index, amount
    return supply_index + growth, amount - divide(supply_sum * growth, RAY, up=True)


def exit_share(cash: int, used: int, supply: int, shortfall: int, unit: int) -> int:
    """What `used` of positive cash bears of a shortfall R when it leaves: ``x R / S`` of a debit x,
    rounded up to `unit`; at unit 0 ``a R / (S - R)`` on top of an amount a that arrives, at most
    what all the cash bears. R counts up to 99 % of S.
    """
    if used == 0:
        return 0
    uncovered = min(shortfall, supply * 99 // 100)
    if unit == 0:
        on_top = divide(used * uncovered, supply - uncovered, up=True)
        return min(on_top, divide(cash * uncovered, supply, up=True))
    return divide(divide(used * uncovered, supply, up=True), unit, up=True) * unit


def write_down(amount: int, supply_sum: int, supply_index: int) -> tuple[int, int]:
    """Supply index after suppliers were charged `amount`, and what they were charged."""
    if supply_sum == 0:
        return supply_index, 0
    supply = supply_sum * supply_index // RAY
    index = max(0, supply - amount) * RAY // supply_sum
    if index >= MIN_SUPPLY_INDEX:
        return index, amount
    left = divide(supply_sum * MIN_SUPPLY_INDEX, RAY, up=True)
    return MIN_SUPPLY_INDEX, max(0, supply - left)


# ── words (contracts/modules/side_word.vy) ───────────────────────────────────────────────────────


def pack_side(total: int, index: int, time: int = 0) -> int:
    """Word of a side: sum, index and, of supply, the time of the last accrual [s]."""
    return total | index << 128 | time << 224


@lru_cache(4096)
def unpack_side(word: int) -> tuple[int, int, int]:
    """Sum, index and time of a side's word."""
    return word & MAX_SUM, word >> 128 & MAX_INDEX, word >> 224


def advance(supply: int, debt: int, curve: Curve, now: int) -> tuple[int, int, int, int]:
    """Words of both sides with interest up to `now` [s], to the pool and to the fund: what the
    interest model answers the Clearinghouse.
    """
    supply_sum, supply_index, since = unpack_side(supply)
    sides = Sides(supply_sum, supply_index, *unpack_side(debt)[:2])
    if sides.debt_sum == 0:
        return pack_side(supply_sum, supply_index), debt, 0, 0
    found, to_pool, to_fund = accrue(
        sides, curve.rate(sides.supply, sides.debt), curve.reserve, now - since if since else 0
    )
    return (
        pack_side(supply_sum, found.supply_index, now),
        pack_side(found.debt_sum, found.debt_index),
        to_pool,
        to_fund,
    )

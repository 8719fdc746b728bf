"""Exact integer mirror of ``contracts/modules/margin_math.vy``: requirements of one asset.

Amounts are quote in wad, lines, factors and haircuts wad.
"""

from margin_model.fixed_point import WAD, div_up, isqrt, mul_wad_down, mul_wad_up
from margin_model.price_word import CONFIDENCE_PRECISION

MAX_SIZE = 2**128
MAX_AMOUNT = 2**131
MAX_VALUE = 2**160
MIN_DEPTH = 100_000
MAX_DEPTH = 2**48 - 1
MAX_HAIRCUT = 6_666

WAD_PER_BPS = 10**14


def size_factor(notional: int, depth: int) -> int:
    """``g = sqrt(1 + N / D)``, rounded up [wad].

    Parameters
    ----------
    notional : int
        N [quote wad].
    depth : int
        D [whole quote units].
    """
    square = (WAD + div_up(notional, depth)) * WAD
    root = isqrt(square)
    return root + (root * root < square)


def position(notional: int, depth: int, line: int, high_line: int, tier: int) -> tuple[int, int]:
    """MM of a position ``max(N * g * line, tier)`` at the line and at ``max(line, target)``.

    Parameters
    ----------
    notional : int
        N [quote wad].
    depth : int
        D [whole quote units].
    line, high_line : int
        [wad].
    tier : int
        Bracket requirement of N [quote wad].
    """
    scaled = mul_wad_up(notional, size_factor(notional, depth))
    return max(mul_wad_up(scaled, line), tier), max(mul_wad_up(scaled, high_line), tier)


def weight(value: int, factor: int, line: int) -> int:
    """A value's part of a portfolio's risk, ``value * g * line``, rounded up [quote wad]."""
    return mul_wad_up(value, mul_wad_up(factor, line))


def haircut(line: int, size_factor: int, haircut_floor: int, haircut_cap: int) -> int:
    """``h = min(cap, max(floor, line * g))`` [wad]; floor and cap in bps."""
    rate = mul_wad_up(line, size_factor)
    return min(haircut_cap * WAD_PER_BPS, max(haircut_floor * WAD_PER_BPS, rate))


def collateral(
    value: int, depth: int, line: int, high_line: int, haircut_floor: int, haircut_cap: int
) -> tuple[int, int, int]:
    """MM of collateral ``c * h`` at both lines [quote wad], and h at `high_line` [wad]."""
    factor = size_factor(value, depth)
    low = haircut(line, factor, haircut_floor, haircut_cap)
    high = haircut(high_line, factor, haircut_floor, haircut_cap)
    return mul_wad_up(value, low), mul_wad_up(value, high), high


def lendable(product: int, haircut: int, im_multiplier: int) -> int:
    """Collateral value after the IM haircut ``min(1, im_multiplier * h)``, rounded down.

    Parameters
    ----------
    product : int
        Amount times price [1e-36 quote].
    haircut, im_multiplier : int
        [wad].
    """
    withheld = min(WAD, mul_wad_up(haircut, im_multiplier))
    return mul_wad_down(product // WAD, WAD - withheld)


def confidence_charge(uncertainty: int) -> int:
    """Sum of notional times confidence [quote wad * 1e-9] as quote wad, rounded up."""
    return div_up(uncertainty, CONFIDENCE_PRECISION)


def scale_up(amount: int, factor: int) -> int:
    """``amount * factor`` rounded up; exact where the product exceeds 256 bits."""
    return -(-amount * factor // WAD)


def value_floor(product: int) -> int:
    """Units times prices [1e-36 quote] as quote wad, rounded down."""
    return product // WAD

"""Exact mirror of ``contracts/modules/volatility.vy``: three-scale variance and EMA price.

Variances are per day, in wad. Domains as in the contract: prices in ``1..MAX_PRICE``, times in
``1..2**64`` seconds, weights at most `WAD`.
"""

from margin_model.fixed_point import WAD, div_up, wad_exp

TAU_FAST = 6 * 3_600
TAU_SLOW = 30 * 86_400
TAU_LONG = 365 * 86_400
TAUS = (TAU_FAST, TAU_SLOW, TAU_LONG)

MAX_VARIANCE = 16 * 10**18
MAX_WEIGHT = 10 * 10**18

DAY = 86_400


def weight(elapsed: int, tau: int) -> int:
    """``1 - exp(-elapsed / tau)`` [wad], of seconds."""
    return WAD - wad_exp(-(elapsed * WAD // tau))


def log_ratio(price: int, last_price: int) -> int:
    """``|ln x|`` of a ratio, by ``3 * (x**2 - 1) / (x**2 + 4 * x + 1)``, rounded down [wad]."""
    square, last_square = price * price, last_price * last_price
    apart = abs(square - last_square)
    return apart * 3 * WAD // (square + last_square + 4 * price * last_price)


def squared_return(price: int, last_price: int, elapsed: int) -> int:
    """``ln(price / last_price)**2 / elapsed``, rounded down [variance per day, wad]."""
    log_return = log_ratio(price, last_price)
    return log_return * log_return * DAY // (WAD * elapsed)


def relax(value: int, goal: int, weight: int) -> int:
    """``value + weight * (goal - value)``, rounded up, in the unit of `value`."""
    return value - weight * (value - goal) // WAD


def base(fast: int, slow: int, long: int, weight_slow: int, weight_long: int) -> int:
    """``max(v_fast, a * v_slow, b * v_long)``, rounded up [variance per day, wad]."""
    return max(fast, div_up(max(slow * weight_slow, long * weight_long), WAD))


def wick_cap(base: int) -> int:
    """What one sample raises the fast variance to at most [variance per day, wad]."""
    return min(2 * base, MAX_VARIANCE)


def step(variance: int, square: int, weight: int, cap: int) -> int:
    """Variance after a sample of squared return `square`, at most `cap` [variance per day, wad]."""
    return min(relax(variance, square, weight), cap)


def sample(
    variances: tuple[int, int, int],
    price: int,
    last_price: int,
    elapsed: int,
    weight_slow: int,
    weight_long: int,
) -> tuple[int, int, int]:
    """Fast, slow and long variance after an accepted sample, as ``PriceOracle.sample`` stores them.

    Parameters
    ----------
    variances
        Fast, slow, long before [variance per day, wad].
    price, last_price
        [quote wad per unit]
    elapsed
        Since the last accepted sample, > 0 [s].
    weight_slow, weight_long
        a and b [wad].
    """
    square = squared_return(price, last_price, elapsed)
    caps = (
        wick_cap(base(*variances, weight_slow, weight_long)),
        MAX_VARIANCE,
        MAX_VARIANCE,
    )
    fast, slow, long = (
        step(variance, square, weight(elapsed, tau), cap)
        for variance, tau, cap in zip(variances, TAUS, caps, strict=True)
    )
    return fast, slow, long


def target(variances: tuple[int, int, int], weight_slow: int, weight_long: int, floor: int) -> int:
    """``max(v_fast, a * v_slow, b * v_long, floor)`` [variance per day, wad]."""
    return max(base(*variances, weight_slow, weight_long), floor)

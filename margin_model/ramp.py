"""Exact integer mirror of ``contracts/modules/ramp.vy``: target line and ramp."""

from margin_model.fixed_point import WAD, div_up, isqrt

MIN_LINE = 10**15
MAX_LINE = WAD
MIN_KAPPA = WAD
MAX_KAPPA = 100 * WAD
MIN_HORIZON = 60
MAX_HORIZON = 86_400
MAX_VARIANCE = 10**24

_HOUR = 3600
_DAY = 86_400


def target(kappa: int, variance: int, horizon: int, line_floor: int, line_cap: int) -> int:
    """Target line ``clamp(kappa * sigma * sqrt(T0 / day), floor, cap)``, rounded up.

    Parameters
    ----------
    kappa : int
        Tail multiplier [wad].
    variance : int
        Sigma squared [variance per day, wad].
    horizon : int
        T0 [s].
    line_floor, line_cap : int
        Bounds of the target [wad].

    Returns
    -------
    int
        [wad].
    """
    square = div_up(kappa * kappa * min(variance, MAX_VARIANCE) * horizon, _DAY * WAD)
    root = isqrt(square)
    root += root * root < square
    return min(max(root, line_floor), line_cap)


def line_at(line: int, target: int, elapsed: int, up: int, down: int) -> int:
    """Line after `elapsed` seconds of oracle-live time on its way to `target`.

    Parameters
    ----------
    line : int
        l0, where the ramp started [wad].
    target : int
        Where it is heading [wad].
    elapsed : int
        Oracle-live time since [s].
    up, down : int
        Speeds, relative to l0 [wad per hour].

    Returns
    -------
    int
        [wad]; what it has moved is rounded down.
    """
    if line < target:
        return min(target, line + line * up * elapsed // (_HOUR * WAD))
    return max(target, line - line * down * elapsed // (_HOUR * WAD))

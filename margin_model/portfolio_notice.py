"""Exact integer mirror of ``contracts/modules/portfolio_notice.vy``: notice of a portfolio account.

The derivation stands in the contract's module.
"""

from collections.abc import Sequence

from margin_model.fixed_point import WAD, wad_ln
from margin_model.portfolio_math import BPS

FOREVER = 2**256 - 1
_HOUR = 3600
_LIMIT = 2**100


def notice(
    weights: Sequence[int], tail: int, equity: int, ramp_up: int, until: int, step: int
) -> int:
    """Seconds during which lines and correlations alone cannot make the account liquidatable.

    Parameters
    ----------
    weights : sequence of int, shape (16,)
        Net value * line * size factor, without sign [quote wad].
    tail : int
        Tail term at the lines [quote wad].
    equity : int
        What equity leaves beside keeper cost and dead collateral, at least the tail [quote wad].
    ramp_up : int
        u [wad per hour].
    until : int
        Until the correlations can next be updated [s].
    step : int
        Most a correlation moves in one update, one an hour [bps].
    """
    total = sum(weights)
    if total == 0:
        return FOREVER
    squares = sum(_part(weight, total) ** 2 // WAD for weight in weights)
    parts = _part(equity, total), _part(tail, total) + 1
    time = _time(*parts, 0, ramp_up)
    updates = 0 if time < until else 1 + (time - until) // _HOUR
    moved = min(updates * step, 2 * BPS)
    return _time(*parts, (WAD - min(squares, WAD)) * moved // BPS + 1, ramp_up)


def _time(equity: int, tail: int, crossed: int, ramp_up: int) -> int:
    square = equity * equity // WAD
    needed = -(-tail * tail // WAD) + crossed
    if square <= needed:
        return 0
    growth = WAD + (square - needed) * WAD // (WAD + crossed)
    return wad_ln(growth) * _HOUR // (2 * ramp_up)


def _part(amount: int, total: int) -> int:
    if total >= 2**160:
        amount, total = amount >> 100, (total >> 100) + 1
    return min(min(amount, 2**190) * WAD // total, _LIMIT)

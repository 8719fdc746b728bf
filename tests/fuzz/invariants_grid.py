"""How assets move together: the correlations that portfolios are charged by."""

from __future__ import annotations

from margin_model import covariance, price_word
from margin_model.correlation_word import BPS
from margin_model.covariance import Grid
from tests.fuzz.invariants_look import Group, Look
from tests.fuzz.invariants_words import LINES, TIME
from tests.fuzz.step import Violation

GRID = Group("oracle and line")

MAX_TICK_AGE = 300  # [s]

_PRICE = 2**88 - 1
_MASK_32 = 2**32 - 1
_MASK_64 = 2**64 - 1
_SELDOM = 16


@GRID.named("correlations", LINES | TIME, "every update, and one in 16 of the other steps in time")
def correlations(look: Look) -> int:
    """Correlations are within ±1 and what the exact mirror makes of them: at most once an hour each
    moves, by a step at most, and not at all while one of its two assets had no price then or now; a
    listing adds a row and changes none."""
    calendar = look.books.now("calendar")
    at, count = calendar >> 48, calendar & 255
    was, grid = look.grid
    if at == was and count == len(grid.variances) and look.now % _SELDOM:
        return 0
    found = look.mirror.grid()
    if count > len(grid.variances):
        grid = _listed(look, grid, found)
    if at != was:
        if at != look.now or at - was < covariance.GRID:
            raise Violation("correlations", f"updated {at - was} s after the last time")
        grid, _ = covariance.update(grid, _ticks(look, count), at - was)
    if found != grid:
        raise Violation("correlations", f"{found} for {grid}")
    if any(abs(rho) > BPS for rho in found.correlations):
        raise Violation("correlations", f"{found.correlations}: beyond 1")
    look.grid = at, found
    return 1


def _listed(look: Look, grid: Grid, found: Grid) -> Grid:
    """With one more asset, whose correlations the owner chose."""
    asset = len(grid.variances)
    slow = look.books.now("volatilities", asset) >> 64 & _MASK_64
    return covariance.seed(grid, slow, found.correlations[len(grid.correlations) :])


def _ticks(look: Look, count: int) -> list[int]:
    """Of each asset that is usable and whose price was accepted a moment ago."""
    words, ticks = look.mirror.words((1 << count) - 1), [0] * count
    for asset, word in enumerate(words[:count]):
        memory = look.books.now("memories", asset)
        recorded_at = look.books.now("volatilities", asset) >> 192 & _MASK_32
        recent = memory >> 254 & 1 or look.now - recorded_at <= MAX_TICK_AGE
        if price_word.unpack(word).usable and recent:
            ticks[asset] = covariance.tick(memory & _PRICE)
    return ticks

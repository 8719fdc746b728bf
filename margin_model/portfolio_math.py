"""Exact integer mirror of ``contracts/modules/portfolio_math.vy``: what a whole portfolio requires.

The formulas stand in the contract's module.
"""

from collections.abc import Sequence
from itertools import combinations
from typing import NamedTuple

from margin_model.correlation_word import correlation
from margin_model.fixed_point import div_up, isqrt

SCENARIOS = 16
BPS = 10_000
MAX_SHOCK = 100

_EXACT = 2**112
_COARSE_BITS = 96
_VALUE_LIMIT = 2**55


class Stress(NamedTuple):
    """Loss in the worst of the scenarios [quote wad], and which one that is."""

    loss: int
    scenario: int


def tail(weights: Sequence[int], rows: Sequence[int], breakdown: int) -> int:
    """``sqrt(V + delta * max(0, V0 - V, V1 - V))``, rounded up [quote wad].

    Parameters
    ----------
    weights : sequence of int, shape (16,)
        w, signed [quote wad].
    rows : sequence of int, shape (8,)
        Packed correlations.
    breakdown : int
        delta [bps].
    """
    cut = _COARSE_BITS if sum(map(abs, weights)) >= _EXACT else 0
    legs = [(asset, _signed(div_up(abs(w), 2**cut), w)) for asset, w in enumerate(weights) if w]
    squares = sum(w * w for _, w in legs)
    crossed = sum(
        correlation(rows, asset, other) * own * others
        for (other, others), (asset, own) in combinations(legs, 2)
    )
    independent, aligned = BPS * squares, BPS * sum(w for _, w in legs) ** 2
    correlated = max(0, independent + 2 * crossed)
    worse = max(0, independent - correlated, aligned - correlated)
    square = BPS * correlated + breakdown * worse
    root = isqrt(square)
    root += root * root != square
    return div_up(root, BPS) << cut


def stress(values: Sequence[int], shocks: Sequence[Sequence[int]]) -> Stress:
    """``max over scenarios of -sum value * shock``, rounded up, not below 0.

    Parameters
    ----------
    values : sequence of int, shape (16,)
        Sizes and amounts at their price, signed [quote wad].
    shocks : sequence, shape (16, 16)
        By asset and scenario [percent].
    """
    total = sum(map(abs, values))
    cut = 0
    while total >> cut >= _VALUE_LIMIT:
        cut += 8
    held = [(_signed(abs(v) >> cut, v), shocks[asset]) for asset, v in enumerate(values) if v]
    losses = [-sum(value * moves[k] for value, moves in held) for k in range(SCENARIOS)]
    worst = max(losses)
    units = div_up(max(worst, 0), 100)
    if cut:
        units += sum(value != 0 for value in values)
    return Stress(units << cut, losses.index(worst) if worst > 0 else 0)


def _signed(size: int, like: int) -> int:
    return -size if like < 0 else size

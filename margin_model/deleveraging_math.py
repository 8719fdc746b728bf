"""Exact integer mirror of ``contracts/modules/deleveraging_math.vy``.

Sizes are wad units, prices quote wad per unit, amounts quote wad, rates wad.
"""

from collections.abc import Sequence

from margin_model import price_word
from margin_model.fixed_point import (
    WAD,
    div_up,
    mul_div_up,
    mul_wad_ceil_signed,
    mul_wad_down,
    mul_wad_up,
)


def notional(sizes: Sequence[int], words: Sequence[int]) -> int:
    """What winners could lose at most to a pool with these sizes.

    Parameters
    ----------
    sizes : sequence of int
        By asset [wad units].
    words : sequence of int
        Readings by asset, see ``price_word``.

    Returns
    -------
    int
        Sum of |size| at price or last price, each rounded down, without retired assets [quote wad].
    """
    gross = 0
    for size, word in zip(sizes, words, strict=True):
        reading = price_word.unpack(word)
        if size and reading.state != price_word.RETIRED:
            gross += mul_wad_down(abs(size), reading.price)
    return gross


def size_to_close(size: int, equity: int, maintenance: int, without: int) -> int:
    """Part of the pool's size in a market that has to go for its margin to be met.

    Parameters
    ----------
    size : int
        The pool's, without sign [wad units].
    equity : int
        E of the pool [quote wad].
    maintenance, without : int
        Its MM with that market and without it [quote wad].

    Returns
    -------
    int
        Rounded up; 0 where the margin is met, all of it where E < 0 [wad units].
    """
    if equity >= maintenance:
        return 0
    deficit, share = maintenance - equity, maintenance - without
    if equity < 0 or deficit >= share:
        return size
    return mul_div_up(size, deficit, share)


def fraction(to_close: int, interest: int) -> int:
    """Part x of each position of a side with that open interest, rounded up [wad]."""
    return WAD if to_close >= interest else mul_div_up(to_close, WAD, interest)


def loss_rate(equity: int, gross: int) -> int:
    """What winners lose per unit of notional while the pool's equity is below zero.

    Parameters
    ----------
    equity : int
        E of the pool [quote wad].
    gross : int
        Its positions at mark, without sign, added [quote wad].

    Returns
    -------
    int
        h, rounded up, at most 1 [wad].
    """
    if equity >= 0:
        return 0
    return WAD if -equity >= gross else mul_div_up(-equity, WAD, gross)


def profit(size: int, cost: int, mark: int, funding_index: int) -> int:
    """Unrealised profit of a position, ``size * (mark - F) - cost``, rounded down [quote wad]."""
    return -mul_wad_ceil_signed(-size, mark - funding_index) - cost


def cut_price(cut: int, size: int, mark: int, rate: int, gain: int, equity: int) -> int:
    """Price at which a part of a position is closed: mark for a loser.

    Parameters
    ----------
    cut : int
        What is cut of it, positive [wad units].
    size : int
        The position, signed [wad units].
    mark : int
        [quote wad per unit]
    rate : int
        h [wad].
    gain : int
        `profit` of all of the position [quote wad].
    equity : int
        Of the account [quote wad].

    Returns
    -------
    int
        Mark, or worse for the winner, who pays at most the profit of what is cut and at most his
        equity; rounded against him, by less than a wei a unit.
    """
    if rate == 0 or equity <= 0 or gain <= 0:
        return mark
    notional = mul_wad_up(cut, mark)
    charge = min(mul_wad_up(notional, rate), gain * cut // abs(size), equity)
    worse = div_up(charge * WAD, cut)
    return mark + worse if size < 0 else mark - min(worse, mark - 1)

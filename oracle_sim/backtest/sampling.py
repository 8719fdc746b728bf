"""What PriceOracle accepts when a keeper samples it at every close.

A bar tells four prices but the time of only two: its open, which is the close before it, and its
close. Highs and lows are prices of moments chosen by looking back, and a variance sampled at such
moments is not the variance of the price: along open, extreme, extreme, close it is about three
times as much, whatever the prices. So the keeper here sees closes, each as it happens; wicks count
in the moves the line is judged by. A keeper on chain samples every 60 s, and what is multiplied by
κ is a variance per day, which does not depend on that as long as prices are not predictable.

None of this depends on risk parameters but the listing's jump bound, so all candidates of a
calibration share it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from margin_model import price_validity, volatility
from margin_model.fixed_point import WAD
from margin_model.price_validity import NEAR
from oracle_sim.backtest.parameters import Parameters
from oracle_sim.backtest.series import DAY, Series
from oracle_sim.units import to_units

DEAD = 7 * DAY
"""A longer silence ends a listing; what follows is a new one with the old variances [s]."""


@dataclass(frozen=True, eq=False)
class Samples:
    """One sample a bar, of shape (bars,) each.

    Attributes
    ----------
    squares : list of int
        Squared return since the last accepted sample; meaningless where `elapsed` is 0
        [variance per day, wad].
    elapsed : int64 array
        Since the last accepted sample; 0 where nothing was accepted [s].
    live : int64 array
        By how much oracle-live time grew since the sample before; 0 while unusable [s].
    """

    squares: list[int]
    elapsed: NDArray[np.int64]
    live: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.squares)

    @property
    def square_rates(self) -> NDArray[np.float64]:
        """`squares` as numbers [1 per day]."""
        rates: NDArray[np.float64] = np.array(self.squares, dtype=np.float64) / WAD
        return rates


def sample(series: Series, parameters: Parameters) -> Samples:
    """Sample at every close, the first of which is the listing.

    Parameters
    ----------
    series : Series
    parameters : Parameters
        Only `jump_bound`, `confirmation` and `ema_tau` matter.

    Notes
    -----
    Arithmetic and states are PriceOracle's, with one source that is always fresh and a sample
    interval of one bar: a price off the EMA is VOLATILE, neither sampled nor live, until it has
    been there for `confirmation` seconds, which here is until the next close.
    """
    times = series.closed_at.tolist()
    prices = [to_units(close, 18) for close in series.close.tolist()]
    max_live = 2 * series.interval
    squares, elapsed, live = [0] * len(prices), [0] * len(prices), [0] * len(prices)
    weights: dict[int, int] = {}
    last = ema = prices[0]
    accepted_at = checkpoint = times[0]
    excursion_at, excursion_side = 0, NEAR

    for i in range(1, len(prices)):
        now, price = times[i], prices[i]
        silence = now - checkpoint
        checkpoint = now
        if silence > DEAD:
            last = ema = price
            accepted_at, excursion_at = now, 0
            continue
        confirmed = False
        side = price_validity.side(price, ema, parameters.jump_bound)
        if side != NEAR:
            watched = silence <= parameters.confirmation + max_live
            confirmed = watched and price_validity.is_confirmed(
                side, excursion_side, excursion_at, now, parameters.confirmation
            )
            if not confirmed:
                forgotten = now >= excursion_at + parameters.confirmation
                if forgotten or side != excursion_side:
                    excursion_at, excursion_side = now, side
                continue
        excursion_at = 0
        span = now - accepted_at
        if span not in weights:
            weights[span] = volatility.weight(span, parameters.ema_tau)
        squares[i] = volatility.squared_return(price, last, span)
        elapsed[i] = span
        live[i] = min(silence, max_live)
        ema = price if confirmed else volatility.relax(ema, price, weights[span])
        last, accepted_at = price, now
    return Samples(squares, np.array(elapsed, np.int64), np.array(live, np.int64))

"""What one path did to the protocol, in numbers that a distribution can be made of."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from oracle_sim.history import History
from oracle_sim.outcome import Outcome

HEADINGS = {
    "bad_debt": "bad debt [quote]",
    "fund_use": "fund use [quote]",
    "pool_cover": "covered by the pool [quote]",
    "written_down": "written down [quote]",
    "liquidated": "liquidated notional [quote]",
    "liquidations": "auctions with a sale [1]",
    "backstops": "backstops [1]",
    "under_water": "time under water, all accounts [s]",
    "longest_under_water": "longest time under water of one account [s]",
    "longest_under_margin": "longest time below maintenance of one account [s]",
    "peak_to_trough": "line, peak to trough, worst asset [1]",
    "hourly_rise": "line, worst rise in an hour, worst asset [1]",
}
"""What is measured on each path, and in which unit."""


def measure_path(outcome: Outcome) -> dict[str, float]:
    """Measure one path.

    Returns
    -------
    dict of str to float
        One number for each of `HEADINGS`:

        bad debt
            Equity below zero that auctions left to be covered, and what is below zero at the end.
        fund use
            Paid by the insurance fund, for incentives and for shortfalls.
        liquidated notional
            Positions and collateral sold in auctions or taken over by the pool, at mark.
        time under water
            With equity below zero.
        peak to trough
            Highest line of an asset over its lowest.
    """
    metrics, history, fleet = outcome.metrics, outcome.history, outcome.fleet
    equity, maintenance = history.equity(), history.maintenance()
    lasting = np.diff(history.time, append=history.time[-1])[:, None]  # of each block [s]
    water = (equity < 0) * lasting
    margin = equity < maintenance
    sold = metrics.liquidations
    return {
        "bad_debt": metrics.shortfall + float(-np.minimum(fleet.equity, 0).sum()),
        "fund_use": metrics.fund_paid,
        "pool_cover": metrics.covered_by_pool,
        "written_down": metrics.written_down,
        "liquidated": outcome.liquidated,
        "liquidations": float(sold["solvent"] + sold["insolvent"]),
        "backstops": float(metrics.backstops),
        "under_water": float(water.sum()),
        "longest_under_water": longest(equity < 0, lasting),
        "longest_under_margin": longest(margin, lasting),
        "peak_to_trough": max(_peak_to_trough(history, name) for name in outcome.assets),
        "hourly_rise": max(history.worst_hourly_rise(name) for name in outcome.assets),
    }


def longest(state: NDArray[np.bool_], lasting: NDArray[np.int64]) -> float:
    """Longest time that any column stays true.

    Parameters
    ----------
    state : ndarray of bool, shape (blocks, accounts)
    lasting : ndarray of int64, shape (blocks, 1)
        How long each block's state lasts [s].

    Returns
    -------
    float
        [s]
    """
    running = np.zeros(state.shape[1])
    worst = 0.0
    for row, seconds in zip(state, lasting[:, 0], strict=True):
        running = (running + seconds) * row
        worst = max(worst, float(running.max(initial=0.0)))
    return worst


def _peak_to_trough(history: History, name: str) -> float:
    line = np.array(history.line[name])
    known = line[np.isfinite(line)]
    return float(known.max() / known.min()) if len(known) else 1.0

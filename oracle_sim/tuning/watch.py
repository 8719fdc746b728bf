"""Plays one path under a candidate and measures what the search is about."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory, mkdtemp
from typing import NamedTuple

import numpy as np

from chain.errors import PlimsollError
from oracle_sim.bidders import Lot
from oracle_sim.drawing import draw_course, draw_disturbances
from oracle_sim.ensemble import PathError, world_of
from oracle_sim.history import History
from oracle_sim.market import Market
from oracle_sim.outcome import Outcome
from oracle_sim.path_metrics import measure_path
from oracle_sim.simulation import Simulation
from oracle_sim.tuning.candidates import Candidate, Floats, write_config
from oracle_sim.wallet import WAD

PATIENCE = 4 * 3_600
"""Within it an account comes back by itself whose liquidation was false [s]."""

SAFE = 1.1
"""Equity over pinned MM at which it is back: the same for all candidates, whatever their b [1]."""

MEASURES = {
    "leverage": "leverage given to users [1]",
    "bad_debt": "bad debt [quote]",
    "liquidated": "liquidated notional [quote]",
    "false_liquidations": "false liquidations [1]",
}
"""Goals, in this order; of the first more is better, of the others less."""

_PRICES, _FAULTS = 1, 2  # streams of a path's random numbers, as in `ensemble`
_SILENT = (0,) * 16


class TuneTask(NamedTuple):
    """One path under one candidate."""

    simulation: Simulation
    candidate: Candidate
    seed: int


@dataclass(frozen=True)
class TuneResult:
    """What is kept of it.

    Attributes
    ----------
    scenario : str
    candidate : Candidate
    seed : int
    values : dict of str to float
        Of each of `MEASURES`.
    sound : bool
        No invariant failed and nobody was stuck.
    """

    scenario: str
    candidate: Candidate
    seed: int
    values: dict[str, float]
    sound: bool


@dataclass(frozen=True)
class Holding:
    """An account when its auction was first looked at.

    Attributes
    ----------
    block : int
        Index in the history.
    equity, safe : float
        E, and where it would be out of danger [quote].
    units : dict of str to float
        Net positions and collateral by asset [units].
    """

    block: int
    equity: float
    safe: float
    units: dict[str, float]


class WatchedMarket(Market):
    """Remembers what each account held before anything of it was sold."""

    def __init__(self, *arguments: object) -> None:
        super().__init__(*arguments)  # type: ignore[arg-type]
        self.holdings: dict[tuple[int, int], Holding] = {}  # by account and number of its auction

    def _lot(self, account: int) -> Lot:
        lot = super()._lot(account)
        number = sum(path.account == account for path in self._history.paths)
        if (account, number) not in self.holdings:
            exposure = self._deployment.clearinghouse.exposure(account, _SILENT)
            units = {
                name: (exposure.sizes[asset] + exposure.amounts[asset]) / WAD
                for name, asset in self._deployment.assets.items()
            }
            self.holdings[account, number] = Holding(
                len(self._history.time),
                lot.health.equity / WAD,
                lot.terms.maintenance / WAD * SAFE,
                units,
            )
        return lot


@cache
def _folder() -> TemporaryDirectory[str]:
    """Configurations of this process; they go when it ends."""
    return TemporaryDirectory(prefix="plimsoll-tune-")


@cache
def _configuration(candidate: Candidate, protocol: str) -> Path:
    return write_config(candidate, protocol, Path(mkdtemp(dir=_folder().name)))


def run_path(task: TuneTask) -> TuneResult:
    """Play one path under a candidate.

    The same seed draws the same prices, faults and crowd whatever the candidate, so candidates
    are compared on common random numbers.

    Raises
    ------
    PathError
    """
    simulation, candidate, seed = task
    protocol = str(_configuration(candidate, simulation.protocol))
    world = world_of(simulation.model_copy(update={"protocol": protocol}))
    world.reset()
    market = WatchedMarket(
        draw_course(simulation, world.prices, np.random.default_rng((seed, _PRICES))),
        simulation.agents.model_copy(update={"seed": seed}),
        world.deployment,
        world.config,
        draw_disturbances(simulation, np.random.default_rng((seed, _FAULTS))),
        world.sequencer,
    )
    try:
        outcome = market.run()
    except PlimsollError as error:
        raise PathError(f"{simulation.name}, path of seed {seed}, {candidate}: {error}") from error
    measured = measure_path(outcome)
    values = {
        "leverage": offered_leverage(outcome, candidate),
        "bad_debt": measured["bad_debt"],
        "liquidated": measured["liquidated"],
        "false_liquidations": float(false_liquidations(outcome.history, market.holdings)),
    }
    sound = not outcome.failures and not outcome.stuck
    return TuneResult(simulation.name, candidate, seed, values, sound)


def offered_leverage(outcome: Outcome, candidate: Candidate) -> float:
    """Notional over equity that IM allows a small position: mean over time and markets [1]."""
    means = []
    for name in outcome.assets:
        line: Floats = np.fmax(outcome.history.line[name], outcome.history.target[name])
        known = line[np.isfinite(line)]
        if len(known):
            means.append(float((1.0 / (candidate.im_multiplier * known)).mean()))
    return float(np.mean(means)) if means else 0.0


def false_liquidations(history: History, holdings: dict[tuple[int, int], Holding]) -> int:
    """Auctions with a sale that time alone would have spared.

    With what it held at the start, the account would have been back at `SAFE` times its pinned MM
    within `PATIENCE`, and never below zero before.
    """
    seen: dict[int, int] = {}
    count = 0
    time = np.array(history.time)
    for path in history.paths:
        seen[path.account] = seen.get(path.account, 0) + 1
        holding = holdings.get((path.account, seen[path.account]))
        if holding is None or not (path.fills or path.insolvent):
            continue
        later = slice(holding.block, int(np.searchsorted(time, time[holding.block] + PATIENCE)))
        equity = np.full(len(time[later]), holding.equity)
        for name, units in holding.units.items():
            if units:
                price: Floats = np.array(history.price[name][later])
                equity += units * (price - price[0])
        back = np.flatnonzero(equity >= holding.safe)
        if len(back) and equity[: back[0] + 1].min() >= 0:
            count += 1
    return count

"""One asset's prices, ready to try candidates on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from margin_model.fixed_point import WAD
from oracle_sim.backtest.moves import Moves, worst_moves
from oracle_sim.backtest.parameters import Parameters
from oracle_sim.backtest.run import SEEDING, seed_variances
from oracle_sim.backtest.sampling import Samples, sample
from oracle_sim.backtest.series import DAY, Series, read_series
from oracle_sim.calibration.walk_forward import FIRST, QUARTER
from oracle_sim.tables import InputError

MIN_EXCEPTIONS = 10
"""Non-overlapping windows with an exception that the stated coverage must let expect."""

WEEK = 7 * DAY

STANDARD = Parameters(
    asset="",
    coverage=WAD - 10**15,
    weight_slow=WAD,
    weight_long=WAD,
    ema_tau=600,
    confirmation=180,
    jump_bound=1_000,
    variance_fast=10**15,
    variance_slow=10**15,
    variance_long=10**15,
    variance_floor=10**12,
    kappa=6 * WAD,
    horizon=3_600,
    line_floor=WAD // 100,
    line_cap=WAD // 4,
    ramp_up=WAD // 4,
    ramp_down=WAD // 10,
)
"""The horizon and the rules of sampling that are not searched."""


@dataclass(frozen=True, eq=False)
class Sample:
    """One asset's data, ready to try candidates on.

    Attributes
    ----------
    asset : str
    series : Series
    samples : Samples
    moves : Moves
    first : int
        Index of the first judged close.
    week : int64 array, shape (observations,)
        Week of each close, negative before the first judged one.
    """

    asset: str
    series: Series
    samples: Samples
    moves: Moves
    first: int
    week: NDArray[np.int64]

    @property
    def seeds(self) -> tuple[float, float, float]:
        """Variances of the listing [1 per day]."""
        fast, slow, long = seed_variances(self.samples, self.first)
        return fast / WAD, slow / WAD, long / WAD

    def judged(self) -> Moves:
        """Moves after the judged closes."""
        return self.moves.part(slice(self.first, None))


def prepare(asset: str, files: Sequence[Path | str], template: Parameters, level: float) -> Sample:
    """Read and sample one asset's prices; refuse too few of them."""
    series = read_series(files)
    moves = worst_moves(series, template.horizon)
    first = int(np.searchsorted(series.closed_at, series.time[0] + SEEDING))
    closes = len(moves) - first
    windows = max(0, closes) // moves.steps
    weeks = max(0, closes) * series.interval // WEEK
    if weeks < FIRST + QUARTER:
        reason = (
            f"too little data: {weeks} weeks after {SEEDING // DAY} days of seeding, at least "
            f"{FIRST + QUARTER}"
        )
        raise InputError(series.files[0], reason, field="timestamp")
    expected = windows * (1 - level)
    if expected < MIN_EXCEPTIONS:
        reason = (
            f"too little data: {expected:.1f} exceptions expected in {windows} windows at "
            f"{level:.3%}, at least {MIN_EXCEPTIONS}"
        )
        raise InputError(series.files[0], reason, field="timestamp")
    since = np.arange(len(moves)) - first
    week = np.where(since >= 0, since * series.interval // WEEK, -1)
    return Sample(asset, series, sample(series, template), moves, first, week)

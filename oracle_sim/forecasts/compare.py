"""Which model forecasts best, on hours it was not fitted to."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from oracle_sim.forecasts.hours import HOURS_A_DAY, Floats, Hours, realised_ahead
from oracle_sim.forecasts.models import MODELS, Model
from oracle_sim.tables import InputError

WEEK = 7 * HOURS_A_DAY
FIRST_FIT = 52 * WEEK
"""Hours before the first forecast that is judged."""

REFIT = 13 * WEEK
"""Hours between two fits."""


@dataclass(frozen=True, eq=False)
class Walk:
    """Forecasts of one model at all judged hours.

    Attributes
    ----------
    forecast, realised : float64 array, shape (hours,)
        Of the same hours [1 per day].
    """

    forecast: Floats
    realised: Floats

    @property
    def losses(self) -> Floats:
        """QLIKE of each hour: RV/f − ln(RV/f) − 1."""
        ratio = self.realised / self.forecast
        loss: Floats = ratio - np.log(ratio) - 1.0
        return loss

    @property
    def qlike(self) -> float:
        """Mean QLIKE: 0 is perfect, and too low a forecast costs more than one as much too high."""
        return float(self.losses.mean())

    @property
    def mse(self) -> float:
        """Mean squared error [1 per day²]."""
        return float(((self.realised - self.forecast) ** 2).mean())

    @property
    def bias(self) -> float:
        """Mean forecast over mean realised variance [1]."""
        return float(self.forecast.mean() / self.realised.mean())


@dataclass(frozen=True, eq=False)
class Comparison:
    """All models on one asset and horizon.

    Attributes
    ----------
    horizon : int
        [hours]
    since, until : int
        End of the first and of the last judged hour [s].
    walks : dict of str to Walk
        By model.
    """

    horizon: int
    since: int
    until: int
    walks: dict[str, Walk]

    @property
    def best(self) -> str:
        """Of least QLIKE, which a few wild hours do not decide as they decide the MSE."""
        return min(self.walks, key=lambda name: self.walks[name].qlike)

    def lead(self, name: str) -> tuple[float, float]:
        """How much more QLIKE than the best a model has, and the standard error of that.

        Weeks are taken for independent, hours are not.
        """
        extra = self.walks[name].losses - self.walks[self.best].losses
        weeks = [part.mean() for part in np.array_split(extra, max(2, len(extra) // WEEK))]
        return float(extra.mean()), float(np.std(weeks, ddof=1) / np.sqrt(len(weeks)))


def forecasts(
    hours: Hours,
    model: Model,
    horizon: int,
    first: int = FIRST_FIT,
    step: int = REFIT,
    progress: Callable[[float], object] | None = None,
) -> Floats:
    """Forecasts at the end of each hour by a model that is fitted again every `step` hours.

    Returns
    -------
    float64 array, shape (hours,)
        NaN for the `first` hours [1 per day].
    """
    made = np.full(len(hours), np.nan)
    for start in range(first, len(hours), step):
        stop = min(start + step, len(hours))
        # fitted at the end of hour start − 1, so with nothing that comes after it
        forecaster = model(hours.until(start), horizon)
        made[start:stop] = forecaster(hours.until(stop))[start:]
        if progress is not None:
            progress((stop - first) / (len(hours) - first))
    return made


def walk_forward(
    hours: Hours,
    horizon: int,
    models: Mapping[str, Model] = MODELS,
    first: int = FIRST_FIT,
    step: int = REFIT,
    progress: Callable[[float], object] | None = None,
) -> Comparison:
    """Fit each model to the past, judge it on the hours until the next fit, and so on.

    Parameters
    ----------
    hours : Hours
    horizon : int
        Over which variance is forecast [hours].
    models : mapping of str to Model
    first, step : int
        Hours before the first fit, and between two.
    progress : callable, optional
        Told which part is done.

    Raises
    ------
    InputError
        There is not one step to judge.
    """
    last = len(hours) - horizon
    if last < first + step:
        reason = f"too little data: {len(hours)} hours, at least {first + step + horizon}"
        raise InputError(hours.file, reason, field="timestamp")
    realised = realised_ahead(hours, horizon)
    judged = np.isfinite(realised)
    judged[:first] = False
    walks = {}
    for number, (name, model) in enumerate(models.items()):
        told = None if progress is None else _part_of(progress, number, len(models))
        forecast = forecasts(hours, model, horizon, first, step, told)
        walks[name] = Walk(forecast[judged], realised[judged])
    ends = hours.end[judged]
    return Comparison(horizon, int(ends[0]), int(ends[-1]), walks)


def _part_of(
    progress: Callable[[float], object], number: int, count: int
) -> Callable[[float], object]:
    return lambda part: progress((number + part) / count)

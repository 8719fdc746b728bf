"""Models of the variance over the next hours, all with the same two steps: fit, then forecast.

A forecast at an hour uses that hour and those before it, and parameters fitted to an earlier part.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable

import numpy as np

from margin_model.volatility import TAU_FAST
from oracle_sim.forecasts.hours import (
    HOUR,
    HOURS_A_DAY,
    LEAST,
    Floats,
    Hours,
    filled,
    realised_ahead,
    trailing_mean,
)

Forecaster = Callable[[Hours], Floats]
"""Mean variance over the horizon after each hour [1 per day]."""

Model = Callable[[Hours, int], Forecaster]
"""Fitted to hours for a horizon [hours]; only what had passed by the last of the hours is used."""

_HAR_SPANS = (1, 6, HOURS_A_DAY, 7 * HOURS_A_DAY)  # [hours]
_BOOSTING_SPANS = (1, 2, 3, 6, 12, 24, 72, 168, 720)  # [hours]
_PERCENT = 100.0  # arch converges on returns in percent


def fast_scale(hours: Hours, horizon: int) -> Forecaster:
    """The fast variance of PriceOracle, which needs no forecaster: the one to beat.

    Notes
    -----
    v ← v + (1 − exp(−1 h / 6 h))·(RV − v); nothing is fitted.
    """
    weight = 1.0 - np.exp(-HOUR / TAU_FAST)

    def forecast(all_hours: Hours) -> Floats:
        values = filled(all_hours.variance)
        smooth = np.empty_like(values)
        level = values[0]
        for i, value in enumerate(values.tolist()):
            level += weight * (value - level)
            smooth[i] = level
        return smooth

    return forecast


def har(hours: Hours, horizon: int) -> Forecaster:
    """HAR-RV (Corsi 2009) on hours, in logarithms.

    Notes
    -----
    ln RV(t, t+h) = c + Σ b_k · ln(mean RV of the last k hours), k in 1, 6, 24, 168, by least
    squares; a forecast is its exponential times the mean of exp(residual) (Duan 1983), without
    which it would be a median.
    """

    def design(some: Hours) -> Floats:
        values = filled(some.variance)
        columns = [np.log(trailing_mean(values, span)) for span in _HAR_SPANS]
        return np.column_stack([np.ones(len(some)), *columns])

    inputs, ahead = design(hours), realised_ahead(hours, horizon)
    rows = np.isfinite(ahead)
    wanted = np.log(ahead[rows])
    factors = np.linalg.lstsq(inputs[rows], wanted, rcond=None)[0]
    smearing = float(np.exp(wanted - inputs[rows] @ factors).mean())
    return lambda some: np.exp(design(some) @ factors) * smearing


def garch(hours: Hours, horizon: int) -> Forecaster:
    """GARCH(1,1) with Student's t on hourly returns, by `arch`.

    Notes
    -----
    σ²(t+1) = ω + α·r² + β·σ²(t); the mean over the horizon follows by iteration. It is the variance
    of hourly returns: scaled to the mean of what was realised from bars while it was fitted.
    """
    from arch import arch_model

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # slow convergence on short histories is judged by results
        fit = arch_model(
            _PERCENT * hours.move[hours.known], mean="Zero", vol="GARCH", p=1, q=1, dist="t"
        ).fit(disp="off", show_warning=False)
    omega, alpha, beta = (float(fit.params[name]) for name in ("omega", "alpha[1]", "beta[1]"))
    steps = (alpha + beta) ** np.arange(horizon)
    slope = float(steps.mean())
    offset = omega * float(np.concatenate(([0.0], np.cumsum(steps)[:-1])).mean())
    start = float(np.mean((_PERCENT * hours.move[hours.known]) ** 2))

    def raw(some: Hours) -> Floats:
        variances = np.empty(len(some))
        level = start
        squares = np.where(some.known, (_PERCENT * some.move) ** 2, np.nan)
        for i, square in enumerate(squares.tolist()):
            # an unknown hour tells nothing: its expectation stands in for it
            level = omega + alpha * (level if np.isnan(square) else square) + beta * level
            variances[i] = slope * level + offset
        return variances * HOURS_A_DAY / _PERCENT**2

    ahead, own = realised_ahead(hours, horizon), raw(hours)
    rows = np.isfinite(ahead)
    scale = float(ahead[rows].mean() / own[rows].mean())
    return lambda some: raw(some) * scale


def boosting(hours: Hours, horizon: int) -> Forecaster:
    """Gradient-boosted trees by scikit-learn, fitted to the gamma deviance.

    Notes
    -----
    The gamma deviance is twice QLIKE, so what is fitted is what is judged. Trees cannot
    extrapolate: they correct the mean of the last day, which may be any number, by a factor.
    """
    from sklearn.ensemble import HistGradientBoostingRegressor

    def look(some: Hours) -> tuple[Floats, Floats]:
        values = filled(some.variance)
        base = trailing_mean(values, HOURS_A_DAY)
        falls = filled(some.downside)
        columns = [np.log(trailing_mean(values, span) / base) for span in _BOOSTING_SPANS]
        columns += [
            trailing_mean(falls, span) / trailing_mean(values, span) for span in (1, HOURS_A_DAY)
        ]
        columns += [some.move / np.sqrt(base / HOURS_A_DAY)]
        hour = some.end // HOUR
        columns += [(hour % HOURS_A_DAY).astype(float), (hour // HOURS_A_DAY % 7).astype(float)]
        return np.column_stack([np.log(base), *columns]), base

    inputs, base = look(hours)
    ahead = realised_ahead(hours, horizon)
    rows = np.isfinite(ahead)
    trees = HistGradientBoostingRegressor(
        loss="gamma",
        learning_rate=0.04,
        max_iter=150,
        max_leaf_nodes=8,
        min_samples_leaf=200,
        l2_regularization=1.0,
        early_stopping=False,
        random_state=1,
    ).fit(inputs[rows], ahead[rows] / base[rows])

    def forecast(some: Hours) -> Floats:
        seen, level = look(some)
        found: Floats = np.maximum(trees.predict(seen) * level, LEAST)
        return found

    return forecast


CHAIN = "fast scale of the chain"

MODELS: dict[str, Model] = {
    CHAIN: fast_scale,
    "har": har,
    "garch-t": garch,
    "boosting": boosting,
}
"""By name; the first is what the chain measures by itself."""

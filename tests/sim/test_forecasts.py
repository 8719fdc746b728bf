"""Forecasts: realised variances, the models, their comparison, and what reports do to the line."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from margin_model import risk_report
from margin_model.fixed_point import WAD
from oracle_sim.backtest.engine import exact_lines
from oracle_sim.backtest.parameters import read_parameters
from oracle_sim.backtest.run import History, read_history, seed_variances
from oracle_sim.backtest.sampling import sample
from oracle_sim.backtest.series import read_series
from oracle_sim.forecasts.compare import forecasts, walk_forward
from oracle_sim.forecasts.effect import LIFETIME, effect, report_floors
from oracle_sim.forecasts.hours import (
    HOUR,
    LEAST,
    Floats,
    Hours,
    filled,
    hours_of,
    realised_ahead,
    trailing_mean,
)
from oracle_sim.forecasts.models import CHAIN, MODELS, Forecaster
from oracle_sim.tables import InputError
from tests.sim.files import flat_bars, write_bars
from tests.sim.price_files import INTERVAL, PARAMETERS, START, write_drawn

TWO_WEEKS, WEEK = 336, 168  # [hours]


def drawn_hours(count: int = 1_500, seed: int = 1) -> Hours:
    """Hours whose log variance is an AR(1) around that of 3 % a day."""
    rng = np.random.default_rng(seed)
    level = np.zeros(count)
    for i in range(1, count):
        level[i] = 0.97 * level[i - 1] + 0.2 * rng.standard_normal()
    variance = 9e-4 * np.exp(level) * rng.gamma(6.0, 1 / 6.0, count)
    move = rng.standard_normal(count) * np.sqrt(variance / 24)
    end = START + HOUR * np.arange(1, count + 1)
    return Hours("drawn.csv", end, variance, variance / 2, move)


@pytest.fixture(scope="module")
def hours() -> Hours:
    return drawn_hours()


# ── hours ────────────────────────────────────────────────────────────────────────────────────────


def bars_at(times: list[int], prices: list[float]) -> list[str]:
    rows = zip(times, prices, strict=True)
    return [f"{time},{price},{price},{price},{price},1" for time, price in rows]


def test_hours_of__known_moves__sum_of_squares_a_day(tmp_path: Path) -> None:
    # closes at 0:30, 1:00, 1:30, 2:00: one full hour, with a rise and a fall
    times = [START + i * 1_800 for i in range(4)]
    file = write_bars(tmp_path / "b.csv", bars_at(times, [100.0, 100.0, 101.0, 99.0]))
    found = hours_of(read_series([file]))
    rise, fall = np.log(1.01), np.log(99 / 101)
    assert found.end.tolist() == [START + 2 * HOUR]
    assert found.variance == pytest.approx([24 * (rise**2 + fall**2)])
    assert found.downside == pytest.approx([24 * fall**2])
    assert found.move == pytest.approx([rise + fall])


def test_hours_of__gap__hour_without_enough_bars_is_not_known(tmp_path: Path) -> None:
    times = [START + i * INTERVAL for i in range(48) if not 14 <= i < 22]
    prices = [100.0 * 1.001 ** (i % 2) for i in range(len(times))]
    found = hours_of(read_series([write_bars(tmp_path / "b.csv", bars_at(times, prices))]))
    assert found.known.tolist() == [False, True, True]
    # the return across the gap is in no hour; the others count as if the hour were full
    assert found.variance[1:] == pytest.approx([24 * 12 * np.log(1.001) ** 2] * 2)
    assert filled(found.variance)[0] == found.variance[1]


def test_hours_of__standing_price__least_variance(tmp_path: Path) -> None:
    file = write_bars(tmp_path / "b.csv", flat_bars(range(START, START + 4 * HOUR, INTERVAL)))
    assert hours_of(read_series([file])).variance.tolist() == [LEAST] * 3


@pytest.mark.parametrize(
    ("step", "count", "reason"),
    [(HOUR, 10, "do not divide an hour"), (420, 40, "do not divide"), (300, 10, "too little data")],
)
def test_hours_of__unfit_bars__says_so(tmp_path: Path, step: int, count: int, reason: str) -> None:
    rows = flat_bars([START + i * step for i in range(count)])
    with pytest.raises(InputError, match=reason):
        hours_of(read_series([write_bars(tmp_path / "b.csv", rows)]))


def test_realised_ahead__each_hour__means_what_follows_and_only_that(hours: Hours) -> None:
    found = realised_ahead(hours, 3)
    assert found[10] == pytest.approx(hours.variance[11:14].mean())
    assert np.isnan(found[-3:]).all()
    assert np.isfinite(found[:-3]).all()


def test_trailing_mean__each_hour__means_what_came_before() -> None:
    assert trailing_mean(np.array([1.0, 3.0, 5.0, 9.0]), 2).tolist() == [1.0, 2.0, 4.0, 7.0]


# ── models ───────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("horizon", [1, 24])
@pytest.mark.parametrize("name", MODELS)
def test_model__any__forecasts_by_the_past_alone(hours: Hours, name: str, horizon: int) -> None:
    forecaster = MODELS[name](hours.until(1_000), horizon)
    whole, cut = forecaster(hours), forecaster(hours.until(1_200))
    assert cut == pytest.approx(whole[:1_200])
    assert (whole > 0).all()
    # fitted to the beginning, whatever came after it
    again = MODELS[name](drawn_hours().until(1_000), horizon)(hours)
    assert again == pytest.approx(whole)


@pytest.mark.parametrize("name", MODELS)
def test_model__any__tells_wild_hours_from_calm_ones(hours: Hours, name: str) -> None:
    forecast = MODELS[name](hours.until(1_000), 1)(hours)[1_000:-1]
    ahead = hours.variance[1_001:]
    wild = forecast > np.median(forecast)
    assert ahead[wild].mean() > 1.3 * ahead[~wild].mean()
    assert 0.7 < forecast.mean() / ahead.mean() < 1.4


def test_fast_scale__one_hour__is_the_relaxation_of_the_oracle(hours: Hours) -> None:
    forecast = MODELS[CHAIN](hours, 1)(hours)
    weight = 1 - np.exp(-1 / 6)
    expected = forecast[4] + weight * (hours.variance[5] - forecast[4])
    assert forecast[5] == pytest.approx(expected)


def test_garch__unknown_hours__pass_without_news(hours: Hours) -> None:
    forecaster = MODELS["garch-t"](hours, 1)
    variance = hours.variance.copy()
    variance[1_400:] = np.nan
    silent = Hours(hours.file, hours.end, variance, hours.downside, 10 * hours.move)
    spoken = forecaster(silent)
    assert np.abs(np.diff(spoken[1_400:])).max() < np.abs(np.diff(spoken[:1_400])).max()


# ── comparison ───────────────────────────────────────────────────────────────────────────────────


def perfect(hours: Hours, horizon: int) -> Forecaster:
    """Knows the future, as no model may."""
    ahead = realised_ahead(drawn_hours(), horizon)
    return lambda some: ahead[: len(some)]


def constant(hours: Hours, horizon: int) -> Forecaster:
    mean = float(hours.variance.mean())
    return lambda some: np.full(len(some), mean)


def test_walk_forward__known_order__best_first_and_by_how_much(hours: Hours) -> None:
    models = {"constant": constant, "har": MODELS["har"], "perfect": perfect}
    told: list[float] = []
    found = walk_forward(hours, 1, models, TWO_WEEKS, WEEK, told.append)
    assert found.best == "perfect"
    assert found.walks["perfect"].qlike == pytest.approx(0)
    assert found.walks["perfect"].mse == pytest.approx(0)
    assert found.walks["perfect"].bias == pytest.approx(1)
    assert found.walks["har"].qlike < found.walks["constant"].qlike
    behind, error = found.lead("constant")
    assert behind == pytest.approx(found.walks["constant"].qlike)
    assert 0 < error < behind
    assert told == sorted(told)
    assert told[-1] == pytest.approx(1)
    assert len(found.walks["har"].forecast) == len(hours) - TWO_WEEKS - 1


def test_walk__twice_too_low__costs_more_than_twice_too_high() -> None:
    from oracle_sim.forecasts.compare import Walk

    realised = np.ones(5)
    assert Walk(realised / 2, realised).qlike > Walk(realised * 2, realised).qlike > 0


def test_forecasts__refits__each_uses_what_came_before_it(hours: Hours) -> None:
    fitted: list[int] = []

    def model(some: Hours, horizon: int) -> Forecaster:
        fitted.append(len(some))
        return lambda later: np.full(len(later), float(len(some)))

    made = forecasts(hours.until(700), model, 1, TWO_WEEKS, WEEK)
    assert fitted == [336, 504, 672]
    assert np.isnan(made[:336]).all()
    assert made[[336, 503, 504, 699]].tolist() == [336.0, 336.0, 504.0, 672.0]


def test_walk_forward__too_little__says_how_much(hours: Hours) -> None:
    with pytest.raises(InputError, match="at least 505"):
        walk_forward(hours.until(500), 1, {}, TWO_WEEKS, WEEK)


# ── reports on the line ──────────────────────────────────────────────────────────────────────────


@pytest.fixture(scope="module")
def history(tmp_path_factory: pytest.TempPathFactory) -> History:
    file = write_drawn(tmp_path_factory.mktemp("prices") / "btcusdt.csv", 60)
    return read_history([file], HOUR)


@pytest.fixture(scope="module")
def parameters(tmp_path_factory: pytest.TempPathFactory):  # type: ignore[no-untyped-def]
    path = tmp_path_factory.mktemp("parameters") / "BTC.yaml"
    path.write_text(PARAMETERS)
    return read_parameters(path)


def test_effect__reports_below_the_chain__change_nothing(history, parameters):
    found = effect(parameters, history, [1] * len(history.series), 4 * WAD)
    assert found.reported_line == found.line
    assert found.reported_target == found.target
    assert (found.raised, found.bound) == (0, 0)


def test_effect__without_reports__is_the_line_of_the_backtest(history, parameters):
    samples = sample(history.series, parameters)
    lines = exact_lines(samples, parameters, seed_variances(samples, history.first))
    judged = slice(history.first, history.last)
    found = effect(parameters, history, [1] * len(history.series), 4 * WAD)
    assert found.line.mean_margin == lines.line[judged].mean()
    assert found.target.max_margin == lines.target[judged].max()


@pytest.mark.parametrize("reach", [risk_report.MIN_RANGE, 2 * WAD, risk_report.MAX_RANGE])
def test_effect__reports_without_bound__raise_by_the_range(history, parameters, reach):
    highest = [risk_report.MAX_VARIANCE] * len(history.series)
    found = effect(parameters, history, highest, reach)
    ratio = found.reported_target.max_margin / found.target.max_margin
    assert ratio <= np.sqrt(reach / WAD) * (1 + 1e-9)
    assert found.reported_target.mean_margin == pytest.approx(
        found.target.mean_margin * np.sqrt(reach / WAD), rel=0.15
    )
    assert found.reported_line.max_rise_1h <= np.exp(0.262)
    assert (found.raised, found.bound) == (1, 1)


def test_effect__no_report_at_all__says_so(history, parameters):
    with pytest.raises(InputError, match="no report"):
        effect(parameters, history, [0] * len(history.series), 4 * WAD)


def test_report_floors__as_time_passes__last_one_until_it_expires(hours: Hours) -> None:
    forecast: Floats = np.full(len(hours), np.nan)
    forecast[4] = 2e-3
    at = int(hours.end[4])
    times = [at - 1, at, at + HOUR - 1, at + HOUR]
    assert report_floors(hours, forecast, times) == [0, 2 * 10**15, 2 * 10**15, 0]
    last = hours.until(5)
    times = [at + LIFETIME - 1, at + LIFETIME]
    assert report_floors(last, forecast[:5], times) == [2 * 10**15, 0]

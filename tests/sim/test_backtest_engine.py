"""The backtest's engine: the contracts' arithmetic, and the floating-point form of it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from margin_model import ramp, volatility
from margin_model.fixed_point import WAD
from oracle_sim.backtest.engine import exact_lines
from oracle_sim.backtest.moves import worst_moves
from oracle_sim.backtest.parameters import Parameters, read_parameters
from oracle_sim.backtest.sampling import DEAD, sample
from oracle_sim.backtest.series import Series, read_series
from oracle_sim.calibration.lanes import Lanes, line_chunks, target_variances
from oracle_sim.tables import InputError
from tests.sim.files import DATA, flat_bars, needs_data, write_bars
from tests.sim.price_files import INTERVAL, PARAMETERS, START, write_drawn
from tests.unit.oracle_reference import Answer, Asset, Bounds, Source
from tests.unit.oracle_reference import Parameters as OracleParameters

SEEDS = (10**15, 10**15, 10**15)


@pytest.fixture
def parameters(tmp_path: Path) -> Parameters:
    path = tmp_path / "BTC.yaml"
    path.write_text(PARAMETERS)
    return read_parameters(path)


@pytest.fixture
def series(tmp_path: Path) -> Series:
    return read_series([write_drawn(tmp_path / "btcusdt.csv", 5)])


def with_closes(closes: list[float], times: list[int] | None = None) -> Series:
    """Bars without wicks."""
    time = np.array(times or [START + i * INTERVAL for i in range(len(closes))], np.int64)
    close = np.array(closes)
    return Series(("made.csv",), INTERVAL, time, close, close, close)


def contract_path(series: Series, parameters: Parameters) -> tuple[list[int], list[int]]:
    """Lines and targets by the reference of PriceOracle and `ramp`, as RiskEngine.sample does."""
    times = series.closed_at.tolist()
    prices = [round(close * 10**8) * 10**10 for close in series.close.tolist()]
    oracle = Asset(
        OracleParameters(
            INTERVAL,
            parameters.confirmation,
            parameters.ema_tau,
            parameters.weight_slow,
            parameters.weight_long,
        ),
        [Source(86_400, 0, False)],
        Bounds(5_000, 5_000, parameters.jump_bound, parameters.variance_floor),
        prices[0],
        prices[0],
        times[0],
        times[0],
        SEEDS,
        times[0],
    )

    def target(variances: tuple[int, int, int]) -> int:
        base = volatility.target(
            variances, parameters.weight_slow, parameters.weight_long, parameters.variance_floor
        )
        return ramp.target(
            parameters.kappa,
            base,
            parameters.horizon,
            parameters.line_floor,
            parameters.line_cap,
        )

    goal = line = target(SEEDS)
    started = 0
    lines, goals = [line], [goal]
    for time, price in zip(times[1:], prices[1:], strict=True):
        before = oracle.accepted_at
        oracle.sample([Answer(price, 0, time)], time)
        if oracle.accepted_at != before:
            line = ramp.line_at(
                line, goal, oracle.live - started, parameters.ramp_up, parameters.ramp_down
            )
            started, goal = oracle.live, target(oracle.variances)
        lines.append(line)
        goals.append(goal)
    return lines, goals


def test_exact_lines__drawn_bars__same_as_the_reference_of_the_contracts(
    series: Series, parameters: Parameters
) -> None:
    lines = exact_lines(sample(series, parameters), parameters, SEEDS)
    expected, goals = contract_path(series, parameters)
    assert lines.wads == expected
    np.testing.assert_allclose(lines.target, np.array(goals) / WAD, rtol=1e-15)


def test_exact_lines__jumps_and_gap__same_as_the_reference(parameters: Parameters) -> None:
    closes = (
        [100.0] * 20 + [130.0, 131.0, 131.5] + [131.0] * 10 + [100.0, 131.0, 90.0, 140.0, 139.0]
    )
    times = [START + i * INTERVAL for i in range(len(closes))]
    times[25:] = [time + 7 * 3_600 for time in times[25:]]
    made = with_closes(closes, times)
    lines = exact_lines(sample(made, parameters), parameters, SEEDS)
    assert lines.wads == contract_path(made, parameters)[0]


def test_sample__price_off_the_ema__accepted_at_the_next_close(parameters: Parameters) -> None:
    samples = sample(with_closes([100.0, 100.0, 130.0, 131.0, 131.0]), parameters)
    assert samples.elapsed.tolist() == [0, 300, 0, 600, 300]
    assert samples.live.tolist() == [0, 300, 0, 300, 300]


def test_sample__wick_off_the_ema__never_accepted(parameters: Parameters) -> None:
    samples = sample(with_closes([100.0, 130.0, 100.0, 100.0]), parameters)
    assert samples.elapsed.tolist() == [0, 0, 600, 300]
    assert samples.squares == [0, 0, 0, 0]


def test_sample__silence_of_weeks__a_new_listing(parameters: Parameters) -> None:
    times = [START, START + 300, START + 300 + DEAD + 300, START + DEAD + 900]
    samples = sample(with_closes([100.0, 101.0, 300.0, 300.0], times), parameters)
    assert samples.elapsed.tolist() == [0, 300, 0, 300]
    assert samples.squares[2:] == [0, 0]


def test_exact_lines__any_path__hour_never_rises_faster_than_the_ramp(
    series: Series, parameters: Parameters
) -> None:
    lines = exact_lines(sample(series, parameters), parameters, SEEDS).line
    assert (lines[12:] / lines[:-12]).max() <= np.exp(0.262)


def every_lane(series: Series, parameters: Parameters) -> np.ndarray:
    """The floating-point form of one set of parameters."""
    samples = sample(series, parameters)
    a, b = (np.array([each / WAD]) for each in (parameters.weight_slow, parameters.weight_long))
    seeds = tuple(seed / WAD for seed in SEEDS)
    lanes = Lanes(
        pair=np.array([0]),
        kappa=np.array([parameters.kappa / WAD]),
        line_floor=np.array([parameters.line_floor / WAD]),
        line_cap=np.array([parameters.line_cap / WAD]),
        ramp_down=np.array([parameters.ramp_down / WAD]),
        ramp_up=parameters.ramp_up / WAD,
        horizon=parameters.horizon,
    )
    variances = target_variances(samples, (seeds[0], seeds[1], seeds[2]), a, b)
    return np.concatenate(
        [chunk[:, 0].copy() for _, chunk in line_chunks(samples, variances, lanes)]
    )


@pytest.mark.parametrize("kappa", [1, 4, 12])
def test_line_chunks__drawn_bars__exact_mirror_to_1e_9(
    series: Series, parameters: Parameters, kappa: int
) -> None:
    changed = replace(parameters, kappa=kappa * WAD)
    exact = exact_lines(sample(series, changed), changed, SEEDS).line
    np.testing.assert_allclose(every_lane(series, changed), exact, rtol=1e-9, atol=0)


@needs_data
def test_line_chunks__black_thursday__exact_mirror_to_1e_9(parameters: Parameters) -> None:
    real = read_series([DATA / "windows" / "btcusdt_5m_2020-03-black-thursday.csv.gz"])
    exact = exact_lines(sample(real, parameters), parameters, SEEDS)
    np.testing.assert_allclose(every_lane(real, parameters), exact.line, rtol=1e-9, atol=0)
    assert exact.target.max() / exact.target.min() > 3


def test_worst_moves__wicks__counted_from_the_bar_after_the_close() -> None:
    series = Series(
        ("made.csv",),
        INTERVAL,
        START + INTERVAL * np.arange(4),
        high=np.array([500.0, 110.0, 105.0, 300.0]),
        low=np.array([1.0, 100.0, 80.0, 100.0]),
        close=np.array([100.0, 100.0, 90.0, 200.0]),
    )
    moves = worst_moves(series, 600)
    assert moves.falls.tolist() == pytest.approx([0.2, 0.2])
    assert moves.rises.tolist() == pytest.approx([0.1, 2.0])
    assert moves.worst.tolist() == pytest.approx([0.2, 2.0])


def test_worst_moves__horizon_not_of_bars__named(tmp_path: Path) -> None:
    series = read_series([write_bars(tmp_path / "a.csv", flat_bars([300, 600, 900]))])
    with pytest.raises(InputError, match=r"a.csv: row 3: timestamp: bars of 300 s do not divide"):
        worst_moves(series, 1_000)


def test_read_series__files_in_any_order__end_to_end(tmp_path: Path) -> None:
    late = write_bars(tmp_path / "b.csv", flat_bars([1_500, 1_800], 2))
    early = write_bars(tmp_path / "a.csv", flat_bars([300, 600], 1))
    series = read_series([late, early])
    assert series.time.tolist() == [300, 600, 1_500, 1_800]
    assert series.close.tolist() == [1, 1, 2, 2]


@pytest.mark.parametrize(
    ("rows", "reason"),
    [
        ([600, 900], r"b.csv: row 2: timestamp: 600 is not after the last bar of .*a.csv"),
        ([900, 960], r"b.csv: row 3: timestamp: bars of 60 s, but .*a.csv has bars of 300 s"),
        ([950, 1_250], r"b.csv: row 2: timestamp: bars do not open at the same times"),
        ([930, 940], r"b.csv: row 3: timestamp: bars of 10 s, at least 60"),
    ],
)
def test_read_series__files_that_do_not_fit__named(
    tmp_path: Path, rows: list[int], reason: str
) -> None:
    first = write_bars(tmp_path / "a.csv", flat_bars([300, 600]))
    second = write_bars(tmp_path / "b.csv", flat_bars(rows))
    with pytest.raises(InputError, match=reason):
        read_series([first, second])

"""Calibration: its pieces, and `ape run calibrate`."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from oracle_sim.backtest.parameters import read_parameters
from oracle_sim.backtest.run import backtest, read_history
from oracle_sim.calibration import calibrate as calibration
from oracle_sim.calibration import candidates, data
from oracle_sim.calibration.bootstrap import bootstrap
from oracle_sim.calibration.candidates import Shape, ramp_up
from oracle_sim.calibration.tables import Weekly, at_kappa, fit_kappa
from oracle_sim.calibration.walk_forward import walk_forward
from scripts import calibrate as command
from tests.sim.files import flat_bars, write_bars
from tests.sim.price_files import START, write_drawn

KAPPAS = np.array([1.0, 2.0, 4.0, 8.0])


def synthetic(weeks: int, scale: np.ndarray) -> Weekly:
    """One shape whose exceptions halve with every doubling of κ, times `scale` by week."""
    exceptions = 8.0 / KAPPAS * np.ones((weeks, 1, 1)) * scale[:, None, None]
    margin = np.ones((weeks, 1, 1)) * KAPPAS
    return Weekly(KAPPAS, exceptions, exceptions / 100, margin, np.full(weeks, 100.0))


def test_fit_kappa__between_two_columns__linear_in_the_logarithm() -> None:
    exceptions = np.array([[8.0, 4.0, 2.0, 1.0]])
    assert fit_kappa(exceptions, np.array(4.0), KAPPAS) == pytest.approx([2.0])
    assert fit_kappa(exceptions, np.array(3.0), KAPPAS) == pytest.approx([2.0 * np.sqrt(2.0)])
    assert fit_kappa(exceptions, np.array(9.0), KAPPAS) == pytest.approx([1.0])
    assert fit_kappa(exceptions, np.array(0.0), KAPPAS) == pytest.approx([8.0])


def test_at_kappa__fitted_multiplier__gives_back_what_was_allowed() -> None:
    exceptions = np.array([[9.0, 5.0, 2.0, 0.0], [7.0, 6.0, 3.0, 1.0]])
    fitted = fit_kappa(exceptions, np.array(4.0), KAPPAS)
    assert at_kappa(exceptions, fitted, KAPPAS) == pytest.approx([4.0, 4.0])


def test_walk_forward__same_every_week__fits_hold() -> None:
    found = walk_forward(synthetic(78, np.ones(78)), 0.96)
    assert found.coverage == pytest.approx([0.96])
    assert found.margin == pytest.approx([0.02])
    assert found.stretch == pytest.approx([1.0], abs=0.006)


def test_walk_forward__a_wild_quarter_at_the_end__fits_fall_short() -> None:
    scale = np.ones(78)
    scale[65:] = 1.5
    found = walk_forward(synthetic(78, scale), 0.96)
    assert found.coverage[0] < 0.96
    assert found.stretch[0] > 1.1
    assert found.level_margin[0] > found.margin[0]


def test_bootstrap__clusters__interval_wider_than_without() -> None:
    calm = np.ones(104)
    clustered = np.where(np.arange(104) % 26 < 4, 4.0, 0.45)
    narrow, wide = (
        bootstrap(synthetic(104, scale), 2.0, 0.96, np.random.default_rng(1))
        for scale in (calm, clustered)
    )
    assert narrow.kappa.low == pytest.approx(narrow.kappa.high)
    assert wide.kappa.high / wide.kappa.low > 1.2
    assert wide.coverage.low < 0.96 < wide.coverage.high


def test_ramp_up__bound_on_an_hour__kept_in_every_pattern() -> None:
    assert np.exp(ramp_up()) <= candidates.MAX_RISE < np.exp(ramp_up() + 0.001)


@pytest.fixture
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    """Few candidates and a short first fit, so that a test takes seconds."""
    shapes = (Shape(0.3, 0.5, 0.4, 0.1), Shape(0.65, 0.15, 0.4, 0.1))
    monkeypatch.setattr(calibration.calibrate, "__defaults__", (shapes, None))
    monkeypatch.setattr(calibration, "KAPPAS", np.geomspace(2.0, 12.0, 10))
    monkeypatch.setattr(calibration, "FALLS", (0.1,))
    monkeypatch.setattr(data, "FIRST", 4)
    monkeypatch.setattr(data, "QUARTER", 3)
    monkeypatch.setattr("oracle_sim.calibration.walk_forward.FIRST", 4)
    monkeypatch.setattr("oracle_sim.calibration.walk_forward.QUARTER", 3)


@pytest.mark.usefixtures("few")
def test_calibrate__drawn_prices__file_that_covers_what_it_states(tmp_path: Path) -> None:
    prices = write_drawn(tmp_path / "btcusdt.csv", 81)
    out = tmp_path / "BTC.yaml"
    arguments = ["--prices", str(prices), "--coverage", "0.98", "--out", str(out)]
    done = CliRunner(mix_stderr=False).invoke(command.cli, arguments)
    assert done.exit_code == 0, done.stderr
    assert "90 % intervals" in done.stdout
    parameters = read_parameters(out)
    assert out.read_text().startswith("# Risk parameters of BTC. Made by:\n")
    assert parameters.level == 0.98
    assert parameters.line_cap == 8 * parameters.line_floor
    result = backtest(parameters, read_history([prices], 3_600))
    assert result.line.coverage >= 0.98
    assert result.line.peak_to_trough <= 8
    assert result.line.max_rise_1h <= 1.3


@pytest.mark.parametrize(
    ("days", "arguments", "reason"),
    [
        (0, [], "btcusdt.csv: timestamp: too little data: 0 weeks"),
        (500, ["--coverage", "0.9999"], "exceptions expected in"),
        (0, ["--coverage", "1"], "--coverage"),
        (0, ["--out", "nowhere/BTC.yaml"], "no such folder"),
        (0, ["--prices", "ethusdt.csv"], "prices of BTC, ETH need a folder"),
    ],
)
def test_calibrate__bad_input__one_line_and_exit_code_2(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    days: int,
    arguments: list[str],
    reason: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    times = [START + 300 * i for i in range(20)] if not days else []
    hours = [START + 3_600 * i for i in range(days * 24)]
    write_bars(tmp_path / "btcusdt.csv", flat_bars(times or hours))
    words = ["--prices", "btcusdt.csv", "--out", "BTC.yaml", *arguments]
    done = CliRunner(mix_stderr=False).invoke(command.cli, words)
    assert done.exit_code == 2
    assert reason in done.stderr
    assert done.stderr.count("\n") == 1
    assert not (tmp_path / "BTC.yaml").exists()

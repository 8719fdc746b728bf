"""`ape run frontier` and what it compares."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from scipy.stats import t

from oracle_sim.backtest import parameters
from oracle_sim.calibration import data, frontier, tails
from oracle_sim.calibration.candidates import Shape, lines_at
from oracle_sim.calibration.data import STANDARD, Sample, prepare
from scripts import frontier as command
from tests.sim.price_files import PARAMETERS, write_drawn

SHAPES = (Shape(0.3, 0.5, 0.4, 0.1), Shape(0.65, 0.15, 0.6, 0.1))
LEVEL = 0.99


def silent(_what: str, _part: float) -> None:
    """No progress is shown."""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Prices and parameters of an asset, and few weeks before the first fit."""
    for module in (data, tails):
        monkeypatch.setattr(module, "FIRST", 4)
    monkeypatch.setattr(data, "QUARTER", 3)
    monkeypatch.setattr("oracle_sim.calibration.walk_forward.FIRST", 4)
    monkeypatch.setattr("oracle_sim.calibration.walk_forward.QUARTER", 3)
    monkeypatch.setattr(parameters, "FOLDER", tmp_path)
    monkeypatch.setattr(frontier, "LEVELS", (0.988, LEVEL))
    monkeypatch.setattr(frontier, "SHAPES", SHAPES)
    write_drawn(tmp_path / "btcusdt.csv", 81)
    (tmp_path / "BTC.yaml").write_text(PARAMETERS)
    return tmp_path


@pytest.fixture
def sample(folder: Path) -> Sample:
    return prepare("BTC", [folder / "btcusdt.csv"], STANDARD, LEVEL)


def test_frontier__two_shapes__stated_coverage_and_ratios_to_static(sample: Sample) -> None:
    points = frontier.frontier(sample, LEVEL, SHAPES, silent)
    assert [point.shape for point in points] == list(SHAPES)
    for point in points:
        assert point.line.coverage == pytest.approx(LEVEL, abs=0.001)
        assert point.line.max_rise_1h <= 1.3
        assert point.years[0] <= point.line.coverage <= point.years[1]
        assert 0 < point.margin < 1
    found = frontier.extremes(points)
    assert found["least average"].margin == min(point.margin for point in points)
    assert found["largest p"].independence == max(point.independence for point in points)


def test_lines_at__shapes_apart__as_together(sample: Sample) -> None:
    floors, kappa = np.array([0.01, 0.02]), np.array([4.0, 6.0])
    both = lines_at(sample, SHAPES, floors, kappa)
    assert both.shape == (len(sample.judged()), 2)
    for i in range(2):
        one = slice(i, i + 1)
        alone = lines_at(sample, SHAPES[one], floors[one], kappa[one])
        assert alone[:, 0].tolist() == both[:, i].tolist()


def test_student_kappa__drawn_from_a_t__its_quantile() -> None:
    drawn = 1.5 * t.rvs(4, size=20_000, random_state=np.random.default_rng(1))
    expected = 1.5 * t.isf(0.01 / 4, 4)
    assert tails.student_kappa(drawn, 0.99) == pytest.approx(expected, rel=0.05)


def test_scaled_returns__whole_horizons__one_less_than_their_closes(sample: Sample) -> None:
    scaled = tails.scaled_returns(sample, SHAPES[0])
    closes = len(sample.series.close[sample.first :: 12])
    assert len(scaled) == closes - 1
    assert 0.2 < scaled.std() < 1.2  # a target variance is a maximum of three


def test_frontier__command__every_level_candidate_and_tail(folder: Path) -> None:
    prices = str(folder / "btcusdt.csv")
    done = CliRunner(mix_stderr=False).invoke(command.cli, ["--prices", prices, "--json", "-"])
    assert done.exit_code == 0, done.stderr
    found = json.loads(done.stdout)["assets"]["BTC"]
    assert list(found["frontier"]) == ["98.80%", "99.00%"]
    for candidates in found["frontier"].values():
        assert set(candidates) == {
            "today's shape",
            "least average",
            "least worst exceedance",
            "largest p",
        }
    assert len(found["points"]) == 2 * 3  # two levels, today's shape and two more
    assert set(found["tails"]) == {"historical", "student", "sides"}
    for tail in found["tails"].values():
        assert 0.9 < tail["coverage"] < 1
        assert tail["level_margin"] == pytest.approx(tail["margin"], rel=0.4)


def test_frontier__unknown_asset__one_line_and_exit_code_2(folder: Path) -> None:
    prices = write_drawn(folder / "dogeusdt.csv", 1)
    done = CliRunner(mix_stderr=False).invoke(command.cli, ["--prices", str(prices)])
    assert done.exit_code == 2
    reason = "DOGE by its name, and no DOGE.yaml in config/risk"
    assert done.stderr == f"Invalid value: --prices: {prices}: {reason}\n"

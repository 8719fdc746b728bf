"""Coverage statistics against published numbers, other formulas and brute force."""

import math
from typing import Any

import numpy as np
import pytest

from margin_model import coverage
from margin_model.coverage import Transitions
from tests.model.vectors import cases


def digits(published: str) -> float:
    """Half a unit of the last digit given."""
    return 0.5 * 10.0 ** -len(published.split(".")[1])


@pytest.mark.parametrize("case", cases("kupiec_pof"))
def test_kupiec__published_case__same_digits(case: dict[str, Any]) -> None:
    found = coverage.kupiec(case["T"], case["x"], float(case["p"]))
    assert found.statistic == pytest.approx(float(case["LR"]), abs=digits(case["LR"]))
    assert found.p_value == pytest.approx(float(case["p_value"]), abs=digits(case["p_value"]))


@pytest.mark.parametrize("case", cases("christoffersen"))
def test_christoffersen__published_case__same_digits(case: dict[str, Any]) -> None:
    counts = Transitions(case["N00"], case["N01"], case["N10"], case["N11"])
    found = coverage.christoffersen(counts)
    assert found.statistic == pytest.approx(float(case["LR_ind"]), abs=digits(case["LR_ind"]))
    assert found.p_value == pytest.approx(float(case["p_ind"]), abs=digits(case["p_ind"]))
    frequency = coverage.kupiec(1043, 57, 0.05)
    both = coverage.conditional_coverage(frequency, found)
    assert both.statistic == pytest.approx(float(case["LR_cc"]), abs=2 * digits(case["LR_cc"]))
    assert both.p_value == pytest.approx(float(case["p_cc"]), abs=2 * digits(case["p_cc"]))


def test_kupiec__as_many_as_stated__nothing_to_reject() -> None:
    assert coverage.kupiec(1_000, 10, 0.01) == (0.0, 1.0)


@pytest.mark.parametrize(("observations", "exceptions"), [(500, 0), (500, 500), (500, 7)])
def test_kupiec__any_count__formula_with_ratios(observations: int, exceptions: int) -> None:
    p, found = 0.002, exceptions / observations
    ratio = math.log(((1 - p) / (1 - found)) ** (observations - exceptions)) if found < 1 else 0.0
    ratio += math.log((p / found) ** exceptions) if 0 < exceptions < observations else 0.0
    ratio += exceptions * math.log(p) if found == 1 else 0.0
    assert coverage.kupiec(observations, exceptions, p).statistic == pytest.approx(-2 * ratio)


def test_kupiec__simulated_exceptions__rejects_as_often_as_it_says() -> None:
    counts = np.random.default_rng(1).binomial(5_000, 0.01, 4_000)
    rejected = np.mean([coverage.kupiec(5_000, int(x), 0.01).p_value < 0.05 for x in counts])
    assert 0.04 < rejected < 0.06


def test_transitions__short_sequence__counted_by_hand() -> None:
    sequence = np.array([0, 1, 1, 0, 0, 0, 1, 0, 1], dtype=bool)
    assert coverage.transitions(sequence) == Transitions(n00=2, n01=3, n10=2, n11=1)


@pytest.mark.parametrize("size", [1, 2, 50])
@pytest.mark.parametrize("value", [False, True])
def test_christoffersen__all_alike__nothing_to_reject(size: int, value: bool) -> None:
    counts = coverage.transitions(np.full(size, value))
    assert coverage.christoffersen(counts) == (0.0, 1.0)


def test_christoffersen__clustered_exceptions__rejected() -> None:
    clustered = np.zeros(2_000, dtype=bool)
    clustered[100:110] = True
    assert coverage.christoffersen(coverage.transitions(clustered)).p_value < 1e-6
    scattered = np.zeros(2_000, dtype=bool)
    scattered[::200] = True
    assert coverage.christoffersen(coverage.transitions(scattered)).p_value > 0.5


def test_exceedances__some_beyond__count_mean_worst_and_tail() -> None:
    moves = np.array([0.01, 0.05, 0.02, 0.09, 0.03])
    found = coverage.exceedances(moves, np.array([0.02, 0.03, 0.02, 0.03, 0.04]))
    assert found.count == 2
    assert found.mean == pytest.approx(0.04)
    assert found.worst == found.shortfall == pytest.approx(0.06)


def test_exceedances__nothing_beyond__all_zero() -> None:
    line = np.full(3, 0.02)
    assert coverage.exceedances(line, line) == coverage.Exceedances(0, 0.0, 0.0, 0.0)


@pytest.mark.parametrize("level", [0.9, 0.95, 0.998, 0.999])
def test_static_margin__any_level__least_that_covers(level: float) -> None:
    moves = np.random.default_rng(2).exponential(size=4_321)
    margin = coverage.static_margin(moves, level)
    assert (moves <= margin).mean() >= level
    lower = moves[moves < margin].max()
    assert (moves <= lower).mean() < level


@pytest.mark.parametrize("width", [1, 2, 7, 60, 61, 200])
def test_trailing_minimum__any_width__same_as_brute_force(width: int) -> None:
    values = np.random.default_rng(3).random(60)
    expected = [values[max(0, i - width + 1) : i + 1].min() for i in range(60)]
    assert coverage.trailing_minimum(values, width).tolist() == expected


def test_worst_rise__rises_over_steps__highest_ratio_within_them() -> None:
    line = np.array([1.0, 1.2, 1.1, 1.3, 2.6, 2.0])
    assert coverage.worst_rise(line, 1) == pytest.approx(2.0)
    assert coverage.worst_rise(line, 2) == pytest.approx(2.6 / 1.1)
    assert coverage.worst_rise(line[::-1], 1) == pytest.approx(1.3)
    assert coverage.worst_rise(np.full(4, 0.3), 2) == 1.0


def test_peak_to_trough__line__highest_over_lowest() -> None:
    assert coverage.peak_to_trough(np.array([0.04, 0.02, 0.1])) == pytest.approx(5.0)

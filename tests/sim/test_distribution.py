"""Quantiles and expected shortfall of samples small enough to count by hand."""

import numpy as np
import pytest

from oracle_sim.distribution import Distribution, expected_shortfall, quantile


def test_distribution__one_to_hundred__as_counted_by_hand() -> None:
    found = Distribution.of(list(range(100, 0, -1)))
    assert found.mean == 50.5
    assert (found.median, found.q95, found.q99, found.largest) == (50, 95, 99, 100)
    assert found.es95 == np.mean([96, 97, 98, 99, 100])
    assert found.es99 == 100
    assert found.positive == 1
    assert found.error == pytest.approx(np.std(range(100), ddof=1) / 10)


def test_distribution__one_path__everything_is_its_value() -> None:
    found = Distribution.of([0.0])
    assert found == Distribution(0, 0, 0, 0, 0, 0, 0, 0, 0)


@pytest.mark.parametrize(("level", "expected"), [(0.5, 10), (0.95, 19), (0.951, 20), (0.99, 20)])
def test_quantile__level_between_ranks__the_next_one_up(level: float, expected: float) -> None:
    assert quantile(np.arange(1.0, 21.0), level) == expected


def test_expected_shortfall__tail_of_one_and_a_half__second_worst_counts_half() -> None:
    values = np.array([0.0] * 28 + [6.0, 9.0])
    assert expected_shortfall(values, 0.95) == pytest.approx((9 + 6 / 2) / 1.5)


def test_expected_shortfall__tail_below_one_path__the_worst() -> None:
    assert expected_shortfall(np.array([1.0, 2.0, 3.0]), 0.99) == 3


@pytest.mark.parametrize("level", [0.95, 0.99])
def test_expected_shortfall__any_sample__at_least_the_quantile(level: float) -> None:
    values = np.sort(np.random.default_rng(1).lognormal(size=997))
    assert expected_shortfall(values, level) >= quantile(values, level)

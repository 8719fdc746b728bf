"""How deep, how fast: against the definitions, written out."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as st_numpy
from numpy.typing import NDArray

from oracle_sim.extremes import drawdown, worst_fall

NAN = float("nan")
series = st_numpy.arrays(
    np.float64, st.integers(1, 30), elements=st.one_of(st.just(NAN), st.floats(1, 1000))
).filter(lambda values: not np.isnan(values).all())


def test_drawdown__rise_then_fall__high_to_low() -> None:
    high = np.array([100.0, 120.0, 110.0, 70.0, 90.0, 130.0, 129.0])
    low = np.array([90.0, 110.0, 60.0, 65.0, 80.0, 120.0, 125.0])
    assert drawdown(high, low) == pytest.approx((0.5, 1, 2))


def test_worst_fall__window__does_not_look_further() -> None:
    open_ = np.array([100.0, 99.0, 98.0, 60.0])
    low = np.array([98.0, 97.0, 60.0, 30.0])
    assert worst_fall(open_, low, 1) == pytest.approx((0.5, 3, 3))
    assert worst_fall(open_, low, 2) == pytest.approx((1 - 30 / 98, 2, 3))
    assert worst_fall(open_, low, 3) == pytest.approx((1 - 30 / 99, 1, 3))
    assert worst_fall(open_, low, 4) == pytest.approx((0.7, 0, 3))


@given(values=series)
def test_drawdown__any_series__is_the_largest_over_all_pairs(values: NDArray[np.float64]) -> None:
    found = drawdown(values * 1.01, values)
    pairs = [1 - values[j] / (values[i] * 1.01) for j in range(len(values)) for i in range(j + 1)]
    assert found.fraction == pytest.approx(np.nanmax(pairs))
    assert found.start <= found.end


@given(values=series, bars=st.integers(1, 35))
def test_worst_fall__any_series__is_the_largest_over_all_pairs(
    values: NDArray[np.float64], bars: int
) -> None:
    found = worst_fall(values, values * 0.99, bars)
    size = len(values)
    pairs = [
        1 - values[j] * 0.99 / values[i] for i in range(size) for j in range(i, min(i + bars, size))
    ]
    assert found.fraction == pytest.approx(np.nanmax(pairs))
    assert 0 <= found.end - found.start < bars

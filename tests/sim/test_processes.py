"""Diffusion and jump-diffusion: samples against moments in closed form."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from oracle_sim.processes import DAY, Diffusion, JumpDiffusion, symmetric_root
from tests.sim.moments import check_moments, one_step, z_score

CORRELATION = ((1.0, 0.8, 0.6), (0.8, 1.0, 0.7), (0.6, 0.7, 1.0))
CRYPTO = Diffusion((0.001, 0.002, -0.01), (0.035, 0.045, 0.07), CORRELATION)
SINGULAR = Diffusion((0.5, -0.5), (0.3, 0.6), ((1.0, -1.0), (-1.0, 1.0)))
JUMPY = JumpDiffusion(CRYPTO, 2.0, (-0.02, -0.03, -0.05), (0.03, 0.03, 0.0), CORRELATION)
RARE = JumpDiffusion(Diffusion((0.0,), (0.01,), ((1.0,),)), 0.5, (0.0,), (0.1,), ((1.0,),))


@pytest.mark.parametrize("dt", [300, 3_600, DAY])
@pytest.mark.parametrize("process", [CRYPTO, SINGULAR])
def test_diffusion__sample__has_its_moments(process: Diffusion, dt: int) -> None:
    check_moments(one_step(process, dt, 40_000, dt), process.moments(dt))


@pytest.mark.parametrize("dt", [3_600, DAY, 5 * DAY])
@pytest.mark.parametrize("process", [JUMPY, RARE])
def test_jump_diffusion__sample__has_its_moments(process: JumpDiffusion, dt: int) -> None:
    check_moments(one_step(process, dt, 100_000, dt), process.moments(dt))


@pytest.mark.parametrize("process", [CRYPTO, JUMPY])
def test_paths__many_steps__moments_of_the_sum_and_independence(
    process: Diffusion | JumpDiffusion,
) -> None:
    paths = process.paths(np.random.default_rng(5), 24, 3_600, 20_000)
    assert paths.shape == (20_000, 25, 3)
    assert (paths[:, 0] == 0).all()
    # cumulants of independent steps add: a day is a day, however it is cut
    check_moments(paths[:, -1], process.moments(DAY))
    moves = np.diff(paths, axis=1) - process.moments(3_600).mean
    for asset in range(3):
        assert z_score(moves[:, 3, asset] * moves[:, 4, asset], 0.0) < 5


@pytest.mark.parametrize("process", [CRYPTO, JUMPY])
def test_paths__price__grows_by_its_drift(process: Diffusion | JumpDiffusion) -> None:
    drift = (process.diffusion if isinstance(process, JumpDiffusion) else process).drift
    prices = np.exp(one_step(process, 2 * DAY, 100_000, 9))
    for asset in range(3):
        assert z_score(prices[:, asset], math.exp(2 * drift[asset])) < 5


def test_moments__jump_diffusion__published_numbers() -> None:
    """Merton jumps of one asset, by hand: λ = 1, m = −0.1, s = 0.2, σ = 0.3, one day."""
    process = JumpDiffusion(Diffusion((0.05,), (0.3,), ((1.0,),)), 1.0, (-0.1,), (0.2,), ((1.0,),))
    moments = process.moments(DAY)
    variance = 0.09 + 0.01 + 0.04
    assert moments.mean[0] == pytest.approx(0.05 - 0.045 - math.expm1(-0.08) - 0.1)
    assert moments.covariance[0, 0] == pytest.approx(variance)
    assert moments.skewness[0] == pytest.approx((-0.001 - 3 * 0.1 * 0.04) / variance**1.5)
    assert moments.excess_kurtosis[0] == pytest.approx(
        (0.0001 + 6 * 0.01 * 0.04 + 3 * 0.0016) / variance**2
    )


def test_jump_diffusion__no_jumps__is_the_diffusion() -> None:
    quiet = JumpDiffusion(CRYPTO, 0.0, (0.1,) * 3, (0.2,) * 3, CORRELATION)
    for mine, theirs in zip(quiet.moments(300), CRYPTO.moments(300), strict=True):
        assert np.allclose(mine, theirs)


@pytest.mark.parametrize("process", [CRYPTO, JUMPY])
def test_paths__same_seed__same_path(process: Diffusion | JumpDiffusion) -> None:
    first = process.paths(np.random.default_rng(1), 10, 300)
    assert (first == process.paths(np.random.default_rng(1), 10, 300)).all()
    assert (first != process.paths(np.random.default_rng(2), 10, 300)).any()


@settings(max_examples=50)
@given(
    volatility=st.tuples(*[st.floats(0.001, 1.0)] * 3),
    drift=st.tuples(*[st.floats(-1.0, 1.0)] * 3),
    angles=st.tuples(*[st.floats(0.1, 3.0)] * 3),
)
def test_moments__any_diffusion__covariance_is_what_was_asked(
    volatility: tuple[float, ...], drift: tuple[float, ...], angles: tuple[float, ...]
) -> None:
    # three unit vectors at any angles have a correlation matrix
    a, b, c = angles
    vectors = np.array(
        [
            [1.0, 0.0, 0.0],
            [math.cos(a), math.sin(a), 0.0],
            [math.cos(b), math.sin(b) * math.cos(c), math.sin(b) * math.sin(c)],
        ]
    )
    raw = vectors @ vectors.T
    rho = tuple(
        tuple(1.0 if i == j else float(raw[min(i, j), max(i, j)]) for j in range(3))
        for i in range(3)
    )
    moments = Diffusion(drift, volatility, rho).moments(DAY)
    expected = np.outer(volatility, volatility) * np.array(rho)
    assert np.allclose(moments.covariance, expected, atol=1e-7)
    assert np.allclose(moments.mean, np.array(drift) - np.array(volatility) ** 2 / 2)


def test_symmetric_root__singular__squares_back() -> None:
    root = symmetric_root(((1.0, 1.0), (1.0, 1.0)))
    assert np.allclose(root @ root, 1.0)
    assert np.allclose(root, root.T)


ONE = ((1.0,),)


@pytest.mark.parametrize(
    ("drift", "volatility", "correlation", "message"),
    [
        ((), (), (), "volatility: 0 values for 0 assets"),
        ((0.0, 0.0), (0.1,), ONE, "drift: 2 values for 1 assets"),
        ((11.0,), (0.1,), ONE, r"drift: out of range \[-10.0, 10.0\]"),
        ((0.0,), (-0.1,), ONE, r"volatility: out of range \[0.0, 5.0\]"),
        ((0.0,), (float("nan"),), ONE, "volatility: out of range"),
        ((0.0,), (0.1,), (), "correlation: not a square matrix of 1 assets"),
        ((0.0,), (0.1,), ((0.5,),), "correlation: not symmetric with ones on the diagonal"),
        ((0.0,), (0.1,), ((float("nan"),),), "correlation: not symmetric"),
        ((0.0,) * 2, (0.1,) * 2, ((1.0, 0.5), (0.4, 1.0)), "correlation: not symmetric"),
        ((0.0,) * 2, (0.1,) * 2, ((1.0, 1.1), (1.1, 1.0)), "correlation: not positive semidef"),
    ],
)
def test_diffusion__impossible_parameters__refused(
    drift: tuple[float, ...],
    volatility: tuple[float, ...],
    correlation: tuple[tuple[float, ...], ...],
    message: str,
) -> None:
    with pytest.raises(ValueError, match=message):
        Diffusion(drift, volatility, correlation)


@pytest.mark.parametrize(
    ("intensity", "mean", "deviation", "message"),
    [
        (-1.0, 0.0, 0.1, "intensity: out of range"),
        (2e4, 0.0, 0.1, "intensity: out of range"),
        (1.0, 3.0, 0.1, "jump mean: out of range"),
        (1.0, 0.0, -0.1, "jump volatility: out of range"),
    ],
)
def test_jump_diffusion__impossible_parameters__refused(
    intensity: float, mean: float, deviation: float, message: str
) -> None:
    base = Diffusion((0.0,), (0.1,), ONE)
    with pytest.raises(ValueError, match=message):
        JumpDiffusion(base, intensity, (mean,), (deviation,), ONE)
    with pytest.raises(ValueError, match="jump correlation: not a square matrix"):
        JumpDiffusion(base, 1.0, (0.0,), (0.1,), CORRELATION)

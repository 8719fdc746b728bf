"""Regime switching: samples against moments, occupancy and durations in closed form."""

import numpy as np
import pytest

from oracle_sim.processes import DAY, Diffusion
from oracle_sim.regimes import RegimeSwitching
from tests.sim.moments import check_moments, one_step, z_score

CALM = Diffusion((0.0, 0.0), (0.02, 0.03), ((1.0, 0.5), (0.5, 1.0)))
WILD = Diffusion((-0.05, -0.1), (0.1, 0.2), ((1.0, 0.9), (0.9, 1.0)))
BOOM = Diffusion((0.2, 0.1), (0.05, 0.02), ((1.0, -0.2), (-0.2, 1.0)))
TWO = RegimeSwitching((CALM, WILD), ((-1.0, 1.0), (4.0, -4.0)))
RING = RegimeSwitching((CALM, WILD, BOOM), ((-2.0, 2.0, 0.0), (0.0, -6.0, 6.0), (3.0, 0.0, -3.0)))


def test_stationary__known_chains__shares() -> None:
    assert np.allclose(TWO.stationary, [0.8, 0.2])
    assert np.allclose(RING.stationary, [0.5, 1 / 6, 1 / 3])


@pytest.mark.parametrize("dt", [1, 300, 3_600, DAY, 40 * DAY])
def test_transition__two_regimes__closed_form(dt: int) -> None:
    """P₁₂(t) = π₂·(1 − exp(−(q₁₂ + q₂₁)·t))."""
    decay = -np.expm1(-5.0 * dt / DAY)
    expected = [[1 - 0.2 * decay, 0.2 * decay], [0.8 * decay, 1 - 0.8 * decay]]
    assert np.allclose(TWO.transition(dt), expected, rtol=1e-12, atol=1e-15)


def test_transition__three_regimes__steps_compose_and_keep_the_stationary() -> None:
    hour = RING.transition(3_600)
    assert np.allclose(np.linalg.matrix_power(hour, 24), RING.transition(DAY))
    assert np.allclose(RING.stationary @ hour, RING.stationary)
    assert np.allclose(RING.transition(0), np.eye(3))


@pytest.mark.parametrize("dt", [300, 3_600, DAY])
@pytest.mark.parametrize("process", [TWO, RING])
def test_regime_switching__sample__has_its_moments(process: RegimeSwitching, dt: int) -> None:
    check_moments(one_step(process, dt, 100_000, dt), process.moments(dt))


def test_regime_paths__later_steps__occupancy_and_duration() -> None:
    regimes = RING.regime_paths(np.random.default_rng(3), 50, 3_600, 20_000)
    assert regimes.shape == (20_000, 50)
    transition = RING.transition(3_600)
    for regime in range(3):
        for step in (0, 1, 49):
            here = (regimes[:, step] == regime).astype(np.float64)
            assert z_score(here, RING.stationary[regime]) < 5
        left = regimes[regimes[:, 10] == regime, 11] != regime
        assert z_score(left.astype(np.float64), 1 - transition[regime, regime]) < 5


def test_paths__later_steps__volatility_clusters() -> None:
    """Cov of two neighbouring squares is that of their regimes' variances."""
    paths = TWO.paths(np.random.default_rng(4), 3, 300, 200_000)
    moves = np.diff(paths[:, :, 0], axis=1)
    variances = np.array([0.02**2, 0.1**2]) * 300 / DAY
    overall = TWO.stationary @ variances
    joint = TWO.stationary @ (variances[:, None] * TWO.transition(300) * variances).sum(axis=1)
    product = (moves[:, 1] ** 2 - overall) * (moves[:, 2] ** 2 - overall)
    assert z_score(product, joint - overall**2) < 5
    assert joint > 3 * overall**2


def test_paths__same_seed__same_path() -> None:
    first = RING.paths(np.random.default_rng(1), 10, 300, 2)
    assert first.shape == (2, 11, 2)
    assert (first == RING.paths(np.random.default_rng(1), 10, 300, 2)).all()


@pytest.mark.parametrize(
    ("regimes", "rates", "message"),
    [
        ((CALM,), ((0.0,),), "regimes: need two or more, of the same assets"),
        (
            (CALM, Diffusion((0.0,), (0.1,), ((1.0,),))),
            ((-1.0, 1.0), (1.0, -1.0)),
            "regimes: need two or more, of the same assets",
        ),
        ((CALM, WILD), ((-1.0, 1.0),), "rates: shape does not match the regimes"),
        ((CALM, WILD), ((-1.0,), (1.0,)), "rates: 1 values for 2 assets"),
        ((CALM, WILD), ((-1.0, 1.0), (2e5, -2e5)), "rates: out of range"),
        ((CALM, WILD), ((-1.0, 1.0), (1.0, -2.0)), "rates: not a generator"),
        ((CALM, WILD), ((1.0, -1.0), (1.0, -1.0)), "rates: not a generator"),
        ((CALM, WILD), ((-1.0, 1.0), (0.0, 0.0)), "rates: a regime cannot be reached"),
    ],
)
def test_regime_switching__impossible_parameters__refused(
    regimes: tuple[Diffusion, ...], rates: tuple[tuple[float, ...], ...], message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        RegimeSwitching(regimes, rates)

"""Do samples have the moments their process promises?"""

from typing import Protocol

import numpy as np

from oracle_sim.processes import Array, Moments

# Seeds are fixed, so a test either always passes or never; a correct process fails one of a few
# hundred checks at 5 standard errors with probability below 1e-4.
Z_BOUND = 5.0


class Process(Protocol):
    """What all processes have."""

    @property
    def assets(self) -> int: ...

    def moments(self, dt: float) -> Moments: ...

    def paths(self, rng: np.random.Generator, steps: int, dt: float, count: int = 1) -> Array: ...


def z_score(values: Array, expected: float) -> float:
    """Distance of the mean of independent `values` from `expected` in standard errors."""
    deviation = float(values.std(ddof=1))
    if deviation == 0:
        return 0.0 if np.isclose(values[0], expected) else np.inf
    error = deviation / float(np.sqrt(len(values)))
    return float(abs(values.mean() - expected)) / error


def check_moments(moves: Array, moments: Moments) -> None:
    """Compare independent moves, shape (n, assets), with every moment.

    Each moment is the mean of a function of the move less its *true* mean, so that the mean of the
    sample estimates it without bias and the standard error is the sample's own.
    """
    centred = moves - moments.mean
    variance = np.diag(moments.covariance)
    for i in range(moves.shape[1]):
        assert z_score(moves[:, i], moments.mean[i]) < Z_BOUND
        third = moments.skewness[i] * variance[i] ** 1.5
        assert z_score(centred[:, i] ** 3, third) < Z_BOUND
        fourth = (moments.excess_kurtosis[i] + 3) * variance[i] ** 2
        assert z_score(centred[:, i] ** 4, fourth) < Z_BOUND
        for j in range(i + 1):
            product = centred[:, i] * centred[:, j]
            assert z_score(product, moments.covariance[i, j]) < Z_BOUND
            # correlation: the covariance of what is left when the regression is taken out is 0
            rho = moments.correlation[i, j]
            scaled = centred / np.sqrt(variance)
            residual = scaled[:, i] * scaled[:, j] - rho * scaled[:, j] ** 2
            exact = np.abs(residual).max() < 1e-9  # one asset, or two that are one
            assert exact or z_score(residual, 0.0) < Z_BOUND


def one_step(process: Process, dt: float, count: int, seed: int) -> Array:
    """Draw independent moves of one step, shape (count, assets)."""
    return process.paths(np.random.default_rng(seed), 1, dt, count)[:, 1]

"""Price files for tests of backtests: drawn once, the same every time."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from tests.sim.files import write_bars

INTERVAL = 300
START = 1_577_836_800
DAYS = 86_400 // INTERVAL
"""Bars in a day."""


def drawn_bars(days: int, seed: int = 1, start: int = START, daily: float = 0.03) -> list[str]:
    """Rows of a market whose volatility comes in clusters, with wicks."""
    rng = np.random.default_rng(seed)
    count = days * DAYS
    slow = np.repeat(rng.lognormal(0.0, 0.5, days), DAYS)
    steps = rng.standard_t(4, count) * slow * daily / np.sqrt(2 * DAYS)
    close = 10_000 * np.exp(np.cumsum(steps))
    open_ = np.concatenate([[10_000.0], close[:-1]])
    wick = rng.exponential(daily / DAYS, (2, count)) * slow
    high = np.maximum(open_, close) * (1 + wick[0])
    low = np.minimum(open_, close) * (1 - wick[1])
    table = zip(open_.tolist(), high.tolist(), low.tolist(), close.tolist(), strict=True)
    return [
        f"{start + i * INTERVAL},{a:.8f},{b:.8f},{c:.8f},{d:.8f},1"
        for i, (a, b, c, d) in enumerate(table)
    ]


def write_drawn(path: Path, days: int, seed: int = 1, start: int = START) -> Path:
    """A price file of such bars."""
    return write_bars(path, drawn_bars(days, seed, start))


PARAMETERS = """\
asset: BTC
coverage: 0.99
oracle:
  weight_slow: 0.45
  weight_long: 0.3
  ema_tau: 600
  confirmation: 180
listing:
  jump_bound: 1000
  variance_fast: 0.001
  variance_slow: 0.001
  variance_long: 0.001
  variance_floor: 0.00001
risk:
  kappa: 4
  horizon: 3600
  line_floor: 0.01
  line_cap: 0.3
engine:
  ramp_up: 0.262
  ramp_down: 0.1
"""

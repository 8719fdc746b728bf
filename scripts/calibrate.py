"""`ape run calibrate`: chooses risk parameters on past prices."""

from __future__ import annotations

import shlex
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import click

import chain
import oracle_sim
from scripts._command import Command, Real, moving_bar, prices_option

if TYPE_CHECKING:
    from oracle_sim.calibration.calibrate import Calibration


@click.command(cls=Command)
@prices_option
@click.option("--asset", metavar="NAME", help="The only asset, whatever the files are called.")
@click.option(
    "--coverage",
    type=Real(0.9, 0.99999),
    default=0.999,
    show_default=True,
    help="Part of the moves within the horizon that the line is to cover.",
)
@click.option(
    "--out",
    required=True,
    metavar="FILE",
    help="A .yaml file for one asset, a folder for several.",
)
@click.option(
    "--seed", type=click.IntRange(min=0), default=1, show_default=True, help="Of the bootstrap."
)
def cli(prices: tuple[str, ...], asset: str | None, coverage: float, out: str, seed: int) -> None:
    """Calibrate κ, the weights of the scales, floor, cap and the speeds of the ramp.

    Every candidate is fitted on the past and judged on the quarter after it. The best has the least
    average margin at the stated coverage; assets given together share the weights and the speeds,
    which the contracts hold once. The result is fitted to all data and judged by the exact mirror.
    See docs/risk.md.
    """
    import numpy as np

    from oracle_sim.backtest.parameters import write_parameters
    from oracle_sim.bars import by_asset
    from oracle_sim.calibration.calibrate import calibrate
    from oracle_sim.calibration.data import STANDARD
    from oracle_sim.calibration.head import describe

    started = time.monotonic()
    files = {asset: list(prices)} if asset else by_asset(prices)
    single = out.endswith((".yaml", ".yml"))
    if single and len(files) > 1:
        raise click.BadParameter(f"--out: {out}: prices of {', '.join(files)} need a folder")
    if not Path(out).absolute().parent.is_dir():
        raise click.BadParameter(f"--out: {out}: no such folder")
    with moving_bar("reading prices") as shown:
        result = calibrate(
            files, round(coverage, 6), STANDARD, np.random.default_rng(seed), progress=shown
        )
    command = _command()
    for name, fit in result.fits.items():
        target = Path(out) if single else Path(out) / f"{name}.yaml"
        write_parameters(fit.parameters, target, describe(result, name, command))
        click.echo("\n".join(describe(result, name, command)[4:]))
        click.echo(f"written to {target}\n")
    click.echo(f"{_shape(result)}; {time.monotonic() - started:.1f} s")


def _command() -> str:
    """The command as it can be repeated, with files by name."""
    words = [Path(word).name if word.endswith((".csv", ".csv.gz")) else word for word in sys.argv]
    return "ape run " + shlex.join(
        words[words.index("calibrate") :] if "calibrate" in words else []
    )


def _shape(result: Calibration) -> str:
    shape = result.shape
    return (
        f"a {shape.weight_slow:g}, b {shape.weight_long:g}, floor {shape.floor_share:g} of the "
        f"static margin, d {shape.ramp_down:g} per hour"
    )


__all__ = ["chain", "cli", "oracle_sim"]

"""`ape run backtest`: what the line of an asset would have been worth on real prices."""

from __future__ import annotations

import json
import re
import time
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

import oracle_sim
from chain.artifacts import ROOT
from scripts._command import Command, check_folders, json_option, progress_bars, put_json

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from oracle_sim.backtest.parameters import Parameters

REPORTS = ROOT / "build" / "backtest"

_UNITS = {"s": 1, "m": 60, "h": 3_600, "d": 86_400}


class Date(click.ParamType):
    """A day, or a moment, in UTC."""

    name = "date"

    def convert(self, value: Any, param: Any, ctx: Any) -> int:
        """Unix time [s]."""
        try:
            moment = datetime.fromisoformat(value)
        except ValueError:
            self.fail(f"{value!r} is no date such as 2021-01-31", param, ctx)
        return int((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp())


class Duration(click.ParamType):
    """A number with s, m, h or d."""

    name = "duration"

    def convert(self, value: Any, param: Any, ctx: Any) -> int:
        """Seconds."""
        match = re.fullmatch(r"([0-9]{1,6})([smhd])", value)
        if not match:
            self.fail(f"{value!r} is no duration such as 1h or 30m", param, ctx)
        return int(match[1]) * _UNITS[match[2]]


@click.command(cls=Command)
@click.option("--asset", required=True, metavar="NAME", help="BTC for example.")
@click.option(
    "--prices", required=True, multiple=True, metavar="FILE", help="Bars to judge; may be repeated."
)
@click.option(
    "--train",
    multiple=True,
    metavar="FILE",
    help="Bars before those: warm the variances up and choose a static margin; may be repeated.",
)
@click.option("--from", "start", type=Date(), help="First close to judge (UTC).")
@click.option("--to", "end", type=Date(), help="Last close to judge (UTC).")
@click.option("--params", metavar="FILE", help="Risk parameters; config/risk/NAME.yaml otherwise.")
@click.option("--horizon", type=Duration(), help="T0, 1h for example; the parameters' otherwise.")
@json_option
@click.option(
    "--report", "report_file", help="Write the page here; build/backtest/NAME.html otherwise."
)
def cli(
    asset: str,
    prices: tuple[str, ...],
    train: tuple[str, ...],
    start: int | None,
    end: int | None,
    params: str | None,
    horizon: int | None,
    json_file: str | None,
    report_file: str | None,
) -> None:
    """Backtest the line of an asset.

    Bars stream through the exact mirror of PriceOracle and RiskEngine, sampled at every close; the
    worst move within the horizon after it, wicks included, is an exception when it exceeds the
    line. Beside it, what other margins would have asked for and missed. See docs/risk.md.
    """
    from rich.console import Console

    from oracle_sim.backtest import page, summary
    from oracle_sim.backtest.run import backtest, read_history

    started = time.monotonic()
    check_folders(json=json_file, report=report_file)
    parameters = _parameters(asset, params, prices + train)
    if horizon is not None:
        parameters = replace(parameters, horizon=horizon)
    history = read_history(prices, parameters.horizon, train, start, end)
    for warning in history.series.warnings:
        click.echo(f"warning: {warning}", err=True)
    with _bar(f"backtesting {asset}") as shown:
        result = backtest(parameters, history, shown)

    target = Path(report_file) if report_file else REPORTS / f"{asset}.html"
    page.write(result, target)
    document = summary.to_document(result, time.monotonic() - started)
    if put_json(json.dumps(document, indent=2), json_file):
        return
    Console(width=150).print(summary.to_table(result))
    kept = [name for name, holds in document["reached"].items() if holds]
    missed = [name for name, holds in document["reached"].items() if not holds]
    click.echo(f"reached: {', '.join(kept) or 'nothing'}; missed: {', '.join(missed) or 'nothing'}")
    click.echo(f"{document['seconds']} s, report in {target}")


def _parameters(asset: str, file: str | None, prices: tuple[str, ...]) -> Parameters:
    """The parameters asked for; a file of another asset's prices is a slip."""
    from oracle_sim.backtest.parameters import path_of, read_parameters
    from oracle_sim.bars import asset_of

    if not re.fullmatch(r"[A-Za-z0-9]{1,16}", asset):
        raise click.BadParameter(f"--asset: {asset!r} is no asset's name")
    path = Path(file) if file else path_of(asset)
    if file is None and not path.is_file():
        raise click.BadParameter(f"--asset: {asset}: no {path.name} in config/risk, nor --params")
    parameters = read_parameters(path)
    if parameters.asset != asset:
        raise click.BadParameter(f"--params: {path}: asset: {parameters.asset}, not {asset}")
    for name in prices:
        other = asset_of(name)
        if other != asset and path_of(other).is_file():
            raise click.BadParameter(f"{name}: prices of {other} by its name, not of {asset}")
    return parameters


@contextmanager
def _bar(title: str) -> Iterator[Callable[[int, int], None]]:
    """Show how many bars of how many are done."""
    with progress_bars("{task.completed:,d} bars") as display:
        task = display.add_task(title, total=None)
        yield lambda done, total: display.update(task, completed=done, total=total)


__all__ = ["cli", "oracle_sim"]

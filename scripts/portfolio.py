"""`ape run portfolio`: what portfolio margin covers on real bars, and how correlated assets are."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Any

import click

from scripts._command import Command, Group, check_folders, json_option, put_json

if TYPE_CHECKING:
    from oracle_sim.backtest.portfolio import Margin, Verdict

SPANS = {"60 s": 60, "5 min": 300, "1 h": 3_600, "1 d": 86_400}
LEAST_DAYS = 10  # that two feeds must share, for a correlation of daily returns


class File(click.ParamType):
    """`BTC=prices.csv.gz`."""

    name = "ASSET=FILE"

    def convert(self, value: Any, param: Any, ctx: Any) -> tuple[str, str]:
        """Asset, and path."""
        if isinstance(value, tuple):
            return value
        asset, _, path = str(value).partition("=")
        if not asset or not path:
            self.fail(f"{value!r} is not ASSET=FILE")
        return asset, path


@click.group(cls=Group)
def cli() -> None:
    """Portfolio margin on real data; see docs/risk.md."""


@cli.command(cls=Command)
@click.option(
    "--prices",
    type=File(),
    required=True,
    multiple=True,
    help="Bars of an asset; repeatable, several files an asset.",
)
@click.option("--config", default="demo", show_default=True, help="Where delta, floor, shocks are.")
@json_option
def replay(prices: tuple[tuple[str, str], ...], config: str, json_file: str | None) -> None:
    """Books of several assets under portfolio and standard margin.

    Lines come from config/risk/NAME.yaml by the exact mirror, sampled at every close. An exception
    is a loss within the next hour beyond the margin.
    """
    from rich.console import Console

    from chain.config import load_config
    from chain.errors import ConfigError
    from oracle_sim.backtest.portfolio import Rules, judge_books
    from oracle_sim.backtest.portfolio_market import read_market

    started = time.monotonic()
    check_folders(json=json_file)
    files: dict[str, list[str]] = {}
    for asset, path in prices:
        files.setdefault(asset, []).append(path)
    parameters = load_config(config)
    for asset in files:
        if asset not in parameters.assets:
            raise ConfigError(f"{parameters.path.name}: assets: no {asset}")
    rules = Rules(
        parameters.risk["breakdown"] / 10_000,
        parameters.risk["floor"] / 10_000,
        {asset: [shock / 100 for shock in parameters.shocks(asset)] for asset in files},
        {asset: parameters.assets[asset].risk["haircut_floor"] / 10_000 for asset in files},
    )
    console = Console(stderr=True, width=100)
    with console.status("reading") as status:
        market = read_market(files, lambda asset: status.update(f"lines of {asset}"))
        status.update("judging books")
        verdicts = judge_books(market, rules)
    document = {
        "assets": list(files),
        "books": {verdict.book: _numbers(verdict) for verdict in verdicts},
        "seconds": round(time.monotonic() - started, 1),
    }
    if put_json(json.dumps(document, indent=2), json_file):
        return
    _print_table(verdicts)
    click.echo(f"{document['seconds']} s")


@cli.command(cls=Command)
@click.option(
    "--rounds",
    type=File(),
    required=True,
    multiple=True,
    help="Oracle rounds of an asset; exactly two.",
)
@json_option
def correlation(rounds: tuple[tuple[str, str], ...], json_file: str | None) -> None:
    """How correlated two oracle feeds are, by how often they are looked at."""
    import numpy as np

    from oracle_sim.backtest.portfolio_market import realised_correlation
    from oracle_sim.backtest.series import DAY
    from oracle_sim.rounds import read_rounds
    from oracle_sim.tables import InputError

    check_folders(json=json_file)
    if len(rounds) != 2:
        raise click.BadParameter("--rounds: exactly two are compared")
    feeds = [read_rounds(path) for _, path in rounds]
    times = [feed.updated_at for feed in feeds]
    days = (min(int(t[-1]) for t in times) - max(int(t[0]) for t in times)) // DAY
    if days < LEAST_DAYS:
        reason = f"{max(0, days)} days in common with {feeds[1].file}, at least {LEAST_DAYS}"
        raise InputError(feeds[0].file, f"too little data: {reason}", field="updated_at")
    prices = [np.array(feed.answer, dtype=np.float64) for feed in feeds]
    found = {
        name: round(realised_correlation(times, prices, every), 4) for name, every in SPANS.items()
    }
    assets = [asset for asset, _ in rounds]
    if put_json(json.dumps({"assets": assets, "correlation": found}, indent=2), json_file):
        return
    for name, value in found.items():
        click.echo(f"{name:>6}  {value:.2f}")


def _numbers(verdict: Verdict) -> dict[str, Any]:
    def margin(found: Margin) -> dict[str, float]:
        return {
            "coverage": round(found.coverage, 6),
            "exceptions": round((1 - found.coverage) * verdict.observations),
            "average": round(found.average, 5),
            "worst_exceedance": round(found.worst_exceedance, 5),
        }

    return {
        "observations": verdict.observations,
        "standard": margin(verdict.standard),
        "portfolio": margin(verdict.portfolio),
        "portfolio_wicks": margin(verdict.portfolio_wicks),
        "standard_at_same_coverage": round(verdict.same_coverage, 5),
        "ratio": round(verdict.portfolio.average / verdict.standard.average, 3),
    }


def _print_table(verdicts: list[Verdict]) -> None:
    from rich.console import Console
    from rich.table import Table

    table = Table(title="margin of a book of gross value 1: coverage, average, worst exceedance")
    table.add_column("book")
    for name in ("standard", "portfolio", "of the standard", "every leg at its worst wick"):
        table.add_column(name, justify="right")
    for verdict in verdicts:
        table.add_row(
            verdict.book,
            _cell(verdict.standard),
            _cell(verdict.portfolio),
            f"{verdict.portfolio.average / verdict.standard.average:.2f}",
            f"{verdict.portfolio_wicks.coverage:.2%}",
        )
    Console(width=120).print(table)


def _cell(margin: Margin) -> str:
    return f"{margin.coverage:.3%}  {margin.average:.2%}  {margin.worst_exceedance:.1%}"

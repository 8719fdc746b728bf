"""`ape run frontier`: which aims of the line exclude each other, and which tail pays."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Any

import click

import chain
import oracle_sim
from scripts._command import (
    Command,
    check_folders,
    json_option,
    moving_bar,
    prices_option,
    put_json,
)

if TYPE_CHECKING:
    from rich.table import Table


@click.command(cls=Command)
@prices_option
@json_option
def cli(prices: tuple[str, ...], json_file: str | None) -> None:
    """Show what other calibrations of the line would reach on these prices.

    First, candidates of other stated coverages, memories and floors, fitted in hindsight: today's
    shape, and those that go farthest for one aim each. Then tails: filtered-historical, Student's
    t, and a line for each side, fitted on the past and judged on the quarter after it.
    """
    from rich.console import Console

    from oracle_sim.backtest.parameters import path_of, read_parameters
    from oracle_sim.bars import by_asset
    from oracle_sim.calibration import frontier, tails
    from oracle_sim.calibration.data import STANDARD, prepare

    started = time.monotonic()
    check_folders(json=json_file)
    files = by_asset(prices)
    for asset, named in files.items():
        if not path_of(asset).is_file():
            reason = f"{asset} by its name, and no {asset}.yaml in config/risk"
            raise click.BadParameter(f"--prices: {named[0]}: {reason}")
    levels = frontier.LEVELS
    data = {asset: prepare(asset, each, STANDARD, max(levels)) for asset, each in files.items()}
    assets: dict[str, Any] = {}
    with moving_bar("starting") as shown:
        for asset, each in data.items():
            parameters = read_parameters(path_of(asset))
            now = frontier.shape_of(parameters, each)
            found, every = {}, []
            for level in levels:
                shapes = tuple(dict.fromkeys((now, *frontier.SHAPES)))
                points = frontier.frontier(each, level, shapes, shown)
                chosen = {"today's shape": points[0]} | frontier.extremes(points)
                every += [{"stated": level} | frontier.to_numbers(point) for point in points]
                found[f"{level:.2%}"] = {
                    name: frontier.to_numbers(point) for name, point in chosen.items()
                }
            compared = tails.compare(each, now, parameters.level, shown)
            assets[asset] = {
                "frontier": found,
                "points": every,
                "tails": {name: vars(tail) for name, tail in compared.items()},
            }
    seconds = round(time.monotonic() - started, 1)
    if put_json(json.dumps({"assets": assets, "seconds": seconds}, indent=2), json_file):
        return
    for asset, document in assets.items():
        for table in (_frontier_table(asset, document["frontier"]), _tails_table(asset, document)):
            Console(width=140).print(table)
    click.echo(f"{seconds} s")


def _frontier_table(asset: str, levels: dict[str, Any]) -> Table:
    from rich.table import Table

    table = Table(title=f"{asset}: what the rules allow, in hindsight", title_justify="left")
    table.add_column("stated")
    table.add_column("candidate")
    for name in (
        *("b, floor", "κ", "average", "/ static", "worst / static", "Kupiec p", "Christoffersen p"),
        "coverage of years",
    ):
        table.add_column(name, justify="right")
    for level, candidates in levels.items():
        for name, point in candidates.items():
            table.add_row(
                level,
                name,
                f"{point['weight_long']:g}, {point['floor_share']:g}",
                f"{point['kappa']:.2f}",
                f"{point['mean_margin']:.2%}",
                f"{point['margin_to_static']:.3f}",
                f"{point['worst_exceedance_to_static']:.2f}",
                f"{point['kupiec_p']:.2f}",
                f"{point['christoffersen_p']:.3f}",
                f"{point['coverage_worst_year']:.3%} to {point['coverage_best_year']:.3%}",
            )
        table.add_section()
    return table


def _tails_table(asset: str, document: dict[str, Any]) -> Table:
    from rich.table import Table

    title = f"{asset}: tails, fitted on the past and judged on the quarter after it"
    table = Table(title=title, title_justify="left")
    table.add_column("tail")
    for name in ("coverage", "average", "to be multiplied by", "average then"):
        table.add_column(name, justify="right")
    for name, tail in document["tails"].items():
        table.add_row(
            name,
            f"{tail['coverage']:.3%}",
            f"{tail['margin']:.2%}",
            f"{tail['stretch']:.3f}",
            f"{tail['level_margin']:.2%}",
        )
    return table


__all__ = ["chain", "cli", "oracle_sim"]

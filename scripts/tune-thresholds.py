"""`ape run tune-thresholds`: looks for thresholds of liquidation, several goals at once."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import TYPE_CHECKING

import click

import chain
import oracle_sim
from chain.artifacts import ROOT
from scripts._command import (
    PATHS,
    Command,
    check_folders,
    json_option,
    progress_bars,
    put_json,
    worker_options,
)

if TYPE_CHECKING:
    from oracle_sim.simulation import Simulation
    from oracle_sim.tuning.search import Found

REPORTS = ROOT / "build" / "tune"
BROKEN = 1  # exit code when a path could not be played or an invariant failed


@click.command(cls=Command)
@click.option(
    "--scenario",
    multiple=True,
    metavar="NAME",
    default=("severe",),
    show_default=True,
    help="A file, or the name of one in config/scenarios/ without its ending; may be repeated.",
)
@click.option(
    "--candidates",
    type=click.IntRange(1, 10_000),
    default=16,
    show_default=True,
    help="Of each round.",
)
@click.option(
    "--rounds",
    type=click.IntRange(1, 100),
    default=2,
    show_default=True,
    help="The first is spread evenly, each further one surrounds the front so far.",
)
@click.option(
    "--paths",
    type=click.IntRange(2, 100_000),
    default=8,
    show_default=True,
    help="Of each scenario for each candidate.",
)
@click.option("--seed", type=click.IntRange(0, 2**31), default=1, show_default=True)
@worker_options
@click.option(
    "--journal",
    metavar="FILE",
    help="Results are appended here, and those found here are not played again.",
)
@json_option
@click.option(
    "--report", "report_file", help="Write the page here; build/tune/NAMES.html otherwise."
)
def cli(
    scenario: tuple[str, ...],
    candidates: int,
    rounds: int,
    paths: int,
    seed: int,
    workers: int,
    scheduler: str | None,
    journal: str | None,
    json_file: str | None,
    report_file: str | None,
) -> None:
    """Search buffers, the incentive's course, phases and penalty over the simulator.

    Goals: leverage given to users, against bad debt, liquidated notional and false liquidations.
    Every candidate plays the same paths. Shows those that no other candidate beats in everything,
    beside what is configured. A journal belongs to one version of contracts and scenarios.
    """
    from rich.console import Console

    from oracle_sim.ensemble import PathError
    from oracle_sim.simulation import read_simulation
    from oracle_sim.tuning import page
    from oracle_sim.world import protocol_config

    started = time.monotonic()
    check_folders(json=json_file, report=report_file, journal=journal)
    simulations = [read_simulation(name) for name in dict.fromkeys(scenario)]
    for simulation in simulations:
        protocol_config(simulation)  # what is wrong with it is said before anything starts
    names = "-".join(simulation.name for simulation in simulations)
    target = REPORTS / f"{names}.html" if report_file is None else Path(report_file)
    try:
        found = _run(simulations, candidates, rounds, paths, seed, workers, scheduler, journal)
    except PathError as error:
        click.echo(str(error), err=True)
        raise SystemExit(BROKEN) from None
    page.write(found, target)
    document = page.to_document(found, time.monotonic() - started)
    if not put_json(json.dumps(document, indent=2), json_file):
        Console(width=190).print(page.to_table(found))
        click.echo(f"{document['seconds']} s, report in {target}")
    unsound = [each.candidate for each in found.scored if not each.sound]
    for each in unsound[:10]:
        click.echo(f"an invariant failed or an account was stuck under {each}", err=True)
    if unsound:
        raise SystemExit(BROKEN)


def _run(
    simulations: list[Simulation],
    candidates: int,
    rounds: int,
    paths: int,
    seed: int,
    workers: int,
    scheduler: str | None,
    journal: str | None,
) -> Found:
    """Search with a bar for those who wait."""
    from oracle_sim.tuning.search import search

    title = f"tuning on {', '.join(simulation.name for simulation in simulations)}"
    with progress_bars(PATHS) as display:
        task = display.add_task(title, total=len(simulations) * paths * (1 + rounds * candidates))
        return search(
            simulations,
            candidates,
            rounds,
            paths,
            seed,
            workers,
            scheduler,
            None if journal is None else Path(journal),
            lambda done, total: display.update(task, completed=done, total=total),
        )


__all__ = ["chain", "cli", "oracle_sim"]

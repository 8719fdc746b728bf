"""`ape run simulate`: plays many random paths of a scenario against the whole protocol."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import TYPE_CHECKING

import click

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
    from oracle_sim.ensemble import PathResult
    from oracle_sim.ensemble_summary import Ensemble
    from oracle_sim.simulation import Simulation

REPORTS = ROOT / "build" / "simulate"
BROKEN = 1  # exit code when an invariant failed or an account was stuck


@click.command(cls=Command)
@click.option(
    "--scenario",
    required=True,
    metavar="NAME",
    help="A file, or the name of one in config/scenarios/ without its ending.",
)
@click.option("--paths", type=click.IntRange(1, 1_000_000), default=100, show_default=True)
@click.option(
    "--seed",
    type=click.IntRange(0, 2**62),
    default=1,
    show_default=True,
    help="Of the first path; each further path takes the next one.",
)
@worker_options
@json_option
@click.option(
    "--report", "report_file", help="Write the page here; build/simulate/NAME.html otherwise."
)
def cli(
    scenario: str,
    paths: int,
    seed: int,
    workers: int,
    scheduler: str | None,
    json_file: str | None,
    report_file: str | None,
) -> None:
    """Play random market paths with agents through the deployed bytecode.

    Every path draws its own prices, faults and crowd from its seed; I1, I2 and I3 are checked after
    every block. Shows bad debt, fund use, liquidated notional, time under water and how procyclical
    the lines were: mean, 95 %, 99 %, expected shortfall. Exit code 1 names the seed of a path on
    which something broke.
    """
    from rich.console import Console

    from oracle_sim import ensemble_report, ensemble_summary
    from oracle_sim.ensemble import PathError, play
    from oracle_sim.simulation import read_simulation
    from oracle_sim.world import protocol_config

    check_folders(json=json_file, report=report_file)
    simulation = read_simulation(scenario)
    protocol_config(simulation)  # what is wrong with it is said before anything starts
    page = REPORTS / f"{simulation.name}.html" if report_file is None else Path(report_file)
    try:
        ensemble = _run(simulation, paths, seed, workers, scheduler)
        ensemble_report.write(ensemble, play(simulation, ensemble.worst.seed), page)
    except PathError as error:
        click.echo(str(error), err=True)
        raise SystemExit(BROKEN) from None
    document = ensemble_summary.to_document(ensemble)
    if not put_json(json.dumps(document, indent=2), json_file):
        Console(width=120).print(ensemble_summary.to_table(ensemble))
        click.echo(f"{document['seconds']} s, report in {page}")
    for line in ensemble_summary.failure_lines(ensemble):
        click.echo(line, err=True)
    if ensemble.unsound:
        raise SystemExit(BROKEN)


def _run(
    simulation: Simulation, paths: int, seed: int, workers: int, scheduler: str | None
) -> Ensemble:
    """Play all paths with a bar for those who wait."""

    from oracle_sim.ensemble import run_paths, world_of
    from oracle_sim.ensemble_summary import Ensemble

    workers = min(workers, paths)
    world_of(simulation)  # compiles once what every worker needs; the worst path is played here
    started = time.monotonic()
    results: list[PathResult] = []
    with progress_bars(PATHS) as display:
        task = display.add_task(f"playing {simulation.name}", total=paths)
        for result in run_paths(simulation, paths, seed, workers, scheduler):
            results.append(result)
            display.update(task, completed=len(results))
    results.sort(key=lambda result: result.seed)  # the same whoever was first
    seconds = time.monotonic() - started
    here = workers if scheduler is None else None
    return Ensemble(simulation, seed, tuple(results), here, seconds)


__all__ = ["cli", "oracle_sim"]

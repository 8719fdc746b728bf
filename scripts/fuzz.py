"""`ape run fuzz`: acts on the whole protocol at random, watched by every invariant."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import click

import chain
from chain.artifacts import ROOT
from scripts._command import (
    Command,
    Real,
    check_folders,
    json_option,
    progress_bars,
    put_json,
    put_repository_first,
    worker_options,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from rich.table import Table

    from tests.fuzz.campaign import Report

FOUND = 1  # exit code when something did not hold
SHOWN = 12  # rows of a table


@click.command(cls=Command)
@click.option(
    "--minutes",
    type=Real(min=0, min_open=True),
    default=1.0,
    show_default=True,
    help="How long at most.",
)
@click.option(
    "--steps", type=click.IntRange(min=1), help="How many at most; as many as there is time for."
)
@worker_options
@click.option("--seed", type=click.IntRange(0, 2**62), default=1, show_default=True)
@json_option
def cli(
    minutes: float,
    steps: int | None,
    workers: int,
    seed: int,
    scheduler: str | None,
    json_file: str | None,
) -> None:
    """Act on the deployed bytecode at random and assert every invariant after every step.

    Each episode draws its steps from its own seed: the same seed finds the same failures, on any
    number of workers. A failure is shrunk and written to build/fuzz/ as a test that replays it, in
    process or on a node. Exit code 1 when there was one.
    """
    put_repository_first()

    from rich.console import Console

    from tests.fuzz import campaign

    check_folders(json=json_file)
    chain.load_artifacts().compile_all(
        min(workers, os.cpu_count() or 1)
    )  # once, not by each worker
    with _progress(minutes, steps) as progress:
        report = campaign.run(seed, 60 * minutes, workers, scheduler, steps, progress)
    document = report.to_document()
    if not put_json(json.dumps(document, indent=2), json_file):
        console = Console(width=100)
        for table in _tables(document):
            console.print(table)
        click.echo(
            f"{document['steps']:,} steps, {document['transactions']:,} transactions in "
            f"{document['seconds']} s: {document['tx_per_second']:,} a second, "
            f"{document['tx_per_second_and_core']:,} a second and core"
        )
    for failure in report.failures[:SHOWN]:
        click.echo(f"{failure.name}: {failure.message}", err=True)
    for path in report.files:
        click.echo(f"pytest {path.relative_to(ROOT)}", err=True)
    if report.failures:
        raise SystemExit(FOUND)


@contextmanager
def _progress(minutes: float, steps: int | None) -> Iterator[Callable[[Report], None]]:
    """Show how far a campaign is, by steps if they are counted, else by the clock."""
    with progress_bars("{task.fields[done]}") as display:
        task = display.add_task("fuzzing", total=steps or 60 * minutes, done="")

        def update(report: Report) -> None:
            tally = report.tally
            display.update(
                task,
                completed=tally.steps if steps else report.seconds,
                done=f"{tally.steps:,} steps, {len(report.failures)} failures",
            )

        yield update


def _tables(document: dict[str, Any]) -> list[Table]:
    """What was done, why it reverted, what was asserted."""
    from rich.table import Table

    tables = []
    for title, shares in (("steps by kind", "mix"), ("steps by revert reason", "reasons")):
        table = Table("", "share", title=title, title_justify="left")
        for name, share in list(document[shares].items())[:SHOWN]:
            table.add_row(name or "without a reason", f"{100 * share:.2f} %")
        tables.append(table)
    table = Table("", "checks", title="invariants", title_justify="left")
    for name, count in document["invariants"].items():
        table.add_row(name, f"{count:,}")
    return [*tables, table]

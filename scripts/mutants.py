"""`ape run mutants`: small mistakes in the contracts, and whether the tests notice them."""

from __future__ import annotations

import json
import signal
import time
from pathlib import Path
from typing import TYPE_CHECKING

import click

import chain
from chain.artifacts import ROOT
from scripts._command import (
    Command,
    check_folders,
    json_option,
    progress_bars,
    put_json,
    put_repository_first,
)

put_repository_first()

import tests.mutants  # noqa: E402

if TYPE_CHECKING:
    from tests.mutants.attack import Baseline
    from tests.mutants.results import Result, Results

RESULTS = ROOT / "build" / "mutants" / "results.jsonl"
BASELINE = RESULTS.with_name("baseline.json")
KINDS = tests.mutants.KINDS


@click.command(cls=Command)
@click.option("--count", type=click.IntRange(min=1), help="How many; all there are without.")
@click.option("--seed", type=click.IntRange(min=0), default=1, show_default=True)
@click.option(
    "--kind", "kinds", multiple=True, type=click.Choice(KINDS), help="Of this kind; repeatable."
)
@click.option("--file", "files", multiple=True, help="Part of a contract's path; repeatable.")
@json_option
@click.option(
    "--results",
    "results_file",
    type=click.Path(path_type=Path, dir_okay=False),
    default=RESULTS,
    help="What is known already; build/mutants/results.jsonl by default.",
)
@click.option("--resume/--anew", default=True, show_default=True, help="Use what is known already.")
@click.option("--workers", type=click.IntRange(1, 64), default=2, show_default=True)
def cli(
    count: int | None,
    seed: int,
    kinds: tuple[str, ...],
    files: tuple[str, ...],
    json_file: str | None,
    results_file: Path,
    resume: bool,
    workers: int,
) -> None:
    """Make one mistake at a time in the contracts and see whether a test fails.

    Mistakes are drawn over all lines of all files, every file getting its share. Each stops at the
    first test that fails. A run that is interrupted goes on where it was. Nothing is attacked while
    a test fails on the contracts as they are.
    """
    from rich.console import Console

    from tests.mutants import report
    from tests.mutants.draw import Draw
    from tests.mutants.mutant import find_mutants, source_files
    from tests.mutants.results import Results
    from tests.mutants.workspace import hash_of_tests

    started = time.monotonic()
    check_folders(json=json_file)
    chosen = [f for f in source_files(ROOT) if not files or any(part in f for part in files)]
    found = {
        file: [m for m in find_mutants(ROOT, file) if not kinds or m.kind in kinds]
        for file in chosen
    }
    draw = Draw({file: mutants for file, mutants in found.items() if mutants}, count, seed)
    if not draw.total:
        raise click.BadParameter("--file, --kind: no mutant fits")
    explanations = report.load_explanations()
    results = Results(results_file, hash_of_tests(ROOT))
    if not resume:
        results.forget()

    done, baseline = _attack(draw, results, workers)
    seconds = round(time.monotonic() - started, 1)
    facts = {
        "seed": seed,
        "drawn": "all" if count is None else count,
        "tests": len(baseline.seconds),
        "workers": workers,
        "seconds": seconds,
    }
    document = report.to_document(done, explanations, **facts)
    if put_json(json.dumps(document, indent=1, ensure_ascii=False), json_file):
        return
    Console(width=110).print(report.to_table(document))
    for survivor in document["survivors"]:
        click.echo(f"\nsurvived: {survivor['id']} ({survivor['kind']})\n{survivor['diff']}")


def _attack(
    draw: tests.mutants.draw.Draw, results: Results, count: int
) -> tuple[list[Result], Baseline]:
    """Attack with a bar for those who wait."""
    from tests.mutants import attack
    from tests.mutants.workspace import hash_of_contracts

    # Stopped is stopped, by whatever signal: the workers and their copies go.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    key = f"{results.tests} {hash_of_contracts(ROOT)}"
    counted = "{task.completed} of {task.total}, {task.fields[survived]} survived"
    with progress_bars(counted) as display:
        chain.load_artifacts(ROOT).compile_all(count)
        task = display.add_task("timing the tests", total=draw.total, survived=0)
        with attack.started(ROOT, count) as workers:
            baseline = attack.Baseline.load(BASELINE, key)
            if baseline is None:
                baseline = workers[0].baseline()
                baseline.save(BASELINE, key)
            display.update(task, description="attacking")

            def advance(result: Result) -> None:
                if result.counts:
                    survived = display.tasks[task].fields["survived"] + result.survived
                    display.update(task, advance=1, survived=survived)
                if result.survived:
                    display.print(f"survived: {result.mutant.id}", highlight=False)

            return attack.run(draw, results, workers, baseline, advance), baseline

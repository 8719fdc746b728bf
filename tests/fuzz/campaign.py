"""The campaign driver: episodes by the thousand, on several cores or a cluster, without overhead a
step."""

from __future__ import annotations

import gc
import os
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from chain.artifacts import ROOT
from oracle_sim.workers import run_tasks
from tests.fuzz.episode import STEPS, Failure, Stage, Tally
from tests.fuzz.export import FOLDER, write_test
from tests.fuzz.shrink import shrink

EPISODES = 8
"""Of a task: a fraction of a second of work, so that a campaign ends in time."""
MOST_WRITTEN = 10
"""Failures of different names that are shrunk and written; all are counted."""
_COLLECT_EVERY = 100_000
"""Objects more than were freed, before the garbage collector looks at them."""

_stage: Stage | None = None


@dataclass(frozen=True)
class Task:
    """Episodes for one worker, each by its own seed."""

    seed: int
    episodes: int = EPISODES
    steps: int = STEPS


@dataclass
class Result:
    """What a task did, and how its episodes failed."""

    tally: Tally = field(default_factory=Tally)
    failures: list[Failure] = field(default_factory=list)


@dataclass
class Report:
    """A campaign.

    Attributes
    ----------
    seconds : float
        By the clock on the wall.
    failures : list of Failure
        Shrunk where a file was written.
    files : list of Path
        Tests that replay them.
    """

    seed: int
    workers: int
    seconds: float = 0.0
    tally: Tally = field(default_factory=Tally)
    failures: list[Failure] = field(default_factory=list)
    files: list[Path] = field(default_factory=list)

    def to_document(self) -> dict[str, Any]:
        """As it is written by --json."""
        tally = self.tally
        return {
            "steps": tally.steps,
            "transactions": tally.transactions,
            "tx_per_second": _rate(tally.transactions, self.seconds),
            "tx_per_second_and_core": _rate(tally.transactions, tally.cpu_seconds),
            "evm_tx_per_second_and_core": _rate(tally.transactions, tally.evm_seconds),
            "steps_per_second": _rate(tally.steps, self.seconds),
            "gas_per_second": _rate(tally.gas, self.seconds),
            "workers": self.workers,
            "seed": self.seed,
            "episodes": tally.episodes,
            "seconds": round(self.seconds, 1),
            "failures": [
                {"name": f.name, "message": f.message, "seed": f.seed, "steps": len(f.steps)}
                for f in self.failures
            ],
            "files": [os.path.relpath(path, ROOT) for path in self.files],
            "succeeded": _share(tally.succeeded, tally.steps),
            "mix": _shares(tally.mix, tally.steps),
            "reasons": _shares(tally.reasons, tally.steps),
            "invariants": dict(sorted(tally.invariants.items())),
        }


def _rate(count: int, seconds: float) -> int:
    return round(count / seconds) if seconds > 0 else 0


def _share(count: int, of: int) -> float:
    return round(count / of, 5) if of else 0.0


def _shares(counts: Any, of: int) -> dict[str, float]:
    return {name: _share(count, of) for name, count in counts.most_common()}


def work(task: Task) -> Result:
    """Do a task in this process, whose world outlives it."""
    global _stage  # noqa: PLW0603 (a worker has one world, and a task must be picklable)
    if _stage is None:
        _stage = Stage()
        # a step leaves hardly anything behind that counting references does not free
        gc.freeze()
        gc.set_threshold(_COLLECT_EVERY)
    result = Result()
    for index in range(task.episodes):
        failure = _stage.run(task.seed + index, task.steps, result.tally)
        if failure is not None:
            result.failures.append(failure)
    return result


def tasks(seed: int, until: float, steps: int | None, length: int = STEPS) -> Iterator[Task]:
    """Tasks until the clock or the number of steps says stop.

    Parameters
    ----------
    seed : int
        Of the campaign: no two campaigns share an episode.
    until : float
        On the monotonic clock [s].
    steps : int, optional
        In all.
    length : int
        Steps of an episode.
    """
    first = seed << 40
    drawn = 0
    while time.monotonic() < until and (steps is None or drawn < steps):
        episodes = EPISODES
        if steps is not None:
            length = min(length, steps - drawn)
            episodes = min(EPISODES, (steps - drawn) // length)
        yield Task(first, episodes, length)
        first += episodes
        drawn += episodes * length


def run(
    seed: int,
    seconds: float,
    workers: int,
    scheduler: str | None = None,
    steps: int | None = None,
    progress: Callable[[Report], None] | None = None,
    folder: Path = FOLDER,
) -> Report:
    """A whole campaign.

    Parameters
    ----------
    seed : int
    seconds : float
        How long at most.
    workers : int
        Processes of this machine.
    scheduler : str, optional
        Address of a Dask scheduler, whose workers do it instead.
    steps : int, optional
        How many at most.
    progress : callable, optional
        Told whenever a task is done.
    folder : Path
        Where tests of failures go.
    """
    report = Report(seed, workers)
    started = time.monotonic()
    queue = tasks(seed, started + seconds, steps)
    for result in run_tasks(work, queue, workers, scheduler):
        report.tally.add(result.tally)
        report.failures += result.failures
        report.seconds = time.monotonic() - started
        if progress is not None:
            progress(report)
    _write(report, folder)
    return report


def _write(report: Report, folder: Path) -> None:
    """Shrink and write one failure of each name."""
    stage: Stage | None = None
    seen: set[str] = set()
    for place, failure in enumerate(report.failures):
        if failure.name not in seen and len(seen) < MOST_WRITTEN:
            seen.add(failure.name)
            stage = stage or Stage(full_every=1)
            report.failures[place] = shrink(failure, stage)
            report.files.append(write_test(report.failures[place], folder))


def run_fixed(seed: int, steps: int) -> None:
    """A number of steps in this process, always the same ones.

    Raises
    ------
    Violation
        The first failure.
    """
    from tests.fuzz.step import Violation

    stage, tally, episode = Stage(), Tally(), seed << 40
    while tally.steps < steps:
        failure = stage.run(episode, min(STEPS, steps - tally.steps), tally)
        if failure is not None:
            raise Violation(failure.name, f"{failure.message} (episode {failure.seed})")
        episode += 1

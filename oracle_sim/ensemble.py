"""Many paths of one scenario, each against a protocol of its own, on as many cores as there are.

A path is its seed: path i of a run with seed S has seed S + i, wherever and in whatever order it
is played, and a run of one path with that seed plays the same path again.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from chain.errors import PlimsollError
from oracle_sim.drawing import draw_course, draw_disturbances
from oracle_sim.market import Market
from oracle_sim.outcome import Outcome
from oracle_sim.path_metrics import measure_path
from oracle_sim.simulation import Simulation
from oracle_sim.workers import run_tasks
from oracle_sim.world import World

MAX_FAILURES = 10
"""Kept of a path: what breaks an invariant mostly breaks it in every later block too."""

_PRICES, _FAULTS = 1, 2  # streams of a path's random numbers besides the crowd's


class PathError(PlimsollError):
    """A path could not be played to its end: the protocol or the chain refused what must work."""


class PathTask(NamedTuple):
    """One path to play."""

    simulation: Simulation
    seed: int


@dataclass(frozen=True)
class PathResult:
    """What is kept of a path.

    Attributes
    ----------
    seed : int
    values : dict of str to float
        As `path_metrics.measure_path`.
    blocks, transactions, checks : int
        The last one: how often the invariants were checked.
    failures : tuple of str
        What broke an invariant, a line each.
    stuck : tuple of int
        Accounts the keeper could not help although prices were usable.
    """

    seed: int
    values: dict[str, float]
    blocks: int
    transactions: int
    checks: int
    failures: tuple[str, ...]
    stuck: tuple[int, ...]

    @property
    def is_sound(self) -> bool:
        """Whether nothing broke."""
        return not self.failures and not self.stuck


_deployed: list[tuple[Simulation, World]] = []
"""What this process has deployed last."""


def world_of(simulation: Simulation) -> World:
    """The world of a scenario, compiled and deployed when this process needs it first."""
    if not _deployed or _deployed[0][0] != simulation:
        _deployed[:] = [(simulation, World(simulation))]
    return _deployed[0][1]


def forget_world() -> None:
    """Let the next path deploy anew."""
    _deployed.clear()


def play(simulation: Simulation, seed: int) -> Outcome:
    """Play one path.

    Parameters
    ----------
    simulation : Simulation
    seed : int
        Of the path.

    Raises
    ------
    PathError
    """
    world = world_of(simulation)
    world.reset()
    course = draw_course(simulation, world.prices, np.random.default_rng((seed, _PRICES)))
    disturbances = draw_disturbances(simulation, np.random.default_rng((seed, _FAULTS)))
    crowd = simulation.agents.model_copy(update={"seed": seed})
    try:
        return Market(
            course, crowd, world.deployment, world.config, disturbances, world.sequencer
        ).run()
    except PlimsollError as error:
        raise PathError(f"path of seed {seed} (--paths 1 --seed {seed}): {error}") from error


def run_path(task: PathTask) -> PathResult:
    """Play one path and keep its numbers."""
    outcome = play(task.simulation, task.seed)
    return PathResult(
        seed=task.seed,
        values=measure_path(outcome),
        blocks=outcome.blocks,
        transactions=outcome.transactions,
        checks=outcome.checks,
        failures=tuple(outcome.failures[:MAX_FAILURES]),
        stuck=outcome.stuck,
    )


def run_paths(
    simulation: Simulation, paths: int, seed: int, workers: int, scheduler: str | None = None
) -> Iterator[PathResult]:
    """Play `paths` paths; results come as they complete."""
    tasks = (PathTask(simulation, seed + i) for i in range(paths))
    return run_tasks(run_path, tasks, workers, scheduler)

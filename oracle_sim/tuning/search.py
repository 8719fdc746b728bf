"""The search: an even design first, then neighbours of what no other candidate beats."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

import numpy as np

from chain.errors import PlimsollError
from chain.files import write_whole
from oracle_sim.simulation import Simulation
from oracle_sim.tuning.candidates import Candidate, Floats, configured, design, neighbours
from oracle_sim.tuning.watch import MEASURES, TuneResult, TuneTask, run_path
from oracle_sim.workers import run_tasks

SIGNS = np.array([-1.0, 1.0, 1.0, 1.0])
"""Of `MEASURES`: with these each goal is to be small."""

Key = tuple[str, Candidate, int]
"""Scenario, candidate, seed."""


class JournalError(PlimsollError):
    """A journal cannot be read."""


@dataclass(frozen=True)
class Scored:
    """A candidate and what it came to.

    Attributes
    ----------
    candidate : Candidate
    mean : float64 array, shape (4,)
        Of each of `MEASURES`, over all scenarios and paths.
    difference, error : float64 array, shape (4,)
        Mean difference to the configured candidate on the same paths, and its standard error.
    sound : bool
        On every path.
    """

    candidate: Candidate
    mean: Floats
    difference: Floats
    error: Floats
    sound: bool


@dataclass(frozen=True)
class Found:
    """A finished search.

    Attributes
    ----------
    scenarios : tuple of str
    paths, seed : int
        Paths of each scenario and the seed of the first.
    scored : tuple of Scored
        All candidates; the configured one first.
    """

    scenarios: tuple[str, ...]
    paths: int
    seed: int
    scored: tuple[Scored, ...] = field(repr=False)

    @property
    def front(self) -> tuple[Scored, ...]:
        """Sound candidates that none beats in everything, by leverage."""
        sound = [each for each in self.scored if each.sound]
        chosen = undominated(np.array([each.mean for each in sound]) * SIGNS) if sound else []
        return tuple(sorted((sound[i] for i in chosen), key=lambda each: float(each.mean[0])))

    @property
    def better(self) -> tuple[Scored, ...]:
        """Of the front, those at least as good as the configured one in every goal."""
        now = self.scored[0].mean * SIGNS
        return tuple(
            each
            for each in self.front
            if each is not self.scored[0] and (each.mean * SIGNS <= now).all()
        )


def undominated(goals: Floats) -> list[int]:
    """Rows that no other row beats: as small in everything and smaller in something.

    Parameters
    ----------
    goals : float64 array, shape (n, goals)
    """
    found = []
    for i, row in enumerate(goals):
        beats = (goals <= row).all(axis=1) & (goals < row).any(axis=1)
        if not beats.any():
            found.append(i)
    return found


def search(
    simulations: Sequence[Simulation],
    candidates: int,
    rounds: int,
    paths: int,
    seed: int,
    workers: int,
    scheduler: str | None = None,
    journal: Path | None = None,
    progress: Callable[[int, int], object] | None = None,
) -> Found:
    """Look for thresholds.

    Parameters
    ----------
    simulations : sequence of Simulation
        Of one protocol.
    candidates : int
        Of each round, the configured one not counted.
    rounds : int
        The first is an even design, each further one surrounds the front of those before.
    paths : int
        Of each scenario for each candidate, the same for all.
    seed : int
        Of the first path, the design and the neighbours.
    workers : int
    scheduler : str, optional
        As `run_tasks`.
    journal : path, optional
        Results are appended there, and what is there already is not played again.
    progress : callable, optional
        Told how many paths of how many are done.
    """
    protocols = {simulation.protocol for simulation in simulations}
    if len(protocols) != 1:
        raise PlimsollError(f"scenarios: of {len(protocols)} protocols, {', '.join(protocols)}")
    rng = np.random.default_rng(seed)
    known = _read(journal) if journal is not None and journal.exists() else {}
    tried = [configured(protocols.pop())]
    fresh = tried + design(candidates, seed)
    results: dict[Key, TuneResult] = {}
    total = len(simulations) * paths * (1 + rounds * candidates)
    found = None
    for number in range(rounds):
        if found is not None:
            parents = [each.candidate for each in found.front] or tried[:1]
            fresh = neighbours(parents, candidates, rng)
        keys = {
            (simulation.name, candidate, seed + path): TuneTask(simulation, candidate, seed + path)
            for candidate in fresh
            for simulation in simulations
            for path in range(paths)
        }
        results |= {key: known[key] for key in keys if key in known}
        tasks = [task for key, task in keys.items() if key not in results]
        for result in run_tasks(run_path, tasks, workers, scheduler):
            key = (result.scenario, result.candidate, result.seed)
            results[key] = result
            if journal is not None:
                _append(journal, result)
            if progress is not None:
                progress(len(results), total)
        tried = list(dict.fromkeys(tried + fresh)) if number else list(dict.fromkeys(fresh))
        found = Found(
            tuple(simulation.name for simulation in simulations),
            paths,
            seed,
            _score(tried, results.values()),
        )
    assert found is not None
    return found


def _score(candidates: Sequence[Candidate], results: Iterable[TuneResult]) -> tuple[Scored, ...]:
    """Means and paired differences, candidates in the order given, the first one the reference."""
    by_candidate: dict[Candidate, list[TuneResult]] = defaultdict(list)
    for result in sorted(results, key=lambda each: (each.scenario, each.seed)):
        by_candidate[result.candidate].append(result)

    def values(candidate: Candidate) -> Floats:
        rows = by_candidate[candidate]
        return np.array([[each.values[name] for name in MEASURES] for each in rows])

    reference = values(candidates[0])
    scored = []
    for candidate in candidates:
        own = values(candidate)
        apart = own - reference
        spread = apart.std(axis=0, ddof=1) if len(apart) > 1 else np.full(len(MEASURES), np.nan)
        scored.append(
            Scored(
                candidate,
                own.mean(axis=0),
                apart.mean(axis=0),
                spread / np.sqrt(len(apart)),
                all(each.sound for each in by_candidate[candidate]),
            )
        )
    return tuple(scored)


# ── journal ──────────────────────────────────────────────────────────────────────────────────────


def _append(path: Path, result: TuneResult) -> None:
    with path.open("a") as file:
        file.write(json.dumps(asdict(result)) + "\n")


def _read(path: Path) -> dict[Key, TuneResult]:
    """Results of an earlier run. A line that was cut off at the end is taken out, to be played
    again: what is appended begins a line of its own."""
    text = path.read_text(errors="replace")
    lines = text.splitlines()
    found: dict[Key, TuneResult] = {}
    for number, line in enumerate(lines, start=1):
        try:
            row = json.loads(line)
            candidate = Candidate(**row.pop("candidate"))
            result = TuneResult(candidate=candidate, **row)
        except (ValueError, TypeError, KeyError, AttributeError):
            if 1 < number == len(lines):
                lines.pop()
                break
            raise JournalError(f"{path}: row {number}: no result of a search") from None
        found[result.scenario, candidate, result.seed] = result
    whole = "".join(f"{line}\n" for line in lines)
    if whole != text:
        write_whole(path, whole)
    return found

"""`python -m tests.fuzz.sampling`: line coverage of the contracts by a sample of the campaign.

The in-process EVM of the campaign cannot say which lines ran. So episodes are drawn there by their
seeds, and their steps done again in titanoboa, which can; outcomes have to be the same. The
campaign's compound checks ask all views; here they are asked when an episode ends, and once amiss.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random

from coverage import Coverage, CoverageData
from rich.console import Console
from rich.progress import Progress

from chain.artifacts import ROOT
from chain.files import write_whole
from oracle_sim.workers import run_tasks
from tests import vyper_coverage
from tests.boa_chain import CODED, EXECUTED, BoaChain
from tests.fuzz.episode import STEPS, Stage
from tests.fuzz.step import Step
from tests.fuzz.views import Views
from tests.fuzz.world import build_world
from tests.vyper_coverage import VyperCoverage

FOLDER = ROOT / "build" / "fuzz" / "coverage"
GOAL = 98.0  # [%]
VIEWED = 2
"""How often all views are asked when an episode ends, each time of another account."""


@dataclass(frozen=True)
class Task:
    """Episodes to do again, by their seeds."""

    seeds: tuple[int, ...]
    steps: int


@dataclass
class Sample:
    """What a worker saw.

    Attributes
    ----------
    executed, coded : dict of path to set of int
        Lines that ran, lines that have code.
    different : list of int
        Seeds of episodes that did not go the same way.
    """

    executed: dict[str, set[int]]
    coded: dict[str, set[int]]
    steps: int
    different: list[int]


def replay(task: Task) -> Sample:
    """Draw episodes in process and do them again in titanoboa."""
    fast, slow = Stage(), Stage(build_world(BoaChain()))
    views = Views(slow.world.deployment, slow.world.people, [slow.world.registry])
    different, count = [], 0
    for seed in task.seeds:
        steps: list[Step] = fast.draw(seed, task.steps)
        count += len(steps)
        with slow.episode():
            outcomes = [slow.apply(step) for step in steps]
            for again in range(VIEWED):
                views.ask(Random(seed + again))
            views.ask_amiss(Random(seed))
        if fast.replay(steps) != outcomes:
            different.append(seed)
    return Sample(dict(EXECUTED), dict(CODED), count, different)


def collect(seed: int, episodes: int, steps: int, workers: int) -> Sample:
    """A sample of a campaign's episodes, drawn from its seed."""
    drawn = Random(seed)
    seeds = [(seed << 40) + drawn.randrange(10**6) for _ in range(episodes)]
    tasks = [Task(tuple(seeds[i::workers]), steps) for i in range(workers)]
    whole = Sample({}, {}, 0, [])
    with Progress(console=Console(stderr=True)) as display:
        bar = display.add_task("replaying in titanoboa", total=len(tasks))
        for part in run_tasks(replay, tasks, workers):
            for mine, theirs in ((whole.executed, part.executed), (whole.coded, part.coded)):
                for path, lines in theirs.items():
                    mine.setdefault(path, set()).update(lines)
            whole.steps += part.steps
            whole.different += part.different
            display.advance(bar)
    return whole


def report(sample: Sample) -> float:
    """Print line coverage; all of it in percent."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    file = FOLDER / "data"
    file.unlink(missing_ok=True)
    # where the reporter looks for lines that have code: not among those of the suites
    vyper_coverage.CODED = FOLDER / "coded"
    lines = {path: sorted(found) for path, found in sample.coded.items()}
    write_whole(FOLDER / "coded.campaign", json.dumps(lines))
    data = CoverageData(str(file))
    data.add_lines(sample.executed)
    tracer = f"{VyperCoverage.__module__}.{VyperCoverage.__name__}"
    data.add_file_tracers(dict.fromkeys(sample.executed, tracer))
    data.write()
    coverage = Coverage(data_file=str(file), config_file=str(ROOT / "pyproject.toml"))
    coverage.load()
    return float(coverage.report(file=sys.stdout))


def main(arguments: Sequence[str] | None = None) -> int:
    """0 when the sample covers enough and went the same way on both EVMs."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--episodes", type=int, default=90)
    parser.add_argument("--steps", type=int, default=STEPS, help="of an episode")
    parser.add_argument("--seed", type=int, default=1, help="of the campaign")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--json", type=Path, help="write the numbers here")
    options = parser.parse_args(arguments)
    sample = collect(options.seed, options.episodes, options.steps, options.workers)
    percent = report(sample)
    document = {
        "episodes": options.episodes,
        "steps": sample.steps,
        "seed": options.seed,
        "line_coverage": round(percent, 2),
        "different": sample.different,
    }
    print(json.dumps(document))
    if options.json:
        write_whole(options.json, json.dumps(document, indent=2) + "\n")
    return 0 if percent >= GOAL and not sample.different else 1


if __name__ == "__main__":
    sys.exit(main())

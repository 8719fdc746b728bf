"""How fast the protocol is tested: `python -m bench.throughput`, written to bench/throughput.json.

Each part is measured by itself on an idle machine: the campaign of the fuzzer (one process, then
all cores, then a million steps), Hypothesis, forge, paths of the simulation, the numpy margins of a
million accounts, and the lines of the contracts that a sample of the campaign ran. `--only`
measures one part again and keeps the others.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

from rich.console import Console

from chain import load_artifacts
from chain.artifacts import ROOT
from chain.files import write_whole

OUTPUT = Path(__file__).parent / "throughput.json"
PACKAGES = ("vyper", "pyrevm", "hypothesis", "titanoboa", "numpy")
SEED = 1
CAMPAIGN_SECONDS = 60.0
ALONE, BUSY = (f"tx_per_second_and_core_{how}" for how in ("one_worker_alone", "all_cores_busy"))
MILLION = 1_010_000  # an episode that ends early leaves a few undone
EXAMPLES, EXAMPLE_STEPS = 80, 50


def measure_campaign() -> dict[str, Any]:
    """Transactions a second and core, all invariants after each step: one worker for a minute, then
    for another one a worker on each core, where two that share one halve it."""
    from tests.fuzz import campaign

    alone = campaign.run(SEED, CAMPAIGN_SECONDS, 1).to_document()
    busy = campaign.run(SEED, CAMPAIGN_SECONDS, os.cpu_count() or 1).to_document()
    speeds = {
        name: document["tx_per_second_and_core"]
        for name, document in ((ALONE, alone), (BUSY, busy))
    }
    return {**speeds, **alone, "failures": alone["failures"] + busy["failures"]}


def measure_million() -> dict[str, Any]:
    """A million steps on all cores."""
    from tests.fuzz import campaign

    workers = os.cpu_count() or 1
    return campaign.run(SEED + 1, 24 * 3_600.0, workers, steps=MILLION).to_document()


def measure_hypothesis() -> dict[str, Any]:
    """Steps a second of the same machine under Hypothesis, in one process."""
    from tests.fuzz import stateful

    stateful.run(1, 1)  # the world is built once
    started = time.monotonic()
    steps = stateful.run(EXAMPLES, EXAMPLE_STEPS)
    seconds = time.monotonic() - started
    return {"steps": steps, "steps_per_second": round(steps / seconds), "seconds": round(seconds)}


def measure_forge() -> dict[str, Any]:
    """Calls a second and core of the forge suites."""
    from tests import forge_suite

    outcome = forge_suite.run(forge_suite.TEST)
    return {
        "calls": outcome.calls,
        "steps_per_second": round(outcome.calls_per_second),
        "failures": len(outcome.failures),
    }


def measure_simulation() -> dict[str, Any]:
    """Paths of a scenario in one process, deployed before."""
    from bench import simulation

    return simulation.measure()


def measure_fleet() -> dict[str, Any]:
    """Margins of a million accounts, sixteen assets each, in numpy."""
    from bench import fleet

    return fleet.measure()


def measure_coverage() -> dict[str, Any]:
    """Lines of the contracts that a sample of the campaign's episodes runs."""
    file = ROOT / "build" / "fuzz" / "coverage.json"
    file.unlink(missing_ok=True)  # or that of an earlier run would pass for this one's
    options = ["--seed", str(SEED), "--json", str(file)]
    workers = ["--workers", str(os.cpu_count() or 1)]
    command = [sys.executable, "-m", "tests.fuzz.sampling", *options, *workers]
    subprocess.run(command, cwd=ROOT, stdout=subprocess.DEVNULL, check=False)  # noqa: S603
    document: dict[str, Any] = json.loads(file.read_text())
    return document


PARTS: dict[str, Callable[[], dict[str, Any]]] = {
    "campaign": measure_campaign,
    "million": measure_million,
    "hypothesis": measure_hypothesis,
    "forge": measure_forge,
    "simulation": measure_simulation,
    "fleet": measure_fleet,
    "coverage": measure_coverage,
}


def _versions() -> dict[str, Any]:
    packages = json.loads((ROOT / "package.json").read_text())
    dependencies = {**packages.get("dependencies", {}), **packages.get("devDependencies", {})}
    return {
        "python": platform.python_version(),
        **{name: version(name) for name in PACKAGES},
        **{name.rpartition("/")[2]: wanted for name, wanted in dependencies.items()},
        "machine": platform.machine(),
        "cores": os.cpu_count(),
    }


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure and write; 0 when nothing failed on the way."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", action="append", choices=list(PARTS), help="one part; repeatable")
    options = parser.parse_args(arguments)
    console = Console(stderr=True)
    load_artifacts().compile_all()
    document = json.loads(OUTPUT.read_text()) if OUTPUT.exists() else {}
    document["versions"] = _versions()
    failed = False
    for name in options.only or PARTS:
        with console.status(f"measuring: {name}"):
            document[name] = PARTS[name]()
        failed |= bool(document[name].get("failures"))
        console.print(name, _summary(document[name]))
        write_whole(OUTPUT, json.dumps(document, indent=2) + "\n")
    return int(failed)


def _summary(part: dict[str, Any]) -> str:
    return ", ".join(f"{k} {v:,}" for k, v in part.items() if isinstance(v, int | float))


if __name__ == "__main__":
    sys.exit(main())

"""`python -m tests.suites`: run the suites in parallel, say how long each took, fail if any failed.

A suite's output goes to build/test/<suite>.log; of one that passed only the summary is printed.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from chain import ArtifactError, load_artifacts
from chain.__main__ import print_sizes
from tests.boa_chain import compile_spans

ROOT = Path(__file__).resolve().parent.parent
LOGS = ROOT / "build" / "test"
COVERAGE = ROOT / "build" / "coverage"
AUDIT_ROUNDS = 20
AUDIT_MINUTES = 60  # of the campaign
_SUMMARY_LINES = 1

COVERAGE_SHARDS = 3
_BULK = "hypothesis or bulk"
_APE = (str(Path(sys.executable).with_name("ape")), "run")
_FORGE = (sys.executable, "-m", "tests.forge_suite")
_PYTEST = (sys.executable, "-m", "pytest", "-rsfE", "--durations=5")


@dataclass(frozen=True)
class Suite:
    """One run of pytest, or of another module that tests.

    Attributes
    ----------
    backend : {"pyrevm", "boa"}
        EVM behind the `chain` fixture; on boa lines of the contracts are counted.
    program : tuple of str
        What is run, before options and paths.
    """

    name: str
    paths: tuple[str, ...] = ()
    backend: str = "pyrevm"
    options: tuple[str, ...] = ()
    program: tuple[str, ...] = _PYTEST

    def command(self) -> list[str]:
        return [*self.program, *self.options, *self.paths]

    def environment(self) -> dict[str, str]:
        variables = {**os.environ, "PLIMSOLL_BACKEND": self.backend, "COLUMNS": "120"}
        if self.backend == "boa":
            variables["PLIMSOLL_COVERAGE"] = self.name
        return variables


@dataclass(frozen=True)
class Outcome:
    """How a suite ended."""

    suite: Suite
    code: int
    seconds: float

    @property
    def log(self) -> Path:
        return LOGS / f"{self.suite.name}.log"


def _shard(folder: str, shard: int) -> tuple[str, ...]:
    files = sorted((ROOT / folder).glob("test_*.py"))
    return tuple(str(path.relative_to(ROOT)) for path in files[shard::COVERAGE_SHARDS])


# Longest first, so that the short ones fill the gaps. On titanoboa, which counts lines, what is
# generated or marked `bulk` would take hours and cover no further line; pyrevm runs everything.
SUITES = (
    Suite("replay", ("tests/replay",)),
    *(
        Suite(f"coverage-{i + 1}", _shard("tests/unit", i), "boa", ("-m", f"not ({_BULK})"))
        for i in range(COVERAGE_SHARDS)
    ),
    Suite("unit", ("tests/unit",)),
    Suite("model", ("tests/model",)),
    Suite("forge", program=_FORGE),
    Suite("fuzz", ("tests/fuzz",)),
    Suite("exploits", ("tests/exploits",)),
    Suite("invariant", ("tests/invariant",)),
    Suite("integration", ("tests/integration",)),
    Suite("sim", ("tests/sim",)),
)


def audit_suites() -> list[Suite]:
    """The long runs: both fuzzers, and the generated tests again and again, from other seeds."""
    # no two days' campaigns share an episode; a failure is written as a test that replays it
    seed = str(date.today().toordinal())
    campaign = ("fuzz", "--minutes", str(AUDIT_MINUTES), "--workers", "1", "--seed", seed)
    return [
        Suite("audit-fuzz", program=_APE, options=campaign),
        Suite("audit-forge", program=_FORGE, options=("--audit",)),
        *(
            Suite(
                f"audit-{seed}",
                ("tests/model", "tests/unit", "tests/fuzz"),
                options=("--hypothesis-profile=audit", f"--hypothesis-seed={seed}"),
            )
            for seed in range(AUDIT_ROUNDS)
        ),
    ]


def run(suite: Suite) -> Outcome:
    """Run one suite to its end."""
    started = time.monotonic()
    with (LOGS / f"{suite.name}.log").open("wb") as log:
        done = subprocess.run(
            suite.command(),
            cwd=ROOT,
            env=suite.environment(),
            stdout=log,
            stderr=subprocess.STDOUT,
            check=False,
        )
    return Outcome(suite, done.returncode, time.monotonic() - started)


def show(outcome: Outcome) -> None:
    """Print what a reader needs: the end of a good log, all of a bad one."""
    state = "passed" if outcome.code == 0 else f"FAILED with exit code {outcome.code}"
    print(f"\n── {outcome.suite.name}: {state} in {outcome.seconds:.0f} s " + "─" * 40)
    lines = outcome.log.read_text(errors="replace").splitlines()
    shown = lines if outcome.code else [*_skips(lines), *lines[-_SUMMARY_LINES:]]
    print("\n".join(shown), flush=True)


def _skips(lines: Sequence[str]) -> list[str]:
    return [line for line in lines if line.startswith("SKIPPED")]


def report_coverage() -> int:
    """Combine and print the lines of the contracts that the unit tests ran."""
    print("\n── line coverage of the contracts " + "─" * 40, flush=True)
    combine = [sys.executable, "-m", "coverage", "combine", "--quiet"]
    report = [sys.executable, "-m", "coverage", "report"]
    if subprocess.run(combine, cwd=ROOT, check=False).returncode:
        return 1
    return subprocess.run(report, cwd=ROOT, check=False).returncode


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the chosen suites; 0 when all passed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", help="suites, or beginnings of names; all by default")
    parser.add_argument("--jobs", type=int, default=2, help="suites at the same time")
    parser.add_argument("--audit", action="store_true", help="the long runs instead")
    options = parser.parse_args(arguments)
    suites = audit_suites() if options.audit else list(SUITES)
    wanted = tuple(options.names) or ("",)
    chosen = [suite for suite in suites if suite.name.startswith(wanted)]
    if not chosen:
        parser.error(f"no suite of {', '.join(suite.name for suite in suites)}")

    LOGS.mkdir(parents=True, exist_ok=True)
    COVERAGE.mkdir(parents=True, exist_ok=True)
    for old in COVERAGE.iterdir():
        old.unlink()
    started = time.monotonic()
    try:
        # Once, before several suites want it.
        artifacts = load_artifacts().compile_all(options.jobs)
        if any(suite.backend == "boa" for suite in chosen):
            compile_spans([artifacts.path(name) for name in artifacts], options.jobs)
    except ArtifactError as error:
        print(error, *getattr(error, "__notes__", ()), sep="\n", file=sys.stderr)
        return 1
    compiled = time.monotonic() - started
    print_sizes(artifacts)

    outcomes = []
    with ThreadPoolExecutor(options.jobs) as pool:
        for job in as_completed([pool.submit(run, suite) for suite in chosen]):
            outcomes.append(job.result())
            show(outcomes[-1])
    covered = any(suite.backend == "boa" for suite in chosen)
    failed = (report_coverage() if covered else 0) or any(o.code for o in outcomes)

    print("\n── seconds " + "─" * 40)
    print(f"{'compile':12} {compiled:7.0f}")
    for outcome in sorted(outcomes, key=lambda o: -o.seconds):
        print(f"{outcome.suite.name:12} {outcome.seconds:7.0f}{'  FAILED' if outcome.code else ''}")
    print(f"{'in all':12} {time.monotonic() - started:7.0f}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())

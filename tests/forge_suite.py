"""The second test engine: records the deployment, calls forge, reads what it found.

`python -m tests.forge_suite` runs the suites of tests/forge, written in Vyper (docs/auditing.md).
The same seed and budget give the same sequences.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import shutil
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from chain.artifacts import ROOT, load_artifacts
from chain.errors import PlimsollError
from chain.files import write_whole
from tests.forge_tape import record

FOLDER = Path("build") / "forge"

# A run that never did one of these has tested nothing worth the name.
NEEDED = (
    "deposit",
    "withdraw",
    "submit order",
    "execute order",
    "fill order",
    "start auction",
    "bid",
    "end auction",
    "execute entry",
    "stake",
    "request unstake",
    "donate",
    "repay",
    "clear order",
    "set operator",
    "set kappa",
    "set fees",
    "sample",
)
# What takes hours of protocol time: needed of long runs only.
NEEDED_IN_AUDIT = (*NEEDED, "backstop", "execute exit", "unstake", "buy collateral", "write down")


class ForgeError(PlimsollError):
    """forge cannot be run, or did not say what it did."""


@dataclass(frozen=True)
class Budget:
    """How much to run.

    Attributes
    ----------
    runs, depth : int
        Sequences of each invariant suite, calls of each sequence.
    fuzz_runs : int
        Examples of each stateless test.
    seed : int
    threads : int
        Suites at the same time; 0 takes every core.
    """

    runs: int
    depth: int
    fuzz_runs: int
    seed: int = 1
    threads: int = 0


TEST = Budget(runs=32, depth=200, fuzz_runs=100)
AUDIT = Budget(runs=1_000, depth=500, fuzz_runs=5_000)


@dataclass
class Outcome:
    """What forge did.

    Attributes
    ----------
    calls : int
        Calls of handlers by the invariant suites, all invariants checked after each.
    seconds : float
        Time the invariant suites took, one after the other.
    cpu_seconds : float
        Processor time of forge, compilation and deployment included.
    failures : dict of str to str
        Reason by test, with the shrunk sequence.
    kinds : dict of str to tuple of int
        Actions tried and succeeded.
    reasons : dict of str to int
        Why the others did not.
    """

    budget: Budget
    calls: int = 0
    seconds: float = 0.0
    cpu_seconds: float = 0.0
    tests: int = 0
    failures: dict[str, str] = field(default_factory=dict)
    kinds: dict[str, tuple[int, int]] = field(default_factory=dict)
    reasons: dict[str, int] = field(default_factory=dict)

    @property
    def calls_per_second(self) -> float:
        """Calls a second and core, all invariants included."""
        return self.calls / self.seconds if self.seconds else 0.0

    def idle(self, needed: Sequence[str]) -> list[str]:
        """Kinds of action that never succeeded."""
        return [kind for kind in needed if not self.kinds.get(kind, (0, 0))[1]]


def find_forge(root: Path = ROOT) -> str:
    """The forge that npm installed, or the one on PATH."""
    installed = root / "node_modules" / ".bin" / "forge"
    found = str(installed) if installed.exists() else shutil.which("forge")
    if found is None:
        raise ForgeError("forge: not found; npm ci installs it")
    return found


def run(budget: Budget, root: Path = ROOT, match: str | None = None) -> Outcome:
    """Record the deployment of `root`'s contracts and run the suites on it.

    Parameters
    ----------
    budget : Budget
    root : Path
        This repository or a copy of it, whose contracts may have been changed.
    match : str, optional
        Only suites whose name matches.
    """
    record(root / FOLDER / "tape", load_artifacts(root))
    report = root / FOLDER / "report.txt"
    report.unlink(missing_ok=True)
    command = [find_forge(root), "test", "--json", "--fuzz-seed", hex(budget.seed)]
    command += ["--threads", str(budget.threads)]
    if match:
        command += ["--match-contract", match]
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run(
        command,
        cwd=root,
        env={
            **os.environ,
            "FOUNDRY_INVARIANT_RUNS": str(budget.runs),
            "FOUNDRY_INVARIANT_DEPTH": str(budget.depth),
            "FOUNDRY_FUZZ_RUNS": str(budget.fuzz_runs),
        },
        capture_output=True,
        text=True,
        check=False,
    )
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    outcome = Outcome(budget)
    outcome.cpu_seconds = sum(after[:2]) - sum(before[:2])
    _read_tests(_last_json(done.stdout, done.stderr), outcome)
    if report.exists():
        _read_report(report.read_text(), outcome)
    return outcome


def _last_json(output: str, errors: str) -> Mapping[str, Any]:
    """forge says one object a line: events of failures, then the results."""
    for line in reversed(output.splitlines()):
        if line.startswith("{"):
            results: Mapping[str, Any] = json.loads(line)
            return results
    raise ForgeError(f"forge: {(errors or output).strip() or 'said nothing'}")


def _read_tests(results: Mapping[str, Any], outcome: Outcome) -> None:
    for suite, content in results.items():
        for name, test in content["test_results"].items():
            outcome.tests += 1
            invariant = test["kind"].get("Invariant")
            if invariant:
                outcome.calls += invariant["calls"]
                outcome.seconds += _seconds(test["duration"])
            if test["status"] != "Success":
                title = f"{Path(suite).name.partition(':')[0]}: {name}"
                outcome.failures[title] = _describe(test)


def _describe(test: Mapping[str, Any]) -> str:
    """The reason and, line by line, the shrunk calls that lead to it."""
    lines = [str(test["reason"] or "failed without a reason")]
    example = test["counterexample"] or {}
    calls = example["Sequence"][1] if "Sequence" in example else list(example.values())
    for call in calls:
        lines.append(f"    {call.get('func_name') or 'call'}({call.get('args') or ''})")
    return "\n".join(lines)


_UNITS = {"h": 3600.0, "m": 60.0, "s": 1.0, "ms": 1e-3, "µs": 1e-6, "ns": 1e-9}


def _seconds(duration: str) -> float:
    """`1m 2s 3ms` as a number."""
    total = 0.0
    for part in duration.split():
        digits = part.rstrip("hmsµn")
        total += float(digits) * _UNITS[part.removeprefix(digits)]
    return total


def _read_report(text: str, outcome: Outcome) -> None:
    tried: Counter[str] = Counter()
    succeeded: Counter[str] = Counter()
    reasons: Counter[str] = Counter()
    for line in text.splitlines():
        what, name, *numbers = line.split("\t")
        if what == "kind":
            tried[name] += int(numbers[0])
            succeeded[name] += int(numbers[1])
        else:
            reasons[name] += int(numbers[0])
    outcome.kinds = {kind: (tried[kind], succeeded[kind]) for kind in sorted(tried)}
    outcome.reasons = dict(reasons.most_common())


def _print(outcome: Outcome, idle: Sequence[str]) -> None:
    print(f"{'action':22} {'tried':>9} {'done':>9}")
    for kind, (tried, succeeded) in outcome.kinds.items():
        print(f"{kind:22} {tried:9,} {succeeded:9,}")
    print(f"\n{'revert reason':42} {'times':>9}")
    for reason, times in outcome.reasons.items():
        print(f"{reason:42} {times:9,}")
    print(
        f"\n{outcome.tests} tests, {outcome.calls:,} calls in {outcome.seconds:.1f} s:"
        f" {outcome.calls_per_second:,.0f} a second and core, seed {outcome.budget.seed}"
    )
    for title, description in outcome.failures.items():
        print(f"\nFAILED {title}: {description}")
    if idle:
        print(f"\nFAILED never done: {', '.join(idle)}")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run; 0 when every property held and nothing needed was left out."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--audit", action="store_true", help="the large budget")
    parser.add_argument("--runs", type=int, help="sequences of each invariant suite")
    parser.add_argument("--depth", type=int, help="calls of each sequence")
    parser.add_argument("--fuzz-runs", type=int, help="examples of each stateless test")
    parser.add_argument("--seed", type=int, help="of everything random")
    parser.add_argument("--threads", type=int, help="suites at the same time; 0: every core")
    parser.add_argument("--match", help="only suites whose name matches this expression")
    parser.add_argument("--root", type=Path, default=ROOT, help="a copy with changed contracts")
    parser.add_argument("--json", type=Path, help="write the numbers into this file")
    options = parser.parse_args(arguments)
    default = AUDIT if options.audit else TEST
    chosen = {
        name: value for name in asdict(default) if (value := getattr(options, name)) is not None
    }
    budget = Budget(**{**asdict(default), **chosen})
    started = time.monotonic()
    try:
        outcome = run(budget, options.root, options.match)
    except PlimsollError as error:
        print(error, file=sys.stderr)
        return 2
    idle: list[str] = []
    # short runs may miss something
    if outcome.calls >= TEST.runs * TEST.depth and not options.match:
        idle = outcome.idle(NEEDED_IN_AUDIT if options.audit else NEEDED)
    _print(outcome, idle)
    if options.json:
        numbers = {
            **asdict(outcome),
            "calls_per_second": round(outcome.calls_per_second),
            "seconds_with_compilation": round(time.monotonic() - started, 1),
            "idle": idle,
        }
        write_whole(options.json, json.dumps(numbers, indent=2) + "\n")
    return 1 if outcome.failures or idle else 0


if __name__ == "__main__":
    sys.exit(main())

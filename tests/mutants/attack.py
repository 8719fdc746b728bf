"""Keeps a few workspaces busy with mutants."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from queue import SimpleQueue
from typing import Any

from chain.errors import PlimsollError
from chain.files import write_whole
from tests.mutants.draw import Draw
from tests.mutants.mutant import Mutant
from tests.mutants.results import Result, Results
from tests.mutants.workspace import environment, workspace

BASELINE_LIMIT = 1800.0  # [s]
LIMIT_FACTOR = 3  # a mutant may take so many times the original's time
LIMIT_OFFSET = 60.0  # for compiling [s]


class AttackError(PlimsollError):
    """The tests cannot be run."""


@dataclass(frozen=True)
class Baseline:
    """The tests without any mistake: all pass, or nothing is attacked.

    Attributes
    ----------
    seconds : dict
        Duration by node id [s].
    """

    seconds: dict[str, float]

    @classmethod
    def load(cls, path: Path, key: str) -> Baseline | None:
        """The one that was saved with that key."""
        content = json.loads(path.read_text()) if path.is_file() else {}
        if content.get("key") != key:
            return None
        return cls(content["seconds"])

    def save(self, path: Path, key: str) -> None:
        """Keep it for as long as the key is the same."""
        content = {"key": key, "seconds": self.seconds}
        write_whole(path, json.dumps(content))

    @property
    def limit(self) -> float:
        """Time for one mutant [s]."""
        return LIMIT_OFFSET + LIMIT_FACTOR * sum(self.seconds.values())


class Worker:
    """A server in its workspace."""

    def __init__(self, root: Path, copy: Path) -> None:
        self._copy = copy
        self._log = copy.parent / "log"
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "tests.mutants.server"],
                cwd=copy,
                env=environment(root),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
                bufsize=1,
            )
        self.collected: int = self._read()["collected"]

    def _read(self) -> dict[str, Any]:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        answer: dict[str, Any] = json.loads(line) if line else {"error": self._last_words()}
        if "error" in answer:
            raise AttackError(f"tests: {answer['error']}")
        return answer

    def _last_words(self) -> str:
        lines = self._log.read_text(errors="replace").strip().splitlines()
        return lines[-1] if lines else "the server died"

    def _ask(self, **command: Any) -> dict[str, Any]:
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(command) + "\n")
        return self._read()

    def baseline(self) -> Baseline:
        """Run everything once.

        Raises
        ------
        AttackError
            When anything fails on the contracts as they are: it would kill every mutant, or, left
            out, let some live.
        """
        answer = self._ask(do="baseline", limit=BASELINE_LIMIT)
        if failed := answer.get("failed"):
            found = f"{len(failed)} fail on the contracts as they are, first {failed[0]}"
            raise AttackError(f"tests: {found}: {answer['message']}")
        if not answer.get("tests"):
            raise AttackError(f"tests: {answer.get('message', 'none ran in time')}")
        return Baseline(answer["tests"])

    def attack(self, mutant: Mutant, baseline: Baseline, results: Results) -> Result:
        """Let the tests at a mutant until one fails."""
        text = (self._copy / mutant.file).read_text()
        answer = self._ask(
            do="attack",
            file=mutant.file,
            text=mutant.apply(text),
            function=mutant.function,
            line=text.splitlines()[mutant.line - 1],
            killers=results.killers(mutant),
            seconds=baseline.seconds,
            limit=baseline.limit,
        )
        return Result(
            mutant=mutant,
            outcome=answer["outcome"],
            test=answer.get("test", ""),
            message=answer.get("message", ""),
            ran=answer.get("ran", 0),
            seconds=answer["seconds"],
            tests=results.tests,
            diff=mutant.diff(text),
        )

    def close(self) -> None:
        """End the server, and whatever it is at."""
        self._process.terminate()
        self._process.wait()


@contextmanager
def started(root: Path, count: int) -> Iterator[list[Worker]]:
    """So many workers, each in a copy of the repository."""
    with ExitStack() as stack:
        workers = []
        for _ in range(count):
            worker = Worker(root, stack.enter_context(workspace(root)))
            stack.callback(worker.close)
            workers.append(worker)
        yield workers


def run(
    draw: Draw,
    results: Results,
    workers: Sequence[Worker],
    baseline: Baseline,
    progress: Callable[[Result], None],
) -> list[Result]:
    """Attack what is drawn; what is known already is not attacked again."""
    idle: SimpleQueue[Worker] = SimpleQueue()
    for worker in workers:
        idle.put(worker)

    def attack(mutant: Mutant) -> Result:
        worker = idle.get()
        try:
            return worker.attack(mutant, baseline, results)
        finally:
            idle.put(worker)

    done = []
    with ThreadPoolExecutor(len(workers)) as pool:
        while batch := list(draw.take()):
            known = {mutant.id: results.get(mutant) for mutant in batch}
            fresh = [mutant for mutant in batch if known[mutant.id] is None]
            jobs = [pool.submit(attack, mutant) for mutant in fresh]
            try:
                for result in (r for r in known.values() if r is not None):
                    done.append(_count(result, draw, progress))
                for job in as_completed(jobs):
                    results.add(job.result())
                    done.append(_count(job.result(), draw, progress))
            except BaseException:
                for job in jobs:
                    job.cancel()
                for worker in workers:
                    worker.close()  # or the pool would wait for what they are at
                raise
    return done


def _count(result: Result, draw: Draw, progress: Callable[[Result], None]) -> Result:
    if result.counts:
        draw.counted(result.mutant)
    progress(result)
    return result

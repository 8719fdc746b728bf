"""Runs in a workspace: collects the tests once, then runs them in a fork for each mutant.

`python -m tests.mutants.server`, commands on stdin, one JSON object a line, answers on stdout:
`{"do": "baseline", "limit": …}` and `{"do": "attack", "file": …, "text": …, "function": …,
"line": …, "killers": […], "seconds": {…}, "limit": …}`. Only tests that have been timed attack.
"""

from __future__ import annotations

import gc
import inspect
import json
import os
import select
import signal
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import IO, Any

import pytest
from hypothesis import Phase, settings

from chain import ArtifactError, load_artifacts
from chain.artifacts import CACHE, SIZE_LIMIT, Artifact, Artifacts, closure
from tests.mutants.order import Test, place, plan
from tests.mutants.workspace import collected_files

KILLED, SURVIVED, TIMEOUT = "killed", "survived", "timeout"
INVALID, EQUIVALENT = "invalid", "equivalent"

_GARBAGE = 200_000  # the compiler makes little, and looking for it takes a quarter of its time
_PLUGINS = ("no:cacheprovider", "no:faulthandler", "_hypothesis_pytestplugin")


def creation_code(artifact: Artifact) -> bytes:
    """Bytecode without the compiler's trailer, which holds a hash of the source."""
    trailer = int.from_bytes(artifact.bytecode[-2:], "big")
    return artifact.bytecode[:-trailer]


class Server:
    """A pytest plugin whose run loop obeys commands."""

    def __init__(self, root: Path, commands: IO[str], answers: IO[str]) -> None:
        self._root = root
        self._commands = commands
        self._answers = answers
        self._items: dict[str, pytest.Item] = {}
        self._tests: list[Test] = []
        self._seconds: dict[str, float] = {}
        self._failures: dict[str, dict[str, Any]] = {}
        artifacts = load_artifacts(root)
        self._closures = {
            name: set(closure(artifacts.path(name), root)) for name in artifacts.deployables
        }
        self._originals = {name: creation_code(artifacts[name]) for name in self._closures}
        self._cache = {path: path.read_bytes() for path in (root / CACHE).glob("*.json")}

    # ── pytest ───────────────────────────────────────────────────────────────────────────────────

    def pytest_configure(self, config: pytest.Config) -> None:
        """Same examples each time, and no search for a smaller one."""
        phases = (Phase.explicit, Phase.generate)
        settings.register_profile(
            "mutants", deadline=None, derandomize=True, database=None, phases=phases
        )
        settings.load_profile("mutants")

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        if session.testsfailed:
            self._answer({"error": f"{session.testsfailed} test files could not be collected"})
            return True
        self._items = {item.nodeid: item for item in session.items}
        self._tests = [Test(item.nodeid, _text(item)) for item in session.items]
        self._answer({"collected": len(self._items)})
        for line in self._commands:
            command = json.loads(line)
            do = {"baseline": self._baseline, "attack": self._attack}[command.pop("do")]
            self._answer(do(**command))
        return True

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(self, item: pytest.Item, call: Any) -> Any:
        report = yield
        spent = self._seconds.get(item.nodeid, 0.0)
        self._seconds[item.nodeid] = round(spent + call.duration, 3)
        if report.failed and item.nodeid not in self._failures:
            error = call.excinfo.value
            first = (str(error).strip() or type(error).__name__).splitlines()[0]
            self._failures[item.nodeid] = {
                "outcome": INVALID if isinstance(error, ArtifactError) else KILLED,
                "test": item.nodeid,
                "message": f"{type(error).__name__}: {first}"[:200],
            }
        return report

    # ── commands ─────────────────────────────────────────────────────────────────────────────────

    def _answer(self, answer: dict[str, Any]) -> None:
        self._answers.write(json.dumps(answer) + "\n")
        self._answers.flush()

    def _baseline(self, limit: float) -> dict[str, Any]:
        """Time every test, and name those that fail without any mistake."""

        def work() -> dict[str, Any]:
            self._run(self._tests, keep_going=True)
            failed = list(self._failures)
            message = self._failures[failed[0]]["message"] if failed else ""
            return {"tests": self._seconds, "failed": failed, "message": message}

        return _in_fork(work, limit)

    def _attack(
        self,
        file: str,
        text: str,
        function: str,
        line: str,
        killers: Sequence[str],
        seconds: dict[str, float],
        limit: float,
    ) -> dict[str, Any]:
        path = self._root / file
        users = [name for name, sources in self._closures.items() if path in sources]
        known = [test for test in self._tests if test.nodeid in seconds]
        tests = plan(known, place(file, function, line, users), killers, seconds)
        original = path.read_text()
        path.write_text(text)
        try:
            return _in_fork(lambda: self._verdict(users) or self._run(tests), limit)
        finally:
            path.write_text(original)
            for cached, content in self._cache.items():
                cached.write_bytes(content)

    # ── in the fork ──────────────────────────────────────────────────────────────────────────────

    def _verdict(self, users: Sequence[str]) -> dict[str, Any] | None:
        """What the compiler says; None when there is something to attack."""
        artifacts = Artifacts(self._root)
        for name in sorted(users, key=lambda name: len(self._originals[name])):
            try:
                artifact = artifacts[name]
            except ArtifactError as error:
                return {"outcome": INVALID, "message": str(error)[:200]}
            if artifact.runtime_size >= SIZE_LIMIT:
                return {"outcome": INVALID, "message": f"{name}: too large"}
            if creation_code(artifact) != self._originals[name]:
                return None
        return {"outcome": EQUIVALENT}

    def _run(self, tests: Sequence[Test], keep_going: bool = False) -> dict[str, Any]:
        items = [self._items[test.nodeid] for test in tests]
        for ran, (item, following) in enumerate(zip(items, [*items[1:], None], strict=True), 1):
            item.config.hook.pytest_runtest_protocol(item=item, nextitem=following)
            if self._failures and not keep_going:
                return {**self._failures[item.nodeid], "ran": ran}
        return {"outcome": SURVIVED, "ran": len(items)}


def _text(item: pytest.Item) -> str:
    try:
        return inspect.getsource(getattr(item, "obj", type(item)))
    except (OSError, TypeError):
        return ""


def _in_fork(work: Callable[[], dict[str, Any]], limit: float) -> dict[str, Any]:
    """What `work` returns in a copy of this process, which is killed after `limit` seconds."""
    started = time.monotonic()
    gc.freeze()
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        gc.set_threshold(_GARBAGE)
        os.setsid()
        os.close(reading)
        with os.fdopen(writing, "w") as answer:
            json.dump(work(), answer)
        os._exit(0)
    os.close(writing)

    def stop(number: int, frame: object) -> None:
        os.killpg(child, signal.SIGKILL)
        os._exit(1)

    before = signal.signal(signal.SIGTERM, stop)
    with os.fdopen(reading) as answer:
        ready, _, _ = select.select([answer], [], [], limit)
        if not ready:
            os.killpg(child, signal.SIGKILL)
        text = answer.read()
    os.waitpid(child, 0)
    signal.signal(signal.SIGTERM, before)
    result: dict[str, Any] = {"outcome": TIMEOUT} if not ready else json.loads(text or "{}")
    if not result:
        result = {"outcome": KILLED, "test": "", "message": "the process died"}
    return {**result, "seconds": round(time.monotonic() - started, 2)}


def main() -> int:
    """Serve until stdin ends."""
    import vyper.compiler  # noqa: F401  before any fork

    root = Path.cwd()
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "w")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    server = Server(root, sys.stdin, answers)
    options = [option for name in _PLUGINS for option in ("-p", name)]
    pytest.main([*options, "-s", *collected_files(root)], plugins=[server])
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""A failure as a test that anybody can run, and the one function such a test calls."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from pathlib import Path

from chain.anvil import Anvil
from chain.artifacts import ROOT
from chain.errors import ChainError
from chain.files import write_whole
from tests.fuzz.episode import Failure, Stage
from tests.fuzz.step import Outcome, Step, Violation
from tests.fuzz.world import build_world

FOLDER = ROOT / "build" / "fuzz"

_FILE = '''"""{title}

Found by the fuzzer in the episode of seed {seed}, shrunk to {count} steps.
`pytest {file}` replays it in process; with PLIMSOLL_BACKEND=anvil
on a node before that, where every step must end in the same way.
"""

from tests.fuzz.export import replay

STEPS = [
{steps}
]


def test_{function}__replay__holds() -> None:
    replay(STEPS, {name!r})
'''


def replay(rows: Sequence[Sequence[int | str]], probe: str = "") -> list[Outcome]:
    """Do steps again in process, with every invariant after every step; with PLIMSOLL_BACKEND=anvil
    on a node before that.

    Parameters
    ----------
    rows : sequence
        Steps as `Step.as_json` writes them.
    probe : str
        Name of an invariant that is tried by sample: tried thoroughly at the end.

    Raises
    ------
    Violation
        When something does not hold.
    """
    steps = [Step.from_json(list(row)) for row in rows]
    backend = os.environ.get("PLIMSOLL_BACKEND", "pyrevm")
    if backend == "anvil":
        _compare(steps)
    elif backend != "pyrevm":
        raise ChainError(f"PLIMSOLL_BACKEND={backend}: neither pyrevm nor anvil")
    return Stage(full_every=1).replay(steps, probe)


def _compare(steps: Sequence[Step]) -> None:
    """A node and the EVM in process must do the same."""
    here = Stage(watched=False).replay(steps)
    with Anvil() as chain:
        there = Stage(build_world(chain)).replay(steps)
    for step, mine, theirs in zip(steps, here, there, strict=True):
        if mine != theirs:
            raise Violation("same on a node", f"{step}: {mine} in process, {theirs} on anvil")


def write_test(failure: Failure, folder: Path = FOLDER) -> Path:
    """Write a failure as a test; the file."""
    slug = re.sub(r"[^a-z0-9]+", "_", failure.name.lower()).strip("_") or "failure"
    path = folder / f"test_{slug}_{failure.seed}.py"
    title = " ".join(f"{failure.name}: {failure.message}".split())
    shown = path.relative_to(ROOT) if path.is_relative_to(ROOT) else path
    text = _FILE.format(
        title=title[:300].replace("\\", "/").replace('"', "'"),
        seed=failure.seed,
        count=len(failure.steps),
        file=shown,
        steps="\n".join(f"    {step.as_json()!r}," for step in failure.steps),
        function=slug,
        name=failure.name,
    )
    folder.mkdir(parents=True, exist_ok=True)
    write_whole(path, text)
    return path

"""The same failure in fewer steps with smaller numbers: delta debugging, then arguments one by
one."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from tests.fuzz.episode import Failure, Stage
from tests.fuzz.step import Step, Violation

TRIES = 800
"""How many sequences may be tried: a number and no time, so that the result is always the same."""

Fails = Callable[[Sequence[Step]], Violation | None]


def shrink(failure: Failure, stage: Stage, tries: int = TRIES) -> Failure:
    """The smallest failure of the same name that a number of tries finds.

    Parameters
    ----------
    failure : Failure
    stage : Stage
        Reads everything after every step, so that what is found does not depend on a sample.
    tries : int
        Budget.

    Returns
    -------
    Failure
        `failure` itself when its steps do not fail again.
    """
    left = tries

    def fails(steps: Sequence[Step]) -> Violation | None:
        nonlocal left
        if left == 0:
            return None
        left -= 1
        try:
            stage.replay(steps, failure.name)
        except Violation as violation:
            return violation if violation.name == failure.name else None
        return None

    found = fails(failure.steps)
    if found is None:
        return failure
    steps = _fewer(list(failure.steps), fails)
    steps = _smaller(steps, fails)
    left = 1
    found = fails(steps) or found
    return Failure(found.name, found.message, tuple(steps), failure.seed)


def _fewer(steps: list[Step], fails: Fails) -> list[Step]:
    """Leave out runs of steps, ever shorter ones, for as long as it fails."""
    size = len(steps) // 2
    while size:
        start, gone = 0, False
        while start < len(steps):
            shorter = steps[:start] + steps[start + size :]
            if shorter and fails(shorter):
                steps, gone = shorter, True
            else:
                start += size
        if not gone or size > len(steps):
            size = min(size, len(steps)) // 2
    return steps


def _smaller(steps: list[Step], fails: Fails) -> list[Step]:
    """Replace each number by a smaller or rounder one that fails too."""
    for place, step in enumerate(steps):
        args = list(step.args)
        for index, value in enumerate(args):
            if not isinstance(value, int):
                continue
            for simpler in _simpler(value):
                tried = [*args[:index], simpler, *args[index + 1 :]]
                shorter = [*steps[:place], Step(step.action, tuple(tried)), *steps[place + 1 :]]
                if fails(shorter):
                    args, steps = tried, shorter
                    break
    return steps


def _simpler(value: int) -> Iterator[int]:
    """Candidates, the simplest first."""
    size = abs(value)
    sign = 1 if value > 0 else -1
    seen = {value}
    for candidate in (
        0,
        1,
        size // 10**18 * 10**18,
        10 ** (len(str(size)) - 1),
        size >> 8,
        size // 2,
    ):
        if sign * candidate not in seen and candidate <= size:
            seen.add(sign * candidate)
            yield sign * candidate

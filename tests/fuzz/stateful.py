"""The machine under Hypothesis, which shrinks what fails and keeps it in its database of
examples."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from functools import cache
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, rule, run_state_machine_as_test

from tests.fuzz import actions
from tests.fuzz.chooser import HypothesisChooser
from tests.fuzz.episode import Stage

_done: list[int] = [0]
"""Steps of all examples of this process."""


@cache
def _stage() -> Stage:
    """One world for all examples: building it takes longer than an episode."""
    return Stage()


class Everybody(RuleBasedStateMachine):
    """All roles and strangers on one protocol, every invariant after every step."""

    def __init__(self) -> None:
        super().__init__()
        self.stage = _stage()
        self._episode = ExitStack()
        self._episode.enter_context(self.stage.episode())

    def act(self, group: str, data: st.DataObject) -> None:
        """One step of a group, if there is one that can be chosen now."""
        step = self.stage.machine.draw(HypothesisChooser(data), group)
        if step is not None:
            self.stage.apply(step)
            _done[0] += 1

    def teardown(self) -> None:
        with self._episode:
            self.stage.finish()


def _rule(group: str) -> Callable[..., None]:
    def act(self: Everybody, data: st.DataObject) -> None:
        self.act(group, data)

    act.__name__ = group.replace(" ", "_")
    return act


def _machine() -> type[Everybody]:
    """`Everybody` with a rule for each group of actions."""
    rules: dict[str, Any] = {
        group.replace(" ", "_"): rule(data=st.data())(_rule(group)) for group in actions.GROUPS
    }
    return type("Protocol", (Everybody,), rules)


def run(examples: int, steps: int) -> int:
    """Run the machine; how many steps it took.

    Parameters
    ----------
    examples, steps : int
        Sequences, and steps of each at most.
    """
    before = _done[0]
    run_state_machine_as_test(
        _machine(),
        settings=settings(
            max_examples=examples,
            stateful_step_count=steps,
            deadline=None,
            suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
        ),
    )
    return _done[0] - before

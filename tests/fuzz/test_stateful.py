"""The machine of actions under Hypothesis."""

from tests.fuzz import stateful

EXAMPLES = 60
STEPS = 40


def test_machine__random_lives__every_invariant_holds() -> None:
    assert stateful.run(EXAMPLES, STEPS) > 0

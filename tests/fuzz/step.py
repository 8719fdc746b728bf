"""What an action is, and what came of it."""

from typing import NamedTuple


class Step(NamedTuple):
    """One action with concrete arguments, small enough to store and to replay.

    A list of steps says everything: `Machine.apply` draws nothing, so the same list on a fresh
    world gives the same outcomes, in process or on a node.
    """

    action: str
    args: tuple[int | str, ...] = ()

    def as_json(self) -> list[int | str]:
        """The step as a flat JSON list: the action, then its arguments."""
        return [self.action, *self.args]

    @staticmethod
    def from_json(row: list[int | str]) -> "Step":
        """The step that `as_json` wrote."""
        return Step(str(row[0]), tuple(row[1:]))


class Outcome(NamedTuple):
    """What a step did.

    Attributes
    ----------
    reason : why its last transaction reverted, `None` when it went through, "" without a reason
    transactions : protocol transactions it sent
    category : what the step counts as in the mix: "order execution", "bid", "start", "price", …
    """

    reason: str | None
    transactions: int
    category: str


class Violation(AssertionError):
    """A prediction or an invariant that did not hold, by name.

    Parameters
    ----------
    name : the invariant or prediction, as docs/invariants.md calls it
    message : what was seen, with the numbers
    """

    def __init__(self, name: str, message: str) -> None:
        super().__init__(f"{name}: {message}")
        self.name = name
        self.message = message

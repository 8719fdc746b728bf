"""Where a machine's choices come from: a seeded generator, or Hypothesis."""

from collections.abc import Sequence
from random import Random
from typing import Protocol, TypeVar

from hypothesis import strategies as st
from hypothesis.strategies import DataObject

Item = TypeVar("Item")


class Chooser(Protocol):
    """The three choices a machine makes."""

    def integer(self, low: int, high: int) -> int:
        """A whole number from `low` to `high`, both included."""
        ...

    def pick(self, items: Sequence[Item]) -> Item:
        """One of `items`."""
        ...

    def chance(self, numerator: int, denominator: int) -> bool:
        """Whether something of probability `numerator / denominator` happens."""
        ...


class RandomChooser:
    """Choices of a generator that was seeded elsewhere: no overhead, for volume.

    Parameters
    ----------
    generator : the seeded generator
    """

    def __init__(self, generator: Random) -> None:
        self._random = generator.random

    def integer(self, low: int, high: int) -> int:
        """A whole number from `low` to `high`, uniform to 53 bits."""
        return low + int(self._random() * (high - low + 1))

    def pick(self, items: Sequence[Item]) -> Item:
        """One of `items`, uniform."""
        return items[int(self._random() * len(items))]

    def chance(self, numerator: int, denominator: int) -> bool:
        """Whether something of probability `numerator / denominator` happens."""
        return self._random() * denominator < numerator


class HypothesisChooser:
    """Choices of Hypothesis: they shrink, and are kept in its database of examples.

    Parameters
    ----------
    data : what `st.data()` gave the rule
    """

    def __init__(self, data: DataObject) -> None:
        self._data = data

    def integer(self, low: int, high: int) -> int:
        """A whole number from `low` to `high`; shrinks towards `low`."""
        return self._data.draw(st.integers(low, high))

    def pick(self, items: Sequence[Item]) -> Item:
        """One of `items`; shrinks towards the first."""
        return items[self._data.draw(st.integers(0, len(items) - 1))]

    def chance(self, numerator: int, denominator: int) -> bool:
        """Whether something of probability `numerator / denominator` happens; shrinks to no."""
        return self._data.draw(st.integers(0, denominator - 1)) >= denominator - numerator

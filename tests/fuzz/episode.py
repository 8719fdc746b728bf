"""One episode: a sequence of steps on a world that is given back as it was, watched by all
invariants."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from random import Random

from chain import PyrevmChain
from tests.fuzz.chooser import Chooser, RandomChooser
from tests.fuzz.invariants import FULL_EVERY, Invariants
from tests.fuzz.machine import Machine
from tests.fuzz.step import Outcome, Step, Violation
from tests.fuzz.world import World, build_world
from tests.invariants import check_conservation

STEPS = 100
"""Of an episode: long enough for an auction to be started, sold and closed."""

MODEL = "contract = model"
"""Name of a failure in which a mirror refused what the contract did."""


@dataclass
class Tally:
    """What steps did.

    Attributes
    ----------
    steps, transactions, gas : int
        Transactions are those of the protocol; gas is the in-process EVM's, whose slots stay warm.
    succeeded : int
        Steps that went through.
    seconds, cpu_seconds, evm_seconds : float
        The last in the EVM, for transactions: no driver of it is faster.
    mix, reasons, invariants : Counter
        Steps by category; steps by revert reason; checks by invariant.
    """

    steps: int = 0
    transactions: int = 0
    gas: int = 0
    succeeded: int = 0
    episodes: int = 0
    seconds: float = 0.0
    cpu_seconds: float = 0.0
    evm_seconds: float = 0.0
    mix: Counter[str] = field(default_factory=Counter)
    reasons: Counter[str] = field(default_factory=Counter)
    invariants: Counter[str] = field(default_factory=Counter)

    def count(self, outcome: Outcome) -> None:
        """Take in one step."""
        self.steps += 1
        self.transactions += outcome.transactions
        self.mix[outcome.category] += 1
        if outcome.reason is None:
            self.succeeded += 1
        else:
            self.reasons[outcome.reason] += 1

    def add(self, other: Tally) -> None:
        """Take in another tally."""
        self.steps += other.steps
        self.transactions += other.transactions
        self.gas += other.gas
        self.succeeded += other.succeeded
        self.episodes += other.episodes
        self.seconds += other.seconds
        self.cpu_seconds += other.cpu_seconds
        self.evm_seconds += other.evm_seconds
        self.mix.update(other.mix)
        self.reasons.update(other.reasons)
        self.invariants.update(other.invariants)


@dataclass(frozen=True)
class Failure:
    """A sequence of steps after which something did not hold."""

    name: str
    message: str
    steps: tuple[Step, ...]
    seed: int


class Stage:
    """A world with its machine and its invariants, used for one episode after the other.

    Parameters
    ----------
    world : World, optional
        A fresh one in process by default. Invariants read storage, so they are asserted there only.
    full_every : int
        Steps between two full readings, on average.
    watched : bool
        Predict outcomes and assert invariants; without, steps are only done.
    """

    def __init__(
        self, world: World | None = None, full_every: int = FULL_EVERY, *, watched: bool = True
    ) -> None:
        self.world = world or build_world()
        self.machine = Machine(self.world, care=int(watched))
        self.invariants: Invariants | None = None
        if watched and isinstance(self.world.chain, PyrevmChain):
            self.invariants = Invariants(self.world, full_every)

    @contextmanager
    def episode(self, seed: int = 0) -> Iterator[None]:
        """The world as built, and given back like that."""
        snapshot = self.world.snapshot()
        try:
            self.machine.reset()
            if self.invariants is not None:
                self.invariants.reset(seed)
            yield
        finally:
            self.world.restore(snapshot)

    def apply(self, step: Step) -> Outcome:
        """One step, and everything that must hold after it."""
        try:
            outcome = self.machine.apply(step)
            if self.invariants is not None:
                self.invariants.check(self.machine.last)
        except ArithmeticError as error:
            raise Violation(MODEL, f"{type(error).__name__}: {error}") from error
        return outcome

    def _draw(self, chooser: Chooser) -> Step:
        step = self.machine.draw(chooser)
        assert step is not None, "of all groups there is always one"
        return step

    def finish(self) -> None:
        """What is asserted when an episode ends; where storage cannot be read, I1 to I3."""
        if self.invariants is not None:
            self.invariants.finish()
        elif not isinstance(self.world.chain, PyrevmChain):
            check_conservation(self.world.deployment.clearinghouse)

    def run(self, seed: int, steps: int, tally: Tally) -> Failure | None:
        """Draw and do an episode; how it failed, if it did.

        Parameters
        ----------
        seed : int
            Decides everything.
        steps : int
        tally : Tally
            Counts what was done.
        """
        chooser = RandomChooser(Random(seed))
        done: list[Step] = []
        started, cpu = time.perf_counter(), time.process_time()
        wire = self.world.wire
        gas, evm = wire.gas, wire.seconds
        failure = None
        with self.episode(seed):
            try:
                for _ in range(steps):
                    done.append(self._draw(chooser))
                    tally.count(self.apply(done[-1]))
                self.finish()
            except Violation as violation:
                failure = Failure(violation.name, violation.message, tuple(done), seed)
        tally.episodes += 1
        tally.gas += wire.gas - gas
        tally.evm_seconds += wire.seconds - evm
        tally.seconds += time.perf_counter() - started
        tally.cpu_seconds += time.process_time() - cpu
        if self.invariants is not None:
            tally.invariants.update(self.invariants.counts)
            self.invariants.counts.clear()
        return failure

    def replay(self, steps: Iterable[Step], probe: str = "") -> list[Outcome]:
        """Do steps that were drawn before.

        Parameters
        ----------
        steps : iterable of Step
        probe : str
            Name of an invariant that is tried by sample: tried thoroughly at the end.

        Raises
        ------
        Violation
        """
        outcomes = []
        with self.episode():
            for step in steps:
                outcomes.append(self.apply(step))
            self.finish()
            if self.invariants is not None:
                self.invariants.probe_all(probe)
        return outcomes

    def draw(self, seed: int, steps: int) -> list[Step]:
        """The steps of an episode, done and undone."""
        chooser = RandomChooser(Random(seed))
        done: list[Step] = []
        with self.episode(seed):
            for _ in range(steps):
                done.append(self._draw(chooser))
                self.machine.apply(done[-1])
        return done

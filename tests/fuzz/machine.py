"""The one machine of actions: it chooses a step, performs it, and holds it against the model."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any

from tests.fuzz import actions
from tests.fuzz.calldata import event_id, selectors, with_bytes, words
from tests.fuzz.chooser import Chooser
from tests.fuzz.machine_sight import Sight
from tests.fuzz.model_state import State
from tests.fuzz.predict import (
    FINE_TOKEN,
    PERSON_AS_TOKEN,
    UNKNOWN_TOKEN,
    Models,
    Outcomes,
    Prediction,
    predicted,
)
from tests.fuzz.predict_orders import FILLED
from tests.fuzz.record import NOTHING_SENT, Sent, Tally
from tests.fuzz.step import Outcome, Step, Violation
from tests.fuzz.world import LOOP, WOLF, World
from tests.fuzz.world_wire import FastWire

_TRIES = 40
_GLANCES = 8
"""Of so many draws one looks for what can rarely be done."""
FATES = ("OrderExecuted", "OrderCancelled")
"""What an execution logs, one of both."""


class Machine(Sight):
    """Acts on a world, one episode at a time.

    Parameters
    ----------
    world : World
    care : int
        Predict every transaction (1), every second one (2), …, or none (0). On another chain than
        the in-process EVM nothing is predicted: there one compares outcomes of a run in process.

    Attributes
    ----------
    last : Sent
        The protocol transaction of the last step.
    owners : dict of int to int
        By account, the place of its owner in `world.people`.
    operators : dict of int to int
        By account, the place of whom its owner approved last.
    pending : dict of int to tuple of int
        By account, market and time [s] of the order the pool has.
    requests : dict of int to int
        By request that is not executed, its account.
    reports : list of tuple
        Forecasts that were accepted: what they say, who signed, the calldata.
    posted : list of Posted
        Trees whose roots were posted.
    """

    def __init__(self, world: World, care: int = 1) -> None:
        self.world = world
        self.care = care if isinstance(world.wire, FastWire) else 0
        self.tally = Tally(Counter())
        suite = world.suite
        self._addresses = {name: contract.address for name, contract in suite.items()}
        self._selectors = {name: selectors(name) for name in suite}
        self._relay = selectors("MockReentrantCaller")["relay"]
        self._fates = [event_id("LiquidityPool", name) for name in FATES]
        self._people = [int(address, 16) for address in world.people]
        self._state = State(world) if isinstance(world.wire, FastWire) else None
        self._turn = 0
        self._predicting = False
        self.reset()

    def reset(self) -> None:
        """Begin an episode: the world is again as it was built."""
        self.wire = self.world.wire
        self.feeds = self.world.feeds.copy()
        self.models: Any = Models(self.world, self._state, self.feeds) if self._state else None
        self.accounts = list(self.world.accounts)
        self.owners = dict(self.world.owners)
        self.suspects: list[int] = []
        self.squeezed = False
        self.bidders = self._begins = True
        self.operators: dict[int, int] = {}
        self.pending: dict[int, tuple[int, int]] = {}
        self.requests: dict[int, int] = {}
        self.reports: list[tuple[Any, Any, bytes]] = []
        self.posted: list[Any] = []
        self.primaries: dict[int, tuple[int, int]] = {}
        self.last = NOTHING_SENT
        self._sent = 0
        self.changes = 0
        self._running: tuple[int, list[int]] = (-1, [])
        self._debtors: tuple[int, list[int]] = (-1, [])

    # ── steps ────────────────────────────────────────────────────────────────────────────────────

    def draw(self, chooser: Chooser, group: str | None = None) -> Step | None:
        """Choose the next step: mostly one that makes sense now.

        Parameters
        ----------
        chooser : Chooser
        group : str, optional
            One of `actions.GROUPS`: then only of these, and `None` when none of them makes sense.
        """
        if self._begins:
            self._begins, self.bidders = False, not chooser.chance(1, 10)
        rare = [] if group or not chooser.chance(1, _GLANCES) else self.openings()
        for _ in range(_TRIES):
            action = actions.pick(chooser, group)
            if rare:
                action = actions.BY_NAME[chooser.pick(rare)]
                rare = []
            args = action.draw(self, chooser)
            if args is not None:
                return Step(action.name, (*action.pace(self, chooser, args), *args))
        return None if group else Step("sample", (0, 1, 0, 0))

    def apply(self, step: Step) -> Outcome:
        """Perform a step.

        Raises
        ------
        Violation
            When the outcome is not what the model says.
        """
        action = actions.BY_NAME[step.action]
        wait, fresh, *args = map(int, step.args)
        self.last = NOTHING_SENT
        self._sent = 0
        if wait:
            self.wire.advance(wait)
        if fresh:
            self.feeds.freshen(self.wire, fresh > 1)
        category = action.run(self, *args) or action.category
        self.tally.outcomes[action.name, self.last.reason] += 1
        return Outcome(self.last.reason, self._sent, category)

    # ── what actions use ─────────────────────────────────────────────────────────────────────────

    def address(self, person: int) -> int:
        """Address number of somebody; 0 of nobody (-1)."""
        return self._people[person] if person >= 0 else 0

    def token(self, token: int) -> int:
        """Address number of a token, or of something that is none or cannot be listed."""
        others = {
            UNKNOWN_TOKEN: self.world.sequencer.address,
            PERSON_AS_TOKEN: self.world.owner,
            FINE_TOKEN: self.world.too_fine.address,
        }
        if token in others:
            return int(others[token], 16)
        found = self.world.quote if token < 0 else self.world.tokens[token]
        return int(found.address, 16)

    def call(
        self,
        sender: int,
        contract: str,
        function: str,
        args: tuple[Any, ...],
        check: Callable[..., Outcomes | None] | None,
        *given: Any,
        accounts: tuple[int, ...] = (),
        data: bytes | None = None,
        value: int = 0,
    ) -> str | None:
        """Send the one protocol transaction of a step and compare.

        Parameters
        ----------
        sender : int
            Place in `world.people`.
        args : tuple
            All static: they are encoded here, unless `data` is the calldata.
        check, given
            The mirror of the function's checks, and what it takes besides the models; `None`:
            nothing can be said of the outcome.

        Returns
        -------
        str or None
            The reason of the revert.
        """
        prediction: Prediction = None
        self._turn += 1
        self._predicting = check is not None and self.care != 0 and self._turn % self.care == 0
        if self._predicting:
            assert check is not None
            prediction = predicted(check, self.models, *given)
        if data is None:
            data = self._selectors[contract][function] + words(*args)
        reason = self.send(sender, self._addresses[contract], data, value)
        self._sent += 1
        self.tally.functions.add((contract, function))
        self.last = Sent(
            self.world.people[sender], contract, function, args, accounts, reason, self.wire.output
        )
        if self._predicting:
            self._compare(prediction)
            if reason is None:
                self._compare_answer()
        else:
            self.tally.unpredicted += 1
        return reason

    def send(self, sender: int, to: str, data: bytes, value: int = 0) -> str | None:
        """Send anything; the contract that owns accounts is told to send it by a stranger."""
        self.changes += 1
        people = self.world.people
        if sender == WOLF:
            data = self._relay + with_bytes(data, int(to, 16))
            reason = self.wire.send(people[0], people[WOLF], data, value)
            self.wire.output = self.wire.output[64:]
            return reason
        assert sender != LOOP, "a token acts only in callbacks"
        return self.wire.send(people[sender], to, data, value)

    def token_call(self, person: int, token: int, function: str, *args: int) -> None:
        """Something a token's double offers."""
        found = self.world.quote if token < 0 else self.world.tokens[token]
        data = selectors(found.kind)[function] + words(*args)
        self.send(person, found.address, data)

    def approve(self, person: int, token: int, amount: int) -> None:
        """Somebody lets the Clearinghouse take tokens of his."""
        house = int(self._addresses["Clearinghouse"], 16)
        self.token_call(person, token, "approve", house, amount)

    def set_callback(
        self, wolf: bool, kind: str, target: int, payload: bytes, tolerant: bool
    ) -> None:
        """What the wolf, or the reentrant token, calls when it is its turn."""
        loop = next(t for t in self.world.tokens if t.kind == "MockReentrantERC20")
        to = self.world.wolf.address if wolf else loop.address
        name = "MockReentrantCaller" if wolf else loop.kind
        head = words(target, 96, tolerant, len(payload))
        data = head + payload + b"\0" * (-len(payload) % 32)
        self.wire.send(self.world.people[0], to, selectors(name)["set_callback"] + data)
        if self.models is not None:
            if wolf:
                self.models.wolf_callback = (kind, tolerant)
            else:
                self.models.callback = (kind, tolerant)

    def check_fill(self, account: int) -> None:
        """An execution went through: it filled or cancelled, for what reason, as predicted."""
        happened = FILLED
        filled = int.from_bytes(self.wire.output[:32], "big") == 1
        if not filled or self._predicting:
            pool = self._addresses["LiquidityPool"]
            data = self.wire.logs(pool, self._fates)[0].data
            # size delta, fill price, fee; or the place of the reason, its length, the text
            second, third = (int.from_bytes(data[i : i + 32], "big") for i in (32, 64))
            happened = (
                f"{FILLED} at {second}, {third}" if filled else data[64 : 64 + second].decode()
            )
        self.tally.outcomes["execution", FILLED if filled else happened] += 1
        if self._predicting and happened != self.models.expected_fill:
            raise Violation(
                "execution predicted",
                f"order of {account}: {self.models.expected_fill!r} expected, {happened!r} came",
            )

    def _compare_answer(self) -> None:
        expected = self.models.answer
        answered = int.from_bytes(self.last.output[:32], "big")
        if expected is not None and expected % 2**256 != answered:
            raise Violation(
                "answer predicted",
                f"{self.last.contract}.{self.last.function}{self.last.args}: "
                f"{expected} expected, {answered} came",
            )

    def _compare(self, prediction: Prediction) -> None:
        sent = self.last
        if isinstance(prediction, frozenset):
            self.tally.sets += 1
            right = sent.reason in prediction
        else:
            self.tally.exact += 1
            right = sent.reason == prediction
        if not right:
            expected = prediction if prediction is not None else "success"
            raise Violation(
                "outcome predicted",
                f"{sent.contract}.{sent.function}{sent.args} by {sent.sender}: "
                f"{expected!r} expected, {sent.reason!r} came",
            )

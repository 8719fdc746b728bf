"""Doubles of a feed and what they said: published through the chain, remembered beside it.

In process the words that a transaction would write are put into a double's slots. The memory is
what proofs are made of and what predictions read; a feed's own storage is never looked at.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Protocol

from chain import load_artifacts
from tests.fuzz.calldata import selectors, words
from tests.fuzz.storage import element

WAD_DIGITS = 18
PHASE_SHIFT = 64
NUMBER_MASK = 2**64 - 1
_TWO_256 = 2**256
NO_DATA = "No data present"
"""Says an aggregator of a round it does not have."""
FEE = 1
"""Of one pull update [wei]."""
MAX_FEED_ANSWER = 2**191 - 1
MIN_PULL, MAX_PULL = -(2**63), 2**63 - 1
MAX_AHEAD = 15  # a pull price published so far ahead of the chain's clock is of now [s]

Answer = tuple[int, int, int, int, int]
"""Price and confidence [quote wad per unit], time, heartbeat and tolerance [s], as `latest` of a
source gives them."""
FirstPrice = tuple[int, int, int] | str
"""Price, confidence and time of `first_since`, or why it reverts."""


class Sender(Protocol):
    """What publishing needs of a wire."""

    @property
    def now(self) -> int: ...

    def store(self, address: str, words: Iterable[tuple[int, int]]) -> bool: ...

    def send(self, sender: str, to: str, data: bytes, value: int = 0) -> str | None: ...


_AGGREGATOR = selectors("MockAggregator")
_PROXY = selectors("MockAggregatorProxy")
_PYTH = selectors("MockPyth")
_LATEST = load_artifacts()["MockAggregator"].slot("latest_round")
_ROUNDS = load_artifacts()["MockAggregator"].slot("_rounds")
_PRICES = load_artifacts()["MockPyth"].slot("_prices")


@dataclass
class Push:
    """A proxy and its aggregators, one a phase; `rounds[phase - 1]` are (answer, time).

    Of all kinds: `said` is the price it was told last [quote wad per unit], -1 with a confidence,
    `said_at` as of when [s], and until `broken_until` nobody heals it [s].
    """

    aggregators: tuple[str, ...]
    proxy: str
    decimals: int
    min_answer: int
    max_answer: int
    heartbeat: int  # [s]
    tolerance: int  # [s]
    publisher: str
    rounds: list[list[tuple[int, int]]]
    pull: bool = False
    said: int = -1
    said_at: int = 0
    broken_until: int = 0
    reverting: frozenset[int] = frozenset()  # phases that revert where they have no round
    unit: int = field(init=False)  # one of its units [quote wad per unit]

    def __post_init__(self) -> None:
        self.unit = 10 ** (WAD_DIGITS - self.decimals)

    @property
    def answer(self) -> int:
        """What it says [feed units]."""
        return self.rounds[-1][-1][0] if self.rounds[-1] else 0

    def latest(self, now: int) -> Answer:
        """As its source: price 0 when the answer is pinned."""
        del now
        if not self.rounds[-1]:
            return (0, 0, 0, 0, 0) if self._fails else (0, 0, 0, self.heartbeat, self.tolerance)
        answer, time = self.rounds[-1][-1]
        return self._wad(answer), 0, time, self.heartbeat, self.tolerance

    @property
    def _fails(self) -> bool:
        """Whether asking for its newest round reverts."""
        return not self.rounds[-1] and len(self.rounds) in self.reverting

    def publish(self, wire: Sender, price: int, time: int, confidence: int = 0) -> None:
        """Write the next round of a price [quote wad per unit]; a push feed knows no confidence."""
        answer = price // self.unit
        answer = max(-MAX_FEED_ANSWER, min(answer, MAX_FEED_ANSWER))
        self._write(wire, len(self.rounds), answer, time)
        self.said, self.said_at = price, time

    def switch(self, wire: Sender, time: int) -> None:
        """Begin the next phase with the same answer, as of `time`; if a spare is left."""
        phase = len(self.rounds) + 1
        if phase > len(self.aggregators):
            return
        answer = self.answer
        self.rounds = [*self.rounds, []]
        self._write(wire, phase, answer, time)
        self.said_at = time
        self._turn_to(wire, phase)

    def fall_silent(self, wire: Sender, *, reverts: bool) -> None:
        """Begin the next phase without an answer, which reverts when it is asked or says nothing;
        until somebody publishes."""
        phase = len(self.rounds) + 1
        if phase > len(self.aggregators):
            return
        self.rounds = [*self.rounds, []]
        self.said = -1
        if reverts:
            self.reverting |= {phase}
            data = _AGGREGATOR["set_reverts_without_data"] + words(1)
            wire.send(self.publisher, self.aggregators[phase - 1], data)
        self._turn_to(wire, phase)

    def _turn_to(self, wire: Sender, phase: int) -> None:
        data = _PROXY["set_aggregator"] + words(int(self.aggregators[phase - 1], 16))
        wire.send(self.publisher, self.proxy, data)

    def _write(self, wire: Sender, phase: int, answer: int, time: int) -> None:
        address, number = self.aggregators[phase - 1], len(self.rounds[-1]) + 1
        word = (answer << 64) % _TWO_256 | time << 32 | time
        if not wire.store(address, ((_LATEST, number), (element(_ROUNDS, number), word))):
            data = _AGGREGATOR["set_round"] + words(answer, time)
            assert wire.send(self.publisher, address, data) is None
        self.rounds[-1] = [*self.rounds[-1], (answer, time)]

    def proof(self, since: int) -> bytes:
        """Of the first round at or after `since`, or of the newest one when there is none."""
        phase, rounds = len(self.rounds), self.rounds[-1]
        before = self.rounds[-2][-1][1] if phase > 1 and self.rounds[-2] else 0
        for number, (_, time) in enumerate(rounds, start=1):
            if time >= since > before or (time >= since and phase == number == 1):
                return self.encode_proof(phase, number)
            before = time
        return self.encode_proof(phase, len(rounds))

    def encode_proof(self, phase: int, number: int) -> bytes:
        """Of one round; with the last one of the phase before it when it is the first."""
        identifier = phase << PHASE_SHIFT | number
        if number != 1 or phase == 1:
            return words(identifier)
        return words(identifier, (phase - 1) << PHASE_SHIFT | len(self.rounds[phase - 2]))

    def first_since(self, since: int, proof: bytes, value: int, now: int) -> FirstPrice:
        """What its source answers to a proof."""
        del value, now  # the feed is free
        if len(proof) not in (32, 64):
            return "proof: bad length"
        identifier = int.from_bytes(proof[:32], "big")
        answer, time = self._round(identifier)
        reason = self._check_round(identifier, time, since)
        if reason is None:
            reason = self._check_previous(identifier, proof, since)
        return (self._wad(answer), 0, time) if reason is None else reason

    def _check_round(self, identifier: int, time: int, since: int) -> str | None:
        phase = identifier >> PHASE_SHIFT
        if phase >> 16:
            return "round: bad id"
        if self._fails:
            return NO_DATA  # the newest one is asked for first
        if not 0 < phase <= len(self.rounds):
            return ""  # the proxy knows no such aggregator
        if time == 0:
            return NO_DATA if phase in self.reverting else "round: no data"
        if time < since:
            return "round: too early"
        return None if phase == len(self.rounds) else "round: former phase"

    def _check_previous(self, identifier: int, proof: bytes, since: int) -> str | None:
        phase, number = identifier >> PHASE_SHIFT, identifier & NUMBER_MASK
        if number > 1:
            previous = identifier - 1
        elif phase > 1:
            previous = int.from_bytes(proof[32:], "big")
            if previous >> PHASE_SHIFT != phase - 1:
                return "previous round: other phase"
            if self._round(previous + 1)[1]:
                return "previous round: not the last"
        else:
            return None
        time = self._round(previous)[1]
        if time == 0:
            empty = previous >> PHASE_SHIFT in self.reverting
            return NO_DATA if empty else "previous round: no data"
        return "round: not the first" if time >= since else None

    def _round(self, identifier: int) -> tuple[int, int]:
        phase, number = identifier >> PHASE_SHIFT, identifier & NUMBER_MASK
        if 0 < phase <= len(self.rounds) and 0 < number <= len(self.rounds[phase - 1]):
            return self.rounds[phase - 1][number - 1]
        return 0, 0

    def _wad(self, answer: int) -> int:
        if not self.min_answer < answer < self.max_answer:
            return 0
        return answer * self.unit

    def copy(self) -> Push:
        return replace(self, rounds=list(self.rounds))


@dataclass
class Pull:
    """One price of a Pyth double; an update is (price, confidence, time, time of the last)."""

    pyth: str
    price_id: bytes
    decimals: int
    heartbeat: int  # [s]
    tolerance: int  # [s]
    publisher: str
    stored: tuple[int, int, int]  # [feed units], [feed units], [s]
    updates: list[tuple[int, int, int, int]]
    pull: bool = True
    said: int = -1
    said_at: int = 0
    broken_until: int = 0
    unit: int = field(init=False)  # one of its units [quote wad per unit]

    def __post_init__(self) -> None:
        self.unit = 10 ** (WAD_DIGITS - self.decimals)
        self._id = int.from_bytes(self.price_id, "big")

    def latest(self, now: int) -> Answer:
        """As its source: what is published a little ahead of the chain's clock is of now."""
        price, confidence, time = self._wad(*self.stored)
        if now < time <= now + MAX_AHEAD:
            time = now
        return price, confidence, time, self.heartbeat, self.tolerance

    def publish(self, wire: Sender, price: int, time: int, confidence: int = 0) -> None:
        """Serve an update and push it; the double keeps what is newer than what it has."""
        amount = max(MIN_PULL, min(price // self.unit, MAX_PULL))
        width = min(confidence // self.unit, 2**64 - 1)
        previous = self.updates[-1][2]
        update = (amount, width, time, min(previous, time - 1))
        if time > self.stored[2]:
            self._push(wire, update)
            self.stored = update[:3]
            self.said, self.said_at = (-1 if confidence else price), time
        if time > previous:
            self.updates = [*self.updates, update]

    def _push(self, wire: Sender, update: tuple[int, int, int, int]) -> None:
        price, confidence, time, _ = update
        word = (price << 192) % _TWO_256 | confidence << 128 | -self.decimals % 2**32 << 96 | time
        if not wire.store(self.pyth, ((element(_PRICES, self._id), word),)):
            data = _PYTH["updatePriceFeeds"] + self.encode_proof(update)
            assert wire.send(self.publisher, self.pyth, data, FEE) is None

    def proof(self, since: int) -> bytes:
        """Of the first update at or after `since`, or of the newest one when there is none."""
        found = self.updates[-1]
        for update in self.updates:
            if update[3] < since <= update[2]:
                found = update
                break
        return self.encode_proof(found)

    def encode_proof(self, update: tuple[int, int, int, int]) -> bytes:
        """An update as `bytes[]`."""
        data = self._encode(update)
        return words(32, 1, 32, len(data)) + data

    def first_since(self, since: int, proof: bytes, value: int, now: int) -> FirstPrice:
        """What its source answers to a proof."""
        if since > now:
            return "since: in the future"
        update = next((u for u in reversed(self.updates) if self.encode_proof(u) == proof), None)
        if proof == bytes(len(words(0))):
            return "update: none in range"  # reads as a list of no updates, for no fee
        if update is None and len(proof) != len(self.encode_proof(self.updates[-1])):
            return ""  # no list of updates: the decoder refuses it without a word
        if value < FEE:
            return "value: below the feed's fee"
        if update is None or not (since <= update[2] <= now and update[3] < since):
            return "update: none in range"  # or of another feed
        return self._wad(*update[:3])

    def _wad(self, price: int, confidence: int, time: int) -> tuple[int, int, int]:
        if price <= 0:
            return 0, 0, time
        return price * self.unit, confidence * self.unit, time

    def _encode(self, update: tuple[int, int, int, int]) -> bytes:
        price, confidence, time, previous = update
        parts = words(price, confidence, -self.decimals, time)
        return self.price_id + parts + parts + words(previous)

    def copy(self) -> Pull:
        return replace(self)

"""How transactions reach an EVM: straight into the one in this process, or over any other chain."""

from __future__ import annotations

import re
from collections.abc import Container, Iterable
from time import perf_counter
from typing import Any, Protocol

from chain import Chain, PyrevmChain
from chain.interface import SEND_GAS, Log, Reverted, decode_reason

_GAS = re.compile(r"gas_used: (\d+)")
_ERROR = "08c379a0"
_LENGTH_AT = 8 + 64  # hex digits before the length of an error string


class Wire(Protocol):
    """What a machine needs of a chain.

    Attributes
    ----------
    version : int
        Grows with everything that may change a reading.
    gas : int
        Used by all transactions so far.
    seconds : float
        Sending them took.
    output : bytes
        What the last transaction returned.
    """

    version: int
    gas: int
    seconds: float
    output: bytes

    @property
    def now(self) -> int:
        """Time the next transaction sees [s]."""

    def advance(self, seconds: int) -> None:
        """Let time pass."""

    def send(self, sender: str, to: str, data: bytes, value: int = 0) -> str | None:
        """Send a transaction; `None`, or why it reverted."""

    def store(self, address: str, words: Iterable[tuple[int, int]]) -> bool:
        """Put words into slots of a double, which is faster than a transaction that would; `False`
        where it takes that transaction."""

    def logs(self, address: str, events: Container[bytes]) -> list[Log]:
        """What a contract logged in the last transaction, of events with these first topics."""


class ChainWire:
    """The clock and the counters of both kinds."""

    def __init__(self, chain: Chain) -> None:
        self._chain = chain
        self.version = 0
        self.gas = 0
        self.seconds = 0.0
        self.output = b""

    @property
    def now(self) -> int:
        return self._chain.time

    def advance(self, seconds: int) -> None:
        self.version += 1
        self._chain.advance(seconds)


class FastWire(ChainWire):
    """Straight into the in-process EVM."""

    def __init__(self, chain: PyrevmChain) -> None:
        super().__init__(chain)
        self.evm: Any = chain._evm
        self._call = self.evm.message_call
        self._reset = self.evm.reset_transient_storage

    def send(self, sender: str, to: str, data: bytes, value: int = 0) -> str | None:
        self.version += 1
        started = perf_counter()
        try:
            self.output = self._call(sender, to, data, value=value, gas=SEND_GAS)
        except RuntimeError as error:
            self.output = b""
            text = str(error)
            self.gas += _gas(text)
            return _reason(text)
        finally:
            self.seconds += perf_counter() - started
            # pyrevm knows no end of a transaction: without this a lock would outlive it
            self._reset()
        self.gas += self.evm.result.gas_used
        return None

    def store(self, address: str, words: Iterable[tuple[int, int]]) -> bool:
        self.version += 1
        for slot, word in words:
            self.evm.insert_account_storage(address, slot, word)
        return True

    def logs(self, address: str, events: Container[bytes]) -> list[Log]:
        found = []
        for log in self.evm.result.logs:
            if log.address == address:
                topics, data = log.data
                if topics[0] in events:
                    found.append(Log(address, tuple(topics), data))
        return found


class SlowWire(ChainWire):
    """Over any chain: the same steps on a node."""

    def __init__(self, chain: Chain) -> None:
        super().__init__(chain)
        self._logs: list[Log] = []

    def send(self, sender: str, to: str, data: bytes, value: int = 0) -> str | None:
        self.version += 1
        started = perf_counter()
        try:
            receipt = self._chain.send(to, data, sender, value)
        except Reverted as reverted:
            self.output, self._logs = b"", []
            return reverted.reason
        finally:
            self.seconds += perf_counter() - started
        self.output, self._logs = receipt.output, receipt.logs
        self.gas += receipt.gas_used
        return None

    def store(self, address: str, words: Iterable[tuple[int, int]]) -> bool:
        return False

    def logs(self, address: str, events: Container[bytes]) -> list[Log]:
        return [log for log in self._logs if log.address == address and log.topics[0] in events]


def _gas(text: str) -> int:
    """Gas a transaction of the in-process EVM used before it reverted."""
    digits = _GAS.search(text)
    return int(digits[1]) if digits else 0


def _reason(text: str) -> str:
    """Why a transaction of the in-process EVM reverted, out of its error's text."""
    data = text.rpartition("output: 0x")[2].rstrip(" }")
    if text.startswith("Revert"):
        if data.startswith(_ERROR):
            length = int(data[_LENGTH_AT : _LENGTH_AT + 64], 16)
            start = _LENGTH_AT + 64
            return bytes.fromhex(data[start : start + 2 * length]).decode()
        return decode_reason(bytes.fromhex(data))
    return "halt: " + text.removeprefix("Halt { reason: ").split(",", maxsplit=1)[0]

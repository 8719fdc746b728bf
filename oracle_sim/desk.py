"""The one desk through which everybody in a replay acts: it sends, counts and reads the logs."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from eth_utils.abi import event_abi_to_log_topic

from chain import Chain, Contract, Receipt, Reverted
from chain.contract import Function


def _topic(event: Any) -> bytes:
    """Topic of an event by its ABI."""
    return bytes(event_abi_to_log_topic(event))


_LEDGER = "Clearinghouse"


def _naming(contracts: Iterable[Contract]) -> set[tuple[str, bytes]]:
    """Where the ledger's events that name an account come from."""
    return {
        (contract.address, _topic(entry))
        for contract in contracts
        if contract.name == _LEDGER
        for entry in contract.artifact.abi
        if entry["type"] == "event"
        and entry["inputs"][0]["name"].lstrip("_") == "account"
        and entry["inputs"][0]["indexed"]
    }


@dataclass(frozen=True, slots=True)
class Happening:
    """One decoded event of the protocol and when it was.

    Attributes
    ----------
    name : str
    args
        Its arguments by attribute.
    time : int
        [s]
    block : int
    """

    name: str
    args: Any
    time: int
    block: int


class Desk:
    """Sends transactions and decodes each log once.

    Parameters
    ----------
    chain : Chain
    contracts : iterable of Contract
        Whose events are read.
    names : iterable of str
        Events that are read; the rest stays undecoded.

    Attributes
    ----------
    transactions : int
        Sent and not refused.
    changes : int
        Of those, the ones that did more than publish a price.
    """

    def __init__(self, chain: Chain, contracts: Iterable[Contract], names: Iterable[str]) -> None:
        contracts = list(contracts)
        self.chain = chain
        self.transactions = 0
        self.changes = 0
        self.refusals: Counter[str] = Counter()
        self._happenings: list[Happening] = []
        wanted = set(names)
        self._readers: dict[tuple[str, bytes], Contract] = {
            (contract.address, _topic(entry)): contract
            for contract in contracts
            for entry in contract.artifact.abi
            if entry["type"] == "event" and entry["name"] in wanted
        }
        self._naming = _naming(contracts)
        self._touched: set[int] = set()

    def send(self, function: Function, *args: Any, sender: str, value: int = 0) -> Receipt:
        """Send a transaction that must succeed; raises `Reverted` when it does not."""
        receipt = self.publish(function, *args, sender=sender, value=value)
        self.changes += 1
        for log in receipt.logs:
            place = (log.address, log.topics[0])
            if place in self._naming:
                self._touched.add(int.from_bytes(log.topics[1], "big"))
            reader = self._readers.get(place)
            if reader is not None:
                event = reader.events([log])[0]
                self._happenings.append(
                    Happening(event.name, event.args, receipt.timestamp, receipt.block_number)
                )
        return receipt

    def publish(self, function: Function, *args: Any, sender: str, value: int = 0) -> Receipt:
        """Send what reaches nothing but a price feed, and must succeed."""
        receipt = function.send(*args, sender=sender, value=value)
        self.transactions += 1
        return receipt

    def touched_accounts(self) -> set[int]:
        """Accounts whose books an event has named since the last call."""
        touched, self._touched = self._touched, set()
        return touched

    def attempt(
        self, function: Function, *args: Any, sender: str, value: int = 0
    ) -> Receipt | None:
        """Send what the protocol may refuse; a refusal is counted by its reason."""
        try:
            return self.send(function, *args, sender=sender, value=value)
        except Reverted as refusal:
            self.refusals[f"{function.name}: {refusal.reason}"] += 1
            return None

    def drain(self) -> list[Happening]:
        """What happened since the last call, in order."""
        happenings, self._happenings = self._happenings, []
        return happenings

"""One small interface to an EVM: call, send, logs, time, snapshots, the past."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from eth_abi.abi import decode
from eth_abi.exceptions import DecodingError
from web3.utils import get_create_address

from chain.errors import ChainError, PlimsollError

if TYPE_CHECKING:
    from chain.artifacts import Artifact
    from chain.contract import Contract

# What a transaction may burn, and what a node lets a static call burn (geth's own default cap).
SEND_GAS = 30_000_000
CALL_GAS = 50_000_000

ZERO_ADDRESS = "0x" + "00" * 20

_ERROR_SELECTOR = bytes.fromhex("08c379a0")  # Error(string)
_PANIC_SELECTOR = bytes.fromhex("4e487b71")  # Panic(uint256)


@dataclass(frozen=True, slots=True)
class Log:
    """One raw event log."""

    address: str
    topics: tuple[bytes, ...]
    data: bytes


@dataclass(slots=True)
class Receipt:
    """What a mined transaction left behind.

    Attributes
    ----------
    gas_used : int
        Gas of the whole transaction. Only a JSON-RPC chain's number may be published: the
        in-process EVM keeps slots warm between transactions.
    result
        The decoded return value of the function. A JSON-RPC chain learns it from a static call on
        the state just before, so there it is a prediction if other senders are at work.
    timestamp : int
        Of its block [s].
    """

    gas_used: int
    logs: list[Log] = field(repr=False)
    output: bytes = field(repr=False)
    block_number: int
    timestamp: int
    address: str | None = None
    result: Any = None


class Reverted(PlimsollError):
    """A call or transaction reverted.

    Attributes
    ----------
    reason : str
        The revert string; ``"panic: 0x11"`` for a compiler panic, ``"halt: OutOfGas"`` when the
        EVM stopped by itself, empty when the contract gave none.
    data : bytes
        Raw return data.
    """

    def __init__(self, reason: str, data: bytes = b"") -> None:
        super().__init__(f"reverted: {reason or 'without a reason'}")
        self.reason = reason
        self.data = data

    @classmethod
    def from_data(cls, data: bytes) -> Reverted:
        """Decode what a reverting contract returned."""
        return cls(decode_reason(data), data)


def decode_reason(data: bytes) -> str:
    """The reason inside revert data; empty when there is none."""
    try:
        if data[:4] == _ERROR_SELECTOR:
            return str(decode(["string"], data[4:])[0])
        if data[:4] == _PANIC_SELECTOR:
            return f"panic: {decode(['uint256'], data[4:])[0]:#x}"
    except (DecodingError, UnicodeDecodeError):
        return f"undecodable: 0x{data.hex()}"
    return f"unknown: 0x{data.hex()}" if data else ""


class Chain(ABC):
    """An EVM we can call, send to and, when it is a local one, wind forward.

    `time` is the timestamp [s] that the next call *and* the next transaction see: `advance` moves
    both, and a transaction by itself does not move it on the chains that let us say so.
    """

    accounts: list[str]  # funded; [0] sends and deploys when nobody else is named
    chain_id: int
    is_local: bool  # nobody's money: its time and its past are ours, test doubles may be deployed

    @property
    @abstractmethod
    def time(self) -> int:
        """Timestamp the next call and the next transaction see [s]."""

    @property
    @abstractmethod
    def block_number(self) -> int:
        """Number of the newest block."""

    @abstractmethod
    def advance(self, seconds: int) -> None:
        """Let `seconds` pass; a new block begins."""

    @abstractmethod
    def snapshot(self) -> int:
        """Remember the state and the time."""

    @abstractmethod
    def revert(self, snapshot: int) -> None:
        """Return to `snapshot`, which is used up, and so is every later one."""

    @abstractmethod
    def balance(self, address: str) -> int:
        """Native balance [wei]."""

    @abstractmethod
    def code(self, address: str) -> bytes:
        """Runtime code; empty when the address has none."""

    @abstractmethod
    def nonce(self, address: str) -> int:
        """Transactions and contracts of an address so far."""

    def next_contracts(self, count: int) -> list[str]:
        """Addresses of the next contracts that accounts[0] deploys, if it sends nothing between."""
        sender: Any = self.accounts[0]
        first: Any = self.nonce(sender)
        return [get_create_address(sender, first + i) for i in range(count)]

    def storage(self, address: str, slot: int) -> int:
        """The word in a slot of a contract."""
        raise ChainError(f"slot {slot} of {address}: {type(self).__name__} reads no storage")

    def logs(self, addresses: Sequence[str], first: int, last: int) -> list[Log]:
        """What contracts logged from block `first` to block `last`, both included, in order."""
        raise ChainError(f"blocks {first} to {last}: {type(self).__name__} keeps no logs")

    def at_block(self, number: int) -> Chain:
        """The state and the time after a block that was mined, to be read only."""
        if number != self.block_number:
            raise ChainError(
                f"block {number}: {type(self).__name__} has the present only, "
                f"block {self.block_number}"
            )
        return self

    def _need_mined(self, number: int) -> None:
        newest = self.block_number
        if not 0 <= number <= newest:
            raise ChainError(f"block {number}: not mined, the newest is {newest}")

    @abstractmethod
    def call(self, to: str, data: bytes, sender: str | None = None, value: int = 0) -> bytes:
        """Execute on the current state without changing it."""

    @abstractmethod
    def send(self, to: str, data: bytes, sender: str | None = None, value: int = 0) -> Receipt:
        """Execute and keep the result."""

    @abstractmethod
    def create(self, initcode: bytes, sender: str | None = None, value: int = 0) -> Receipt:
        """Deploy; the receipt carries the address."""

    def deploy(
        self, artifact: Artifact, *args: Any, sender: str | None = None, value: int = 0
    ) -> Contract:
        """Deploy a compiled contract with its constructor's arguments."""
        from chain.contract import Contract, constructor_data

        initcode = artifact.bytecode + constructor_data(artifact, args)
        receipt = self.create(initcode, sender, value)
        assert receipt.address is not None
        return Contract(self, artifact, receipt.address, receipt)

    def at(self, artifact: Artifact, address: str) -> Contract:
        """A contract that is already there."""
        from chain.contract import Contract

        return Contract(self, artifact, address)

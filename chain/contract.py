"""A contract on a chain, its functions as attributes."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

from eth_utils.crypto import keccak

from chain.codec import Codec, codec, named_tuple, tuple_codec
from chain.errors import EncodingError
from chain.interface import Chain, Log, Receipt, Reverted

if TYPE_CHECKING:
    from chain.artifacts import Artifact

_Answer = TypeVar("_Answer")


@dataclass(frozen=True, slots=True)
class Event:
    """A decoded event: `name`, the emitting `address`, and `args` by attribute."""

    name: str
    args: Any
    address: str


@dataclass(frozen=True, slots=True)
class _Entry:
    """One function of an ABI, compiled."""

    name: str
    selector: bytes
    inputs: Codec
    arity: int
    outputs: Codec
    output_count: int
    constant: bool

    def decode(self, data: bytes) -> Any:
        if self.output_count == 0:
            return None
        values = self.outputs.decode(data, 0)
        return values[0] if self.output_count == 1 else tuple(values)


@dataclass(frozen=True, slots=True)
class _EventEntry:
    name: str
    indexed: list[tuple[int, Codec]]  # position among the arguments
    rest: list[int]
    data: Codec
    build: Any  # positional arguments to a named tuple

    def decode(self, log: Log) -> Event:
        values: dict[int, Any] = {}
        for (position, part), topic in zip(self.indexed, log.topics[1:], strict=True):
            values[position] = topic if part.dynamic else part.decode(topic, 0)
        values.update(zip(self.rest, self.data.decode(log.data, 0), strict=True))
        return Event(self.name, self.build(*[values[i] for i in range(len(values))]), log.address)


class _Abi:
    """All functions and events of one contract type, compiled once and shared by its instances."""

    def __init__(self, name: str, entries: Sequence[dict[str, Any]]) -> None:
        self.functions: dict[str, dict[int, _Entry]] = defaultdict(dict)
        self.events: dict[bytes, _EventEntry] = {}
        self.constructor = tuple_codec([])
        for entry in entries:
            if entry["type"] == "function":
                function = _function(entry)
                self.functions[function.name][function.arity] = function
            elif entry["type"] == "event":
                topic, event = _event(entry)
                self.events[topic] = event
            elif entry["type"] == "constructor":
                self.constructor = tuple_codec(entry["inputs"], name)


def _function(entry: dict[str, Any]) -> _Entry:
    inputs = tuple_codec(entry["inputs"])
    return _Entry(
        entry["name"],
        keccak(text=entry["name"] + inputs.name)[:4],
        inputs,
        len(entry["inputs"]),
        tuple_codec(entry["outputs"], entry["name"].strip("_")),
        len(entry["outputs"]),
        entry["stateMutability"] in ("view", "pure"),
    )


def _event(entry: dict[str, Any]) -> tuple[bytes, _EventEntry]:
    arguments = entry["inputs"]
    whole = tuple_codec(arguments, entry["name"])
    rest = [i for i, a in enumerate(arguments) if not a["indexed"]]
    indexed = [(i, codec(a)) for i, a in enumerate(arguments) if a["indexed"]]
    named = named_tuple(entry["name"], arguments)
    data = tuple_codec([arguments[i] for i in rest])
    return keccak(text=entry["name"] + whole.name), _EventEntry(
        entry["name"], indexed, rest, data, named
    )


_compiled: dict[int, tuple[Artifact, _Abi]] = {}


def _abi(artifact: Artifact) -> _Abi:
    # By identity: hashing an ABI costs more than compiling it. The artifact is kept, so its id is.
    found = _compiled.get(id(artifact))
    if found is None:
        found = _compiled[id(artifact)] = (artifact, _Abi(artifact.name, artifact.abi))
    return found[1]


def constructor_data(artifact: Artifact, args: Sequence[Any]) -> bytes:
    """Encoded constructor arguments."""
    return _abi(artifact).constructor.encode(args)


class Function:
    """A bound function: views are called, all others are sent.

    `call` asks what a state-changing function would return, `send` makes a transaction of a view,
    `encode` gives the calldata.
    """

    __slots__ = ("_contract", "_entries", "_only", "name")

    def __init__(self, contract: Contract, name: str, entries: dict[int, _Entry]) -> None:
        self._contract = contract
        self._entries = entries
        self._only = next(iter(entries.values())) if len(entries) == 1 else None
        self.name = name

    def _entry(self, args: Sequence[Any]) -> _Entry:
        # Default arguments give one name several arities.
        entry = self._only or self._entries.get(len(args))
        if entry is None or entry.arity != len(args):
            wanted = " or ".join(str(arity) for arity in sorted(self._entries))
            raise EncodingError(f"{self}: takes {wanted} arguments, not {len(args)}")
        return entry

    def __call__(self, *args: Any, sender: str | None = None, value: int = 0) -> Any:
        if self._entry(args).constant:
            return self.call(*args, sender=sender, value=value)
        return self.send(*args, sender=sender, value=value)

    def _ask(
        self, ask: Callable[..., _Answer], args: Sequence[Any], sender: str | None, value: int
    ) -> tuple[_Entry, _Answer]:
        entry = self._entry(args)
        data = entry.selector + entry.inputs.encode(args)
        try:
            return entry, ask(self._contract.address, data, sender, value)
        except Reverted as error:
            error.add_note(f"in {self}")
            raise

    def call(self, *args: Any, sender: str | None = None, value: int = 0) -> Any:
        entry, output = self._ask(self._contract.chain.call, args, sender, value)
        return entry.decode(output)

    def send(self, *args: Any, sender: str | None = None, value: int = 0) -> Receipt:
        entry, receipt = self._ask(self._contract.chain.send, args, sender, value)
        receipt.result = entry.decode(receipt.output)
        return receipt

    def encode(self, *args: Any) -> bytes:
        entry = self._entry(args)
        return entry.selector + entry.inputs.encode(args)

    def __str__(self) -> str:
        return f"{self._contract.name}.{self.name}"

    __repr__ = __str__


class Contract:
    """A deployed contract; its functions are attributes.

    Parameters
    ----------
    chain, artifact, address
        Where it is and what it is.
    receipt : Receipt, optional
        Of its deployment, when this process made it.
    """

    def __init__(
        self, chain: Chain, artifact: Artifact, address: str, receipt: Receipt | None = None
    ) -> None:
        self.chain = chain
        self.artifact = artifact
        self.name = artifact.name
        self.address = address
        self.receipt = receipt
        self._abi = _abi(artifact)

    def __getattr__(self, name: str) -> Function:
        # Only called for what is not there yet: each function is bound once and then kept.
        entries = self.__dict__["_abi"].functions.get(name) if "_abi" in self.__dict__ else None
        if not entries:
            raise AttributeError(
                f"{self.__dict__.get('name', 'contract')} has no function {name!r}"
            )
        function = Function(self, name, entries)
        self.__dict__[name] = function
        return function

    def function(self, name: str) -> Function:
        """A function whose name the wrapper uses for itself (`name`, `chain`, `events` ...)."""
        return Function(self, name, self._abi.functions[name])

    @property
    def functions(self) -> list[str]:
        """Names of all external functions."""
        return sorted(self._abi.functions)

    def events(self, source: Receipt | Iterable[Log]) -> list[Event]:
        """Decode what this contract logged."""
        logs = source.logs if isinstance(source, Receipt) else source
        return [
            self._abi.events[log.topics[0]].decode(log)
            for log in logs
            if log.address == self.address and log.topics and log.topics[0] in self._abi.events
        ]

    def __str__(self) -> str:
        return f"{self.name}({self.address})"

    __repr__ = __str__

"""A contract alone among neighbours that say what a test tells them to, and call back."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from chain import Artifacts, Chain, Contract
from chain.codec import tuple_codec
from chain.interface import ZERO_ADDRESS

WAD = 10**18
NOBODY = "0x" + "11" * 20
SAMPLE_INTERVAL = 60
IM_MULTIPLIER = 3 * WAD // 2
BUFFER = WAD // 10


def plain(entry: Mapping[str, Any], number: int = 1, address: str = NOBODY) -> Any:
    """Some value of an ABI type, made of this number and this address."""
    kind = entry["type"]
    array = re.fullmatch(r"(.*)\[(\d*)\]", kind)
    if array:
        return [plain({**entry, "type": array[1]}, number, address)] * int(array[2] or 0)
    if kind == "tuple":
        return tuple(plain(part, number, address) for part in entry["components"])
    values = {"address": address, "bytes32": bytes(32), "bytes": b"", "bool": False}
    return values.get(kind, number)


def function_entry(contract: Contract, name: str) -> dict[str, Any]:
    """ABI of a function; of several of a name that with most arguments."""
    named = [e for e in contract.artifact.abi if e.get("name") == name and e["type"] == "function"]
    return max(named, key=lambda entry: len(entry["inputs"]))


def plain_call(contract: Contract, name: str) -> bytes:
    """Calldata of some call of a function."""
    inputs = function_entry(contract, name)["inputs"]
    return contract.function(name).encode(*map(plain, inputs))


class Surroundings:
    """One neighbour in every role: whatever contract another one wants to know, it is this one."""

    def __init__(self, chain: Chain, artifacts: Artifacts) -> None:
        self.chain = chain
        self.artifacts = artifacts
        self.neighbour = chain.deploy(artifacts["MockNeighbour"])
        self.say("PriceOracle", "SAMPLE_INTERVAL", SAMPLE_INTERVAL)
        self.say("RiskEngine", "IM_MULTIPLIER", IM_MULTIPLIER)
        self.say("RiskEngine", "BUFFER", BUFFER)

    def _as(self, name: str) -> Contract:
        return self.chain.at(self.artifacts[name], self.neighbour.address)

    def selector(self, name: str, function: str) -> bytes:
        """Of a function of the contract of that name."""
        return plain_call(self._as(name), function)[:4]

    def say(self, name: str, function: str, *results: Any) -> None:
        """What the neighbour answers as that contract; zeros otherwise."""
        outputs = function_entry(self._as(name), function)["outputs"]
        answer = tuple_codec(outputs).encode(results)
        self.neighbour.set_answer(self.selector(name, function), answer)

    def say_fields(self, name: str, function: str, **fields: Any) -> None:
        """What the neighbour answers where that is one struct; zeros but for these fields."""
        (output,) = function_entry(self._as(name), function)["outputs"]
        zeros = {part["name"]: plain(part, 0, ZERO_ADDRESS) for part in output["components"]}
        assert fields.keys() <= zeros.keys()
        self.say(name, function, tuple({**zeros, **fields}.values()))

    def deploy(self, name: str, *args: Any) -> Contract:
        return self.chain.deploy(self.artifacts[name], *args)

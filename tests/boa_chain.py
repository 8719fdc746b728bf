"""titanoboa's EVM as a `Chain`: the same tests, with line coverage of the contracts.

The environment learns for each contract which source line an instruction belongs to; boa's own
VyperContract knows that too, but prints its whole storage at every revert.
"""

from __future__ import annotations

import json
import os
import sys
from collections import defaultdict
from collections.abc import Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from boa.environment import Env
from boa.util.abi import Address
from eth.exceptions import InsufficientFunds, Revert

from chain.artifacts import CACHE, ROOT, Artifact, content_hash
from chain.contract import Contract, constructor_data
from chain.errors import ChainError
from chain.files import write_whole
from chain.interface import CALL_GAS, SEND_GAS, Chain, Log, Receipt, Reverted
from chain.pyrevm_chain import START_BALANCE, START_TIME, role_address

SPANS = " spans 3"  # of this file's way to tell them; part of the cache's key
Span = tuple[str, int, int]
"""Path, first and last line."""

EXECUTED: dict[str, set[int]] = defaultdict(set)
CODED: dict[str, set[int]] = defaultdict(set)
"""Lines of all chains of this process, by path: those that ran, those that have code."""


@dataclass(slots=True)
class _Sources:
    """Where each instruction of one contract comes from, and which have run."""

    create: dict[int, Span]
    runtime: dict[int, Span]
    seen: set[tuple[bool, int]] = field(default_factory=set)

    def __repr__(self) -> str:  # boa keeps the text of every contract that reverts
        return "contract"

    def ran(self, create: bool, counters: set[int]) -> None:
        """Note instructions that were executed."""
        spans = self.create if create else self.runtime
        for counter in counters:
            if (create, counter) not in self.seen:
                self.seen.add((create, counter))
                if counter in spans:
                    path, first, last = spans[counter]
                    EXECUTED[path].update(range(first, last + 1))


def _statements(assembly: Any) -> Iterator[tuple[int, str, int, int]]:
    from vyper import ast as vy_ast
    from vyper.ir import compile_ir

    _, source_map = compile_ir.assembly_to_evm(assembly)
    for counter, node in source_map["pc_raw_ast_map"].items():
        path = node.module_node.resolved_path
        if isinstance(node, vy_ast.Module) or not path.startswith(f"{ROOT}{os.sep}contracts"):
            continue
        # The range of a function, branch or loop ends with its body: taking it would count a body
        # as run when only it was entered, or only its condition evaluated.
        if isinstance(node, vy_ast.FunctionDef):
            last = node.lineno
        elif isinstance(node, vy_ast.If):
            last = node.test.end_lineno
        elif isinstance(node, vy_ast.For):
            last = node.iter.end_lineno
        else:
            last = node.end_lineno or node.lineno
        yield counter, os.path.relpath(path, ROOT), node.lineno, last


def _compile_sources(path: Path) -> dict[str, list[tuple[int, str, int, int]]]:
    from vyper.compiler import CompilerData
    from vyper.compiler.input_bundle import FilesystemInputBundle
    from vyper.compiler.settings import anchor_settings

    packages = [Path(entry) for entry in sys.path if entry.endswith("site-packages")]
    bundle = FilesystemInputBundle([*packages, ROOT])
    data = CompilerData(bundle.load_file(path.relative_to(ROOT)), bundle)
    with anchor_settings(data.settings):
        return {
            "create": list(_statements(data.assembly)),
            "runtime": list(_statements(data.assembly_runtime)),
        }


def _load_spans(path: Path) -> dict[str, Any]:
    """Spans of a contract as JSON, from the cache if that is still true."""
    wanted = content_hash(path, ROOT) + SPANS
    cached = ROOT / CACHE / f"{path.stem}.lines"
    content: dict[str, Any] = json.loads(cached.read_text()) if cached.is_file() else {}
    if content.get("hash") != wanted:
        content = {"hash": wanted, **_compile_sources(path)}
        write_whole(cached, json.dumps(content))
    return content


def compile_spans(paths: Iterable[Path], workers: int) -> None:
    """Fill the cache in parallel processes."""
    with ProcessPoolExecutor(workers) as pool:
        for job in [pool.submit(_load_spans, path) for path in paths]:
            job.result()


def _load_sources(artifact: Artifact) -> _Sources:
    content = _load_spans(artifact.path)
    create, runtime = (
        {counter: (str(ROOT / path), first, last) for counter, path, first, last in content[part]}
        for part in ("create", "runtime")
    )
    for path, first, last in [*create.values(), *runtime.values()]:
        CODED[path].update(range(first, last + 1))
    return _Sources(create, runtime)


class _TracingEnv(Env):
    """boa's environment, telling the contracts' sources what ran."""

    _coverage_enabled = True

    def _trace_computation(self, computation: Any, contract: Any = None) -> None:
        if isinstance(contract, _Sources):
            contract.ran(computation.msg.is_create, set(computation.code._trace))
        for child in computation.children:
            if child.msg.code_address:
                found = self._lookup_contract_fast(child.msg.code_address)
                self._trace_computation(child, found)


class BoaChain(Chain):
    """A fresh titanoboa environment: about a hundred times slower than pyrevm."""

    chain_id = 1
    is_local = True

    def __init__(self, start_time: int = START_TIME, account_count: int = 20) -> None:
        self._env = _TracingEnv()
        self.accounts = [role_address(i) for i in range(account_count)]
        for account in self.accounts:
            self._env.set_balance(account, START_BALANCE)
        self._sources: dict[str, _Sources] = {}
        self._snapshots: list[tuple[int, Any, int, int]] = []
        self._next_snapshot = 1
        self._set_block(start_time, 1)

    @property
    def time(self) -> int:
        return int(self._env.evm.patch.timestamp)

    @property
    def block_number(self) -> int:
        return int(self._env.evm.patch.block_number)

    def _set_block(self, timestamp: int, number: int) -> None:
        self._env.evm.patch.timestamp = timestamp
        self._env.evm.patch.block_number = number

    def advance(self, seconds: int) -> None:
        if seconds < 0:
            raise ChainError(f"time: cannot go back {-seconds} s")
        self._set_block(self.time + seconds, self.block_number + 1)

    def snapshot(self) -> int:
        identifier = self._next_snapshot
        self._next_snapshot += 1
        state = self._env.evm.snapshot()
        self._snapshots.append((identifier, state, self.time, self.block_number))
        return identifier

    def revert(self, snapshot: int) -> None:
        if not any(entry[0] == snapshot for entry in self._snapshots):
            raise ChainError(f"snapshot {snapshot}: unknown or used up")
        while True:
            identifier, state, timestamp, number = self._snapshots.pop()
            self._env.evm.revert(state)
            if identifier == snapshot:
                break
        self._set_block(timestamp, number)

    def balance(self, address: str) -> int:
        return int(self._env.get_balance(address))

    def code(self, address: str) -> bytes:
        return bytes(self._env.get_code(address))

    def nonce(self, address: str) -> int:
        return int(self._env.evm.vm.state.get_nonce(bytes.fromhex(address[2:])))

    def _execute(self, to: str, data: bytes, sender: str | None, value: int, gas: int) -> Any:
        try:
            computation = self._env.execute_code(
                to_address=to,
                sender=sender or self.accounts[0],
                data=data,
                value=value,
                gas=gas,
                contract=self._env.lookup_contract(to),
            )
        except InsufficientFunds as error:
            raise ChainError(f"titanoboa refused the transaction: {error}") from None
        _raise_for(computation)
        return computation

    def call(self, to: str, data: bytes, sender: str | None = None, value: int = 0) -> bytes:
        state = self._env.evm.snapshot()
        try:
            return bytes(self._execute(to, data, sender, value, CALL_GAS).output)
        finally:
            self._env.evm.revert(state)

    def send(self, to: str, data: bytes, sender: str | None = None, value: int = 0) -> Receipt:
        try:
            computation = self._execute(to, data, sender, value, SEND_GAS)
        finally:
            self._end_transaction()
        return self._receipt(computation, bytes(computation.output))

    def create(self, initcode: bytes, sender: str | None = None, value: int = 0) -> Receipt:
        return self._create(initcode, sender, value, None)

    def _create(
        self, initcode: bytes, sender: str | None, value: int, sources: _Sources | None
    ) -> Receipt:
        try:
            address, computation = self._env.deploy(
                sender=sender or self.accounts[0],
                gas=SEND_GAS,
                value=value,
                bytecode=initcode,
                contract=sources,
            )
        finally:
            self._end_transaction()
        _raise_for(computation)
        receipt = self._receipt(computation, b"")
        receipt.address = str(address)
        return receipt

    def deploy(
        self, artifact: Artifact, *args: Any, sender: str | None = None, value: int = 0
    ) -> Contract:
        sources = self._sources.get(artifact.name)
        if sources is None and artifact.path.is_relative_to(ROOT):
            sources = self._sources[artifact.name] = _load_sources(artifact)
        initcode = artifact.bytecode + constructor_data(artifact, args)
        receipt = self._create(initcode, sender, value, sources)
        assert receipt.address is not None
        if sources is not None:
            self._env.register_contract(receipt.address, sources)
        return Contract(self, artifact, receipt.address, receipt)

    def _end_transaction(self) -> None:
        # boa knows no end of a transaction either. Slots stay warm: no gas number from here counts.
        self._env.evm.vm.state.clear_transient_storage()

    def _receipt(self, computation: Any, output: bytes) -> Receipt:
        logs = [
            Log(
                str(Address(address)),
                tuple(topic.to_bytes(32, "big") for topic in topics),
                data,
            )
            for _, address, topics, data in computation.get_raw_log_entries()
        ]
        return Receipt(computation.get_gas_used(), logs, output, self.block_number, self.time)


def _raise_for(computation: Any) -> None:
    if not computation.is_error:
        return
    if isinstance(computation.error, Revert):
        raise Reverted.from_data(bytes(computation.output))
    raise Reverted(f"halt: {type(computation.error).__name__}")

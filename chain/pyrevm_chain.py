"""The in-process EVM: fast enough for fuzzing and replays, same bytecode as everywhere else."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pyrevm
from eth_utils.address import to_checksum_address
from eth_utils.crypto import keccak

from chain.errors import ChainError
from chain.interface import CALL_GAS, SEND_GAS, Chain, Log, Receipt, Reverted

START_TIME = 1_700_000_000  # any date after the newest feed in the tests [s]
START_BALANCE = 10**24  # [wei]
_SPEC = "CANCUN"  # pyrevm takes an unknown name silently for its latest
_CODE_PADDING = 33  # [bytes]
_REVERT = "Revert { "
_HALT = "Halt { reason: "


def role_address(index: int) -> str:
    """Address number `index` of the funded ones; the same in every in-process chain."""
    return to_checksum_address(keccak(b"plimsoll account %d" % index)[12:])


class PyrevmChain(Chain):
    """A fresh EVM in this process.

    Its gas numbers are low (slots stay warm between transactions): publish a node's instead.
    Each kept transaction costs about 2 kB for ever: long runs take a fresh chain now and then.

    Parameters
    ----------
    start_time : int
        [s]
    account_count : int
    keep_logs : bool
        Remember what was logged, for `logs`.
    """

    chain_id = 1
    is_local = True

    def __init__(
        self,
        start_time: int = START_TIME,
        account_count: int = 20,
        *,
        keep_logs: bool = False,
    ) -> None:
        self._logs: list[tuple[int, Log]] | None = [] if keep_logs else None  # by block
        self._evm = pyrevm.EVM(spec_id=_SPEC)
        self.accounts = [role_address(i) for i in range(account_count)]
        for account in self.accounts:
            self._evm.set_balance(account, START_BALANCE)
        # LIFO: pyrevm's journal is corrupted by reverting any but the newest checkpoint.
        self._snapshots: list[tuple[int, pyrevm.JournalCheckpoint, int, int, int]] = []
        self._next_snapshot = 1
        self._set_block(start_time, 1)

    @property
    def time(self) -> int:
        return self._time

    @property
    def block_number(self) -> int:
        return self._block_number

    def advance(self, seconds: int) -> None:
        if seconds < 0:
            raise ChainError(f"time: cannot go back {-seconds} s")
        self._set_block(self._time + seconds, self._block_number + 1)

    def _set_block(self, timestamp: int, number: int) -> None:
        self._time, self._block_number = timestamp, number
        # A copy, and what is not set in it falls back to defaults. (pyrevm's type stubs are wrong.)
        block: Any = self._evm.env.block  # type: ignore[misc]
        block.timestamp = timestamp
        block.number = number
        self._evm.set_block_env(block)

    def snapshot(self) -> int:
        identifier = self._next_snapshot
        self._next_snapshot += 1
        # Neither time nor logs are part of pyrevm's state.
        kept = len(self._logs or ())
        self._snapshots.append(
            (identifier, self._evm.snapshot(), self._time, self._block_number, kept)
        )
        return identifier

    def revert(self, snapshot: int) -> None:
        if not any(entry[0] == snapshot for entry in self._snapshots):
            raise ChainError(f"snapshot {snapshot}: unknown or used up")
        while True:
            identifier, checkpoint, timestamp, number, kept = self._snapshots.pop()
            self._evm.revert(checkpoint)
            if identifier == snapshot:
                break
        if self._logs is not None:
            del self._logs[kept:]
        self._set_block(timestamp, number)

    def balance(self, address: str) -> int:
        return int(self._evm.get_balance(address))

    def code(self, address: str) -> bytes:
        # revm keeps code with zeros behind it, so that its interpreter never runs off the end.
        return bytes(self._evm.get_code(address) or b"")[:-_CODE_PADDING]

    def nonce(self, address: str) -> int:
        return int(self._evm.basic(address).nonce)

    def storage(self, address: str, slot: int) -> int:
        return int(self._evm.storage(address, slot))

    def logs(self, addresses: Sequence[str], first: int, last: int) -> list[Log]:
        if self._logs is None:
            return super().logs(addresses, first, last)
        wanted = set(addresses)
        return [
            log for block, log in self._logs if first <= block <= last and log.address in wanted
        ]

    def call(self, to: str, data: bytes, sender: str | None = None, value: int = 0) -> bytes:
        # message_call commits: a checkpoint around it drops what it wrote, transient storage too,
        # and frees the memory a committed call keeps.
        checkpoint = self._evm.snapshot()
        try:
            output = self._evm.message_call(
                sender or self.accounts[0], to, data, value=value, gas=CALL_GAS
            )
        except RuntimeError as error:
            raise _reverted(error) from None
        finally:
            self._evm.revert(checkpoint)
        return bytes(output)

    def send(self, to: str, data: bytes, sender: str | None = None, value: int = 0) -> Receipt:
        try:
            output = self._evm.message_call(
                sender or self.accounts[0], to, data, value=value, gas=SEND_GAS
            )
        except RuntimeError as error:
            raise _reverted(error) from None
        finally:
            # pyrevm knows no end of a transaction: without this a lock would outlive it.
            self._evm.reset_transient_storage()
        return self._receipt(bytes(output))

    def create(self, initcode: bytes, sender: str | None = None, value: int = 0) -> Receipt:
        try:
            address = self._evm.deploy(
                sender or self.accounts[0], initcode, value=value, gas=SEND_GAS
            )
        except RuntimeError as error:
            raise _reverted(error) from None
        finally:
            self._evm.reset_transient_storage()
        receipt = self._receipt(b"")
        receipt.address = to_checksum_address(address)
        return receipt

    def _receipt(self, output: bytes) -> Receipt:
        result: Any = self._evm.result
        logs = [Log(log.address, tuple(log.data[0]), log.data[1]) for log in result.logs]
        if self._logs is not None:
            self._logs.extend((self._block_number, log) for log in logs)
        return Receipt(result.gas_used, logs, output, self._block_number, self._time)


def _reverted(error: RuntimeError) -> Exception:
    """pyrevm has one exception for everything and puts the data into its text."""
    text = str(error)
    if text.startswith(_REVERT):
        return Reverted.from_data(bytes.fromhex(text.rpartition("output: 0x")[2].rstrip(" }")))
    if text.startswith(_HALT):
        return Reverted("halt: " + text.removeprefix(_HALT).split(",")[0])
    return ChainError(f"in-process EVM refused the transaction: {text}")

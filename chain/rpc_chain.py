"""A node behind JSON-RPC: anvil with its clock in our hands, or any real network."""

from __future__ import annotations

from collections.abc import Sequence
from copy import copy
from typing import Any

import requests
from eth_account import Account
from eth_utils.address import to_checksum_address
from web3 import HTTPProvider, Web3
from web3.exceptions import Web3Exception
from web3.middleware import SignAndSendRawMiddlewareBuilder

from chain.errors import ChainError, TimeControlError
from chain.interface import CALL_GAS, SEND_GAS, ZERO_ADDRESS, Chain, Log, Receipt, Reverted

_EXECUTION_REVERTED = 3  # JSON-RPC error code of a reverted call


class RpcChain(Chain):
    """A chain behind a JSON-RPC address.

    On anvil blocks follow each other without time passing (block interval 0), so `time` is what
    calls and transactions see until `advance`; every transaction is its own block. On another
    network time passes by itself and `time` is the newest block's.

    Parameters
    ----------
    url : str
        HTTP address of the node.
    keys : sequence of str
        Private keys to sign with here; without them the node's own unlocked accounts send.
    """

    def __init__(self, url: str, keys: Sequence[str] = ()) -> None:
        self.url = url
        self._web3 = Web3(HTTPProvider(url, request_kwargs={"timeout": 60}))
        self.is_local = str(self.request("web3_clientVersion")).startswith("anvil")
        self.chain_id = int(self.request("eth_chainId"), 16)
        signers = [Account.from_key(key) for key in keys]
        if signers:
            self._web3.middleware_onion.inject(
                SignAndSendRawMiddlewareBuilder.build(signers), layer=0
            )
            self.accounts = [signer.address for signer in signers]
        else:
            self.accounts = [to_checksum_address(a) for a in self.request("eth_accounts")]
        self._signs = bool(signers)
        self._at = "latest"  # the block whose state is read
        if self.is_local:
            self.request("anvil_setBlockTimestampInterval", 0)

    def request(self, method: str, *params: Any) -> Any:
        """Any JSON-RPC method of the node; the result as the node wrote it."""
        # The provider directly: web3's formatting of every answer costs more than the node.
        try:
            response = self._web3.provider.make_request(method, list(params))  # type: ignore[arg-type]
        except (requests.RequestException, Web3Exception) as error:
            raise ChainError(f"{self.url}: {method}: {type(error).__name__}") from None
        if "error" in response:
            raise _failure(method, response["error"])
        return response["result"]

    def _block(self) -> dict[str, str]:
        block: dict[str, str] = self.request("eth_getBlockByNumber", self._at, False)
        return block

    @property
    def time(self) -> int:
        return int(self._block()["timestamp"], 16)

    @property
    def block_number(self) -> int:
        return int(self._block()["number"], 16)

    def _need_present(self) -> None:
        if self._at != "latest":
            raise ChainError(f"block {int(self._at, 16)}: the past can only be read")

    def _need_local(self, what: str) -> None:
        self._need_present()
        if not self.is_local:
            raise TimeControlError(f"{what}: only on anvil, not on chain {self.chain_id}")

    def advance(self, seconds: int) -> None:
        self._need_local("time: cannot be advanced")
        if seconds < 0:
            raise ChainError(f"time: cannot go back {-seconds} s")
        self.request("evm_setNextBlockTimestamp", self.time + seconds)
        self.request("evm_mine")

    def snapshot(self) -> int:
        self._need_local("snapshot: impossible")
        return int(self.request("evm_snapshot"), 16)

    def revert(self, snapshot: int) -> None:
        self._need_local("snapshot: impossible")
        if not self.request("evm_revert", hex(snapshot)):
            raise ChainError(f"snapshot {snapshot}: unknown or used up")

    def balance(self, address: str) -> int:
        return int(self.request("eth_getBalance", address, self._at), 16)

    def code(self, address: str) -> bytes:
        return bytes.fromhex(self.request("eth_getCode", address, self._at)[2:])

    def nonce(self, address: str) -> int:
        return int(self.request("eth_getTransactionCount", address, self._at), 16)

    def storage(self, address: str, slot: int) -> int:
        return int(self.request("eth_getStorageAt", address, hex(slot), self._at), 16)

    def logs(self, addresses: Sequence[str], first: int, last: int) -> list[Log]:
        found = self.request(
            "eth_getLogs",
            {"address": list(addresses), "fromBlock": hex(first), "toBlock": hex(last)},
        )
        return [_log(raw) for raw in found]

    def at_block(self, number: int) -> Chain:
        self._need_mined(number)
        past = copy(self)
        past._at = hex(number)
        return past

    def _transaction(
        self, to: str | None, data: bytes, sender: str | None, value: int, gas: int
    ) -> dict[str, str]:
        transaction = {
            "from": sender or next(iter(self.accounts), ZERO_ADDRESS),
            "data": "0x" + data.hex(),
            "value": hex(value),
            "gas": hex(gas),
        }
        return transaction if to is None else {**transaction, "to": to}

    def call(self, to: str, data: bytes, sender: str | None = None, value: int = 0) -> bytes:
        transaction = self._transaction(to, data, sender, value, CALL_GAS)
        return bytes.fromhex(self.request("eth_call", transaction, self._at)[2:])

    def send(self, to: str, data: bytes, sender: str | None = None, value: int = 0) -> Receipt:
        # First as a call: a receipt tells neither the return value nor why it reverted.
        output = self.call(to, data, sender, value)
        return self._mine(to, data, sender, value, output)

    def create(self, initcode: bytes, sender: str | None = None, value: int = 0) -> Receipt:
        transaction = self._transaction(None, initcode, sender, value, SEND_GAS)
        self.request("eth_call", transaction, "latest")
        return self._mine(None, initcode, sender, value, b"")

    def _mine(
        self, to: str | None, data: bytes, sender: str | None, value: int, output: bytes
    ) -> Receipt:
        self._need_present()
        transaction = self._transaction(to, data, sender, value, SEND_GAS)
        if self.is_local and not self._signs:
            raw = self.request("eth_sendTransactionSync", transaction)
        else:
            raw = self._send_and_wait(transaction)
        if int(raw["status"], 16) != 1:
            raise Reverted("transaction reverted, although the call before it did not")
        number = raw["blockNumber"]
        block = self.request("eth_getBlockByNumber", number, False)
        logs = [_log(log) for log in raw["logs"]]
        address = raw.get("contractAddress")
        return Receipt(
            int(raw["gasUsed"], 16),
            logs,
            output,
            int(number, 16),
            int(block["timestamp"], 16),
            to_checksum_address(address) if address else None,
        )

    def _send_and_wait(self, transaction: dict[str, str]) -> dict[str, Any]:
        # Without our gas: a real network caps it, and web3 estimates.
        fields: Any = {key: value for key, value in transaction.items() if key != "gas"}
        fields["value"] = int(transaction["value"], 16)
        try:
            sent = self._web3.eth.send_transaction(fields)
            self._web3.eth.wait_for_transaction_receipt(sent, timeout=600)
        except Web3Exception as error:
            raise ChainError(f"transaction not mined: {error}") from None
        receipt: dict[str, Any] = self.request("eth_getTransactionReceipt", sent.to_0x_hex())
        return receipt


def _log(raw: dict[str, Any]) -> Log:
    return Log(
        to_checksum_address(raw["address"]),
        tuple(bytes.fromhex(topic[2:]) for topic in raw["topics"]),
        bytes.fromhex(raw["data"][2:]),
    )


def _failure(method: str, error: Any) -> Exception:
    """A reverted call, or a node that refused: they must not look alike."""
    if isinstance(error, str):
        return ChainError(f"{method}: {error}")
    data = error.get("data")
    message = str(error.get("message", ""))
    if error.get("code") == _EXECUTION_REVERTED or "execution reverted" in message:
        if isinstance(data, str) and data.startswith("0x"):
            return Reverted.from_data(bytes.fromhex(data[2:]))
        return Reverted(message.removeprefix("execution reverted").removeprefix(": "))
    return ChainError(f"{method}: {message}")

"""Whatever network ape is connected to, as a `Chain`: its accounts sign, its provider sends.

Our own artifacts are deployed, not ape's builds: the bytecode is the same everywhere, and ape's
cache misses changes of imported modules.
"""

from __future__ import annotations

from collections.abc import Sequence
from copy import copy
from typing import Any

from ape.api import AccountAPI, ProviderAPI, TransactionAPI
from ape.exceptions import ApeException, ContractLogicError, OutOfGasError
from ape.logging import LogLevel, logger
from eth_utils.address import to_checksum_address
from web3.exceptions import Web3Exception

from chain.errors import ChainError, TimeControlError
from chain.interface import ZERO_ADDRESS, Chain, Log, Receipt, Reverted

_NO_REASON = ("Transaction failed.", "execution reverted", "")
_PREFIX = "execution reverted: "


class ApeChain(Chain):
    """The connected provider.

    On ape's bundled provider time passes by at least a second a transaction, on anvil only by
    `advance`; elsewhere it cannot be advanced.

    Parameters
    ----------
    provider : ProviderAPI
        Connected.
    accounts : sequence of AccountAPI
        Who may send; the first is the default. With none the chain can only be read.
    """

    def __init__(self, provider: ProviderAPI, accounts: Sequence[AccountAPI]) -> None:
        self._provider = provider
        self._ask_chain_id()
        self._signers = {str(account.address): account for account in accounts}
        self.accounts = list(self._signers)
        self.chain_id = int(provider.chain_id)
        self.is_local = bool(provider.network.is_local)
        self._bundled = provider.name == "test"
        if self.is_local and not self._bundled:
            provider.make_request("anvil_setBlockTimestampInterval", [0])
        self._snapshots: list[Any] = []
        # The bundled provider's next transaction runs in a pending block with a time of its own.
        self._block_id: str | int = "pending" if self._bundled else "latest"

    def _ask_chain_id(self) -> None:
        """A local node named by its address is chain 1337 to ape, whatever it says itself.

        Transactions would be signed for that one, and its addresses taken for this one's.
        """
        if self._provider.name == "node" and self._provider.network.is_local:
            said = int(self._provider.make_request("eth_chainId", []), 16)
            settings = self._provider.provider_settings.setdefault("ethereum", {})
            settings["local"] = {**settings.get("local", {}), "chain_id": said}

    @property
    def time(self) -> int:
        return int(self._provider.get_block(self._block_id).timestamp)

    @property
    def block_number(self) -> int:
        if isinstance(self._block_id, int):
            return self._block_id
        return int(self._provider.get_block("latest").number or 0)

    def _need_present(self) -> None:
        if isinstance(self._block_id, int):
            raise ChainError(f"block {self._block_id}: the past can only be read")

    def _need_local(self, what: str) -> None:
        self._need_present()
        if not self.is_local:
            raise TimeControlError(f"{what}: not on chain {self.chain_id}")

    def advance(self, seconds: int) -> None:
        self._need_local("time: cannot be advanced")
        if seconds < 0:
            raise ChainError(f"time: cannot go back {-seconds} s")
        self._provider.set_timestamp(self.time + seconds)
        if not self._bundled:
            self._provider.mine()

    def snapshot(self) -> int:
        self._need_local("snapshot: impossible")
        # ape's ids are hashes on one provider and numbers on the other.
        self._snapshots.append(self._provider.snapshot())
        return len(self._snapshots) - 1

    def revert(self, snapshot: int) -> None:
        self._need_local("snapshot: impossible")
        if not 0 <= snapshot < len(self._snapshots):
            raise ChainError(f"snapshot {snapshot}: unknown or used up")
        self._provider.restore(self._snapshots[snapshot])
        del self._snapshots[snapshot:]

    def balance(self, address: str) -> int:
        return int(self._provider.get_balance(address, block_id=self._block_id))

    def code(self, address: str) -> bytes:
        return bytes(self._provider.get_code(address, block_id=self._block_id))

    def nonce(self, address: str) -> int:
        return int(self._provider.get_nonce(address, block_id=self._block_id))

    def storage(self, address: str, slot: int) -> int:
        if self._bundled and isinstance(self._block_id, int):
            raise ChainError(f"block {self._block_id}: the bundled provider keeps no old storage")
        try:
            word = self._provider.get_storage(address, slot, block_id=self._block_id)
        except ApeException as error:
            raise _failure(error) from None
        return int.from_bytes(word, "big")

    def logs(self, addresses: Sequence[str], first: int, last: int) -> list[Log]:
        # web3 itself: ape's log queries page and decode by themselves.
        web3: Any = self._provider.web3
        try:
            found = web3.eth.get_logs(
                {"address": list(addresses), "fromBlock": first, "toBlock": last}
            )
        except (Web3Exception, ValueError) as error:
            raise ChainError(f"logs: {' '.join(str(error).split())}") from None
        return [_log(raw) for raw in found]

    def at_block(self, number: int) -> Chain:
        self._need_mined(number)
        past = copy(self)
        past._block_id = number
        return past

    def _transaction(
        self, to: str | None, data: bytes, sender: str | None, value: int
    ) -> TransactionAPI:
        fields: dict[str, Any] = {
            "sender": sender or next(iter(self.accounts), ZERO_ADDRESS),
            "data": data,
            "value": value,
        }
        if to is not None:
            fields["receiver"] = to
        return self._provider.network.ecosystem.create_transaction(**fields)

    def call(self, to: str, data: bytes, sender: str | None = None, value: int = 0) -> bytes:
        transaction = self._transaction(to, data, sender, value)
        try:
            output = self._provider.send_call(
                transaction,
                block_id=self._block_id,
                skip_trace=True,  # else anvil's provider prints one for each revert
            )
        except ApeException as error:
            raise _failure(error) from None
        return bytes(output)

    def send(self, to: str, data: bytes, sender: str | None = None, value: int = 0) -> Receipt:
        # First as a call: a receipt does not carry the return value.
        output = self.call(to, data, sender, value)
        return self._mine(self._transaction(to, data, sender, value), output)

    def create(self, initcode: bytes, sender: str | None = None, value: int = 0) -> Receipt:
        return self._mine(self._transaction(None, initcode, sender, value), b"")

    def _mine(self, transaction: TransactionAPI, output: bytes) -> Receipt:
        self._need_present()
        signer = self._signers.get(str(transaction.sender))
        if not self._signers:
            raise ChainError(f"{self._provider.network.name}: needs an account (--account)")
        if signer is None:
            raise ChainError(f"{transaction.sender}: no account that can sign")
        try:
            # ape tells of each transaction; on a local chain there are too many to be told of.
            with logger.at_level(LogLevel.WARNING if self.is_local else logger.level):
                raw = signer.call(transaction)
        except ApeException as error:
            raise _failure(error) from None
        logs = [_log(log) for log in raw.logs]
        address = raw.contract_address
        return Receipt(
            raw.gas_used,
            logs,
            output,
            raw.block_number,
            raw.timestamp,
            to_checksum_address(address) if address else None,
        )


def connected_chain(account: AccountAPI | None = None) -> ApeChain:
    """The network ape is connected to now.

    Parameters
    ----------
    account : AccountAPI, optional
        Who sends; by default ape's test accounts on a local network, else nobody.
    """
    from ape import accounts, networks

    provider = networks.provider
    if account is not None:
        return ApeChain(provider, [account])
    return ApeChain(provider, list(accounts.test_accounts) if provider.network.is_local else [])


def _log(raw: Any) -> Log:
    return Log(
        to_checksum_address(raw["address"]),
        tuple(bytes(topic) for topic in raw["topics"]),
        bytes(raw["data"]),
    )


def _failure(error: ApeException) -> Exception:
    """A reverted call, or anything else that went wrong."""
    if isinstance(error, ContractLogicError):
        message = str(error.revert_message or "")
        if message in _NO_REASON:
            return Reverted("")
        # Of a reason "noun: reason" ape's node provider keeps only what follows the last colon.
        whole = str(error.base_err or "").removeprefix(_PREFIX)
        return Reverted(whole if whole.endswith(message) else message)
    if isinstance(error, OutOfGasError):
        return Reverted("halt: OutOfGas")
    return ChainError(f"{type(error).__name__}: {' '.join(str(error).split())}")

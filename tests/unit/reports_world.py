"""A RiskReports contract and the keys of those who sign for it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import astuple, replace
from typing import Any

from eth_account import Account
from eth_account.messages import encode_typed_data

from chain import Chain, Contract, Receipt
from margin_model.risk_report import RiskReport, typed_data

HOUR = 3_600
VARIANCE = 25 * 10**14  # (5 % a day)**2 [variance per day, wad]

KEYS = sorted(
    (Account.from_key(number.to_bytes(32, "big")) for number in range(1, 7)),
    key=lambda account: int(account.address, 16),
)
SIGNERS, OUTSIDER = KEYS[:5], KEYS[5]
THRESHOLD = 3


class Reports:
    """Five signers, three of whom are enough.

    Attributes
    ----------
    contract : Contract
    """

    def __init__(self, chain: Chain, artifacts: Any) -> None:
        self.chain = chain
        addresses = [signer.address for signer in SIGNERS]
        self.contract: Contract = chain.deploy(artifacts["RiskReports"], addresses, THRESHOLD)

    def report(self, **changes: int) -> RiskReport:
        """A report of this moment that nothing is wrong with, but for `changes`."""
        now = self.chain.time
        return replace(RiskReport(0, VARIANCE, 0, 1, now, now + HOUR), **changes)

    def sign(
        self,
        report: RiskReport,
        signers: Iterable[Any] = SIGNERS[:THRESHOLD],
        chain_id: int | None = None,
        contract: str | None = None,
    ) -> list[bytes]:
        """Signatures in the order of `signers`, for this chain and contract by default."""
        chain_id = self.chain.chain_id if chain_id is None else chain_id
        message = typed_data(report, chain_id, contract or self.contract.address)
        signable = encode_typed_data(full_message=message)
        return [bytes(signer.sign_message(signable).signature) for signer in signers]

    def submit(self, report: RiskReport, signatures: list[bytes] | None = None) -> Receipt:
        """Brings a report as anybody could, signed well unless signatures are given."""
        signed = self.sign(report) if signatures is None else signatures
        receipt: Receipt = self.contract.submit(
            astuple(report), signed, sender=self.chain.accounts[5]
        )
        return receipt

    def floor(self, asset: int = 0) -> int:
        """[variance per day, wad]"""
        return int(self.contract.variance_floor(asset))

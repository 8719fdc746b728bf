"""The reference reporter: from prices to a report that enough signers have signed.

Signers sign the same report, so one makes it and the file goes from signer to signer. Each should
make his own forecast first and compare: what he signs, he answers for.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import asdict, astuple, dataclass, field, fields
from pathlib import Path
from typing import Any

import numpy as np
from eth_account import Account
from eth_account.messages import SignableMessage, encode_typed_data
from eth_keys.exceptions import BadSignature

from chain.errors import PlimsollError
from margin_model.fixed_point import WAD
from margin_model.risk_report import (
    MAX_LIFETIME,
    MAX_SEQUENCE,
    MAX_VARIANCE,
    MIN_LIFETIME,
    RiskReport,
    typed_data,
)
from oracle_sim.backtest.series import date_of
from oracle_sim.forecasts.hours import Hours
from oracle_sim.forecasts.models import MODELS

DEFAULT_MODEL = "boosting"
"""The best of the comparison in docs/forecasts.md for the next hour, which is T0."""

DAYS_A_YEAR = 365
# Of each number; times far beyond any a date can be made of.
_MOST = {
    "asset": 15,
    "variance": MAX_VARIANCE,
    "implied_variance": MAX_VARIANCE,
    "sequence": MAX_SEQUENCE,
    "issued_at": 2**37,
    "expires_at": 2**37,
}
_ADDRESS = re.compile(r"0x[0-9a-fA-F]{40}")
_SIGNATURE = re.compile(r"0x[0-9a-fA-F]{130}")


class ReportError(PlimsollError):
    """A report cannot be made, read or signed."""


def forecast_now(hours: Hours, horizon: int, model: str = DEFAULT_MODEL) -> float:
    """Mean variance over the hours after the last one, the model fitted to all of them.

    Parameters
    ----------
    hours : Hours
    horizon : int
        [hours]
    model : str
        One of `MODELS`.

    Returns
    -------
    float
        [1 per day]
    """
    return float(MODELS[model](hours, horizon)(hours)[-1])


def variance_of(volatility: float) -> float:
    """Variance per day of an implied volatility per year, as options are quoted [1]."""
    return volatility**2 / DAYS_A_YEAR


def make_report(
    asset: int,
    variance: float,
    now: int,
    lifetime: int,
    implied_variance: float = 0.0,
    sequence: int | None = None,
) -> RiskReport:
    """A report of this moment.

    Parameters
    ----------
    asset : int
        Id.
    variance, implied_variance : float
        [1 per day]
    now : int
        When it is issued [s].
    lifetime : int
        [s]
    sequence : int, optional
        `now` by default: it grows, and nobody has to ask the chain for the last one. At most that.
    """
    if sequence is not None and sequence > now:
        raise ReportError(f"sequence: {sequence}, at most {now}, the time")
    if not MIN_LIFETIME <= lifetime <= MAX_LIFETIME:
        raise ReportError(f"lifetime: {lifetime} s, from {MIN_LIFETIME} to {MAX_LIFETIME}")
    if not (np.isfinite(variance) and np.isfinite(implied_variance)):
        raise ReportError("variance: not a number")
    return RiskReport(
        asset,
        min(max(1, round(variance * WAD)), MAX_VARIANCE),
        min(max(0, round(implied_variance * WAD)), MAX_VARIANCE),
        now if sequence is None else sequence,
        now,
        now + lifetime,
    )


@dataclass(frozen=True)
class SignedReport:
    """A report for one contract on one chain, and who has signed it so far.

    Attributes
    ----------
    report : RiskReport
    chain_id : int
    contract : str
        Address of the RiskReports that is to accept it.
    signatures : dict of str to bytes
        By signer.
    """

    report: RiskReport
    chain_id: int
    contract: str
    signatures: Mapping[str, bytes] = field(default_factory=dict)

    @property
    def message(self) -> SignableMessage:
        """What is signed."""
        return encode_typed_data(full_message=typed_data(self.report, self.chain_id, self.contract))

    @property
    def report_line(self) -> str:
        """What the report says, for whoever is to sign it."""
        report = self.report
        forecast, implied = (
            (each / WAD) ** 0.5 for each in (report.variance, report.implied_variance)
        )
        return (
            f"asset {report.asset}: {forecast:.2%} a day, implied {implied:.2%}, from "
            f"{date_of(report.issued_at)} to {date_of(report.expires_at)}, sequence "
            f"{report.sequence}, for {self.contract} on chain {self.chain_id}"
        )

    def with_signature(self, signature: bytes) -> SignedReport:
        """The same with one signature more; whose it is, it says itself."""
        try:
            signer = str(Account.recover_message(self.message, signature=signature))
        except (BadSignature, ValueError) as error:
            raise ReportError(f"signatures: {error}") from None
        signatures = {**self.signatures, signer: signature}
        return SignedReport(self.report, self.chain_id, self.contract, signatures)

    @property
    def arguments(self) -> tuple[tuple[int, ...], list[bytes]]:
        """Of ``RiskReports.submit``."""
        order = sorted(self.signatures, key=lambda signer: int(signer, 16))
        return astuple(self.report), [self.signatures[signer] for signer in order]

    def document(self) -> dict[str, Any]:
        """As it goes from signer to signer."""
        return {
            "chain_id": self.chain_id,
            "contract": self.contract,
            "report": asdict(self.report),
            "signatures": {who: "0x" + each.hex() for who, each in self.signatures.items()},
        }


def read_signed_report(path: Path) -> SignedReport:
    """Read a file that `SignedReport.document` was written to.

    Raises
    ------
    ReportError
        It is no such file, or a signature in it is not of the signer it is filed under.
    """
    try:
        content = json.loads(path.read_text())
    except (UnicodeDecodeError, json.JSONDecodeError):
        raise ReportError(f"{path}: no JSON") from None
    if not isinstance(content, dict):
        raise ReportError(f"{path}: not an object")
    numbers = _entry(path, content, "report", dict)
    names = [each.name for each in fields(RiskReport)]
    if set(numbers) != set(names):
        raise ReportError(f"{path}: report: needs {', '.join(names)} and nothing else")
    values = [_entry(path, numbers, name, int) for name in names]
    for name, value in zip(names, values, strict=True):
        if not 0 <= value <= _MOST[name]:
            raise ReportError(f"{path}: report: {name}: {value}, from 0 to {_MOST[name]}")
    contract = _entry(path, content, "contract", str)
    if not _ADDRESS.fullmatch(contract):
        raise ReportError(f"{path}: contract: {contract!r} is no address")
    signed = SignedReport(RiskReport(*values), _entry(path, content, "chain_id", int), contract)
    for signer, text in _entry(path, content, "signatures", dict).items():
        if not isinstance(text, str) or not _SIGNATURE.fullmatch(text):
            raise ReportError(f"{path}: signatures.{signer}: not 65 bytes")
        signed = signed.with_signature(bytes.fromhex(text[2:]))
        if signer not in signed.signatures:
            raise ReportError(f"{path}: signatures.{signer}: not his signature of this report")
    return signed


def _entry(path: Path, content: Mapping[str, Any], name: str, kind: type) -> Any:
    value = content.get(name)
    if not isinstance(value, kind) or isinstance(value, bool):
        raise ReportError(f"{path}: {name}: missing or not {kind.__name__}")
    return value

"""What `RiskReports` and `SolvencyRegistry` will say."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import NamedTuple, TypeVar

from margin_model import merkle_sum, risk_report
from margin_model.merkle_sum import Leaf, Node, Origin, TreeError
from margin_model.risk_report import RiskReport
from tests.fuzz.predict import Models, Refused, require
from tests.fuzz.predict_owner import owned

SIGNATURE_LENGTH = 65
Grown = TypeVar("Grown")


class Signed(NamedTuple):
    """One signature, as it will be read: by whom (0: nobody known), how long, in what form."""

    signer: int
    length: int
    high: bool


# ── forecasts ────────────────────────────────────────────────────────────────────────────────────


def submit(m: Models, report: RiskReport, signed: Sequence[Signed]) -> None:
    require(report.asset < 16, "asset: unknown")
    require(0 < report.variance <= risk_report.MAX_VARIANCE, "variance: out of range")
    within = report.implied_variance <= risk_report.MAX_VARIANCE
    require(within, "implied variance: out of range")
    require(report.issued_at <= m.now, "report: from the future")
    require(report.expires_at > m.now, "report: expired")
    lifetime = report.expires_at - report.issued_at
    bounded = risk_report.MIN_LIFETIME <= lifetime <= risk_report.MAX_LIFETIME
    require(bounded, "lifetime: out of range")
    last = m.state.report_word(report.asset) >> 208
    require(report.sequence > last, "sequence: not above the last")
    require(report.sequence <= report.issued_at, "sequence: beyond its time")
    require(len(signed) >= m.state.signatures_needed, "signatures: too few")
    before = 0
    for signature in signed:
        require(signature.length == SIGNATURE_LENGTH, "signature: not 65 bytes")
        require(not signature.high, "ecdsa: invalid signature `s` value")
        require(m.state.is_signer(signature.signer), "signature: not of a signer")
        require(signature.signer > before, "signatures: not ascending")
        before = signature.signer


def set_signers(m: Models, sender: int, signers: Sequence[int], threshold: int) -> None:
    owned(m, "RiskReports", sender)
    require(0 < threshold <= len(signers), "threshold: out of range")
    for before, after in pairwise((0, *signers)):
        require(after > before, "signers: not ascending")


# ── roots ────────────────────────────────────────────────────────────────────────────────────────


def post(m: Models, over: bool, origin: Origin, accounts: int, top: Node) -> None:
    """`over`: whether the block that is spoken of is."""
    require(over, "block: not over")
    root = int.from_bytes(_grown(lambda: merkle_sum.root(origin, accounts, top)), "big")
    require(m.state.posting(root) == 0, "root: already posted")
    m.answer = root


def verify(m: Models, root: bytes, leaf: Leaf, path: Sequence[Node], origin: Origin) -> None:
    accounts = m.state.posting(int.from_bytes(root, "big")) >> 64
    require(accounts != 0, "root: not posted")
    top = _grown(lambda: merkle_sum.climb(leaf, path, accounts))
    m.answer = int(_grown(lambda: merkle_sum.root(origin, accounts, top)) == root)


def _grown(grow: Callable[[], Grown]) -> Grown:
    try:
        return grow()
    except TreeError as error:
        raise Refused(str(error)) from error

# pragma version 0.4.3
# pragma nonreentrancy on
"""
@title RiskReports: signed forecasts of variance that can only raise a target
@custom:contract-name RiskReports
@license GNU Affero General Public License v3.0 only
@author Plimsoll
@notice See `IRiskReports`. How far a report counts is for its reader to bound (`risk_report._raised`).
@custom:security Whoever holds `threshold` keys can raise an asset's variance by the reader's range, for
        MAX_LIFETIME at a time, and never lower it below what the chain has measured. A report counts
        once: its sequence must exceed the last one, and its digest names chain, contract and asset. No
        sequence is beyond the second of its issue, so whoever comes after them can always go on.
        Who brings a report may choose which of several valid ones to bring; only the newest stays.
"""

from .interfaces import IRiskReports

from snekmate.auth import ownable
from snekmate.auth import ownable_2step
from snekmate.utils import ecdsa
from snekmate.utils import eip712_domain_separator

from .modules import risk_report

implements: IRiskReports

initializes: ownable
initializes: ownable_2step[ownable := ownable]
initializes: eip712_domain_separator

exports: (
    ownable.owner,
    ownable_2step.pending_owner,
    ownable_2step.transfer_ownership,
    ownable_2step.accept_ownership,
    eip712_domain_separator.eip712Domain,
)

# ── constants ────────────────────────────────────────────────────────────────────────────────────

ASSETS: constant(uint256) = 16
MAX_SIGNERS: constant(uint256) = 16
MIN_LIFETIME: constant(uint256) = 60  # [s]
MAX_LIFETIME: constant(uint256) = 86_400  # [s]
SIGNATURE_LENGTH: constant(uint256) = 65  # one form only: r, s, v [bytes]

REPORT_TYPE: constant(bytes32) = keccak256(
    "RiskReport(uint256 asset,uint256 variance,uint256 implied_variance,uint256 sequence,uint256 issued_at,uint256 expires_at)"
)

# ── state ────────────────────────────────────────────────────────────────────────────────────────

threshold: public(uint256)
is_signer: public(HashMap[address, bool])
_signers: DynArray[address, MAX_SIGNERS]  # ascending
_reports: uint256[ASSETS]  # see `risk_report`


@deploy
def __init__(_signers: DynArray[address, MAX_SIGNERS], _threshold: uint256):
    ownable.__init__()
    ownable_2step.__init__()
    eip712_domain_separator.__init__("Plimsoll RiskReports", "1")
    self._set_signers(_signers, _threshold)


# ── anybody ──────────────────────────────────────────────────────────────────────────────────────


@external
def submit(_report: IRiskReports.RiskReport, _signatures: DynArray[Bytes[65], MAX_SIGNERS]):
    """
    @custom:see IRiskReports
    """
    assert _report.asset < ASSETS, "asset: unknown"
    assert _report.variance != 0 and _report.variance <= risk_report.MAX_VARIANCE, "variance: out of range"
    assert _report.implied_variance <= risk_report.MAX_VARIANCE, "implied variance: out of range"
    assert _report.issued_at <= block.timestamp, "report: from the future"
    assert _report.expires_at > block.timestamp, "report: expired"
    # issued_at is in the past, and what follows it by a lifetime cannot overflow
    lifetime: uint256 = _report.expires_at - _report.issued_at
    assert lifetime >= MIN_LIFETIME and lifetime <= MAX_LIFETIME, "lifetime: out of range"

    word: uint256 = self._reports[_report.asset]
    assert _report.sequence > word >> 208, "sequence: not above the last"
    # Nobody can use up the numbers that are to come: sequences are immortal, unlike keys.
    assert _report.sequence <= _report.issued_at, "sequence: beyond its time"
    self._check_signatures(self._digest(_report), _signatures)

    new_word: uint256 = risk_report._pack(_report)
    self._reports[_report.asset] = new_word
    log IRiskReports.ReportAccepted(
        asset=_report.asset,
        sequence=_report.sequence,
        old_floor=risk_report._floor_at(word, block.timestamp),
        new_floor=risk_report._floor_at(new_word, block.timestamp),
        variance=_report.variance,
        implied_variance=_report.implied_variance,
        issued_at=_report.issued_at,
        expires_at=_report.expires_at,
    )


# ── owner ────────────────────────────────────────────────────────────────────────────────────────


@external
def set_signers(_signers: DynArray[address, MAX_SIGNERS], _threshold: uint256):
    """
    @custom:see IRiskReports
    """
    ownable._check_owner()
    for signer: address in self._signers:
        self.is_signer[signer] = False
    for asset: uint256 in range(ASSETS):
        word: uint256 = self._reports[asset]
        if word != 0:
            self._reports[asset] = risk_report._lapsed(word)
    self._set_signers(_signers, _threshold)


# ── views ────────────────────────────────────────────────────────────────────────────────────────


@external
@view
@reentrant
def variance_floor(_asset: uint256) -> uint256:
    """
    @custom:see IRiskReports
    """
    if _asset >= ASSETS:
        return 0
    return risk_report._floor_at(self._reports[_asset], block.timestamp)


@external
@view
def last_report(_asset: uint256) -> IRiskReports.RiskReport:
    """
    @custom:see IRiskReports
    """
    assert _asset < ASSETS, "asset: unknown"
    return risk_report._unpack(_asset, self._reports[_asset])


@external
@view
def digest(_report: IRiskReports.RiskReport) -> bytes32:
    """
    @custom:see IRiskReports
    """
    return self._digest(_report)


@external
@view
def signers() -> DynArray[address, MAX_SIGNERS]:
    """
    @custom:see IRiskReports
    """
    return self._signers


# ── internals ────────────────────────────────────────────────────────────────────────────────────


@internal
@view
def _digest(_report: IRiskReports.RiskReport) -> bytes32:
    # all members are words, so the struct encodes as EIP-712 wants it
    return eip712_domain_separator._hash_typed_data_v4(keccak256(abi_encode(REPORT_TYPE, _report)))


@internal
@view
def _check_signatures(_hash: bytes32, _signatures: DynArray[Bytes[65], MAX_SIGNERS]):
    """
    @dev Ascending signers are different signers. Whoever repeats one in another form repeats the signer.
    """
    assert len(_signatures) >= self.threshold, "signatures: too few"
    last: address = empty(address)
    for signature: Bytes[65] in _signatures:
        assert len(signature) == SIGNATURE_LENGTH, "signature: not 65 bytes"
        signer: address = ecdsa._recover_sig(_hash, signature)
        assert self.is_signer[signer], "signature: not of a signer"
        assert convert(signer, uint160) > convert(last, uint160), "signatures: not ascending"
        last = signer


@internal
def _set_signers(_new: DynArray[address, MAX_SIGNERS], _threshold: uint256):
    assert _threshold != 0 and _threshold <= len(_new), "threshold: out of range"
    last: address = empty(address)
    for signer: address in _new:
        assert convert(signer, uint160) > convert(last, uint160), "signers: not ascending"
        self.is_signer[signer] = True
        last = signer

    log IRiskReports.SignersSet(
        old_signers=self._signers,
        new_signers=_new,
        old_threshold=self.threshold,
        new_threshold=_threshold,
    )
    self._signers = _new
    self.threshold = _threshold

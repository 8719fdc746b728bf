"""Exact integer mirror of ``contracts/modules/risk_report.vy``: signed forecasts of variance.

Also what the signers of ``RiskReports`` sign: the EIP-712 message.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from margin_model.fixed_point import WAD

MIN_RANGE = WAD
MAX_RANGE = 4 * WAD
MAX_VARIANCE = 16 * WAD
MAX_SEQUENCE = 2**48 - 1
MIN_LIFETIME = 60
MAX_LIFETIME = 86_400

_UINT64 = 2**64 - 1
_UINT40 = 2**40 - 1

DOMAIN_NAME = "Plimsoll RiskReports"
DOMAIN_VERSION = "1"


@dataclass(frozen=True)
class RiskReport:
    """As ``IRiskReports.RiskReport``, in its order.

    Attributes
    ----------
    asset : int
        Id.
    variance, implied_variance : int
        Forecast, and squared implied volatility or 0 [variance per day, wad].
    sequence : int
        Of the asset's reports.
    issued_at, expires_at : int
        [s]
    """

    asset: int
    variance: int
    implied_variance: int
    sequence: int
    issued_at: int
    expires_at: int


def raised(variance: int, floor: int, reach: int) -> int:
    """``max(variance, min(floor, range * variance))`` [variance per day, wad].

    Parameters
    ----------
    variance : int
        Measured on chain [variance per day, wad].
    floor : int
        Asked for by a report, 0 for none [variance per day, wad].
    reach : int
        The range, in ``MIN_RANGE..MAX_RANGE`` [wad].
    """
    return max(variance, min(floor, variance * reach // WAD))


def pack(report: RiskReport) -> int:
    """The word a report is kept in."""
    return (
        report.variance
        | report.implied_variance << 64
        | report.issued_at << 128
        | report.expires_at << 168
        | report.sequence << 208
    )


def unpack(asset: int, word: int) -> RiskReport:
    """The report of a word."""
    return RiskReport(
        asset,
        variance=word & _UINT64,
        implied_variance=word >> 64 & _UINT64,
        sequence=word >> 208,
        issued_at=word >> 128 & _UINT40,
        expires_at=word >> 168 & _UINT40,
    )


def floor_at(word: int, time: int) -> int:
    """What a report asks for at a time [s]: 0 from its expiry on [variance per day, wad]."""
    if time >= word >> 168 & _UINT40:
        return 0
    return max(word & _UINT64, word >> 64 & _UINT64)


def lapsed(word: int) -> int:
    """The word without its report, but with its sequence."""
    return word >> 208 << 208


def typed_data(report: RiskReport, chain_id: int, contract: str) -> dict[str, Any]:
    """What is signed, as EIP-712 typed data.

    Parameters
    ----------
    report : RiskReport
    chain_id : int
    contract : str
        Address of the ``RiskReports`` that is to accept it.
    """
    members = [{"name": name, "type": "uint256"} for name in RiskReport.__dataclass_fields__]
    return {
        "types": {
            "EIP712Domain": [
                {"name": "name", "type": "string"},
                {"name": "version", "type": "string"},
                {"name": "chainId", "type": "uint256"},
                {"name": "verifyingContract", "type": "address"},
            ],
            "RiskReport": members,
        },
        "primaryType": "RiskReport",
        "domain": {
            "name": DOMAIN_NAME,
            "version": DOMAIN_VERSION,
            "chainId": chain_id,
            "verifyingContract": contract,
        },
        "message": asdict(report),
    }

"""Forecasts brought to `RiskReports`, signed well and badly, and who may sign them."""

from __future__ import annotations

from dataclasses import astuple
from typing import TYPE_CHECKING

from margin_model import risk_report
from margin_model.risk_report import RiskReport
from tests.fuzz import predict_reports
from tests.fuzz.actions_common import Action, Args, odd, somebody
from tests.fuzz.actions_owner import owner_of, slip
from tests.fuzz.calldata import selectors, words
from tests.fuzz.chooser import Chooser
from tests.fuzz.predict_reports import Signed
from tests.fuzz.world_signers import SIGNERS, all_signers

if TYPE_CHECKING:
    from tests.fuzz.machine import Machine

REPORTS = "RiskReports"
DAY = 86_400
MEMBERS = len(RiskReport.__dataclass_fields__)
EVERY = (1 << SIGNERS) - 1
OUTSIDER = 1 << SIGNERS
# What may be wrong with the signatures, besides who made them.
NOTHING, FORGED, SHORT, HIGH, DESCENDING = range(5)


# ── submit ───────────────────────────────────────────────────────────────────────────────────────


def _draw_submit(machine: Machine, chooser: Chooser) -> Args:
    state = machine.models.state
    asset = chooser.pick((15, 16, 2**200)) if odd(chooser) else _some_asset(machine, chooser)
    measured = max(1, state.memory(asset).fast) if asset < 16 else 1
    # below what the chain has measured, within the range of it, beyond
    variance = min(risk_report.MAX_VARIANCE, measured * chooser.integer(20, 900) // 100)
    implied = chooser.pick((0, 0, variance // 2, min(risk_report.MAX_VARIANCE, variance * 2)))
    last = state.report_word(asset) >> 208 if asset < 16 else 0
    sequence = last + chooser.pick((1, 1, 1, 2, 50))
    lifetime = chooser.pick((60, 600, 3_600, DAY, DAY))
    age = chooser.integer(0, min(lifetime, 240) // 2)
    signers = chooser.pick((0b0111, 0b0011, 0b0110, 0b0101, EVERY))
    flaw = NOTHING
    match chooser.integer(0, 35):
        case 0:
            variance = chooser.pick((0, risk_report.MAX_VARIANCE + 1, 2**200))
        case 1:
            implied = chooser.pick((risk_report.MAX_VARIANCE + 1, 2**200))
        case 2:
            sequence = chooser.pick((0, last, last, machine.wire.now + 1, 2**255))
        case 3:
            age = -chooser.integer(1, 100)
        case 4:
            age = lifetime + chooser.integer(0, 100)
        case 5:
            lifetime = chooser.pick((59, DAY + 1, 2**60))
        case 6 | 7:
            signers = chooser.pick((0, 1, OUTSIDER, OUTSIDER | 1, OUTSIDER | EVERY))
        case 8 | 9:
            flaw = chooser.pick((FORGED, SHORT, HIGH, DESCENDING))
    return somebody(chooser), asset, variance, implied, sequence, age, lifetime, signers, flaw


def _some_asset(machine: Machine, chooser: Chooser) -> int:
    return chooser.integer(0, len(machine.feeds.sources) - 1)


def _submit(
    machine: Machine,
    sender: int,
    asset: int,
    variance: int,
    implied: int,
    sequence: int,
    age: int,
    lifetime: int,
    signers: int,
    flaw: int,
) -> None:
    issued_at = machine.wire.now - age
    report = RiskReport(asset, variance, implied, sequence, issued_at, issued_at + lifetime)
    signed, signatures = _sign(machine, report, signers, flaw)
    data = _calldata(report, signatures)
    reason = _bring(machine, sender, report, signed, data)
    if reason is None:
        machine.reports.append((report, signed, data))


def _sign(
    machine: Machine, report: RiskReport, signers: int, flaw: int
) -> tuple[list[Signed], list[bytes]]:
    """Who signed, as the contract will find, and the signatures."""
    members: tuple[int, ...] = astuple(report)
    if flaw == FORGED:  # another one was signed
        members = (*members[:1], members[1] ^ 1, *members[2:])
    digest = machine.world.digests.of(members)
    signed, signatures = [], []
    for place, signer in enumerate(all_signers()):
        if signers >> place & 1:
            signature = signer.sign(digest, high=flaw == HIGH)
            signatures.append(signature[:-1] if flaw == SHORT else signature)
            number = 0 if flaw == FORGED else signer.number
            signed.append(Signed(number, len(signatures[-1]), flaw == HIGH))
    if flaw == DESCENDING:
        signed.reverse()
        signatures.reverse()
    # the one outside is last, wherever his address would stand
    return signed, signatures


def _calldata(report: RiskReport, signatures: list[bytes]) -> bytes:
    """The report's members stand in the head; each signature takes a length and three words."""
    head = words(*astuple(report), 32 * (MEMBERS + 1), len(signatures))
    places = [32 * (len(signatures) + 4 * i) for i in range(len(signatures))]
    tail = b"".join(words(len(s)) + s + b"\0" * (96 - len(s)) for s in signatures)
    return selectors(REPORTS)["submit"] + head + words(*places) + tail


def _bring(
    machine: Machine, sender: int, report: RiskReport, signed: list[Signed], data: bytes
) -> str | None:
    check, args = predict_reports.submit, astuple(report)
    return machine.call(sender, REPORTS, "submit", args, check, report, signed, data=data)


# ── again ────────────────────────────────────────────────────────────────────────────────────────


def _draw_replay(machine: Machine, chooser: Chooser) -> Args:
    if not machine.reports:
        return None
    return somebody(chooser), chooser.integer(0, len(machine.reports) - 1)


def _replay(machine: Machine, sender: int, which: int) -> None:
    """A report that was accepted before is brought once more, word for word."""
    if machine.reports:
        _bring(machine, sender, *machine.reports[which % len(machine.reports)])


# ── signers ──────────────────────────────────────────────────────────────────────────────────────


def _draw_signers(machine: Machine, chooser: Chooser) -> Args:
    signers = chooser.pick((0b0111, 0b1110, EVERY, 0b0011))
    threshold = chooser.integer(1, 2)
    descending = 0
    if slip(chooser):
        signers = chooser.pick((0, signers))
        threshold, descending = chooser.pick(((0, 0), (5, 0), (2**200, 0), (1, 1)))
    return owner_of(machine, chooser, REPORTS), signers, threshold, descending


def _set_signers(
    machine: Machine, sender: int, signers: int, threshold: int, descending: int
) -> None:
    chosen = [s.number for i, s in enumerate(all_signers()) if signers >> i & 1]
    if descending:
        chosen.reverse()
    data = selectors(REPORTS)["set_signers"] + words(64, threshold, len(chosen), *chosen)
    who, args = machine.address(sender), (signers, threshold)
    check = predict_reports.set_signers
    machine.call(sender, REPORTS, "set_signers", args, check, who, chosen, threshold, data=data)


ACTIONS = (
    Action("submit report", "forecast", 16, _draw_submit, _submit),
    Action("replay report", "forecast", 4, _draw_replay, _replay),
    Action("set signers", "owner", 4, _draw_signers, _set_signers),
)

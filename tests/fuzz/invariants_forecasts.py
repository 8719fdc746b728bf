"""Forecasts, and what they may do to a line."""

from __future__ import annotations

from margin_model import ramp, risk_report, risk_word
from tests.fuzz.invariants_look import Group, Look
from tests.fuzz.invariants_words import LINES, SETTINGS
from tests.fuzz.step import Violation

FORECASTS = Group("forecasts")

_UINT64 = 2**64 - 1


@FORECASTS.named("forecast only raises", LINES)
def forecast_only_raises(look: Look) -> int:
    """An update's target is that of the variance measured on chain, or, while the asset has a
    report, of a larger one: of what the report asks for, of four times the measured one at
    most."""
    books, checks = look.books, 0
    for asset, old, new in books.changes("risks"):
        target = new >> 64 & _UINT64
        if not old or target == old >> 64 & _UINT64:
            continue
        measured = look.mirror.variance(asset)
        lane = books.now("targets", asset >> 2) >> 64 * (asset & 3)
        kappa, horizon, floor, cap = risk_word.target_of(lane)
        asked = risk_report.floor_at(books.now("reports", asset), look.now)
        allowed = min(max(measured, asked), 4 * measured)
        expected = ramp.target(kappa, allowed, horizon, floor, cap)
        if target != expected:
            raise Violation(
                "forecast only raises",
                f"asset {asset}: {target} for {expected}: {measured} measured, {asked} asked",
            )
        checks += 1
    return checks


@FORECASTS.named("forecasts in sequence", SETTINGS)
def forecasts_in_sequence(look: Look) -> int:
    """An asset's report is replaced by one of a higher sequence that is submitted for it and names
    it, or lapses with its signers; its sequence never falls."""
    books, last, checks = look.books, look.last, 0
    for asset, old, new in books.changes("reports"):
        lapsed = look.done == "set_signers" and new == risk_report.lapsed(old)
        submitted = look.done == "submit" and last.args[0] == asset and new >> 208 > old >> 208
        if submitted:
            submitted = new == risk_report.pack(risk_report.RiskReport(*last.args))
        if not submitted and not lapsed:
            raise Violation("forecasts in sequence", f"asset {asset}: {old:#x}, then {new:#x}")
        checks += 1
    return checks

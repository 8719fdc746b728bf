"""A calibration in words, for the head of the file it makes."""

from __future__ import annotations

from margin_model.fixed_point import WAD
from oracle_sim.backtest.series import date_of
from oracle_sim.calibration.calibrate import Calibration


def describe(calibration: Calibration, asset: str, command: str) -> list[str]:
    """Lines for the head of an asset's file.

    Parameters
    ----------
    calibration : Calibration
    asset : str
    command : str
        That made it.
    """
    fit = calibration.fits[asset]
    word, kappa = fit.judgement, fit.parameters.kappa / WAD
    past, sure = fit.walk_forward, fit.confidence
    sides = fit.sides_margin / word.mean_margin - 1
    return [
        f"Risk parameters of {asset}. Made by:",
        "",
        f"  {command}",
        "",
        f"Judged closes: {word.observations}, {date_of(fit.start)} to {date_of(fit.end)}.",
        f"Stated coverage {calibration.level:.3%}; on these data {word.coverage:.3%} at "
        f"{word.mean_margin:.2%} on average,",
        f"{word.mean_margin / fit.static_margin:.3f} of the best static margin of that coverage "
        f"({fit.static_margin:.2%}).",
        f"Fitted on the past, judged on the quarter after it: coverage {past.coverage[0]:.3%} at "
        f"{past.margin[0]:.2%};",
        f"for the stated coverage those fits were to be multiplied by {past.stretch[0]:.3f}.",
        f"90 % intervals (blocks of weeks): κ {sure.kappa.low:.2f} to {sure.kappa.high:.2f}, "
        f"coverage {sure.coverage.low:.3%} to {sure.coverage.high:.3%},",
        f"average margin {sure.margin.low:.2%} to {sure.margin.high:.2%}.",
        f"κ is {kappa:.2f}; of a line for longs alone {fit.long_kappa:.2f}, for shorts alone "
        f"{fit.short_kappa:.2f}: {sides:+.1%} of margin.",
    ]

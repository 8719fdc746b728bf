"""The numbers of a backtest as a JSON document and as a table for the terminal."""

from __future__ import annotations

from typing import Any

from rich.table import Table

from oracle_sim.backtest.judge import Judgement, coverage_by_year
from oracle_sim.backtest.run import Backtest
from oracle_sim.backtest.series import date_of

NAMES = {
    "line": "line",
    "target": "target, without ramp",
    "static": "static, best in hindsight",
    "static_walk_forward": "static, from the past",
    "ewma_normal": "EWMA(0.94), normal",
    "fast_only": "6 hours only",
    "slow_only": "30 days only",
}

REACH = {
    "coverage": (">=", 0.998),
    "kupiec_p": (">=", 0.05),
    "christoffersen_p": (">=", 0.05),
    "margin_to_static": ("<=", 0.75),
    "worst_exceedance_to_static": ("<=", 0.6),
    "max_rise_1h": ("<=", 1.3),
    "peak_to_trough": ("<=", 8.0),
}
"""What the line is meant to reach: by name, in which direction, how far."""


def name_of(key: str) -> str:
    """A margin's name for people."""
    if key.startswith("fixed_"):
        return "fixed " + key.removeprefix("fixed_")
    return NAMES[key]


def to_numbers(judgement: Judgement, asset: str) -> dict[str, Any]:
    """One judgement; p-values and statistics are medians over all phases of the windows."""
    over = judgement.exceedances
    frequency = judgement.typical("frequency")
    independence = judgement.typical("independence")
    return {
        "asset": asset,
        "observations": judgement.observations,
        "exceptions": judgement.exceptions,
        "exceptions_long": judgement.exceptions_long,
        "exceptions_short": judgement.exceptions_short,
        "coverage": judgement.coverage,
        "kupiec_lr": frequency.statistic,
        "kupiec_p": frequency.p_value,
        "christoffersen_lr": independence.statistic,
        "christoffersen_p": independence.p_value,
        "conditional_coverage_p": judgement.typical("both").p_value,
        "mean_margin": judgement.mean_margin,
        "min_margin": judgement.min_margin,
        "max_margin": judgement.max_margin,
        "mean_exceedance": over.mean,
        "worst_exceedance": over.worst,
        "exceedance_shortfall": over.shortfall,
        "peak_to_trough": judgement.peak_to_trough,
        "max_rise_1h": judgement.max_rise_1h,
        "max_rise_24h": judgement.max_rise_24h,
        "max_rise_30d": judgement.max_rise_30d,
        "phases": [
            {
                "windows": phase.count,
                "exceptions": phase.exceptions,
                "kupiec_p": phase.frequency.p_value,
                "christoffersen_p": phase.independence.p_value,
            }
            for phase in judgement.phases
        ],
    }


def ratios(result: Backtest) -> dict[str, float]:
    """The line over the static margin of equal coverage, and over that of the past if there is."""
    static = result.others["static"]
    beyond = static.exceedances.worst
    worst = result.line.exceedances.worst
    found = {
        "margin_to_static": result.line.mean_margin / static.mean_margin,
        "worst_exceedance_to_static": worst / beyond if beyond else float(worst > 0),
    }
    past = result.others.get("static_walk_forward")
    if past is not None:
        found["margin_to_static_walk_forward"] = result.line.mean_margin / past.mean_margin
    return found


def reached(result: Backtest) -> dict[str, bool]:
    """Which of `REACH` the line keeps."""
    numbers = to_numbers(result.line, result.parameters.asset) | ratios(result)
    return {
        name: numbers[name] >= bound if sign == ">=" else numbers[name] <= bound
        for name, (sign, bound) in REACH.items()
    }


def years(result: Backtest) -> dict[str, dict[str, float]]:
    """Coverage and average margin by calendar year (UTC)."""
    found = coverage_by_year(result.time, result.lines.line, result.moves)
    return {
        year: {"observations": count, "coverage": covered, "mean_margin": mean}
        for year, (count, covered, mean) in found.items()
    }


def to_document(result: Backtest, seconds: float) -> dict[str, Any]:
    """All numbers of a backtest; margins and moves as parts of notional.

    Parameters
    ----------
    result : Backtest
    seconds : float
        How long it took.
    """
    asset = result.parameters.asset
    others = {key: to_numbers(each, asset) for key, each in result.others.items()}
    fixed = {key.removeprefix("fixed_"): others.pop(key) for key in list(others) if "fixed" in key}
    return {
        "asset": asset,
        "files": list(result.series.files),
        "from": date_of(result.start),
        "to": date_of(result.end),
        "interval": result.series.interval,
        "horizon": result.parameters.horizon,
        "stated_coverage": result.parameters.level,
        "trained_on": result.trained_on,
        **to_numbers(result.line, asset),
        "target": to_numbers(result.target, asset),
        "static": others.pop("static"),
        "static_walk_forward": others.pop("static_walk_forward", None),
        **others,
        "fixed": fixed,
        "margin_to_static_walk_forward": None,  # where nothing comes before the start
        **ratios(result),
        "reached": reached(result),
        "years": years(result),
        "warnings": list(result.series.warnings),
        "seconds": round(seconds, 2),
    }


COLUMNS = (
    "average margin",
    "coverage",
    "Kupiec p",
    "Christoffersen p",
    "worst exceedance",
    "mean exceedance",
    "rise in 1 h",
    "peak / trough",
)


def rows(result: Backtest) -> list[tuple[str, ...]]:
    """One row a margin: its name, then `COLUMNS`."""
    judgements = {"line": result.line, "target": result.target, **result.others}
    return [
        (
            name_of(key),
            f"{each.mean_margin:.2%}",
            f"{each.coverage:.3%}",
            f"{each.typical('frequency').p_value:.3f}",
            f"{each.typical('independence').p_value:.3f}",
            f"{each.exceedances.worst:.2%}",
            f"{each.exceedances.mean:.2%}",
            f"× {each.max_rise_1h:.3f}",
            f"{each.peak_to_trough:.2f}",
        )
        for key, each in judgements.items()
    ]


def to_table(result: Backtest) -> Table:
    """What the terminal shows."""
    title = (
        f"{result.parameters.asset}, {date_of(result.start)} to {date_of(result.end)}, "
        f"stated coverage {result.parameters.level:.3%}"
    )
    table = Table(title=title)
    table.add_column("margin")
    for column in COLUMNS:
        table.add_column(column, justify="right")
    for row in rows(result):
        table.add_row(*row)
    return table

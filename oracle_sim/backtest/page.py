"""One self-contained page about one backtest."""

from __future__ import annotations

from html import escape
from pathlib import Path

from chain.files import write_whole
from oracle_sim import report
from oracle_sim.backtest import figures
from oracle_sim.backtest.run import Backtest
from oracle_sim.backtest.series import date_of
from oracle_sim.backtest.summary import COLUMNS, REACH, ratios, reached, rows


def _tiles(result: Backtest) -> str:
    line, compared = result.line, ratios(result)
    return report.tiles(
        [
            (f"{line.coverage:.3%}", f"covered, stated {result.parameters.level:.2%}"),
            (f"{line.mean_margin:.2%}", "average margin"),
            (f"× {compared['margin_to_static']:.3f}", "of the static margin in hindsight"),
            (f"{line.exceedances.worst:.1%}", "worst exceedance"),
            (f"× {compared['worst_exceedance_to_static']:.3f}", "of the static margin's"),
            (f"× {line.max_rise_1h:.3f}", "steepest hour"),
            (f"{line.peak_to_trough:.2f}", "peak / trough"),
        ]
    )


def _table(result: Backtest) -> str:
    head = "".join(f"<th>{escape(name)}</th>" for name in ("margin", *COLUMNS))
    body = "".join(
        "<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in row) + "</tr>"
        for row in rows(result)
    )
    text = (
        "p-values are medians over the phases of the windows. An exception is a close after which "
        "the worst move within the horizon, wicks included, exceeded the margin."
    )
    return (
        f"<section><h2>All margins</h2><p>{escape(text)}</p><table><tr>{head}</tr>{body}</table>"
        "</section>"
    )


def render(result: Backtest) -> str:
    """The page of one backtest."""
    name = result.parameters.asset
    facts = [
        f"Plimsoll backtest · {date_of(result.start)} to {date_of(result.end)} · "
        f"{result.line.observations:,} closes · horizon {result.parameters.horizon} s",
    ]
    badges = {
        f"{key.replace('_', ' ')} {REACH[key][0]} {REACH[key][1]:g}": holds
        for key, holds in reached(result).items()
    }
    body = [
        report.header(f"{name}: how good the line was", facts, badges),
        _tiles(result),
        report.section(
            "Price, line and exceptions",
            "The line follows volatility at a bounded speed; dots are moves it did not cover.",
            figures.price_and_line(result),
        ),
        '<div class="pair">',
        report.section(
            "Coverage by year",
            "Fewer exceptions than stated: margin was given away; more: the line was too low.",
            figures.coverage_by_year(result),
        ),
        report.section(
            "Distribution of the line",
            "Most of the time a trader is asked for less than any constant of equal coverage.",
            figures.distribution(result),
        ),
        "</div>",
        report.section(
            "Procyclicality",
            "How far margin had risen within 30 days, at worst.",
            figures.procyclicality(result),
        ),
        report.section(
            "Model comparison",
            "Left is cheaper for traders, down is safer for the fund; coverage in brackets.",
            figures.comparison(result),
        ),
        _table(result),
    ]
    return report.page(f"Plimsoll · backtest {name}", body)


def write(result: Backtest, path: Path) -> None:
    """Write the page, whole or not at all."""
    write_whole(path, render(result))

"""One self-contained page about many paths of a scenario, and about the worst of them."""

from __future__ import annotations

from html import escape
from pathlib import Path

import numpy as np
import plotly.graph_objects as go

from chain.files import write_whole
from oracle_sim import charts, report
from oracle_sim.ensemble_summary import COLUMNS, Ensemble, number, rows
from oracle_sim.outcome import Outcome
from oracle_sim.path_metrics import HEADINGS

_HISTOGRAMS = {
    "bad_debt": "Bad debt",
    "fund_use": "Fund use",
    "liquidated": "Liquidated notional",
    "under_water": "Time under water",
    "peak_to_trough": "Line: peak to trough",
    "hourly_rise": "Line: worst rise in an hour",
}
_EXPLAINED = {
    "bad_debt": "Equity below zero that auctions left for fund, pool and suppliers.",
    "fund_use": "Paid by the insurance fund, for incentives and shortfalls.",
    "liquidated": "Positions and collateral sold in auctions or taken over by the pool, at mark.",
    "under_water": "Account-seconds with equity below zero.",
    "peak_to_trough": "Highest line of an asset over its lowest, worst asset of a path.",
    "hourly_rise": "Line over its lowest of the hour before, worst asset of a path.",
}
_BINS = 60


def histogram(ensemble: Ensemble, name: str) -> go.Figure:
    """How many paths ended with how much, mean and tail marked."""
    values = np.array([result.values[name] for result in ensemble.results])
    counts, edges = np.histogram(values, bins=min(_BINS, max(10, len(values) // 4)))
    each = ensemble.distributions[name]
    figure = go.Figure()
    figure.add_bar(
        x=(edges[:-1] + edges[1:]) / 2,
        y=counts,
        width=np.diff(edges),
        name="paths",
        marker={"color": "#8fb8de", "line": {"width": 0}},
        hovertemplate="%{y} paths at %{x:,.4g}<extra></extra>",
    )
    marks = (
        ("mean", each.mean, charts.INK),
        ("95 %", each.q95, charts.AMBER),
        ("99 %", each.q99, charts.RED),
        ("ES 99 %", each.es99, charts.RED),
    )
    for label, value, colour in marks:
        figure.add_vline(
            x=value,
            line={"color": colour, "width": 1.6, "dash": "dot" if label[0] == "E" else "solid"},
            name=f"{label} {number(value)}",
            showlegend=True,
        )
    figure.update_xaxes(title_text=HEADINGS[name])
    figure.update_yaxes(title_text="paths")
    figure = charts.finish(figure, 300)
    figure.update_layout(hovermode="closest", bargap=0)
    return figure


def _tiles(ensemble: Ensemble) -> str:
    each = ensemble.distributions
    return report.tiles(
        [
            (number(each["bad_debt"].mean), "bad debt, mean"),
            (number(each["bad_debt"].es99), "bad debt, mean of the worst 1 %"),
            (f"{each['bad_debt'].positive:.1%}", "paths with bad debt"),
            (number(each["fund_use"].mean), "fund use, mean"),
            (number(each["liquidated"].mean), "liquidated notional, mean"),
            (f"{number(each['longest_under_water'].q95)} s", "longest under water, 95 %"),
            (f"× {each['peak_to_trough'].mean:.2f}", "line, peak to trough, mean"),
            (f"× {each['hourly_rise'].largest:.3f}", "steepest hour of any line"),
        ]
    )


def _table(ensemble: Ensemble) -> str:
    head = "".join(f"<th>{escape(name)}</th>" for name in ("per path", *COLUMNS.values()))
    body = "".join(
        "<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in row) + "</tr>"
        for row in rows(ensemble)
    )
    return f"<section><h2>In numbers</h2><table><tr>{head}</tr>{body}</table></section>"


def render(ensemble: Ensemble, worst: Outcome) -> str:
    """The page as HTML, everything inline.

    Parameters
    ----------
    ensemble : Ensemble
    worst : Outcome
        Of `Ensemble.worst`, played again.
    """
    simulation = ensemble.simulation
    facts = (
        f"{len(ensemble.results):,} paths of {simulation.horizon / 3_600:.1f} h, a block every "
        f"{simulation.block} s · {', '.join(simulation.assets)} · {simulation.agents.accounts} "
        f"accounts · {ensemble.total('blocks'):,} blocks · "
        f"{ensemble.total('transactions'):,} transactions · seed {ensemble.seed}"
    )
    body = [
        report.header(
            f"Scenario: {simulation.name}",
            [" ".join(simulation.description.split()), facts],
            ensemble.invariants,
        ),
        _tiles(ensemble),
        '<div class="pair">',
        *(
            report.section(title, _EXPLAINED[name], histogram(ensemble, name))
            for name, title in _HISTOGRAMS.items()
        ),
        "</div>",
        _table(ensemble),
        f"<header><div><h1>The worst path</h1><p>Seed {ensemble.worst.seed}: most bad debt of "
        "all, played again in detail</p></div></header>",
        *report.detail(worst),
    ]
    return report.page(f"Plimsoll · {simulation.name}", body)


def write(ensemble: Ensemble, worst: Outcome, path: Path) -> None:
    """Write the page, whole or not at all."""
    write_whole(path, render(ensemble, worst))

"""The figures of a backtest."""

from __future__ import annotations

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray
from plotly.subplots import make_subplots

from margin_model.coverage import trailing_minimum
from oracle_sim.backtest.judge import MONTH
from oracle_sim.backtest.run import Backtest
from oracle_sim.backtest.summary import name_of, years
from oracle_sim.charts import AMBER, BLUE, GREEN, INK, MUTED, RED, finish

Floats = NDArray[np.float64]

_POINTS = 3_000  # of a curve; the page of three years stays under 6 MB
_BINS = 80


def _buckets(result: Backtest) -> NDArray[np.int64]:
    """First observation of each stretch that becomes one point."""
    count = len(result.moves)
    return np.arange(0, count, max(1, -(-count // _POINTS)))


def price_and_line(result: Backtest) -> go.Figure:
    """Price above; line, target and exceptions below. Highest value of each stretch of time."""
    starts = _buckets(result)
    time = result.time[starts] * 1_000.0
    line, target = result.lines.line, result.lines.target
    figure = make_subplots(rows=2, cols=1, shared_xaxes=True, vertical_spacing=0.06)
    close = result.series.close[: len(line)]
    figure.add_scatter(
        x=time, y=close[starts], name="price", line={"color": INK, "width": 1.2}, row=1, col=1
    )
    for name, values, style in (
        ("target", target, {"color": AMBER, "width": 1, "dash": "dot"}),
        ("line", line, {"color": BLUE, "width": 1.6}),
    ):
        highest = np.maximum.reduceat(values, starts) * 100
        figure.add_scatter(x=time, y=highest, name=name, line=style, row=2, col=1)
    over = np.flatnonzero(result.moves.worst > line)
    falls = result.moves.falls[over] > line[over]
    for name, chosen, colour in (("fall beyond", over[falls], RED), ("rise", over[~falls], GREEN)):
        figure.add_scatter(
            x=result.time[chosen] * 1_000.0,
            y=result.moves.worst[chosen] * 100,
            name=f"exception: {name}",
            mode="markers",
            marker={"color": colour, "size": 4, "opacity": 0.7},
            row=2,
            col=1,
        )
    figure.update_xaxes(type="date")
    figure.update_yaxes(title_text="price", type="log", row=1, col=1)
    figure.update_yaxes(title_text="% of notional", rangemode="tozero", row=2, col=1)
    figure = finish(figure, 560)
    figure.update_layout(margin={"t": 56}, hovermode="closest", legend={"y": 1.05})
    return figure


def coverage_by_year(result: Backtest) -> go.Figure:
    """Exceptions per 10,000 closes, against what the stated coverage lets expect."""
    by_year = years(result)
    figure = go.Figure()
    figure.add_bar(
        x=list(by_year),
        y=[(1 - each["coverage"]) * 1e4 for each in by_year.values()],
        text=[f"{each['coverage']:.3%}" for each in by_year.values()],
        name="exceptions",
        marker={"color": BLUE},
    )
    stated = (1 - result.parameters.level) * 1e4
    figure.add_hline(y=stated, line={"color": RED, "dash": "dot"}, annotation_text="stated")
    figure.update_xaxes(type="category")
    figure.update_yaxes(title_text="exceptions in 10,000 closes", rangemode="tozero")
    return finish(figure, 320)


def distribution(result: Backtest) -> go.Figure:
    """How often the line was how high, the two static margins marked."""
    counts, edges = np.histogram(result.lines.line * 100, bins=_BINS)
    figure = go.Figure()
    figure.add_bar(
        x=(edges[:-1] + edges[1:]) / 2,
        y=counts / counts.sum() * 100,
        width=np.diff(edges),
        name="closes",
        marker={"color": "#8fb8de"},
    )
    marks = [("line, average", result.line.mean_margin, BLUE)] + [
        (name_of(key), result.others[key].mean_margin, colour)
        for key, colour in (("static", RED), ("static_walk_forward", AMBER))
        if key in result.others
    ]
    for label, value, colour in marks:
        figure.add_vline(
            x=value * 100, line={"color": colour, "width": 1.8}, name=label, showlegend=True
        )
    figure.update_xaxes(title_text="margin, % of notional")
    figure.update_yaxes(title_text="% of closes")
    figure = finish(figure, 320)
    figure.update_layout(bargap=0, hovermode="closest")
    return figure


def procyclicality(result: Backtest) -> go.Figure:
    """Line over its lowest of the 30 days before: what a holder saw his margin multiply by."""
    starts = _buckets(result)
    steps = MONTH // result.series.interval
    figure = go.Figure()
    for name, values, style in (
        ("target", result.lines.target, {"color": AMBER, "width": 1, "dash": "dot"}),
        ("line", result.lines.line, {"color": BLUE, "width": 1.6}),
    ):
        rise: Floats = values / trailing_minimum(values, steps + 1)
        figure.add_scatter(
            x=result.time[starts] * 1_000.0,
            y=np.maximum.reduceat(rise, starts),
            name=name,
            line=style,
        )
    figure.update_xaxes(type="date")
    figure.update_yaxes(title_text="× lowest of 30 days")
    return finish(figure, 320)


def comparison(result: Backtest) -> go.Figure:
    """Average margin against worst exceedance; down and left is better."""
    points = {"line": result.line, "target": result.target, **result.others}
    figure = go.Figure()
    for key, each in points.items():
        colour = BLUE if key == "line" else RED if key.startswith("static") else MUTED
        figure.add_scatter(
            x=[each.mean_margin * 100],
            y=[each.exceedances.worst * 100],
            mode="markers+text",
            text=[f"{name_of(key)} ({each.coverage:.2%})"],
            textposition="top center",
            marker={"size": 11, "color": colour},
            showlegend=False,
        )
    figure.update_xaxes(title_text="average margin, % of notional", rangemode="tozero")
    figure.update_yaxes(title_text="worst exceedance, % of notional", rangemode="tozero")
    figure = finish(figure, 420)
    figure.update_layout(hovermode="closest")
    return figure

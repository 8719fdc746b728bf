"""The four figures of a report, and one more: who was in which status when."""

from collections import Counter
from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray
from plotly.subplots import make_subplots

from oracle_sim.fleet import STATUS_NAMES, Fleet
from oracle_sim.history import AuctionPath, History

INK = "#1b2733"
MUTED = "#6b7785"
GRID = "#e6eaee"
BLUE = "#1f5fbf"
RED = "#c8372d"
AMBER = "#d98a00"
GREEN = "#2f8f5b"

STATUS_COLOURS = ("#8fb8de", "#c9d8a5", "#f1c661", "#e8824a", "#a3262a", "#9aa4ae")

HOUR = 3.6e6  # [ms]

FONT = "Inter, system-ui, -apple-system, 'Segoe UI', Roboto, sans-serif"


def finish(figure: go.Figure, height: int) -> go.Figure:
    """Give a figure the page's looks."""
    figure.update_layout(
        height=height,
        margin={"l": 56, "r": 16, "t": 36, "b": 40},
        paper_bgcolor="rgba(0,0,0,0)",
        plot_bgcolor="rgba(0,0,0,0)",
        font={"family": FONT, "size": 12, "color": INK},
        hovermode="x unified",
        legend={"orientation": "h", "y": 1.02, "yanchor": "bottom", "x": 0, "xanchor": "left"},
    )
    figure.update_xaxes(gridcolor=GRID, linecolor=GRID, zeroline=False)
    figure.update_yaxes(gridcolor=GRID, linecolor=GRID, zeroline=False)
    return figure


def _milliseconds(time: Sequence[int]) -> NDArray[np.float64]:
    """Times as a date axis takes them; numbers are a fifth of the size of text."""
    return np.array(time, dtype=np.float64) * 1_000.0


def price_and_line(history: History, assets: Sequence[str]) -> go.Figure:
    """Price above, line and target line below, one column an asset."""
    figure = make_subplots(
        rows=2,
        cols=len(assets),
        shared_xaxes=True,
        vertical_spacing=0.06,
        horizontal_spacing=0.06,
        row_heights=[0.5, 0.5],
        subplot_titles=list(assets),
    )
    time = _milliseconds(history.time)
    for column, name in enumerate(assets, start=1):
        shown = {"showlegend": column == 1}
        figure.add_scatter(
            x=time,
            y=np.array(history.price[name]),
            name="price",
            line={"color": INK, "width": 1.2},
            row=1,
            col=column,
            **shown,
        )
        figure.add_scatter(
            x=time,
            y=np.array(history.target[name]) * 100,
            name="target line",
            line={"color": AMBER, "width": 1, "dash": "dot"},
            row=2,
            col=column,
            **shown,
        )
        figure.add_scatter(
            x=time,
            y=np.array(history.line[name]) * 100,
            name="line",
            line={"color": BLUE, "width": 2},
            row=2,
            col=column,
            **shown,
        )
    figure.update_xaxes(type="date")
    figure.update_yaxes(title_text="price", row=1, col=1)
    figure.update_yaxes(title_text="line, % of notional", row=2, col=1)
    figure.update_yaxes(rangemode="tozero", row=2)
    figure = finish(figure, 460)
    figure.update_layout(margin={"t": 56}, legend={"y": 1.07})
    return figure


def choose_account(history: History, fleet: Fleet) -> int:
    """An account worth looking at: called, then sold in slices, solvent if there is one."""
    called: dict[int, int] = {}
    for happening in history.happenings:
        if happening.name == "MarginCalled":
            called.setdefault(happening.args.account, happening.time)
    auctions = Counter(path.account for path in history.paths)

    def interest(path: AuctionPath) -> tuple[bool, bool, int, bool, int]:
        lead = path.started_at - called.get(path.account, path.started_at)
        return (
            bool(path.fills),
            900 <= lead <= 12 * 3_600,
            -auctions[path.account],
            not path.insolvent,
            len(path.fills),
        )

    if history.paths:
        return max(history.paths, key=interest).account
    return int(fleet.account[0])


def account(history: History, fleet: Fleet, chosen: int) -> go.Figure:
    """Equity of one account against its maintenance margin, margin calls and auctions marked."""
    equity, maintenance = (np.array(series) for series in history.account(chosen, fleet))
    time = _milliseconds(history.time)
    figure = go.Figure()
    figure.add_scatter(
        x=time, y=maintenance, name="maintenance margin", line={"color": RED, "width": 1.6}
    )
    figure.add_scatter(x=time, y=equity, name="equity", line={"color": BLUE, "width": 1.8})
    calls, auctions = _episodes(history, chosen)
    for i, (start, end) in enumerate(auctions):
        figure.add_vrect(
            x0=start,
            x1=end,
            fillcolor=RED,
            opacity=0.15,
            line_width=0,
            layer="below",
            name="auction",
            showlegend=i == 0,
        )
    for i, at in enumerate(calls):
        figure.add_vline(
            x=at,
            line={"color": AMBER, "width": 1.6, "dash": "dash"},
            name="margin call",
            showlegend=i == 0,
        )
    marks = [*calls, *(at for auction in auctions for at in auction)]
    held = np.flatnonzero(maintenance > 0)
    if marks:
        opened = float(time[held[0]]) if len(held) else min(marks)
        first, last = max(opened, min(marks) - 8 * HOUR), max(marks) + 3 * HOUR
        shown = np.concatenate((equity, maintenance))[np.tile((time >= first) & (time <= last), 2)]
        figure.update_xaxes(range=[first, last])
        figure.update_yaxes(range=[min(0.0, 1.08 * shown.min()), 1.08 * shown.max()])
    figure.update_xaxes(type="date")
    figure.update_yaxes(title_text="quote")
    return finish(figure, 380)


def _episodes(history: History, chosen: int) -> tuple[list[float], list[tuple[float, float]]]:
    """Margin calls of an account, and start and end of its auctions [ms]."""
    calls, auctions = [], []
    started = None
    for happening in history.happenings:
        if getattr(happening.args, "account", None) != chosen:
            continue
        at = happening.time * 1_000.0
        if happening.name == "MarginCalled":
            calls.append(at)
        elif happening.name == "AuctionStarted":
            started = at
        elif happening.name == "AuctionEnded" and started is not None:
            auctions.append((started, at))
            started = None
    if started is not None:
        auctions.append((started, history.time[-1] * 1_000.0))
    return calls, auctions


def auction_paths(history: History) -> go.Figure:
    """What bidders were asked for the rest of each account while its auction ran."""
    figure = go.Figure()
    seen: set[bool] = set()
    for path in sorted(history.paths, key=lambda each: each.insolvent):
        if not path.elapsed:
            continue
        colour = RED if path.insolvent else BLUE
        name = "insolvent" if path.insolvent else "solvent"
        figure.add_scatter(
            x=np.array(path.elapsed) / 60,
            y=np.array(path.price),
            name=name,
            legendgroup=name,
            showlegend=path.insolvent not in seen,
            mode="lines",
            line={"color": colour, "width": 1.2},
            opacity=0.55,
            hovertemplate=f"account {path.account}: %{{y:.2f}}<extra></extra>",
        )
        seen.add(path.insolvent)
    fills = [fill for path in history.paths for fill in path.fills]
    if fills:
        figure.add_scatter(
            x=np.array([elapsed for elapsed, _ in fills]) / 60,
            y=np.array([price for _, price in fills]),
            name="slice sold",
            mode="markers",
            marker={"color": INK, "size": 6, "line": {"color": "white", "width": 1}},
            hovertemplate="slice sold at %{y:.2f}<extra></extra>",
        )
    figure.add_hline(y=0, line={"color": MUTED, "width": 1})
    figure.update_xaxes(title_text="oracle-live minutes since the start")
    figure.update_yaxes(title_text="price of the rest / its requirement")
    figure = finish(figure, 380)
    figure.update_layout(hovermode="closest")
    return figure


def fund(history: History) -> go.Figure:
    """Balance of the insurance fund."""
    figure = go.Figure()
    figure.add_scatter(
        x=_milliseconds(history.time),
        y=np.array(history.fund),
        name="fund balance",
        line={"color": GREEN, "width": 2, "shape": "hv"},
        fill="tozeroy",
        fillcolor="rgba(47,143,91,0.12)",
    )
    figure.update_xaxes(type="date")
    figure.update_yaxes(title_text="quote", rangemode="tozero")
    return finish(figure, 340)


def statuses(history: History) -> go.Figure:
    """How many accounts were in each status."""
    counts = np.array(history.statuses)
    figure = go.Figure()
    for column, name in enumerate(STATUS_NAMES.values()):
        if not counts[:, column].any():
            continue
        figure.add_scatter(
            x=_milliseconds(history.time),
            y=counts[:, column],
            name=name,
            stackgroup="all",
            line={"width": 0, "shape": "hv"},
            fillcolor=STATUS_COLOURS[column],
        )
    figure.update_xaxes(type="date")
    figure.update_yaxes(title_text="accounts")
    return finish(figure, 340)

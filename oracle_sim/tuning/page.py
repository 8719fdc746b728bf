"""What a search found: as a document, as a table, and as a picture of the front."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from html import escape
from pathlib import Path
from typing import Any

import plotly.graph_objects as go
from rich.table import Table

from chain.files import write_whole
from oracle_sim import charts, report
from oracle_sim.ensemble_summary import number
from oracle_sim.tuning.candidates import Candidate
from oracle_sim.tuning.search import Found, Scored
from oracle_sim.tuning.watch import MEASURES

_COSTS = tuple(MEASURES)[1:]
_HEADS = {
    "buffer": "b",
    "im_multiplier": "IM / MM",
    "s0": "s0",
    "s1": "s1",
    "fast_phase": "fast [s]",
    "slow_phase": "slow [s]",
    "penalty": "p",
}


def to_document(found: Found, seconds: float) -> dict[str, Any]:
    """All numbers of a search; but for `seconds` they depend on scenarios and seed only."""
    front = set(map(id, found.front))
    return {
        "scenarios": list(found.scenarios),
        "paths": found.paths,
        "seed": found.seed,
        "measures": MEASURES,
        "configured": _row(found.scored[0]),
        "front": [_row(each) for each in found.front],
        "better": [_row(each) for each in found.better],
        "others": [_row(each) for each in found.scored[1:] if id(each) not in front],
        "seconds": round(seconds, 2),
    }


def _row(scored: Scored) -> dict[str, Any]:
    parts = {"mean": scored.mean, "difference": scored.difference, "error": scored.error}
    return {
        **asdict(scored.candidate),
        "im_multiplier": scored.candidate.im_multiplier,
        "sound": scored.sound,
        **{
            name: dict(zip(MEASURES, (float(value) for value in values), strict=True))
            for name, values in parts.items()
        },
    }


def _cells(scored: Scored) -> list[str]:
    """A row of the table: thresholds, then means with the paired difference to the first row."""
    goals = [number(float(mean)) for mean in scored.mean]
    if scored.difference.any():
        goals = [
            f"{goal} ({'+' if apart > 0 else ''}{number(float(apart))} ± {number(float(error))})"
            for goal, apart, error in zip(goals, scored.difference, scored.error, strict=True)
        ]
    return [_threshold(scored.candidate, name) for name in _HEADS] + goals


def _threshold(candidate: Candidate, name: str) -> str:
    return f"{getattr(candidate, name):g}"


def rows(found: Found) -> list[tuple[str, list[str]]]:
    """The configured candidate, then the front by leverage, each with what it is called."""
    better = set(map(id, found.better))
    named = [("configured", found.scored[0])]
    named += [
        ("better in all" if id(each) in better else "front", each)
        for each in found.front
        if each is not found.scored[0]
    ]
    return [(name, _cells(each)) for name, each in named]


def heads() -> list[str]:
    """Of the columns of `rows`, without the name."""
    return [*_HEADS.values(), *MEASURES.values()]


def to_table(found: Found) -> Table:
    """The front for the terminal."""
    title = (
        f"{', '.join(found.scenarios)} · {len(found.scored)} candidates on {found.paths} paths "
        "each · in brackets: difference to what is configured, on the same paths"
    )
    table = Table(title=title, title_justify="left")
    table.add_column("")
    for name in heads():
        table.add_column(name, justify="right")
    for name, cells in rows(found):
        table.add_row(name, *cells)
    return table


# ── the page ─────────────────────────────────────────────────────────────────────────────────────


def front_figure(found: Found, cost: str) -> go.Figure:
    """Leverage against one of the costs; the front of all four goals in colour."""
    at = tuple(MEASURES).index(cost)
    front = set(map(id, found.front))
    groups: tuple[tuple[str, str, int, Sequence[Scored]], ...] = (
        ("beaten", "#c3ccd5", 7, [each for each in found.scored[1:] if id(each) not in front]),
        ("front", "#2f6fb3", 10, [each for each in found.front if each is not found.scored[0]]),
        ("configured", charts.RED, 14, [found.scored[0]]),
    )
    figure = go.Figure()
    for name, colour, size, group in groups:
        figure.add_scatter(
            x=[float(each.mean[0]) for each in group],
            y=[float(each.mean[at]) for each in group],
            mode="markers",
            name=name,
            marker={
                "color": colour,
                "size": size,
                "symbol": "diamond" if name == "configured" else "circle",
            },
            text=[_described(each) for each in group],
            hovertemplate="%{text}<extra></extra>",
        )
    figure.update_xaxes(title_text=MEASURES["leverage"])
    figure.update_yaxes(title_text=MEASURES[cost])
    figure = charts.finish(figure, 380)
    figure.update_layout(hovermode="closest")
    return figure


def parallel_figure(found: Found) -> go.Figure:
    """Thresholds and goals of the front, a line a candidate, coloured by leverage."""
    front = found.front
    thresholds = [
        {"label": label, "values": [float(getattr(each.candidate, name)) for each in front]}
        for name, label in _HEADS.items()
    ]
    goals = [
        {"label": name.replace("_", " "), "values": [float(each.mean[i]) for each in front]}
        for i, name in enumerate(MEASURES)
    ]
    figure = go.Figure(
        go.Parcoords(
            dimensions=thresholds + goals,
            line={
                "color": [float(each.mean[0]) for each in front],
                "colorscale": "Viridis",
                "showscale": True,
                "colorbar": {"title": {"text": "leverage"}},
            },
        )
    )
    return charts.finish(figure, 420)


def _described(scored: Scored) -> str:
    goals = (
        f"{heading}: {number(float(mean))}"
        for heading, mean in zip(MEASURES.values(), scored.mean, strict=True)
    )
    chosen = (f"{label} {_threshold(scored.candidate, name)}" for name, label in _HEADS.items())
    return "<br>".join([", ".join(chosen), *goals])


def _table(found: Found) -> str:
    head = "".join(f"<th>{escape(name)}</th>" for name in ("", *heads()))
    body = "".join(
        "<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in (name, *cells)) + "</tr>"
        for name, cells in rows(found)
    )
    text = (
        "In brackets the difference to what is configured, on the same paths, with its standard "
        "error: a difference within two of them may be chance."
    )
    return f"<section><h2>The front</h2><p>{text}</p><table><tr>{head}</tr>{body}</table></section>"


def render(found: Found) -> str:
    """The page as HTML, everything inline."""
    facts = (
        f"{len(found.scored)} candidates · {found.paths} paths of each scenario, the same for all "
        f"· seed {found.seed}"
    )
    explained = {
        "bad_debt": "Equity below zero that auctions left for fund, pool and suppliers.",
        "liquidated": "Positions and collateral sold in auctions or taken over, at mark.",
        "false_liquidations": "Sold, although the account would have been back at 1.1 times its "
        "requirement within four hours, without ever being below zero.",
    }
    titles = {
        "bad_debt": "Bad debt",
        "liquidated": "Liquidated notional",
        "false_liquidations": "False liquidations",
    }
    body = [
        report.header(
            f"Thresholds: {', '.join(found.scenarios)}",
            ["Right is more leverage for users, down is safer.", facts],
            {"all paths sound": all(each.sound for each in found.scored)},
        ),
        *(
            report.section(titles[cost], explained[cost], front_figure(found, cost))
            for cost in _COSTS
        ),
        report.section(
            "What the front is made of",
            "A line is a candidate that no other beats in everything; drag on an axis to select.",
            parallel_figure(found),
        ),
        _table(found),
    ]
    return report.page("Plimsoll · thresholds", body)


def write(found: Found, path: Path) -> None:
    """Write the page, whole or not at all."""
    write_whole(path, render(found))

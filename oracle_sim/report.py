"""One self-contained page about one replay."""

import re
from collections.abc import Mapping, Sequence
from html import escape
from pathlib import Path

import plotly.io
from plotly.graph_objects import Figure
from plotly.offline import get_plotlyjs

from chain.files import write_whole
from oracle_sim import charts
from oracle_sim.outcome import Outcome
from oracle_sim.summary import rows, worst_lines

_STYLE = """
:root { --ink: #1b2733; --muted: #6b7785; --line: #dfe4e9; --paper: #f5f7f9; --card: #ffffff; }
* { box-sizing: border-box; }
body { margin: 0; background: var(--paper); color: var(--ink);
       font: 15px/1.5 Inter, system-ui, -apple-system, "Segoe UI", Roboto, sans-serif; }
main { max-width: 1240px; margin: 0 auto; padding: 32px 24px 48px; }
header { display: flex; flex-wrap: wrap; align-items: flex-end; gap: 8px 24px;
         margin-bottom: 20px; }
h1 { font-size: 28px; line-height: 1.2; margin: 0; letter-spacing: -0.01em; }
h2 { font-size: 16px; margin: 0 0 2px; }
p { margin: 0; color: var(--muted); }
.badges { margin-left: auto; display: flex; gap: 8px; }
.badge { border-radius: 999px; padding: 3px 12px; font-size: 13px; font-weight: 600;
         background: #e3f3ea; color: #1e6b43; }
.badge.broken { background: #fbe4e2; color: #a3262a; }
.tiles { display: grid; grid-template-columns: repeat(auto-fit, minmax(128px, 1fr)); gap: 12px;
         margin-bottom: 16px; }
.tile, section { background: var(--card); border: 1px solid var(--line); border-radius: 10px; }
.tile { padding: 12px 14px; }
.tile b { display: block; font-size: 21px; line-height: 1.3; white-space: nowrap;
         font-variant-numeric: tabular-nums; }
.tile span { color: var(--muted); font-size: 13px; }
section { padding: 16px 18px 8px; margin-bottom: 16px; min-width: 0; }
.pair { display: grid; grid-template-columns: repeat(2, minmax(0, 1fr)); gap: 0 16px; }
table { width: 100%; border-collapse: collapse; margin: 8px 0; font-variant-numeric: tabular-nums; }
td { padding: 6px 8px 6px 0; border-top: 1px solid var(--line); vertical-align: top; }
th { padding: 6px 8px 6px 0; text-align: left; font-weight: 600; }
td:first-child { color: var(--muted); white-space: nowrap; width: 1%; padding-right: 32px; }
@media (max-width: 900px) { .pair { grid-template-columns: minmax(0, 1fr); } }
"""


def _tiles(outcome: Outcome) -> str:
    """The numbers of a replay that one looks for first."""
    metrics = outcome.metrics
    sold = metrics.liquidations
    lines = worst_lines(outcome)
    worst = max(lines, key=lambda name: lines[name]["line"])
    wait = metrics.first_bid_seconds
    facts = [
        (f"{sold['solvent']} + {sold['insolvent']}", "liquidations, solvent + insolvent"),
        (f"{metrics.fills}", "slices sold"),
        (f"{metrics.backstops}", "backstops"),
        ("–" if wait is None else f"{wait:.0f} s", "median time to first bid"),
        (f"{metrics.written_down:,.0f}", "losses written down"),
        (f"{lines[worst]['line']:.1%}", f"highest line ({worst})"),
        (f"× {max(x['hourly_rise'] for x in lines.values()):.3f}", "steepest hour of any line"),
        (f"{metrics.orders['executed']}", "orders executed"),
    ]
    return tiles(facts)


def tiles(facts: Sequence[tuple[str, str]]) -> str:
    """A row of tiles: each a number and what it is."""
    cards = (
        f'<div class="tile"><b>{escape(value)}</b><span>{escape(name)}</span></div>'
        for value, name in facts
    )
    return f'<div class="tiles">{"".join(cards)}</div>'


def header(title: str, texts: Sequence[str], invariants: Mapping[str, bool]) -> str:
    """The head of a page; on its right how the invariants did."""
    badges = "".join(
        f'<span class="badge{"" if holds else " broken"}">{escape(name)} '
        f"{'holds' if holds else 'broken'}</span>"
        for name, holds in invariants.items()
    )
    lines = "".join(f"<p>{escape(text)}</p>" for text in texts)
    return (
        f"<header><div><h1>{escape(title)}</h1>{lines}</div>"
        f'<div class="badges">{badges}</div></header>'
    )


def section(title: str, text: str, figure: Figure) -> str:
    """A figure under its title and a line about it."""
    chart = plotly.io.to_html(
        figure,
        full_html=False,
        include_plotlyjs=False,
        div_id=re.sub(r"\W+", "-", title.lower()),  # else a random one
        config={"displaylogo": False, "responsive": True, "displayModeBar": False},
    )
    return f"<section><h2>{escape(title)}</h2><p>{escape(text)}</p>{chart}</section>"


def detail(outcome: Outcome) -> list[str]:
    """The figures and the table of one replay."""
    history, fleet = outcome.history, outcome.fleet
    chosen = charts.choose_account(history, fleet)
    table = "".join(
        f"<tr><td>{escape(name)}</td><td>{escape(value)}</td></tr>" for name, value in rows(outcome)
    )
    return [
        section(
            "Price against line",
            "The line follows realised volatility towards its target, no faster than its ramp.",
            charts.price_and_line(history, outcome.assets),
        ),
        '<div class="pair">',
        section(
            f"Account {chosen}",
            "Equity against maintenance margin; the margin call comes before the auction.",
            charts.account(history, fleet, chosen),
        ),
        section(
            "Auctions",
            "What bidders are asked for the rest of an account; it falls until somebody bids.",
            charts.auction_paths(history),
        ),
        section(
            "Insurance fund",
            "Stakes, penalties and fees come in; what accounts cannot pay themselves goes out.",
            charts.fund(history),
        ),
        section("Accounts by status", "All user accounts.", charts.statuses(history)),
        "</div>",
        f"<section><h2>This path in numbers</h2><table>{table}</table></section>",
    ]


def page(title: str, body: Sequence[str]) -> str:
    """A whole HTML page, styles and scripts inline."""
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(title)}</title><style>{_STYLE}</style>"
        f"<script>{get_plotlyjs()}</script></head><body><main>{''.join(body)}</main></body></html>"
    )


def render(outcome: Outcome) -> str:
    """The page of one replay.

    Parameters
    ----------
    outcome : Outcome
    """
    facts = (
        f"Plimsoll replay · {', '.join(outcome.assets)} · {outcome.accounts} accounts · "
        f"{outcome.blocks:,} blocks · {outcome.transactions:,} transactions"
    )
    body = [
        header(outcome.event, [facts], outcome.invariants),
        _tiles(outcome),
        *detail(outcome),
    ]
    return page(f"Plimsoll · {outcome.event}", body)


def write(outcome: Outcome, path: Path) -> None:
    """Write the page, whole or not at all."""
    write_whole(path, render(outcome))

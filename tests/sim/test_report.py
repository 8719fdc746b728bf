"""What a replay says about itself: document, table, page."""

import json
import re
from dataclasses import replace as changed
from pathlib import Path

import numpy as np
import pytest
from rich.console import Console

from oracle_sim import charts, report, summary
from oracle_sim.outcome import Outcome

KEYS = {
    "event",
    "blocks",
    "transactions",
    "accounts",
    "orders",
    "liquidations",
    "fills",
    "backstops",
    "first_bid_seconds",
    "penalties",
    "fees_to_fund",
    "fund_in",
    "fund_out",
    "written_down",
    "stuck_accounts",
    "invariants",
    "seconds",
}


def test_to_document__crash__every_key_and_plain_json(crash: Outcome) -> None:
    document = summary.to_document(crash, 12.34)
    assert set(document) >= KEYS
    assert json.loads(json.dumps(document, allow_nan=False)) == document
    assert document["accounts"] == 100 == sum(document["statuses"].values())
    assert document["stuck_accounts"] == 0
    assert document["invariants"] == {"I1": True, "I2": True, "I3": True}
    assert document["seconds"] == 12.3


def test_worst_lines__no_line_known_yet__zero(crash: Outcome) -> None:
    unknown = [float("nan")] * len(crash.history.time)
    history = changed_history(crash, dict.fromkeys(crash.assets, unknown))
    lines = summary.worst_lines(changed(crash, history=history))
    assert lines["BTC"] == {"line": 0.0, "target": 0.0, "hourly_rise": 1.0}


def changed_history(outcome: Outcome, lines: dict[str, list[float]]) -> charts.History:
    """The history with other lines and targets."""
    history = charts.History(dict.fromkeys(outcome.assets, 0))
    history.time = outcome.history.time
    history.line = history.target = lines
    return history


def test_to_table__crash__says_every_number_and_invariant(crash: Outcome) -> None:
    console = Console(width=110, record=True, file=None, quiet=True)
    with console.capture() as captured:
        console.quiet = False
        console.print(summary.to_table(crash))
    text = captured.get()
    for name, _ in summary.rows(crash):
        assert name in text
    assert text.count("holds after every block") == 3
    assert "BROKEN" not in text


def test_to_table__broken_invariant__says_so(crash: Outcome) -> None:
    console = Console(width=110)
    with console.capture() as captured:
        console.print(summary.to_table(changed(crash, invariants={"I1": False})))
    assert "BROKEN" in captured.get()


def test_rows__no_bid_at_all__says_so(crash: Outcome) -> None:
    metrics = changed(crash.metrics, first_bid_seconds=None, first_bid_seconds_worst=None)
    rows = dict(summary.rows(changed(crash, metrics=metrics)))
    assert rows["time to first bid"] == "no bid"


def test_render__crash__one_page_that_loads_nothing(crash: Outcome) -> None:
    page = report.render(crash)
    assert page.startswith("<!doctype html>")
    assert not re.search(r"<(?:script|img|link|iframe)[^>]+(?:src|href)=", page)
    assert page.count('class="plotly-graph-div"') == 5
    for title in ("Price against line", "Auctions", "Insurance fund", "Accounts by status"):
        assert f"<h2>{title}</h2>" in page
    for name in ("I1", "I2", "I3"):
        assert f"{name} holds" in page


def test_render__event_with_markup__is_escaped(crash: Outcome) -> None:
    page = report.render(changed(crash, event="<b>x</b>", invariants={"I2": False}))
    assert "<b>x</b>" not in page
    assert "&lt;b&gt;x&lt;/b&gt;" in page
    assert 'class="badge broken">I2 broken' in page


def test_write__new_folder__whole_page(crash: Outcome, tmp_path: Path) -> None:
    path = tmp_path / "deep" / "report.html"
    report.write(crash, path)
    whole = path.read_text() == report.render(crash)  # megabytes: not for pytest to compare
    assert whole
    assert list(path.parent.iterdir()) == [path]


def test_account__chosen__was_called_and_auctioned(crash: Outcome) -> None:
    chosen = charts.choose_account(crash.history, crash.fleet)
    figure = charts.account(crash.history, crash.fleet, chosen)
    named = {shape.name for shape in figure.layout.shapes}
    assert named == {"margin call", "auction"}
    equity, maintenance = crash.history.account(chosen, crash.fleet)
    assert len(equity) == len(maintenance) == len(crash.history.time)
    assert max(maintenance) > 0


def test_choose_account__no_auction__the_first(crash: Outcome) -> None:
    history = changed_history(crash, {})
    assert charts.choose_account(history, crash.fleet) == crash.fleet.account[0]


def test_auction_paths__crash__a_trace_an_auction_and_the_fills(crash: Outcome) -> None:
    figure = charts.auction_paths(crash.history)
    looked_at = [path for path in crash.history.paths if path.elapsed]
    assert len(figure.data) == len(looked_at) + 1
    assert {trace.name for trace in figure.data} == {"solvent", "insolvent", "slice sold"}


def test_price_and_line__crash__three_series_an_asset(crash: Outcome) -> None:
    figure = charts.price_and_line(crash.history, crash.assets)
    assert [trace.name for trace in figure.data] == ["price", "target line", "line"] * 3
    assert all(len(trace.y) == len(crash.history.time) for trace in figure.data)


def test_statuses__crash__everybody_always_in_one(crash: Outcome) -> None:
    figure = charts.statuses(crash.history)
    assert np.sum([trace.y for trace in figure.data], axis=0) == pytest.approx(100)


def test_fund__crash__its_balance(crash: Outcome) -> None:
    (trace,) = charts.fund(crash.history).data
    assert trace.y[-1] == crash.history.fund[-1]

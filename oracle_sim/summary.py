"""The numbers of a replay as a JSON document and as a table for the terminal."""

from typing import Any

import numpy as np
from rich.table import Table

from oracle_sim.fleet import STATUS_NAMES
from oracle_sim.lending import Lending
from oracle_sim.outcome import Outcome


def status_counts(outcome: Outcome) -> dict[str, int]:
    """Accounts by status at the end; statuses nobody is in are left out, but for healthy."""
    statuses = outcome.fleet.status
    counts = {name: int((statuses == code).sum()) for code, name in STATUS_NAMES.items()}
    return {name: count for name, count in counts.items() if count or name == "healthy"}


def worst_lines(outcome: Outcome) -> dict[str, dict[str, float]]:
    """Highest line, highest target and steepest hour of each asset."""
    history = outcome.history
    return {
        name: {
            "line": _highest(history.line[name]),
            "target": _highest(history.target[name]),
            "hourly_rise": history.worst_hourly_rise(name),
        }
        for name in outcome.assets
    }


def fund_debt(outcome: Outcome) -> float:
    """What the floor of the supply index left to the fund and it still owes at the end [quote]."""
    return max(0.0, -outcome.history.fund[-1])


def pool_result(outcome: Outcome) -> float:
    """What the pool won, less than zero what it lost, over the replay [quote]."""
    return outcome.pool - outcome.metrics.pool_in + outcome.metrics.pool_out


def to_document(outcome: Outcome, seconds: float) -> dict[str, Any]:
    """All numbers of a replay.

    Parameters
    ----------
    outcome : Outcome
    seconds : float
        How long it took.

    Returns
    -------
    dict
        Amounts in quote, times in seconds, lines as fractions.
    """
    metrics = outcome.metrics
    return {
        "event": outcome.event,
        "assets": list(outcome.assets),
        "blocks": outcome.blocks,
        "transactions": outcome.transactions,
        "accounts": outcome.accounts,
        "statuses": status_counts(outcome),
        "orders": metrics.orders,
        "cancel_reasons": metrics.cancel_reasons,
        "portfolio_accounts": outcome.hedgers,
        "portfolio_margin_ratio": outcome.hedge_ratio,
        "requests": metrics.requests,
        "margin_calls": metrics.margin_calls,
        "auctions": metrics.auctions,
        "liquidations": metrics.liquidations,
        "fills": metrics.fills,
        "backstops": metrics.backstops,
        "collateral_sales": metrics.collateral_sales,
        "first_bid_seconds": metrics.first_bid_seconds,
        "first_bid_seconds_worst": metrics.first_bid_seconds_worst,
        "penalties": metrics.penalties,
        "fees_to_fund": metrics.fees,
        "incentives": metrics.incentives,
        "starter_rewards": metrics.rewards,
        "fund_in": metrics.fund_in,
        "fund_out": metrics.fund_out,
        "shortfall": metrics.shortfall,
        "covered_by_fund": metrics.covered_by_fund,
        "covered_by_pool": metrics.covered_by_pool,
        "written_down": metrics.written_down,
        "index_min": outcome.lending.index_min,
        "index_end": outcome.lending.index_end,
        "fund_debt": fund_debt(outcome),
        "borrowers": outcome.borrowers,
        "utilisation_max": outcome.lending.highest_use,
        "interest_paid": outcome.lending.paid,
        "interest_earned": outcome.lending.earned,
        "interest_to_pool": outcome.lending.to_pool,
        "interest_to_fund": outcome.lending.to_fund,
        "pool_in": metrics.pool_in,
        "pool_out": metrics.pool_out,
        "pool_end": outcome.pool,
        "pool_result": pool_result(outcome),
        "lines": worst_lines(outcome),
        "stuck_accounts": len(outcome.stuck),
        "refused": outcome.refusals,
        "invariants": outcome.invariants,
        "seconds": round(seconds, 1),
    }


def rows(outcome: Outcome) -> list[tuple[str, str]]:
    """The table of a replay: what, and how much of it."""
    metrics = outcome.metrics
    lines = worst_lines(outcome)
    worst = max(lines, key=lambda name: lines[name]["line"])
    steepest = max(lines, key=lambda name: lines[name]["hourly_rise"])
    sold = metrics.liquidations
    return [
        (
            "orders",
            f"{metrics.orders['executed']} executed, {metrics.orders['cancelled']} cancelled"
            + _reasons(metrics.cancel_reasons),
        ),
        (
            "providers",
            f"{metrics.requests['entered']} entered, {metrics.requests['left']} left, "
            f"{metrics.requests['lapsed']} lapsed",
        ),
        ("portfolio accounts", _hedged(outcome)),
        (
            "borrowers",
            f"{outcome.borrowers}, at most {outcome.lending.highest_use:.0%} of supply lent out",
        ),
        ("interest", _interest(outcome.lending)),
        ("margin calls", f"{metrics.margin_calls}"),
        (
            "liquidations",
            f"{sold['solvent']} solvent, {sold['insolvent']} insolvent "
            f"(of {metrics.auctions} auctions; {sold['recovered']} recovered without a sale)",
        ),
        ("fills", f"{metrics.fills}"),
        (
            "backstops",
            f"{metrics.backstops} ({metrics.collateral_sales} sales of collateral by the pool)",
        ),
        ("time to first bid", _waits(metrics.first_bid_seconds, metrics.first_bid_seconds_worst)),
        ("incentives to bidders", _money(metrics.incentives)),
        ("penalties to the fund", _money(metrics.penalties)),
        ("fees to the fund", _money(metrics.fees)),
        ("fund in", f"{_money(metrics.fund_in)} (stakes, penalties, fees, interest)"),
        ("fund out", _money(metrics.fund_out)),
        (
            "shortfall",
            f"{_money(metrics.shortfall)} (fund {_money(metrics.covered_by_fund)}, "
            f"pool {_money(metrics.covered_by_pool)})",
        ),
        (
            "pool",
            f"{_money(metrics.pool_in)} in, {_money(metrics.pool_out)} out, "
            f"{_money(outcome.pool)} at the end: {pool_result(outcome):+,.0f}",
        ),
        (
            "losses written down",
            f"{_money(metrics.written_down)} (supply index {outcome.lending.index_min:.6f} at its "
            f"lowest, {outcome.lending.index_end:.6f} at the end; "
            f"fund owes {_money(fund_debt(outcome))})",
        ),
        (
            "worst line",
            f"{worst} {lines[worst]['line']:.1%} (target {lines[worst]['target']:.1%})",
        ),
        ("its steepest hour", f"{steepest} × {lines[steepest]['hourly_rise']:.3f}"),
        (
            "accounts by status",
            ", ".join(f"{count} {name}" for name, count in status_counts(outcome).items()),
        ),
        ("stuck accounts", f"{len(outcome.stuck)}"),
    ]


def to_table(outcome: Outcome) -> Table:
    """The table of a replay and the invariants, for the terminal."""
    table = Table(title=f"Plimsoll · {outcome.event}", title_justify="left", show_header=False)
    table.add_column(style="bold")
    table.add_column()
    for name, value in rows(outcome):
        table.add_row(name, value)
    table.add_section()
    for name, holds in outcome.invariants.items():
        verdict = "[green]holds[/] after every block" if holds else "[bold red]BROKEN[/]"
        table.add_row(name, verdict)
    return table


def _highest(series: list[float]) -> float:
    """Highest number of a series; 0 when there was none."""
    values = np.array(series)
    return float(values[np.isfinite(values)].max(initial=0.0))


def _money(amount: float) -> str:
    return f"{amount:,.0f}"


def _waits(middle: float | None, worst: float | None) -> str:
    if middle is None or worst is None:
        return "no bid"
    return f"{middle:.0f} s median, {worst:.0f} s worst"


def _hedged(outcome: Outcome) -> str:
    if outcome.hedge_ratio is None:
        return f"{outcome.hedgers}, none with positions"
    return f"{outcome.hedgers}, asked for {outcome.hedge_ratio:.0%} of what standard margin would"


def _interest(lending: Lending) -> str:
    return (
        f"{lending.paid:,.2f} paid: suppliers earned {lending.earned:,.2f}, "
        f"the pool {lending.to_pool:,.2f}, the fund {lending.to_fund:,.2f}"
    )


def _reasons(reasons: dict[str, int]) -> str:
    if not reasons:
        return ""
    ordered = sorted(reasons.items(), key=lambda item: -item[1])
    return " (" + ", ".join(f"{count} {reason}" for reason, count in ordered) + ")"

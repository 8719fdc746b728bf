"""`ape run whatif`: what an account requires, now and after a trade it has not made."""

from __future__ import annotations

import json
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

import chain
from scripts._command import (
    Command,
    check_folders,
    connect,
    json_option,
    network_option,
    put_json,
)

if TYPE_CHECKING:
    from chain.projection import Projection


class Trade(click.ParamType):
    """`BTC:+0.5` or `ETH:-12`."""

    name = "MARKET:SIZE"

    def convert(self, value: Any, param: Any, ctx: Any) -> tuple[str, int]:
        """Market, and size delta [wad units]."""
        if isinstance(value, tuple):
            return value
        market, _, text = str(value).partition(":")
        try:
            size = Decimal(text) * 10**18
        except InvalidOperation:
            size = Decimal(0)
        if not market or not size.is_finite() or not 0 < abs(size) < 2**127 or size != int(size):
            self.fail(f"{value!r} is no trade like BTC:+0.5")
        return market, int(size)


@click.command(cls=Command)
@click.option("--account", "number", type=click.IntRange(min=1), required=True, help="Its id.")
@click.option("--trade", type=Trade(), required=True, help="Size to buy (+) or sell (-).")
@click.option(
    "--price", type=float, help="Fill price; the venue's own for that size now otherwise."
)
@click.option(
    "--deployment",
    type=click.Path(path_type=Path),
    help="Addresses; deployments/<chain id>.json otherwise.",
)
@network_option
@json_option
def cli(
    number: int,
    trade: tuple[str, int],
    price: float | None,
    deployment: Path | None,
    network: str | None,
    json_file: str | None,
) -> None:
    """Show equity, requirements and status of an account before and after a trade.

    Fill price and fee are those the venue would take now; the chain itself computes both columns.
    Says also for which reason an order of that size would be cancelled. Nothing is sent.
    """
    from chain.projection import project

    check_folders(json=json_file)
    if price is not None and not 0 < price < 1e8:
        raise click.BadParameter("--price: out of bounds")
    at = None if price is None else int(Decimal(str(price)) * 10**18)
    with connect(network) as connected:
        protocol = chain.Deployment.load(connected, deployment)
        projection = project(protocol, number, *trade, at)
    if not put_json(json.dumps(projection.to_document(), indent=2), json_file):
        _print_table(projection)


def _print_table(projection: Projection) -> None:
    from rich.console import Console
    from rich.table import Table

    document = projection.to_document()
    before, after = document["before"], document["after"]
    side = "buys" if document["size"] > 0 else "sells"
    table = Table(
        title=f"account {document['account']} ({document['kind']}) {side} "
        f"{abs(document['size']):,.6g} {document['market']} at {document['price']:,.6g}, "
        f"fee {document['fee']:,.2f}"
    )
    table.add_column("[quote]")
    table.add_column("now", justify="right")
    table.add_column("after", justify="right")
    for key, label in {
        "equity": "equity",
        "maintenance": "maintenance margin",
        "initial": "initial margin",
        "cushion": "cushion",
        "gross": "gross exposure",
        "borrow_limit": "may borrow",
    }.items():
        table.add_row(label, f"{before[key]:,.2f}", f"{after[key]:,.2f}")
    table.add_row("utilisation", *(_share(c["utilisation"]) for c in (before, after)))
    table.add_row("status", before["status"], after["status"])
    table.add_section()
    for key in ("tail", "stress", "floor"):
        table.add_row(f"portfolio {key}", f"{before[key]:,.2f}", f"{after[key]:,.2f}")
    table.add_row("worst scenario", str(before["scenario"]), str(after["scenario"]))
    Console(width=100).print(table)
    if document["cancelled"]:
        click.echo(f"an order of that size would be cancelled: {document['cancelled']}")


def _share(value: float | None) -> str:
    return "-" if value is None else f"{value:.1%}"

"""`ape run buffer`: what the insurance fund should hold, by stress over all accounts."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click

import chain
from scripts._command import (
    Command,
    check_folders,
    connect,
    json_option,
    moving_bar,
    network_options,
    put_json,
)


@click.command(cls=Command)
@click.option(
    "--deployment",
    type=click.Path(path_type=Path),
    help="Addresses; deployments/<chain id>.json otherwise.",
)
@click.option("--post", "posting", is_flag=True, help="Post the target, as its reporter.")
@network_options
@json_option
def cli(
    deployment: Path | None,
    posting: bool,
    network: str | None,
    account: str | None,
    json_file: str | None,
) -> None:
    """Measure the fund's capital buffer, and post its target if asked to.

    In each of the sixteen scenarios all assets move at once and what accounts then lack adds up;
    the worst scenario is what the fund should hold. A post goes as far towards that as the contract
    allows: at most twice and at least half of the last one, once an hour.
    """
    from chain.buffer import measure, post

    check_folders(json=json_file)
    with connect(network, account) as connected:
        protocol = chain.Deployment.load(connected, deployment)
        with moving_bar("reading accounts") as shown:
            found = measure(protocol, lambda part: shown("reading accounts", part))
        document = found.to_document()
        if posting:
            document["sent"] = post(protocol, found) / 10**18
    if not put_json(json.dumps(document, indent=2), json_file):
        _print_table(document)


def _print_table(document: dict[str, Any]) -> None:
    from rich.console import Console
    from rich.table import Table

    table = Table(title=f"capital buffer over {document['accounts']:,d} accounts")
    table.add_column("[quote]")
    table.add_column("", justify="right")
    for key, label in {
        "wanted": f"stressed shortfall, scenario {document['scenario']}",
        "balance": "the fund has",
        "posted": "target posted",
        "next_target": "target to post next",
        "sent": "posted now",
    }.items():
        if key in document:
            table.add_row(label, f"{document[key]:,.2f}")
    Console(width=100).print(table)

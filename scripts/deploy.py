"""`ape run deploy`: the whole protocol on the network ape is connected to."""

from __future__ import annotations

import json

import click

import chain
from scripts._command import Command, check_folders, connect, network_options, put_json


@click.command(cls=Command)
@network_options
@click.option(
    "--config",
    default="demo",
    help="A YAML file, or the name of one in config/.",
    show_default=True,
)
@click.option("--owner", help="Offered the ownership, which he then accepts on each contract.")
@click.option("--json", "json_file", help="Also write the addresses and sizes here; - prints them.")
def cli(
    network: str | None, account: str | None, config: str, owner: str | None, json_file: str | None
) -> None:
    """Deploy the protocol.

    On a local network tokens and feeds are test doubles; elsewhere the configuration names the real
    ones. Addresses go to deployments/<chain id>.json.

    Deposit quote and fill the pool before anybody else comes: alone in an empty house a first comer
    can spoil the index of supply for good (docs/decisions.md, "Known and left").
    """
    # Our artifacts, sent through ape's accounts: the very bytecode that tests and replays ran,
    # while ape's own build misses changes of imported modules unless it is forced.
    from chain.config import load_config
    from chain.deployment import Deployment

    check_folders(json=json_file)
    parameters = load_config(config)
    if owner is not None:
        owner = _address(owner)
    with connect(network, account) as connected:
        doubles = connected.is_local
        deployment = Deployment.deploy(connected, parameters, doubles=doubles)
        if owner is not None:
            deployment.transfer_ownership(owner)
        saved = deployment.save()
        sizes = {name: len(connected.code(c.address)) for name, c in deployment.core.items()}

    text = json.dumps({**deployment.record(), "owner_offered": owner, "sizes": sizes}, indent=2)
    if put_json(text, json_file):
        return
    _print_table(deployment, sizes)
    click.echo(f"saved to {saved}")


def _address(text: str) -> str:
    from eth_utils.address import is_address, to_checksum_address

    if not is_address(text):
        raise click.BadParameter(f"--owner: {text!r} is no address")
    return str(to_checksum_address(text))


def _print_table(deployment: chain.Deployment, sizes: dict[str, int]) -> None:
    from rich.console import Console
    from rich.table import Table

    from chain.artifacts import SIZE_LIMIT

    table = Table(title=f"Plimsoll on chain {deployment.chain.chain_id}")
    table.add_column("contract")
    table.add_column("address")
    table.add_column("bytes", justify="right")
    table.add_column("of the limit", justify="right")
    for name, contract in deployment.core.items():
        share = f"{sizes[name] / SIZE_LIMIT:.1%}"
        table.add_row(name, contract.address, f"{sizes[name]:,d}", share)
    table.add_section()
    for symbol, sources in deployment.sources.items():
        for source in sources:
            table.add_row(f"{symbol} {source.adapter.name} {source.feed}", source.adapter.address)
    for symbol, token in deployment.tokens.items():
        table.add_row(symbol, token.address)
    Console(width=100).print(table)

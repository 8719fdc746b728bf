"""`ape run solvency`: rebuilds all accounts from events, checks them, and proves what is owed."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

import chain
from chain.artifacts import ROOT
from scripts._command import (
    Group,
    check_folders,
    connect,
    json_option,
    network_option,
    network_options,
    progress_bars,
    put_json,
)

if TYPE_CHECKING:
    from chain.proofs import Proof
    from chain.solvency import Audit

FOLDER = ROOT / "build" / "solvency"
BROKEN = 1  # exit code when something is not as it should be
_WAD = 10**18

deployment_option = click.option(
    "--deployment",
    "deployment_file",
    metavar="FILE",
    help="Addresses as `ape run deploy` wrote them; deployments/<chain id>.json otherwise.",
)


@click.group(cls=Group, invoke_without_command=True)
@network_option
@deployment_option
@click.option(
    "--block", type=click.IntRange(min=0), help="The state after it; the newest otherwise."
)
@click.option("--from-block", type=click.IntRange(min=0), help="Where events start, if known.")
@click.option(
    "--tree", "tree_file", help="Write the tree here; build/solvency/BLOCK.json otherwise."
)
@json_option
@click.pass_context
def cli(
    context: click.Context,
    network: str | None,
    deployment_file: str | None,
    block: int | None,
    from_block: int | None,
    tree_file: str | None,
    json_file: str | None,
) -> None:
    """Rebuild all accounts from events alone and compare them with the chain at a block.

    Each account's margin is computed again by the exact mirror; I1, I2 and I3 are checked. All
    accounts go into a Merkle tree of sums, whose root anybody can post. Exit code 1 when anything
    differs, one line each. Blocks of the past need a node that keeps old states.
    """
    if context.invoked_subcommand is not None:
        return
    from rich.console import Console

    from chain.deployment import Deployment
    from chain.history import first_block
    from chain.proofs import write_tree
    from chain.solvency import audit, rebuild

    check_folders(json=json_file, tree=tree_file)
    with connect(network) as present, _progress() as progress:
        number = present.block_number if block is None else block
        past = present.at_block(number)
        protocol = Deployment.load(past, _path(deployment_file))
        house = protocol.clearinghouse.address
        first = first_block(past, house) if from_block is None else from_block
        found = audit(protocol, rebuild(protocol, first, number, progress), progress)
    path = FOLDER / f"{number}.json" if tree_file is None else Path(tree_file)
    write_tree(path, found.origin, found.tree)
    document = {**found.to_document(), "tree": str(path)}
    if not put_json(json.dumps(document, indent=2), json_file):
        Console(width=100).print(_table(found))
        click.echo(f"root 0x{found.root.hex()}, tree in {path}")
    for line in found.mismatches:
        click.echo(line, err=True)
    if found.mismatches:
        raise SystemExit(BROKEN)


@cli.command()
@click.option("--account", "number", type=click.IntRange(min=1), required=True, help="Its id.")
@click.option("--tree", "tree_file", required=True, metavar="FILE", help="Of all accounts.")
@click.option("--out", required=True, metavar="FILE", help="Write the proof here.")
def prove(number: int, tree_file: str, out: str) -> None:
    """Take the proof of one account out of a tree, whose hashes and sums are computed again."""
    from chain.proofs import read_tree, write_proof

    check_folders(out=out)
    proof = _prove(*read_tree(Path(tree_file)), number)
    write_proof(Path(out), proof)
    click.echo(f"account {number} of {proof.accounts}: {out}")


@cli.command()
@network_option
@click.option("--account", "number", type=click.IntRange(min=1), required=True, help="Its id.")
@click.option("--proof", "proof_file", required=True, metavar="FILE", help="As `prove` writes it.")
@click.option("--root", metavar="0x…", help="It must lead to this one.")
@click.option("--registry", metavar="ADDRESS", help="Also ask this SolvencyRegistry (--network).")
@json_option
def verify(
    network: str | None,
    number: int,
    proof_file: str,
    root: str | None,
    registry: str | None,
    json_file: str | None,
) -> None:
    """Check that an account is in a root: recomputes every hash and sum from its leaf upwards.

    Exit code 1 when it is not, or when the registry does not know the root.
    """
    from chain.proofs import read_proof

    check_folders(json=json_file)
    if network is not None and registry is None:
        raise click.BadParameter("--network: needs --registry")
    proof = read_proof(Path(proof_file))
    if proof.leaf.account != number:
        _broken(f"{proof_file}: of account {proof.leaf.account}, not {number}")
    found = f"0x{proof.root.hex()}"
    if root is not None and root.lower() != found:
        _broken(f"{proof_file}: leads to root {found}, not {root}")
    posted = None
    if registry is not None:
        with connect(network) as connected:
            posted = _ask(connected, registry, proof)
        if not posted:
            _broken(f"{registry}: root {found} is not posted there")
    document = {
        "account": number,
        "block": proof.origin.block_number,
        "root": found,
        "posted": posted,
        **{
            name: str(getattr(proof.leaf, name))
            for name in ("cash", "claim", "equity", "maintenance", "initial")
        },
        "amounts": [str(amount) for amount in proof.leaf.amounts],
        "sums": [str(each) for each in proof.top.sums],
    }
    if not put_json(json.dumps(document, indent=2), json_file):
        leaf = proof.leaf
        click.echo(
            f"account {number} is in root {found} of block {proof.origin.block_number}: "
            f"claim {leaf.claim / _WAD:,.2f}, equity {leaf.equity / _WAD:,.2f}, "
            f"of {proof.top.sums[0] / _WAD:,.2f} owed" + (", posted" if posted else "")
        )


@cli.command()
@network_options
@click.option("--tree", "tree_file", required=True, metavar="FILE", help="Of all accounts.")
@click.option("--registry", metavar="ADDRESS", help="Post there; deploys a new one otherwise.")
@json_option
def post(
    network: str | None,
    account: str | None,
    tree_file: str,
    registry: str | None,
    json_file: str | None,
) -> None:
    """Post the root of a tree on chain. Anybody may; it proves nothing by itself."""
    from chain.proofs import read_tree

    check_folders(json=json_file)
    origin, tree = read_tree(Path(tree_file))
    with connect(network, account) as connected:
        artifact = chain.load_artifacts()["SolvencyRegistry"]
        if registry is None:
            contract = connected.deploy(artifact, origin.clearinghouse)
        else:
            contract = _registry(connected, registry)
        statement = (origin.block_number, len(tree.leaves), tree.top.as_argument())
        receipt = contract.post(statement)
    document = {
        "registry": contract.address,
        "root": f"0x{receipt.result.hex()}",
        "block": origin.block_number,
        "gas": receipt.gas_used,
    }
    if not put_json(json.dumps(document, indent=2), json_file):
        click.echo(
            f"root {document['root']} posted at {contract.address}, {receipt.gas_used:,} gas"
        )


def _path(deployment_file: str | None) -> Path | None:
    return None if deployment_file is None else Path(deployment_file)


def _prove(origin: Any, tree: Any, number: int) -> Proof:
    from chain.proofs import prove as proof_of

    if number > len(tree.leaves):
        raise click.BadParameter(f"--account: {number} of {len(tree.leaves)}")
    return proof_of(origin, tree, number)


def _registry(connected: chain.Chain, address: str) -> chain.Contract:
    from eth_utils.address import is_address, to_checksum_address

    if not is_address(address) or not connected.code(to_checksum_address(address)):
        raise click.BadParameter(f"--registry: {address}: no contract there")
    return connected.at(chain.load_artifacts()["SolvencyRegistry"], to_checksum_address(address))


def _ask(connected: chain.Chain, address: str, proof: Proof) -> bool:
    """Whether a registry has the root, and finds the leaf in it."""
    registry = _registry(connected, address)
    if not registry.posting(proof.root).accounts:
        return False
    path = [node.as_argument() for node in proof.path]
    return bool(registry.verify(proof.root, proof.leaf.as_argument(), path))


def _broken(message: str) -> None:
    click.echo(message, err=True)
    raise SystemExit(BROKEN)


def _table(found: Audit) -> Any:
    from rich.table import Table

    title = (
        f"{len(found.tree.leaves):,} accounts after block {found.origin.block_number:,}, "
        f"from {found.events:,} events: {len(found.mismatches) or 'no'} mismatches"
    )
    table = Table("", "owed", "due", "recorded", "held", title=title, title_justify="left")
    for name, each in (
        ("quote", found.quote),
        *((f"token {token}", each) for token, each in enumerate(found.collateral)),
    ):
        amounts = (each.owed, each.due, each.recorded, each.held)
        table.add_row(name, *(f"{amount / _WAD:,.6f}" for amount in amounts))
    table.caption = f"shortfall {found.shortfall / _WAD:,.6f}, dust {found.dust} wei"
    return table


@contextmanager
def _progress() -> Iterator[Any]:
    """A bar for each thing that is done, one after the other."""
    with progress_bars() as display:
        tasks: dict[str, Any] = {}

        def update(doing: str, done: int, total: int) -> None:
            if doing not in tasks:
                tasks[doing] = display.add_task(doing, total=total)
            display.update(tasks[doing], completed=done)

        yield update


__all__ = ["cli"]

"""`ape run demo`: deploys the whole protocol and replays a crash through it."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from typing import TYPE_CHECKING

import click

import chain
import oracle_sim
from chain.artifacts import ROOT
from scripts._command import (
    Command,
    Real,
    check_folders,
    connect,
    json_option,
    progress_bars,
    put_json,
)

if TYPE_CHECKING:
    from oracle_sim.market import Progress
    from oracle_sim.outcome import Outcome
    from oracle_sim.scenario import Scenario
    from oracle_sim.tape import Tape

REPORT = ROOT / "build" / "demo" / "report.html"
BROKEN = 1  # exit code when an invariant failed or an account was stuck


@click.command(cls=Command)
@click.option("--prices", help="Price file, or folder of price files; a generated crash without.")
@click.option("--event", help="Part of the names of the files to take from the folder.")
@click.option("--bars", type=click.IntRange(min=1), help="Replay only the first so many bars.")
@click.option(
    "--seed",
    type=click.IntRange(min=0),
    default=2020,
    show_default=True,
    help="Of the crowd and of a generated crash.",
)
@click.option(
    "--fund",
    type=Real(0, 1e9),
    help="What stakers put into the insurance fund, together [quote].  [default: 60000]",
)
@click.option(
    "--pool",
    type=Real(1_000, 1e9),
    help="What providers put into the liquidity pool, together [quote].  [default: 6300000]",
)
@click.option(
    "--bidders",
    type=click.IntRange(0, 1_000),
    help="A single one is slow: he looks at auctions every half hour.  [default: 9]",
)
@json_option
@click.option(
    "--network",
    metavar="ECOSYSTEM:NETWORK:PROVIDER",
    help="A local network as ape names it, ethereum:local:foundry for example. Slow: use --bars.",
)
def cli(
    prices: str | None,
    event: str | None,
    bars: int | None,
    seed: int,
    fund: float | None,
    pool: float | None,
    bidders: int | None,
    json_file: str | None,
    network: str | None,
) -> None:
    """Replay a crash through the whole protocol.

    Prices become feed rounds, rounds become samples, samples move the lines; a hundred accounts
    trade, borrow, are called, auctioned and bid for. Runs in this process unless a network is
    named. The report goes to build/demo/report.html.
    """
    from rich.console import Console

    from oracle_sim import report, summary
    from oracle_sim.scenario import Scenario

    started = time.monotonic()
    check_folders(json=json_file)
    tape = _tape(prices, event, bars, seed)
    for warning in tape.warnings:
        click.echo(f"warning: {warning}", err=True)

    scenario = Scenario(seed=seed).backed_by(fund, pool, bidders)
    outcome = _replay(tape, scenario, network)
    report.write(outcome, REPORT)
    document = summary.to_document(outcome, time.monotonic() - started)
    if not put_json(json.dumps(document, indent=2), json_file):
        Console(width=100).print(summary.to_table(outcome))
        click.echo(f"{document['seconds']} s, report in {REPORT}")
    for failure in outcome.failures[:10]:
        click.echo(failure, err=True)
    if outcome.stuck:
        click.echo(f"stuck accounts: {', '.join(map(str, outcome.stuck))}", err=True)
    if not all(outcome.invariants.values()) or outcome.stuck:
        raise SystemExit(BROKEN)


def _tape(prices: str | None, event: str | None, bars: int | None, seed: int) -> Tape:
    """What happens to prices."""
    from oracle_sim.crash import generate_crash
    from oracle_sim.tape import read_prices

    if prices is None:
        if event is not None:
            raise click.UsageError("--event: chooses files of --prices, which is missing")
        tape = generate_crash(seed)
    else:
        tape = read_prices(prices, event or "")
    return tape if bars is None else tape.window(0, bars)


def _replay(tape: Tape, scenario: Scenario, network: str | None) -> Outcome:
    """Replay with a bar for those who wait."""
    from oracle_sim.replay import config_for, replay

    config = config_for(tape)  # what is wrong with it is said before a bar is drawn
    with (
        nullcontext() if network is None else _local_chain(network) as connected,
        _progress(tape) as progress,
    ):
        return replay(tape, scenario, connected, progress, config)


@contextmanager
def _local_chain(network: str) -> Iterator[chain.Chain]:
    """A chain of our own on a network that ape starts: a replay winds its clock."""
    from ape import networks

    from chain.rpc_chain import RpcChain

    with connect(network) as connected:
        if not connected.is_local:
            raise click.UsageError(f"--network: {network}: a replay needs a local network")
        # Straight to the node where there is one: through ape everything takes ten times as long.
        bundled = networks.provider.name == "test"
        yield connected if bundled else RpcChain(str(networks.provider.uri))


@contextmanager
def _progress(tape: Tape) -> Iterator[Progress]:
    """Show how far a replay is."""
    from oracle_sim.walk import TICKS

    with progress_bars("{task.completed:,d} of {task.total:,d} ticks") as display:
        task = display.add_task(f"replaying {tape.name}", total=len(tape) * TICKS)
        yield lambda done: display.update(task, completed=done)


__all__ = ["cli", "oracle_sim"]

"""`ape run report`: the reference reporter: compares forecasts, makes, signs, submits reports."""

from __future__ import annotations

import json
import re
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

import chain
import oracle_sim
from scripts._command import (
    Group,
    Real,
    check_folders,
    connect,
    json_option,
    moving_bar,
    network_options,
    prices_option,
    put_json,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from oracle_sim.forecasts.reporter import SignedReport

HOURS = {"1h": 1, "1d": 24}
MODELS = ("boosting", "har", "garch-t")

report_option = click.option(
    "--report", "file", required=True, metavar="FILE", help="As `make` wrote it."
)


@click.group(cls=Group)
def cli() -> None:
    """Forecast volatility and report it to RiskReports.

    A report can only raise a target, within a range, and ends by itself. Signers sign the same
    report: one makes it, each signs it, anybody submits it. See docs/forecasts.md.
    """


@cli.command()
@prices_option
@click.option("--horizon", type=click.Choice(list(HOURS)), default="1h", show_default=True)
@json_option
def compare(prices: tuple[str, ...], horizon: str, json_file: str | None) -> None:
    """Compare the models out of sample.

    Each is fitted to the past and judged on the quarter after it. For assets with parameters in
    config/risk also what reports of the best model would have done to the line.
    """
    from rich.console import Console

    from oracle_sim.backtest.series import read_series
    from oracle_sim.bars import by_asset
    from oracle_sim.forecasts import compare as comparing
    from oracle_sim.forecasts import summary
    from oracle_sim.forecasts.hours import hours_of

    started = time.monotonic()
    check_folders(json=json_file)
    files = by_asset(prices)
    series = {asset: read_series(paths) for asset, paths in files.items()}
    assets: dict[str, Any] = {}
    tables = []
    with moving_bar("reading prices") as shown:
        for asset, bars in series.items():
            told = _titled(shown, f"comparing on {asset}")
            result = comparing.walk_forward(hours_of(bars), HOURS[horizon], progress=told)
            document = summary.comparison_document(result)
            tables.append(summary.comparison_table(asset, document))
            told = _titled(shown, f"reports on {asset}")
            effect = _effect(asset, files[asset], HOURS[horizon], told)
            if effect is not None:
                document["effect"] = effect
                tables.append(summary.effect_table(asset, effect))
            assets[asset] = document
    seconds = round(time.monotonic() - started, 2)
    if put_json(json.dumps({"assets": assets, "seconds": seconds}, indent=2), json_file):
        return
    for table in tables:
        Console(width=110).print(table)
    click.echo(f"{seconds} s")


def _effect(
    asset: str, prices: list[str], horizon: int, progress: Callable[[float], object]
) -> dict[str, Any] | None:
    """What reports of the default model would have done to the line; None without parameters."""
    from margin_model.fixed_point import WAD
    from margin_model.risk_report import MAX_RANGE
    from oracle_sim.backtest.parameters import path_of, read_parameters
    from oracle_sim.backtest.run import read_history
    from oracle_sim.forecasts.compare import forecasts
    from oracle_sim.forecasts.effect import effect, report_floors
    from oracle_sim.forecasts.hours import hours_of
    from oracle_sim.forecasts.models import MODELS as FITTED
    from oracle_sim.forecasts.reporter import DEFAULT_MODEL
    from oracle_sim.forecasts.summary import effect_document

    path = path_of(asset)
    if not path.is_file():
        return None
    parameters = read_parameters(path)
    history = read_history(prices, parameters.horizon)
    hours = hours_of(history.series)
    made = forecasts(hours, FITTED[DEFAULT_MODEL], horizon, progress=progress)
    floors = report_floors(hours, made, history.series.closed_at.tolist())
    found = effect(parameters, history, floors, MAX_RANGE)
    return effect_document(found, DEFAULT_MODEL, MAX_RANGE / WAD)


@cli.command()
@click.option("--asset", required=True, type=click.IntRange(0, 15), help="Its id on chain.")
@click.option(
    "--prices",
    required=True,
    multiple=True,
    metavar="FILE",
    help="Its bars until now; may be repeated.",
)
@click.option("--contract", required=True, metavar="ADDRESS", help="The RiskReports.")
@click.option("--chain-id", required=True, type=click.IntRange(1, 2**63))
@click.option("--model", type=click.Choice(MODELS), default=MODELS[0], show_default=True)
@click.option("--horizon", type=click.Choice(list(HOURS)), default="1h", show_default=True)
@click.option(
    "--implied",
    type=Real(0, 40),
    default=0.0,
    help="Implied volatility of options a year, 0.8 for 80 %.",
)
@click.option(
    "--lifetime",
    type=click.IntRange(60, 86_400),
    default=7_200,
    show_default=True,
    help="From now until the report ends [s].",
)
@click.option("--sequence", type=click.IntRange(min=1), help="At most, and by default, Unix time.")
@json_option
def make(
    asset: int,
    prices: tuple[str, ...],
    contract: str,
    chain_id: int,
    model: str,
    horizon: str,
    implied: float,
    lifetime: int,
    sequence: int | None,
    json_file: str | None,
) -> None:
    """Make a report, unsigned.

    The model is fitted to all prices and forecasts from the last full hour of them.
    """
    from rich.console import Console

    from oracle_sim.backtest.series import date_of, read_series
    from oracle_sim.forecasts.hours import hours_of
    from oracle_sim.forecasts.reporter import SignedReport, forecast_now, make_report, variance_of

    check_folders(json=json_file)
    if not re.fullmatch(r"0x[0-9a-fA-F]{40}", contract):
        raise click.BadParameter(f"--contract: {contract!r} is no address")
    hours = hours_of(read_series(prices))
    with Console(stderr=True, width=100).status(f"fitting {model} to {len(hours):,} hours"):
        variance = forecast_now(hours, HOURS[horizon], model)
    report = make_report(
        asset, variance, int(time.time()), lifetime, variance_of(implied), sequence
    )
    click.echo(
        f"{variance**0.5:.2%} a day over the next {horizon}, from {date_of(int(hours.end[-1]))}",
        err=True,
    )
    _put(SignedReport(report, chain_id, contract), json_file)


@cli.command()
@report_option
@click.option("--account", required=True, metavar="ALIAS", help="Of ape's, whose key signs.")
@json_option
def sign(file: str, account: str, json_file: str | None) -> None:
    """Add a signature to a report.

    Make your own forecast before: what you sign, you answer for.
    """
    from ape import accounts

    from oracle_sim.forecasts.reporter import read_signed_report

    check_folders(json=json_file)
    signed = read_signed_report(Path(file))
    if account not in accounts.aliases:
        raise click.BadParameter(f"--account: no account {account!r}")
    click.echo(signed.report_line, err=True)  # a wallet may show no more than a hash
    signer = accounts.load(account)
    signature = signer.sign_message(signed.message)
    if signature is None:
        raise click.UsageError(f"--account: {account} did not sign")
    _put(signed.with_signature(signature.encode_rsv()), json_file)


@cli.command()
@report_option
@click.option(
    "--send", is_flag=True, help="Send it; without this the node is only asked what would happen."
)
@network_options
@json_option
def submit(
    file: str, send: bool, network: str | None, account: str | None, json_file: str | None
) -> None:
    """Bring a signed report to the chain, or see whether it would be accepted."""
    from chain.artifacts import load_artifacts
    from oracle_sim.forecasts.reporter import ReportError, read_signed_report

    check_folders(json=json_file)
    signed = read_signed_report(Path(file))
    with connect(network, account) as connected:
        if connected.chain_id != signed.chain_id:
            raise ReportError(f"{file}: chain_id: {signed.chain_id}, not {connected.chain_id}")
        if not connected.code(signed.contract):
            raise ReportError(f"{file}: contract: no code at {signed.contract}")
        contract = connected.at(load_artifacts()["RiskReports"], signed.contract)
        old = contract.variance_floor(signed.report.asset)
        contract.submit.call(*signed.arguments)
        if send:
            contract.submit(*signed.arguments)
    new = max(signed.report.variance, signed.report.implied_variance)
    document = {**signed.document(), "sent": send, "old_floor": old, "new_floor": new}
    if not put_json(json.dumps(document, indent=2), json_file):
        done = "sent" if send else "would be accepted; --send sends it"
        click.echo(
            f"asset {signed.report.asset}: floor {old} -> {new} [variance per day, wad]: {done}"
        )


def _put(signed: SignedReport, json_file: str | None) -> None:
    """Write a report where it was asked for, or print it."""
    text = json.dumps(signed.document(), indent=2)
    if not put_json(text, json_file) and json_file is None:
        click.echo(text)


def _titled(shown: Callable[[str, float], None], title: str) -> Callable[[float], object]:
    return lambda part: shown(title, part)


__all__ = ["chain", "cli", "oracle_sim"]

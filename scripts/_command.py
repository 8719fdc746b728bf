"""What every script's click command has in common; ape does not list files that begin with `_`.

Scripts import this, `chain` and what else they need of this repository at their top: ape has the
repository on its path only while it loads a script. Submodules may be imported later.
"""

from __future__ import annotations

import math
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryFile
from typing import TYPE_CHECKING, Any, NoReturn

import click

import chain
from chain.artifacts import ROOT

if TYPE_CHECKING:
    from rich.progress import Progress

EXIT_BAD_INPUT = 2
PATHS = "{task.completed:,d} of {task.total:,d} paths"  # for `progress_bars`
PRINTED = "-"  # for a file: print it instead


def _fail(message: str) -> NoReturn:
    click.echo(" ".join(message.split()), err=True)
    sys.exit(EXIT_BAD_INPUT)


@contextmanager
def _one_line() -> Iterator[None]:
    """Turn whatever a user can cause into one line on stderr and exit code 2.

    click prints a usage error on several lines, and exits with 1 for its other errors.
    """
    from ape.exceptions import ApeException

    try:
        yield
    except click.ClickException as error:
        _fail(error.format_message())
    except chain.PlimsollError as error:
        _fail(str(error))
    except ApeException as error:
        _fail(f"{type(error).__name__}: {error}")
    except OSError as error:
        _fail(f"{error.filename}: {error.strerror}" if error.filename else str(error))


class Command(click.Command):
    """A command whose errors are one line and exit code 2."""

    def make_context(self, *args: Any, **kwargs: Any) -> click.Context:
        with _one_line():
            return super().make_context(*args, **kwargs)

    def invoke(self, ctx: click.Context) -> Any:
        with _one_line():
            return super().invoke(ctx)


class Group(Command, click.Group):
    """The same for a script with subcommands, which are `Command`s by default."""

    command_class = Command


def put_repository_first() -> None:
    """Before `tests` is imported: a library installs a package of that name, and ape puts the
    repository behind it while it loads a script and takes it away after. Worker processes inherit
    the path.
    """
    sys.path.insert(0, str(ROOT))


json_option = click.option(
    "--json", "json_file", help="Write the numbers here; - prints them instead."
)


prices_option = click.option(
    "--prices",
    required=True,
    multiple=True,
    metavar="FILE",
    help="Bars, of one asset or several by their names; may be repeated.",
)


class Real(click.FloatRange):
    """A finite number within bounds; click's own lets nan through."""

    def convert(self, value: Any, param: Any, ctx: Any) -> float:
        """The number."""
        number = float(super().convert(value, param, ctx))
        if not math.isfinite(number):
            self.fail(f"{value} is no number", param, ctx)
        return number


def check_folders(**files: str | None) -> None:
    """Refuse, before anything starts, an option whose file could not be written in the end."""
    for option, file in files.items():
        if file in (None, PRINTED):
            continue
        path = Path(str(file)).absolute()
        if not path.parent.is_dir():
            raise click.BadParameter(f"--{option}: {file}: no such folder")
        if path.is_dir():
            raise click.BadParameter(f"--{option}: {file}: is a folder")
        if path.exists() and not path.is_file():
            continue  # a device or a pipe
        try:
            with TemporaryFile(dir=path.parent):
                pass
        except OSError as error:
            reason = f"cannot be written: {error.strerror}"
            raise click.BadParameter(f"--{option}: {file}: {reason}") from None


def put_json(text: str, json_file: str | None) -> bool:
    """Write what `--json` asked for; whether it was printed, so that no table may be beside it."""
    if json_file == PRINTED:
        click.echo(text)
    elif json_file is not None:
        chain.files.write_whole(Path(json_file), text + "\n")
    return json_file == PRINTED


def progress_bars(counted: str | None = None) -> Progress:
    """Bars on standard error for those who wait at a terminal, gone when nothing is left to do.

    Elsewhere, and after a failure, standard error holds only what is wrong.

    Parameters
    ----------
    counted : str, optional
        What rich shows of a task that is counted, beside how long the rest will take.
    """
    from rich import progress
    from rich.console import Console

    columns: list[progress.ProgressColumn] = [
        progress.TextColumn("{task.description}"),
        progress.BarColumn(),
        progress.TaskProgressColumn(),
        progress.TimeElapsedColumn(),
    ]
    if counted is not None:
        columns.insert(3, progress.TextColumn(counted))
        columns.append(progress.TimeRemainingColumn())
    console = Console(stderr=True, width=100)
    return progress.Progress(
        *columns, console=console, transient=True, disable=not console.is_terminal
    )


@contextmanager
def moving_bar(title: str) -> Iterator[Callable[[str, float], None]]:
    """One line, moving: told what is being done and which part of it is."""
    with progress_bars() as display:
        task = display.add_task(title, total=1.0)
        yield lambda title, part: display.update(task, description=title, completed=part)


def worker_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """`--workers` and `--scheduler`, for `oracle_sim.workers.run_tasks`."""
    workers = click.option(
        "--workers",
        type=click.IntRange(1, 1_024),
        default=os.cpu_count() or 1,
        show_default="all cores",
        help="Processes of this machine.",
    )
    scheduler = click.option(
        "--scheduler", metavar="TCP://HOST:PORT", help="Of a Dask cluster to use instead."
    )
    return workers(scheduler(function))


# Not ape's own option: it reports a bad choice in its own way, over several lines.
network_option = click.option(
    "--network",
    metavar="ECOSYSTEM:NETWORK:PROVIDER",
    help="As ape names it, ethereum:local:foundry for example; ape's default otherwise.",
)


def network_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """`--network` and `--account`, for `connect`; what only reads needs no account."""
    account = click.option(
        "--account", metavar="ALIAS", help="Who sends; test accounts on a local network."
    )
    return network_option(account(function))


@contextmanager
def connect(network: str | None, account: str | None = None) -> Iterator[chain.Chain]:
    """A connected ape network for the length of a `with` block."""
    from ape import accounts, networks
    from ape.logging import LogLevel, logger

    from chain.ape_chain import connected_chain

    # That it connects would stand on standard output, in the way of what --json prints there.
    with logger.at_level(LogLevel.WARNING), networks.parse_network_choice(network):
        if account is None:
            yield connected_chain()
        elif account in accounts.aliases:
            yield connected_chain(accounts.load(account))
        else:
            raise click.BadParameter(f"--account: no account {account!r}")

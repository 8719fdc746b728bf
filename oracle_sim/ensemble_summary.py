"""The numbers of many paths as a JSON document and as a table for the terminal."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from rich.markup import escape
from rich.table import Table

from oracle_sim.distribution import Distribution
from oracle_sim.ensemble import PathResult
from oracle_sim.invariants import NAMES
from oracle_sim.path_metrics import HEADINGS
from oracle_sim.simulation import Simulation

BADNESS = ("bad_debt", "fund_use", "liquidated")
"""By what the worst path is chosen, the first that differs."""

COLUMNS = {
    "mean": "mean",
    "q95": "95 %",
    "q99": "99 %",
    "es95": "ES 95 %",
    "es99": "ES 99 %",
    "largest": "worst",
}
"""Fields of a distribution that are shown, and how they are called."""


@dataclass(frozen=True)
class Ensemble:
    """All paths of one run.

    Attributes
    ----------
    simulation : Simulation
    seed : int
        Of the first path.
    results : tuple of PathResult
        By seed; at least one.
    workers : int or None
        Processes of this machine; None for a cluster.
    seconds : float
        How long it took.
    """

    simulation: Simulation
    seed: int
    results: tuple[PathResult, ...]
    workers: int | None
    seconds: float

    @property
    def distributions(self) -> dict[str, Distribution]:
        """Of each of `HEADINGS`."""
        return {
            name: Distribution.of([result.values[name] for result in self.results])
            for name in HEADINGS
        }

    @property
    def worst(self) -> PathResult:
        """The path with the most bad debt."""
        return max(self.results, key=lambda r: [r.values[name] for name in BADNESS])

    @property
    def unsound(self) -> tuple[PathResult, ...]:
        """Paths on which something broke."""
        return tuple(result for result in self.results if not result.is_sound)

    @property
    def invariants(self) -> dict[str, bool]:
        """Whether each has held after every block of every path."""
        broken = [failure for result in self.results for failure in result.failures]
        holds = {name: not any(text.startswith(name) for text in broken) for name in NAMES}
        return {**holds, "nobody stuck": not any(result.stuck for result in self.results)}

    def total(self, field: str) -> int:
        """Sum of a field over all paths."""
        return sum(getattr(result, field) for result in self.results)


def to_document(ensemble: Ensemble) -> dict[str, Any]:
    """All numbers of a run; but for `workers` and `seconds` they depend on scenario and seed only.

    Returns
    -------
    dict
        Distributions by what is measured, then the same path by path; units as in `HEADINGS`.
    """
    simulation, results = ensemble.simulation, ensemble.results
    transactions = ensemble.total("transactions")
    return {
        "scenario": simulation.name,
        "description": " ".join(simulation.description.split()),
        "paths": len(results),
        "seed": ensemble.seed,
        "horizon": simulation.horizon,
        "block": simulation.block,
        "accounts": simulation.agents.accounts,
        "markets": list(simulation.assets),
        "blocks": ensemble.total("blocks"),
        "transactions": transactions,
        "checks": ensemble.total("checks"),
        "invariants": ensemble.invariants,
        "failures": [
            {"seed": result.seed, "failures": list(result.failures), "stuck": list(result.stuck)}
            for result in ensemble.unsound
        ],
        "distribution": {name: asdict(each) for name, each in ensemble.distributions.items()},
        "worst_seed": ensemble.worst.seed,
        "by_path": {
            "seed": [result.seed for result in results],
            **{name: [result.values[name] for result in results] for name in HEADINGS},
        },
        "workers": ensemble.workers,
        "seconds": round(ensemble.seconds, 2),
    }


def number(value: float) -> str:
    """A number with as many digits as it deserves."""
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.4g}"


def rows(ensemble: Ensemble) -> list[list[str]]:
    """The table of a run: a row for each measure, its name first."""
    return [
        [HEADINGS[name], *(number(getattr(each, column)) for column in COLUMNS)]
        for name, each in ensemble.distributions.items()
    ]


def to_table(ensemble: Ensemble) -> Table:
    """The table of a run and the invariants, for the terminal."""
    simulation = ensemble.simulation
    title = f"Plimsoll · {simulation.name} · {len(ensemble.results):,} paths"
    table = Table(title=title, title_justify="left")
    table.add_column("per path", style="bold")
    for column in COLUMNS.values():
        table.add_column(column, justify="right")
    for row in rows(ensemble):
        table.add_row(*map(escape, row))
    table.add_section()
    for name, holds in ensemble.invariants.items():
        table.add_row(name, "[green]holds[/]" if holds else "[bold red]BROKEN[/]")
    return table


def failure_lines(ensemble: Ensemble, most: int = 10) -> Sequence[str]:
    """What broke, a line each, with the seed that plays the path again."""
    lines = []
    for result in ensemble.unsound:
        again = f"path of seed {result.seed} (--paths 1 --seed {result.seed})"
        lines += [f"{again}: {failure}" for failure in result.failures]
        if result.stuck:
            lines.append(f"{again}: stuck accounts: {', '.join(map(str, result.stuck))}")
    return lines[:most]

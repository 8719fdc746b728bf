"""Tables of what was killed and what was not."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import yaml
from rich.table import Table

from chain.errors import PlimsollError
from tests.mutants.mutant import KINDS
from tests.mutants.results import EQUIVALENT, INVALID, TIMEOUT, Result

EXPLANATIONS = Path(__file__).with_name("survivors.yaml")


class ExplanationError(PlimsollError):
    """The file of explanations is not one."""


def load_explanations(path: Path = EXPLANATIONS) -> dict[str, str]:
    """Why survivors survive, by mutant id."""
    content = yaml.safe_load(path.read_text()) or {}
    if not isinstance(content, dict) or not all(isinstance(text, str) for text in content.values()):
        raise ExplanationError(f"{path.name}: not a mapping of mutant ids to sentences")
    return {str(key): " ".join(text.split()) for key, text in content.items()}


def _tally(results: Sequence[Result], key: Callable[[Result], str]) -> dict[str, dict[str, int]]:
    mutants, killed = Counter[str](), Counter[str]()
    for result in results:
        mutants[key(result)] += 1
        killed[key(result)] += not result.survived
    return {name: {"mutants": mutants[name], "killed": killed[name]} for name in sorted(mutants)}


def to_document(
    results: Sequence[Result], explanations: dict[str, str], **facts: Any
) -> dict[str, Any]:
    """What `--json` writes; `facts` say how it was drawn."""
    counted = [result for result in results if result.counts]
    survivors = [result for result in counted if result.survived]
    outcomes = Counter(result.outcome for result in results)
    return {
        "mutants": len(counted),
        "killed": len(counted) - len(survivors),
        "timeouts": outcomes[TIMEOUT],
        "not_compiling": outcomes[INVALID],
        "same_bytecode": outcomes[EQUIVALENT],
        **facts,
        "files": _tally(counted, lambda result: result.mutant.file),
        "kinds": _tally(counted, lambda result: result.mutant.kind),
        "survivors": [
            {
                "id": result.mutant.id,
                "file": result.mutant.file,
                "line": result.mutant.line,
                "kind": result.mutant.kind,
                "diff": result.diff,
                "explanation": explanations.get(result.mutant.id, ""),
            }
            for result in sorted(survivors, key=lambda r: (r.mutant.file, r.mutant.line))
        ],
        "killers": dict(Counter(r.test.partition("::")[0] for r in counted if r.test)),
    }


def to_table(document: dict[str, Any]) -> Table:
    """Killed of all, by file and by kind."""
    table = Table(title=f"{document['killed']} of {document['mutants']} mutants killed")
    table.add_column("file or kind")
    table.add_column("mutants", justify="right")
    table.add_column("killed", justify="right")
    for part in ("files", "kinds"):
        for name, row in document[part].items():
            shown = name.removeprefix("contracts/")
            table.add_row(shown, str(row["mutants"]), str(row["killed"]))
        table.add_section()
    return table


def to_markdown(drawn: dict[str, Any], checks: dict[str, Any]) -> str:
    """The page docs/mutants.md, of a drawn run and one over all missing checks."""
    names = sorted({*drawn["files"], *checks["files"]})
    lines = [
        "# Mutants",
        "",
        "One small mistake at a time in the contracts, and whether a test notices. Written by",
        "`python -m tests.mutants.page` from `bench/mutants.json` and `bench/missing_checks.json`.",
        "",
        f"Drawn by seed {drawn['seed']} over all mutable lines of all files: **{_share(drawn)}**."
        f" Every check deleted in turn: **{_share(checks)}**. Mutants that do not compile"
        f" ({drawn['not_compiling']} and {checks['not_compiling']}) or compile to the original's"
        f" bytecode ({drawn['same_bytecode']} and {checks['same_bytecode']}) are not counted;"
        " mutants that differ in code but not in behaviour are, as survivors.",
        "",
        "| file | drawn | killed | checks | killed |",
        "|---|--:|--:|--:|--:|",
        *(
            f"| {name.removeprefix('contracts/')} | {_cells(drawn['files'], name)}"
            f" | {_cells(checks['files'], name)} |"
            for name in names
        ),
        "",
        "| kind | drawn | killed |",
        "|---|--:|--:|",
        *(f"| {kind} | {_cells(drawn['kinds'], kind)} |" for kind in KINDS),
        "",
    ]
    for title, document in (("drawn", drawn), ("missing checks", checks)):
        lines += [f"## Survivors, {title}", ""]
        for survivor in document["survivors"]:
            lines += [
                f"`{survivor['id']}` ({survivor['kind']}): {survivor['explanation']}",
                "",
                "```diff",
                *survivor["diff"].splitlines()[1:],
                "```",
                "",
            ]
    return "\n".join(lines).rstrip() + "\n"


def _share(document: dict[str, Any]) -> str:
    share = document["killed"] / document["mutants"]
    return f"{document['killed']} of {document['mutants']} killed, {share:.1%}"


def _cells(rows: dict[str, dict[str, int]], name: str) -> str:
    row = rows.get(name)
    return f"{row['mutants']} | {row['killed']}" if row else "– | –"

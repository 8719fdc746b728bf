"""`python -m tests.mutants.page`: write docs/mutants.md from the checked-in results."""

from __future__ import annotations

import json

from chain.artifacts import ROOT
from chain.files import write_whole
from tests.mutants.report import load_explanations, to_markdown

DRAWN = ROOT / "bench" / "mutants.json"
CHECKS = ROOT / "bench" / "missing_checks.json"
PAGE = ROOT / "docs" / "mutants.md"


def main() -> None:
    """Rewrite the page, and the explanations within the results."""
    explanations = load_explanations()
    documents = []
    for path in (DRAWN, CHECKS):
        document = json.loads(path.read_text())
        for survivor in document["survivors"]:
            survivor["explanation"] = explanations.get(survivor["id"], "")
        write_whole(path, json.dumps(document, indent=1, ensure_ascii=False) + "\n")
        documents.append(document)
    write_whole(PAGE, to_markdown(*documents))


if __name__ == "__main__":
    main()

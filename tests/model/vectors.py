"""Published numbers, from PLIMSOLL_VECTORS or the folder beside the repository."""

import json
import os
from pathlib import Path
from typing import Any

import pytest

_FOLDER = Path(__file__).resolve().parents[3] / "shared" / "vectors"


_PATH = Path(os.environ.get("PLIMSOLL_VECTORS", _FOLDER)) / "vectors.json"


def groups(name: str) -> list[Any]:
    """Parametrisation over one group as a whole; one skipped case when the folder is missing."""
    if not _PATH.exists():
        return [pytest.param({}, marks=pytest.mark.skip(reason=f"no published vectors at {_PATH}"))]
    return [json.loads(_PATH.read_text())[name]]


def cases(name: str) -> list[Any]:
    """The same over the cases of a group."""
    return groups(name)[0]["cases"] if _PATH.exists() else groups(name)

"""Published numbers, from PLIMSOLL_VECTORS or the folder beside the repository."""

import json
import os
from pathlib import Path
from typing import Any

import pytest

_FOLDER = Path(__file__).resolve().parents[3] / "shared" / "vectors"


def cases(group: str) -> list[Any]:
    """Parametrisation over the cases of a group; one skipped case when the folder is missing."""
    path = Path(os.environ.get("PLIMSOLL_VECTORS", _FOLDER)) / "vectors.json"
    if not path.exists():
        return [pytest.param({}, marks=pytest.mark.skip(reason=f"no published vectors at {path}"))]
    return list(json.loads(path.read_text())[group]["cases"])

"""Where the real data is, and how a test writes a file of its own."""

import os
from collections.abc import Iterable
from pathlib import Path

import pytest

_REPOSITORY = Path(__file__).resolve().parents[2]
DATA = Path(os.environ.get("PLIMSOLL_DATA", _REPOSITORY.parent / "shared" / "data"))

needs_data = pytest.mark.skipif(
    not DATA.is_dir(), reason=f"no real data: {DATA} is not a folder (PLIMSOLL_DATA names it)"
)

BARS_HEADER = "timestamp,open,high,low,close,volume"


def write_bars(path: Path, rows: Iterable[str], header: str = BARS_HEADER) -> Path:
    """Write a price file of the given rows."""
    path.write_text("\n".join([header, *rows]) + "\n")
    return path


def flat_bars(times: Iterable[int], price: float = 100) -> list[str]:
    """Rows of bars that stand at one price."""
    return [f"{time},{price},{price},{price},{price},1" for time in times]

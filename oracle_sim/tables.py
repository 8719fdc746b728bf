"""Strict reading of comma-separated tables.

Whatever is wrong with a file is one line that names the file, the row (as an editor counts lines,
the header being row 1) and the field.
"""

from __future__ import annotations

import csv
import gzip
import re
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from chain.errors import PlimsollError

# ASCII only, no "nan", no "inf", no "1_000": everything `float` would take and a price is not.
_INTEGER = re.compile(r"-?[0-9]{1,78}", re.ASCII).fullmatch
_DECIMAL = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]{1,3})?").fullmatch

_SHOWN = 40  # characters of a faulty text worth repeating in a message


class InputError(PlimsollError):
    """A file from outside is not what it should be.

    Parameters
    ----------
    file : str
        As the caller named it.
    reason : str
        What is wrong, without a newline.
    row : int, optional
        Line number, the header being 1; None when the fault is not in a row.
    field : str, optional
        Column name; None when the fault is not in one column.
    """

    def __init__(
        self, file: str, reason: str, row: int | None = None, field: str | None = None
    ) -> None:
        self.file = file
        self.reason = reason
        self.row = row
        self.field = field
        parts = [file]
        if row is not None:
            parts.append(f"row {row}")
        if field is not None:
            parts.append(field)
        super().__init__(": ".join([*parts, reason]))


@dataclass(frozen=True, eq=False)
class Table:
    """The columns somebody asked for, still as text.

    Attributes
    ----------
    file : str
        As the caller named it.
    columns : dict of str to tuple of str
        All of the same length, at least 1.
    """

    file: str
    columns: dict[str, tuple[str, ...]]

    def error(self, index: int, field: str, reason: str) -> InputError:
        """Name what is wrong with entry `index` (0 is the first row under the header)."""
        return InputError(self.file, reason, row=index + 2, field=field)

    def integers(self, field: str) -> list[int]:
        """Read a column of whole numbers, of any size."""
        texts = self.columns[field]
        if None in map(_INTEGER, texts):
            index = next(i for i, text in enumerate(texts) if not _INTEGER(text))
            raise self.error(index, field, f"{_show(texts[index])} is not a whole number")
        return [int(text) for text in texts]

    def decimals(self, field: str) -> NDArray[np.float64]:
        """Read a column of finite numbers."""
        texts = self.columns[field]
        if None in map(_DECIMAL, texts):
            index = next(i for i, text in enumerate(texts) if not _DECIMAL(text))
            raise self.error(index, field, f"{_show(texts[index])} is not a number")
        values = np.array(texts, dtype=np.float64)
        self.check(np.isfinite(values), field, "{} is out of range")
        return values

    def check(self, good: NDArray[np.bool_], field: str, reason: str) -> None:
        """Raise at the first row that is not `good`.

        Parameters
        ----------
        good : array of bool, one per row
        field : str
        reason : str
            ``{}`` stands for the text of the faulty field.
        """
        if not good.all():
            index = int(np.argmin(good))
            raise self.error(index, field, reason.format(_show(self.columns[field][index])))

    def times(self, field: str) -> NDArray[np.int64]:
        """Read a column of unix times [s], in any order.

        Milliseconds, the commonest mistake in price files, do not pass.
        """
        values = self.integers(field)
        good = np.fromiter((0 < value < 2**32 for value in values), np.bool_, len(values))
        self.check(good, field, "{} is not a unix time in seconds")
        return np.array(values, dtype=np.int64)


def read_table(path: Path | str, fields: Sequence[str]) -> Table:
    """Read the columns `fields` of a CSV file with a header; other columns may stand beside them.

    Parameters
    ----------
    path : path
        Read as gzip when its name ends in ``.gz``.
    fields : sequence of str
        Names exactly as in the header.

    Returns
    -------
    Table

    Raises
    ------
    InputError
        File unreadable or empty, column missing or twice there, row too short or too long.
    """
    file = str(path)
    text = _read_text(Path(path), file)
    rows = _split(text, file)
    while rows and not rows[-1]:
        rows.pop()
    if not rows:
        raise InputError(file, "file is empty", row=1, field=fields[0])

    header = [name.strip() for name in rows[0]]
    for field in fields:
        if header.count(field) != 1:
            reason = "column is missing" if field not in header else "column is there twice"
            raise InputError(file, reason, row=1, field=field)
    if len(rows) == 1:
        raise InputError(file, "no rows under the header", row=2, field=fields[0])

    width = len(header)
    if set(map(len, rows)) != {width}:
        index, row = next((i, row) for i, row in enumerate(rows) if len(row) != width)
        field = header[min(len(row), width - 1)]
        few = len(row) < width
        reason = "field is missing" if few else f"{len(row)} fields under {width} columns"
        raise InputError(file, reason, row=index + 1, field=field)
    columns = list(zip(*rows[1:], strict=True))
    return Table(file, {field: columns[header.index(field)] for field in fields})


def _read_text(path: Path, file: str) -> str:
    try:
        data = path.read_bytes()
    except OSError as error:
        raise InputError(file, f"cannot be read: {error.strerror or error}") from error
    if path.name.lower().endswith(".gz") and data:
        try:
            data = gzip.decompress(data)
        except (gzip.BadGzipFile, EOFError, zlib.error) as error:
            raise InputError(file, "not a complete gzip file") from error
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        row = data[: error.start].count(b"\n") + 1
        raise InputError(file, "not UTF-8 text", row=row) from error
    return text.replace("\r\n", "\n")


def _split(text: str, file: str) -> list[list[str]]:
    """Split into records of fields, one record on each line."""
    reader = csv.reader(text.split("\n"), strict=True)
    rows: list[list[str]] = []
    try:
        rows.extend(reader)
    except csv.Error as error:
        raise InputError(file, f"not CSV: {error}", row=reader.line_num) from error
    if reader.line_num != len(rows):
        reader = csv.reader(text.split("\n"), strict=True)
        row = next(number for number, _ in enumerate(reader, 1) if reader.line_num != number)
        raise InputError(file, "record spans several lines", row=row)
    return rows


def _show(text: str) -> str:
    """Quote a faulty text on one line, shortened."""
    return repr(text if len(text) <= _SHOWN else text[:_SHOWN] + "…")

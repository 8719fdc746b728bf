"""Strict reading of tables: every message is one line that names file, row and field."""

import gzip
from pathlib import Path

import pytest

from chain.errors import PlimsollError
from oracle_sim.tables import InputError, read_table


def read(path: Path, content: bytes | str, name: str = "t.csv") -> InputError:
    """Write `content`, read columns a and b, and return the error."""
    file = path / name
    file.write_bytes(content.encode() if isinstance(content, str) else content)
    with pytest.raises(InputError) as caught:
        read_table(file, ("a", "b")).decimals("b")
    return caught.value


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "row 1: a: file is empty"),
        ("\n\n", "row 1: a: file is empty"),
        ("a,c\n1,2\n", "row 1: b: column is missing"),
        ("a,b,b\n1,2,3\n", "row 1: b: column is there twice"),
        ("a,B\n1,2\n", "row 1: b: column is missing"),
        ("a,b\n", "row 2: a: no rows under the header"),
        ("a,b\n1,2\n3\n", "row 3: b: field is missing"),
        ("a,b\n1,2\n\n5,6\n", "row 3: a: field is missing"),
        ("a,b\n1,2\n3,4,5\n", "row 3: b: 3 fields under 2 columns"),
        ("a,b\n1,2\n3,x\n", "row 3: b: 'x' is not a number"),
        ("a,b\n1,2\n3,\n", "row 3: b: '' is not a number"),
        ("a,b\n1,nan\n", "row 2: b: 'nan' is not a number"),
        ("a,b\n1,-inf\n", "row 2: b: '-inf' is not a number"),
        ("a,b\n1,1_000\n", "row 2: b: '1_000' is not a number"),
        ("a,b\n1, 2\n", "row 2: b: ' 2' is not a number"),
        ("a,b\n1,٣\n", "row 2: b: '٣' is not a number"),
        ("a,b\n1,1e999\n", "row 2: b: '1e999' is out of range"),
        ("a,b\n1," + "9" * 50 + "x\n", "row 2: b: '" + "9" * 40 + "…' is not a number"),
        ('a,b\n1,"2\n3"\n', "row 2: record spans several lines"),
        ('a,b\n1,"2"x\n', "row 2: not CSV: ',' expected after '\"'"),
        (b"a,b\n1,2\n3,\xff\n", "row 3: not UTF-8 text"),
    ],
)
def test_read_table__malformed__one_line_names_row_and_field(
    tmp_path: Path, content: bytes | str, message: str
) -> None:
    error = read(tmp_path, content)
    assert str(error) == f"{tmp_path / 't.csv'}: {message}"
    assert "\n" not in str(error)


@pytest.mark.parametrize("content", [b"not gzip", gzip.compress(b"a,b\n1,2\n" * 99)[:-9]])
def test_read_table__broken_gzip__named(tmp_path: Path, content: bytes) -> None:
    error = read(tmp_path, content, "t.csv.gz")
    assert str(error) == f"{tmp_path / 't.csv.gz'}: not a complete gzip file"


def test_read_table__empty_gz_file__is_an_empty_file(tmp_path: Path) -> None:
    error = read(tmp_path, b"", "t.csv.gz")
    assert str(error) == f"{tmp_path / 't.csv.gz'}: row 1: a: file is empty"


def test_read_table__no_such_file__named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"none\.csv: cannot be read: No such file or directory$"):
        read_table(tmp_path / "none.csv", ("a",))


def test_read_table__a_folder__named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"cannot be read: Is a directory$"):
        read_table(tmp_path, ("a",))


def test_input_error__is_a_plimsoll_error_with_parts(tmp_path: Path) -> None:
    error = read(tmp_path, "a,b\n1,x\n")
    assert isinstance(error, PlimsollError)
    assert (error.row, error.field, error.reason) == (2, "b", "'x' is not a number")


@pytest.mark.parametrize(
    ("content", "name"),
    [
        (b"a,b\n1,2\n", "t.csv"),
        (b"\xef\xbb\xbfa,b\r\n1,2\r\n\r\n", "t.csv"),
        (b'"a", b \n1,"2"', "t.csv"),
        (b"x,b,a,y\nfoo,2,1,bar\n", "t.csv"),
        (gzip.compress(b"a,b\n1,2\n"), "t.csv.gz"),
        (gzip.compress(b"a,b\n1,2\n"), "T.CSV.GZ"),
    ],
)
def test_read_table__dialects__same_numbers(tmp_path: Path, content: bytes, name: str) -> None:
    (tmp_path / name).write_bytes(content)
    table = read_table(tmp_path / name, ("a", "b"))
    assert table.integers("a") == [1]
    assert table.decimals("b").tolist() == [2.0]


def test_decimals__notations__read(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text("a\n1\n-2.5\n+.5\n3.\n1e3\n2E-5\n")
    expected = [1.0, -2.5, 0.5, 3.0, 1000.0, 0.00002]
    assert read_table(path, ("a",)).decimals("a").tolist() == expected


def test_integers__beyond_64_bits__exact(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text("a\n110680464442257309697\n-7\n")
    assert read_table(path, ("a",)).integers("a") == [110680464442257309697, -7]


@pytest.mark.parametrize("text", ["1.5", "1e3", "", "0x10", "9" * 79])
def test_integers__not_whole__named(tmp_path: Path, text: str) -> None:
    path = tmp_path / "t.csv"
    path.write_text(f"a,b\n1,1\n{text},1\n")
    with pytest.raises(InputError, match=r"row 3: a: .* is not a whole number$"):
        read_table(path, ("a", "b")).integers("a")


@pytest.mark.parametrize("text", ["1577836800000", "0", "-5", "4294967296"])
def test_times__not_seconds__named(tmp_path: Path, text: str) -> None:
    path = tmp_path / "t.csv"
    path.write_text(f"a\n1577836800\n{text}\n")
    with pytest.raises(InputError) as caught:
        read_table(path, ("a",)).times("a")
    assert str(caught.value) == f"{path}: row 3: a: '{text}' is not a unix time in seconds"

"""Price bars from files."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from oracle_sim.bars import FIELDS, Gap, asset_of, read_bars
from oracle_sim.tables import InputError
from tests.sim.files import flat_bars, write_bars

GOOD = ["300,100,110,90,105,5", "600,105,106,104,104.5,0", "900,104.5,120,104.5,120,3.25"]


def with_row(number: int, row: str) -> list[str]:
    """The good rows with the one on line `number` replaced."""
    rows = list(GOOD)
    rows[number - 2] = row
    return rows


def test_read_bars__good_file__every_number(tmp_path: Path) -> None:
    bars = read_bars(write_bars(tmp_path / "ethusdt_5m.csv", GOOD))
    assert (bars.asset, bars.interval, len(bars), bars.gaps) == ("ETH", 300, 3, ())
    assert bars.time.tolist() == [300, 600, 900]
    assert bars.open.tolist() == [100, 105, 104.5]
    assert bars.high.tolist() == [110, 106, 120]
    assert bars.low.tolist() == [90, 104, 104.5]
    assert bars.close.tolist() == [105, 104.5, 120]
    assert bars.volume.tolist() == [5, 0, 3.25]
    assert bars.time.dtype == np.int64
    assert bars.warnings == ()


def test_read_bars__columns_in_another_order_and_more_of_them__read(tmp_path: Path) -> None:
    header = "trades,close,low,high,open,volume,timestamp"
    rows = ["x,105,90,110,100,5,300", "y,105,105,105,105,1,600"]
    bars = read_bars(write_bars(tmp_path / "p.csv", rows, header), asset="BTC")
    assert bars.asset == "BTC"
    assert bars.low.tolist() == [90, 105]


@pytest.mark.parametrize("field", FIELDS)
def test_read_bars__missing_column__named(tmp_path: Path, field: str) -> None:
    names = [name for name in FIELDS if name != field]
    path = write_bars(tmp_path / "p.csv", ["1,1,1,1,1"], ",".join(names))
    with pytest.raises(InputError) as caught:
        read_bars(path)
    assert str(caught.value) == f"{path}: row 1: {field}: column is missing"


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ([], "row 2: timestamp: no rows under the header"),
        (GOOD[:1], "row 2: timestamp: a single bar does not tell the bar interval"),
        (with_row(3, "600,1O5,106,104,104.5,0"), "row 3: open: '1O5' is not a number"),
        (with_row(3, "600,105,nan,104,104.5,0"), "row 3: high: 'nan' is not a number"),
        (with_row(3, "600,105,inf,104,104.5,0"), "row 3: high: 'inf' is not a number"),
        (with_row(4, "900,104.5,120,0,120,1"), "row 4: low: '0' is not positive"),
        (with_row(4, "900,-4,120,104.5,120,1"), "row 4: open: '-4' is not positive"),
        (with_row(2, "300,100,99,90,95,5"), "row 2: high: '99' is below open"),
        (with_row(2, "300,100,101,90,105,5"), "row 2: high: '101' is below close"),
        (with_row(2, "300,100,110,120,105,5"), "row 2: high: '110' is below low"),
        (with_row(2, "300,100,110,101,105,5"), "row 2: low: '101' is above open"),
        (with_row(2, "300,100,110,97,95,5"), "row 2: low: '97' is above close"),
        (with_row(3, "600,105,106,104,104.5,-1"), "row 3: volume: '-1' is negative"),
        (with_row(3, "600,105,106,104,104.5,"), "row 3: volume: '' is not a number"),
        (with_row(3, "300,105,106,104,104.5,1"), "row 3: timestamp: 300 is repeated"),
        (with_row(4, "500,1,1,1,1,1"), "row 4: timestamp: 500 goes back from 600"),
        (with_row(3, "600.5,1,1,1,1,1"), "row 3: timestamp: '600.5' is not a whole number"),
        (
            with_row(2, "2020-03-12,1,1,1,1,1"),
            "row 2: timestamp: '2020-03-12' is not a whole number",
        ),
        (
            [*GOOD, "1260,1,1,1,1,1", "1560,1,1,1,1,1"],
            "row 5: timestamp: step of 360 s is not a multiple of the 300 s interval",
        ),
        (
            [*GOOD, "1000,1,1,1,1,1"],
            "row 5: timestamp: step of 100 s is not a multiple of the 300 s interval",
        ),
    ],
)
def test_read_bars__malformed__one_line_names_file_row_and_field(
    tmp_path: Path, rows: list[str], message: str
) -> None:
    path = write_bars(tmp_path / "p.csv", rows)
    with pytest.raises(InputError) as caught:
        read_bars(path)
    assert str(caught.value) == f"{path}: {message}"


def test_read_bars__gap__is_listed_and_warned_of(tmp_path: Path) -> None:
    times = [300, 600, 900, 1800, 2100, 2700]
    path = write_bars(tmp_path / "p.csv", flat_bars(times))
    bars = read_bars(path)
    assert bars.interval == 300
    assert bars.gaps == (Gap(1200, 1800, 5), Gap(2400, 2700, 7))
    assert bars.warnings == (
        f"{path}: row 5: timestamp: gap of 2 bars from 1200 to 1800 is replayed as an outage",
        f"{path}: row 7: timestamp: gap of 1 bars from 2400 to 2700 is replayed as an outage",
    )


@given(
    interval=st.integers(4, 86_400),
    present=st.sets(st.integers(0, 40), min_size=2, max_size=41),
)
def test_read_bars__any_gaps__list_exactly_the_missing_bars(
    tmp_path_factory: pytest.TempPathFactory, interval: int, present: set[int]
) -> None:
    slots = sorted({0, 1, 2, 3, *(slot + 3 for slot in present), *range(50, 100)})
    times = [interval * (slot + 1) for slot in slots]
    path = tmp_path_factory.mktemp("gaps") / "p.csv"
    bars = read_bars(write_bars(path, flat_bars(times)))
    assert bars.interval == interval
    listed = {t for gap in bars.gaps for t in range(gap.start, gap.end, interval)}
    assert listed == set(range(times[0], times[-1], interval)) - set(times)
    lines = path.read_text().splitlines()
    assert all(lines[gap.row - 1].startswith(f"{gap.end},") for gap in bars.gaps)


@pytest.mark.parametrize(
    ("name", "asset"),
    [
        ("btcusdt_5m_2020.csv.gz", "BTC"),
        ("ETHUSD-2020.csv", "ETH"),
        ("solbusd.csv", "SOL"),
        ("eth.csv", "ETH"),
        ("usdt_2020.csv", "USDT"),
        ("usdcusdt.csv", "USDC"),
        ("1inchusdt_x.csv", "1INCH"),
    ],
)
def test_asset_of__file_name__prefix_without_the_quote(name: str, asset: str) -> None:
    assert asset_of(f"/some/folder.d/{name}") == asset

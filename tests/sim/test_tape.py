"""Several assets on one time axis."""

from pathlib import Path

import numpy as np
import pytest

from oracle_sim.bars import read_bars
from oracle_sim.tables import InputError
from oracle_sim.tape import Outage, align, find_event, read_prices
from tests.sim.files import flat_bars, write_bars


def folder_of(path: Path, **series: list[int]) -> Path:
    """Write one flat file per asset: name to times in units of 300 s."""
    for number, (name, slots) in enumerate(series.items(), start=1):
        rows = flat_bars([300 * slot for slot in slots], 100 * number)
        write_bars(path / f"{name}usdt_5m_Event-A.csv", rows)
    return path


def test_read_prices__same_times__rows_by_asset_name(tmp_path: Path) -> None:
    tape = read_prices(folder_of(tmp_path, eth=[1, 2, 3], btc=[1, 2, 3]), "event-a")
    assert (tape.name, tape.assets, tape.interval) == ("event-a", ("BTC", "ETH"), 300)
    assert tape.time.tolist() == [300, 600, 900]
    assert tape.open.tolist() == [[200] * 3, [100] * 3]
    assert tape.outages == ()
    assert tape.warnings == ()


def test_read_prices__bar_missing_in_one_asset__is_its_outage(tmp_path: Path) -> None:
    tape = read_prices(folder_of(tmp_path, btc=[1, 2, 3, 4, 5, 6], eth=[1, 2, 3, 6]), "event-a")
    assert tape.time.tolist() == [300 * slot for slot in range(1, 7)]
    for field in (tape.open, tape.high, tape.low, tape.close):
        assert np.isnan(field[1]).tolist() == [False, False, False, True, True, False]
        assert not np.isnan(field[0]).any()
    assert tape.outages == (Outage("ETH", 1200, 1800),)
    assert len(tape.warnings) == 1
    assert "row 5: timestamp: gap of 2 bars from 1200 to 1800" in tape.warnings[0]


def test_read_prices__missing_in_all_assets__the_axis_has_no_hole(tmp_path: Path) -> None:
    tape = read_prices(folder_of(tmp_path, btc=[1, 2, 3, 5], eth=[1, 2, 3, 5]))
    assert tape.time.tolist() == [300, 600, 900, 1200, 1500]
    assert tape.outages == (Outage("BTC", 1200, 1500), Outage("ETH", 1200, 1500))


def test_read_prices__one_begins_later__tape_begins_where_all_have_a_bar(tmp_path: Path) -> None:
    folder = folder_of(tmp_path, btc=[1, 2, 3, 5, 6, 7], eth=[3, 4, 5, 6, 7])
    write_bars(folder / "solusdt_event-a.csv", flat_bars([1200, 1500, 1800, 2100]))
    tape = read_prices(folder, "event-a")
    assert tape.time.tolist() == [1500, 1800, 2100]  # BTC has no bar at 1200
    assert tape.outages == ()
    assert [warning.split(": ", 1)[1] for warning in tape.warnings] == [
        f"row 2: timestamp: {count} bars before 1500 are left out" for count in (3, 2, 1)
    ]


def test_read_prices__one_ends_earlier__is_out_to_the_end(tmp_path: Path) -> None:
    tape = read_prices(folder_of(tmp_path, btc=[1, 2, 3, 4, 5], eth=[1, 2, 3]))
    assert tape.outages == (Outage("ETH", 1200, 1800),)
    assert tape.warnings == (
        f"{tmp_path / 'ethusdt_5m_Event-A.csv'}: row 4: timestamp: "
        "ends 2 bars before the others, an outage to the end",
    )


def test_read_prices__a_single_file__one_asset(tmp_path: Path) -> None:
    path = write_bars(tmp_path / "btcusdt_x.csv", flat_bars([300, 600]))
    tape = read_prices(path)
    assert (tape.name, tape.assets, len(tape)) == ("btcusdt_x.csv", ("BTC",), 2)


@pytest.mark.parametrize(
    ("slots", "times", "message"),
    [
        ([1, 2, 3], [300, 360, 420], "row 3: timestamp: bars of 60 s, but {btc} has bars of 300 s"),
        (
            [1, 2, 3],
            [350, 650],
            "row 2: timestamp: bars do not open at the same times as in {btc}",
        ),
        ([1, 2], [900, 1200], "row 2: timestamp: no bar at the time of a bar of {btc}"),
        (
            [1, 2],
            [300, 600, 2_000_000_100],
            "row 4: timestamp: 6666667 bars on the common axis, at most 5300000",
        ),
    ],
)
def test_read_prices__files_that_do_not_fit__named(
    tmp_path: Path, slots: list[int], times: list[int], message: str
) -> None:
    btc = write_bars(tmp_path / "btc.csv", flat_bars([300 * slot for slot in slots]))
    eth = write_bars(tmp_path / "eth.csv", flat_bars(times))
    with pytest.raises(InputError) as caught:
        read_prices(tmp_path)
    assert str(caught.value) == f"{eth}: {message.format(btc=btc)}"


def test_find_event__case_and_other_files__one_per_asset(tmp_path: Path) -> None:
    for name in ("ethusdt_LUNA.csv.gz", "BTCusdt_luna.CSV", "btcusdt_ftx.csv", "luna.txt"):
        (tmp_path / name).touch()
    (tmp_path / "inner").mkdir()
    (tmp_path / "inner" / "solusdt_luna.csv").touch()
    found = find_event(tmp_path, "Luna")
    assert list(found) == ["BTC", "ETH"]
    assert [path.name for path in found.values()] == ["BTCusdt_luna.CSV", "ethusdt_LUNA.csv.gz"]


def test_find_event__nothing_fits__named(tmp_path: Path) -> None:
    with pytest.raises(InputError) as caught:
        find_event(tmp_path, "2020-03")
    assert str(caught.value) == f"{tmp_path}: no price file for event '2020-03'"


def test_find_event__empty_folder_and_no_event__said(tmp_path: Path) -> None:
    with pytest.raises(InputError) as caught:
        find_event(tmp_path, "")
    assert str(caught.value) == f"{tmp_path}: no price file"


def test_find_event__two_files_for_an_asset_and_no_event__says_what_to_name(tmp_path: Path) -> None:
    (tmp_path / "btcusdt_1m_ftx.csv").touch()
    (tmp_path / "btcusdt_5m_luna.csv").touch()
    with pytest.raises(InputError, match=r"are both BTC and no event says which$"):
        find_event(tmp_path, "")


def test_find_event__two_files_for_an_asset__named(tmp_path: Path) -> None:
    (tmp_path / "btcusdt_1m_ftx.csv").touch()
    (tmp_path / "btcusdt_5m_ftx.csv").touch()
    with pytest.raises(InputError) as caught:
        find_event(tmp_path, "ftx")
    assert str(caught.value) == (
        f"{tmp_path}: btcusdt_1m_ftx.csv and btcusdt_5m_ftx.csv are both BTC for event 'ftx'"
    )


def test_find_event__no_folder__named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"nowhere: no such folder$"):
        find_event(tmp_path / "nowhere", "ftx")


def test_window__inside__cuts_every_array(tmp_path: Path) -> None:
    bars = read_bars(write_bars(tmp_path / "btc.csv", flat_bars(range(300, 3300, 300))))
    cut = align("x", [bars]).window(2, 3)
    assert cut.time.tolist() == [900, 1200, 1500]
    assert cut.close.shape == (1, 3)
    assert len(align("x", [bars]).window(8, 99)) == 2


def test_window__outside_or_without_a_price__refused(tmp_path: Path) -> None:
    tape = read_prices(folder_of(tmp_path, btc=[1, 2, 3], eth=[1, 3, 4]))
    for first, count in ((-1, 2), (4, 1), (0, 0)):
        with pytest.raises(ValueError, match=f"window: {count} bars from {first} of 4"):
            tape.window(first, count)
    with pytest.raises(ValueError, match="window: an asset has no bar at 1"):
        tape.window(1, 2)

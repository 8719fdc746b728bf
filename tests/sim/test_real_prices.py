"""Real price files: they all read, and hold what their README says."""

import gzip
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from oracle_sim.bars import Bars, read_bars
from oracle_sim.extremes import drawdown, worst_fall
from oracle_sim.push_feed import PushConfig, PushFeed
from oracle_sim.rounds import read_rounds
from oracle_sim.tape import align, read_prices
from oracle_sim.units import to_units
from oracle_sim.walk import TICKS, walk
from tests.sim.files import DATA, needs_data

pytestmark = needs_data

FILES = sorted(path for path in DATA.glob("**/*.csv.gz") if "chainlink" not in path.name)
YEARS = {
    name: [DATA / f"{name}usdt_binance_5m_{year}.csv.gz" for year in (2020, 2021, 2022)]
    for name in ("btc", "eth", "sol")
}


def utc(text: str) -> int:
    """Unix time of a minute in UTC."""
    return int(datetime.strptime(text, "%Y-%m-%d %H:%M").replace(tzinfo=UTC).timestamp())


@cache
def cached_bars(path: Path) -> Bars:
    """Read a file once for all tests."""
    return read_bars(path)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_read_bars__real_file__every_row(path: Path) -> None:
    bars = cached_bars(path)
    with gzip.open(path, "rt") as lines:
        assert len(bars) == sum(1 for _ in lines) - 1
    assert bars.interval == (60 if "1m" in path.name else 300)
    assert bars.asset in {"BTC", "ETH", "SOL", "LUNA"}
    steps = np.diff(bars.time)
    assert len(bars.gaps) == int((steps != bars.interval).sum())
    assert sum(gap.end - gap.start for gap in bars.gaps) == int((steps - bars.interval).sum())


def test_read_bars__year_2020__known_gaps() -> None:
    bars = cached_bars(YEARS["btc"][0])
    assert len(bars.gaps) == 8
    assert max(gap.end - gap.start for gap in bars.gaps) + 300 == 21_300  # 5.9 h


@pytest.mark.parametrize("path", FILES[:1] + FILES[-1:], ids=lambda path: path.name)
def test_to_units__every_price_of_a_file__exact(path: Path) -> None:
    """Through float and back to whole numbers, every digit of the text survives."""
    bars = cached_bars(path)
    with gzip.open(path, "rt") as lines:
        texts = [line.split(",") for line in lines][1:]
    for column, values in enumerate((bars.open, bars.high, bars.low, bars.close), start=1):
        for row, value in zip(texts, values.tolist(), strict=True):
            whole, _, fraction = row[column].partition(".")
            assert to_units(value, 8) == int(whole + fraction.ljust(8, "0"))


def extremes(series: list[Bars]) -> tuple[float, int, float]:
    """Worst log return of 5-minute closes and the time of its bar, and the best."""
    moves = [np.diff(np.log(bars.close)) for bars in series]
    worst, when = min(
        (float(move.min()), int(bars.time[move.argmin() + 1]))
        for move, bars in zip(moves, series, strict=True)
    )
    return worst, when, max(float(move.max()) for move in moves)


@pytest.mark.parametrize(
    ("name", "worst", "when", "best"),
    [
        ("btc", -0.108, "2020-03-12 10:55", 0.169),
        ("eth", -0.159, "2021-05-19 12:50", 0.165),
        ("sol", -0.182, "2021-09-07 15:05", 0.152),  # the README says 0.180; no bar has it
    ],
)
def test_read_bars__three_years__known_extremes(
    name: str, worst: float, when: str, best: float
) -> None:
    found = extremes([cached_bars(path) for path in YEARS[name]])
    assert found[0] == pytest.approx(worst, abs=0.0005)
    assert found[1] == utc(when)
    assert found[2] == pytest.approx(best, abs=0.0005)


@pytest.mark.parametrize(
    ("event", "assets", "bars"),
    [
        ("2020-03", ("BTC", "ETH"), 2_016),
        ("2021-05-19", ("BTC", "ETH", "SOL"), 2_592),
        ("LUNA", ("BTC", "ETH", "SOL"), 2_592),
        ("ftx", ("BTC", "ETH", "SOL"), 2_016),
    ],
)
def test_read_prices__real_event__aligned(event: str, assets: tuple[str, ...], bars: int) -> None:
    tape = read_prices(DATA / "windows", event)
    assert tape.assets == assets
    assert len(tape) == bars
    assert tape.outages == ()
    assert tape.warnings == ()
    ticks = list(walk(tape))
    assert len(ticks) == TICKS * bars
    assert all(len(instant.prices) == len(assets) for instant in ticks)


def test_read_prices__three_years_of_one_asset__gaps_are_outages() -> None:
    tape = read_prices(YEARS["sol"][0])
    assert [outage.end - outage.start + 300 for outage in tape.outages] == [
        gap.end - gap.start + 300 for gap in cached_bars(YEARS["sol"][0]).gaps
    ]


def test_read_prices__a_year_of_three_assets__begins_with_the_last_listed() -> None:
    tape = read_prices(DATA, "5m_2020")
    assert tape.assets == ("BTC", "ETH", "SOL")
    assert int(tape.time[0]) == utc("2020-08-11 06:00")
    assert len(tape.warnings) >= 3


def test_black_thursday__the_statistics_the_generated_crash_copies() -> None:
    tape = read_prices(DATA / "windows", "2020-03")
    first = int(np.searchsorted(tape.time, utc("2020-03-12 00:00")))
    two_days = tape.window(first, 2 * 288)
    fall = drawdown(two_days.high[0], two_days.low[0])
    hour = worst_fall(two_days.open[0], two_days.low[0], 12)
    assert fall.fraction == pytest.approx(0.525, abs=0.001)
    assert (fall.end - fall.start) * 300 / 3_600 == pytest.approx(26.2, abs=0.1)
    assert hour.fraction == pytest.approx(0.247, abs=0.001)


def test_push_feed__on_real_bars__publishes_as_the_real_one() -> None:
    """0.5 % or an hour; 30 days of autumn 2022, whose volatility (42 % a year) is that of 2023."""
    bars = align("btc", [cached_bars(YEARS["btc"][2])])
    month = bars.window(270 * 288, 30 * 288)
    feed = PushFeed(PushConfig(latency=12, jitter=48), rng=np.random.default_rng(1))
    rounds = [
        round_ for time, _, prices in walk(month) for round_ in feed.observe(time, prices["BTC"])
    ]
    real = read_rounds(DATA / "chainlink_btc_usd_rounds_2023-04-05_2024-01-29.csv.gz")

    def statistics(times: list[int], answers: list[int]) -> tuple[float, float, int, float]:
        """Rounds a day, share by heartbeat, longest step, median move of the others."""
        steps, moves = np.diff(times), np.abs(np.diff(np.log(answers)))
        late = steps >= 3_500  # real heartbeats come up to a minute early, too
        per_day = len(times) / ((times[-1] - times[0]) / 86_400)
        return per_day, float(late.mean()), int(steps.max()), float(np.median(moves[~late]))

    mine = statistics([r.updated_at for r in rounds], [r.answer for r in rounds])
    theirs = statistics(real.updated_at.tolist(), list(real.answer))
    for name, numbers in (("simulated", mine), ("real", theirs)):
        print(
            f"{name}: {numbers[0]:.1f} rounds a day, {numbers[1]:.0%} by heartbeat, "
            f"longest step {numbers[2]} s, median move of the others {numbers[3]:.3%}"
        )
    assert mine[0] == pytest.approx(theirs[0], rel=0.15)
    assert mine[1] == pytest.approx(theirs[1], abs=0.1)
    assert mine[2] == pytest.approx(theirs[2], abs=60)
    assert mine[3] == pytest.approx(theirs[3], rel=0.3)

"""`ape run backtest`: its numbers, what it refuses, what it writes."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner, Result

from oracle_sim.backtest import comparators, parameters
from oracle_sim.backtest.judge import judge
from oracle_sim.backtest.moves import Moves, worst_moves
from oracle_sim.backtest.parameters import read_parameters, write_parameters
from oracle_sim.backtest.run import backtest, read_history
from oracle_sim.backtest.series import read_series
from oracle_sim.backtest.summary import to_document
from scripts import backtest as command
from tests.sim.files import DATA, flat_bars, needs_data, write_bars
from tests.sim.price_files import DAYS, PARAMETERS, START, write_drawn

Run = Callable[..., Result]

KEYS = {
    "asset",
    "observations",
    "exceptions",
    "coverage",
    "kupiec_p",
    "christoffersen_p",
    "mean_margin",
    "mean_exceedance",
    "worst_exceedance",
    "peak_to_trough",
    "max_rise_1h",
    "max_rise_24h",
    "max_rise_30d",
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Parameters, 31 days to train on and 14 days after them."""
    path = tmp_path_factory.mktemp("backtest")
    (path / "BTC.yaml").write_text(PARAMETERS)
    write_drawn(path / "past.csv", 31)
    write_drawn(path / "later.csv", 14, seed=2, start=START + 31 * 86_400)
    return path


@pytest.fixture
def run(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Run the command on the test's parameters, with its report in the test's folder."""
    monkeypatch.setattr(command, "REPORTS", folder / "reports")
    monkeypatch.setattr(parameters, "FOLDER", folder)

    def run(*arguments: object) -> Result:
        return CliRunner(mix_stderr=False).invoke(command.cli, [str(each) for each in arguments])

    return run


def test_backtest__prices_and_train__report_and_every_key(run: Run, folder: Path) -> None:
    prices, train = folder / "later.csv", folder / "past.csv"
    out = folder / "out.json"
    done = run("--asset", "BTC", "--prices", prices, "--train", train, "--json", out)
    assert done.exit_code == 0, done.stderr
    document = json.loads(out.read_text())
    for part in (document, document["static"], document["static_walk_forward"], document["target"]):
        assert set(part) >= KEYS
        assert part["asset"] == "BTC"
    past = document["static_walk_forward"]["mean_margin"]
    assert document["margin_to_static_walk_forward"] == document["mean_margin"] / past
    assert document["observations"] == 14 * DAYS - 12
    assert document["trained_on"] == 31 * DAYS - 12
    assert document["static"]["coverage"] >= document["coverage"]
    assert set(document["fixed"]) == {"5.00%", "6.50%", "0.67%", "0.50%"}
    page = (folder / "reports" / "BTC.html").read_text()
    assert len(page) > 1_000_000
    for title in ("Coverage by year", "Procyclicality", "Model comparison"):
        assert title in page
    assert "<script src" not in page


def test_backtest__one_file_for_past_and_present__same_as_two(folder: Path) -> None:
    read = read_parameters(folder / "BTC.yaml")
    past, later = folder / "past.csv", folder / "later.csv"
    two = backtest(read, read_history([later], 3_600, train=[past]))
    start = int(read_series([later]).closed_at[0])
    one = backtest(read, read_history([past, later], 3_600, start=start))
    first, second = to_document(one, 0.0), to_document(two, 0.0)
    assert first == second
    assert first["static_walk_forward"] is not None


def test_backtest__nothing_before__thirty_days_seed_it(folder: Path) -> None:
    history = read_history([folder / "past.csv", folder / "later.csv"], 3_600)
    assert history.first == 30 * DAYS - 1
    result = backtest(read_parameters(folder / "BTC.yaml"), history)
    assert to_document(result, 0.0)["static_walk_forward"] is None
    assert result.start == START + 30 * 86_400


def test_backtest__later_prices__do_not_change_earlier_lines(folder: Path) -> None:
    read = read_parameters(folder / "BTC.yaml")
    files = [folder / "past.csv", folder / "later.csv"]
    start = START + 31 * 86_400
    whole = backtest(read, read_history(files, 3_600, start=start))
    cut = backtest(read, read_history(files, 3_600, start=start, end=start + 12 * 86_400))
    count = len(cut.lines.wads)
    assert count == 12 * DAYS + 1
    assert cut.lines.wads == whole.lines.wads[:count]
    assert cut.moves.worst.tolist() == whole.moves.worst[:count].tolist()


def test_backtest__json_to_standard_output__horizon_of_ones_own(run: Run, folder: Path) -> None:
    done = run(
        *("--asset", "BTC", "--prices", folder / "later.csv", "--train", folder / "past.csv"),
        *("--horizon", "30m", "--to", "2020-02-12", "--json", "-"),
    )
    assert done.exit_code == 0, done.stderr
    document = json.loads(done.stdout)
    assert document["horizon"] == 1_800
    assert document["to"] == "2020-02-12T00:00Z"


REFUSED = [
    (["--asset", "DOGE"], "no DOGE.yaml in config/risk"),
    (["--asset", "../BTC"], "no asset's name"),
    (["--prices", "missing.csv"], "missing.csv: cannot be read"),
    (["--prices", "column.csv"], "column.csv: row 1: low: column is missing"),
    (["--prices", "order.csv"], "order.csv: row 4: timestamp: 1577836800 goes back"),
    (["--prices", "short.csv"], "short.csv: timestamp: too little data"),
    (["--prices", "ethusdt.csv"], "ethusdt.csv: prices of ETH by its name"),
    (["--train", "later.csv"], "is not after the last bar of"),
    (["--train", "after.csv"], "after.csv: row 2: timestamp: bar at 1609459200 is not before"),
    (["--from", "soon"], "no date"),
    (["--from", "2020-01-05"], "too little data: 0 days before"),
    (["--to", "2019-01-05"], "too little data"),
    (["--horizon", "1 hour"], "no duration"),
    (["--horizon", "7m"], "do not divide the horizon of 420 s"),
    (["--json", "nowhere/out.json"], "no such folder"),
    (["--params", "bad.yaml"], "bad.yaml.risk.kappa: missing"),
    (["--params", "ETH.yaml"], "asset: ETH, not BTC"),
]


@pytest.mark.parametrize(("arguments", "reason"), REFUSED, ids=str)
def test_backtest__bad_input__one_line_and_exit_code_2(
    run: Run, folder: Path, monkeypatch: pytest.MonkeyPatch, arguments: list[str], reason: str
) -> None:
    monkeypatch.chdir(folder)
    times = [START + 300 * i for i in range(8)]
    write_bars(folder / "short.csv", flat_bars(times))
    write_bars(folder / "ethusdt.csv", flat_bars(times))
    write_bars(folder / "order.csv", flat_bars([times[1], times[2], times[0]]))
    write_bars(folder / "column.csv", [f"{times[0]},1,1,1,1"], "timestamp,open,high,close,volume")
    write_bars(folder / "after.csv", flat_bars([1_609_459_200, 1_609_459_500]))
    (folder / "bad.yaml").write_text(PARAMETERS.replace("  kappa: 4\n", ""))
    (folder / "ETH.yaml").write_text(PARAMETERS.replace("BTC", "ETH"))
    defaults = {"--asset": "BTC", "--prices": "later.csv"}
    option, value = arguments
    given = [word for pair in (defaults | {option: value}).items() for word in pair]
    done = run(*given)
    (folder / "ETH.yaml").unlink()
    assert done.exit_code == 2
    assert reason in done.stderr
    assert done.stderr.count("\n") == 1
    assert done.stdout == ""


def test_write_parameters__read_back__the_same(folder: Path, tmp_path: Path) -> None:
    read = read_parameters(folder / "BTC.yaml")
    write_parameters(read, tmp_path / "copy.yaml", ["made by a test", "", "second"])
    assert read_parameters(tmp_path / "copy.yaml") == read
    assert (tmp_path / "copy.yaml").read_text().startswith("# made by a test\n#\n# second\n")


def test_judge__sides__long_and_short_apart_and_together() -> None:
    moves = Moves(np.array([0.05, 0.0, 0.05, 0.0]), np.array([0.0, 0.05, 0.06, 0.0]), 1)
    found = judge(np.full(4, 0.04), moves, 0.99, 3_600)
    assert (found.exceptions, found.exceptions_long, found.exceptions_short) == (3, 2, 2)
    assert found.coverage == 0.25
    assert found.exceedances.worst == pytest.approx(0.02)


def test_judge__phases__every_window_once_in_each() -> None:
    falls = np.zeros(40)
    falls[[5, 17]] = 0.1
    found = judge(np.full(40, 0.04), Moves(falls, np.zeros(40), 12), 0.99, 300)
    assert [phase.exceptions for phase in found.phases] == [2 * (i == 5) for i in range(12)]
    assert [phase.count for phase in found.phases] == [4] * 4 + [3] * 8


def test_scaled_to__any_sigma__coverage_asked_for() -> None:
    rng = np.random.default_rng(5)
    sigma = rng.lognormal(size=5_000)
    moves = Moves(np.abs(rng.standard_normal(5_000)) * sigma, np.zeros(5_000), 1)
    margin = comparators.scaled_to(sigma, moves, 0.98)
    assert (moves.worst > margin).sum() <= 100
    assert (moves.worst > margin * 0.999_999).sum() > 100 - 2


def test_ewma_normal__constant_daily_return__that_volatility(folder: Path) -> None:
    series = read_series([folder / "past.csv"])
    margin = comparators.ewma_normal(series, 0.95, 86_400)
    assert np.isnan(margin[: DAYS // 2]).all()
    days = series.closed_at // 86_400
    first = np.flatnonzero(np.diff(days, prepend=days[0] - 1))
    returns = np.diff(np.log(series.close[first]))
    variance = returns[0] ** 2
    for change in returns[:10]:
        variance = 0.94 * variance + 0.06 * change**2
    assert margin[first[10]] == pytest.approx(1.959_964 * np.sqrt(variance), rel=1e-6)


@needs_data
def test_backtest__slice_of_2020__crash_covered_better_than_by_the_static(folder: Path) -> None:
    read = read_parameters(folder / "BTC.yaml")
    file = DATA / "btcusdt_binance_5m_2020.csv.gz"
    result = backtest(read, read_history([file], 3_600, end=1_585_699_200))
    assert result.line.max_rise_1h <= np.exp(0.262)
    assert result.line.exceedances.worst < result.others["static"].exceedances.worst
    assert len(result.series.warnings) > 0
    assert worst_moves(result.series, 3_600).worst.max() == pytest.approx(0.359, abs=1e-3)

"""Portfolio margin on bars: correlations as the oracle's, margins as the mirror's, verdicts."""

import json

import numpy as np
import pytest
from click.testing import CliRunner

from margin_model import portfolio_math
from margin_model.correlation_word import pack_correlations
from margin_model.fixed_point import WAD
from oracle_sim.backtest.portfolio import BOOKS, Book, Rules, judge_books, margins
from oracle_sim.backtest.portfolio_market import (
    HOUR,
    STEP,
    Market,
    correlations,
    realised_correlation,
)
from oracle_sim.backtest.series import DAY
from tests.sim.files import DATA, needs_data

ASSETS = ("BTC", "ETH", "SOL")
BAR = 300
SHOCKS = {"BTC": [-0.05, 0.05], "ETH": [-0.06, 0.06], "SOL": [-0.09, 0.09]}
RULES = Rules(
    breakdown=0.2,
    floor=0.01,
    shocks={asset: shocks + [0.0] * 14 for asset, shocks in SHOCKS.items()},
    haircut_floors=dict.fromkeys(ASSETS, 0.02),
)


def market(count=40 * DAY // BAR, rho=0.8, seed=1):
    """Correlated random walks of about 4 % a day, lines of 5, 6 and 9 %."""
    rng = np.random.default_rng(seed)
    common, own = rng.normal(size=(count, 1)), rng.normal(size=(count, 3))
    returns = 0.04 * np.sqrt(BAR / DAY) * (np.sqrt(rho) * common + np.sqrt(1 - rho) * own)
    closes = 100 * np.exp(returns.cumsum(axis=0))
    time = 1_600_000_000 + BAR * np.arange(count)
    return Market(
        symbols=ASSETS,
        time=time,
        closes=closes,
        highs=closes * 1.001,
        lows=closes * 0.999,
        lines=np.tile([0.05, 0.06, 0.09], (count, 1)),
        correlations=correlations(time, closes),
        bars=HOUR // BAR,
    )


@pytest.fixture(scope="module")
def quiet():
    return market()


def test_correlations__of_walks__are_found_and_move_a_step_an_hour(quiet):
    found = quiet.correlations
    assert found[:, 0, 1] == pytest.approx(found[:, 1, 0])
    assert found[-1, 0, 1] == pytest.approx(0.8, abs=0.1)
    assert np.abs(np.diff(found, axis=0)).max() <= STEP + 1e-12
    changed = np.flatnonzero(np.diff(found[:, 0, 1]))
    assert np.diff(changed).min() >= quiet.bars


@pytest.mark.parametrize("book", BOOKS, ids=lambda book: book.name)
def test_margins__any_book__equal_the_exact_mirror(quiet, book):
    standard, portfolio = margins(quiet, RULES, book)
    at = len(quiet.time) - 1
    sizes = [book.positions.get(a, 0.0) for a in ASSETS]
    amounts = [book.collateral.get(a, 0.0) for a in ASSETS]
    values = [round((s + a) * WAD) for s, a in zip(sizes, amounts, strict=True)] + [0] * 13
    weights = [
        round(v * line) for v, line in zip(values, [*quiet.lines[at], *[0.0] * 13], strict=True)
    ]
    matrix = [[round(rho * 10_000) for rho in row] for row in quiet.correlations[at]]
    rows = pack_correlations(matrix)
    tail = portfolio_math.tail(weights, rows, round(RULES.breakdown * 10_000))
    percents = [[round(100 * x) for x in RULES.shocks[a]] for a in ASSETS] + [[0] * 16] * 13
    stress = portfolio_math.stress(values, percents).loss
    gross = sum(map(abs, sizes)) + sum(amounts)
    expected = max(tail / WAD, stress / WAD, RULES.floor * gross)
    # correlations are whole basis points there
    assert portfolio[at] == pytest.approx(expected, rel=1e-3)
    assert standard[at] == pytest.approx(
        np.abs(sizes) @ quiet.lines[at] + np.array(amounts) @ quiet.lines[at]
    )


def test_judge_books__calm_walk__covers_all_and_charges_hedges_less(quiet):
    verdicts = {verdict.book: verdict for verdict in judge_books(quiet, RULES)}
    assert len(verdicts) == len(BOOKS)
    for verdict in verdicts.values():
        assert verdict.portfolio.coverage > 0.999
        assert verdict.portfolio_wicks.coverage <= verdict.portfolio.coverage
    pair = verdicts["long BTC, short ETH"]
    assert pair.portfolio.average < 0.6 * pair.standard.average
    assert verdicts["long BTC"].portfolio.average == pytest.approx(0.05)
    assert verdicts["BTC collateral, short BTC"].portfolio.average == pytest.approx(0.01)


def test_judge_books__a_fall_beyond_the_line__is_an_exception():
    crash = market(seed=2)
    at = len(crash.time) // 2
    crash.closes[at:, 0] *= 0.9
    (verdict,) = judge_books(crash, RULES, [Book("long BTC", {"BTC": 1.0}, {})])
    missed = round((1 - verdict.portfolio.coverage) * verdict.observations)
    assert missed == crash.bars
    assert verdict.portfolio.worst_exceedance == pytest.approx(0.05, abs=0.02)


def test_realised_correlation__prices_published_apart__is_lower_the_more_often_it_is_looked_at():
    rng = np.random.default_rng(3)
    walk = np.exp(0.001 * rng.normal(size=200_000).cumsum())
    times = [np.arange(0, 200_000, 600), np.arange(300, 200_000, 600)]
    prices = [walk[t] for t in times]
    often, seldom = (realised_correlation(times, prices, every) for every in (60, 6_000))
    assert often < 0.2
    assert 0.8 < seldom <= 1


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["replay", "--prices", "BTC"], "is not ASSET=FILE"),
        (["replay", "--prices", "XAU=nothing"], "assets: no XAU"),
        (["replay", "--prices", "BTC=nothing.csv"], "nothing.csv: cannot be read"),
        (["correlation", "--rounds", "BTC=a"], "--rounds: exactly two"),
    ],
)
def test_portfolio__bad_input__one_line(arguments, message):
    from scripts.portfolio import cli

    done = CliRunner().invoke(cli, arguments)
    assert done.exit_code == 2
    assert message in done.output
    assert len(done.output.strip().splitlines()) == 1


@needs_data
@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            ["replay", "--prices", f"BTC={DATA}/windows/btcusdt_5m_2022-11-ftx.csv.gz"],
            "btcusdt_5m_2022-11-ftx.csv.gz: timestamp: too little data: not 30 days",
        ),
        (
            [
                *("replay", "--prices", f"BTC={DATA}/btcusdt_binance_5m_2020.csv.gz"),
                *("--prices", f"ETH={DATA}/ethusdt_binance_5m_2022.csv.gz"),
            ],
            "timestamp: too little data: 0 closes that all assets have, at least 3000",
        ),
        (
            [
                *("correlation", "--rounds"),
                f"BTC={DATA}/chainlink_btc_usd_rounds_2023-04-05_2024-01-29.csv.gz",
                "--rounds",
                f"USDT={DATA}/chainlink_usdt_usd_rounds_2021-02-17_2022-11-13.csv.gz",
            ],
            "updated_at: too little data: 0 days in common with",
        ),
    ],
)
def test_portfolio__too_little_data__one_line(arguments, message):
    from scripts.portfolio import cli

    done = CliRunner().invoke(cli, arguments)
    assert done.exit_code == 2, done.output
    assert message in done.output
    assert len(done.output.strip().splitlines()) == 1


@needs_data
def test_replay__json__has_every_book(tmp_path):
    from scripts.portfolio import cli

    prices = [
        argument
        for asset in ("btc", "eth")
        for argument in (
            "--prices",
            f"{asset.upper()}={DATA / f'{asset}usdt_binance_5m_2021.csv.gz'}",
        )
    ]
    out = tmp_path / "portfolio.json"
    done = CliRunner().invoke(cli, ["replay", *prices, "--json", str(out)])
    assert done.exit_code == 0, done.output
    books = json.loads(out.read_text())["books"]
    pair = books["long BTC, short ETH"]
    assert pair["portfolio"]["coverage"] > 0.998
    assert pair["ratio"] <= 0.5

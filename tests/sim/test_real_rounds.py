"""Real oracle rounds: they all read, with the oddities their README tells of."""

import gzip
from pathlib import Path

import numpy as np
import pytest

from oracle_sim.rounds import read_rounds
from tests.sim.files import DATA, needs_data

pytestmark = needs_data

FILES = sorted(DATA.glob("chainlink_*.csv.gz"))
PERIOD = "2023-04-05_2024-01-29"


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_read_rounds__real_file__every_row(path: Path) -> None:
    rounds = read_rounds(path)
    with gzip.open(path, "rt") as lines:
        assert len(rounds) == sum(1 for _ in lines) - 1
    assert rounds.facts.skipped == ()
    assert set(rounds.facts.backwards) <= set(rounds.facts.phase_changes)


@pytest.mark.parametrize(("asset", "equal"), [("btc", 7), ("eth", 5)])
def test_read_rounds__one_phase__heartbeat_and_equal_times(asset: str, equal: int) -> None:
    rounds = read_rounds(DATA / f"chainlink_{asset}_usd_rounds_{PERIOD}.csv.gz")
    assert len(rounds.facts.equal_times) == equal
    assert rounds.facts.phase_changes == ()
    assert int(np.diff(rounds.updated_at).max()) == 3_720


@pytest.mark.parametrize(
    ("name", "line", "silence"),
    [
        ("chainlink_usdc_usd_rounds_2021-02-17_2022-11-14.csv.gz", 297, 14),
        ("chainlink_usdt_usd_rounds_2021-02-17_2022-11-13.csv.gz", 300, 16),
    ],
)
def test_read_rounds__phase_change__goes_back_once(name: str, line: int, silence: int) -> None:
    rounds = read_rounds(DATA / name)
    assert rounds.facts.phase_changes == rounds.facts.backwards == (line,)
    assert len(rounds.facts.equal_times) == 1
    assert round(int(np.diff(rounds.updated_at).max()) / 86_400) == silence
    assert len(rounds.facts.carried) in (3, 4)


def test_read_rounds__usdc_depeg__low() -> None:
    rounds = read_rounds(DATA / "chainlink_usdc_usd_svb_rounds_2022-11-20_2023-03-12.csv.gz")
    assert rounds.price.min() == pytest.approx(0.88, abs=0.0005)

"""Scenario files: those that come with the repository, and what is said about bad ones."""

from pathlib import Path
from typing import Any

import pytest

from chain.errors import ConfigError
from oracle_sim.simulation import read_simulation, scenario_names
from oracle_sim.world import protocol_config
from tests.sim.scenarios import SMALL, write_scenario

NAMES = {
    "adverse",
    "severe",
    "flash-crash",
    "depeg",
    "liquidity-drought",
    "oracle-outage",
    "keeper-outage",
    "luna",
}


def test_scenario_names__repository__all_there() -> None:
    assert set(scenario_names()) == NAMES


@pytest.mark.parametrize("name", sorted(NAMES))
def test_read_simulation__repository__can_be_deployed(name: str) -> None:
    simulation = read_simulation(name)
    assert simulation.name == name
    assert simulation.agents.accounts >= 90
    assert 960 <= simulation.ticks <= 1_200
    config = protocol_config(simulation)
    assert list(config.assets) == list(simulation.assets)
    assert config.collaterals


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"horizon": None}, "horizon: Field required"),
        ({"horizon": "long"}, "horizon: Input should be a valid integer"),
        ({"block": 1}, "block: Input should be greater than or equal to 6"),
        ({"horizon": 30_000_000, "block": 6}, "block: 5000000 prices a path, 100000 at most"),
        ({"nonsense": 1}, "nonsense: Extra inputs are not permitted"),
        ({"name": "other"}, "name: is that of the file"),
        ({"assets": {}}, "assets: Dictionary should have at least 1 item"),
        ({"assets": {"BTC": {"prize": 1}}}, "assets.BTC.prize: Extra inputs are not permitted"),
        ({"assets": {"BTC": {"price": float("nan")}}}, "assets.BTC.price: Input should be a fini"),
        ({"assets": {"BTC": {"follows": "ETH"}}}, "assets.BTC.follows: no asset ETH"),
        ({"assets": {"BTC": {"follows": "BTC"}}}, "assets.BTC.follows: BTC is no free price"),
        ({"assets": {"BTC": {"traded": False}}}, "assets: none is traded"),
        ({"process": {"kind": "chaos"}}, "process: Input tag 'chaos' found"),
        (
            {"process": {"kind": "diffusion", "volatility": {"ETH": 0.1}}},
            "process.volatility: no asset ETH",
        ),
        (
            {"process": {"kind": "diffusion", "volatility": {"BTC": -0.1}}},
            "volatility: out of range [0.0, 5.0]",
        ),
        (
            {"process": {"kind": "jumps", "volatility": {"BTC": 0.1}, "intensity": "often"}},
            "process.intensity: Input should be a valid number",
        ),
        (
            {"shocks": [{"at": 1, "over": 1, "moves": {"ETH": -0.1}}]},
            "shocks.0.moves: no asset ETH",
        ),
        (
            {"shocks": [{"at": 1, "over": 1, "moves": {"BTC": -1.0}}]},
            "shocks.0.moves.BTC: Input should be greater than -1",
        ),
        (
            {"faults": [{"kind": "outage", "asset": "ETH", "start": 1, "end": 2}]},
            "faults.0.asset: no asset ETH",
        ),
        (
            {"faults": [{"kind": "keeper", "start": 2, "end": 2}]},
            "faults.0: end: not after start",
        ),
        ({"agents": {"seed": 1}}, "agents.seed: drawn for each path"),
        ({"agents": {"traders": 0}}, "agents.traders: Input should be greater than or equal to 1"),
        (
            {"agents": {"response_weights": [0.5, 0.5, 0.5]}},
            "agents: response_weights: do not sum to 1",
        ),
        ({"agents": {"leaving_providers": 9}}, "agents: leaving_providers: more than there are"),
    ],
)
def test_read_simulation__bad_file__one_line_with_file_and_field(
    tmp_path: Path, changes: dict[str, Any], message: str
) -> None:
    path = write_scenario(tmp_path, **changes)
    with pytest.raises(ConfigError) as caught:
        read_simulation(path)
    text = str(caught.value)
    assert text.startswith(f"{path}: {message}")
    assert "\n" not in text


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a: [", "while parsing"),
        ("- a", "not a mapping"),
        ("a: 1\na: 2", "a given twice"),
        ("\xff", "codec can't decode"),
    ],
)
def test_read_simulation__no_yaml__one_line(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "bad.yaml"
    path.write_bytes(text.encode("latin-1"))
    with pytest.raises(ConfigError) as caught:
        read_simulation(path)
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


def test_read_simulation__unknown_name__lists_those_there_are() -> None:
    with pytest.raises(ConfigError, match="nothing: no such scenario; there are adverse, depeg, "):
        read_simulation("nothing")


def test_read_simulation__missing_file__one_line(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"none\.yaml: No such file"):
        read_simulation(tmp_path / "none.yaml")


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"assets": {"BTC": {"like": "DOGE"}}}, "assets.BTC.like: no asset DOGE in demo.yaml"),
        (
            {"assets": {"SOL": {"min_answer": 0.1}}},
            "assets.SOL.min_answer: a pull feed has no bounds",
        ),
        (
            {"faults": [{"kind": "pin_minimum", "asset": "SOL", "start": 1, "end": 2}]},
            "faults.0.kind: the pull feed of SOL has no bounds",
        ),
    ],
)
def test_protocol_config__cannot_be_deployed__one_line(
    tmp_path: Path, changes: dict[str, Any], message: str
) -> None:
    assets = {"BTC": {}, "SOL": {}, **changes.pop("assets", {})}
    simulation = read_simulation(write_scenario(tmp_path, assets=assets, **changes))
    with pytest.raises(ConfigError, match=message):
        protocol_config(simulation)


def test_protocol_config__assets_of_a_scenario__like_those_they_name(tmp_path: Path) -> None:
    assets = {
        "BTC": {"collateral": False},
        "SOL": {},
        "JITO": {"like": "SOL", "price": 61.5, "follows": "SOL", "collateral": True},
        "LUNA": {"like": "BTC", "min_answer": 0.1},
    }
    process = {**SMALL["process"], "volatility": {"BTC": 0.1}}
    config = protocol_config(
        read_simulation(write_scenario(tmp_path, assets=assets, process=process))
    )
    assert list(config.assets) == list(assets)
    assert list(config.collaterals) == ["WJITO"]
    assert config.assets["JITO"].price == 61_500_000_000_000_000_000
    assert config.assets["JITO"].risk == config.assets["SOL"].risk
    ids = {config.assets[name].sources[0].price_id for name in ("JITO", "SOL")}
    assert len(ids) == 2
    assert config.assets["LUNA"].sources[0].min_answer == 10**7

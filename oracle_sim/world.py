"""The protocol of a scenario, deployed once in a process and returned to for every path."""

from __future__ import annotations

from dataclasses import replace

from eth_utils.crypto import keccak

from chain import Contract, PyrevmChain
from chain.artifacts import load_artifacts
from chain.config import AssetConfig, CollateralConfig, Config, TokenConfig, load_config
from chain.deployment import Deployment
from chain.errors import ConfigError
from oracle_sim.drawing import START
from oracle_sim.simulation import Absence, Asset, FeedFault, Simulation
from oracle_sim.wallet import WAD, to_wad

LEAD = 60
"""What deploying is given on the chain's clock before the first tick [s]."""

_TOKEN_DECIMALS = 18
_MIN_VALUE = 50 * WAD  # of a first deposit of a token that only a scenario has [quote wad]


def protocol_config(simulation: Simulation) -> Config:
    """The configuration that a scenario deploys.

    Parameters
    ----------
    simulation : Simulation

    Raises
    ------
    ConfigError
        An asset is not configured, or its feed cannot have a fault it shall have.
    """
    config = load_config(simulation.protocol)
    assets = {s: _asset(simulation, s, asset, config) for s, asset in simulation.assets.items()}
    collaterals = {
        symbol: collateral
        for symbol, collateral in config.collaterals.items()
        if collateral.asset in assets
        and simulation.assets[collateral.asset].collateral is not False
    }
    covered = {collateral.asset for collateral in collaterals.values()}
    for symbol, asset in simulation.assets.items():
        if asset.collateral and symbol not in covered:
            token = TokenConfig(f"W{symbol}", f"Wrapped {symbol}", _TOKEN_DECIMALS, None)
            collaterals[token.symbol] = CollateralConfig(token, symbol, _MIN_VALUE)
    for i, fault in enumerate(simulation.faults):
        if isinstance(fault, FeedFault) and fault.kind.startswith("pin_"):
            source = assets[fault.asset].sources[0]
            if source.kind == "pyth":
                where = f"{simulation.name}.yaml: faults.{i}.kind"
                raise ConfigError(f"{where}: the pull feed of {fault.asset} has no bounds")
    return replace(config, assets=assets, collaterals=collaterals)


def _asset(simulation: Simulation, symbol: str, asset: Asset, config: Config) -> AssetConfig:
    where = f"{simulation.name}.yaml: assets.{symbol}"
    model = asset.like or symbol
    if model not in config.assets:
        raise ConfigError(f"{where}.like: no asset {model} in {config.path.name}")
    found = config.assets[model]
    source = found.sources[0]
    if source.kind == "pyth":
        if asset.min_answer is not None:
            raise ConfigError(f"{where}.min_answer: a pull feed has no bounds")
        if symbol != model:  # one Pyth contract holds the prices of several assets
            source = replace(source, price_id=keccak(text=symbol))
    elif asset.min_answer is not None:
        source = replace(source, min_answer=round(asset.min_answer * 10**source.decimals))
    price = found.price if asset.price is None else to_wad(asset.price)
    return replace(found, symbol=symbol, price=price, sources=(source,))


class World:
    """A deployment and the state to return to.

    Parameters
    ----------
    simulation : Simulation

    Attributes
    ----------
    config : Config
    deployment : Deployment
    sequencer : Contract or None
        Double of the uptime feed, when the scenario has the sequencer fail.
    prices : dict of str to float
        First prices by asset [quote per unit].
    """

    def __init__(self, simulation: Simulation) -> None:
        config = protocol_config(simulation)
        grace = config.oracle["sequencer_grace"]
        # one address for everybody, and the deployer's
        self._chain = PyrevmChain(START - LEAD, simulation.agents.accounts + 1)
        self.sequencer: Contract | None = None
        if any(isinstance(f, Absence) and f.kind == "sequencer" for f in simulation.faults):
            self.sequencer = self._chain.deploy(load_artifacts()["MockSequencerFeed"])
            self.sequencer.set_status(0, self._chain.time - grace - 1)
            config = replace(config, sequencer_feed=self.sequencer.address)
        self.config = config
        self.deployment = Deployment.deploy(self._chain, config)
        self.prices = {s: asset.price / WAD for s, asset in config.assets.items()}
        self._snapshot = self._chain.snapshot()

    def reset(self) -> None:
        """Forget the last path."""
        self._chain.revert(self._snapshot)
        self._snapshot = self._chain.snapshot()

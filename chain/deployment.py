"""Deploys the whole protocol, or finds one that is there, and knows every contract of it."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from chain.artifacts import ROOT, Artifacts, load_artifacts
from chain.config import Config, load_config
from chain.config_file import Section
from chain.contract import Contract
from chain.errors import DeploymentError
from chain.feeds import ChainlinkFeed, Feed, PythFeed, RatioFeed
from chain.files import write_whole
from chain.interface import Chain
from margin_model.feed_answer import unpack

__all__ = ["Deployment", "deployment_path", "load_config"]

FOLDER = ROOT / "deployments"

POOL, FUND, ESCROW = 1, 2, 3
"""Accounts of the protocol itself."""
FIRST_USER = 4
ISOLATED, CROSS, PORTFOLIO = 1, 2, 3
"""Kinds of account."""

# Attribute of `Deployment` by contract, in the order of deployment.
CORE = {
    "PriceOracle": "oracle",
    "RiskEngine": "risk",
    "InterestModel": "interest",
    "Clearinghouse": "clearinghouse",
    "LiquidityPool": "pool",
    "InsuranceFund": "fund",
    "LiquidationAuction": "auction",
    "Deleveraging": "deleveraging",
    "AccountLens": "lens",
}
OWNED = ("oracle", "risk", "clearinghouse", "pool")


def deployment_path(chain_id: int) -> Path:
    """Where the addresses of a chain are written."""
    return FOLDER / f"{chain_id}.json"


@dataclass(frozen=True)
class Source:
    """One feed of an adapter, as an asset's price source."""

    adapter: Contract
    feed: int

    def latest(self) -> tuple[int, int, int]:
        """Price and confidence [quote wad per unit] and publish time [s]."""
        answer = unpack(self.adapter.latest(1 << self.feed)[self.feed])
        return answer.price, answer.confidence, answer.updated_at


@dataclass
class Deployment:
    """All contracts of one protocol.

    Attributes
    ----------
    tokens : dict of str to Contract
        By symbol, the quote token included.
    collaterals : dict of str to Contract
        The first collateral token of an asset, by the asset's symbol.
    assets : dict of str to int
        Ids by symbol; a market has the id of its asset.
    sources : dict of str to list of Source
        By asset, the primary one first.
    feeds : dict of str to list of Feed
        Test doubles behind them, in the same order; empty where feeds are real.
    reports : Contract or None
        Signed forecasts, where there are signers.
    """

    chain: Chain
    oracle: Contract
    risk: Contract
    interest: Contract
    clearinghouse: Contract
    pool: Contract
    fund: Contract
    auction: Contract
    deleveraging: Contract
    lens: Contract
    quote: Contract
    tokens: dict[str, Contract]
    collaterals: dict[str, Contract]
    assets: dict[str, int]
    sources: dict[str, list[Source]]
    feeds: dict[str, list[Feed]] = field(default_factory=dict)
    reports: Contract | None = None

    @classmethod
    def deploy(
        cls,
        chain: Chain,
        config: Config | None = None,
        artifacts: Artifacts | None = None,
        *,
        doubles: bool = True,
        proxied: bool = True,
    ) -> Deployment:
        """Deploy and connect everything, owned by the chain's first account.

        Parameters
        ----------
        chain : Chain
        config : Config, optional
            `config/demo.yaml` by default.
        artifacts : Artifacts, optional
        doubles : bool
            Deploy test doubles of tokens and feeds; without, the configuration names real ones.
        proxied : bool
            Put a proxy before each double of a Chainlink feed, as on mainnet.
        """
        from chain.builder import Builder

        config, artifacts = config or load_config("demo"), artifacts or load_artifacts()
        return Builder(chain, config, artifacts, doubles, proxied).build()

    @property
    def core(self) -> dict[str, Contract]:
        """The deployables of the protocol by contract name."""
        return {name: getattr(self, attribute) for name, attribute in CORE.items()}

    @property
    def contracts(self) -> list[Contract]:
        """Everything above: deployables, adapters and tokens."""
        adapters = {
            source.adapter.address: source.adapter
            for sources in self.sources.values()
            for source in sources
        }
        optional = [self.reports] if self.reports else []
        return [*self.core.values(), *optional, *adapters.values(), *self.tokens.values()]

    def asset_id(self, symbol: str) -> int:
        """Id of an asset and of its market."""
        try:
            return self.assets[symbol]
        except KeyError:
            raise DeploymentError(f"{symbol}: no such asset") from None

    def set_price(self, symbol: str, price: int, confidence: int = 0) -> None:
        """Publish a price [quote wad per unit] on all doubles of an asset, as of now."""
        for feed in self.feeds[symbol]:
            feed.publish(price, confidence=confidence)

    def transfer_ownership(self, owner: str) -> None:
        """Offer all owned contracts to `owner`, who has to accept each."""
        for attribute in OWNED:
            getattr(self, attribute).transfer_ownership(owner)
        if self.reports:
            self.reports.transfer_ownership(owner)

    def record(self) -> dict[str, Any]:
        """Addresses as they are saved."""
        return {
            "chain_id": self.chain.chain_id,
            "contracts": {name: contract.address for name, contract in self.core.items()},
            "reports": self.reports.address if self.reports else None,
            "quote": self.quote.address,
            "tokens": {symbol: token.address for symbol, token in self.tokens.items()},
            "collaterals": {asset: token.address for asset, token in self.collaterals.items()},
            "assets": self.assets,
            "sources": {
                asset: [
                    {"kind": s.adapter.name, "address": s.adapter.address, "feed": s.feed}
                    for s in sources
                ]
                for asset, sources in self.sources.items()
            },
            "feeds": {
                asset: [feed.record() for feed in feeds] for asset, feeds in self.feeds.items()
            },
        }

    def save(self, path: Path | None = None) -> Path:
        """Write the addresses to `deployments/<chain id>.json`."""
        path = path or deployment_path(self.chain.chain_id)
        write_whole(path, json.dumps(self.record(), indent=2) + "\n")
        return path

    @classmethod
    def load(
        cls, chain: Chain, path: Path | None = None, artifacts: Artifacts | None = None
    ) -> Deployment:
        """Find the protocol that a file describes on `chain`; every address must have code."""
        if path is None:
            path = deployment_path(chain.chain_id)
            if not path.is_file():
                raise DeploymentError(f"{path}: no such file; `ape run deploy` writes it")
        try:
            file = Section(str(path), json.loads(path.read_text()))
        except OSError as error:
            raise DeploymentError(f"{path}: {error.strerror}") from None
        except ValueError:
            raise DeploymentError(f"{path}: no JSON") from None
        said = file.number("chain_id")
        if said != chain.chain_id:
            raise DeploymentError(f"{path}: of chain {said}, not {chain.chain_id}")
        return _Reader(chain, artifacts or load_artifacts()).read(file)


class _Reader:
    """Contracts at recorded addresses."""

    def __init__(self, chain: Chain, artifacts: Artifacts) -> None:
        self._chain = chain
        self._artifacts = artifacts

    def _at(self, name: str, section: Section, key: str) -> Contract:
        address = section.address(key)
        if address is None or not self._chain.code(address):
            raise DeploymentError(f"{section.where}.{key}: no code at {address} ({name})")
        return self._chain.at(self._artifacts[name], address)

    def read(self, file: Section) -> Deployment:
        listed = file.section("tokens")
        tokens = {symbol: self._at("MockERC20", listed, symbol) for symbol in listed.names()}
        by_address = {token.address: token for token in tokens.values()}

        def token(section: Section, key: str) -> Contract:
            address = section.text(key)
            if address not in by_address:
                raise DeploymentError(f"{section.where}.{key}: {address} is none of the tokens")
            return by_address[address]

        contracts, collaterals = file.section("contracts"), file.section("collaterals")
        assets, sources, feeds = (file.section(s) for s in ("assets", "sources", "feeds"))
        return Deployment(
            chain=self._chain,
            **{CORE[name]: self._at(name, contracts, name) for name in CORE},
            quote=token(file, "quote"),
            tokens=tokens,
            collaterals={asset: token(collaterals, asset) for asset in collaterals.names()},
            assets={asset: assets.number(asset) for asset in assets.names()},
            sources={
                asset: [
                    Source(self._at(source.text("kind"), source, "address"), source.number("feed"))
                    for source in sources.items(asset)
                ]
                for asset in sources.names()
            },
            feeds={
                asset: [self._feed(feed) for feed in feeds.items(asset)] for asset in feeds.names()
            },
            reports=(
                None
                if file.address("reports") is None
                else self._at("RiskReports", file, "reports")
            ),
        )

    def _feed(self, record: Section) -> Feed:
        if record.text("kind") == PythFeed.kind:
            pyth = self._at("MockPyth", record, "pyth")
            price_id = bytes.fromhex(record.text("price_id")[2:])
            return PythFeed(pyth, price_id, record.number("decimals"))
        if record.text("kind") == RatioFeed.kind:
            base, rate = (self._chainlink(record.section(leg)) for leg in ("base", "rate"))
            return RatioFeed(base, rate, bool(record.get("inverse")))
        return self._chainlink(record)

    def _chainlink(self, record: Section) -> ChainlinkFeed:
        aggregator = self._at("MockAggregator", record, "aggregator")
        bare = record.text("proxy") == record.text("aggregator")
        proxy = aggregator if bare else self._at("MockAggregatorProxy", record, "proxy")
        return ChainlinkFeed(aggregator, proxy, record.number("decimals"))

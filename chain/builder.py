"""Puts a deployment together, contract by contract."""

from __future__ import annotations

from typing import Any

from chain.artifacts import Artifacts
from chain.config import AssetConfig, Config, TokenConfig
from chain.config_source import SourceConfig
from chain.contract import Contract
from chain.deployment import Deployment, Source
from chain.errors import ChainError, ConfigError
from chain.feeds import ChainlinkFeed, Feed, PythFeed, RatioFeed
from chain.interface import ZERO_ADDRESS, Chain

PYTH_FEE = 1  # of the double [wei an update]


class Builder:
    """One deployment in progress; see `Deployment.deploy`."""

    def __init__(
        self, chain: Chain, config: Config, artifacts: Artifacts, doubles: bool, proxied: bool
    ) -> None:
        self._chain = chain
        self._config = config
        self._artifacts = artifacts
        self._doubles = doubles
        self._proxied = proxied
        self._pyth: Contract | None = None
        self._feeds: dict[str, list[Feed]] = {}

    def _new(self, name: str, *args: Any) -> Contract:
        return self._chain.deploy(self._artifacts[name], *args)

    def build(self) -> Deployment:
        """Deploy in the order in which constructors need each other, then list everything."""
        config = self._config
        quote = self._token(config.quote)
        sources = self._sources()

        oracle = self._new(
            "PriceOracle", config.sequencer_feed or ZERO_ADDRESS, *config.oracle.values()
        )
        reports = self._reports()
        risk = self._new(
            "RiskEngine",
            oracle,
            reports or ZERO_ADDRESS,
            *config.risk.values(),
            config.reports.range,
            list(config.assets).index(config.peg.asset) if config.peg.asset else 0,
            config.peg.bound,
        )
        interest = self._new("InterestModel", config.interest)
        # These five name each other: the earlier ones are told where the others are going to be.
        _, pool_at, fund_at, auction_at, deleveraging_at = self._chain.next_contracts(5)
        house = self._new(
            "Clearinghouse",
            quote,
            oracle,
            risk,
            interest,
            config.max_funding_rate,
            pool_at,
            auction_at,
            fund_at,
        )
        pool = self._new("LiquidityPool", house, oracle, risk, config.pool)
        fund = self._new("InsuranceFund", house, config.fund)
        auction = self._new(
            "LiquidationAuction", house, oracle, risk, pool, fund, deleveraging_at, config.auction
        )
        deleveraging = self._new("Deleveraging", house, oracle, risk)
        told = [pool_at, fund_at, auction_at, deleveraging_at]
        if [c.address for c in (pool, fund, auction, deleveraging)] != told:
            raise ChainError("deployment: its account sent something else meanwhile; deploy again")
        lens = self._new("AccountLens", house, oracle, risk, auction)

        tables = {name: table for table, name in enumerate(config.tier_tables)}
        for name, tiers in config.tier_tables.items():
            risk.set_tier_table(tables[name], tiers)
        assets = {}
        for symbol, asset in config.assets.items():
            identifier = self._list(oracle, asset, sources[symbol])
            if asset.risk:
                risk.list_asset_risk(
                    identifier,
                    asset.initial_line,
                    {
                        **asset.risk,
                        "tier_table": tables[asset.tier_table],
                        "shocks": config.shocks(symbol),
                    },
                )
            if asset.market:
                house.list_market(identifier, *asset.market.values())
                pool.set_market_fees(identifier, asset.fees)
            assets[symbol] = identifier

        tokens = {config.quote.symbol: quote}
        collaterals: dict[str, Contract] = {}
        for symbol, collateral in config.collaterals.items():
            token = self._token(collateral.token)
            house.list_collateral(token, assets[collateral.asset], collateral.min_value)
            tokens[symbol] = token
            collaterals.setdefault(collateral.asset, token)
        return Deployment(
            self._chain,
            oracle,
            risk,
            interest,
            house,
            pool,
            fund,
            auction,
            deleveraging,
            lens,
            quote,
            tokens,
            collaterals,
            assets,
            sources,
            self._feeds,
            reports,
        )

    def _reports(self) -> Contract | None:
        wanted = self._config.reports
        if not wanted.signers:
            return None
        return self._new("RiskReports", wanted.signers, wanted.threshold)

    def _existing(self, address: str | None, what: str) -> str:
        if address is None:
            raise ConfigError(f"{self._config.path.name}: {what}.address: needed on this network")
        if not self._chain.code(address):
            raise ConfigError(f"{self._config.path.name}: {what}.address: no contract there")
        return address

    def _token(self, token: TokenConfig) -> Contract:
        if self._doubles:
            return self._new("MockERC20", token.name, token.symbol, token.decimals)
        address = self._existing(token.address, token.symbol)
        return self._chain.at(self._artifacts["MockERC20"], address)

    def _sources(self) -> dict[str, list[Source]]:
        """One adapter for all Chainlink feeds, one for all ratios, one for each Pyth contract."""
        chainlink: list[tuple[str, int, int, int, int]] = []
        pyth: dict[str, list[tuple[bytes, int, int]]] = {}
        ratios: list[tuple[Any, ...]] = []
        # Pyth contract, "ratio" or "", and index there
        places: dict[str, list[tuple[str, int]]] = {}
        for symbol, asset in self._config.assets.items():
            for source in asset.sources:
                if source.kind == "ratio":
                    places.setdefault(symbol, []).append(("ratio", len(ratios)))
                    ratios.append(self._ratio(asset, source))
                    continue
                address = self._feed(asset, source)
                timing = (source.times["heartbeat"], source.times["tolerance"])
                if source.kind == "pyth":
                    prices = pyth.setdefault(address, [])
                    place = (address, len(prices))
                    prices.append((source.price_id, *timing))
                else:
                    place = ("", len(chainlink))
                    bounds = (source.min_answer, source.max_answer)
                    chainlink.append((address, *bounds, *timing))
                places.setdefault(symbol, []).append(place)
        adapters = {
            address: self._new("PythSource", address, prices) for address, prices in pyth.items()
        }
        if chainlink:
            adapters[""] = self._new("ChainlinkSource", chainlink)
        if ratios:
            adapters["ratio"] = self._new("RatioSource", ratios)
        return {
            symbol: [Source(adapters[kind], feed) for kind, feed in found]
            for symbol, found in places.items()
        }

    def _feed(self, asset: AssetConfig, source: SourceConfig) -> str:
        """Address of a real feed, or of a new double that has published its first price."""
        if not self._doubles:
            return self._existing(source.address, f"assets.{asset.symbol}.sources")
        feed: Feed
        if source.kind == "pyth":
            self._pyth = self._pyth or self._new("MockPyth", PYTH_FEE)
            feed = PythFeed(self._pyth, source.price_id, source.decimals)
            address = self._pyth.address
        else:
            feed = self._chainlink(source.decimals)
            address = feed.proxy.address
        feed.publish(asset.price)
        self._feeds.setdefault(asset.symbol, []).append(feed)
        return address

    def _chainlink(self, decimals: int) -> ChainlinkFeed:
        """A new double of a Chainlink feed."""
        aggregator = self._new("MockAggregator", decimals)
        proxy = self._new("MockAggregatorProxy", aggregator) if self._proxied else aggregator
        return ChainlinkFeed(aggregator, proxy, decimals)

    def _ratio(self, asset: AssetConfig, source: SourceConfig) -> tuple[Any, ...]:
        """`RatioSource.Feed`, of real feeds or of doubles that have published."""
        where = f"assets.{asset.symbol}.sources"
        if self._doubles:
            feeds = [self._chainlink(leg.decimals) for leg in source.legs]
            for leg, feed in zip(source.legs, feeds, strict=True):
                feed.publish(leg.price)
            self._feeds.setdefault(asset.symbol, []).append(
                RatioFeed(feeds[0], feeds[1], source.inverse)
            )
            addresses = [feed.proxy.address for feed in feeds]
        else:
            addresses = [self._existing(leg.address, where) for leg in source.legs]
        legs = [
            (address, *leg.bounds.values(), *leg.times.values())
            for address, leg in zip(addresses, source.legs, strict=True)
        ]
        return (*legs, source.inverse)

    def _list(self, oracle: Contract, asset: AssetConfig, sources: list[Source]) -> int:
        listed = [{"adapter": source.adapter, "feed": source.feed} for source in sources]
        seeds = {"correlations": self._config.seeds(asset.symbol)}
        return int(oracle.list_asset({"sources": listed, **asset.listing, **seeds}).result)

"""Reads a deployment's parameters from YAML and turns them into the integers the contracts take.

Numbers are read as decimals and scaled exactly; a missing, unknown or over-precise entry is one
line naming file and field.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from itertools import takewhile
from pathlib import Path
from typing import Any

from chain import config_units as units
from chain.artifacts import ROOT
from chain.config_file import Section, read_yaml
from chain.config_source import SourceConfig, read_source
from chain.errors import ConfigError

CONFIG_FOLDER = ROOT / "config"

SCENARIOS = 16
BPS = 10_000


@dataclass(frozen=True)
class TokenConfig:
    """A token; without an address there is only a test double of it."""

    symbol: str
    name: str
    decimals: int
    address: str | None


@dataclass(frozen=True)
class AssetConfig:
    """An asset. Amounts as the contracts take them.

    Without a market `market` and `fees` are empty, without risk parameters `risk` is.
    """

    symbol: str
    price: int
    sources: tuple[SourceConfig, ...]
    listing: dict[str, int]
    initial_line: int
    tier_table: str
    risk: dict[str, int]
    market: dict[str, int]
    fees: dict[str, int]


@dataclass(frozen=True)
class CollateralConfig:
    """A token accepted besides quote."""

    token: TokenConfig
    asset: str
    min_value: int


@dataclass(frozen=True)
class PegConfig:
    """Which asset's price is the quote token's own; without one nobody looks."""

    asset: str
    bound: int  # [wad]


NO_PEG = PegConfig("", 0)


@dataclass(frozen=True)
class ReportsConfig:
    """Who may sign risk reports; without signers there are none."""

    signers: tuple[str, ...]
    threshold: int
    range: int


@dataclass(frozen=True)
class Config:
    """Everything a deployment needs to know."""

    path: Path
    quote: TokenConfig
    peg: PegConfig
    sequencer_feed: str | None
    oracle: dict[str, int]
    risk: dict[str, int]
    reports: ReportsConfig
    interest: dict[str, int]
    max_funding_rate: int
    fund: dict[str, int]
    pool: dict[str, int]
    auction: dict[str, int]
    tier_tables: dict[str, list[dict[str, int]]]
    stress: dict[str, dict[str, int]]  # scenario -> asset -> shock [percent]
    correlations: dict[str, dict[str, int]]  # later asset -> earlier asset -> seed [bps]
    assets: dict[str, AssetConfig]
    collaterals: dict[str, CollateralConfig]

    def shocks(self, symbol: str) -> list[int]:
        """Moves of an asset in the stress scenarios, shape (16,) [percent]."""
        moves = [scenario.get(symbol, 0) for scenario in self.stress.values()]
        return moves + [0] * (SCENARIOS - len(moves))

    def seeds(self, symbol: str) -> list[int]:
        """Correlations of an asset with those listed before it [bps]."""
        earlier = takewhile(lambda other: other != symbol, self.assets)
        named = self.correlations.get(symbol, {})
        return [named.get(other, 0) for other in earlier]

    def subset(self, symbols: Iterable[str]) -> Config:
        """The same with only these assets and what depends on them."""
        wanted = list(symbols)
        for symbol in wanted:
            if symbol not in self.assets:
                raise ConfigError(f"{self.path.name}: assets: no {symbol}")
        return replace(
            self,
            assets={s: asset for s, asset in self.assets.items() if s in wanted},
            collaterals={s: c for s, c in self.collaterals.items() if c.asset in wanted},
            peg=self.peg if self.peg.asset in wanted else NO_PEG,
        )

    def with_prices(self, prices: Mapping[str, int]) -> Config:
        """The same with other first prices of the test doubles [quote wad per unit]."""
        changed = {
            s: replace(asset, price=prices.get(s, asset.price)) for s, asset in self.assets.items()
        }
        return replace(self, assets=changed)


def _only(section: Section, scales: Mapping[str, int]) -> dict[str, int]:
    numbers = section.numbers(scales)
    section.done()
    return numbers


def _token(section: Section, symbol: str) -> TokenConfig:
    return TokenConfig(
        symbol, section.text("name"), section.number("decimals"), section.address("address")
    )


def _optional(section: Section, name: str) -> Section | None:
    return None if section.get(name) is None else section.section(name)


def _asset(section: Section, symbol: str, tables: Mapping[str, Any]) -> AssetConfig:
    risk = _optional(section, "risk")
    market = _optional(section, "market")
    asset = AssetConfig(
        symbol,
        section.number("price", units.WAD),
        tuple(read_source(source) for source in section.items("sources")),
        _only(section.section("listing"), units.LISTING),
        risk.number("initial_line", units.WAD) if risk else 0,
        risk.text("tier_table") if risk else "",
        risk.numbers(units.ASSET_RISK) if risk else {},
        market.numbers(units.MARKET) if market else {},
        market.numbers(units.FEES) if market else {},
    )
    pulls = [source.kind == "pyth" for source in asset.sources]
    if any(pulls) and not all(pulls) and pulls != [False, True]:
        # Whoever pushes at will chooses between the median of three and a push feed's price; and
        # where nobody pushed a primary feed an order takes it to have said nothing.
        raise ConfigError(
            f"{section.where}.sources: a pull feed beside others is the second of two"
        )
    if risk and asset.tier_table not in tables:
        raise ConfigError(f"{risk.where}.tier_table: no table {asset.tier_table!r}")
    if market and asset.sources[0].kind == "ratio":
        raise ConfigError(f"{market.where}: a ratio has no first price to fill orders at")
    if market and not risk:
        raise ConfigError(f"{section.where}.risk: a market needs it")
    for part in (risk, market, section):
        if part:
            part.done()
    return asset


def _collateral(section: Section, symbol: str, assets: Mapping[str, Any]) -> CollateralConfig:
    collateral = CollateralConfig(
        _token(section, symbol), section.text("asset"), section.number("min_value", units.WAD)
    )
    if collateral.asset not in assets:
        raise ConfigError(f"{section.where}.asset: no asset {collateral.asset!r}")
    section.done()
    return collateral


def _peg(quote: Section, assets: Mapping[str, Any]) -> PegConfig:
    if quote.get("peg") is None:
        return NO_PEG
    section = quote.section("peg")
    peg = PegConfig(section.text("asset"), section.number("bound", units.WAD))
    if peg.asset not in assets:
        raise ConfigError(f"{section.where}.asset: no asset {peg.asset!r}")
    section.done()
    return peg


def _reports(section: Section) -> ReportsConfig:
    reports = ReportsConfig(
        section.addresses("signers"),
        section.number("threshold"),
        section.number("range", units.WAD),
    )
    section.done()
    return reports


def _stress(section: Section, assets: Mapping[str, Any]) -> dict[str, dict[str, int]]:
    scenarios = {}
    for name, moves in section.sections().items():
        scenarios[name] = moves.numbers(dict.fromkeys(moves.names(), units.ONE))
        for symbol in scenarios[name]:
            if symbol not in assets:
                raise ConfigError(f"{moves.where}.{symbol}: no asset {symbol!r}")
    if len(scenarios) > SCENARIOS:
        raise ConfigError(f"{section.where}: more than {SCENARIOS} scenarios")
    return scenarios


def _correlations(section: Section, assets: Iterable[str]) -> dict[str, dict[str, int]]:
    """Every asset with all before it, and no others."""
    earlier: dict[str, int] = {}
    seeds = {}
    for symbol in assets:
        if earlier:
            seeds[symbol] = _only(section.section(symbol), earlier)
        earlier[symbol] = BPS
    section.done()
    return seeds


def load_config(name: str | Path) -> Config:
    """Read a configuration.

    Parameters
    ----------
    name : str or Path
        A file, or the name of one in `config/` without its ending.
    """
    path = Path(name)
    if not path.suffix:
        path = CONFIG_FOLDER / f"{name}.yaml"
    root = read_yaml(path)
    quote = root.section("quote")
    oracle = root.section("oracle")
    tables = {
        table: [_only(tier, units.TIER) for tier in root.section("tier_tables").items(table)]
        for table in root.get("tier_tables")
    }
    assets = {s: _asset(part, s, tables) for s, part in root.section("assets").sections().items()}
    collaterals = root.section("collaterals").sections()
    config = Config(
        path=path,
        quote=_token(quote, quote.text("symbol")),
        peg=_peg(quote, assets),
        sequencer_feed=oracle.address("sequencer_feed"),
        oracle=_only(oracle, units.ORACLE),
        risk=_only(root.section("risk"), units.RISK),
        reports=_reports(root.section("reports")),
        interest=_only(root.section("interest"), units.INTEREST),
        max_funding_rate=_only(root.section("clearinghouse"), {"max_funding_rate": units.RATE})[
            "max_funding_rate"
        ],
        fund=_only(root.section("fund"), units.FUND),
        pool=_only(root.section("pool"), units.POOL),
        auction=_only(root.section("auction"), units.AUCTION),
        tier_tables=tables,
        stress=_stress(root.section("stress"), assets),
        correlations=_correlations(root.section("correlations"), assets),
        assets=assets,
        collaterals={s: _collateral(part, s, assets) for s, part in collaterals.items()},
    )
    quote.done()
    root.done()
    return config

"""The protocol a fuzzer acts on: same bytecode as deployed, with test doubles around it."""

from __future__ import annotations

from dataclasses import replace

from chain import Chain, Contract, PyrevmChain, load_artifacts
from chain.builder import Builder
from chain.config import (
    SCENARIOS,
    AssetConfig,
    CollateralConfig,
    Config,
    PegConfig,
    ReportsConfig,
    TokenConfig,
    load_config,
)
from chain.config_source import SourceConfig
from margin_model import risk_report
from tests.fuzz.world_feeds import Feeds
from tests.fuzz.world_parts import (
    LOOP,
    QUOTE_UNIT,
    ROLES,
    WAD,
    WOLF,
    Listing,
    Place,
    Token,
    World,
    adapter_of,
)
from tests.fuzz.world_people import settle
from tests.fuzz.world_signers import FIRST_SIGNERS, THRESHOLD, Digests, addresses
from tests.fuzz.world_wire import FastWire, SlowWire, Wire

__all__ = [
    "LOOP",
    "QUOTE_UNIT",
    "ROLES",
    "WAD",
    "WOLF",
    "Listing",
    "Place",
    "Token",
    "World",
    "adapter_of",
    "build_world",
]

NEW_CORRELATIONS = [8_900, 9_500, 7_900, 0, 9_500]  # of the asset that may be listed later [bps]

# symbol, decimals, asset, double
TOKENS = (
    ("WBTC", 8, "BTC", "MockERC20"),
    ("WETH", 18, "ETH", "MockERC20"),
    ("LOOP", 18, "ETH", "MockReentrantERC20"),
    ("FEE", 8, "BTC", "MockFeeERC20"),
    ("DENY", 6, "SOL", "MockFalseReturnERC20"),
    ("MUTE", 6, "ARB", "MockNoReturnERC20"),
    ("STETH", 18, "STETH", "MockERC20"),
    ("LATE", 18, "SOL", "MockFreezableERC20"),
)
"""Collateral tokens in the order of listing; the last one is not listed at the start."""
FUNDING_UNIT = 10**15  # a rate of 1 a day
INTEREST = {
    "base_rate": WAD // 20,
    "slope1": WAD,
    "slope2": 60 * WAD,
    "kink": 8 * WAD // 10,
    "rate_cap": 10 * WAD,
    "reserve": WAD // 10,
}
"""So steep that minutes count, and the cap is met [wad per year, wad]."""
_QUOTE_DOUBLE = "MockFreezableERC20"
_ARB_PRICE_ID = bytes.fromhex("3f") * 32


class FuzzBuilder(Builder):
    """Deploys doubles that misbehave in the place of honest tokens."""

    def _token(self, token: TokenConfig) -> Contract:
        doubles = {symbol: double for symbol, _, _, double in TOKENS}
        name = doubles.get(token.symbol, _QUOTE_DOUBLE)
        return self._new(name, token.name, token.symbol, token.decimals)


def fuzz_config(sequencer: str) -> Config:
    """The demo protocol with sources of every kind and tokens that misbehave.

    BTC has two push feeds, ETH one, SOL a pull feed, ARB two push feeds and a pull feed,
    staked ETH a ratio and no market.
    """
    demo = load_config("demo")
    push, pull = demo.assets["ETH"].sources[0], demo.assets["SOL"].sources[0]
    slower = replace(push, times={"heartbeat": 86_400, "tolerance": 600})
    third = replace(pull, price_id=_ARB_PRICE_ID)
    assets = {
        "BTC": _with_sources(demo.assets["BTC"], push, slower),
        "ETH": demo.assets["ETH"],
        "SOL": demo.assets["SOL"],
        "ARB": replace(
            _with_sources(demo.assets["SOL"], push, slower, third), symbol="ARB", price=WAD
        ),
        "STETH": load_config("stablecoins").assets["STETH"],
    }
    collaterals = {
        symbol: CollateralConfig(TokenConfig(symbol, symbol, decimals, None), asset, 50 * WAD)
        for symbol, decimals, asset, _ in TOKENS[:-1]
    }
    like_sol = {**demo.correlations["SOL"], "SOL": 9_000}
    like_eth = {**demo.correlations["ETH"], "ETH": 9_900, "SOL": 7_900, "ARB": 7_900}
    signers = tuple(addresses((1 << FIRST_SIGNERS) - 1))
    auction = {**demo.auction, "fast_phase": 120, "slow_phase": 240}
    return replace(
        demo,
        # the fourth asset moves as the third, the fifth as the second
        stress=_stress(demo.stress),
        correlations={**demo.correlations, "ARB": like_sol, "STETH": like_eth},
        sequencer_feed=sequencer,
        reports=ReportsConfig(signers, THRESHOLD, risk_report.MAX_RANGE),
        auction=auction,
        max_funding_rate=FUNDING_UNIT // 50,
        interest=INTEREST,
        assets={s: _shallow(asset) for s, asset in assets.items()},
        peg=PegConfig("ARB", WAD * 6 // 10),
        collaterals=collaterals,
    )


def _stress(demo: dict[str, dict[str, int]]) -> dict[str, dict[str, int]]:
    """All sixteen scenarios in use: the last are the first with BTC moving against the others."""
    found = {
        name: {**moves, "ARB": moves.get("SOL", 0), "STETH": moves.get("ETH", 0)}
        for name, moves in demo.items()
    }
    for name, moves in list(found.items())[: SCENARIOS - len(found)]:
        found[f"{name} apart"] = {
            symbol: (1 if symbol == "BTC" else -1) * move * 6 // 5 for symbol, move in moves.items()
        }
    return found


def _shallow(asset: AssetConfig) -> AssetConfig:
    """Little skew makes much of a premium and of funding; interest far beyond what the pool has."""
    if asset.market:
        market = {
            "skew_scale": asset.market["skew_scale"] // 20,
            "max_funding_velocity": 30 * FUNDING_UNIT,
        }
        asset = replace(asset, market=market, fees={**asset.fees, "interest_cap": 100_000})
    return replace(
        asset,
        listing={**asset.listing, "variance_floor": asset.listing["variance_floor"] + 1},
        risk={**asset.risk, "haircut_floor": 1_500} if asset.symbol == "ARB" else asset.risk,
    )


def _with_sources(asset: AssetConfig, *sources: SourceConfig) -> AssetConfig:
    return replace(asset, sources=sources)


def build_world(chain: Chain | None = None, wire: Wire | None = None) -> World:
    """Deploy everything on `chain`, an in-process EVM by default, and let everybody in.

    Parameters
    ----------
    chain : Chain, optional
    wire : Wire, optional
        How transactions get there; by default the fast one where there is one.
    """
    chain = chain or PyrevmChain()
    artifacts = load_artifacts()
    sequencer = chain.deploy(artifacts["MockSequencerFeed"])
    sequencer.set_status(0, chain.time - 10 * 86_400)
    config = fuzz_config(sequencer.address)
    deployment = FuzzBuilder(chain, config, artifacts, True, True).build()
    assert deployment.reports is not None
    symbol, decimals, _, double = TOKENS[-1]
    late = chain.deploy(artifacts[double], symbol, symbol, decimals)
    contracts = {**deployment.tokens, symbol: late}
    quote = config.quote
    wolf = chain.deploy(artifacts["MockReentrantCaller"])
    too_fine = chain.deploy(artifacts["MockERC20"], "FINE", "FINE", 19)
    actors = dict(zip(ROLES, chain.accounts, strict=False))
    world = World(
        chain=chain,
        wire=wire or _wire(chain),
        config=config,
        deployment=deployment,
        sequencer=sequencer,
        wolf=wolf,
        too_fine=too_fine,
        registry=chain.deploy(artifacts["SolvencyRegistry"], deployment.clearinghouse),
        digests=Digests(deployment.reports),
        quote=Token(quote.symbol, _QUOTE_DOUBLE, quote.decimals, -1, deployment.quote),
        tokens=[
            Token(symbol, double, decimals, deployment.assets[asset], contracts[symbol])
            for symbol, decimals, asset, double in TOKENS
        ],
        feeds=Feeds.of(chain, config, deployment),
        actors=actors,
        people=[*actors.values(), wolf.address, contracts["LOOP"].address],
    )
    _describe(world)
    settle(world)
    return world


def _wire(chain: Chain) -> Wire:
    return FastWire(chain) if isinstance(chain, PyrevmChain) else SlowWire(chain)


def _describe(world: World) -> None:
    """Note what the oracle knows of each asset."""
    oracle = world.deployment.oracle
    for asset, config in enumerate(world.config.assets.values()):
        world.sources.append(list(oracle.sources(asset)))
        confidence, disagreement, jump, floor = oracle.bounds(asset)
        world.listings[asset] = Listing(
            tuple((asset, i) for i in range(len(config.sources))),
            confidence,
            disagreement,
            jump,
            oracle.deviation(asset),
            floor,
        )
    like = world.config.assets["ETH"]
    world.listing = {"sources": world.sources[1], **like.listing, "correlations": NEW_CORRELATIONS}

"""A RiskEngine on a MockOracle, and what the mirror needs to know of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import astuple
from typing import Any

from chain import Chain, Contract, Receipt
from chain.deployment import CROSS
from chain.interface import ZERO_ADDRESS
from margin_model import price_word, requirement, tier_table
from margin_model.fixed_point import WAD
from margin_model.price_word import VALID
from margin_model.requirement import Asset, Exposure, Parameters
from margin_model.risk_word import RiskWord

SAMPLE_INTERVAL = 60
REPORT_RANGE = 4 * WAD
PARAMETERS = Parameters(
    im_multiplier=15 * 10**17,
    buffer=10**17,
    ramp_up=25 * 10**16,
    ramp_down=10**17,
    keeper_cost=5 * WAD,
    breakdown=3_000,
    floor=100,
)
TIERS = ((0, 40), (50_000, 50), (250_000, 100), (1_000_000, 250), (10_000_000, 500))
# kappa 6 at T0 = 1/16 day: the target is 1.5 sigma
RISK = {
    "kappa": 6 * WAD,
    "horizon": 5400,
    "line_floor": 10**16,
    "line_cap": 3 * 10**17,
    "depth": 10_000_000,
    "tier_table": 0,
    "haircut_floor": 500,
    "haircut_cap": 5000,
    "deposit_cap": 10**9 * WAD,
    "shocks": [-8, 8, -4, 4] + [0] * 12,
}
NO_RISK = (0,) * 9 + ([0] * 16,)  # of an asset not listed
INITIAL_LINE = 5 * 10**16
PRICE = 1000 * WAD


def risk_of(**changes: Any) -> tuple[Any, ...]:
    """An `AssetRisk` that differs from `RISK` in `changes`."""
    assert changes.keys() <= RISK.keys()
    return tuple({**RISK, **changes}.values())


# Depth is endless, and without variance the line stays where it was listed.
STEADY_RISK = risk_of(
    kappa=WAD, horizon=3_600, line_floor=INITIAL_LINE, line_cap=WAD // 2, depth=2**48 - 1
)


def variance_of(target: int) -> int:
    """Variance at which `RISK` gives that target line (both wad)."""
    sigma = target * 2 // 3
    return sigma * sigma // WAD


def exposure_of(
    cash: int = 0,
    sizes: dict[int, int] | None = None,
    amounts: dict[int, int] | None = None,
    cost: int = 0,
    kind: int = CROSS,
) -> Exposure:
    """Exposure with positions and collateral by asset, all in wad."""
    sizes, amounts = sizes or {}, amounts or {}
    return Exposure(
        kind,
        cash,
        cash - cost,
        sum(1 << asset for asset in sizes),
        sum(1 << asset for asset in amounts),
        [sizes.get(asset, 0) for asset in range(16)],
        [amounts.get(asset, 0) for asset in range(16)],
    )


def deploy_engine(
    chain: Chain,
    artifacts: Any,
    oracle: str,
    parameters: Parameters = PARAMETERS,
    reports: str = ZERO_ADDRESS,
    peg: tuple[int, int] = (0, 0),
) -> Contract:
    """A RiskEngine; reports may raise a variance by `REPORT_RANGE`, where there are any.

    `peg` is the quote asset and its bound (wad); bound 0: nobody looks.
    """
    args = (*astuple(parameters), REPORT_RANGE, *peg)
    return chain.deploy(artifacts["RiskEngine"], oracle, reports, *args)


class RiskWorld:
    """One engine, its oracle, and the words that are handed to it."""

    def __init__(
        self,
        chain: Chain,
        artifacts: Any,
        parameters: Parameters = PARAMETERS,
        reports: str = ZERO_ADDRESS,
        peg: tuple[int, int] = (0, 0),
    ) -> None:
        self.chain = chain
        self.parameters = parameters
        self.oracle = chain.deploy(artifacts["MockOracle"], SAMPLE_INTERVAL)
        oracle = self.oracle.address
        self.engine = deploy_engine(chain, artifacts, oracle, parameters, reports, peg)
        self.engine.set_tier_table(0, TIERS)
        self.words = [0] * 16

    def list_asset(self, asset: int, initial_line: int = INITIAL_LINE, **changes: int) -> Receipt:
        receipt: Receipt = self.engine.list_asset_risk(asset, initial_line, risk_of(**changes))
        return receipt

    def read(
        self,
        asset: int,
        price: int = PRICE,
        ema: int | None = None,
        live: int = 0,
        confidence: int = 0,
        state: int = VALID,
    ) -> None:
        """Sets the reading of an asset, in the oracle and for the next checks."""
        word = price_word.pack(price, price if ema is None else ema, live, confidence, state)
        self.words[asset] = word
        self.oracle.set_word(asset, word)

    def sample(self, seconds: int = SAMPLE_INTERVAL) -> Receipt:
        """Samples after `seconds`."""
        self.chain.advance(seconds)
        receipt: Receipt = self.engine.sample()
        return receipt

    def assess(self, exposure: Exposure, words: Sequence[int] | None = None) -> Any:
        return self.engine.assess(exposure, words or self.words)

    def assets(self) -> dict[int, Asset]:
        """What the mirror needs of every listed asset, from public views alone."""
        found = {}
        for asset in range(16):
            if not (self.engine.listed_assets() >> asset) & 1:
                continue
            risk = self.engine.asset_risk(asset)
            line, started_at = self.engine.ramp_start(asset)
            table = tier_table.pack(
                [tier_table.Tier(*t) for t in self.engine.tiers(risk.tier_table)]
            )
            found[asset] = Asset(
                RiskWord(
                    line,
                    self.engine.line(asset, 0)[1],
                    started_at,
                    risk.depth,
                    risk.tier_table,
                    risk.haircut_floor,
                    risk.haircut_cap,
                ),
                table,
                tuple(risk.shocks),
            )
        return found

    def expected(self, exposure: Exposure) -> requirement.Health:
        """The mirror's answer."""
        rows = self.oracle.correlations(2**16 - 1)
        return requirement.assess(exposure, self.words, self.assets(), self.parameters, rows=rows)


def three_assets(chain: Chain, artifacts: Any) -> RiskWorld:
    """Assets 0, 1 and 2 at 1000, line 5 %, with brackets that ask nothing worth naming."""
    world = RiskWorld(chain, artifacts)
    world.engine.set_tier_table(0, [(0, 1)])
    for asset in range(3):
        world.read(asset)
        world.list_asset(asset)
    return world

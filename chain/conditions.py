"""All that decides about an account besides what it has, as it stands at a block.

With it the exact mirror computes what `Clearinghouse.health` does (`margin_model.requirement`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields

from chain.deployment import Deployment
from chain.holdings import Account
from chain.ledger import Ledger
from margin_model import (
    funding_math,
    interest_math,
    ledger_math,
    price_word,
    requirement,
    tier_table,
)
from margin_model.funding_math import Funding
from margin_model.interest_math import Curve
from margin_model.requirement import ASSETS, Asset, Exposure, Health, Parameters
from margin_model.risk_word import RiskWord


@dataclass(frozen=True)
class Conditions:
    """Prices, lines and funding.

    Attributes
    ----------
    words : sequence of int, shape (16,)
        Readings of all assets, see `price_word`.
    rows : sequence of int
        Packed correlations of all assets, see `portfolio_math`.
    assets : mapping of asset id to Asset
    parameters : Parameters
    funding : mapping of market to Funding
    max_funding_rate : int
        [per day, 1e-15]
    off_peg : bool
        Whether the last sample found the quote token off its peg.
    """

    words: Sequence[int]
    rows: Sequence[int]
    assets: Mapping[int, Asset]
    parameters: Parameters
    funding: Mapping[int, Funding]
    max_funding_rate: int
    off_peg: bool

    @classmethod
    def read(cls, protocol: Deployment) -> Conditions:
        """Ask the chain the protocol was found on."""
        house, risk = protocol.clearinghouse, protocol.risk
        listed = [i for i in range(ASSETS) if risk.listed_assets() >> i & 1]
        every = sum(1 << asset for asset in listed)
        words = tuple(protocol.oracle.read(every))
        # The time of the last touch and the velocity are in no view.
        slot = house.artifact.slot("position_book.funding")
        storage = protocol.chain.storage
        return cls(
            words,
            protocol.oracle.correlations(every),
            {asset: _asset(protocol, asset, words[asset]) for asset in listed},
            Parameters(**{f.name: getattr(risk, f.name.upper())() for f in fields(Parameters)}),
            {
                market: funding_math.unpack(storage(house.address, slot + market))
                for market in range(ASSETS)
                if house.listed_markets() >> market & 1
            },
            house.MAX_FUNDING_RATE(),
            risk.off_peg(),
        )

    def funding_index(self, market: int) -> int:
        """F now [quote wad per unit]."""
        reading = price_word.unpack(self.words[market])
        live = reading.live if reading.usable else 0
        return funding_math.index_at(
            self.funding[market], live, reading.price, self.max_funding_rate
        )

    def price(self, asset: int) -> int:
        """[quote wad per unit]"""
        return price_word.unpack(self.words[asset]).price

    def exposure(self, ledger: Ledger, account: int) -> Exposure:
        """What the risk engine is told of an account."""
        held: Account = ledger.accounts[account]
        cash = base = ledger.cash(account)
        sizes, amounts = [0] * ASSETS, [0] * ASSETS
        markets = collaterals = 0
        for market, (size, cost) in held.positions.items():
            markets |= 1 << market
            sizes[market] = size
            base -= ledger_math.funding_owed(size, self.funding_index(market)) + cost
        for token, amount in held.amounts.items():
            if token not in ledger.tokens:
                continue  # its listing is missing: other lines tell
            asset = ledger.tokens[token].asset
            collaterals |= 1 << asset
            amounts[asset] += amount
        return Exposure(held.kind, cash, base, markets, collaterals, sizes, amounts)

    def health(self, exposure: Exposure) -> Health:
        """As `Clearinghouse.health`."""
        return requirement.assess(
            exposure,
            self.words,
            self.assets,
            self.parameters,
            rows=self.rows,
            off_peg=self.off_peg,
        )


def project_interest(protocol: Deployment, ledger: Ledger) -> None:
    """Let interest run from the last event that told of it to the time of the block."""
    house, chain = protocol.clearinghouse, protocol.chain
    # The time of the last accrual is in no view.
    word = chain.storage(house.address, house.artifact.slot("cash_book.sides"))
    _, _, since = interest_math.unpack_side(word)
    supplied, borrowed = ledger.sums()
    supply, debt, to_pool, to_fund = interest_math.advance(
        interest_math.pack_side(supplied, ledger.supply_index, since),
        interest_math.pack_side(borrowed, ledger.borrow_index),
        Curve(*protocol.interest.parameters()),
        chain.time,
    )
    indices = interest_math.unpack_side(supply)[1], interest_math.unpack_side(debt)[1]
    if indices != (ledger.supply_index, ledger.borrow_index):
        ledger.move_indices(*indices, to_pool, to_fund)


def _asset(protocol: Deployment, asset: int, word: int) -> Asset:
    risk = protocol.risk
    listed = risk.asset_risk(asset)
    line, started_at = risk.ramp_start(asset)
    _, target = risk.line(asset, price_word.unpack(word).live)
    brackets = [tier_table.Tier(*tier) for tier in risk.tiers(listed.tier_table)]
    return Asset(
        RiskWord(
            line,
            target,
            started_at,
            listed.depth,
            listed.tier_table,
            listed.haircut_floor,
            listed.haircut_cap,
        ),
        tier_table.pack(brackets),
        tuple(listed.shocks),
    )

"""The real contracts around an oracle that answers what a test sets."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from chain import Artifacts, Chain, Contract, Receipt
from chain.deployment import CROSS, POOL
from margin_model.fixed_point import WAD
from margin_model.price_word import VALID
from tests.invariants import check_conservation
from tests.unit.ledger_world import NO_INTEREST
from tests.unit.risk_world import (
    INITIAL_LINE,
    PARAMETERS,
    SAMPLE_INTERVAL,
    STEADY_RISK,
    deploy_engine,
)

ANY_PRICE = 2**255 - 1
ANY_EQUITY = -(2**255)

DUST = WAD // 100  # more than all premium at the endless skew scale [quote wad]

MARKETS = 8
COLLATERALS = {"GOLD": 8, "IRON": 0}  # token -> asset
ASSETS = 9
PRICE = 100 * WAD
LINE = INITIAL_LINE

PARAMS = {
    "s0": WAD // 20,
    "s1": WAD // 4,
    "fast_phase": 240,
    "slow_phase": 960,
    "penalty": WAD // 20,
    "tip": 2 * WAD,
    "chip": WAD // 200,
    "dust": 100 * WAD,
}
FUND_PARAMS = (86_400, 86_400, 86_400, 5000)
POOL_PARAMS = (WAD, 1, 60, 60, 86_400, WAD, 2_000)
IM_MULTIPLIER = PARAMETERS.im_multiplier
BUFFER = PARAMETERS.buffer
KEEPER_COST = PARAMETERS.keeper_cost


class World:
    """A protocol of eight markets and two collaterals, and shorthands to bring accounts about.

    All prices start at 100, all lines at 5 %, orders fill at mark without fee, funding is zero.
    """

    def __init__(self, chain: Chain, artifacts: Artifacts) -> None:
        self.chain = chain
        self.artifacts = artifacts
        deploy = self._deploy
        self.usdc = deploy("MockERC20", "USD Coin", "USDC", 6)
        self.oracle = deploy("MockOracle", SAMPLE_INTERVAL)
        self.risk = deploy_engine(chain, artifacts, self.oracle.address)
        interest = deploy("InterestModel", NO_INTEREST)
        _, pool, fund, auction, self._deleveraging = chain.next_contracts(5)
        self.clearinghouse = deploy(
            "Clearinghouse",
            self.usdc.address,
            self.oracle.address,
            self.risk.address,
            interest.address,
            10**15,
            pool,
            auction,
            fund,
        )
        self.pool = deploy(
            "LiquidityPool",
            self.clearinghouse.address,
            self.oracle.address,
            self.risk.address,
            POOL_PARAMS,
        )
        self.fund = deploy("InsuranceFund", self.clearinghouse.address, FUND_PARAMS)
        self.auction = self.deploy_auction()
        self.deleveraging = deploy(
            "Deleveraging",
            self.clearinghouse.address,
            self.oracle.address,
            self.risk.address,
        )
        self.lens = deploy(
            "AccountLens",
            self.clearinghouse.address,
            self.oracle.address,
            self.risk.address,
            self.auction.address,
        )
        self._list_assets()
        self.owner = chain.accounts[1]

    def _deploy(self, name: str, *args: Any) -> Contract:
        return self.chain.deploy(self.artifacts[name], *args)

    def deploy_auction(self, **changes: int) -> Contract:
        """A LiquidationAuction of these contracts, with some parameters changed."""
        return self._deploy(
            "LiquidationAuction",
            self.clearinghouse.address,
            self.oracle.address,
            self.risk.address,
            self.pool.address,
            self.fund.address,
            self._deleveraging,
            tuple({**PARAMS, **changes}.values()),
        )

    def _list_assets(self) -> None:
        self.oracle.set_asset_count(ASSETS)
        self.risk.set_tier_table(0, [(0, 100)])
        for asset in range(ASSETS):
            self.set_price(asset, PRICE)
            self.risk.list_asset_risk(asset, LINE, STEADY_RISK)
        for market in range(MARKETS):
            self.clearinghouse.list_market(market, 10**30, 0)
            self.pool.set_market_fees(market, (0, 0, 100_000))
        self.tokens: dict[str, Contract] = {}
        for symbol, asset in COLLATERALS.items():
            token = self._deploy("MockERC20", symbol, symbol, 18)
            self.tokens[symbol] = token
            self.clearinghouse.list_collateral(token.address, asset, WAD)

    # ── prices ───────────────────────────────────────────────────────────────────────────────────

    def set_price(self, asset: int, price: int, state: int = VALID, live: int = 0) -> None:
        """Price, and EMA price, of an asset [quote wad per unit]."""
        self.oracle.set_word(asset, price | price << 88 | live << 176 | state << 248)

    def raise_lines(self, live: int = 0) -> None:
        """Sends all targets to the cap; they ramp as `live` of the readings goes on."""
        for asset in range(ASSETS):
            self.oracle.set_variance(asset, 100 * WAD)
        self.chain.advance(SAMPLE_INTERVAL)
        self.risk.sample()
        for asset in range(ASSETS):
            self.set_price(asset, PRICE, live=live)

    # ── accounts ─────────────────────────────────────────────────────────────────────────────────

    def open(self, quote: int = 0, owner: str | None = None, kind: int = CROSS) -> int:
        """A new account with that much cash [quote wad]."""
        account = self.clearinghouse.open_account(owner or self.owner, kind).result
        if quote:
            self.deposit(account, quote, owner)
        return account

    def deposit(self, account: int, quote: int, owner: str | None = None) -> None:
        """[quote wad], a whole number of token units."""
        self._pull(self.usdc, account, quote // 10**12, owner)

    def add_collateral(
        self, account: int, symbol: str, amount: int, owner: str | None = None
    ) -> None:
        """[wad units]."""
        self._pull(self.tokens[symbol], account, amount, owner)

    def _pull(self, token: Contract, account: int, amount: int, owner: str | None) -> None:
        owner = owner or self.owner
        token.mint(owner, amount)
        token.approve(self.clearinghouse.address, amount, sender=owner)
        self.clearinghouse.deposit(account, token.address, amount, sender=owner)

    def trade(self, account: int, market: int, size: int, owner: str | None = None) -> None:
        """Fills an order at mark [wad units]; the account has cash for the keeper fee."""
        owner = owner or self.owner
        limit = 2**87 if size > 0 else 1
        self.pool.submit_order(account, market, size, limit, sender=owner)
        self.chain.advance(5)
        assert self.pool.execute_order(account, account, b"proof").result

    def provide(self, quote: int) -> None:
        """Puts liquidity into the pool [quote wad]."""
        account = self.open(quote)
        request = self.pool.request_entry(account, quote, 0, sender=self.owner).result
        self.chain.advance(60)
        assert self.pool.execute_request(request).result

    def stake(self, quote: int) -> None:
        """Puts quote into the insurance fund [quote wad]; a new epoch begins."""
        account = self.open(quote)
        self.fund.stake(account, quote, 0, sender=self.owner)
        self.chain.advance(FUND_PARAMS[2])

    def long(self, quote: int, sizes: Mapping[int, int], owner: str | None = None) -> int:
        """A new account with that much cash and these positions by market [wad units]."""
        account = self.open(quote, owner)
        for market, size in sizes.items():
            self.trade(account, market, size, owner)
        return account

    def borrower(self, quote: int) -> int:
        """A new account with 100 units of gold, and that much debt taken out [quote wad]."""
        account = self.open()
        self.add_collateral(account, "GOLD", 100 * WAD)
        self.clearinghouse.withdraw(
            account, self.usdc.address, quote // 10**12, self.owner, sender=self.owner
        )
        return account

    # ── auctions ─────────────────────────────────────────────────────────────────────────────────

    def sink(self, account: int, price: int = 895 * WAD // 10) -> Receipt:
        """In auction after a fall of market 0; of 1,000 long by default E = -500, MM = 4,480."""
        self.set_price(0, price)
        return self.auction.start(account, 0)

    def bid(
        self,
        account: int,
        buyer: int,
        sender: str,
        fraction: int = WAD,
        *,
        price: int = ANY_PRICE,
        equity: int = ANY_EQUITY,
    ) -> Receipt:
        """A bid for a slice, by default for all and without limits."""
        return self.auction.bid(account, buyer, fraction, price, equity, sender=sender)

    def run_clock(self, account: int, seconds: int) -> None:
        """Pokes an auction until it is that much older [s]."""
        while seconds > 0:
            self.chain.advance(min(seconds, 2 * SAMPLE_INTERVAL))
            self.auction.poke(account)
            seconds -= 2 * SAMPLE_INTERVAL

    def ruin_pool(self) -> int:
        """A winner took all of the pool's equity home, and there is nobody left who could lose to
        the pool."""
        self.hedge()
        winner = self.long(10**5 * WAD, {7: 5000 * WAD})
        self.set_price(7, PRICE + (self.equity(POOL) - DUST) // 5000)
        self.trade(winner, 7, -5000 * WAD)
        assert 0 < self.equity(POOL) <= DUST
        assert self.clearinghouse.account(POOL).markets == 0
        return winner

    def hedge(self) -> int:
        """An account takes over all the pool's positions, and is no supplier to speak of."""
        account = self.open(100 * WAD)
        self.add_collateral(account, "GOLD", 10**5 * WAD)
        for market in range(MARKETS):
            skew = self.clearinghouse.market(market).skew
            if skew:
                self.trade(account, market, -skew)
        return account

    # ── what is asked most ───────────────────────────────────────────────────────────────────────

    def health(self, account: int) -> Any:
        return self.lens.health(account)

    def equity(self, account: int) -> int:
        return self.lens.health(account).equity

    def cash(self, account: int) -> int:
        return self.clearinghouse.cash(account)

    def events(self, receipt: Receipt, name: str, contract: Contract | None = None) -> list[Any]:
        """Arguments of the events of that name, of the auction unless said otherwise."""
        found = (contract or self.auction).events(receipt)
        return [event.args for event in found if event.name == name]

    def event(self, receipt: Receipt, name: str, contract: Contract | None = None) -> Any:
        """Arguments of the one event of that name."""
        (arguments,) = self.events(receipt, name, contract)
        return arguments

    def check(self) -> None:
        """I1, I2, I3."""
        check_conservation(self.clearinghouse)

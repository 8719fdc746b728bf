"""Real Clearinghouse, RiskEngine, pool and fund around an oracle that answers what a test sets; in
place of the auction stands a contract that calls whatever a test tells it to.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from chain import Artifacts, Chain, Contract, Receipt
from chain.codec import tuple_codec
from chain.deployment import CROSS
from margin_model import skew_pricing
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

PRICES = (100 * WAD, 2_000 * WAD, 10 * WAD, 50 * WAD)
MARKETS = 3
SCALE = 10_000 * WAD
MAKER, TAKER, CAP = 2, 5, 10_000
GOLD = 0  # token id; asset 3, 18 decimals
IRON = 1  # token id; asset 0, 8 decimals

LINE = INITIAL_LINE
IM_MULTIPLIER = PARAMETERS.im_multiplier
INITIAL_RATE = LINE * 3 // 2
KEEPER_COST = PARAMETERS.keeper_cost

KEEPER_FEE = WAD
MIN_DELAY = 2
REQUEST_DELAY, EXIT_DELAY, REQUEST_WINDOW = 60, 3_600, 86_400
MIN_REQUEST = 10 * WAD
FUND_SHARE = 2_000  # [bps]
POOL_NAMES = (
    "keeper_fee",
    "min_delay",
    "request_delay",
    "exit_delay",
    "request_window",
    "min_request",
    "fund_share",
)
POOL_PARAMS = (
    KEEPER_FEE,
    MIN_DELAY,
    REQUEST_DELAY,
    EXIT_DELAY,
    REQUEST_WINDOW,
    MIN_REQUEST,
    FUND_SHARE,
)
COOLDOWN, WINDOW, EPOCH, EPOCH_CAP = 86_400, 7_200, 86_400, 2_000
FUND_PARAMS = (COOLDOWN, WINDOW, EPOCH, EPOCH_CAP)

PROOF = b"\x01"  # the oracle's double believes anything
NO_LIMIT = 2**256 - 1


class Venue:
    """Three markets and two collaterals; lines stay at 5 %, funding is zero, depth endless.

    The pool starts with `liquidity` of one provider, `self.provider_account`.
    """

    def __init__(
        self, chain: Chain, artifacts: Artifacts, liquidity: int = 1_000_000 * WAD
    ) -> None:
        self.chain = chain
        self.artifacts = artifacts
        deploy = self.deploy
        self.usdc = deploy("MockERC20", "USD Coin", "USDC", 6)
        self.oracle = deploy("MockOracle", SAMPLE_INTERVAL)
        self.risk = deploy_engine(chain, artifacts, self.oracle.address)
        interest = deploy("InterestModel", NO_INTEREST)
        self.auction = deploy("MockCaller")
        _, pool, fund = chain.next_contracts(3)
        self.house = deploy(
            "Clearinghouse",
            self.usdc,
            self.oracle,
            self.risk,
            interest,
            1,
            pool,
            self.auction,
            fund,
        )
        self.pool = self.deploy_pool()
        self.fund = deploy("InsuranceFund", self.house, FUND_PARAMS)
        self._list()
        self.owner = chain.accounts[1]
        self.keeper = self.open()
        self.provider_account = self.open(liquidity)
        if liquidity:
            self.provide(self.provider_account, liquidity)

    @contextmanager
    def undone(self) -> Iterator[None]:
        """What happens inside is undone afterwards."""
        snapshot = self.chain.snapshot()
        try:
            yield
        finally:
            self.chain.revert(snapshot)

    def deploy(self, name: str, *args: Any) -> Contract:
        return self.chain.deploy(self.artifacts[name], *args)

    def deploy_pool(self, **changes: Any) -> Contract:
        """A pool of these contracts, with some constructor arguments changed."""
        contracts = {"house": self.house, "oracle": self.oracle, "risk": self.risk}
        params = dict(zip(POOL_NAMES, POOL_PARAMS, strict=True))
        for name, value in changes.items():
            (contracts if name in contracts else params)[name] = value
        return self.deploy("LiquidityPool", *contracts.values(), tuple(params.values()))

    def _list(self) -> None:
        self.oracle.set_asset_count(len(PRICES))
        self.risk.set_tier_table(0, [(0, 100)])
        for asset, price in enumerate(PRICES):
            self.set_price(asset, price)
            self.risk.list_asset_risk(asset, LINE, STEADY_RISK)
        for market in range(MARKETS):
            self.house.list_market(market, SCALE, 0)
            self.pool.set_market_fees(market, (MAKER, TAKER, CAP))
        self.tokens = []
        for symbol, decimals, asset in (("GOLD", 18, 3), ("IRON", 8, 0)):
            token = self.deploy("MockERC20", symbol, symbol, decimals)
            self.house.list_collateral(token, asset, WAD)
            self.tokens.append(token)

    # ── prices ───────────────────────────────────────────────────────────────────────────────────

    def set_price(self, asset: int, price: int, state: int = VALID, ema: int | None = None) -> None:
        """Price of an asset, EMA the same unless given [quote wad per unit]."""
        word = price | (price if ema is None else ema) << 88 | state << 248
        self.oracle.set_word(asset, word)

    def set_state(self, asset: int, state: int) -> None:
        """State of an asset at its first price."""
        self.set_price(asset, PRICES[asset], state)

    def words(self, *assets: int) -> list[int]:
        """Readings of some assets, all four by default."""
        bitmap = sum(1 << asset for asset in assets or range(len(PRICES)))
        return list(self.oracle.read(bitmap))

    # ── accounts ─────────────────────────────────────────────────────────────────────────────────

    def open(self, quote: int = 0, owner: str | None = None, kind: int = CROSS) -> int:
        """A new account with that much cash [quote wad, a whole number of token units]."""
        owner = owner or self.owner
        account = self.house.open_account(owner, kind).result
        if quote:
            self.deposit(account, self.usdc, quote // 10**12, owner)
        return int(account)

    def deposit(self, account: int, token: Contract, amount: int, owner: str | None = None) -> None:
        """[token units]."""
        owner = owner or self.owner
        token.mint(owner, amount)
        token.approve(self.house, amount, sender=owner)
        self.house.deposit(account, token, amount, sender=owner)

    def cash(self, account: int) -> int:
        return int(self.house.cash(account))

    def size(self, account: int, market: int) -> int:
        return int(self.house.position(account, market).size)

    def skew(self, market: int) -> int:
        return int(self.house.market(market).skew)

    def health(self, account: int) -> Any:
        return self.house.health(account, self.words())

    # ── orders ───────────────────────────────────────────────────────────────────────────────────

    def submit(self, account: int, market: int, size: int, limit: int | None = None) -> Receipt:
        """Queues an order, by default without a limit [wad units, quote wad per unit]."""
        if limit is None:
            limit = NO_LIMIT if size > 0 else 0
        return self.pool.submit_order(account, market, size, limit, sender=self.owner)

    def execute(self, account: int, proof: bytes = PROOF, keeper: int | None = None) -> Receipt:
        return self.pool.execute_order(account, keeper or self.keeper, proof)

    def order(self, account: int, market: int, size: int, limit: int | None = None) -> Receipt:
        """Submits an order and executes it as soon as possible."""
        self.submit(account, market, size, limit)
        self.chain.advance(MIN_DELAY + 1)
        return self.execute(account)

    def trade(self, account: int, market: int, size: int) -> Any:
        """An order that must be filled; its `OrderExecuted`."""
        receipt = self.order(account, market, size)
        return self.event(receipt, "OrderExecuted")

    def cancelled(self, receipt: Receipt) -> str:
        """The reason an order was cancelled for."""
        assert receipt.result is False
        return str(self.event(receipt, "OrderCancelled").reason)

    def fill(self, market: int, size: int, price: int | None = None) -> int:
        """What the mirror says an order fills at now [quote wad per unit]."""
        price = PRICES[market] if price is None else price
        return skew_pricing.fill_price(price, self.skew(market), size, SCALE)

    # ── requests ─────────────────────────────────────────────────────────────────────────────────

    def provide(self, account: int, quote: int) -> Any:
        """Enters the pool; its `RequestExecuted`."""
        request = self.enter(account, quote)
        self.chain.advance(REQUEST_DELAY)
        return self.event(self.pool.execute_request(request), "RequestExecuted")

    def enter(self, account: int, amount: int, minimum: int = 0) -> int:
        """Id of a request to enter [quote wad, wad]."""
        return int(self.pool.request_entry(account, amount, minimum, sender=self.owner).result)

    def leave(self, account: int, shares: int, minimum: int = 0) -> int:
        """Id of a request to leave [wad, quote wad]."""
        return int(self.pool.request_exit(account, shares, minimum, sender=self.owner).result)

    def shares(self, holder: str | None = None) -> int:
        """[wad]."""
        return int(self.pool.balanceOf(holder or self.owner))

    # ── auction ──────────────────────────────────────────────────────────────────────────────────

    def as_auction(self, contract: Contract, name: str, *args: Any) -> Receipt:
        """Calls a function as the auction would; `result` is decoded."""
        data = getattr(contract, name).encode(*args)
        receipt = self.auction.relay(contract, data)
        entries = [e for e in contract.artifact.abi if e.get("name") == name]
        outputs = tuple_codec(entries[0]["outputs"])
        values = outputs.decode(receipt.result, 0) if entries[0]["outputs"] else [None]
        receipt.result = values[0]
        return receipt

    def begin_auction(self, account: int) -> None:
        self.as_auction(self.house, "begin_auction", account)

    # ── what is asked most ───────────────────────────────────────────────────────────────────────

    def events(self, receipt: Receipt, name: str, contract: Contract | None = None) -> list[Any]:
        """Arguments of the events of that name, of the pool unless said otherwise."""
        found = (contract or self.pool).events(receipt)
        return [event.args for event in found if event.name == name]

    def event(self, receipt: Receipt, name: str, contract: Contract | None = None) -> Any:
        """Arguments of the one event of that name."""
        (arguments,) = self.events(receipt, name, contract)
        return arguments

    def check(self) -> None:
        """I1, I2 and I3."""
        check_conservation(self.house)

"""The Clearinghouse alone.

Oracle and risk engine answer what a test sets, and the connected contracts are callers that relay
whatever they are told to.
"""

from __future__ import annotations

from typing import Any

from chain import Artifacts, Chain, Contract, Receipt
from chain.codec import tuple_codec
from chain.deployment import CROSS
from margin_model import price_word
from margin_model.fixed_point import WAD
from margin_model.interest_math import Curve
from margin_model.price_word import VALID
from tests.invariants import check_conservation

RAY = 10**27
DAY = 86_400
LIMIT = 2**127
ALL = 2**256 - 1

ASSETS = 10  # known to the oracle
MARKETS = 9  # 0..8 are markets
PRICE = 100 * WAD
SCALE = 10_000 * WAD
MAX_VELOCITY = 3 * 10**15  # 3 a day per day
MAX_RATE = 10**15 // 10  # 10 % a day
MIN_VALUE = 10 * WAD
# symbol -> (decimals, asset); token ids in this order, two on one asset
TOKENS = {"GOLD": (18, 0), "IRON": (8, 9), "TIN": (6, 9)}
GOLD, IRON, TIN = range(3)
NO_WORDS = [0] * 16
NO_INTEREST = Curve(0, 0, 0, 0, 0, 0)


class Ledger:
    """Nine markets and three collaterals, all prices at 100, all requirements zero."""

    def __init__(
        self,
        chain: Chain,
        artifacts: Artifacts,
        quote: str = "MockERC20",
        curve: Curve = NO_INTEREST,
    ) -> None:
        self.chain = chain
        self.artifacts = artifacts
        self.usdc = self.deploy(quote, "USD Coin", "USDC", 6)
        self.oracle = self.deploy("MockOracle", 60)
        self.oracle.set_asset_count(ASSETS)
        self.risk = self.deploy("MockRiskEngine")
        self.interest = self.deploy("InterestModel", curve)
        self.pool, self.auction, self.fund = (self.deploy("MockCaller") for _ in range(3))
        self.house = self.deploy("Clearinghouse", *self.arguments())
        for asset in range(ASSETS):
            self.set_price(asset)
        for market in range(MARKETS):
            self.house.list_market(market, SCALE, MAX_VELOCITY)
        self.tokens = {s: self.list_token("MockERC20", s, *args) for s, args in TOKENS.items()}
        self.owner = chain.accounts[1]
        self.keeper = self.open()

    def arguments(self) -> list[Any]:
        """What the Clearinghouse is constructed with."""
        asked = [self.usdc, self.oracle, self.risk, self.interest, MAX_RATE]
        return [*asked, self.pool, self.auction, self.fund]

    def deploy(self, name: str, *args: Any) -> Contract:
        return self.chain.deploy(self.artifacts[name], *args)

    def list_token(self, name: str, symbol: str, decimals: int, asset: int) -> Contract:
        token = self.deploy(name, symbol, symbol, decimals)
        self.house.list_collateral(token, asset, MIN_VALUE)
        return token

    # ── prices and requirements ──────────────────────────────────────────────────────────────────

    def set_price(self, asset: int, price: int = PRICE, state: int = VALID, live: int = 0) -> None:
        """Reading of an asset [quote wad per unit, s]."""
        self.oracle.set_word(asset, price_word.pack(price, price, live, 0, state))

    def words(self) -> list[int]:
        """Readings of all assets."""
        return list(self.oracle.read(2**16 - 1))

    def word(self, asset: int) -> int:
        return self.words()[asset]

    # ── accounts ─────────────────────────────────────────────────────────────────────────────────

    def open(self, quote: int = 0, owner: str | None = None, kind: int = CROSS) -> int:
        """A new account with that much cash [quote units]."""
        owner = owner or self.owner
        account = int(self.house.open_account(owner, kind).result)
        if quote:
            self.deposit(account, quote * 10**6, owner=owner)
        return account

    def deposit(
        self,
        account: int,
        amount: int,
        token: Contract | None = None,
        owner: str | None = None,
    ) -> Receipt:
        """[token units], quote by default."""
        token, owner = token or self.usdc, owner or self.owner
        self.fund_payer(token, amount, owner)
        return self.house.deposit(account, token, amount, sender=owner)

    def fund_payer(self, token: Contract, amount: int, payer: str | None = None) -> None:
        """Mints and approves [token units]."""
        payer = payer or self.owner
        token.mint(payer, amount)
        token.approve(self.house, amount, sender=payer)

    def withdraw(
        self, account: int, amount: int, token: Contract | None = None, owner: str | None = None
    ) -> Receipt:
        """To the owner himself [token units]."""
        owner = owner or self.owner
        return self.house.withdraw(account, token or self.usdc, amount, owner, sender=owner)

    def cash(self, account: int) -> int:
        return int(self.house.cash(account))

    def amount(self, account: int, token_id: int) -> int:
        return int(self.house.collateral_amount(account, token_id))

    def position(self, account: int, market: int) -> tuple[int, int]:
        return tuple(self.house.position(account, market))  # type: ignore[return-value]

    # ── connected contracts ──────────────────────────────────────────────────────────────────────

    def call_as(self, caller: Contract, name: str, *args: Any) -> Receipt:
        """Calls a function of the Clearinghouse as `caller`; `result` is decoded."""
        receipt = caller.relay(self.house, self.house.function(name).encode(*args))
        (entry,) = (e for e in self.house.artifact.abi if e.get("name") == name)
        if entry["outputs"]:
            receipt.result = tuple_codec(entry["outputs"]).decode(receipt.result, 0)[0]
        return receipt

    def reserve(self, account: int, market: int, size: int, fee: int = 0) -> Receipt:
        return self.call_as(self.pool, "reserve", account, market, size, fee, self.owner)

    def fill(
        self, account: int, price: int = PRICE, fee: int = 0, word: int = 0, keeper_fee: int = 0
    ) -> Receipt:
        args = (account, price, fee, word, self.keeper, keeper_fee)
        return self.call_as(self.pool, "fill", *args)

    def trade(
        self, account: int, market: int, size: int, price: int = PRICE, fee: int = 0
    ) -> Receipt:
        """An order and its fill at the market's reading."""
        self.reserve(account, market, size)
        return self.fill(account, price, fee, self.word(market))

    def begin_auction(self, account: int) -> Receipt:
        return self.call_as(self.auction, "begin_auction", account)

    def slice(
        self,
        account: int,
        bidder: int,
        fraction: int = WAD,
        payment: int = 0,
        penalty: int = 0,
        starter: int = 0,
        reward: int = 0,
    ) -> Receipt:
        args = (account, bidder, fraction, payment, penalty, starter, reward)
        return self.call_as(self.auction, "transfer_slice", *args)

    def absorb(self, account: int, payment: int = 0, words: list[int] | None = None) -> Receipt:
        words = self.words() if words is None else words
        return self.call_as(self.pool, "absorb", account, payment, words)

    def write_down(self, account: int, amount: int) -> int:
        return int(self.call_as(self.auction, "write_down", account, amount).result)

    # ── what is asked most ───────────────────────────────────────────────────────────────────────

    def events(self, receipt: Receipt, name: str) -> list[Any]:
        """Arguments of the events of that name."""
        return [event.args for event in self.house.events(receipt) if event.name == name]

    def event(self, receipt: Receipt, name: str) -> Any:
        """Arguments of the one event of that name."""
        (arguments,) = self.events(receipt, name)
        return arguments

    def check(self) -> Any:
        """I1, I2 and I3."""
        return check_conservation(self.house)

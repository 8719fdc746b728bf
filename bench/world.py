"""A protocol of eight markets on anvil, and accounts brought to where an operation is measured."""

from __future__ import annotations

from dataclasses import dataclass, replace

from chain import Contract, Receipt
from chain.config import Config, load_config
from chain.deployment import CROSS, Deployment
from chain.interface import Chain

WAD = 10**18
MARKETS = 8

PRICE = 1_000 * WAD
POSITION = 30 * WAD  # 30,000 quote a market: within the first tier
CASH_PER_MARKET = 2_400 * WAD
LINE = 5 * WAD // 100  # of all markets, and what their variances make of it
VARIANCE = 85 * 10**13  # [per day, wad]
LIQUIDITY = 20_000_000 * WAD
STAKE = 2_000_000 * WAD
BIDDER_CASH = 1_000_000 * WAD
COLLATERAL = WAD // 4  # of each of the two tokens: 250 quote
POKE_EVERY = 120  # two sample intervals: the most one poke can count [s]


def like_markets(config: Config, markets: int = MARKETS) -> Config:
    """`config` with assets like its first one; its two collaterals are on the first two of them."""
    like = next(iter(config.assets.values()))
    symbols = [f"A{i}" for i in range(markets)]
    calm = dict.fromkeys(("variance_fast", "variance_slow", "variance_long"), VARIANCE)
    listing = {**like.listing, **calm}
    like = replace(like, price=PRICE, initial_line=LINE, listing=listing)
    assets = {s: replace(like, symbol=s) for s in symbols}
    collaterals = {
        name: replace(collateral, asset=symbols[i % markets])
        for i, (name, collateral) in enumerate(config.collaterals.items())
    }
    stress = {
        name: dict.fromkeys(symbols, max(moves.values(), key=abs))
        for name, moves in config.stress.items()
    }
    return replace(config, assets=assets, collaterals=collaterals, stress=stress)


@dataclass
class World:
    """One deployment with a filled pool and fund.

    Every method that trades keeps the clock within one sample interval of the last sample and the
    last NAV unless it says otherwise, so that no measured operation pays for what the first of a
    minute pays for all; `sample` and `refresh NAV` have rows of their own.
    """

    chain: Chain
    protocol: Deployment
    keeper: int = 0
    bidder: int = 0

    @classmethod
    def deploy(cls, chain: Chain, proxied: bool, markets: int = MARKETS) -> World:
        config = like_markets(load_config("demo"), markets)
        world = cls(chain, Deployment.deploy(chain, config, proxied=proxied))
        world.keeper = world.open(WAD)
        world._provide()
        staker = world.open(STAKE)
        world.protocol.fund.stake(staker, STAKE, 0)
        world.bidder = world.open(BIDDER_CASH)
        world.sample()
        return world

    def _provide(self) -> None:
        provider = self.open(LIQUIDITY)
        request = self.protocol.pool.request_entry(provider, LIQUIDITY, 0).result
        self.chain.advance(60)
        self.publish()
        self.protocol.pool.execute_request(request)

    def open(self, quote: int, kind: int = CROSS) -> int:
        """A new account of the default sender with that much cash [quote wad]."""
        account = int(self.protocol.clearinghouse.open_account(self.chain.accounts[0], kind).result)
        self.deposit(account, self.protocol.quote, quote // 10**12)
        return account

    def fund_wallet(self, token: Contract, amount: int) -> None:
        """Mint and approve, with balance and allowance to spare, so that no slot is emptied."""
        token.mint(self.chain.accounts[0], 2 * amount)
        token.approve(self.protocol.clearinghouse, 2**256 - 1)

    def deposit(self, account: int, token: Contract, amount: int) -> Receipt:
        """[token units]."""
        self.fund_wallet(token, amount)
        receipt: Receipt = self.protocol.clearinghouse.deposit(account, token, amount)
        return receipt

    def publish(self, price: int = PRICE, but: int | None = None) -> None:
        """The same price on all feeds, now, one left out [quote wad per unit, asset]."""
        for symbol, asset in self.protocol.assets.items():
            if asset != but:
                self.protocol.set_price(symbol, price)

    def sample(self, price: int = PRICE) -> Receipt:
        """Fresh prices [quote wad per unit] and a sample that is due."""
        self.chain.advance(60)
        self.publish(price)
        receipt: Receipt = self.protocol.risk.sample()
        return receipt

    def sample_on_the_hour(self, price: int = PRICE) -> Receipt:
        """The same when the correlations are due, with a sample a minute or two before."""
        self.chain.advance(self.protocol.oracle.until_correlations() - POKE_EVERY)
        self.sample()
        self.chain.advance(POKE_EVERY)
        self.publish(price)
        receipt: Receipt = self.protocol.risk.sample()
        return receipt

    def refresh(self) -> Receipt:
        """What keepers and other traders' openings do every minute: a sample and the pool's NAV."""
        self.sample()
        receipt: Receipt = self.protocol.pool.refresh_nav()
        return receipt

    def submit(self, account: int, market: int, size: int) -> Receipt:
        """Queue an order without a limit [wad units]."""
        limit = 2**87 if size > 0 else 1
        receipt: Receipt = self.protocol.pool.submit_order(account, market, size, limit)
        return receipt

    def execute(self, account: int, market: int) -> Receipt:
        """Publish the price the pending order waits for and execute it."""
        symbol = list(self.protocol.assets)[market]
        self.chain.advance(3)
        self.protocol.set_price(symbol, PRICE)
        since = self.protocol.pool.order(account).submitted_at + self.protocol.pool.MIN_DELAY()
        proof = self.protocol.feeds[symbol][0].proof(since)
        receipt: Receipt = self.protocol.pool.execute_order(account, self.keeper, proof)
        if not receipt.result:
            events = self.protocol.pool.events(receipt)
            raise RuntimeError(f"benchmark order cancelled: {events}")
        return receipt

    def trader(self, markets: int, room: int = 0, kind: int = CROSS) -> int:
        """An account with two collaterals, that many long positions, and cash for `room` more."""
        # in a portfolio equal assets are as one: their stress is above their standard margin
        cash = CASH_PER_MARKET if kind == CROSS else 3 * CASH_PER_MARKET
        account = self.open((markets + room) * cash + 100 * WAD, kind)
        for token in self.protocol.collaterals.values():
            self.deposit(account, token, COLLATERAL // 10 ** (18 - token.decimals()))
        for market in range(markets):
            self.sample()
            self.submit(account, market, POSITION)
            self.execute(account, market)
        self.refresh()
        return account

    def crash(self, account: int, loss: int) -> None:
        """Let all prices fall until the account has lost `loss` of its notional [wad]."""
        self.chain.advance(60)
        self.publish(PRICE * (WAD - loss) // WAD)
        self.protocol.risk.sample()

    def start(self, account: int) -> Receipt:
        receipt: Receipt = self.protocol.auction.start(account, self.keeper)
        return receipt

    def bid(self, account: int, fraction: int) -> Receipt:
        """A bid of any price by the bidder [wad]."""
        receipt: Receipt = self.protocol.auction.bid(
            account, self.bidder, fraction, 2**200, -(2**200)
        )
        return receipt

    def run_out(self, account: int, price: int) -> None:
        """Let the clock of a running auction reach s = 1, poked as often as it must be."""
        parameters = self.protocol.auction.parameters()
        left = parameters.fast_phase + parameters.slow_phase
        while left > 0:
            self.chain.advance(POKE_EVERY)
            left -= POKE_EVERY
            self.publish(price)
            self.protocol.auction.poke(account)
        self.chain.advance(60)
        self.publish(price)
        self.protocol.risk.sample()

"""One short life of a protocol, told the same way on every chain."""

from __future__ import annotations

from dataclasses import dataclass

from chain import Chain, Contract, Deployment
from chain.config import load_config
from chain.deployment import CROSS, FIRST_USER, POOL

WAD = 10**18
UNLIMITED = 2**256 - 1
CONFIRMATION = 200  # longer than the oracle's [s]
CRASHED = 26_800 * WAD
PRICES = {"BTC": 30_000 * WAD, "ETH": 2_000 * WAD, "SOL": 60 * WAD}


@dataclass
class Story:
    """A deployment with a provider, a trader and a keeper; each step may be told once."""

    chain: Chain
    protocol: Deployment
    provider: int
    trader: int
    keeper: int

    @classmethod
    def begin(cls, chain: Chain) -> Story:
        """Deploy everything; open and fill three accounts of three owners."""
        protocol = Deployment.deploy(chain, load_config("demo"))
        story = cls(chain, protocol, FIRST_USER, FIRST_USER + 1, FIRST_USER + 2)
        for account, (token, amount) in {
            story.provider: (protocol.quote, 2_000_000 * 10**6),
            story.trader: (protocol.quote, 10_000 * 10**6),
            story.keeper: (protocol.quote, 100 * 10**6),
        }.items():
            owner = story.owner(account)
            opened = protocol.clearinghouse.open_account(owner, CROSS, sender=owner)
            assert opened.result == account
            story.deposit(account, token, amount)
        story.deposit(story.trader, protocol.tokens["WBTC"], 10**7)
        return story

    def owner(self, account: int) -> str:
        return self.chain.accounts[account - FIRST_USER + 1]

    def deposit(self, account: int, token: Contract, amount: int) -> None:
        owner = self.owner(account)
        token.mint(owner, amount, sender=owner)
        token.approve(self.protocol.clearinghouse, UNLIMITED, sender=owner)
        self.protocol.clearinghouse.deposit(account, token, amount, sender=owner)

    def pass_time(self, seconds: int, **changed: int) -> None:
        """Let time pass, publish all prices and sample."""
        self.chain.advance(seconds)
        for symbol, price in {**PRICES, **changed}.items():
            self.protocol.set_price(symbol, price)
        self.protocol.risk.sample()

    def provide(self) -> None:
        """The provider enters the pool with half his cash."""
        pool, owner = self.protocol.pool, self.owner(self.provider)
        request = pool.request_entry(self.provider, 1_000_000 * WAD, 0, sender=owner).result
        self.pass_time(pool.REQUEST_DELAY())
        assert pool.execute_request(request).result is True
        assert pool.balanceOf(owner) > 0

    def trade(self, size: int) -> None:
        """The trader's order in BTC, executed by the keeper at the first price after the delay."""
        pool = self.protocol.pool
        limit = UNLIMITED if size > 0 else 1
        sent = pool.submit_order(
            self.trader, 0, size, min(limit, 10**26), sender=self.owner(self.trader)
        )
        since = sent.timestamp + pool.MIN_DELAY()
        self.chain.advance(pool.MIN_DELAY())
        self.protocol.set_price("BTC", PRICES["BTC"])
        self.chain.advance(1)  # within the price's own second another one might come first
        proof = self.protocol.feeds["BTC"][0].proof(since)
        executed = pool.execute_order(self.trader, self.keeper, proof)
        (event,) = [e for e in pool.events(executed) if e.name.startswith("Order")]
        assert event.name == "OrderExecuted", event
        assert self.protocol.clearinghouse.position(self.trader, 0).size == size

    def crash(self, price: int) -> None:
        """BTC falls; the price counts once the confirmation is over."""
        self.pass_time(60, BTC=price)
        self.pass_time(CONFIRMATION, BTC=price)

    def liquidate(self) -> None:
        """The keeper starts the auction; the provider bids for all there is to have."""
        auction = self.protocol.auction
        auction.start(self.trader, self.keeper)
        self.pass_time(60, BTC=CRASHED)
        sold = auction.bid(
            self.trader, self.provider, WAD, 2**127, -(2**127), sender=self.owner(self.provider)
        )
        assert "SliceSold" in {event.name for event in auction.events(sold)}

    def numbers(self) -> dict[str, object]:
        """What must not depend on the chain it was told on."""
        house, lens = self.protocol.clearinghouse, self.protocol.lens
        rows = [row._replace(account=0) for row in lens.page(1, 10)]
        return {
            "cash": [house.cash(a) for a in (POOL, self.provider, self.trader, self.keeper)],
            "position": tuple(house.position(self.trader, 0)),
            "line": self.protocol.risk.line(0, 2**31),
            "rows": [tuple(row) for row in rows],
            "supply": house.supply(),
        }

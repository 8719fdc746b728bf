"""The rounds of March 2023, when USDC fell to 0.88: once as quote, once as collateral.

Other prices stand still: what happens is the depeg's own doing.
"""

import math
from collections.abc import Iterator
from dataclasses import replace

import pytest

from chain import Reverted
from chain.config import load_config
from margin_model.price_word import UNCERTAIN
from oracle_sim.rounds import read_rounds
from tests.exploits.world import ETH, LIQUIDATABLE, STEP, WAD, World, wad
from tests.sim.files import DATA, needs_data

USDC, USDT, STETH = "USDC", "USDT", "STETH"
ROUNDS = "chainlink_usdc_usd_svb_rounds_*.csv.gz"
BEGIN = 1678406400  # 10 March 2023, 00:00 UTC
BOUND = 0.98
HOUR = 3_600

pytestmark = needs_data


def tape() -> Iterator[float]:
    """The price on the feed at every step, from a day before the fall to the last round."""
    (path,) = DATA.glob(ROUNDS)
    rounds = read_rounds(path)
    at, newest = 0, BEGIN
    while newest < rounds.updated_at[-1]:
        newest += 2 * STEP
        while at + 1 < len(rounds) and rounds.updated_at[at + 1] <= newest:
            at += 1
        yield float(rounds.price[at])


class Stage(World):
    """`config/stablecoins.yaml` without funding; a test says what the stablecoins are worth."""

    def __init__(self) -> None:
        self.usdc = self.usdt = 1.0
        config = load_config("stablecoins")
        ether = config.assets[ETH]
        still = replace(ether, market={**ether.market, "max_funding_velocity": 0})
        super().__init__(replace(config, assets={**config.assets, ETH: still}))
        self.muted = {USDC, USDT}  # `publish` of this class speaks for them

    def publish(self, **prices: float) -> None:
        super().publish(**prices)
        self.protocol.feeds[USDC][0].publish(wad(self.usdc))
        feed = self.protocol.feeds[USDT][0]
        feed.base.publish(wad(self.usdt))
        feed.rate.publish(wad(self.usdc))

    def step(self, **prices: float) -> None:
        """Two minutes, the most that one sample's live time covers."""
        self.wait(2 * STEP, step=2 * STEP, **prices)

    def is_off_peg(self) -> bool:
        return bool(self.protocol.risk.off_peg())

    def haircut(self, value: float) -> float:
        """Of that much of the other stablecoin [1]."""
        asset = self.protocol.assets[USDT]
        word = self.protocol.oracle.read(1 << asset)[asset]
        return float(self.protocol.risk.haircut(asset, wad(value), word) / WAD)

    def line(self) -> float:
        """Of the other stablecoin, now [1]."""
        asset = self.protocol.assets[USDT]
        live = self.reading(USDT).live
        return float(self.protocol.risk.line(asset, live)[0] / WAD)


@pytest.fixture
def stage() -> Stage:
    return Stage()


def test_quote_depeg__march_2023__stops_new_exposure_and_liquidates_nobody(stage: Stage) -> None:
    trader = stage.person()
    long, short = trader.open(6_000), trader.open(6_000)
    on_ether, on_tether = trader.open(0, STETH=5), trader.open(0, USDT=30_000)
    idle = trader.open(1_000)
    stage.trade(long, ETH, 30)  # 60,000 of notional each: ten times what is there
    stage.trade(short, ETH, -30)
    stage.trade(on_ether, ETH, 20)
    stage.trade(on_tether, ETH, 20)
    trader.withdraw(on_ether, 1_000)  # a debt in quote
    accounts = (long, short, on_ether, on_tether)
    before = {account: stage.health(account) for account in accounts}
    fund, tried, lowest = stage.fund(), 0, 1.0

    for price in tape():
        was_off = stage.is_off_peg()
        stage.usdc, lowest = price, min(lowest, price)
        stage.step()
        assert stage.is_off_peg() == (price < BOUND)
        for account in accounts:
            assert stage.protocol.lens.status(account) < LIQUIDATABLE
        # quote is the unit: the depeg moves no equity but that of the other stablecoin
        for account in (long, short, on_ether):
            assert stage.health(account).equity == pytest.approx(before[account].equity, rel=1e-3)
        if stage.is_off_peg() and not was_off:
            tried += 1
            assert stage.order(long, ETH, 1).args.reason == "uncertain price"
            for account, symbol in ((long, None), (on_ether, STETH), (on_tether, USDT)):
                with pytest.raises(Reverted, match="price: not valid"):
                    trader.withdraw(account, 0.01, symbol)
            stage.trade(long, ETH, -0.5)  # reducing goes on
            trader.deposit(long, 10)  # so does adding margin
            trader.deposit(on_tether, 10, USDT)
            trader.withdraw(idle, 10)  # who owes nothing leaves with his quote
            before[long] = stage.health(long)
    assert lowest == pytest.approx(0.88, abs=0.005)
    assert tried >= 1
    assert stage.is_off_peg()  # the file ends before quote came back
    assert stage.reading(USDT).price == pytest.approx(1 / stage.usdc * WAD, rel=1e-6)

    # a fall of ether meanwhile is liquidated as ever
    bidder = stage.person().open(500_000)
    while not stage.is_liquidatable(long):
        stage.step(ETH=stage.market[ETH] - 4)
    stage.start(long)
    assert stage.bid(long, bidder).fraction > 0
    assert stage.fund() >= fund
    stage.check()

    # and quote comes back
    stage.usdc = 0.999
    stage.jump()
    assert not stage.is_off_peg()
    trader.withdraw(short, 10)
    stage.trade(short, ETH, -0.5)
    stage.check()


def test_collateral_depeg__march_2023__haircut_follows_and_nobody_else_pays(stage: Stage) -> None:
    people = [stage.person() for _ in range(4)]
    accounts = []
    for place, person in enumerate(people):
        account = person.open(0, USDT=20_000)
        stage.trade(account, ETH, 20 + 30 * place)  # 2 to 11 times the collateral
        accounts.append(account)
    lender = stage.person()
    lender.open(300_000)
    for debt in (43_000, 48_000):  # of 50,000
        borrower = people[0].open(0, USDT=50_000)
        people[0].withdraw(borrower, debt)
        accounts.append(borrower)
    bidder = stage.person().open(1_000_000)
    fund, pool = stage.fund(), stage.pool()
    first = stage.haircut(20_000)
    assert first == pytest.approx(0.01)

    haircuts, lines, sold = [first], [stage.line()], set()
    for price in tape():
        stage.usdt = price
        stage.step()
        reading = stage.reading(USDT)
        if reading.state >= UNCERTAIN:
            assert reading.price == pytest.approx(min(price, 1) * WAD, rel=1e-6)
        haircuts.append(stage.haircut(20_000))
        lines.append(stage.line())
        assert not stage.is_off_peg()
        for account in accounts:
            if account not in sold and stage.is_liquidatable(account):
                stage.start(account)
                stage.bid(account, bidder)
                sold.add(account)
    steps, fastest = HOUR // (2 * STEP), math.exp(stage.protocol.risk.RAMP_UP() / WAD)
    for early, late in zip(lines, lines[steps:], strict=False):
        assert late <= early * fastest
    assert max(haircuts) > 5 * first  # it followed
    assert sold == set(accounts[-2:])  # who leant on it was sold in time, and nobody else
    assert stage.fund() >= fund
    assert stage.pool() >= pool - 1
    stage.check()

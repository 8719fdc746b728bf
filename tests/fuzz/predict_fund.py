"""What the insurance fund will say."""

from __future__ import annotations

from margin_model import share_math
from tests.fuzz.model import FUND, POOL
from tests.fuzz.predict import Models, is_authorized, require
from tests.fuzz.predict_exits import known_deficits
from tests.fuzz.predict_house import collect

MIN_TARGET, MAX_TARGET = 10**18, 10**30  # [quote wad]
TARGET_INTERVAL = 3600  # [s]


def stake(m: Models, sender: int, account: int, amount: int, minimum: int) -> None:
    require(0 < amount <= share_math.MAX_TOTAL, "stake: amount out of range")
    cash, supply = m.state.cash(FUND), m.state.stakes
    require(cash > 0 or (cash == 0 and supply == 0), "fund: no equity")
    minted = share_math.shares_for(amount, cash, supply)
    require(minted != 0 and minted >= minimum, "stake: shares below minimum")
    require(supply + minted <= share_math.MAX_TOTAL, "stake: too many shares")
    m.answer = minted
    collect(m, sender, account, amount, FUND)


def set_reporter(m: Models, sender: int) -> None:
    require(m.state.owner("Clearinghouse")[0] == sender, "fund: not the owner")


def post_target(m: Models, sender: int, target: int) -> None:
    require(sender == m.state.reporter, "target: not the reporter")
    require(MIN_TARGET <= target <= MAX_TARGET, "target: out of range")
    old, posted_at = m.state.target
    if old:
        require(m.now >= posted_at + TARGET_INTERVAL, "target: too early")
        require(old <= 2 * target and target <= 2 * old, "target: moves too far")


def request_unstake(m: Models, sender: int, shares: int) -> None:
    require(0 < shares <= m.state.stake(sender), "unstake: shares out of range")


def unstake(m: Models, sender: int, account: int, minimum: int) -> None:
    shares, requested_at, worth = m.state.unstaking(sender)
    require(shares != 0, "unstake: nothing requested")
    fund = m.world.config.fund
    opens_at = requested_at + fund["cooldown"]
    require(m.now >= opens_at, "unstake: cooling down")
    require(m.now <= opens_at + fund["window"], "unstake: window over")
    require(is_authorized(m, account, sender), "account: not authorized")
    balance = max(m.state.cash(FUND), 0)
    pool = m.state.holding(POOL)
    lacks = max(0, -m.margin.health(pool, m.oracle.read(m.margin.held_assets(pool))).equity)
    left = max(balance - lacks - known_deficits(m), 0)
    amount = min(share_math.assets_for(shares, left, m.state.stakes), worth)
    require(balance - amount >= m.state.reserves.reserve + lacks, "unstake: reserved for auctions")
    require(amount != 0 and amount >= minimum, "unstake: amount below minimum")
    m.answer = amount

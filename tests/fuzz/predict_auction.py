"""What the auction will say."""

from __future__ import annotations

from margin_model import auction_math, ledger_math
from margin_model.auction_math import Offer
from margin_model.fixed_point import mul_wad_down, mul_wad_up
from margin_model.ledger_math import RAY
from margin_model.requirement import Health
from margin_model.risk_engine import HEALTHY, MARGIN_CALL
from tests.fuzz.invariants_words import Episode
from tests.fuzz.model import ESCROW, FUND, POOL, Holding, bits
from tests.fuzz.predict import (
    LIMIT,
    Models,
    Outcomes,
    check_isolated,
    is_authorized,
    require,
)
from tests.fuzz.predict_exits import available_incentive
from tests.fuzz.predict_pool import KNOWN, pool_value

WAD = 10**18
MIN_SLICE = 10**16
SLICE_ROUNDING = 16 * 10**8
ROUNDING = 10**6  # of what is lacking [quote wad]
CASH_ROUNDINGS = 8  # of a bidder's cash in one bid, each less than a unit of the index and a wei
MAX_MAINTENANCE = 2**102 - 1

BIDDER_MARGIN: Outcomes = frozenset({None, "bidder: below requirement", "bidder: borrow limit"})
"""A bid while something is lacking, or where roundings decide: what a write-down leaves and what
share of the rest the bidder's own cash bears is not mirrored, nor is each rounding of cash."""


# ── starts and ends ──────────────────────────────────────────────────────────────────────────────


def start(m: Models, account: int, starter: int) -> None:
    require(account > ESCROW, "account: protocol account")
    require(m.state.episode(account).touched_at == 0, "auction: already running")
    if starter != 0:
        require(starter != account, "starter: same account")
        require(starter > ESCROW, "starter: protocol account")
        require(starter <= m.state.last_account, "starter: unknown account")
    holding = m.state.holding(account)
    held = m.margin.held_assets(holding)
    require(held != 0, "account: nothing to sell")
    health = m.margin.health(holding, m.margin.fresh_after_sample(held))
    require(health.live, "price: not usable")
    require(health.equity < health.maintenance, "account: not liquidatable")
    require(health.maintenance <= MAX_MAINTENANCE, "account: too large")
    lost = mul_wad_up(max(0, health.cash), m.state.grace(m.now) - WAD)
    in_grace = health.equity >= 0 and health.equity + lost >= health.maintenance
    require(not in_grace, "account: in grace")


def running(m: Models, account: int) -> Episode:
    episode = m.state.episode(account)
    require(episode.touched_at != 0, "auction: not running")
    return episode


def poke(m: Models, account: int) -> None:
    running(m, account)


def refresh_shortfall(m: Models) -> None:
    """Anybody may, at any time."""
    del m


def _fresh_health(m: Models, account: int) -> Health:
    holding = m.state.holding(account)
    words = m.oracle.read(m.margin.held_assets(holding), fresh=True)
    health = m.margin.health(holding, words)
    require(health.live, "price: not usable")
    return health


def _buffered(m: Models, episode: Episode) -> int:
    buffer = m.margin.parameters.buffer
    return auction_math.requirement(episode.maintenance, episode.unsold, buffer)[1]


def end(m: Models, account: int) -> None:
    episode = running(m, account)
    health = _fresh_health(m, account)
    found = m.state.account(account)
    if found.markets or found.collaterals:
        enough = health.equity + SLICE_ROUNDING >= _buffered(m, episode)
        require(enough, "auction: buffer not reached")
    else:
        require(health.cash >= 0, "auction: debt left")


def backstop(m: Models, account: int) -> None:
    episode = running(m, account)
    health = _fresh_health(m, account)
    auction = m.world.config.auction
    elapsed = _elapsed(m, episode)
    require(elapsed >= auction["fast_phase"] + auction["slow_phase"], "auction: still selling")
    require(health.equity < _buffered(m, episode), "auction: buffer reached")


def write_off(m: Models, account: int) -> None:
    require(account > ESCROW, "account: protocol account")
    require(m.state.cash(account) < 0, "account: no debt")
    found = m.state.account(account)
    require(not found.markets and not found.collaterals, "account: something to sell")


def _elapsed(m: Models, episode: Episode) -> int:
    return episode.elapsed + min(m.now - episode.touched_at, 2 * m.oracle.interval)


# ── margin calls ─────────────────────────────────────────────────────────────────────────────────


def _live_health(m: Models, account: int) -> Health:
    holding = m.state.holding(account)
    health = m.margin.health(holding, m.oracle.read(m.margin.held_assets(holding)))
    require(health.live, "price: not usable")
    return health


def issue_margin_call(m: Models, account: int) -> None:
    require(account > ESCROW, "account: protocol account")
    require(not m.state.episode(account).called, "margin call: already issued")
    status = m.margin.status(_live_health(m, account))
    require(status >= MARGIN_CALL, "margin call: not due")


def close_episode(m: Models, account: int) -> None:
    episode = m.state.episode(account)
    require(episode.called or episode.rewarded, "episode: nothing to close")
    require(episode.touched_at == 0, "auction: running")
    status = m.margin.status(_live_health(m, account))
    require(status == HEALTHY, "episode: not healthy")


# ── bids ─────────────────────────────────────────────────────────────────────────────────────────


def offer(m: Models, account: int, episode: Episode, health: Health) -> Offer:
    """The auction's terms now."""
    auction = m.world.config.auction
    discount = auction_math.discount(
        _elapsed(m, episode),
        auction["s0"],
        auction["s1"],
        auction["fast_phase"],
        auction["slow_phase"],
    )
    pending = mul_wad_down(episode.maintenance, episode.unsold)
    available = 0
    if pending >= auction["dust"] and health.equity < mul_wad_down(pending, discount):
        available = available_incentive(m)
    return auction_math.offer(
        health.equity,
        m.state.proceeds(account),
        episode.maintenance,
        episode.unsold,
        discount,
        m.margin.parameters.buffer,
        auction["penalty"],
        available,
        auction["dust"],
    )


def bid(
    m: Models,
    sender: int,
    account: int,
    bidder: int,
    asked: int,
    max_price: int,
    min_equity: int,
) -> Outcomes | None:
    episode = running(m, account)
    _check_bidder(m, sender, account, bidder)
    require(asked <= WAD, "slice: above one")
    holding, own = m.state.holding(account), m.state.holding(bidder)
    words = m.oracle.read(m.margin.held_assets(holding) | m.margin.held_assets(own), fresh=True)
    health = m.margin.health(holding, words)
    require(health.live, "price: not usable")
    terms = offer(m, account, episode, health)
    fraction = m.answer = _fraction(m, terms, asked)
    proceeds = m.state.proceeds(account)
    payment = auction_math.scale_up(terms.price, fraction)
    bought = auction_math.scale_down(health.equity - proceeds, fraction)
    most = max(min(max_price, LIMIT), -LIMIT)
    least = max(min(min_equity, LIMIT), -LIMIT)
    if asked:  # else the largest slice is 0 and refused above
        # limits are for the slice asked; each is rounded as what it limits
        require(payment <= -(-most * fraction // asked), "bid: price above limit")
        require(bought >= least * fraction // asked, "bid: equity below limit")

    parts = auction_math.fund_parts(health.equity, terms.incentive, fraction)
    reward = _reward(m, episode, bidder, terms, fraction)
    own.cash -= payment + reward
    own.cash += ledger_math.portion(holding.cash - proceeds, fraction)
    _add_slice(own, holding, fraction)
    markets = sum(1 << market for market in own.positions)
    check_isolated(m.state.account(bidder)._replace(markets=markets), 0)
    then = m.margin.health(own, words)
    require(then.live, "bidder: price not usable")
    if not _is_covered(m, account, health, parts, fraction):
        return BIDDER_MARGIN
    needed = mul_wad_up(then.maintenance, m.margin.parameters.im_multiplier)
    cushion, left = then.equity - needed, then.cash + then.borrow_limit
    indices = {m.state.side(debt)[1] for debt in (False, True)}
    slack = 0 if indices == {RAY} else CASH_ROUNDINGS * (max(indices) // RAY + 1)
    if slack and min(abs(cushion), abs(left)) <= slack:
        return BIDDER_MARGIN
    require(cushion >= 0, "bidder: below requirement")
    require(left >= 0, "bidder: borrow limit")
    return None


def _add_slice(own: Holding, sold: Holding, fraction: int) -> None:
    """A fraction of every position and collateral changes hands."""
    for market, (size, cost) in sold.positions.items():
        moved, moved_cost = ledger_math.slice_position(size, cost, fraction)
        if moved == 0:
            continue
        before = own.positions.pop(market, (0, 0))
        after = ledger_math.trade(*before, moved, moved_cost)
        own.cash += after.cash_delta
        if after.size:
            own.positions[market] = after.size, after.cost
    for token, amount in sold.amounts.items():
        moved = ledger_math.portion(amount, fraction)
        if moved:
            own.amounts[token] = own.amounts.get(token, 0) + moved


def _check_bidder(m: Models, sender: int, account: int, bidder: int) -> None:
    require(bidder > ESCROW, "bidder: protocol account")
    require(bidder != account, "bidder: same account")
    require(is_authorized(m, bidder, sender), "bidder: not authorized")
    require(not m.state.account(bidder).reserved, "bidder: order pending")
    require(m.state.episode(bidder).touched_at == 0, "bidder: in auction")


def _fraction(m: Models, terms: Offer, asked: int) -> int:
    largest = terms.largest_slice
    require(largest > 0, "auction: buffer reached")
    fraction = min(asked, largest)
    require(fraction >= min(MIN_SLICE, largest), "slice: too small")
    if fraction < WAD and largest == WAD:
        rest = mul_wad_down(terms.maintenance, WAD - fraction)
        require(rest >= m.world.config.auction["dust"], "slice: leaves dust")
    return fraction


def _reward(m: Models, episode: Episode, bidder: int, terms: Offer, fraction: int) -> int:
    if episode.starter in (0, bidder) or episode.rewarded:
        return 0
    auction = m.world.config.auction
    return auction_math.reward(
        auction["tip"], auction["chip"], fraction, terms.maintenance, terms.incentive
    )


def _is_covered(m: Models, account: int, health: Health, parts: tuple[int, int], sold: int) -> bool:
    """Whether fund and pool cover what a slice lacks and all that will then be lacking elsewhere:
    nobody's cash is written down, and the bidder's bears no share."""
    reserves, need = m.state.reserves, m.state.need(account)
    if not sum(parts) and not reserves.deficits and health.equity >= 0:
        return m.state.uncovered == 0
    balance, allowance = max(m.state.cash(FUND), 0), available_incentive(m)
    incentive = min(parts[0], allowance, balance)
    shortfall = min(parts[1], balance - incentive)
    rest = sum(parts) - incentive - shortfall
    balance -= incentive + shortfall
    firm = balance - min(allowance - incentive, balance)
    pool = m.state.holding(POOL)
    words = m.oracle.read(m.margin.held_assets(pool))
    if rest and m.margin.health(pool, words).equity < rest:
        return False
    cash = max(health.cash, 0)
    deficit = (cash - health.equity) * (WAD - sold) // WAD if health.equity < 0 else 0
    own = m.state.lacking_own() - m.state.lacking_own(account)
    helping = own * m.state.side(debt=False)[1] // RAY
    helping += cash * (WAD - sold) // WAD if health.equity < 0 else 0
    lacking = reserves.deficits - need.deficit + deficit - helping
    risks = {asset: m.state.risk(asset) for asset in bits(m.margin.held_assets(pool))}
    value = pool_value(m, words, risks, KNOWN) - rest
    return lacking + ROUNDING <= firm + value

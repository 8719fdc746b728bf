"""The world outside: prices that move, feeds that fail, a sequencer that stops, time."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.fuzz.actions_common import (
    KEEPER,
    STRANGER,
    Action,
    Args,
    Pace,
    odd,
    somebody,
    usual_pace,
)
from tests.fuzz.calldata import selectors, with_bytes, words
from tests.fuzz.chooser import Chooser
from tests.fuzz.predict import Models
from tests.fuzz.predict_orders import first_price
from tests.fuzz.world_feed import MAX_AHEAD, Pull, Push
from tests.fuzz.world_feeds import FOREVER
from tests.fuzz.world_ratio import Ratio

if TYPE_CHECKING:
    from tests.fuzz.machine import Machine

ORACLE, RISK = "PriceOracle", "RiskEngine"
BPS = 10_000
NEAR = 850  # moves less than the oracle's jump bound [bps]
DAY = 86_400
MAX_PRICE, MIN_PRICE = 10**23, 10**15
"""Between these prices wander [quote wad per unit]."""
FAULTS = (
    "zero",
    "negative",
    "pinned high",
    "future",
    "old",
    "wide",
    "apart",
    "phase",
    "backwards phase",
    "enormous",
    "empty phase",
)
LASTS = (0, 0, 5, 30, 120, 600)
"""How long a feed stays broken [s]."""


# ── prices ───────────────────────────────────────────────────────────────────────────────────────


def _draw_move(machine: Machine, chooser: Chooser) -> Args:
    asset = chooser.integer(0, len(machine.feeds.sources) - 1)
    kind = chooser.integer(0, 99)
    memory = machine.models.state.memory(asset)
    if memory.excursion_at and chooser.chance(1, 3):
        # it was a wick
        return asset, memory.ema * BPS // machine.price(asset) - BPS
    if kind < 60:
        bps = chooser.integer(-60, 60)
    elif kind < 95:
        bps = chooser.integer(60, 400) * (1 if chooser.chance(1, 2) else -1)
    else:
        bps = chooser.pick((chooser.integer(-7_000, -1_000), chooser.integer(1_000, 15_000)))
    return asset, bps


def _move(machine: Machine, asset: int, bps: int) -> None:
    """All feeds of an asset publish what it is worth now."""
    asset = min(asset, len(machine.feeds.prices) - 1)
    prices = machine.feeds.prices
    price = prices[asset] * (BPS + bps) // BPS
    prices[asset] = min(MAX_PRICE, max(MIN_PRICE, price))
    machine.feeds.publish(machine.wire, asset)


def _draw_crash(machine: Machine, chooser: Chooser) -> Args:
    """A move just large enough to make an account liquidatable, or much larger."""
    found = machine.margins(chooser)
    if found is None:
        return None
    account, asset, bps = found
    depth = chooser.pick((101, 101, 103, 105, 110, 125, 160, 250, 600))
    bps = bps * depth // 100
    return asset, max(-9_500, min(30_000, bps)), account


def _crash(machine: Machine, asset: int, bps: int, account: int) -> None:
    _move(machine, asset, bps)
    machine.suspect(account)
    if abs(bps) > NEAR:
        # the timer of an excursion starts with the first sample that sees it
        _sample(machine, KEEPER, 0)


def _crash_pace(machine: Machine, chooser: Chooser, args: tuple[int, ...]) -> Pace:
    if abs(args[1]) <= NEAR:
        return usual_pace(machine, chooser, args)
    due = machine.models.state.risk_sampled_at + 60
    return max(0, due - machine.wire.now), 1


def _draw_fault(machine: Machine, chooser: Chooser) -> Args:
    asset = chooser.integer(0, len(machine.feeds.sources) - 1)
    index = chooser.integer(0, len(machine.feeds.sources[asset]) - 1)
    fault, lasts = chooser.integer(0, len(FAULTS) - 1), chooser.pick(LASTS)
    if isinstance(machine.feeds.sources[asset][index], Pull) and chooser.chance(1, 4):
        fault = FAULTS.index("wide")
    if machine.pending and chooser.chance(1, 4):
        # a phase begins while an order waits for its first price
        market = machine.pending[chooser.pick(list(machine.pending))][0]
        asset, index, fault = machine.place(market), 0, FAULTS.index("phase")
    return asset, index, fault, chooser.integer(1, 3_000), lasts


def _fault(machine: Machine, asset: int, index: int, fault: int, size: int, lasts: int) -> None:
    """One feed says something wrong; after `lasts` seconds the next freshening heals it."""
    wire, feed = machine.wire, machine.feeds.sources[asset][index]
    price, now = machine.feeds.prices[asset], machine.wire.now
    if feed.broken_until == FOREVER:
        return
    feed.broken_until = now + lasts
    if isinstance(feed, Ratio):
        feed, price = feed.leg(size & 1, price)
    match FAULTS[fault]:
        case "zero":
            feed.publish(wire, 0, now)
        case "negative":
            feed.publish(wire, -price, now)
        case "pinned high":
            highest = feed.max_answer if isinstance(feed, Push) else 2**63 - 1
            feed.publish(wire, highest * 10 ** (18 - feed.decimals), now)
        case "future":
            # every other one as little ahead as a chain's clock may be behind
            feed.publish(wire, price, now + (size if size & 1 else 1 + size % (2 * MAX_AHEAD)))
        case "old":
            feed.publish(wire, price, now - size * 40)
        case "wide":
            feed.publish(wire, price, now, price * size // BPS)
        case "apart":
            feed.publish(wire, price * (BPS + (size if size & 2 else -size)) // BPS, now)
        case "enormous":
            feed.publish(wire, 2**255, now)
        case "empty phase" if isinstance(feed, Push):
            feed.fall_silent(wire, reverts=size & 2 != 0)
        case _ if isinstance(feed, Push):
            feed.switch(wire, now - size if "back" in FAULTS[fault] else now)
        case _:
            feed.publish(wire, price, now)


def _unhealed(machine: Machine, chooser: Chooser, args: tuple[int, ...]) -> Pace:
    return usual_pace(machine, chooser, args)[0], 0


def _draw_sequencer(machine: Machine, chooser: Chooser) -> Args:
    if not machine.models.oracle.up():
        # up again, since just now or since so long that its grace is over
        return 0, chooser.pick((0, 1_800, 2 * DAY, 2 * DAY, 2 * DAY)), 0
    if not chooser.chance(1, 25):
        return None
    return chooser.pick(((1, 0, 0), (0, 100, 0), (0, 0, 1), (1, 2 * DAY, 0), (0, -100, 0)))


def _sequencer(machine: Machine, answer: int, ago: int, broken: int) -> None:
    machine.feeds.set_uptime(machine.wire, answer, machine.wire.now - ago, broken)


# ── time ─────────────────────────────────────────────────────────────────────────────────────────


def _draw_time(machine: Machine, chooser: Chooser) -> Args:
    del machine, chooser
    return ()


def _wait(machine: Machine) -> None:
    """The time has passed already."""


def _long(machine: Machine, chooser: Chooser, args: tuple[int, ...]) -> Pace:
    """From a second to 400 days, the logarithm uniform."""
    del machine, args
    top = chooser.pick((60, 600, 3_600, 3_600, DAY, 7 * DAY, 400 * DAY))
    return chooser.integer(1, top), int(not chooser.chance(1, 10))


# ── sampling ─────────────────────────────────────────────────────────────────────────────────────


def _draw_sample(machine: Machine, chooser: Chooser) -> Args:
    del machine
    return somebody(chooser), int(chooser.chance(1, 3))


def _sample_pace(machine: Machine, chooser: Chooser, args: tuple[int, ...]) -> Pace:
    """Mostly when it is due, or when a price off its EMA is believed."""
    state, now = machine.models.state, machine.wire.now
    for asset in range(len(machine.feeds.sources)):
        started_at = state.memory(asset).excursion_at
        if started_at and chooser.chance(3, 4):
            return max(0, started_at + 181 - now), 1
    if chooser.chance(1, 4):
        return usual_pace(machine, chooser, args)
    return max(0, state.risk_sampled_at + 60 - now), chooser.pick((1, 2, 2))


def _check_sample(m: Models, oracle: int) -> None:
    """Nothing refuses a sample; the risk engine says whether it was due."""
    m.answer = None if oracle else int(m.margin.is_sample_due())


def _sample(machine: Machine, sender: int, oracle: int) -> None:
    contract = ORACLE if oracle else RISK
    machine.call(sender, contract, "sample", (), _check_sample, oracle)


def _draw_first(machine: Machine, chooser: Chooser) -> Args:
    asset = chooser.integer(0, len(machine.feeds.sources) - 1)
    if odd(chooser):
        return STRANGER, chooser.pick((5, 15, 2**200)), machine.wire.now - 1, 0, 0
    back = chooser.pick((0, 1, 10, 100, 2_000))
    sources, prices = machine.feeds.sources, machine.feeds.prices
    wrong = [a for a, feeds in enumerate(sources) if feeds[0].said != prices[a]]
    doubted = [
        (asset, update[2])
        for asset, feeds in enumerate(sources)
        if isinstance(feeds[0], Pull)
        for update in feeds[0].updates
        if update[1]
    ]
    if doubted and chooser.chance(1, 3):
        # one whose publisher was not sure
        asset, published = chooser.pick(doubted)
        back = max(0, machine.wire.now - published)
    elif wrong and chooser.chance(1, 2):
        # where the first price is one that is wrong
        asset = chooser.pick(wrong)
        back = max(0, machine.wire.now - sources[asset][0].said_at)
    value = chooser.pick((0, 1, 1, 1, 7))
    if asset == 2 and not odd(chooser):
        value = max(1, value)
    return KEEPER, asset, machine.wire.now - back, int(odd(chooser)), value


def _first(machine: Machine, sender: int, asset: int, since: int, junk: int, value: int) -> None:
    known = asset < len(machine.feeds.sources)
    proof = machine.feeds.sources[asset][0].proof(since) if known else words(0)
    proof = b"\x02" * 31 if junk else proof
    data = selectors(ORACLE)["first_price"] + with_bytes(proof, asset, since)
    args = (asset, since, proof.hex())
    machine.call(
        sender,
        ORACLE,
        "first_price",
        args,
        _check_first,
        asset,
        since,
        proof,
        value,
        data=data,
        value=value,
    )


def _check_first(m: Models, asset: int, since: int, proof: bytes, value: int) -> None:
    m.answer = first_price(m, asset, since, proof, value)[0]


ACTIONS = (
    Action("move price", "price", 60, _draw_move, _move),
    Action("crash", "price", 75, _draw_crash, _crash, _crash_pace),
    Action("break feed", "feed", 30, _draw_fault, _fault, _unhealed),
    Action("sequencer", "feed", 70, _draw_sequencer, _sequencer),
    Action("wait", "time", 30, _draw_time, _wait, _long),
    Action("sample", "sample", 90, _draw_sample, _sample, _sample_pace),
    Action("first price", "sample", 25, _draw_first, _first),
)

"""Oracle-live time, lines, and what follows from them: the notice, and a requirement without
steps."""

from __future__ import annotations

from math import log

from margin_model import margin_math, price_word, requirement, risk_word
from margin_model.fixed_point import WAD
from margin_model.price_word import Reading
from margin_model.requirement import Exposure
from tests.fuzz.invariants_look import Group, Look
from tests.fuzz.invariants_words import (
    FIRST_USER,
    HOLDINGS,
    LINES,
    PORTFOLIO,
    SETTINGS,
    TIME,
    Held,
)
from tests.fuzz.step import Violation

LINE = Group("oracle and line")

_MASK_32 = 2**32 - 1
_HOUR = 3_600
_BPS = 10**4
_NUDGE = 20  # a millionth, as a shift
_PATIENCE = 40  # steps after which another account is watched
_PAUSE = 8  # of so many moments one begins a new watch
_PARAMETERS = 160  # bits of the ramp, below those that an owner sets
_SETTINGS = (
    ("risks", "risk_owner", _PARAMETERS),
    ("targets", "risk_owner", 0),
    ("terms", "pool_owner", 0),
)


@LINE.named("live time", LINES)
def live_time(look: Look) -> int:
    """Oracle-live time never runs backwards nor faster than the clock, by at most two sample
    intervals a sample, and not at all while the asset is not usable (the oracle's view is asked for
    an asset now and then, and for each whose price was not accepted)."""
    books, mirror, checks, asked = look.books, look.mirror, 0, 0
    if not books.any_moved("memories"):
        return 0
    for asset in range(books.map.markets):
        old, new = books.then("memories", asset), books.now("memories", asset)
        if old in (new, 0):
            continue
        gained = (new >> 208 & _MASK_32) - (old >> 208 & _MASK_32)
        passed = (new >> 176 & _MASK_32) - (old >> 176 & _MASK_32)
        # when an asset is retired its checkpoint becomes 0
        if not 0 <= gained <= min(max(0, passed), 2 * mirror.sample_interval):
            raise Violation("live time", f"asset {asset}: {gained} s live in {passed} s")
        accepted = new >> 254 & 1
        if gained and (not accepted or asset == look.now % (4 * books.map.markets)):
            asked |= 1 << asset
        checks += 1
    words = mirror.words(asked)
    for asset in range(asked.bit_length()):
        if asked >> asset & 1 and not price_word.unpack(words[asset]).usable:
            raise Violation("live time", f"asset {asset}: live while unusable")
    return checks


@LINE.named("ramp bounded", LINES)
def ramp_bounded(look: Look) -> int:
    """A line moves along its ramp and no update moves it at once; since the start of the episode it
    has grown by at most e^(u·hours), whatever the pattern of updates and outages."""
    books, parameters, checks = look.books, look.mirror.parameters, 0
    if not books.any_moved("risks"):
        return 0
    for asset, start in enumerate(look.starts):
        old, new = books.then("risks", asset), books.now("risks", asset)
        memory = books.now("memories", asset)
        if old in (0, new):
            continue  # by `line_at` one ramp grows by 1 + u·hours at most, and it began in bounds
        was, ramp = risk_word.unpack(old), risk_word.unpack(new)
        sampled = memory >> 208 & _MASK_32
        live = max(sampled, ramp.started_at)
        line = requirement.line_at(ramp, live, parameters)
        expected = requirement.line_at(was, live, parameters)
        if line != expected:
            raise Violation("ramp bounded", f"asset {asset}: line {line} for {expected}")
        # a ramp may begin after the sample, as far into live time as the clock is past it
        hours = ((memory >> 176 & _MASK_32 or look.now) + live - sampled - start.checkpoint) / _HOUR
        if (
            line > start.line > 0
            and log(line / start.line) > parameters.ramp_up / WAD * hours + 1e-9
        ):
            raise Violation(
                "ramp bounded", f"asset {asset}: line from {start.line} to {line} in {hours} h"
            )
        checks += 1
    return checks


@LINE.named("parameters by the owner", LINES | SETTINGS)
def parameters_by_owner(look: Look) -> int:
    """Fees, depth, tiers, haircuts, κ, floors and caps change by a call of the owner and by nothing
    else."""
    books = look.books
    for name, owner, shift in _SETTINGS:
        for place, old, new in books.changes(name):
            if old >> shift != new >> shift and look.sender != books.then(owner):
                raise Violation(
                    "parameters by the owner", f"{name}, word {place} by {look.last.sender}"
                )
    return 1


@LINE.named("MM continuous", HOLDINGS, "a quarter of the steps that change holdings")
def requirement_continuous(look: Look) -> int:
    """Under standard margin a millionth more of price or of size changes MM by no more than it adds
    to the exposure times the steepest rate: there are no steps."""
    books, checks = look.books, 0
    for account in books.touched:
        held = books.held(account)
        if account < FIRST_USER or (account ^ look.now) & 3 or not held.word >> 16 & _MASK_32:
            continue
        before = books.held_before(account)
        if held.kind != PORTFOLIO and held.holdings != before.holdings:
            _probe(look, account, held)
            checks += 1
    return checks


def _probe(look: Look, account: int, held: Held) -> None:
    mirror, words = look.mirror, list(look.mirror.words_for(held))
    exposure = mirror.exposure(held, words)
    least = mirror.assess(exposure, words).maintenance
    asset = (exposure.markets | exposure.collaterals).bit_length() - 1
    reading, size, amount = (
        price_word.unpack(words[asset]),
        exposure.sizes[asset],
        exposure.amounts[asset],
    )
    nudged = reading._replace(price=min(reading.price + 1 + (reading.price >> _NUDGE), 10**26))
    if look.now & 4:
        words[asset] = price_word.pack(*nudged)
    else:
        sizes, amounts = list(exposure.sizes), list(exposure.amounts)
        sizes[asset] += (abs(size) >> _NUDGE) * (1 if size > 0 else -1)
        amounts[asset] += amount >> _NUDGE
        exposure = exposure._replace(sizes=sizes, amounts=amounts)
    _compare(look, account, nudged, exposure, mirror.assess(exposure, words).maintenance - least)


def _compare(look: Look, account: int, reading: Reading, exposure: Exposure, change: int) -> None:
    """MM rises by at most the exposure gained times the steepest rate."""
    mirror, price = look.mirror, reading.price
    asset = (exposure.markets | exposure.collaterals).bit_length() - 1
    units = abs(exposure.sizes[asset]) + exposure.amounts[asset]
    gained = ((units >> _NUDGE) + 1) * price // WAD + units * (1 + (price >> _NUDGE)) // WAD + 1
    risk = mirror.asset(asset).risk
    line = requirement.line_at(risk, reading.live, mirror.parameters)
    factor = margin_math.size_factor(units * price // WAD + 1, risk.depth)
    # tiers end at their steepest rate, g grows at most half as fast as the notional
    steepest = max(mirror.steepest_tier(risk.tier_table), 3 * line * factor // (2 * WAD) + 1)
    bound = gained * (steepest + WAD * (exposure.amounts[asset] != 0)) // WAD + 8
    if not -8 <= change <= bound:
        raise Violation(
            "MM continuous", f"account {account}, asset {asset}: {change} more, at most {bound}"
        )


@LINE.named("notice kept", TIME, "every other step in time, for one account")
def notice_kept(look: Look) -> int:
    """Lines and correlations alone, at the prices of the moment, do not make an account
    liquidatable before its notice has run out: watched is one account after the other."""
    books, watch, mirror = look.books, look.watch, look.mirror
    if look.now == look.earlier or look.now % 2:
        return 0
    held = watch.held
    if held is None or books.held(watch.account) != held or watch.parameters != _parameters(look):
        watch.held = None
        if look.now % _PAUSE == 0:
            _watch_next(look)
        return 0
    lines = [_line(look, asset, _at_live(look, asset, word)) for asset, word in watch.words]
    # standard MM rises with the lines: a thousandth above the last ones it is worked out again
    netted = held.kind == PORTFOLIO and look.now % _PAUSE == 0  # any change may raise it
    higher = netted or any(
        1_000 * line > 1_001 * highest for line, highest in zip(lines, watch.lines, strict=True)
    )
    if look.now <= watch.until and higher:
        watch.lines = [max(pair) for pair in zip(lines, watch.lines, strict=True)]
        words = [0] * 16
        for asset, word in watch.words:
            words[asset] = _at_live(look, asset, word)
        health = mirror.assess(watch.exposure, words)
        if watch.equity < health.maintenance:
            raise Violation(
                "notice kept",
                f"account {watch.account}: E {watch.equity} < MM {health.maintenance}"
                f" {watch.until - look.now} s before its notice is over",
            )
    watch.steps += 1
    if watch.steps >= _PATIENCE:
        watch.held = None
    return 1


def _at_live(look: Look, asset: int, word: int) -> int:
    """A reading with as much oracle-live time as there can be by now."""
    memory = look.books.now("memories", asset)
    passed = look.now - (memory >> 176 & _MASK_32)
    live = (memory >> 208 & _MASK_32) + min(passed, 2 * look.mirror.sample_interval)
    return word & ~(_MASK_32 << 176) | live << 176


def _line(look: Look, asset: int, word: int) -> int:
    """Line of an asset at a reading [wad]."""
    risk = risk_word.unpack(look.books.now("risks", asset))
    return requirement.line_at(risk, word >> 176 & _MASK_32, look.mirror.parameters)


def _parameters(look: Look) -> list[int]:
    place = look.books.at["risks"]
    risks = look.books.after[place : place + look.books.map.markets]
    return [look.mirror.tables_set, *(word >> _PARAMETERS for word in risks)]


def _watch_next(look: Look) -> None:
    """Watch the next account that has positions and is not liquidatable."""
    watch, books, mirror = look.watch, look.books, look.mirror
    count = len(books.accounts)
    for step in range(1, count + 1):
        account = (watch.account + step - 1) % count + 1
        held = books.held(account)
        if account >= FIRST_USER and held.markets:
            words = list(mirror.words_for(held))
            exposure = mirror.exposure(held, words)
            health = mirror.assess(exposure, words)
            notice = mirror.notice(exposure, words, health)
            if notice:
                watch.account, watch.held, watch.equity = account, held, health.equity
                assets = exposure.markets | exposure.collaterals
                watch.exposure = exposure
                watch.words = [(a, word) for a, word in enumerate(words) if assets >> a & 1]
                watch.lines = [0] * len(watch.words)
                watch.until, watch.steps = look.now + notice, 0
                watch.parameters = _parameters(look)
                return
    watch.held = None

"""Assets that die: their feeds fail for good, somebody watches, and what was theirs is settled."""

from __future__ import annotations

from typing import TYPE_CHECKING

from margin_model import price_word
from margin_model.price_word import is_usable
from tests.fuzz import actions_accounts, predict_dead
from tests.fuzz.actions_common import (
    Action,
    Args,
    Pace,
    any_account,
    caller_of,
    odd,
    some_market,
    somebody,
    usual_pace,
)
from tests.fuzz.chooser import Chooser
from tests.fuzz.predict import ALL
from tests.fuzz.step import Violation
from tests.fuzz.world_feeds import FOREVER

if TYPE_CHECKING:
    from tests.fuzz.machine import Machine

DAY = 86_400
MOST_DEAD = 2
"""Of an episode's assets."""
ZERO, SILENT, BACK = range(3)
"""How feeds fail: they say nothing valid, or nothing at all; or they come back."""


# ── feeds ────────────────────────────────────────────────────────────────────────────────────────


def _draw_failure(machine: Machine, chooser: Chooser) -> Args:
    dead, retired = _dead(machine), machine.models.oracle.retired
    if dead and chooser.chance(1, 3):
        # too late, mostly
        asset = chooser.pick(dead)
        return (asset, BACK) if asset in retired or chooser.chance(1, 8) else None
    alive = [a for a in range(len(machine.feeds.sources)) if a not in dead and a not in retired]
    if len(alive) <= len(machine.feeds.sources) - MOST_DEAD or not chooser.chance(1, 2):
        return None
    struck = _struck(machine, alive)
    if struck:
        alive = struck
    elif not chooser.chance(1, 3):
        return None
    elif chooser.chance(3, 4):
        # where there is most to settle
        most = max(len(_holders(machine, asset)) for asset in alive)
        if most < 2:
            return None
        alive = [asset for asset in alive if len(_holders(machine, asset)) == most]
    return chooser.pick(alive), chooser.pick((ZERO, ZERO, SILENT))


def _struck(machine: Machine, assets: list[int]) -> list[int]:
    """Those in which somebody has lost more than he had, at a price that is believed: what he owes
    is left when his position is settled."""
    state, found = machine.models.state, []
    for account in machine.suspects:
        holding = state.holding(account)
        words = machine.models.oracle.read(machine.models.margin.held_assets(holding))
        if machine.models.margin.health(holding, words).equity < 0:
            found += [a for a in assets if a in holding.positions and is_usable(words[a])]
    return found


def _fail(machine: Machine, asset: int, how: int) -> None:
    """All feeds of an asset, and the one that has taken the primary's place."""
    feeds = machine.feeds.sources[asset]
    primary = machine.primary(asset)
    for feed in feeds if any(feed is primary for feed in feeds) else (*feeds, primary):
        if how == ZERO:
            feed.publish(machine.wire, 0, machine.wire.now)
        feed.broken_until = 0 if how == BACK else FOREVER


def _holders(machine: Machine, market: int) -> list[int]:
    """Users with a position."""
    words = machine.models.state.accounts(machine.accounts)
    found = zip(machine.accounts, words, strict=True)
    return [account for account, word in found if word.markets >> market & 1]


def _dead(machine: Machine) -> list[int]:
    """Assets whose feeds have failed for good."""
    sources = machine.feeds.sources
    return [a for a, feeds in enumerate(sources) if feeds[0].broken_until == FOREVER]


# ── the watch ────────────────────────────────────────────────────────────────────────────────────


def _draw_watch(machine: Machine, chooser: Chooser) -> Args:
    retired = machine.models.oracle.retired
    dying = [asset for asset in _dead(machine) if asset not in retired]
    if dying and not odd(chooser):
        return somebody(chooser), chooser.pick(dying)
    if not chooser.chance(1, 40):
        return None
    return somebody(chooser), some_market(machine, chooser)


def _watch_pace(machine: Machine, chooser: Chooser, args: tuple[int, ...]) -> Pace:
    """A feed that is silent is late for days; then seven have to pass, mostly at once."""
    asset, models = args[1], machine.models
    if asset not in _dead(machine) or chooser.chance(1, 12):
        return usual_pace(machine, chooser, args)
    if models.oracle.reading(asset) >> 248 != price_word.UNUSABLE:
        return chooser.pick((60, DAY, 2 * DAY)), 2
    due = predict_dead.until_dead(models, asset)
    if due is None:
        return chooser.pick((0, 0, 60)), 2
    return max(0, due + chooser.pick((-1, 0, 0, 0, 1, DAY))) // chooser.pick((1, 1, 1, 2)), 2


def _watch(machine: Machine, sender: int, asset: int) -> None:
    check = predict_dead.retire
    reason = machine.call(sender, "PriceOracle", "retire", (asset,), check, asset)
    if reason is not None or machine.models is None:
        return
    oracle = machine.models.oracle
    retired = machine.models.state.is_retired(asset)
    if machine.care == 1 and retired != (asset in oracle.dying):
        raise Violation("outcome predicted", f"asset {asset} retired: {retired}")
    if retired:
        oracle.retire(asset)


# ── settlement ───────────────────────────────────────────────────────────────────────────────────


def _draw_settlement(machine: Machine, chooser: Chooser) -> Args:
    retired = machine.models.oracle.retired
    if retired and not odd(chooser):
        market = chooser.pick(sorted(retired))
        holders = _holders(machine, market)
        if holders:
            return somebody(chooser), chooser.pick(holders), market
    if not chooser.chance(1, 40):
        return None
    return somebody(chooser), any_account(machine, chooser), some_market(machine, chooser)


def _settle(machine: Machine, sender: int, account: int, market: int) -> None:
    args, check = (account, market), predict_dead.settle
    touched = (predict_dead.POOL, account)
    machine.call(sender, "Deleveraging", "settle", args, check, account, market, accounts=touched)


def _draw_taking(machine: Machine, chooser: Chooser) -> Args:
    """Collateral of a dead asset leaves in kind: all of it, or a part."""
    retired, state = machine.models.oracle.retired, machine.models.state
    if not retired:
        return None
    tokens = [t for t in range(state.token_count) if machine.world.tokens[t].asset in retired]
    words = zip(machine.accounts, state.accounts(machine.accounts), strict=True)
    found = [(a, t) for a, word in words for t in tokens if word.collaterals >> t & 1]
    if not found:
        return None
    account, token = chooser.pick(found)
    units = state.amount(account, token) // machine.world.tokens[token].scale
    amount = ALL if chooser.chance(1, 2) else max(1, units * chooser.integer(1, 999) // 1_000)
    return caller_of(machine, chooser, account), account, token, amount, somebody(chooser)


ACTIONS = (
    Action("feeds fail", "dead", 60, _draw_failure, _fail),
    Action("watch death", "dead", 400, _draw_watch, _watch, _watch_pace),
    Action("settle", "dead", 120, _draw_settlement, _settle),
    Action("take dead collateral", "withdraw", 60, _draw_taking, actions_accounts.withdraw),
)

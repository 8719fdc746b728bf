"""No invariant of fills, terms, lines and portfolios is blind: what the protocol did is falsified,
and the one that must see it says so."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from chain.deployment import CROSS
from margin_model.fixed_point import WAD
from tests.fuzz.conftest import OTHER, TRADER, assert_says_so, fill, named
from tests.fuzz.episode import Stage
from tests.fuzz.invariants import Invariants
from tests.fuzz.invariants_auction import Shown
from tests.fuzz.invariants_look import Curve
from tests.fuzz.invariants_words import FUND, POOL, PROCEEDS_BITS
from tests.fuzz.record import NOTHING_SENT, Sent
from tests.fuzz.storage import spot

BIDDER, NETTED, PLEDGED = 7, 16, 18
NO_LIMIT = 2**127
SMALL = 10**13  # more than any rounding [quote wad]
HIGHEST = 2**64 - 1  # line of a risk word [wad]


def observe_until(invariants: Invariants, stage: Stage, wanted: Callable[[int], bool]) -> None:
    """Let seconds pass until a time at which a sampled invariant looks."""
    stage.world.wire.advance(1)
    while not wanted(stage.world.wire.now):
        stage.world.wire.advance(1)
    invariants.observe(NOTHING_SENT)


def add(stage: Stage, contract: str, path: str, key: int, more: int) -> None:
    """Change a slot behind the contracts' back."""
    place = spot(getattr(stage.world.deployment, contract), path, key)
    old = stage.world.evm.storage(*place)
    stage.world.evm.insert_account_storage(*place, (old + more) % 2**256)


def add_cash(stage: Stage, account: int, more: int) -> None:
    """Change what is stored of an account's cash likewise [quote wad / index]."""
    add(stage, "clearinghouse", "cash_book.balances", account, more << PROCEEDS_BITS)


# ── fills ────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True)
class Slice:
    """A bid of which too much, or too little, came to an account."""

    name: str
    account: int
    more: int
    fraction: int = WAD


SLICES = (
    Slice("slice at the view's terms", OTHER, SMALL),
    Slice("slice at the view's terms", OTHER, -SMALL),
    Slice("fill never worsens", OTHER, -(10**21), WAD // 10),
    Slice("largest slice lands on the buffer", OTHER, SMALL),
    Slice("bidder gains f·I", BIDDER, SMALL),
    Slice("bidder gains f·I", BIDDER, -SMALL),
    Slice("fund pays max(0, I − E)", FUND, -(10**21)),
    Slice("fund pays max(0, I − E)", FUND, 10**21),
)


@pytest.mark.parametrize("case", SLICES, ids=lambda case: f"{case.name}-{case.more}")
def test_fill__falsified__says_so(stage: Stage, invariants: Invariants, case: Slice) -> None:
    sent = bid(stage, case.fraction)
    add_cash(stage, case.account, case.more)

    invariants.observe(sent)

    assert_says_so(invariants, case.name)


def test_fill__larger_than_asked__says_so(stage: Stage, invariants: Invariants) -> None:
    sent = bid(stage, WAD // 10)
    asked = (OTHER, BIDDER, WAD // 20, *sent.args[3:])

    invariants.observe(sent._replace(args=asked))

    assert_says_so(invariants, "slice at the view's terms")


def test_fill__suppliers_charged_while_the_pool_has_something__says_so(
    stage: Stage, invariants: Invariants
) -> None:
    sent = bid(stage, WAD)
    place = spot(stage.world.deployment.auction, "waterfall.written_down")
    stage.world.evm.insert_account_storage(*place, 1)

    invariants.observe(sent)

    assert_says_so(invariants, "winners before suppliers")


def test_fill__pool_pays_more_than_winners_could_give_back__says_so(
    stage: Stage, invariants: Invariants
) -> None:
    sent = bid(stage, WAD)
    add_cash(stage, POOL, -(10**27))

    invariants.observe(sent)

    assert_says_so(invariants, "winners before suppliers")


def test_fill__as_it_was__all_hold(stage: Stage, invariants: Invariants) -> None:
    sent = bid(stage, WAD)

    invariants.check(sent)


def bid(stage: Stage, fraction: int) -> Sent:
    """A bidder takes a part of the auction."""
    world = stage.world
    args = (OTHER, BIDDER, fraction, NO_LIMIT, -NO_LIMIT)
    sender = world.actors["bidder"]
    receipt = world.deployment.auction.bid(*args, sender=sender)
    world.wire.version += 1
    accounts = (OTHER, BIDDER)
    return Sent(sender, "LiquidationAuction", "bid", args, accounts, None, receipt.output)


# ── interest ─────────────────────────────────────────────────────────────────────────────────────


def test_interest__as_it_was__holds(stage: Stage, invariants: Invariants) -> None:
    sent = borrow_and_deposit(stage, invariants)

    invariants.check(sent)

    assert invariants.counts["interest"]


@pytest.mark.parametrize("account", [POOL, FUND])
@pytest.mark.parametrize("more", [1, -1])
def test_interest__part_of_pool_or_fund_falsified__says_so(
    stage: Stage, invariants: Invariants, account: int, more: int
) -> None:
    sent = borrow_and_deposit(stage, invariants)
    add_cash(stage, account, more)

    invariants.observe(sent)

    assert_says_so(invariants, "interest")


def borrow_and_deposit(stage: Stage, invariants: Invariants) -> Sent:
    """Somebody owes for a day; then somebody else deposits."""
    world, house = stage.world, stage.world.deployment.clearinghouse
    owner, sender = world.actors["other"], world.actors["stranger"]
    house.withdraw(PLEDGED, world.quote.contract, 10**10, owner, sender=owner)
    house.open_account(sender, CROSS, sender=sender)
    account = house.account_count()
    world.wire.version += 1
    invariants.reset()
    world.wire.advance(86_400)
    args = (account, world.quote.address, 1)
    receipt = house.deposit(*args, sender=sender)
    world.wire.version += 1
    return Sent(sender, "Clearinghouse", "deposit", args, (account,), None, receipt.output)


# ── terms over time ──────────────────────────────────────────────────────────────────────────────


def test_view__of_other_terms__says_so(
    stage: Stage, invariants: Invariants, monkeypatch: pytest.MonkeyPatch
) -> None:
    mirror = invariants.mirror
    shown = mirror.terms(OTHER)
    monkeypatch.setattr(mirror, "terms", lambda _: (*shown[:5], shown[5] + 1, *shown[6:]))

    observe_until(invariants, stage, lambda now: now % 16 == 0)

    assert_says_so(invariants, "view shows the terms")


def test_price__higher_than_before__says_so(stage: Stage, invariants: Invariants) -> None:
    look, shown = invariants.look, Shown(*invariants.mirror.terms(OTHER))
    episode = look.episodes(OTHER)[1]
    sale = episode.maintenance, episode.unsold, shown.proceeds
    look.curves[OTHER] = Curve(shown.elapsed, sale)
    look.viewed = [(OTHER, True, shown._replace(price=shown.price + 1))]

    assert_says_so(invariants, "price falls with time")


def test_price__with_a_step_at_zero__says_so(
    stage: Stage, invariants: Invariants, monkeypatch: pytest.MonkeyPatch
) -> None:
    look, mirror = invariants.look, invariants.mirror
    look.viewed = [(OTHER, True, mirror.terms(OTHER))]
    exact, at = mirror.offer, 0 if look.now // 2 % 3 else mirror.terms(OTHER)[0]
    if look.now // 2 % 3 == 2:
        at = mirror.terms(OTHER)[1]

    def stepped(held, equity, elapsed):  # type: ignore[no-untyped-def]
        terms = exact(held, equity, elapsed)
        return terms._replace(price=terms.price + 10 * (equity > at))

    monkeypatch.setattr(mirror, "offer", stepped)

    assert_says_so(invariants, "price continuous")


# ── lines ────────────────────────────────────────────────────────────────────────────────────────


def test_requirement__with_a_step__says_so(
    stage: Stage, invariants: Invariants, monkeypatch: pytest.MonkeyPatch
) -> None:
    mirror = invariants.mirror
    exact, asked = mirror.assess, []

    def stepped(exposure, words, later=0):  # type: ignore[no-untyped-def]
        asked.append(exposure)
        health = exact(exposure, words, later)
        return health._replace(maintenance=health.maintenance + 10**21 * (len(asked) > 1))

    monkeypatch.setattr(mirror, "assess", stepped)
    add(stage, "clearinghouse", "position_book.positions", TRADER, 1 << 128)

    observe_until(invariants, stage, lambda now: (now ^ TRADER) & 3 == 0)

    assert_says_so(invariants, "MM continuous")


def test_notice__line_jumps__says_so(stage: Stage, invariants: Invariants) -> None:
    invariant = named("notice kept")
    observe_until(invariants, stage, lambda now: now % 8 == 0)
    invariant.check(invariants.look)
    watch = invariants.look.watch
    while watch.account != TRADER:
        watch.held = None
        observe_until(invariants, stage, lambda now: now % 8 == 0)
        invariant.check(invariants.look)
    assert watch.held is not None
    market = next(m for m, size in enumerate(watch.held.sizes) if size)
    risk = spot(stage.world.deployment.risk, "risk_book.risks")
    word = stage.world.evm.storage(risk.address, risk.slot + market)
    stage.world.evm.insert_account_storage(risk.address, risk.slot + market, word | HIGHEST)

    observe_until(invariants, stage, lambda now: now % 2 == 0)

    assert_says_so(invariants, "notice kept")


def test_correlations__moved_without_an_update__says_so(
    stage: Stage, invariants: Invariants
) -> None:
    place = spot(stage.world.deployment.oracle, "covariance._correlations")
    stage.world.evm.insert_account_storage(*place, stage.world.evm.storage(*place) + 1)

    observe_until(invariants, stage, lambda now: now % 16 == 0)

    assert_says_so(invariants, "correlations")


# ── portfolios ───────────────────────────────────────────────────────────────────────────────────


def test_portfolio__other_health__says_so(
    stage: Stage, invariants: Invariants, monkeypatch: pytest.MonkeyPatch
) -> None:
    mirror = invariants.mirror
    exact = mirror.current_health
    monkeypatch.setattr(mirror, "current_health", lambda a: (*exact(a)[:8], 1 - exact(a)[8]))

    observe_until(invariants, stage, lambda now: now % 16 == 0)

    assert_says_so(invariants, "portfolio margin")


@pytest.mark.parametrize("term", ["floor", "stress", "weights"])
def test_portfolio__netted_too_far__says_so(
    stage: Stage, invariants: Invariants, monkeypatch: pytest.MonkeyPatch, term: str
) -> None:
    world, mirror = stage.world, invariants.mirror
    fill(world, NETTED, world.actors["trader"], 10**17)
    world.wire.version += 1
    invariants.reset()
    exact = mirror.breakdown

    def other(exposure, words):  # type: ignore[no-untyped-def]
        more: Any = [10**24] * 16 if term == "weights" else 10**24
        return exact(exposure, words)._replace(**{term: more})

    monkeypatch.setattr(mirror, "breakdown", other)
    add_cash(stage, NETTED, 1)

    observe_until(invariants, stage, lambda now: now % 4 == 1)

    assert_says_so(invariants, "portfolio margin")


def test_portfolio__more_than_all_legs__says_so(
    stage: Stage, invariants: Invariants, monkeypatch: pytest.MonkeyPatch
) -> None:
    world, mirror = stage.world, invariants.mirror
    fill(world, NETTED, world.actors["trader"], 10**17)
    world.wire.version += 1
    invariants.reset()
    exact = mirror.breakdown

    def smaller(exposure, words):  # type: ignore[no-untyped-def]
        return exact(exposure, words)._replace(weights=[0] * 16, stress=0, floor=0)

    monkeypatch.setattr(mirror, "breakdown", smaller)
    add_cash(stage, NETTED, 1)

    observe_until(invariants, stage, lambda now: now % 4 == 1)

    assert_says_so(invariants, "portfolio margin")

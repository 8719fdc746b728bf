"""The owner's legal path, the same tried by strangers, and parameters out of range."""

from __future__ import annotations

from typing import TYPE_CHECKING

from margin_model import risk_word
from tests.fuzz import predict_owner
from tests.fuzz.actions_common import (
    NOBODY,
    STRANGER,
    WAD,
    Action,
    Args,
    somebody,
)
from tests.fuzz.calldata import selectors, words
from tests.fuzz.chooser import Chooser
from tests.fuzz.model import bits
from tests.fuzz.predict import FINE_TOKEN, PERSON_AS_TOKEN, UNKNOWN_TOKEN
from tests.fuzz.predict_owner import LIKE, NEW, Risk
from tests.fuzz.world import ROLES

if TYPE_CHECKING:
    from tests.fuzz.machine import Machine

OWNED = ("PriceOracle", "RiskEngine", "Clearinghouse", "LiquidityPool", "RiskReports")
ORACLE, RISK, HOUSE, POOL, _ = OWNED
BPS = 10_000
_UNITS = {0: risk_word.KAPPA_UNIT, 2: risk_word.LINE_UNIT, 3: risk_word.LINE_UNIT}  # by field


def slip(chooser: Chooser) -> bool:
    """Whether a parameter is to be out of range: more often than elsewhere, there are so many."""
    return chooser.chance(1, 7)


def owner_of(machine: Machine, chooser: Chooser, contract: str) -> int:
    """Who owns a contract now, rarely somebody else."""
    if chooser.chance(1, 8):
        return somebody(chooser)
    owner = machine.models.state.owner(contract)[0]
    return next((p for p in range(len(ROLES)) if machine.address(p) == owner), STRANGER)


# ── ownership ────────────────────────────────────────────────────────────────────────────────────


def _draw_hand_over(machine: Machine, chooser: Chooser) -> Args:
    which = chooser.integer(0, len(OWNED) - 1)
    heir = NOBODY if slip(chooser) else chooser.pick((0, 0, ROLES.index("operator")))
    return owner_of(machine, chooser, OWNED[which]), which, heir


def _hand_over(machine: Machine, sender: int, which: int, heir: int) -> None:
    who = machine.address(sender)
    args = (machine.address(heir),)
    check = predict_owner.owned
    machine.call(sender, OWNED[which], "transfer_ownership", args, check, OWNED[which], who)


def _draw_accept(machine: Machine, chooser: Chooser) -> Args:
    offered = [i for i, name in enumerate(OWNED) if machine.models.state.owner(name)[1]]
    which = chooser.pick(offered or range(len(OWNED)))
    pending = machine.models.state.owner(OWNED[which])[1]
    heirs = [p for p in range(len(ROLES)) if machine.address(p) == pending]
    if not heirs and not chooser.chance(1, 6):
        return None
    return heirs[0] if heirs and not slip(chooser) else somebody(chooser), which


def _accept(machine: Machine, sender: int, which: int) -> None:
    who = machine.address(sender)
    check = predict_owner.accept_ownership
    machine.call(sender, OWNED[which], "accept_ownership", (), check, OWNED[which], who)


# ── risk ─────────────────────────────────────────────────────────────────────────────────────────


def _draw_risk(machine: Machine, chooser: Chooser) -> Args:
    """Each parameter near what it is, or one of them out of range."""
    state = machine.models.state
    asset = chooser.pick((NEW, 15, 16, 2**200)) if slip(chooser) else chooser.integer(0, NEW - 1)
    known = asset if asset < NEW else LIKE
    now = risk_word.unpack(state.risk_word(known))
    kappa, horizon, floor, cap = risk_word.target_of(state.target_lane(known))
    fields = [
        kappa,
        horizon,
        floor,
        cap,
        now.depth,
        now.tier_table,
        now.haircut_floor,
        now.haircut_cap,
        state.deposit_cap(known),
        *state.risk(known).shocks,
    ]
    which = chooser.integer(0, 9)
    if which == 9:
        shock = chooser.pick((-101, 101)) if slip(chooser) else chooser.integer(-15, 15)
        fields[9 + chooser.integer(0, 15)] = shock
    elif slip(chooser):
        fields[which] = chooser.pick((0, 1, 2**256 - 1))
    elif which == 8:  # near what is held, where a deposit may meet it
        held = max(state.on_record(token.address) for token in machine.world.tokens)
        fields[which] = chooser.pick((held, 10**6 * WAD)) * chooser.integer(85, 218) // 100
    elif which != 5:
        fields[which] = max(1, fields[which] * chooser.integer(85, 118) // 100)
        if not slip(chooser):
            fields[which] -= fields[which] % _UNITS.get(which, 1)
    else:
        fields[which] = chooser.integer(0, 1)
    return owner_of(machine, chooser, RISK), asset, *fields


def _set_risk(machine: Machine, sender: int, asset: int, *fields: int) -> None:
    who = machine.address(sender)
    check = predict_owner.set_asset_risk
    args = (asset, *fields)
    risk = Risk._make((*fields[:9], fields[9:]))
    machine.call(sender, RISK, "set_asset_risk", args, check, who, asset, risk)


def _draw_tiers(machine: Machine, chooser: Chooser) -> Args:
    table = chooser.pick((255, 256, 2**200)) if slip(chooser) else chooser.integer(0, 1)
    count = chooser.integer(0 if slip(chooser) else 1, 5)
    tiers: list[int] = []
    bound, rate = 0, chooser.integer(50, 200)
    for _ in range(count):
        tiers += (bound, rate)
        bound += chooser.integer(100_000, 5_000_000)
        rate += chooser.integer(0, 400)
    if tiers and slip(chooser):
        tiers[chooser.integer(0, len(tiers) - 1)] = chooser.pick((0, 1, 10_001, 2**46, 2**255))
    return owner_of(machine, chooser, RISK), table, *tiers


def _set_tiers(machine: Machine, sender: int, table: int, *numbers: int) -> None:
    tiers = list(zip(numbers[::2], numbers[1::2], strict=True))
    data = selectors(RISK)["set_tier_table"] + words(table, 64, len(tiers), *numbers)
    who = machine.address(sender)
    check = predict_owner.set_tier_table
    args = (table, tiers)
    machine.call(sender, RISK, "set_tier_table", args, check, who, *args, data=data)


# ── feeds ────────────────────────────────────────────────────────────────────────────────────────


def _draw_source(machine: Machine, chooser: Chooser) -> Args:
    asset = chooser.pick((NEW, 16, 2**200)) if slip(chooser) else chooser.integer(0, NEW - 1)
    sources = machine.models.oracle.listings.get(asset)
    count = len(sources.sources) if sources else 1
    index = chooser.pick((3, 2**200)) if slip(chooser) else chooser.integer(0, count - 1)
    # which feed it becomes: mostly the one it is, else that of another place
    place = (asset, index)
    if asset >= NEW or index > count - 1:
        place = (0, 0)
    elif chooser.chance(1, 6):
        other = chooser.integer(0, NEW - 1)
        place = (other, chooser.integer(0, len(machine.feeds.sources[other]) - 1))
    return owner_of(machine, chooser, ORACLE), asset, index, *place


def _set_source(
    machine: Machine, sender: int, asset: int, index: int, place: int, number: int
) -> None:
    number %= len(machine.world.sources[place])  # a shrunk place may have fewer
    source = machine.world.sources[place][number]
    oracle = machine.world.deployment.oracle
    data = oracle.set_source.encode(asset, index, source)
    who = machine.address(sender)
    args = (asset, index, place, number)
    reason = machine.call(
        sender, ORACLE, "set_source", args, predict_owner.set_source, who, *args, data=data
    )
    if reason is None:
        if index == 0:
            machine.primaries[asset] = (place, number)
        if machine.models is not None:
            machine.models.oracle.set_source(asset, index, (place, number))


# ── listings ─────────────────────────────────────────────────────────────────────────────────────


def _draw_list(machine: Machine, chooser: Chooser) -> Args:
    state = machine.models.state
    wrong = chooser.integer(1, len(predict_owner.WRONG_LISTINGS)) if chooser.chance(1, 3) else 0
    if state.calendar[1] >= machine.world.asset_capacity and not wrong:
        return (STRANGER, 0) if chooser.chance(1, 8) else None
    return owner_of(machine, chooser, ORACLE), wrong


def _list(machine: Machine, sender: int, wrong: int) -> None:
    """The same feeds as another asset's, with at most one bound out of range."""
    listing = dict(machine.world.listing)
    if wrong:
        fields = dict(predict_owner.WRONG_LISTINGS[wrong - 1][0])
        source = fields.pop("source", {})
        listing.update({"sources": [machine.world.sources[LIKE][0]._replace(**source)], **fields})
    data = machine.world.deployment.oracle.list_asset.encode(listing)
    who = machine.address(sender)
    check = predict_owner.list_asset
    reason = machine.call(sender, ORACLE, "list_asset", (wrong,), check, who, wrong, data=data)
    if reason is None and machine.models is not None:
        machine.models.oracle.list_like(NEW, LIKE)


def _draw_list_risk(machine: Machine, chooser: Chooser) -> Args:
    asset = chooser.pick((0, 3, 15, 16, 2**200)) if slip(chooser) else NEW
    state = machine.models.state
    possible = state.calendar[1] > NEW and not state.risk_word(NEW)
    if asset == NEW and not possible and not slip(chooser):
        return None
    line = chooser.pick((0, WAD, 2**255)) if slip(chooser) else WAD // 20
    return owner_of(machine, chooser, RISK), asset, line


def _list_risk(machine: Machine, sender: int, asset: int, line: int) -> None:
    risk = predict_owner.NEW_RISK
    args = (asset, line, *risk[:9], *risk.shocks)
    who = machine.address(sender)
    machine.call(
        sender, RISK, "list_asset_risk", args, predict_owner.list_asset_risk, who, asset, line
    )


def _draw_list_market(machine: Machine, chooser: Chooser) -> Args:
    market = chooser.pick((0, 3, 15, 2**200)) if slip(chooser) else NEW
    state = machine.models.state
    possible = state.risk_word(NEW) and not state.listed_markets >> NEW & 1
    if market == NEW and not possible and not slip(chooser):
        return None
    scale, velocity = 10**6 * WAD, 9 * 10**15
    if chooser.chance(1, 3):
        scale, velocity = chooser.pick(((0, 0), (10**31, 0), (10**18 + 1, 0), (WAD, 2**55)))
    return owner_of(machine, chooser, HOUSE), market, scale, velocity


def _list_market(machine: Machine, sender: int, *args: int) -> None:
    who = machine.address(sender)
    machine.call(sender, HOUSE, "list_market", args, predict_owner.list_market, who, *args)


def _draw_list_token(machine: Machine, chooser: Chooser) -> Args:
    last = len(machine.world.tokens) - 1
    wrong = (-1, 0, UNKNOWN_TOKEN, PERSON_AS_TOKEN, FINE_TOKEN)
    token = chooser.pick(wrong) if chooser.chance(1, 3) else last
    if machine.models.state.token_count > last and token == last and not slip(chooser):
        return None
    asset = chooser.pick((15, 16, 2**200)) if slip(chooser) else machine.world.tokens[last].asset
    least = 10**25 if slip(chooser) else predict_owner.LATE_MIN_VALUE
    return owner_of(machine, chooser, HOUSE), token, asset, least


def _list_token(machine: Machine, sender: int, token: int, asset: int, least: int) -> None:
    args = (machine.token(token), asset, least)
    who = machine.address(sender)
    check = predict_owner.list_collateral
    machine.call(sender, HOUSE, "list_collateral", args, check, who, token, asset, least)


def _draw_fees(machine: Machine, chooser: Chooser) -> Args:
    market = chooser.pick(bits(machine.models.state.listed_markets))
    if slip(chooser):
        market = chooser.pick((NEW, 9, 15, 16, 2**200))
    fees = [chooser.integer(0, 20), chooser.integer(0, 50), chooser.integer(5_000, 100_000)]
    if slip(chooser):
        fees[chooser.integer(0, 2)] = chooser.pick((0, 201, 100_001, 2**256 - 1))
    return owner_of(machine, chooser, POOL), market, *fees


def _set_fees(machine: Machine, sender: int, market: int, *fees: int) -> None:
    args = (market, *fees)
    who = machine.address(sender)
    check = predict_owner.set_market_fees
    reason = machine.call(sender, POOL, "set_market_fees", args, check, who, market, fees)
    if reason is None and machine.models is not None:
        machine.models.fees[market] = fees


ACTIONS = (
    Action("set asset risk", "owner", 20, _draw_risk, _set_risk),
    Action("set tier table", "owner", 10, _draw_tiers, _set_tiers),
    Action("set market fees", "owner", 14, _draw_fees, _set_fees),
    Action("set source", "owner", 12, _draw_source, _set_source),
    Action("hand over", "owner", 6, _draw_hand_over, _hand_over),
    Action("accept ownership", "owner", 10, _draw_accept, _accept),
    Action("list asset", "owner", 14, _draw_list, _list),
    Action("list asset risk", "owner", 24, _draw_list_risk, _list_risk),
    Action("list market", "owner", 40, _draw_list_market, _list_market),
    Action("list collateral", "owner", 9, _draw_list_token, _list_token),
)

"""All actions, and how often each is tried."""

from __future__ import annotations

from bisect import bisect_right
from itertools import accumulate

from tests.fuzz import (
    actions_accounts,
    actions_auction,
    actions_buffer,
    actions_dead,
    actions_deleveraging,
    actions_feeds,
    actions_orders,
    actions_owner,
    actions_pool,
    actions_registry,
    actions_reports,
    actions_strangers,
)
from tests.fuzz.actions_common import Action
from tests.fuzz.chooser import Chooser

ALL = (
    *actions_feeds.ACTIONS,
    *actions_orders.ACTIONS,
    *actions_accounts.ACTIONS,
    *actions_auction.ACTIONS,
    *actions_deleveraging.ACTIONS,
    *actions_dead.ACTIONS,
    *actions_pool.ACTIONS,
    *actions_buffer.ACTIONS,
    *actions_owner.ACTIONS,
    *actions_strangers.ACTIONS,
    *actions_reports.ACTIONS,
    *actions_registry.ACTIONS,
)
BY_NAME = {action.name: action for action in ALL}
GROUPS = tuple(dict.fromkeys(action.category for action in ALL))
_MEMBERS: dict[str | None, tuple[Action, ...]] = {
    None: ALL,
    **{group: tuple(a for a in ALL if a.category == group) for group in GROUPS},
}
_BOUNDS = {
    group: list(accumulate(action.weight for action in members))
    for group, members in _MEMBERS.items()
}


def pick(chooser: Chooser, group: str | None = None) -> Action:
    """An action by its weight, of all or of one group."""
    bounds = _BOUNDS[group]
    return _MEMBERS[group][bisect_right(bounds, chooser.integer(0, bounds[-1] - 1))]

"""Death watches of assets nobody can read, and attempts to settle markets that are alive."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.fuzz import predict_dead
from tests.fuzz.actions_common import Action, Args, any_account, some_market, somebody
from tests.fuzz.chooser import Chooser

if TYPE_CHECKING:
    from tests.fuzz.machine import Machine


def _draw_watch(machine: Machine, chooser: Chooser) -> Args:
    return somebody(chooser), some_market(machine, chooser)


def _watch(machine: Machine, sender: int, asset: int) -> None:
    """Seven days are longer than an episode: nothing is ever retired."""
    machine.call(sender, "PriceOracle", "retire", (asset,), predict_dead.retire, asset)


def _draw_settlement(machine: Machine, chooser: Chooser) -> Args:
    return somebody(chooser), any_account(machine, chooser), some_market(machine, chooser)


def _settle(machine: Machine, sender: int, account: int, market: int) -> None:
    args, check = (account, market), predict_dead.settle
    machine.call(sender, "Deleveraging", "settle", args, check, market, accounts=(account,))


ACTIONS = (
    Action("watch death", "dead", 4, _draw_watch, _watch),
    Action("settle", "dead", 3, _draw_settlement, _settle),
)

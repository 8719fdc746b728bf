"""The target of the insurance fund's buffer: who may post it, and posts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.fuzz import predict_fund
from tests.fuzz.actions_common import KEEPER, OWNER, WAD, Action, Args, odd, somebody
from tests.fuzz.chooser import Chooser

if TYPE_CHECKING:
    from tests.fuzz.machine import Machine

FUND = "InsuranceFund"


def _draw_reporter(machine: Machine, chooser: Chooser) -> Args:
    del machine
    return (somebody(chooser) if chooser.chance(1, 6) else OWNER), KEEPER


def _set_reporter(machine: Machine, sender: int, reporter: int) -> None:
    args = (machine.address(reporter),)
    check = predict_fund.set_reporter
    machine.call(sender, FUND, "set_reporter", args, check, machine.address(sender))


def _draw_target(machine: Machine, chooser: Chooser) -> Args:
    """Mostly within reach of the last one."""
    if not machine.models.state.reporter and not odd(chooser):
        return None
    target = machine.models.state.target[0] or 1_000 * WAD
    near = target * chooser.integer(30, 250) // 100
    amount = chooser.pick((0, WAD - 1, 10**30 + 1)) if odd(chooser) else near
    return (somebody(chooser) if odd(chooser) else KEEPER), amount


def _post_target(machine: Machine, sender: int, target: int) -> None:
    check = predict_fund.post_target
    machine.call(sender, FUND, "post_target", (target,), check, machine.address(sender), target)


ACTIONS = (
    Action("set reporter", "insurance", 6, _draw_reporter, _set_reporter),
    Action("post target", "insurance", 12, _draw_target, _post_target),
)

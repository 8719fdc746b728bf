"""Roots posted to `SolvencyRegistry`, proved and mistaken, and sources asked without the oracle."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache
from random import Random
from typing import TYPE_CHECKING

from margin_model.merkle_sum import MAX_ACCOUNTS, MAX_SUM, Leaf, Node, Origin, Tree
from tests.fuzz import predict_reports
from tests.fuzz.actions_common import (
    KEEPER,
    STRANGER,
    WAD,
    Action,
    Args,
    odd,
    somebody,
)
from tests.fuzz.calldata import selectors, with_bytes
from tests.fuzz.chooser import Chooser
from tests.fuzz.predict import Models, Refused, require
from tests.fuzz.world import adapter_of

if TYPE_CHECKING:
    from tests.fuzz.machine import Machine

REGISTRY = "SolvencyRegistry"
MOST_LEAVES = 6
# What may be wrong with a statement.
RIGHT, TOO_EARLY, NOBODY_IN_IT, TOO_MANY, FEW_SUMS, LARGE_SUM, AGAIN = range(7)
# What may be wrong with a proof.
PROVED, OTHER_LEAF, SHORT_PATH, OTHER_ACCOUNT, OTHER_ROOT, ODD_SUMS, HUGE_SUM = range(7)


@dataclass(frozen=True)
class Posted:
    """A tree that somebody posted the root of."""

    tree: Tree
    block_number: int
    root: bytes


# ── roots ────────────────────────────────────────────────────────────────────────────────────────


@lru_cache(64)
def _tree(seed: int, leaves: int) -> Tree:
    """Of made-up accounts: posting proves nothing."""
    random = Random(seed)
    found = []
    for account in range(1, leaves + 1):
        claim = random.randrange(-(10**6), 10**6) * WAD
        amounts = random.randrange(10**20), random.randrange(10**20)
        found.append(Leaf(account, f"0x{account:040x}", claim, claim, claim, 0, 0, (), amounts))
    return Tree(found)


def _draw_post(machine: Machine, chooser: Chooser) -> Args:
    del machine
    flaw = chooser.integer(1, AGAIN) if chooser.chance(2, 5) else RIGHT
    back = chooser.integer(1, 3)
    seed, leaves = chooser.integer(0, 2), chooser.pick((1, 2, 3, MOST_LEAVES))
    return somebody(chooser), seed, leaves, back, flaw


def _post(machine: Machine, sender: int, seed: int, leaves: int, back: int, flaw: int) -> None:
    leaves = max(1, leaves)  # a shrunk step may want none
    tree = _tree(seed, leaves)
    block = machine.world.chain.block_number
    number = block + 9 if flaw == TOO_EARLY else max(0, block - back)
    if flaw == AGAIN and machine.posted:
        tree, number = machine.posted[-1].tree, machine.posted[-1].block_number
        leaves = len(tree.leaves)
    accounts = {NOBODY_IN_IT: 0, TOO_MANY: MAX_ACCOUNTS + 1}.get(flaw, leaves)
    top = tree.top
    if flaw == FEW_SUMS:
        top = replace(top, sums=top.sums[:1])
    elif flaw == LARGE_SUM:
        top = replace(top, sums=(MAX_SUM + 1, *top.sums[1:]))
    origin = _origin(machine, number)
    data = machine.world.registry.post.encode((number, accounts, top.as_argument()))
    reason = machine.call(
        sender,
        REGISTRY,
        "post",
        (seed, leaves, back, flaw),
        predict_reports.post,
        number < block,
        origin,
        accounts,
        top,
        data=data,
    )
    if reason is None:
        machine.posted.append(Posted(tree, number, tree.root(origin)))


def _origin(machine: Machine, block_number: int) -> Origin:
    world = machine.world
    return Origin(world.chain.chain_id, world.deployment.clearinghouse.address, block_number)


def _draw_verify(machine: Machine, chooser: Chooser) -> Args:
    if not machine.posted:
        return None
    which = chooser.integer(0, len(machine.posted) - 1)
    account = chooser.integer(1, len(machine.posted[which].tree.leaves))
    flaw = chooser.integer(1, HUGE_SUM) if chooser.chance(1, 2) else PROVED
    return somebody(chooser), which, account, flaw


def _verify(machine: Machine, sender: int, which: int, account: int, flaw: int) -> None:
    if not machine.posted:
        return
    posted = machine.posted[which % len(machine.posted)]
    account = max(1, min(account, len(posted.tree.leaves)))
    leaf, path, root = posted.tree.leaves[account - 1], posted.tree.path(account), posted.root
    match flaw:
        case _ if flaw == OTHER_LEAF:
            leaf = replace(leaf, cash=leaf.cash + 1)
        case _ if flaw == SHORT_PATH:
            path = (*path, Node(bytes(32), (0,) * len(posted.tree.top.sums)))
        case _ if flaw == OTHER_ACCOUNT:
            leaf = replace(leaf, account=len(posted.tree.leaves) + 1)
        case _ if flaw == OTHER_ROOT:
            root = bytes(31) + b"\1"
        case _ if flaw in (ODD_SUMS, HUGE_SUM) and path:
            sums = (0,) if flaw == ODD_SUMS else (MAX_SUM + 1, *path[0].sums[1:])
            path = (replace(path[0], sums=sums), *path[1:])
    arguments = root, leaf.as_argument(), [node.as_argument() for node in path]
    machine.call(
        sender,
        REGISTRY,
        "verify",
        (which, account, flaw),
        predict_reports.verify,
        root,
        leaf,
        path,
        _origin(machine, posted.block_number),
        data=machine.world.registry.verify.encode(*arguments),
    )


# ── sources ──────────────────────────────────────────────────────────────────────────────────────


def _draw_source(machine: Machine, chooser: Chooser) -> Args:
    asset = chooser.integer(0, len(machine.feeds.sources) - 1)
    index = chooser.integer(0, len(machine.feeds.sources[asset]) - 1)
    sender = chooser.pick((KEEPER, STRANGER))
    back = chooser.pick((-1, 0, 1, 10, 100, 2_000))
    return sender, asset, index, int(odd(chooser)), machine.wire.now - back, chooser.integer(0, 2)


def _ask_source(
    machine: Machine, sender: int, asset: int, index: int, unknown: int, since: int, value: int
) -> None:
    """A price by its proof, as anybody may ask a source for it."""
    feeds = machine.feeds.sources[asset]
    index %= len(feeds)  # a shrunk asset may have fewer
    number = 99 if unknown else machine.world.sources[asset][index].feed
    proof = feeds[index].proof(since)
    contract = adapter_of(feeds[index])
    machine.call(
        sender,
        contract,
        "first_since",
        (number, since, proof.hex()),
        _check_source,
        asset,
        index,
        bool(unknown),
        since,
        proof,
        value,
        data=selectors(contract)["first_since"] + with_bytes(proof, number, since),
        value=value,
    )


def _check_source(
    m: Models, asset: int, index: int, unknown: bool, since: int, proof: bytes, value: int
) -> None:
    feed = m.feeds.sources[asset][index]
    known = not unknown or adapter_of(feed) == "RatioSource"  # which has no price of any
    require(known, "feed: unknown")
    found = feed.first_since(since, proof, value, m.now)
    if isinstance(found, str):
        raise Refused(found)
    m.answer = found[0]


ACTIONS = (
    Action("post root", "proof", 10, _draw_post, _post),
    Action("verify leaf", "proof", 20, _draw_verify, _verify),
    Action("ask source", "feed", 6, _draw_source, _ask_source),
)

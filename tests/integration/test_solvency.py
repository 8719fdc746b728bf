"""Proof of solvency: books rebuilt from events equal the chain's, and everybody is in the root."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from chain import Chain, Deployment, PyrevmChain
from chain.anvil import Anvil
from chain.conditions import Conditions
from chain.deployment import PORTFOLIO
from chain.solvency import Audit, audit, rebuild
from tests.fuzz import world as world_module
from tests.fuzz.episode import Stage
from tests.fuzz.machine import Machine
from tests.fuzz.world import build_world
from tests.fuzz.world_wire import SlowWire
from tests.integration.story import CRASHED, WAD, Story

SEEDS = range(1, 7)
STEPS = 300
INTEREST = {
    "base_rate": WAD // 100,
    "slope1": WAD // 10,
    "slope2": 3 * WAD,
    "kink": 8 * WAD // 10,
    "rate_cap": 5 * WAD,
    "reserve": WAD // 10,
}


def told(doing: str, done: int, total: int) -> None:
    assert doing
    assert 0 < done <= total


def audited(protocol: Deployment, block: int | None = None) -> Audit:
    """At a block, the newest by default."""
    number = protocol.chain.block_number if block is None else block
    past = protocol.chain.at_block(number)
    names = ("oracle", "risk", "interest", "clearinghouse", "auction", "quote")
    contracts = {name: getattr(protocol, name) for name in names}
    then: dict[str, Any] = {name: past.at(c.artifact, c.address) for name, c in contracts.items()}
    protocol = replace(protocol, chain=past, **then)
    return audit(protocol, rebuild(protocol, 0, number, told), told)


def story_on(chain: Chain) -> Iterator[Story]:
    """The same story after each of its chapters."""
    story = Story.begin(chain)
    yield story
    story.provide()
    yield story
    story.trade(3 * WAD)
    yield story
    story.crash(CRASHED)
    yield story
    story.liquidate()
    yield story


@pytest.fixture(scope="module")
def story() -> Story:
    """Told to its end, in process."""
    *_, story = story_on(PyrevmChain(keep_logs=True))
    return story


def numbers(found: Audit) -> tuple[Any, ...]:
    """What must not depend on the chain: no addresses, so no root."""
    leaves = [replace(leaf, owner="") for leaf in found.tree.leaves]
    collateral = [replace(each, address="") for each in found.collateral]
    return leaves, replace(found.quote, address=""), collateral, found.dust, found.shortfall


def test_audit__every_chapter__nothing_differs_then_or_looked_back_at() -> None:
    with Anvil() as chain:
        audits = {}
        for story in story_on(chain):
            audits[chain.block_number] = audited(story.protocol)
        assert [each.mismatches for each in audits.values()] == [[]] * 5
        assert len({each.root for each in audits.values()}) == 5
        for block, then in audits.items():
            again = audited(story.protocol, block)
            assert again.root == then.root
            assert replace(again, tree=then.tree) == then


def test_audit__on_pyrevm_and_anvil__the_same_accounts() -> None:
    with Anvil() as anvil:
        *_, here = story_on(PyrevmChain(keep_logs=True))
        *_, there = story_on(anvil)
        assert numbers(audited(here.protocol)) == numbers(audited(there.protocol))


def test_audit__leaf__as_the_chain_says(story: Story) -> None:
    found, house = audited(story.protocol), story.protocol.clearinghouse
    prices = Conditions.read(story.protocol)
    assert len(found.tree.leaves) == house.account_count()
    for leaf in found.tree.leaves:
        health = house.current_health(leaf.account)
        assert (leaf.cash, leaf.equity) == (health.cash, health.equity)
        assert (leaf.maintenance, leaf.initial) == (health.maintenance, health.initial)
        assert leaf.owner == house.account(leaf.account).owner
        collateral = sum(
            amount * prices.price(house.collateral_token(token).asset) // WAD
            for token, amount in enumerate(leaf.amounts)
        )
        assert abs(leaf.equity - collateral - leaf.claim) <= len(leaf.amounts)
    owed, due, *_ = found.tree.top.sums
    assert (found.quote.owed, found.quote.due) == (owed, due)
    assert found.quote.recorded == found.quote.deposited == found.quote.held
    assert 0 <= found.quote.recorded - (owed - due) <= 2


def test_audit__donation__changes_no_account(story: Story) -> None:
    chain, quote = story.chain, story.protocol.quote
    before = audited(story.protocol)
    snapshot = chain.snapshot()
    quote.mint(story.protocol.clearinghouse.address, 5 * 10**6)
    after = audited(story.protocol)
    chain.revert(snapshot)
    assert after.mismatches == []
    assert after.root == before.root
    assert after.quote.held == before.quote.held + 5 * WAD


def test_audit__tokens_gone__told(story: Story, monkeypatch: pytest.MonkeyPatch) -> None:
    """The token says that a unit less is there than is on record."""
    chain, token = story.chain, story.protocol.tokens["WBTC"]
    balance_of = token.balanceOf.encode(story.protocol.clearinghouse)
    call = chain.call

    def lacking(to: str, data: bytes, *others: Any) -> bytes:
        output = call(to, data, *others)
        if (to, data) == (token.address, balance_of):
            return (int.from_bytes(output, "big") - 1).to_bytes(32, "big")
        return output

    monkeypatch.setattr(chain, "call", lacking)
    (line,) = audited(story.protocol).mismatches
    assert line.startswith(f"I3: {token.address}: ")


def test_audit__other_prices_than_the_chain_uses__told(
    story: Story, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The mirror is fed with a line that is not the chain's."""
    read = Conditions.read.__func__  # type: ignore[attr-defined]

    def misread(cls: type[Conditions], protocol: Deployment) -> Conditions:
        found = read(cls, protocol)
        assets = {
            asset: each._replace(risk=each.risk._replace(line=each.risk.line + 10**15))
            for asset, each in found.assets.items()
        }
        return replace(found, assets=assets)

    monkeypatch.setattr(Conditions, "read", classmethod(misread))
    found = audited(story.protocol)
    assert found.mismatches
    assert all(
        "maintenance" in line or "initial" in line or "limit" in line for line in found.mismatches
    )


def test_rebuild__events_missing__told(story: Story) -> None:
    protocol = story.protocol
    ledger = rebuild(protocol, protocol.chain.block_number, protocol.chain.block_number, told)
    found = audit(protocol, ledger, told)
    assert any(line.startswith("account ") for line in found.mismatches)


# ── random stories ───────────────────────────────────────────────────────────────────────────────


@pytest.fixture(scope="module", autouse=True)
def lending() -> Iterator[None]:
    """Worlds of random stories in which borrowed quote costs a lot."""
    plain = world_module.fuzz_config
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(
            world_module,
            "fuzz_config",
            lambda sequencer: replace(plain(sequencer), interest=INTEREST),
        )
        yield


@pytest.fixture(scope="module")
def stage(lending: None) -> Stage:
    del lending
    return Stage(watched=False)


def test_audit__random_stories__nothing_differs(stage: Stage) -> None:
    seen: Counter[str] = Counter()
    for seed in SEEDS:
        chain = PyrevmChain(keep_logs=True)
        world = build_world(chain, SlowWire(chain))
        machine = Machine(world)
        for count, step in enumerate(stage.draw(seed, STEPS), 1):
            machine.apply(step)
            if count % 50:
                continue
            found = audited(world.deployment)
            assert found.mismatches == [], seed
            ledger = rebuild(world.deployment, 0, chain.block_number, told)
            held = ledger.accounts.values()
            seen["accounts with proceeds"] += sum(each.proceeds > 0 for each in held)
            seen["portfolio accounts"] += sum(each.kind == PORTFOLIO for each in held)
            seen["index moves"] += ledger.index_moves
            seen["shortfalls"] += found.shortfall > 0
            seen["debts"] += found.quote.due > 0
    assert len(+seen) == 5, seen


def test_audit__random_story_on_a_node__the_same_accounts(stage: Stage) -> None:
    steps = stage.draw(SEEDS[0], STEPS // 2)
    told_on = []
    with Anvil(start_time=stage.world.chain.time) as anvil:
        for chain in (PyrevmChain(stage.world.chain.time, keep_logs=True), anvil):
            world = build_world(chain, SlowWire(chain))
            machine = Machine(world)
            for step in steps:
                machine.apply(step)
            told_on.append(audited(world.deployment))
    assert [each.mismatches for each in told_on] == [[], []]
    assert numbers(told_on[0]) == numbers(told_on[1])

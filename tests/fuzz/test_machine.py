"""The machine of actions: its draws, its predictions, its replays."""

from __future__ import annotations

from collections import Counter
from random import Random

import pytest

from chain import PyrevmChain, load_artifacts
from chain.artifacts import ROOT
from chain.feeds import ChainlinkFeed, PythFeed
from tests.fuzz import actions
from tests.fuzz.chooser import RandomChooser
from tests.fuzz.machine import Machine
from tests.fuzz.predict import UNKNOWN_TOKEN
from tests.fuzz.step import Outcome, Step, Violation
from tests.fuzz.storage import spot
from tests.fuzz.views import Views
from tests.fuzz.world import QUOTE_UNIT, WOLF, World, build_world
from tests.fuzz.world_wire import SlowWire
from tests.unit.test_access import ACCESS

EPISODES, STEPS = 66, 150
SEED = 2

# Nobody can be refused these: they are prices, time, tokens, or open to everybody at any time.
NEVER_REFUSED = {
    "refresh",
    "move price",
    "crash",
    "break feed",
    "feeds fail",
    "sequencer",
    "wait",
    "sample",
    "allow",
    "donate",
    "change token",
    "set callback",
    "refresh nav",
    "approve shares",
}
NEVER_ACCEPTED = {"intrude", "send ether", "replay report"}
# Once in thousands of steps: they have scenarios of their own (test_rare.py).
RARE = {
    "write off",
    "watch death",
    "settle",
    "take dead collateral",
    "deleverage",
    "buy collateral",
    "list market",
}


@pytest.fixture(scope="module")
def world() -> World:
    return build_world()


class Run:
    """Some episodes of one machine."""

    def __init__(self, world: World, seed: int, episodes: int = 1, steps: int = STEPS) -> None:
        self.machine = Machine(world)
        self.steps: list[Step] = []
        self.outcomes: list[Outcome] = []
        self.callbacks = 0
        for episode in range(episodes):
            snapshot = world.snapshot()
            self.machine.reset()
            chooser = RandomChooser(Random(f"{seed} {episode}"))
            for _ in range(steps):
                step = self.machine.draw(chooser)
                assert step is not None
                self.steps.append(step)
                self.outcomes.append(self.machine.apply(step))
            self.callbacks += world.wolf.calls()
            world.restore(snapshot)


@pytest.fixture(scope="module")
def long_run(world: World) -> Run:
    return Run(world, SEED, EPISODES)


def test_draw__same_seed__same_steps(world: World) -> None:
    first, second = (Run(world, 7) for _ in range(2))
    assert first.steps == second.steps
    assert first.outcomes == second.outcomes
    assert Run(world, 8, steps=10).steps != first.steps[:10]


def test_apply__recorded_steps__same_outcomes(world: World) -> None:
    run = Run(world, 9)
    rows = [step.as_json() for step in run.steps]
    machine = Machine(world, care=0)
    snapshot = world.snapshot()
    assert [machine.apply(Step.from_json(row)) for row in rows] == run.outcomes
    world.restore(snapshot)


def test_apply__over_any_chain__same_outcomes(world: World) -> None:
    run = Run(world, 10)
    chain = PyrevmChain()
    other = build_world(chain, SlowWire(chain))
    machine = Machine(other)
    assert [machine.apply(step) for step in run.steps] == run.outcomes
    assert other.wire.gas > 0


def test_draw__group__only_of_it(world: World) -> None:
    snapshot = world.snapshot()
    machine = Machine(world)
    chooser = RandomChooser(Random(2))
    for group in actions.GROUPS:
        step = machine.draw(chooser, group)
        assert step is None or actions.BY_NAME[step.action].category == group
    world.restore(snapshot)


@pytest.mark.parametrize("action", [action.name for action in actions.ALL])
def test_action__seeded_run__succeeds_and_is_refused(long_run: Run, action: str) -> None:
    reasons = {reason for name, reason in long_run.machine.tally.outcomes if name == action}
    assert reasons or action in RARE
    if action not in NEVER_ACCEPTED | RARE:
        assert None in reasons
    if action not in NEVER_REFUSED:
        assert reasons - {None}
    else:
        assert reasons == {None}


def _functions(kinds: tuple[str, ...]) -> set[tuple[str, str]]:
    """Of every contract that is deployed: those of these mutabilities."""
    deployables = [
        path.stem
        for folder in ("", "sources")
        for path in (ROOT / "contracts" / folder).glob("*.vy")
    ]
    return {
        (name, entry["name"])
        for name in deployables
        for entry in load_artifacts()[name].abi
        if entry["type"] == "function" and entry["stateMutability"] in kinds
    }


def test_run__functions__all_that_change_state(long_run: Run) -> None:
    wanted = _functions(("nonpayable", "payable"))
    assert wanted - long_run.machine.tally.functions == set()
    assert {(name, f) for name, functions in ACCESS.items() for f in functions} <= wanted


def test_views__of_every_contract__are_asked(world: World, long_run: Run) -> None:
    wanted = _functions(("view", "pure"))
    names = {contract.address: name for name, contract in world.suite.items()}
    views = Views(world.deployment, world.people, [world.registry])
    asked = {(names[contract.address], name) for contract, name, _ in views.all}
    assert wanted - asked - long_run.machine.tally.functions == set()


def test_run__mix__is_what_a_campaign_wants(long_run: Run) -> None:
    mix = Counter(outcome.category for outcome in long_run.outcomes)
    steps = len(long_run.steps)
    succeeded = sum(outcome.reason is None for outcome in long_run.outcomes)
    assert succeeded >= 0.6 * steps
    assert mix["order execution"] >= 0.1 * steps
    assert mix["bid"] >= 0.02 * steps
    fates = long_run.machine.tally.outcomes
    assert fates["execution", "filled"] > 200
    assert all(fates["execution", fate] for fate in ("limit", "margin", "skew", "interest cap"))


def test_run__predictions__are_exact_nearly_always(long_run: Run) -> None:
    tally = long_run.machine.tally
    assert tally.unpredicted == 0
    assert tally.sets <= 0.005 * tally.exact


def test_run__wolf__called_back(long_run: Run) -> None:
    assert long_run.callbacks > 0


def test_apply__model_that_is_wrong__is_noticed(world: World) -> None:
    snapshot = world.snapshot()
    machine = Machine(world)
    machine.models.fees.clear()  # as if no market were open
    account = world.accounts[4]
    order = Step("submit order", (0, 0, world.owners[account], account, 0, 10**15, 2**256 - 1))
    with pytest.raises(Violation, match="'market: closed' expected, None came"):
        machine.apply(order)
    world.restore(snapshot)


def test_apply__order_that_should_be_cancelled__is_noticed(world: World) -> None:
    snapshot = world.snapshot()
    machine = Machine(world)
    account = world.accounts[4]
    order = (0, 0, world.owners[account], account, 0, 10**15, 2**256 - 1)
    assert machine.apply(Step("submit order", order)).reason is None
    since = world.wire.now + 2
    maker, taker, _ = machine.models.fees[0]
    machine.models.fees[0] = maker, taker, 0  # as if no interest were allowed
    with pytest.raises(Violation, match="'interest cap' expected, 'filled at"):
        machine.apply(Step("execute order", (3, 1, 3, account, account, 0, 0, since, 0, 0, 0)))
    world.restore(snapshot)


def test_deposit__largest_there_can_be__leaves_no_room(world: World) -> None:
    snapshot = world.snapshot()
    machine = Machine(world)
    account = world.accounts[8]
    largest = (2**127 - 1) // QUOTE_UNIT - machine.models.state.cash(account) // QUOTE_UNIT
    reasons = []
    for amount in (largest + 10, largest - 10**16, 10**17):
        step = Step("deposit", (0, 0, world.owners[account], account, -1, amount))
        reasons.append(machine.apply(step).reason)
    assert reasons == ["cash: too large", None, "cash: too large"]
    other = Step("deposit", (0, 0, 1, world.accounts[4], -1, 10**17))
    assert machine.apply(other).reason == "amount: too large"
    world.restore(snapshot)


def test_deposit__token_that_is_none__is_refused(world: World) -> None:
    snapshot = world.snapshot()
    machine = Machine(world)
    account = world.accounts[4]
    step = Step("deposit", (0, 0, world.owners[account], account, UNKNOWN_TOKEN, 1))
    assert machine.apply(step).reason == "token: not listed"
    world.restore(snapshot)


def test_deposit__contract_that_owns_accounts__acts_through_its_relay(world: World) -> None:
    snapshot = world.snapshot()
    machine = Machine(world)
    account = next(a for a, owner in world.owners.items() if owner == WOLF)
    assert machine.apply(Step("deposit", (0, 0, WOLF, account, -1, 10**6))).reason is None
    assert machine.last.sender == world.wolf.address
    world.restore(snapshot)


@pytest.mark.parametrize("price", [1, 3 * 10**22, -(10**18), 0, 2**255])
def test_publish__into_slots__as_a_transaction_would(
    world: World, price: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    push, pull = world.deployment.feeds["BTC"][0], world.deployment.feeds["SOL"][0]
    assert isinstance(push, ChainlinkFeed)
    assert isinstance(pull, PythFeed)
    rounds = push.aggregator.latest_round()
    slots = (
        spot(push.aggregator, "latest_round"),
        spot(push.aggregator, "_rounds", rounds + 1),
        spot(pull.pyth, "_prices", int.from_bytes(pull.price_id, "big")),
    )

    def published() -> list[int]:
        snapshot, feeds = world.snapshot(), world.feeds.copy()
        world.wire.advance(60)
        for feed in (feeds.sources[0][0], feeds.sources[2][0]):
            feed.publish(world.wire, price, world.wire.now, 10**17)
        words = [world.evm.storage(*slot) for slot in slots]
        world.restore(snapshot)
        return words

    direct = published()
    monkeypatch.setattr(type(world.wire), "store", lambda *_: False)

    assert published() == direct
    assert direct[0] == rounds + 1

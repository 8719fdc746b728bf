"""The machine of actions: its draws, its predictions, its replays."""

from __future__ import annotations

from collections import Counter
from random import Random

import pytest

from chain import PyrevmChain
from chain.feeds import ChainlinkFeed, PythFeed
from tests.fuzz import actions
from tests.fuzz.chooser import RandomChooser
from tests.fuzz.machine import Machine
from tests.fuzz.predict import UNKNOWN_TOKEN
from tests.fuzz.predict_owner import NEW
from tests.fuzz.step import Outcome, Step, Violation
from tests.fuzz.storage import spot
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
NEVER_ACCEPTED = {"intrude", "send ether"}
# Once in thousands of steps: they have scenarios of their own below.
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


def test_run__functions__all_that_change_state(long_run: Run) -> None:
    wanted = {(name, function) for name, functions in ACCESS.items() for function in functions}
    assert wanted <= long_run.machine.tally.functions


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


def test_write_off__debt_of_nothing__succeeds(world: World) -> None:
    """A pending order closes the last position of an account that a gap has made bankrupt.

    Without a maker fee, or it would lower an equity that is below zero already.
    """
    snapshot = world.snapshot()
    machine = Machine(world)
    assert machine.apply(Step("set market fees", (0, 0, 0, 0, 0, 5, 50_000))).reason is None
    account, keeper = world.accounts[5], 3
    owner = world.owners[account]
    price = world.feeds.prices[0]
    size = 100_000 * 10**18 * 10**18 // price
    machine.apply(Step("submit order", (0, 1, owner, account, 0, size, 2**256 - 1)))
    since = world.wire.now + 2
    execute = (3, 1, keeper, account, world.accounts[0], 0, 0, since, 0, 0, 0)
    assert machine.apply(Step("execute order", execute)).reason is None
    machine.apply(Step("submit order", (0, 1, owner, account, 0, -size, 0)))
    since = world.wire.now + 2
    machine.apply(Step("crash", (60, 1, 0, -2_500, account)))
    execute = (185, 1, keeper, account, world.accounts[0], 0, 0, since, 0, 0, 0)
    assert machine.apply(Step("execute order", execute)).reason is None
    assert machine.models.state.cash(account) < 0
    assert machine.apply(Step("write off", (0, 1, 8, account))).reason is None
    assert machine.models.state.cash(account) == 0
    world.restore(snapshot)


def test_buy_collateral__left_by_a_backstop__succeeds(world: World) -> None:
    """Nobody bids for an account with collateral; what the pool takes over it sells on."""
    snapshot = world.snapshot()
    machine = Machine(world)
    account, keeper, bidder = world.accounts[4], 3, world.accounts[3]
    owner = world.owners[account]
    assert machine.apply(Step("deposit", (0, 1, owner, account, 0, 10**8))).reason is None
    size = 300_000 * 10**18 * 10**18 // world.feeds.prices[1]
    assert (
        machine.apply(Step("submit order", (0, 1, owner, account, 1, size, 2**256 - 1))).reason
        is None
    )
    since = world.wire.now + 2
    execute = (3, 1, keeper, account, world.accounts[0], 0, 1, since, 0, 0, 0)
    assert machine.apply(Step("execute order", execute)).reason is None
    assert machine.tally.outcomes["execution", "filled"] == 1
    machine.apply(Step("crash", (60, 1, 1, -2_000, account)))
    assert machine.apply(Step("start", (185, 2, 8, account, 0))).reason is None
    for _ in range(3):
        assert machine.apply(Step("poke", (120, 2, 8, account))).reason is None
    assert machine.apply(Step("backstop", (1, 2, 8, account))).reason is None
    sale = (1, 2, world.owners[bidder], bidder, 0, 10**17, 2**256 - 1)
    assert machine.apply(Step("buy collateral", sale)).reason is None
    world.restore(snapshot)


def test_list_market__asset_listed_in_the_episode__opens_it(world: World) -> None:
    snapshot = world.snapshot()
    machine = Machine(world)
    account = world.accounts[4]
    for step in (
        Step("list asset", (0, 1, 0, 0)),
        Step("list asset risk", (0, 1, 0, NEW, 10**18 // 20)),
        Step("list market", (0, 1, 0, NEW, 10**24, 9 * 10**15)),
        Step("set market fees", (0, 1, 0, NEW, 2, 5, 10_000)),
        Step("submit order", (0, 1, world.owners[account], account, NEW, 10**18, 2**256 - 1)),
    ):
        assert machine.apply(step).reason is None, step
    execute = (3, 1, 3, account, account, 0, NEW, world.wire.now + 2, 0, 0, 0)
    assert machine.apply(Step("execute order", execute)).reason is None
    assert machine.tally.outcomes["execution", "filled"] == 1
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
    assert machine.apply(other).reason == "token: too much held"
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

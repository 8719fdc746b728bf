"""The quote token off its peg: nobody opens or withdraws, nobody is liquidated for it."""

import pytest

from margin_model import requirement
from margin_model.price_word import STALE, UNCERTAIN, UNUSABLE, VALID, VOLATILE
from tests.unit.risk_world import WAD, RiskWorld, exposure_of

USDC, BOUND = 1, 98 * WAD // 100
OPEN = exposure_of(cash=100 * WAD, sizes={0: WAD // 10})


@pytest.fixture
def world(chain, artifacts):
    """A market, and an asset that is the quote token's own price."""
    world = RiskWorld(chain, artifacts, peg=(USDC, BOUND))
    world.read(0)
    world.list_asset(0)
    world.read(USDC, WAD)
    world.sample()
    return world


def changes(world, receipt):
    """The `PegChanged` of a transaction."""
    events = world.engine.events(receipt)
    return [tuple(event.args) for event in events if event.name == "PegChanged"]


def test_sample__quote_at_or_above_its_bound__is_pegged(world):
    for price in (BOUND, WAD, 2 * WAD):
        world.read(USDC, price)
        assert changes(world, world.sample()) == []
        assert not world.engine.off_peg()
        assert world.assess(OPEN).worst_state == VALID
    assert (world.engine.QUOTE_ASSET(), world.engine.PEG_BOUND()) == (USDC, BOUND)


def test_sample__quote_below_its_bound__announced_once_and_back(world):
    world.read(USDC, BOUND - 1)
    assert not world.engine.off_peg()  # nobody has sampled it yet
    assert changes(world, world.sample()) == [(True, BOUND - 1, VALID)]
    assert world.engine.off_peg()
    assert changes(world, world.sample()) == []
    assert world.engine.off_peg()
    world.read(USDC, BOUND)
    assert changes(world, world.sample()) == [(False, BOUND, VALID)]
    assert not world.engine.off_peg()


@pytest.mark.parametrize("state", [UNUSABLE, VOLATILE, STALE, UNCERTAIN])
def test_sample__quote_without_a_usable_price__is_off_its_peg(world, state):
    world.read(USDC, WAD, state=state)
    world.sample()
    assert world.engine.off_peg() == (state != UNCERTAIN)


def test_sample__quote_asset_not_listed_yet__is_off_its_peg(chain, artifacts):
    world = RiskWorld(chain, artifacts, peg=(USDC, BOUND))
    world.read(0)
    assert changes(world, world.sample()) == [(True, 0, UNUSABLE)]


def test_sample__not_due__keeps_what_the_last_one_found(world):
    world.read(USDC, BOUND - 1)
    world.sample()
    world.read(USDC, WAD)
    world.engine.sample()
    assert world.engine.off_peg()


@pytest.mark.parametrize("state", [UNUSABLE, VOLATILE, STALE, UNCERTAIN, VALID])
def test_assess__off_peg__state_at_most_uncertain_and_nothing_else_changes(world, state):
    world.read(0, state=state)
    before = world.assess(OPEN)
    world.read(USDC, WAD // 2)
    world.sample()
    after = world.assess(OPEN)
    assert after == before._replace(worst_state=min(state, UNCERTAIN))
    assert after == requirement.assess(
        OPEN, world.words, world.assets(), world.parameters, off_peg=True
    )
    assert world.engine.status(after) == world.engine.status(before)


def test_sample__nobody_looks__is_never_off_its_peg(chain, artifacts):
    world = RiskWorld(chain, artifacts)
    world.read(0, price=1, state=UNUSABLE)
    assert changes(world, world.sample()) == []
    assert not world.engine.off_peg()
    assert world.engine.PEG_BOUND() == 0

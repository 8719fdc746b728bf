"""PriceOracle: a price off its EMA is VOLATILE until it has lasted."""

from margin_model.price_word import STALE, VALID, VOLATILE
from tests.unit.oracle_world import (
    CONFIRMATION,
    FAR_DOWN,
    FAR_UP,
    FARTHER_UP,
    HEARTBEAT,
    HIGHER,
    INTERVAL,
    PRICE,
    REVERT,
    TOLERANCE,
)

# ── the excursion off the EMA ────────────────────────────────────────────────────────────────────


def test_excursion__within_the_bound__is_none(oracle):
    receipt = oracle.step(PRICE * 11 // 10)
    assert oracle.names(receipt) == ["Sampled"]
    assert oracle.reading().state == VALID


def test_excursion__beyond_the_bound__is_volatile_at_the_last_price(oracle, chain):
    oracle.step(PRICE)
    chain.advance(INTERVAL)
    oracle.say(FAR_UP)
    assert oracle.reading() == (PRICE, PRICE, INTERVAL, 0, VOLATILE)
    receipt = oracle.sample()
    (event,) = oracle.contract.events(receipt)
    assert (event.name, event.args) == ("ExcursionStarted", (0, FAR_UP, PRICE))
    stored = oracle.contract.stored(0)
    assert (stored.excursion_at, stored.excursion_below) == (chain.time, False)
    assert (stored.price, stored.ema) == (PRICE, PRICE)


def test_excursion__lasting__is_confirmed_and_the_ema_jumps(oracle, chain):
    oracle.step(FAR_DOWN)
    started = chain.time
    assert oracle.contract.stored(0).excursion_below is True
    for _ in range(CONFIRMATION // INTERVAL - 1):
        assert oracle.names(oracle.step(FAR_DOWN)) == []
        assert oracle.reading().state == VOLATILE
    chain.advance(INTERVAL - 1)
    oracle.say(FAR_DOWN)
    assert oracle.reading().state == VOLATILE
    chain.advance(1)
    assert chain.time == started + CONFIRMATION
    assert oracle.reading()[:2] == (FAR_DOWN, FAR_DOWN)  # the view knows without a sample
    assert oracle.reading().state == VALID
    receipt = oracle.sample()
    ended, sampled = oracle.contract.events(receipt)
    assert (ended.name, ended.args) == ("ExcursionEnded", (0, FAR_DOWN, PRICE, True))
    assert (sampled.name, sampled.args.assets) == ("Sampled", 1)
    assert sampled.args.memories[0] % 2**176 == FAR_DOWN | FAR_DOWN << 88
    assert oracle.contract.stored(0).excursion_at == 0
    assert oracle.reading().state == VALID


def test_excursion__nobody_samples__is_confirmed_all_the_same(oracle, chain):
    oracle.step(FAR_UP)
    chain.advance(CONFIRMATION)
    oracle.say(FAR_UP)
    assert oracle.reading()[:2] == (FAR_UP, FAR_UP)
    assert oracle.reading().state == VALID


def test_excursion__further_the_same_way__is_not_restarted(oracle, chain):
    oracle.step(FAR_UP)
    started = chain.time
    oracle.step(FARTHER_UP)
    assert oracle.contract.stored(0).excursion_at == started
    chain.advance(CONFIRMATION - INTERVAL)
    oracle.say(FARTHER_UP)
    assert oracle.reading().price == FARTHER_UP


def test_excursion__to_the_other_side__is_restarted(oracle, chain):
    oracle.step(FAR_UP)
    receipt = oracle.step(FAR_DOWN, 4 * INTERVAL)
    assert oracle.names(receipt) == ["ExcursionStarted"]
    assert oracle.contract.stored(0).excursion_at == chain.time
    chain.advance(INTERVAL)
    assert oracle.reading().state == VOLATILE
    oracle.say(FAR_UP)
    chain.advance(CONFIRMATION)
    assert oracle.reading().state == VOLATILE  # that side's timer is gone


def test_excursion__back_within_the_bound__is_over(oracle, chain):
    oracle.step(FAR_UP)
    receipt = oracle.step(HIGHER)
    ended, sampled = oracle.contract.events(receipt)
    assert (ended.name, ended.args) == ("ExcursionEnded", (0, HIGHER, PRICE, False))
    assert sampled.name == "Sampled"
    assert oracle.contract.stored(0).excursion_at == 0


def test_excursion__source_dead_meanwhile__goes_on(oracle, chain):
    oracle.step(FAR_UP)
    started = chain.time
    oracle.sources[0][0].set_mode(REVERT)
    chain.advance(INTERVAL)
    assert oracle.names(oracle.sample()) == []
    assert oracle.contract.stored(0).excursion_at == started


def test_excursion__confirmed_by_a_late_price__does_not_move_the_ema(oracle, chain):
    for _ in range(CONFIRMATION // INTERVAL + 1):
        chain.advance(INTERVAL)
        oracle.say(FAR_UP, age=HEARTBEAT + TOLERANCE + 1)
        receipt = oracle.sample()
    assert oracle.reading() == (PRICE, PRICE, 0, 0, STALE)
    assert oracle.names(receipt) == []
    oracle.say(FAR_UP)
    assert oracle.reading().state == VALID


def test_excursion__nobody_looked_for_long__is_forgotten(oracle, chain):
    """Two wicks on the same side, an hour apart, confirm nothing."""
    oracle.step(FAR_UP)
    chain.advance(CONFIRMATION + 2 * INTERVAL + 1)
    oracle.say(FARTHER_UP)
    assert oracle.reading().state == VOLATILE
    assert oracle.names(oracle.sample()) == ["ExcursionStarted"]
    assert oracle.contract.stored(0).excursion_at == chain.time
    oracle.say(PRICE)
    assert oracle.reading().state == VALID

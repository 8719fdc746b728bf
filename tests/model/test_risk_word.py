"""`risk_word`: contract = mirror bit by bit, every field comes back, none touches another."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from margin_model import risk_word
from margin_model.risk_word import RiskWord


def bits(count):
    return st.integers(0, 2**count - 1)


words = st.builds(RiskWord, bits(64), bits(64), bits(32), bits(48), bits(8), bits(16), bits(16))
ramps = st.tuples(bits(64), bits(64), bits(32))


@pytest.fixture(scope="module")
def contract(harness):
    return harness("RiskWordHarness")


@given(fields=words, ramp=ramps)
def test_pack__any_fields__equals_mirror_and_every_getter_returns_its_own(contract, fields, ramp):
    parameters = fields[3:]
    word = contract.pack(*parameters)
    assert word == risk_word.pack(*parameters)
    word = contract.with_ramp(word, *fields[:3])
    assert risk_word.unpack(word) == fields
    for name in RiskWord._fields:
        assert getattr(contract, name)(word) == getattr(fields, name)

    changed = contract.with_ramp(word, *ramp)
    assert changed == risk_word.with_ramp(word, *ramp)
    assert risk_word.unpack(changed) == (*ramp, *parameters)


targets = st.tuples(
    bits(17).map(lambda thousandths: thousandths * risk_word.KAPPA_UNIT),
    bits(17),
    bits(14).map(lambda bps: bps * risk_word.LINE_UNIT),
    bits(14).map(lambda bps: bps * risk_word.LINE_UNIT),
)


@given(fields=st.lists(targets, min_size=4, max_size=4), again=targets, asset=st.integers(0, 15))
def test_with_target__any_fields__equals_mirror_and_leaves_the_other_lanes(
    contract, fields, again, asset
):
    word = 0
    for lane, target in enumerate([*fields, again]):
        changed = lane if lane < 4 else asset
        packed = contract.with_target(word, changed, *target)
        assert packed == risk_word.with_target(word, changed, *target)
        word = packed
    fields[asset & 3] = again
    for lane, target in enumerate(fields):
        assert contract.target_of(word >> 64 * lane) == target
        assert risk_word.target_of(word >> 64 * lane) == target

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


@given(kappa=bits(80), horizon=bits(32), line_floor=bits(64), line_cap=bits(64))
def test_pack_target__any_fields__equals_mirror_and_unpacks(
    contract, kappa, horizon, line_floor, line_cap
):
    fields = (kappa, horizon, line_floor, line_cap)
    word = contract.pack_target(*fields)
    assert word == risk_word.pack_target(*fields)
    assert contract.unpack_target(word) == fields == risk_word.unpack_target(word)

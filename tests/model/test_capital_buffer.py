"""The stressed shortfall of a fleet, against accounts one by one; targets the contract takes."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from margin_model import capital_buffer, fleet, price_word
from margin_model.capital_buffer import MAX_TARGET, MIN_TARGET
from margin_model.fixed_point import WAD
from tests.model.test_fleet import PARAMETERS, conditions, exposures, fleet_of


@given(conditions(), st.lists(exposures(), min_size=1, max_size=6))
@settings(max_examples=50)
def test_stressed_shortfalls__any_accounts__is_what_each_lacks_by_itself(state, accounts):
    words, assets = state
    expected, scale = [], 1.0
    for scenario in range(16):
        total = 0
        for account in accounts:
            equity = account.base * 100
            for asset, entry in assets.items():
                price = price_word.unpack(words[asset]).price
                units = account.sizes[asset] + account.amounts[asset]
                worth = units * price * (100 + entry.shocks[scenario]) // WAD
                scale += abs(worth) / WAD / 100
                equity += worth
            total += max(0, -equity)
        expected.append(total / WAD / 100)
        scale += abs(sum(account.base for account in accounts)) / WAD
    found = capital_buffer.stressed_shortfalls(
        fleet_of(accounts), fleet.Conditions.of(words, assets, PARAMETERS)
    )
    assert found.shape == (16,)
    assert np.abs(found - expected).max() <= 1e-12 * scale


@pytest.mark.parametrize(
    ("wanted", "posted", "target"),
    [
        (0, 0, MIN_TARGET),
        (MAX_TARGET + 1, 0, MAX_TARGET),
        (500 * WAD, 0, 500 * WAD),
        (500 * WAD, 300 * WAD, 500 * WAD),
        (500 * WAD, 200 * WAD, 400 * WAD),
        (500 * WAD, 2_000 * WAD, 1_000 * WAD),
        (0, 3 * WAD + 1, (3 * WAD + 2) // 2),
    ],
)
def test_next_target__between_wanted_and_posted__no_further_than_twice_or_half(
    wanted, posted, target
):
    assert capital_buffer.next_target(wanted, posted) == target


@given(st.integers(0, 2**256 - 1), st.integers(MIN_TARGET, MAX_TARGET))
def test_next_target__anything__is_what_the_contract_takes(wanted, posted):
    target = capital_buffer.next_target(wanted, posted)
    assert MIN_TARGET <= target <= MAX_TARGET
    assert posted <= 2 * target
    assert target <= 2 * posted

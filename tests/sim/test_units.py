"""Prices as whole numbers."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oracle_sim.units import to_units


@given(units=st.integers(1, 10**15 - 1), decimals=st.integers(0, 8))
def test_to_units__text_of_up_to_15_digits__exact(units: int, decimals: int) -> None:
    text = f"{units:0{decimals + 1}d}"
    price = float(f"{text[:-decimals]}.{text[-decimals:]}" if decimals else text)
    assert to_units(price, decimals) == units
    assert to_units(price, 18) == units * 10 ** (18 - decimals)


@pytest.mark.parametrize(
    ("price", "units"),
    [(0.125, 12), (0.375, 38), (0.135, 14), (0.145, 14), (1e-9, 0), (1e22, 10**24)],
)
def test_to_units__more_digits_than_decimals__half_to_even(price: float, units: int) -> None:
    assert to_units(price, 2) == units

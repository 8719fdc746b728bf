"""The fleet read column by column is the page the lens returns."""

from typing import Any

import numpy as np
import pytest

from oracle_sim.fleet import FIRST_USER, read_fleet, signed_amounts

WAD = 10**18


def test_read_fleet__accounts_of_every_size__as_the_lens_says(protocol: Any, trader: str) -> None:
    house, quote = protocol.clearinghouse, protocol.quote
    quote.mint(trader, 10**18, sender=trader)
    quote.approve(house, 10**18, sender=trader)
    amounts = [0, 1, 12_345_678_901, 10**17]
    for amount in amounts:
        account = house.open_account(trader, 2, sender=trader).result
        if amount:
            house.deposit(account, quote, amount, sender=trader)

    fleet = read_fleet(protocol.lens, house.account_count())
    rows = protocol.lens.page(FIRST_USER, 256)
    assert fleet.account.tolist() == [row.account for row in rows]
    assert fleet.status.tolist() == [row.status for row in rows]
    assert fleet.equity == pytest.approx([row.equity / WAD for row in rows])
    assert fleet.equity == pytest.approx([amount / 10**6 for amount in amounts])
    assert fleet.maintenance == pytest.approx([row.maintenance / WAD for row in rows])
    assert fleet.initial == pytest.approx([row.initial / WAD for row in rows])
    assert fleet.in_auction.tolist() == [row.in_auction for row in rows]
    assert fleet.where(fleet.equity > 1) == [FIRST_USER + 2, FIRST_USER + 3]
    assert fleet.index(FIRST_USER + 2) == 2


def test_read_fleet__more_accounts_than_a_page__all_of_them(protocol: Any, trader: str) -> None:
    for _ in range(260):
        protocol.clearinghouse.open_account(trader, 2, sender=trader)
    fleet = read_fleet(protocol.lens, protocol.clearinghouse.account_count())
    assert fleet.account.tolist() == list(range(FIRST_USER, FIRST_USER + 260))


def test_read_fleet__negative_words__keep_their_sign() -> None:
    numbers = [-1, -(2**100), 2**100, -(2**64), 5]
    data = b"".join(number.to_bytes(32, "big", signed=True) for number in numbers)
    words = np.frombuffer(data, ">u8").reshape(-1, 4)
    # a double has 53 of the 64 bits of a limb: a few thousand wei
    assert signed_amounts(words) == pytest.approx([number / WAD for number in numbers], abs=1e-14)

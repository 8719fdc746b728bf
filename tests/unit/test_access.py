"""Who may call what: every state-changing function, called by everybody else."""

from __future__ import annotations

from typing import Any

import pytest

from chain import Reverted
from chain.deployment import CORE, Deployment

ANY = "any"
OWNER = "owner"
POOL, AUCTION, FUND = "pool", "auction", "fund"
REPORTER = "reporter"
DELEVERAGING = "deleveraging"
MANAGER = "owner or operator of an account"

NO_TIERS: list[Any] = [(0, 100)]
RISK = (10**18, 3600, 10**16, 10**17, 10**6, 0, 0, 0, 0, (0,) * 16)
LISTING = ([], 1, 1, 10, 1, 1, 1, 1, 1, [])
WORDS = [0] * 16
ACCOUNT = 4  # of the trader
OTHER = 5  # of the stranger himself
ADDRESS = "0x" + "11" * 20

# contract -> function -> (who may, arguments right but for the caller, what others are told)
ACCESS: dict[str, dict[str, tuple[str, tuple[Any, ...], str]]] = {
    "PriceOracle": {
        "transfer_ownership": (OWNER, (ADDRESS,), "ownable: caller is not the owner"),
        "accept_ownership": (OWNER, (), "ownable_2step: caller is not the new owner"),
        "sample": (ANY, (), ""),
        "first_price": (ANY, (), ""),
        "retire": (ANY, (), ""),
        "list_asset": (OWNER, (LISTING,), "ownable: caller is not the owner"),
        "set_source": (OWNER, (0, 0, (ADDRESS, 0)), "ownable: caller is not the owner"),
    },
    "RiskEngine": {
        "transfer_ownership": (OWNER, (ADDRESS,), "ownable: caller is not the owner"),
        "accept_ownership": (OWNER, (), "ownable_2step: caller is not the new owner"),
        "sample": (ANY, (), ""),
        "list_asset_risk": (OWNER, (3, 10**16, RISK), "ownable: caller is not the owner"),
        "set_asset_risk": (OWNER, (0, RISK), "ownable: caller is not the owner"),
        "set_tier_table": (OWNER, (0, NO_TIERS), "ownable: caller is not the owner"),
    },
    "InterestModel": {},
    "Clearinghouse": {
        "transfer_ownership": (OWNER, (ADDRESS,), "ownable: caller is not the owner"),
        "accept_ownership": (OWNER, (), "ownable_2step: caller is not the new owner"),
        "open_account": (ANY, (), ""),
        "repay": (ANY, (), ""),
        "accrue_funding": (ANY, (), ""),
        "set_operator": (MANAGER, (ACCOUNT, ADDRESS, True), "account: not owner"),
        "set_kind": (MANAGER, (ACCOUNT, 3), "account: not authorized"),
        "deposit": (MANAGER, (ACCOUNT, "QUOTE", 1), "account: not authorized"),
        "withdraw": (MANAGER, (ACCOUNT, "QUOTE", 1, ADDRESS), "account: not authorized"),
        "reserve": (POOL, (ACCOUNT, 0, 1, 0, ADDRESS), "caller: not allowed"),
        "fill": (POOL, (ACCOUNT, 1, 0, 0, OTHER, 0), "caller: not allowed"),
        "cancel": (POOL, (ACCOUNT, OTHER, 0), "caller: not allowed"),
        "sell_pool_collateral": (POOL, (ACCOUNT, 0, 1, 0, ADDRESS), "caller: not allowed"),
        "absorb": (POOL, (ACCOUNT, 0, WORDS), "caller: not allowed"),
        "collect": (f"{POOL} {FUND}", (ACCOUNT, 1, 1, ADDRESS), "caller: not allowed"),
        "pay": (f"{POOL} {FUND}", (3, OTHER, 1), "caller: not allowed"),
        "cut": (AUCTION, (ACCOUNT, 0, 1, 1, 0, True), "caller: not allowed"),
        "begin_auction": (AUCTION, (ACCOUNT,), "caller: not allowed"),
        "set_shortfall": (AUCTION, (0,), "caller: not allowed"),
        "end_auction": (AUCTION, (ACCOUNT,), "caller: not allowed"),
        "transfer_slice": (AUCTION, (ACCOUNT, OTHER, 1, 0, 0, 0, 0), "caller: not allowed"),
        "write_down": (AUCTION, (ACCOUNT, 1), "caller: not allowed"),
        "list_market": (OWNER, (0, 10**18, 0), "ownable: caller is not the owner"),
        "list_collateral": (OWNER, (ADDRESS, 0, 0), "ownable: caller is not the owner"),
    },
    "LiquidityPool": {
        "transfer_ownership": (OWNER, (ADDRESS,), "ownable: caller is not the owner"),
        "accept_ownership": (OWNER, (), "ownable_2step: caller is not the new owner"),
        "transfer": (ANY, (), ""),
        "transferFrom": (ANY, (), ""),
        "approve": (ANY, (), ""),
        "submit_order": (MANAGER, (ACCOUNT, 0, 10**18, 2**90), "account: not authorized"),
        "request_entry": (MANAGER, (ACCOUNT, 10**21, 0), "account: not authorized"),
        "request_exit": (ANY, (), ""),
        # with collateral in the pool: test_liquidity_pool_backstop.py
        "buy_collateral": (MANAGER, (ACCOUNT, 0, 1, 2**90), "collateral: amount out of range"),
        "execute_order": (ANY, (), ""),
        "clear_order": (ANY, (), ""),
        "execute_request": (ANY, (), ""),
        "refresh_nav": (ANY, (), ""),
        "absorb": (AUCTION, (ACCOUNT, WORDS), "pool: not the auction"),
        "cover": (AUCTION, (ACCOUNT, 1), "pool: not the auction"),
        "set_market_fees": (OWNER, (0, (1, 1, 1)), "ownable: caller is not the owner"),
    },
    "InsuranceFund": {
        "stake": (MANAGER, (ACCOUNT, 10**18, 0), "account: not authorized"),
        "request_unstake": (ANY, (), ""),
        "unstake": (ANY, (), ""),
        "pay": (AUCTION, (ACCOUNT, 0, 1), "fund: not the auction"),
        "set_reserve": (AUCTION, (ACCOUNT, 0, 1, 0, 0, 0), "fund: not the auction"),
        "set_reporter": (OWNER, (ADDRESS,), "fund: not the owner"),
        "post_target": (REPORTER, (10**18,), "target: not the reporter"),
    },
    "LiquidationAuction": {
        "start": (ANY, (), ""),
        "poke": (ANY, (), ""),
        "end": (ANY, (), ""),
        "backstop": (ANY, (), ""),
        "write_off": (ANY, (), ""),
        "refresh_shortfall": (ANY, (), ""),
        # in a running auction: test_liquidation_auction_bid.py
        "bid": (MANAGER, (ACCOUNT, OTHER, 10**18, 0, 0), "auction: not running"),
        "issue_margin_call": (ANY, (), ""),
        "close_episode": (ANY, (), ""),
        "cut": (DELEVERAGING, (ACCOUNT, 0, 1, 1, 0, True), "auction: not deleveraging"),
        "cover_pool": (DELEVERAGING, (1,), "auction: not deleveraging"),
    },
    "Deleveraging": {
        "open_round": (ANY, (), ""),
        "deleverage": (ANY, (), ""),
        "end_round": (ANY, (), ""),
        "write_off_pool": (ANY, (), ""),
        "settle": (ANY, (), ""),
    },
    "AccountLens": {},
}

GUARDED = [
    (contract, function)
    for contract, functions in ACCESS.items()
    for function, (who, _, _) in functions.items()
    if who != ANY
]


def _mutable(protocol: Deployment, contract: str) -> set[str]:
    abi = protocol.core[contract].artifact.abi
    return {
        entry["name"]
        for entry in abi
        if entry["type"] == "function" and entry["stateMutability"] not in ("view", "pure")
    }


@pytest.mark.parametrize("contract", CORE)
def test_access__every_state_changing_function__is_listed_here(
    protocol: Deployment, contract: str
) -> None:
    assert _mutable(protocol, contract) == set(ACCESS[contract])


@pytest.mark.parametrize(("contract", "function"), GUARDED)
def test_access__guarded_function__refuses_everybody_else(
    protocol: Deployment, trader: str, stranger: str, contract: str, function: str
) -> None:
    house = protocol.clearinghouse
    assert house.open_account(trader, 2).result == ACCOUNT
    assert house.open_account(stranger, 2).result == OTHER
    who, arguments, reason = ACCESS[contract][function]
    arguments = tuple(protocol.quote.address if a == "QUOTE" else a for a in arguments)
    target = getattr(protocol.core[contract], function)
    # the owner of the protocol is a stranger to accounts and connected contracts, and so on
    callers = [stranger] if who == OWNER else [stranger, protocol.chain.accounts[0]]
    for caller in callers:
        with pytest.raises(Reverted) as caught:
            target.send(*arguments, sender=caller)
        assert caught.value.reason == reason, f"{contract}.{function} by {caller}"

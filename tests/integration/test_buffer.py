"""`ape run buffer` against a deployment on a node."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from chain import Deployment, Reverted
from chain.anvil import Anvil
from chain.buffer import measure, post
from chain.deployment import CROSS
from margin_model.fixed_point import WAD

ROOT = Path(__file__).resolve().parents[2]
APE = Path(sys.executable).with_name("ape")


def borrower(protocol):
    """An account with collateral and a debt, which a fall of its price leaves short."""
    chain, house = protocol.chain, protocol.clearinghouse
    owner = chain.accounts[0]
    token = protocol.collaterals["ETH"]
    supplier, account = (house.open_account(owner, CROSS).result for _ in range(2))
    protocol.quote.mint(owner, 10**12)
    protocol.quote.approve(house, 10**12)
    house.deposit(supplier, protocol.quote, 10**12)
    units = 10**19
    token.mint(owner, units)
    token.approve(house, units)
    house.deposit(account, token, units)
    limit = protocol.lens.health(account).borrow_limit
    house.withdraw(account, protocol.quote, limit * 99 // 100 // 10**12, owner)
    return account


def run(*command):
    return subprocess.run(
        command, cwd=ROOT, capture_output=True, text=True, timeout=300, check=False
    )


def test_measure__a_debt_against_collateral__lacks_what_the_worst_fall_takes(protocol):
    account = borrower(protocol)
    found = measure(protocol)
    words = protocol.oracle.read(2**16 - 1)
    exposure = protocol.clearinghouse.exposure(account, words)
    health = protocol.lens.health(account)
    (asset,) = (a for a in range(16) if exposure.amounts[a])
    worst = min(protocol.risk.asset_risk(asset).shocks)
    value = health.equity - exposure.base
    assert found.accounts == 2
    expected = max(0, -(health.equity + value * worst // 100))
    assert found.wanted == pytest.approx(expected, rel=1e-9, abs=1)
    assert found.to_document()["wanted"] == found.wanted / WAD


def test_post__reporter__brings_the_target_on_chain(protocol):
    borrower(protocol)
    found = measure(protocol)
    with pytest.raises(Reverted, match="target: not the reporter"):
        post(protocol, found)
    protocol.fund.set_reporter(protocol.chain.accounts[0])
    assert post(protocol, found) == found.next_target
    again = measure(protocol)
    assert again.posted == found.next_target
    assert again.posted_at == protocol.chain.time


def test_buffer__nobody_is_reporter__one_line_and_exit_code_2(tmp_path):
    with Anvil() as chain:
        protocol = Deployment.deploy(chain)
        file = tmp_path / "addresses.json"
        protocol.save(file)
        command = [APE, "run", "buffer", "--network", f"ethereum:local:{chain.url}"]
        command += ["--deployment", str(file)]
        done = run(*command, "--json", "-")
        assert done.returncode == 0, done.stderr
        assert json.loads(done.stdout)["wanted"] == 0
        refused = run(*command, "--post")
        assert refused.returncode == 2
        assert "target: not the reporter" in refused.stderr
        assert len(refused.stderr.strip().splitlines()) == 1

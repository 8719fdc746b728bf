"""`ape run whatif` against a deployment on a node."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from chain import Deployment
from chain.anvil import Anvil
from chain.deployment import PORTFOLIO
from chain.projection import project

ROOT = Path(__file__).resolve().parents[2]
APE = Path(sys.executable).with_name("ape")
WAD = 10**18


@pytest.fixture(scope="module")
def node(tmp_path_factory):
    """A node with a portfolio account, and the file that describes the deployment."""
    with Anvil() as chain:
        protocol = Deployment.deploy(chain)
        owner = chain.accounts[0]
        account = protocol.clearinghouse.open_account(owner, PORTFOLIO).result
        protocol.quote.mint(owner, 10_000 * 10**6)
        protocol.quote.approve(protocol.clearinghouse, 10_000 * 10**6)
        protocol.clearinghouse.deposit(account, protocol.quote, 10_000 * 10**6)
        file = tmp_path_factory.mktemp("deployment") / "addresses.json"
        protocol.save(file)
        yield chain, protocol, account, file


def run(node, *arguments):
    chain, _, _, file = node
    return subprocess.run(
        [
            *(APE, "run", "whatif", "--network", f"ethereum:local:{chain.url}"),
            *("--deployment", str(file), *arguments),
        ],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )


def test_whatif__a_trade__prints_both_columns(node):
    _, _, account, _ = node
    done = run(node, "--account", str(account), "--trade", "BTC:+0.5")
    assert done.returncode == 0, done.stderr
    for text in ("PORTFOLIO", "maintenance margin", "HEALTHY", "portfolio tail", "worst scenario"):
        assert text in done.stdout


def test_whatif__json__is_what_the_chain_says(node):
    _, protocol, account, _ = node
    done = run(node, "--account", str(account), "--trade", "ETH:-100", "--json", "-")
    assert done.returncode == 0, done.stderr
    written = json.loads(done.stdout)
    assert written == project(protocol, account, "ETH", -100 * WAD).to_document()
    assert written["before"]["maintenance"] == 0
    assert written["after"]["status"] != "HEALTHY"
    assert written["cancelled"] == "interest cap"  # nobody has put anything into the pool


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--account", "99", "--trade", "BTC:1"), "account 99: unknown"),
        (("--account", "4", "--trade", "XAU:1"), "XAU: no such asset"),
        (("--account", "4", "--trade", "BTC"), "is no trade like BTC:+0.5"),
        (("--account", "4", "--trade", "BTC:0"), "is no trade like BTC:+0.5"),
        (("--account", "4", "--trade", "BTC:nan"), "is no trade like BTC:+0.5"),
        (("--account", "4", "--trade", "BTC:1e60"), "is no trade like BTC:+0.5"),
        (("--account", "4", "--trade", "BTC:1", "--price", "0"), "--price: out of bounds"),
        (("--account", "4"), "Missing option '--trade'"),
    ],
)
def test_whatif__bad_input__one_line(node, arguments, message):
    done = run(node, *arguments)
    assert done.returncode == 2
    assert message in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1

"""The same calling code on pyrevm, on anvil behind JSON-RPC, and on ape's local networks."""

import pytest

from chain import ChainError, Deployment, PyrevmChain, Reverted, TimeControlError
from chain.anvil import Anvil
from chain.rpc_chain import RpcChain
from tests.integration.story import CRASHED, WAD, Story
from tests.invariants import check_conservation

ANVIL_KEY = "0xac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80"  # public, of anvil


def test_send__result_event_and_receipt__as_in_process(probe, fresh):
    receipt = probe.write(5, True, sender=fresh.accounts[1])
    assert receipt.result == 10
    (event,) = probe.events(receipt)
    assert (event.args.writer, event.args.new_number) == (fresh.accounts[1], 10)
    assert (event.args.pair.left, event.args.pair.right) == (10, -10)
    assert receipt.gas_used > 21_000
    assert receipt.block_number == fresh.block_number


def test_time__calls_and_transactions__see_the_same(probe, fresh):
    for seconds in (60, 3_600, 1):
        before = fresh.time
        fresh.advance(seconds)
        assert fresh.time == before + seconds
        now = fresh.time
        assert probe.now()[0] == now
        assert probe.write(1).timestamp == now


def test_advance__backwards__refused(fresh):
    with pytest.raises(ChainError, match="go back"):
        fresh.advance(-1)


def test_revert__state_balance_and_code__are_back(probe, fresh, artifacts):
    first = fresh.snapshot()
    balance = fresh.balance(probe.address)
    probe.write(5)
    probe.keep(sender=fresh.accounts[1], value=3)
    later = fresh.deploy(artifacts["ChainProbe"], 8)
    fresh.snapshot()
    probe.write(6)
    fresh.revert(first)
    assert probe.number() == 0
    assert fresh.balance(probe.address) == balance
    assert fresh.code(later.address) == b""
    with pytest.raises(ChainError, match="used up"):
        fresh.revert(first)


def test_reverted__call_and_send__reason(probe, fresh, artifacts, reverts):
    with reverts("probe: asked to"):
        probe.fail(0)
    with reverts("probe: asked to"):
        probe.fail.send(0)
    with reverts(""):
        probe.fail(1)
    with reverts("seed: zero"):
        fresh.deploy(artifacts["ChainProbe"], 0)


def test_send__nobody_can_sign__refused(probe):
    with pytest.raises(ChainError):
        probe.write(1, sender="0x" + "12" * 20)


def test_story__told_on_every_node__protocol_lives_and_conserves(fresh, tmp_path):
    story = Story.begin(fresh)
    story.provide()
    story.trade(3 * WAD)
    check_conservation(story.protocol.clearinghouse)
    path = story.protocol.save(tmp_path / "addresses.json")
    story.protocol = Deployment.load(fresh, path)
    story.crash(CRASHED)
    story.liquidate()
    check_conservation(story.protocol.clearinghouse)


def test_story__anvil_and_pyrevm__the_same_to_the_wei():
    told = []
    with Anvil() as anvil:
        for chain in (PyrevmChain(), anvil):
            story = Story.begin(chain)
            story.provide()
            story.trade(3 * WAD)
            story.crash(CRASHED)
            story.liquidate()
            told.append(story.numbers())
    assert told[0] == told[1]


def test_keys__signed_here__mined(anvil, artifacts):
    chain = RpcChain(anvil.url, keys=[ANVIL_KEY])
    assert chain.accounts == anvil.accounts[:1]
    probe = chain.deploy(artifacts["ChainProbe"], 7)
    assert probe.write(3).result == 3
    assert probe.number() == 3


def test_local_node_by_its_address__another_chain_id__its_own_and_whole_reasons(
    ape_address, artifacts, reverts
):
    assert ape_address.chain_id == 31338
    probe = ape_address.deploy(artifacts["ChainProbe"], 7)
    with reverts("probe: asked to"):
        probe.fail(0)
    with reverts("probe: asked to"):
        probe.fail.send(0)
    with reverts(""):
        probe.fail(1)


def test_connect__nobody_answers__one_line():
    with pytest.raises(ChainError, match="ConnectionError") as caught:
        RpcChain("http://127.0.0.1:1")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "action", [lambda c: c.advance(1), lambda c: c.snapshot(), lambda c: c.revert(0)]
)
def test_time_control__not_a_local_network__named_error(anvil, monkeypatch, action):
    monkeypatch.setattr(anvil, "is_local", False)
    with pytest.raises(TimeControlError, match=f"not on chain {anvil.chain_id}"):
        action(anvil)


def test_failing_transaction__after_a_good_call__is_reverted(anvil, artifacts, monkeypatch):
    probe = anvil.deploy(artifacts["ChainProbe"], 7)
    monkeypatch.setattr(anvil, "call", lambda *args: bytes(32))
    with pytest.raises(Reverted, match="although the call before it did not"):
        probe.fail.send(0)

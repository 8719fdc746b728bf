"""The chain behind the fixtures: calls, transactions, time, snapshots, reverts."""

import pytest

from chain import ChainError, EncodingError, Reverted

SEED = 7


@pytest.fixture
def probe(deploy):
    return deploy("ChainProbe", SEED)


def test_deploy__constructor_argument__reaches_it(probe, chain, artifacts):
    assert probe.SEED() == SEED
    assert len(chain.code(probe.address)) == artifacts["ChainProbe"].runtime_size
    assert probe.receipt.gas_used > 0


def test_deploy__constructor_reverts__with_its_reason(deploy, reverts):
    with reverts("seed: zero"):
        deploy("ChainProbe", 0)


def test_deploy__value__arrives(deploy, chain, trader):
    probe = deploy("ChainProbe", SEED, sender=trader, value=5)
    assert chain.balance(probe.address) == 5


def test_send__result_logs_and_time__in_the_receipt(probe, chain, trader):
    receipt = probe.write(5, sender=trader)
    assert receipt.result == 5
    assert (receipt.timestamp, receipt.block_number) == (chain.time, chain.block_number)
    (event,) = probe.events(receipt)
    assert (event.name, event.address) == ("Written", probe.address)
    assert (event.args.writer, event.args.old_number, event.args.new_number) == (trader, 0, 5)
    assert (event.args.pair.left, event.args.pair.right) == (5, -5)


def test_send__default_argument__found_by_arity(probe):
    assert probe.write(5, True).result == 10


def test_send__several_results__are_a_tuple(probe):
    receipt = probe.announce("line")
    assert receipt.result == ("line", 4)
    assert probe.events(receipt)[0].args.name == "line"


def test_send__twice__transient_storage_is_gone(probe):
    probe.write(1)
    probe.write(2)
    assert probe.number() == 2


def test_send__a_view__is_a_transaction(probe):
    receipt = probe.number.send()
    assert (receipt.result, receipt.logs) == (0, [])
    assert receipt.gas_used > 0


def test_send__value__moves(probe, chain, trader):
    before = chain.balance(trader)
    assert probe.keep(sender=trader, value=3).result == 3
    assert chain.balance(probe.address) == 3
    assert chain.balance(trader) == before - 3


def test_send__more_value_than_there_is__refused(probe, stranger, chain):
    with pytest.raises(ChainError):
        probe.keep(sender=stranger, value=chain.balance(stranger) + 1)


def test_call__of_a_write__changes_nothing(probe):
    assert probe.write.call(9) == 9
    assert probe.number() == 0


def test_call__sender__is_who_asks(probe, chain, trader):
    assert probe.sender(sender=trader) == trader
    assert probe.sender() == chain.accounts[0]


def test_call__every_kind_of_type__there_and_back(probe, trader):
    bag = {"owner": trader, "pairs": [(1, -1), {"left": 2, "right": 3}], "name": "sail"}
    back, words, data, word = probe.echo(bag, [1, 2, 3], b"salt", b"w" * 32)
    assert (back.owner, back.name) == (trader, "sail")
    assert [(p.left, p.right) for p in back.pairs] == [(1, -1), (2, 3)]
    assert (words, data, word) == ([1, 2, 3], b"salt", b"w" * 32)


def test_call__struct__is_a_named_tuple(probe):
    assert probe.pair(1, -2) == (1, -2)
    assert probe.pair(1, -2).right == -2


def test_call__reverted__reason(probe, reverts):
    with reverts("probe: asked to"):
        probe.fail(0)
    with reverts(""):
        probe.fail(1)


def test_call__gas_burnt__is_a_halt(probe):
    with pytest.raises(Reverted) as caught:
        probe.fail(2)
    assert caught.value.reason.startswith("halt: ")


def test_send__reverted__changes_nothing_and_names_the_function(probe):
    with pytest.raises(Reverted) as caught:
        probe.fail.send(0)
    assert caught.value.reason == "probe: asked to"
    assert caught.value.__notes__ == ["in ChainProbe.fail"]


@pytest.mark.parametrize("value", [-1, 2**256, "1", 1.0, None])
def test_encode__misfit__named(probe, value):
    with pytest.raises(EncodingError, match="uint256"):
        probe.write(value)


def test_encode__wrong_count__named(probe):
    with pytest.raises(EncodingError, match="takes 1 or 2 arguments, not 3"):
        probe.write(1, True, 3)


def test_encode__missing_field__named(probe, trader):
    with pytest.raises(EncodingError, match="name"):
        probe.echo({"owner": trader, "pairs": []}, [1, 2, 3], b"", b"")


def test_encode__calldata__selector_and_words(probe):
    data = probe.pair.encode(1, -1)
    assert len(data) == 4 + 64
    assert data[-32:] == b"\xff" * 32


def test_contract__unknown_function__attribute_error(probe):
    with pytest.raises(AttributeError, match="ChainProbe has no function 'nothing'"):
        _ = probe.nothing


def test_advance__calls_and_transactions__see_the_same_time(probe, chain):
    time, number = chain.time, chain.block_number
    chain.advance(60)
    assert chain.time == time + 60
    assert chain.block_number > number
    assert probe.now()[0] == chain.time
    assert probe.write(1).timestamp == chain.time
    assert probe.now()[0] == chain.time


def test_advance__backwards__refused(chain):
    with pytest.raises(ChainError, match="go back"):
        chain.advance(-1)


def test_revert__state_balance_and_time__are_back(probe, chain, trader):
    time, balance = chain.time, chain.balance(trader)
    snapshot = chain.snapshot()
    probe.write(5)
    probe.keep(sender=trader, value=3)
    chain.advance(60)
    chain.revert(snapshot)
    assert probe.number() == 0
    assert chain.balance(trader) == balance
    assert chain.time == time


def test_revert__to_an_older_one__later_ones_are_used_up(probe, chain):
    first = chain.snapshot()
    probe.write(1)
    second = chain.snapshot()
    probe.write(2)
    chain.revert(first)
    assert probe.number() == 0
    for used in (first, second):
        with pytest.raises(ChainError, match="used up"):
            chain.revert(used)
    probe.write(3)
    assert probe.number() == 3


def test_code__of_nobody__empty(chain, stranger):
    assert chain.code(stranger) == b""


def test_at__address__is_the_same_contract(probe, chain, artifacts):
    probe.write(4)
    assert chain.at(artifacts["ChainProbe"], probe.address).number() == 4

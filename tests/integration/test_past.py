"""The past of a chain: states of blocks that are over, storage, and what was logged."""

import pytest

from chain import ChainError, PyrevmChain
from chain.history import first_block, read_logs
from chain.interface import ZERO_ADDRESS


def test_at_block__written_since__the_old_number_and_time(probe, fresh):
    probe.write(1)
    number, time = fresh.block_number, probe.write(5).timestamp
    number = fresh.block_number
    fresh.advance(60)
    probe.write(9)
    past = fresh.at_block(number)
    old = past.at(probe.artifact, probe.address)
    assert (probe.number(), old.number()) == (9, 5)
    assert (past.block_number, past.time) == (number, time)
    assert old.now()[0] == time


def test_at_block__before_the_contract__no_code(probe, fresh):
    born = probe.receipt.block_number
    assert fresh.at_block(born).code(probe.address) == fresh.code(probe.address)
    assert fresh.at_block(born - 1).code(probe.address) == b""
    fresh.advance(1)
    probe.write(3)
    assert first_block(fresh, probe.address) == born
    with pytest.raises(ChainError, match="no contract"):
        first_block(fresh, ZERO_ADDRESS)


def test_at_block__not_mined__refused(fresh):
    newest = fresh.block_number
    assert fresh.at_block(newest).block_number == newest
    with pytest.raises(ChainError, match=f"not mined, the newest is {newest}"):
        fresh.at_block(newest + 1)


@pytest.mark.parametrize(
    "action",
    [
        lambda c: c.advance(1),
        lambda c: c.snapshot(),
        lambda c: c.revert(0),
        lambda c: c.send(ZERO_ADDRESS, b""),
        lambda c: c.create(b""),
    ],
)
def test_at_block__anything_but_reading__refused(probe, fresh, action):
    past = fresh.at_block(probe.receipt.block_number)
    with pytest.raises(ChainError, match="the past can only be read"):
        action(past)


def test_storage__a_variable__as_its_getter(probe, fresh, request):
    slot = probe.artifact.slot("number")
    probe.write(5)
    number = fresh.block_number
    probe.write(8)
    assert fresh.storage(probe.address, slot) == 8
    past = fresh.at_block(number)
    if request.node.callspec.params["node"] == "ape_bundled":
        with pytest.raises(ChainError, match=f"block {number}: .* keeps no old storage"):
            past.storage(probe.address, slot)
    else:
        assert past.storage(probe.address, slot) == 5


def test_logs__some_blocks_of_a_contract__in_order(probe, fresh, artifacts):
    other = fresh.deploy(artifacts["ChainProbe"], 8)
    first = fresh.block_number + 1
    for value in (1, 2, 3):
        probe.write(value)
        other.write(10 * value)
    last = fresh.block_number

    def numbers(contracts, first, last):
        logs = fresh.logs([each.address for each in contracts], first, last)
        return [e.args.new_number for each in contracts for e in each.events(logs)]

    assert numbers([probe], first, last) == [1, 2, 3]
    assert numbers([probe], first, last - 2) == [1, 2]
    assert numbers([probe, other], first, last) == [1, 2, 3, 10, 20, 30]
    found = list(read_logs(fresh, [probe.address], first, last, blocks=4))
    assert [until for until, _ in found] == [first + 3, last]
    assert sum(len(logs) for _, logs in found) == 3


def test_logs__in_process__as_on_a_node(artifacts):
    chain = PyrevmChain(keep_logs=True)
    probe = chain.deploy(artifacts["ChainProbe"], 7)
    probe.write(1)
    snapshot = chain.snapshot()
    chain.advance(1)
    probe.write(2)
    for first, last, numbers in ((1, 1, [1]), (1, 2, [1, 2]), (2, 2, [2])):
        events = probe.events(chain.logs([probe.address], first, last))
        assert [event.args.new_number for event in events] == numbers
    chain.revert(snapshot)
    (event,) = probe.events(chain.logs([probe.address], 0, 9))
    assert event.args.new_number == 1
    assert chain.storage(probe.address, probe.artifact.slot("number")) == 1
    assert chain.at_block(1) is chain

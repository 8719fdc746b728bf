"""PythSource: any exponent in wad, and the update proved to be the first."""

import pytest
from eth_abi import encode

from chain import Reverted
from margin_model.feed_answer import unpack

WAD = 10**18
PRICE_ID = b"\x01" * 32
OTHER_ID = b"\x02" * 32
PYTH_FEE = 7
TIMING = (600, 60)  # heartbeat, tolerance [s]
MAX_AHEAD = 15  # what a publisher's clock may be before the chain's [s]


def latest(source, feed=0):
    """Price, confidence and time of one price."""
    answer = unpack(source.latest(1 << feed)[feed])
    return answer.price, answer.confidence, answer.updated_at


@pytest.fixture
def pyth(deploy):
    return deploy("MockPyth", PYTH_FEE)


@pytest.fixture
def pull_source(deploy, pyth):
    return deploy("PythSource", pyth.address, [(PRICE_ID, *TIMING)])


def update(price, conf, expo, at, before, price_id=PRICE_ID):
    """One encoded update of MockPyth, published at `at`, the one before it at `before`."""
    quote = (price, conf, expo, at)
    return encode(
        ["(bytes32,(int64,uint64,int32,uint256),(int64,uint64,int32,uint256))", "uint256"],
        [(price_id, quote, quote), before],
    )


def update_proof(*updates):
    return encode(["bytes[]"], [list(updates)])


def push(pyth, *updates):
    return pyth.updatePriceFeeds(list(updates), value=PYTH_FEE * len(updates))


def test_pyth_init__no_contract_or_no_id__reverts(deploy, pyth, stranger, reverts):
    with reverts("pyth: no contract"):
        deploy("PythSource", stranger, [(PRICE_ID, *TIMING)])
    with reverts("price id: empty"):
        deploy("PythSource", pyth.address, [(b"\0" * 32, *TIMING)])
    with reverts("feeds: none"):
        deploy("PythSource", pyth.address, [])


def test_pyth_init__valid__shows_its_parameters(pull_source, pyth):
    assert (pull_source.PYTH(), pull_source.feed(0)) == (pyth.address, (PRICE_ID, *TIMING))
    assert pull_source.feed_count() == 1


def test_pyth_latest__several_prices__each_by_its_index(deploy, pyth, chain, reverts):
    several = deploy("PythSource", pyth.address, [(OTHER_ID, *TIMING), (PRICE_ID, *TIMING)])
    push(pyth, update(7, 0, 0, chain.time, 0), update(9, 0, 0, chain.time, 0, OTHER_ID))
    assert [latest(several, i)[0] for i in range(2)] == [9 * WAD, 7 * WAD]
    with reverts("feed: unknown"):
        several.feed(2)
    with reverts("feed: unknown"):
        several.first_since(2, 1, update_proof(b""))


def test_pyth_latest__never_pushed__is_no_answer(pull_source):
    assert pull_source.latest(1) == [0] * 16


def test_pyth_latest__one_never_pushed__spoils_no_other(deploy, pyth, chain):
    several = deploy("PythSource", pyth.address, [(OTHER_ID, *TIMING), (PRICE_ID, *TIMING)])
    push(pyth, update(7, 0, 0, chain.time, 0))
    assert [unpack(word).price for word in several.latest(3)[:2]] == [0, 7 * WAD]


def test_pyth_latest__starved__reverts_rather_than_lies(pull_source, pyth, chain, deploy, reverts):
    push(pyth, update(7, 0, 0, chain.time, 0))
    miser = deploy("MockGasMiser")
    with reverts("gas: too little for a feed"):
        miser.forward(pull_source.address, pull_source.latest.encode(1), 75_000)
    miser.forward(pull_source.address, pull_source.latest.encode(1), 90_000)


@pytest.mark.parametrize(
    ("price", "conf", "expo", "expected", "half_width"),
    [
        (2_000 * 10**8, 5, -8, 2_000 * WAD, 5 * 10**10),
        (7, 1, 0, 7 * WAD, WAD),
        (1, 1, 8, 10**26, 10**26),
        (7, 1, 8, 0, 0),  # no reading can hold it
        (19, 11, -19, 1, 2),  # price down, confidence up
        (2**63 - 1, 2**64 - 1, 8, 0, 0),
        (2**63 - 1, 1, -36, 9, 1),
        (7, 1, 9, 0, 0),  # garbage exponents
        (7, 1, -37, 0, 0),
        (7, 1, -(2**31), 0, 0),
        (0, 1, -8, 0, 0),
        (-5, 1, -8, 0, 0),
    ],
)
def test_pyth_latest__any_exponent__is_in_wad(
    chain, pyth, pull_source, price, conf, expo, expected, half_width
):
    push(pyth, update(price, conf, expo, chain.time, 0))
    assert latest(pull_source) == (expected, half_width, chain.time)


def test_pyth_latest__older_update_pushed__keeps_the_newer(chain, pyth, pull_source):
    push(pyth, update(7, 0, 0, chain.time, 0))
    push(pyth, update(8, 0, 0, chain.time - 1, 0), update(9, 0, 0, chain.time, 0, OTHER_ID))
    assert latest(pull_source) == (7 * WAD, 0, chain.time)


@pytest.mark.parametrize(
    ("at", "shown"), [(-1, -1), (0, 0), (1, 0), (MAX_AHEAD, 0), (MAX_AHEAD + 1, MAX_AHEAD + 1)]
)
def test_pyth_latest__published_ahead_of_the_clock__is_of_now(chain, pyth, pull_source, at, shown):
    now = chain.time
    push(pyth, update(7, 0, 0, now + at, 0))
    assert latest(pull_source) == (7 * WAD, 0, now + shown)


def test_mock_pyth__too_little_fee__reverts(chain, pyth, reverts):
    with reverts("fee: insufficient"):
        pyth.updatePriceFeeds([update(7, 0, 0, chain.time, 0)], value=PYTH_FEE - 1)


def test_mock_pyth__time_beyond_its_slot__reverts(pyth, reverts):
    with reverts("time: beyond 64 bits"):
        push(pyth, update(7, 0, 0, 2**64, 0))


def test_mock_pyth__encode__is_what_tests_encode(chain, pyth):
    quote = (7, 1, -8, chain.time)
    assert pyth.encode((PRICE_ID, quote, quote), 3) == update(7, 1, -8, chain.time, 3)


def test_pyth_first_since__the_first__pays_the_fee_and_returns_the_rest(
    chain, pyth, pull_source, keeper
):
    now = chain.time
    proof = update_proof(update(7, 1, 0, now - 5, now - 11))
    balances = chain.balance(keeper), chain.balance(pyth.address)
    receipt = pull_source.first_since(0, now - 10, proof, sender=keeper, value=100)
    assert receipt.result == (7 * WAD, WAD, now - 5)
    assert chain.balance(keeper) == balances[0] - PYTH_FEE
    assert chain.balance(pyth.address) == balances[1] + PYTH_FEE
    assert chain.balance(pull_source.address) == 0


def test_pyth_first_since__exact_fee__is_enough(chain, pull_source):
    proof = update_proof(update(7, 1, 0, chain.time, chain.time - 1))
    receipt = pull_source.first_since(0, chain.time, proof, value=PYTH_FEE)
    assert receipt.result == (7 * WAD, WAD, chain.time)


@pytest.mark.parametrize(
    ("at", "before", "price_id"),
    [
        (-5, -10, PRICE_ID),  # the one before it was published in time, too
        (-11, -12, PRICE_ID),  # too early
        (1, -11, PRICE_ID),  # from the future
        (-5, -11, OTHER_ID),
    ],
)
def test_pyth_first_since__not_the_first__reverts(
    chain, pull_source, reverts, at, before, price_id
):
    now = chain.time
    proof = update_proof(update(7, 1, 0, now + at, now + before, price_id))
    with reverts("update: none in range"):
        pull_source.first_since(0, now - 10, proof, value=PYTH_FEE)


def test_pyth_first_since__too_little_value__reverts(chain, pull_source, reverts):
    proof = update_proof(update(7, 1, 0, chain.time, 0))
    with reverts("value: below the feed's fee"):
        pull_source.first_since(0, chain.time, proof, value=PYTH_FEE - 1)


def test_pyth_first_since__future_time__reverts(chain, pull_source, reverts):
    proof = update_proof(update(7, 1, 0, chain.time, 0))
    with reverts("since: in the future"):
        pull_source.first_since(0, chain.time + 1, proof, value=PYTH_FEE)


@pytest.mark.parametrize("proof", [b"", b"\xff" * 64, update_proof(b"", b"")])
def test_pyth_first_since__garbage_proof__reverts(chain, pull_source, proof):
    with pytest.raises(Reverted):
        pull_source.first_since(0, chain.time, proof, value=PYTH_FEE)

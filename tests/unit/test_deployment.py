"""The whole protocol as `Deployment` puts it together, saves it and finds it again."""

import json

import pytest

from chain import ChainError, ConfigError, Deployment, DeploymentError, PlimsollError
from chain.config import load_config
from chain.deployment import OWNED

WAD = 10**18


def test_deploy__demo__everything_is_connected(protocol, deployer):
    house = protocol.clearinghouse
    assert house.connected() == (
        protocol.pool.address,
        protocol.auction.address,
        protocol.fund.address,
    )
    assert protocol.assets == {"BTC": 0, "ETH": 1, "SOL": 2}
    assert house.listed_markets() == 0b111
    assert house.collateral_count() == 2
    assert house.collateral_token(0).token == protocol.collaterals["BTC"].address
    assert protocol.risk.listed_assets() == 0b111
    assert protocol.oracle.asset_count() == 3
    assert [protocol.tokens[s].decimals() for s in ("USDC", "WBTC", "WETH")] == [6, 8, 18]
    assert {getattr(protocol, name).owner() for name in OWNED} == {deployer}


def test_deploy__demo__parameters_are_the_files(protocol):
    config = load_config("demo")
    assert protocol.risk.RAMP_UP() == config.risk["ramp_up"]
    assert protocol.auction.parameters()._asdict() == config.auction
    assert protocol.pool.market_fees(2)._asdict() == config.assets["SOL"].fees
    stored = protocol.risk.asset_risk(1)._asdict()
    assert config.assets["ETH"].risk.items() <= stored.items()
    assert [t.rate for t in protocol.risk.tiers(stored["tier_table"])] == [100, 200, 400, 800, 1500]


def test_deploy__another_transaction_meanwhile__named(chain, monkeypatch):
    expected = chain.next_contracts(5)
    monkeypatch.setattr(chain, "next_contracts", lambda count: expected[:count])
    with pytest.raises(ChainError, match="its account sent something else meanwhile"):
        Deployment.deploy(chain, load_config("demo"))


def test_deploy__real_feeds_but_no_address__named(chain):
    with pytest.raises(ConfigError, match=r"demo\.yaml: USDC\.address: needed"):
        Deployment.deploy(chain, load_config("demo"), doubles=False)


def test_deploy__bare_feeds__aggregator_is_its_own_proxy(chain):
    config = load_config("demo").subset(["BTC"])
    deployment = Deployment.deploy(chain, config, proxied=False)
    (feed,) = deployment.feeds["BTC"]
    assert feed.proxy is feed.aggregator
    assert list(deployment.tokens) == ["USDC", "WBTC"]


def test_set_price__every_kind_of_feed__oracle_reads_it(protocol):
    protocol.chain.advance(60)
    for symbol, price in {"BTC": 30_100 * WAD, "ETH": 2_010 * WAD, "SOL": 60 * WAD}.items():
        protocol.set_price(symbol, price)
        word = protocol.oracle.read(1 << protocol.asset_id(symbol))[protocol.asset_id(symbol)]
        assert word % 2**88 == price


def test_proof__chainlink__is_the_first_round(protocol):
    (feed,) = protocol.feeds["BTC"]
    since = protocol.chain.time + 10
    assert feed.proof(since) is None
    protocol.chain.advance(10)
    protocol.set_price("BTC", 30_010 * WAD)
    protocol.chain.advance(10)
    protocol.set_price("BTC", 30_020 * WAD)
    price, updated_at, _ = protocol.oracle.first_price.call(0, since, feed.proof(since))
    assert (price, updated_at) == (30_010 * WAD, since)


def test_proof__pyth__is_accepted(protocol):
    (feed,) = protocol.feeds["SOL"]
    since = protocol.chain.time + 10
    assert feed.proof(since) is None
    protocol.chain.advance(12)
    protocol.set_price("SOL", 61 * WAD)
    price, updated_at, _ = protocol.oracle.first_price.call(2, since, feed.proof(since), value=1)
    assert (price, updated_at) == (61 * WAD, since + 2)


def test_transfer_ownership__offered__everything_pending(protocol, stranger):
    protocol.transfer_ownership(stranger)
    assert {getattr(protocol, name).pending_owner() for name in OWNED} == {stranger}


def test_load__saved__the_same_contracts(protocol, tmp_path):
    path = protocol.save(tmp_path / "1.json")
    loaded = Deployment.load(protocol.chain, path)
    assert loaded.record() == protocol.record()
    assert loaded.clearinghouse.account_count() == protocol.clearinghouse.account_count()
    loaded.set_price("ETH", 2_001 * WAD)


def test_load__ratio_feeds__publish_as_before(chain, tmp_path):
    protocol = Deployment.deploy(chain, load_config("stablecoins"))
    path = tmp_path / "1.json"
    protocol.save(path)
    loaded = Deployment.load(chain, path)
    for symbol, price in (("STETH", 2_520 * WAD), ("USDT", 97 * WAD // 100)):
        loaded.set_price(symbol, price)
        (source,) = loaded.sources[symbol]
        assert source.latest() == (price, 0, chain.time)
        assert loaded.feeds[symbol][0].proof(0) is None


@pytest.mark.parametrize("answer", [0, -1])
def test_set_price__ratio_that_said_no_rate__is_one_again(chain, answer):
    protocol = Deployment.deploy(chain, load_config("stablecoins"))
    feed = protocol.feeds["STETH"][0]
    feed.rate.aggregator.set_round(answer, chain.time)
    protocol.set_price("STETH", 2_520 * WAD)
    assert feed.rate.proxy.latestRoundData()[1] == 10**feed.rate.decimals
    assert feed.base.proxy.latestRoundData()[1] == 2_520 * 10**feed.base.decimals


def test_load__no_code_at_an_address__named(protocol, tmp_path, stranger):
    record = protocol.record()
    record["contracts"]["RiskEngine"] = stranger
    path = tmp_path / "1.json"
    path.write_text(json.dumps(record))
    with pytest.raises(DeploymentError, match=rf"no code at {stranger} \(RiskEngine\)"):
        Deployment.load(protocol.chain, path)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", "1.json: no JSON"),
        ("[]", "1.json: not a mapping"),
        ("{}", "1.json.chain_id: missing"),
        ('{"chain_id": 5}', "of chain 5, not 1"),
        ('{"chain_id": 1}', "tokens: missing"),
        ('{"chain_id": 1, "tokens": []}', "tokens: not a mapping"),
        ('{"chain_id": 1, "tokens": {"USDC": "0x12"}}', "tokens.USDC: '0x12' is no address"),
    ],
)
def test_load__bad_file__named(chain, tmp_path, text, message):
    path = tmp_path / "1.json"
    path.write_text(text)
    with pytest.raises(PlimsollError, match=message):
        Deployment.load(chain, path)


def test_load__no_file__named(chain, tmp_path, monkeypatch):
    with pytest.raises(DeploymentError, match=r"none\.json: No such file"):
        Deployment.load(chain, tmp_path / "none.json")
    monkeypatch.setattr("chain.deployment.FOLDER", tmp_path)
    with pytest.raises(DeploymentError, match=r"1\.json: no such file; `ape run deploy` writes it"):
        Deployment.load(chain)


def test_asset_id__unknown__named(protocol):
    with pytest.raises(DeploymentError, match="DOGE: no such asset"):
        protocol.asset_id("DOGE")

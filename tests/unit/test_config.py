"""Configuration files: exact numbers, and errors of one line that name file and field."""

import pytest

from chain import ConfigError
from chain.config import CONFIG_FOLDER, NO_PEG, load_config
from oracle_sim.backtest.parameters import path_of, read_parameters

WAD = 10**18
DEMO = (CONFIG_FOLDER / "demo.yaml").read_text()
# one source each, as they stand in the demo
PULL = DEMO[DEMO.index("      - kind: pyth") : DEMO.index("    listing:", DEMO.index("kind: pyth"))]
PUSH = DEMO[DEMO.index("      - kind: chainlink") : DEMO.index("    listing:")]
STABLECOINS = (CONFIG_FOLDER / "stablecoins.yaml").read_text()
MARKET = STABLECOINS[STABLECOINS.index("    market:\n") : STABLECOINS.index("  STETH:\n")]


@pytest.fixture
def edited(tmp_path):
    """Loads config/demo.yaml after replacing one text by another."""

    def edited(old, new):
        assert old in DEMO
        path = tmp_path / "edited.yaml"
        path.write_text(DEMO.replace(old, new, 1))
        return load_config(path)

    return edited


def test_load_config__demo__scaled_exactly():
    config = load_config("demo")
    assert config.risk["ramp_down"] == WAD // 4
    assert config.max_funding_rate == 5 * 10**14
    assert config.assets["BTC"].listing["variance_fast"] == 1_225 * 10**12
    assert config.assets["BTC"].sources[0].max_answer == 10**16
    assert config.assets["SOL"].sources[0].decimals == 8
    assert len(config.assets["SOL"].sources[0].price_id) == 32
    assert config.collaterals["WETH"].min_value == 50 * WAD
    assert [tier["rate"] for tier in config.tier_tables["alts"]] == [150, 300, 600, 1200, 2000]


@pytest.mark.parametrize("asset", load_config("demo").assets)
def test_load_config__demo__is_the_calibrated_risk(asset):
    config, calibrated = load_config("demo"), read_parameters(path_of(asset))
    listing, risk = config.assets[asset].listing, config.assets[asset].risk
    for section, names in (
        (config.oracle, ("weight_slow", "weight_long", "ema_tau", "confirmation")),
        (config.risk, ("ramp_up", "ramp_down")),
        (listing, ("jump_bound", "variance_floor")),
        (risk, ("kappa", "horizon", "line_floor", "line_cap")),
    ):
        for name in names:
            assert section[name] == getattr(calibrated, name), name


def test_subset__of_assets__drops_what_depends_on_the_others():
    config = load_config("demo").subset(["ETH"])
    assert list(config.assets) == ["ETH"]
    assert list(config.collaterals) == ["WETH"]


def test_seeds__an_asset__are_its_correlations_with_those_before_it():
    config = load_config("demo")
    assert config.seeds("BTC") == []
    assert config.seeds("SOL") == [7_600, 7_900]
    assert config.subset(["ETH", "SOL"]).seeds("SOL") == [7_900]


def test_subset__unknown_asset__named():
    with pytest.raises(ConfigError, match=r"demo\.yaml: assets: no DOGE"):
        load_config("demo").subset(["DOGE"])


def test_with_prices__some__others_stay():
    config = load_config("demo").with_prices({"BTC": 7_900 * WAD})
    assert config.assets["BTC"].price == 7_900 * WAD
    assert config.assets["ETH"].price == 2_000 * WAD


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("  buffer: 0.1 ", "  bufer: 0.1 ", "edited.yaml.risk.buffer: missing"),
        ("  buffer: 0.1 ", "  bufer: 2\n  buffer: 0.1 ", "edited.yaml.risk.bufer: unknown"),
        ("  buffer: 0.1 ", "  buffer: high ", "edited.yaml.risk.buffer: 'high' is no number"),
        ("  buffer: 0.1 ", "  buffer: true ", "edited.yaml.risk.buffer: True is no number"),
        ("  buffer: 0.1 ", "  buffer: .nan ", "edited.yaml.risk.buffer: '.nan' is no number"),
        ("  buffer: 0.1 ", "  buffer: 1\n  buffer: 0.1 ", "edited.yaml: buffer given twice"),
        ("window: 86400", "window: 0.5", "edited.yaml.fund.window: 0.5 has more digits"),
        ("asset: BTC", "asset: DOGE", "edited.yaml.collaterals.WBTC.asset: no asset 'DOGE'"),
        ("tier_table: alts", "tier_table: x", "risk.tier_table: no table 'x'"),
        ("kind: pyth", "kind: pith", "kind: 'pith' is none of chainlink, pyth, ratio"),
        ('"0xef0d', '"0xef', "price_id: not 32 bytes"),
        (PULL, 2 * PUSH + PULL, "SOL.sources: a pull feed beside others is the second of two"),
        (PULL, PUSH + 2 * PULL, "SOL.sources: a pull feed beside others is the second of two"),
        (PULL, PULL + PUSH, "SOL.sources: a pull feed beside others is the second of two"),
        ("    address: null\n    asset", "    address: 12\n    asset", "address: 12 is no address"),
        ("name: USD Coin", "name: 1", "edited.yaml.quote.name: 1 is no text"),
        ("\nfund:", "\nfund: 3\nx:", "edited.yaml.fund: not a mapping"),
        ("    sources:  ", "    sources: []\n    x: ", "BTC.sources: not a list of at least one"),
        ("quote:", "quote: [", "edited.yaml"),
        ("SOL: {BTC: 0.76, ETH", "SOL: {ETH", "edited.yaml.correlations.SOL.BTC: missing"),
        ("ETH: {BTC: 0.89", "ETH: {SOL: 0, BTC: 0.89", "edited.yaml.correlations.ETH.SOL: unknown"),
        ("  ETH: {BTC: 0.89", "  DOGE: {}\n  ETH: {BTC: 0.89", "correlations.DOGE: unknown"),
        ("ETH: {BTC: 0.89", "ETH: {BTC: 0.89001", "ETH.BTC: 0.89001 has more digits"),
    ],
)
def test_load_config__bad_entry__one_line_with_its_name(edited, old, new, message):
    with pytest.raises(ConfigError) as caught:
        edited(old, new)
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("sources", [PUSH + PULL, 2 * PULL, 3 * PUSH])
def test_load_config__sources_that_go_together__accepted(edited, sources):
    assert len(edited(PULL, sources).assets["SOL"].sources) in (2, 3)


def test_load_config__stablecoins__peg_ratios_and_assets_without_market():
    config = load_config("stablecoins")
    assert (config.peg.asset, config.peg.bound) == ("USDC", 98 * WAD // 100)
    (source,) = config.assets["STETH"].sources
    assert (source.kind, source.inverse) == ("ratio", False)
    base, rate = source.legs
    assert (base.price, rate.price) == (2_000 * WAD, 12 * WAD // 10)
    assert rate.bounds == {"floor": WAD, "cap": 121 * WAD // 100, "growth": 5 * WAD // 100}
    assert source.times == base.times == {"heartbeat": 3_600, "tolerance": 120}
    assert config.assets["STETH"].market == config.assets["USDC"].market == {}
    assert config.assets["USDC"].risk == {}
    assert config.subset(["ETH"]).peg == load_config("demo").peg == NO_PEG


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("    asset: USDC", "    asset: DOGE", "edited.yaml.quote.peg.asset: no asset 'DOGE'"),
        ("    bound: 0.98", "    bond: 0.98", "edited.yaml.quote.peg.bound: missing"),
        ("inverse: false", "inverse: 0", "inverse: 0 is neither true nor false"),
        ("          cap: 1.21 ", "          cup: 1.21 ", "rate.cap: missing"),
        ("          growth: 0.05", "          growth: fast", "rate.growth: 'fast' is no number"),
        ("    risk:\n      initial", "    risk: null\n    x:\n      initial", "a market needs it"),
        ("    market: null\n", MARKET, "STETH.market: a ratio has no first price"),
    ],
)
def test_load_config__bad_entry_of_stablecoins__one_line_with_its_name(tmp_path, old, new, message):
    assert old in STABLECOINS
    path = tmp_path / "edited.yaml"
    path.write_text(STABLECOINS.replace(old, new, 1))
    with pytest.raises(ConfigError) as caught:
        load_config(path)
    assert message in str(caught.value)


def test_load_config__no_such_file__named(tmp_path):
    with pytest.raises(ConfigError, match=r"missing\.yaml: No such file"):
        load_config(tmp_path / "missing.yaml")

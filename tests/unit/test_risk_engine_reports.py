"""RiskEngine with signed forecasts: they raise a target within a range, and end by themselves."""

import pytest

from chain import Deployment
from chain.config import ReportsConfig, load_config
from margin_model import ramp
from margin_model.fixed_point import WAD
from tests.unit.reports_world import HOUR, SIGNERS, VARIANCE, Reports
from tests.unit.risk_world import PARAMETERS, REPORT_RANGE, RISK, RiskWorld

MEASURED = VARIANCE // 2  # [variance per day, wad]


def target_of(variance):
    return ramp.target(
        RISK["kappa"], variance, RISK["horizon"], RISK["line_floor"], RISK["line_cap"]
    )


@pytest.fixture
def reports(chain, artifacts):
    return Reports(chain, artifacts)


@pytest.fixture
def world(chain, artifacts, reports):
    world = RiskWorld(chain, artifacts, PARAMETERS, reports.contract.address)
    world.read(0)
    world.list_asset(0)
    world.oracle.set_variance(0, MEASURED)
    return world


def sampled_target(world):
    world.sample()
    return world.engine.line(0, 0)[1]


def test_constructor__reports__are_readable(world, reports):
    assert world.engine.REPORTS() == reports.contract.address
    assert world.engine.REPORT_RANGE() == REPORT_RANGE


def test_sample__no_report__target_of_what_the_chain_measured(world):
    assert sampled_target(world) == target_of(MEASURED)


def test_sample__higher_report__raises_the_target_to_it(world, reports):
    reports.submit(reports.report(variance=VARIANCE))
    assert sampled_target(world) == target_of(VARIANCE) > target_of(MEASURED)


def test_sample__lower_report__changes_nothing(world, reports):
    reports.submit(reports.report(variance=MEASURED // 2))
    assert sampled_target(world) == target_of(MEASURED)


def test_sample__report_beyond_the_range__raises_it_by_the_range_only(world, reports):
    world.oracle.set_variance(0, VARIANCE // 100)
    reports.submit(reports.report(variance=VARIANCE))
    assert sampled_target(world) == target_of(VARIANCE // 100 * REPORT_RANGE // WAD)


def test_sample__expired_report__falls_back(world, reports):
    reports.submit(reports.report(variance=VARIANCE))
    sampled_target(world)
    world.chain.advance(HOUR)
    assert sampled_target(world) == target_of(MEASURED)


def test_sample__report_of_another_asset__changes_nothing(world, reports):
    reports.submit(reports.report(asset=1, variance=VARIANCE))
    assert sampled_target(world) == target_of(MEASURED)


def test_sample__raised_target__is_reached_by_the_ramp_only(world, reports):
    sampled_target(world)
    world.read(0, live=HOUR * 100)
    world.sample()
    before = world.engine.line(0, HOUR * 100)[0]
    reports.submit(reports.report(variance=VARIANCE))
    world.sample()
    assert world.engine.line(0, HOUR * 100)[0] == before


def test_deploy__signers_in_the_configuration__deploys_and_connects_them(chain, artifacts):
    config = load_config("demo")
    assert config.reports == ReportsConfig((), 1, 4 * WAD)
    wanted = ReportsConfig(tuple(s.address for s in SIGNERS), 2, 2 * WAD)
    changed = type(config)(**{**vars(config), "reports": wanted})
    protocol = Deployment.deploy(chain, changed, artifacts)
    assert protocol.risk.REPORTS() == protocol.reports.address
    assert protocol.risk.REPORT_RANGE() == 2 * WAD
    assert protocol.reports.threshold() == 2
    assert protocol.record()["reports"] == protocol.reports.address
    protocol.risk.sample()

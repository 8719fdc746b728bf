"""`risk_report`: contract = mirror; a report only raises, within its range, until it expires."""

from __future__ import annotations

from dataclasses import astuple

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from margin_model import ramp, risk_report
from margin_model.fixed_point import WAD
from margin_model.risk_report import MAX_RANGE, MAX_SEQUENCE, MAX_VARIANCE, MIN_RANGE, RiskReport

variances = st.one_of(st.integers(0, MAX_VARIANCE), st.integers(0, 10**16))
ranges = st.integers(MIN_RANGE, MAX_RANGE)
times = st.integers(0, 2**40 - 1)
reports = st.builds(
    RiskReport,
    asset=st.integers(0, 15),
    variance=variances,
    implied_variance=variances,
    sequence=st.integers(0, MAX_SEQUENCE),
    issued_at=times,
    expires_at=times,
)


@pytest.fixture(scope="module")
def contract(harness):
    return harness("RiskReportHarness")


# ── contract = mirror ────────────────────────────────────────────────────────────────────────────


@given(variance=st.integers(0, 2**128), floor=st.integers(0, 2**256 - 1), reach=ranges)
@example(2**128, 2**256 - 1, MAX_RANGE)
@example(1, 2**256 - 1, MIN_RANGE)
@example(0, 1, MAX_RANGE)
def test_raised__any_input__equals_mirror(contract, variance, floor, reach):
    assert contract.raised(variance, floor, reach) == risk_report.raised(variance, floor, reach)


@given(report=reports, time=times)
@example(RiskReport(15, MAX_VARIANCE, MAX_VARIANCE, MAX_SEQUENCE, 2**40 - 1, 2**40 - 1), 0)
def test_word__any_report__equals_mirror_and_comes_back(contract, report, time):
    word = risk_report.pack(report)
    assert contract.pack(astuple(report)) == word
    assert contract.unpack(report.asset, word) == astuple(report)
    assert risk_report.unpack(report.asset, word) == report
    assert contract.floor_at(word, time) == risk_report.floor_at(word, time)
    assert contract.lapsed(word) == risk_report.lapsed(word)


# ── what a report can do ─────────────────────────────────────────────────────────────────────────


@given(variance=variances, floor=variances, reach=ranges)
def test_raised__any_report__never_below_the_chain_nor_beyond_the_range(variance, floor, reach):
    raised = risk_report.raised(variance, floor, reach)
    assert variance <= raised <= variance * reach // WAD
    assert raised in (variance, floor, variance * reach // WAD)


@given(variance=variances, floor=variances)
def test_raised__four_times_the_variance__at_most_doubles_the_target(variance, floor):
    def target(value: int) -> int:
        return ramp.target(6 * WAD, value, 3_600, ramp.MIN_LINE, ramp.MAX_LINE)

    raised = risk_report.raised(variance, floor, MAX_RANGE)
    assert target(variance) <= target(raised) <= 2 * target(variance)


@given(variance=variances, reach=ranges)
def test_raised__no_report__is_what_the_chain_measured(variance, reach):
    assert risk_report.raised(variance, 0, reach) == variance


@given(report=reports)
def test_floor_at__around_the_expiry__ends_there(report):
    word = risk_report.pack(report)
    assert risk_report.floor_at(word, report.expires_at) == 0
    if report.expires_at:
        wanted = max(report.variance, report.implied_variance)
        assert risk_report.floor_at(word, report.expires_at - 1) == wanted


@given(report=reports, time=times)
def test_lapsed__any_report__leaves_nothing_but_the_sequence(report, time):
    word = risk_report.lapsed(risk_report.pack(report))
    assert risk_report.floor_at(word, time) == 0
    assert risk_report.unpack(0, word) == RiskReport(0, 0, 0, report.sequence, 0, 0)

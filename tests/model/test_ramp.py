"""`ramp`: contract = mirror to the wei, and the speed limit whatever the update pattern."""

from decimal import Decimal, localcontext

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from margin_model import ramp
from margin_model.fixed_point import WAD

HOUR = 3600
lines = st.integers(ramp.MIN_LINE, ramp.MAX_LINE)
speeds = st.integers(10**16, 10**18)
line_bounds = st.tuples(lines, lines).map(sorted)


@pytest.fixture(scope="module")
def contract(harness):
    return harness("RampHarness")


# ── contract = mirror ────────────────────────────────────────────────────────────────────────────


@given(
    kappa=st.integers(ramp.MIN_KAPPA, ramp.MAX_KAPPA),
    variance=st.one_of(st.integers(0, 2**256 - 1), st.integers(0, WAD)),
    horizon=st.integers(ramp.MIN_HORIZON, ramp.MAX_HORIZON),
    bounds=line_bounds,
)
@example(ramp.MAX_KAPPA, 2**256 - 1, ramp.MAX_HORIZON, [1, WAD])
@example(ramp.MAX_KAPPA, 0, ramp.MAX_HORIZON, [ramp.MIN_LINE, WAD])
def test_target__any_input__equals_mirror(contract, kappa, variance, horizon, bounds):
    args = (kappa, variance, horizon, *bounds)
    assert contract.target(*args) == ramp.target(*args)


@given(line=lines, target=lines, elapsed=st.integers(0, 2**33), up=speeds, down=speeds)
@example(ramp.MIN_LINE, ramp.MAX_LINE, 2**33, WAD, WAD)
@example(ramp.MAX_LINE, ramp.MIN_LINE, 2**33, WAD, WAD)
@example(WAD // 2, WAD // 2, 10, WAD, WAD)
def test_line_at__any_input__equals_mirror(contract, line, target, elapsed, up, down):
    args = (line, target, elapsed, up, down)
    assert contract.line_at(*args) == ramp.line_at(*args)


# ── the target ───────────────────────────────────────────────────────────────────────────────────


def test_target__worked_example__is_kappa_sigma_root_of_horizon():
    # kappa 6, sigma 4 % a day, T0 = 1/16 day: 6 * 0.04 / 4 = 6 %
    assert ramp.target(6 * WAD, 16 * 10**14, 5400, ramp.MIN_LINE, WAD) == 6 * 10**16


@given(
    kappa=st.integers(ramp.MIN_KAPPA, ramp.MAX_KAPPA),
    variance=st.integers(0, WAD),
    horizon=st.integers(ramp.MIN_HORIZON, ramp.MAX_HORIZON),
)
def test_target__any_input__is_rounded_up_by_less_than_a_wei(kappa, variance, horizon):
    found = ramp.target(kappa, variance, horizon, 0, 2**128)
    exact_square = kappa**2 * variance * horizon  # [1 / (day * wad)]
    assert found**2 * 86_400 * WAD >= exact_square
    # the square is rounded up by less than 1, then its root
    assert found == 0 or (found - 1) ** 2 * 86_400 * WAD < exact_square + 86_400 * WAD


def test_target__variance_above_the_cut__is_above_every_cap():
    # so cutting the variance moves no target
    cut = ramp.target(ramp.MIN_KAPPA, ramp.MAX_VARIANCE, ramp.MIN_HORIZON, 0, 2**128)
    assert cut >= ramp.MAX_LINE


# ── the ramp ─────────────────────────────────────────────────────────────────────────────────────

updates = st.lists(st.tuples(st.integers(0, 600), lines), min_size=1, max_size=40)


@given(line=lines, updates=updates, up=speeds, down=speeds)
def test_line_at__any_update_pattern__grows_and_falls_within_the_speed_limits(
    line, updates, up, down
):
    start, target, hours = line, line, 0
    highest = lowest = Decimal(1)
    with localcontext() as context:
        context.prec = 60
        for elapsed, new_target in updates:
            line = ramp.line_at(line, target, elapsed, up, down)
            target = new_target
            hours += elapsed
            highest = (Decimal(up) * hours / (HOUR * WAD)).exp()
            lowest *= max(Decimal(0), 1 - Decimal(down) * elapsed / (HOUR * WAD))
        assert line <= start * highest
        assert line >= start * lowest


@given(line=lines, old_target=lines, new_target=lines, up=speeds, down=speeds)
def test_line_at__new_target__moves_nothing_at_once(line, old_target, new_target, up, down):
    assert ramp.line_at(line, old_target, 0, up, down) == line
    assert ramp.line_at(line, new_target, 0, up, down) == line


@given(line=lines, target=lines, gap=st.integers(0, 10**7), elapsed=st.integers(0, 7200), up=speeds)
def test_line_at__gap_before_an_update__gives_no_credit(line, target, gap, elapsed, up):
    # a settled line stands through the gap; the new ramp starts where the update found it
    after_gap = ramp.line_at(line, line, gap, up, up)
    assert after_gap == line
    assert ramp.line_at(after_gap, target, elapsed, up, up) == ramp.line_at(
        line, target, elapsed, up, up
    )


@given(
    line=lines,
    target=lines,
    first=st.integers(0, 10**5),
    second=st.integers(0, 10**5),
    up=speeds,
    down=speeds,
)
def test_line_at__more_time__never_leaves_the_way_to_the_target(
    line, target, first, second, up, down
):
    early = ramp.line_at(line, target, first, up, down)
    late = ramp.line_at(line, target, first + second, up, down)
    if line <= target:
        assert line <= early <= late <= target
    else:
        assert line >= early >= late >= target


def test_line_at__longest_time__arrives_even_at_the_slowest_speed():
    slowest = 10**16
    assert ramp.line_at(ramp.MIN_LINE, ramp.MAX_LINE, 2**32, slowest, slowest) == ramp.MAX_LINE
    assert ramp.line_at(ramp.MAX_LINE, ramp.MIN_LINE, 2**32, slowest, slowest) == ramp.MIN_LINE

"""Fault schedules."""

import pytest

from oracle_sim.faults import BadTick, FaultSchedule, Pin, Window


def test_window__ends__start_in_end_out() -> None:
    window = Window(100, 200)
    assert [time in window for time in (99, 100, 199, 200)] == [False, True, True, False]


@pytest.mark.parametrize(("start", "end"), [(5, 5), (6, 5), (-1, 5)])
def test_window__empty__refused(start: int, end: int) -> None:
    with pytest.raises(ValueError, match="window: "):
        Window(start, end)


@pytest.mark.parametrize("factor", [0.0, -1.0, 1.0, 1e6, float("nan")])
def test_bad_tick__factor_that_is_no_wrong_price__refused(factor: float) -> None:
    with pytest.raises(ValueError, match="bad tick: factor"):
        BadTick(5, factor)


@pytest.mark.parametrize("times", [(5, 5), (6, 5)])
def test_fault_schedule__bad_ticks_out_of_order__refused(times: tuple[int, int]) -> None:
    with pytest.raises(ValueError, match="bad ticks: times do not increase"):
        FaultSchedule(bad_ticks=tuple(BadTick(time, 2.0) for time in times))


def test_fault_schedule__what_is_in_force__by_time() -> None:
    low, high = Pin(Window(0, 10), at_maximum=False), Pin(Window(20, 30), at_maximum=True)
    faults = FaultSchedule((Window(1, 3), Window(5, 7)), (Window(2, 6),), (), (low, high))
    assert [faults.is_out(time) for time in range(8)] == [0, 1, 1, 0, 0, 1, 1, 0]
    assert [faults.is_frozen(time) for time in range(8)] == [0, 0, 1, 1, 1, 1, 0, 0]
    assert [faults.pin(time) for time in (0, 10, 20, 29, 30)] == [low, None, high, high, None]
    assert FaultSchedule() == FaultSchedule((), (), (), ())

"""What a market is played through: prices tick by tick, and what else happens meanwhile."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from oracle_sim.faults import FaultSchedule, Window
from oracle_sim.tape import Tape
from oracle_sim.walk import TICKS, Instant, walk


@dataclass(frozen=True)
class Course:
    """Prices over time.

    Attributes
    ----------
    name : str
        The event, for reports.
    start : int
        Time of the first instant [s].
    spacing : int
        Between two instants, at least [s].
    duration : int
        From the first instant to `spacing` after the last [s].
    instants : iterable of Instant
        The first one prices every asset.
    """

    name: str
    start: int
    spacing: int
    duration: int
    instants: Iterable[Instant]


@dataclass(frozen=True)
class Disturbances:
    """What goes wrong besides prices, in the course's time; nothing by default.

    Attributes
    ----------
    feeds : mapping of str to FaultSchedule
        By asset.
    keeper : tuple of Window
        No sampling, executing, calling, starting or tending.
    bidders : tuple of Window
        Nobody bids or sells what he bought.
    sequencer : tuple of Window
        Nobody's transaction gets through, and the oracle is told so.
    """

    feeds: Mapping[str, FaultSchedule] = field(default_factory=dict)
    keeper: tuple[Window, ...] = ()
    bidders: tuple[Window, ...] = ()
    sequencer: tuple[Window, ...] = ()


def within(windows: tuple[Window, ...], time: int) -> bool:
    """Tell whether `time` [s] falls into one of the windows."""
    return any(time in window for window in windows)


def tape_course(tape: Tape) -> Course:
    """A tape, walked bar by bar."""
    return Course(
        tape.name,
        int(tape.time[0]),
        tape.interval // TICKS,
        len(tape) * tape.interval,
        walk(tape),
    )

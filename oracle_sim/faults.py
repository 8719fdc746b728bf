"""What can go wrong with a feed, and when.

Four faults, each of which a consumer sees differently:

outage
    Nothing is published in [start, end). The last answer grows old: an age check catches it.
freeze
    The feed goes on publishing at its heartbeat, always the same answer, with fresh times. Only a
    second source catches it.
bad tick
    One wrong answer (the true price times a factor), published at the first observation at or after
    its time; the next observation publishes the correction. A jump check catches it.
pin
    The answer sits at the feed's lowest or highest permitted answer in [start, end). (Without any
    fault a feed also pins by itself when the price leaves those bounds, as LUNA's did.)

Of faults that fall together, an outage goes before a bad tick, that before a freeze, that before a
pin. A bad tick that falls into an outage waits for its end.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Window:
    """A time from `start` to before `end` [s]."""

    start: int
    end: int

    def __post_init__(self) -> None:
        if not 0 <= self.start < self.end:
            raise ValueError(f"window: [{self.start}, {self.end}) is empty or before 1970")

    def __contains__(self, time: int) -> bool:
        return self.start <= time < self.end


@dataclass(frozen=True)
class BadTick:
    """One answer that is the true price times `factor` [1], at the first chance from `time` [s]."""

    time: int
    factor: float

    def __post_init__(self) -> None:
        if not (0 < self.factor < 1e6) or self.factor == 1:
            raise ValueError(f"bad tick: factor {self.factor} is not a wrong positive multiple")


@dataclass(frozen=True)
class Pin:
    """A time in which the answer sits at a bound, the highest or else the lowest."""

    window: Window
    at_maximum: bool


@dataclass(frozen=True)
class FaultSchedule:
    """Everything that will go wrong with one feed; nothing by default.

    Attributes
    ----------
    outages, freezes : tuple of Window
    bad_ticks : tuple of BadTick
        By increasing time.
    pins : tuple of Pin
    """

    outages: tuple[Window, ...] = ()
    freezes: tuple[Window, ...] = ()
    bad_ticks: tuple[BadTick, ...] = ()
    pins: tuple[Pin, ...] = ()

    def __post_init__(self) -> None:
        times = [tick.time for tick in self.bad_ticks]
        if times != sorted(set(times)):
            raise ValueError("bad ticks: times do not increase")

    def is_out(self, time: int) -> bool:
        """Tell whether nothing is published at `time` [s]."""
        return any(time in window for window in self.outages)

    def is_frozen(self, time: int) -> bool:
        """Tell whether the last answer is repeated at `time` [s]."""
        return any(time in window for window in self.freezes)

    def pin(self, time: int) -> Pin | None:
        """Find the pin in force at `time` [s]."""
        return next((pin for pin in self.pins if time in pin.window), None)

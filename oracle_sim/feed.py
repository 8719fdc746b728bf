"""What push feeds and pull feeds have in common: what they accept, and what they have published."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Mapping
from typing import Generic, NamedTuple, TypeVar

T = TypeVar("T")


class _Kept(NamedTuple, Generic[T]):
    published: T
    time: int
    available_at: int


class Publications(Generic[T]):
    """What a feed has published, the newest last, for as long as it keeps it.

    Parameters
    ----------
    history : int
        How long that is [s].
    """

    def __init__(self, history: int) -> None:
        self._history = history
        self._kept: deque[_Kept[T]] = deque()
        self._forgotten: int | None = None  # time of the newest that is no longer kept [s]

    @property
    def last(self) -> T | None:
        """The newest."""
        return self._kept[-1].published if self._kept else None

    def add(self, published: T, time: int, available_at: int) -> None:
        """Keep something, and forget what is older than the history.

        Parameters
        ----------
        published
        time : int
            That it carries; not before the last one's [s].
        available_at : int
            From when on it can be had [s].
        """
        self._kept.append(_Kept(published, time, available_at))
        while self._kept[0].time < time - self._history:
            self._forgotten = self._kept.popleft().time

    def latest(self, now: int) -> T | None:
        """The newest that can be had at `now` [s]."""
        return next((k.published for k in reversed(self._kept) if k.available_at <= now), None)

    def first_since(self, since: int, now: int) -> T | None:
        """The first whose time is `since` or later, if it can be had by `now` [s].

        Returns
        -------
        T or None
            None also when what came before is no longer kept, so that "first" is not known.
        """
        if self._forgotten is not None and self._forgotten >= since:
            return None
        first = next((kept for kept in self._kept if kept.time >= since), None)
        return first.published if first is not None and first.available_at <= now else None


def check_config(feed: str, good: Mapping[str, bool]) -> None:
    """Refuse a parameter that is out of range, by its name."""
    for name, fine in good.items():
        if not fine:
            raise ValueError(f"{feed}: {name} out of range")


def check_observation(feed: str, time: int, last_time: int, price: float) -> None:
    """Refuse what is no price, and what is older than the last observation [s]."""
    if not (math.isfinite(price) and price > 0):
        raise ValueError(f"{feed}: price {price} is not positive")
    if time < last_time:
        raise ValueError(f"{feed}: time {time} is before {last_time}")

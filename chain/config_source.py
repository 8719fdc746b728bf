"""Price sources of a configuration file."""

from __future__ import annotations

import re
from dataclasses import dataclass

from chain.config_file import Section
from chain.errors import ConfigError

KINDS = ("chainlink", "pyth", "ratio")

_WAD = 10**18
_PRICE_ID = re.compile(r"^0x[0-9a-fA-F]{64}$")
_TIMES = {"heartbeat": 1, "tolerance": 1}
_BOUNDS = {"floor": _WAD, "cap": _WAD, "growth": _WAD}


@dataclass(frozen=True)
class LegConfig:
    """One of the two Chainlink feeds of a ratio.

    Attributes
    ----------
    price : int
        First one of the test double [wad].
    bounds : dict of str to int
        Floor and cap [wad], growth of the cap [wad per year].
    times : dict of str to int
        Heartbeat and tolerance [s].
    """

    address: str | None
    decimals: int
    price: int
    bounds: dict[str, int]
    times: dict[str, int]


@dataclass(frozen=True)
class SourceConfig:
    """One feed of an asset.

    Attributes
    ----------
    kind : {"chainlink", "pyth", "ratio"}
    decimals : int
        Digits of an answer; the negative exponent of a Pyth price.
    min_answer, max_answer : int
        Bounds of a Chainlink feed [feed units]; 0 for others.
    price_id : bytes
        Of Pyth; empty for others.
    times : dict of str to int
        Heartbeat and tolerance [s]; of a ratio those of its base.
    legs : tuple of LegConfig
        Base and rate of a ratio; empty for others.
    inverse : bool
        The ratio is base / rate instead of base * rate.
    """

    kind: str
    address: str | None
    decimals: int
    min_answer: int
    max_answer: int
    price_id: bytes
    times: dict[str, int]
    legs: tuple[LegConfig, ...] = ()
    inverse: bool = False


def _leg(section: Section) -> LegConfig:
    leg = LegConfig(
        section.address("address"),
        section.number("decimals"),
        section.number("price", _WAD),
        section.numbers(_BOUNDS),
        section.numbers(_TIMES),
    )
    section.done()
    return leg


def _ratio(section: Section) -> SourceConfig:
    inverse = section.get("inverse")
    if not isinstance(inverse, bool):
        raise ConfigError(f"{section.where}.inverse: {inverse!r} is neither true nor false")
    legs = (_leg(section.section("base")), _leg(section.section("rate")))
    return SourceConfig("ratio", None, 0, 0, 0, b"", legs[0].times, legs, inverse)


def _feed(section: Section, kind: str) -> SourceConfig:
    low = high = 0
    price_id = b""
    if kind == "chainlink":
        decimals = section.number("decimals")
        low, high = (section.number(f"{end}_answer", 10**decimals) for end in ("min", "max"))
    else:
        decimals = -section.number("exponent")
        text = section.text("price_id")
        if not _PRICE_ID.match(text):
            raise ConfigError(f"{section.where}.price_id: not 32 bytes")
        price_id = bytes.fromhex(text[2:])
    times = section.numbers(_TIMES)
    return SourceConfig(kind, section.address("address"), decimals, low, high, price_id, times)


def read_source(section: Section) -> SourceConfig:
    """One entry of an asset's `sources`."""
    kind = section.text("kind")
    if kind not in KINDS:
        raise ConfigError(f"{section.where}.kind: {kind!r} is none of {', '.join(KINDS)}")
    source = _ratio(section) if kind == "ratio" else _feed(section, kind)
    section.done()
    return source

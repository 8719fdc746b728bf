"""One asset's risk parameters: the files in ``config/risk/``.

The names are those of the deployment's configuration. Everything is held as the integers the
contracts take, read exactly.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

from chain.config import CONFIG_FOLDER
from chain.config_file import Section, read_yaml
from chain.errors import ConfigError
from chain.files import write_whole
from margin_model import ramp, volatility
from margin_model.fixed_point import WAD

FOLDER = CONFIG_FOLDER / "risk"

_ORACLE = {"weight_slow": WAD, "weight_long": WAD, "ema_tau": 1, "confirmation": 1}
_LISTING = {
    "jump_bound": 1,
    "variance_fast": WAD,
    "variance_slow": WAD,
    "variance_long": WAD,
    "variance_floor": WAD,
}
_RISK = {"kappa": WAD, "horizon": 1, "line_floor": WAD, "line_cap": WAD}
_ENGINE = {"ramp_up": WAD, "ramp_down": WAD}
_UNITS = {
    "weight_slow": "a: weight of the 30-day variance in the target [1]",
    "weight_long": "b: weight of the 365-day variance in the target [1]",
    "ema_tau": "time constant of the EMA price [s]",
    "confirmation": "a price off the EMA is believed after this long [s]",
    "jump_bound": "off the EMA by more: not sampled until confirmed [bps]",
    "variance_fast": "seeds: at the end of the data [1 per day]",
    "variance_slow": "",
    "variance_long": "",
    "variance_floor": "[1 per day]",
    "kappa": "tail multiplier [1]",
    "horizon": "T0: time to detect and close [s]",
    "line_floor": "[1]",
    "line_cap": "[1]",
    "ramp_up": "u: most a line grows, relative to itself [1 per hour]",
    "ramp_down": "d: most a line falls, relative to itself [1 per hour]",
}


@dataclass(frozen=True)
class Parameters:
    """What decides about one asset's line.

    Attributes
    ----------
    asset : str
    coverage : int
        Part of the moves over the horizon the line is meant to cover [wad].
    weight_slow, weight_long : int
        a and b [wad].
    ema_tau, confirmation : int
        [s]
    jump_bound : int
        [bps]
    variance_fast, variance_slow, variance_long, variance_floor : int
        [variance per day, wad]
    kappa : int
        [wad]
    horizon : int
        T0 [s].
    line_floor, line_cap : int
        [wad]
    ramp_up, ramp_down : int
        u and d [wad per hour].
    """

    asset: str
    coverage: int
    weight_slow: int
    weight_long: int
    ema_tau: int
    confirmation: int
    jump_bound: int
    variance_fast: int
    variance_slow: int
    variance_long: int
    variance_floor: int
    kappa: int
    horizon: int
    line_floor: int
    line_cap: int
    ramp_up: int
    ramp_down: int

    @property
    def level(self) -> float:
        """The stated coverage as a number."""
        return self.coverage / WAD


def path_of(asset: str) -> Path:
    """Where an asset's parameters are by default."""
    return FOLDER / f"{asset}.yaml"


def read_parameters(path: Path) -> Parameters:
    """Read and check one file."""
    content = read_yaml(path)
    parameters = Parameters(
        asset=content.text("asset"),
        coverage=content.number("coverage", WAD),
        **_section(content, "oracle", _ORACLE),
        **_section(content, "listing", _LISTING),
        **_section(content, "risk", _RISK),
        **_section(content, "engine", _ENGINE),
    )
    content.done()
    _check(parameters, path.name)
    return parameters


def _section(content: Section, name: str, units: dict[str, int]) -> dict[str, int]:
    section = content.section(name)
    numbers = section.numbers(units)
    section.done()
    return numbers


def _check(parameters: Parameters, where: str) -> None:
    """The contracts' own bounds, and what a coverage can be."""
    bounds = {
        "coverage": (WAD // 2, WAD - WAD // 10**6),
        "weight_slow": (10**16, volatility.MAX_WEIGHT),
        "weight_long": (10**16, volatility.MAX_WEIGHT),
        "ema_tau": (60, 86_400),
        "confirmation": (1, 300),
        "jump_bound": (10, 5_000),
        "variance_fast": (10**10, volatility.MAX_VARIANCE),
        "variance_slow": (10**10, volatility.MAX_VARIANCE),
        "variance_long": (10**10, volatility.MAX_VARIANCE),
        "variance_floor": (10**10, 2**64 - 1),
        "kappa": (ramp.MIN_KAPPA, ramp.MAX_KAPPA),
        "horizon": (ramp.MIN_HORIZON, ramp.MAX_HORIZON),
        "line_floor": (ramp.MIN_LINE, parameters.line_cap),
        "line_cap": (ramp.MIN_LINE, ramp.MAX_LINE),
        "ramp_up": (10**16, WAD),
        "ramp_down": (10**16, WAD),
    }
    for name, (lowest, highest) in bounds.items():
        if not lowest <= getattr(parameters, name) <= highest:
            raise ConfigError(f"{where}: {name}: out of bounds")


def write_parameters(parameters: Parameters, path: Path, head: Sequence[str]) -> None:
    """Write one file, whole or not at all.

    Parameters
    ----------
    parameters : Parameters
    path : path
    head : sequence of str
        Lines of the comment on top: who made it and how sure it is.
    """
    lines = [f"# {line}".rstrip() for line in head]
    lines += ["", f"asset: {parameters.asset}"]
    lines += [_entry("", "coverage", parameters.coverage, WAD, "stated: part of moves covered [1]")]
    groups = {"oracle": _ORACLE, "listing": _LISTING, "risk": _RISK, "engine": _ENGINE}
    for group, units in groups.items():
        lines += ["", f"{group}:"]
        for name, unit in units.items():
            lines.append(_entry("  ", name, getattr(parameters, name), unit, _UNITS[name]))
    write_whole(path, "\n".join(lines) + "\n")


def _entry(indent: str, name: str, value: int, unit: int, comment: str) -> str:
    text = f"{indent}{name}: {(Decimal(value) / unit).normalize():f}"
    return f"{text:<32} # {comment}" if comment else text

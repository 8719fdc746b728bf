"""Scenario files: what may happen on one path, as a distribution to draw from.

``config/scenarios/NAME.yaml`` is read strictly: whatever is wrong with it is one line that names
the file and the field. Times in a file are seconds since the start of a path.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, get_args

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from chain.artifacts import ROOT
from chain.config_file import Loader, load_yaml
from chain.errors import ConfigError
from oracle_sim.price_models import DiffusionModel, JumpModel, PriceModel, RegimeModel
from oracle_sim.scenario import Scenario

FOLDER = ROOT / "config" / "scenarios"

MAX_TICKS = 100_000

Seconds = Annotated[int, Field(ge=0, le=400 * 86_400)]


class Part(BaseModel):
    """One section of a file: nothing unknown, nothing converted, nothing changed later."""

    model_config = ConfigDict(
        strict=True, extra="forbid", frozen=True, allow_inf_nan=False, protected_namespaces=()
    )


class Asset(Part):
    """One asset of the path.

    Attributes
    ----------
    like : str, optional
        Asset of the protocol's configuration whose feed and parameters it takes; the one of its own
        name by default.
    price : float, optional
        At the start [quote per unit]; the configuration's by default.
    follows : str, optional
        Asset on whose price its own is quoted: a peg.
    traded : bool
        Whether traders take positions in it.
    collateral : bool, optional
        Whether a token of it is accepted; as configured by default.
    min_answer : float, optional
        Lowest answer of its push feed [quote per unit].
    """

    like: str | None = None
    price: Annotated[float, Field(gt=0, le=1e8)] | None = None
    follows: str | None = None
    traded: bool = True
    collateral: bool | None = None
    min_answer: Annotated[float, Field(gt=0, le=1e8)] | None = None


class Shock(Part):
    """A move of prices besides the random ones.

    Attributes
    ----------
    at, over : int
        When it begins and how long it takes [s].
    moves : dict of str to float
        By asset, relative to the price it would have had: -0.3 is a fall by 30 %.
    recovers : float
        Share of it, in logarithms, that is taken back.
    recovery : int
        How long that takes [s].
    jitter : int
        `at` is drawn uniformly up to so much later [s].
    spread : float
        Its logarithm is multiplied by exp(spread · z) with a standard normal z.
    """

    at: Seconds
    over: Annotated[int, Field(ge=1, le=400 * 86_400)]
    moves: Annotated[dict[str, Annotated[float, Field(gt=-1, le=100)]], Field(min_length=1)]
    recovers: Annotated[float, Field(ge=0, le=1.5)] = 0.0
    recovery: Seconds = 0
    jitter: Seconds = 0
    spread: Annotated[float, Field(ge=0, le=2)] = 0.0


class _Timed(Part):
    """A fault from `start` to before `end`, both up to `jitter` later [s]."""

    start: Seconds
    end: Seconds
    jitter: Seconds = 0

    @model_validator(mode="after")
    def _check(self) -> _Timed:
        if self.start >= self.end:
            raise ValueError("end: not after start")
        return self


class FeedFault(_Timed):
    """What goes wrong with the feed of one asset; see `oracle_sim.faults`."""

    kind: Literal["outage", "freeze", "pin_minimum", "pin_maximum"]
    asset: str


class Absence(_Timed):
    """Who is not there; see `oracle_sim.course.Disturbances`."""

    kind: Literal["keeper", "bidders", "sequencer"]


class WrongTick(Part):
    """One wrong answer of a feed: the true price times `factor`."""

    kind: Literal["bad_tick"]
    asset: str
    at: Seconds
    factor: Annotated[float, Field(gt=0, lt=1e6)]
    jitter: Seconds = 0


Fault = Annotated[FeedFault | Absence | WrongTick, Field(discriminator="kind")]


class Simulation(Part):
    """One scenario file.

    Attributes
    ----------
    name : str
        Of the file.
    description : str
    horizon : int
        Length of a path [s].
    block : int
        Time between two prices, and so between two blocks in which people act [s].
    protocol : str
        Configuration that is deployed, a name in ``config/``.
    assets : dict of str to Asset
        At least one, the most traded first.
    process : PriceModel
    shocks : tuple of Shock
    faults : tuple of FeedFault, Absence or WrongTick
    agents : Scenario
        Without its seed.
    """

    name: str
    description: Annotated[str, Field(min_length=1)]
    horizon: Annotated[int, Field(ge=60, le=400 * 86_400)]
    block: Annotated[int, Field(ge=6, le=3_600)]
    protocol: str = "demo"
    assets: Annotated[dict[str, Asset], Field(min_length=1, max_length=16)]
    process: PriceModel
    shocks: tuple[Shock, ...] = ()
    faults: tuple[Fault, ...] = ()
    agents: Scenario = Scenario()

    @property
    def ticks(self) -> int:
        """Prices of one path."""
        return self.horizon // self.block

    @model_validator(mode="after")
    def _check(self) -> Simulation:
        if self.ticks > MAX_TICKS:
            raise ValueError(f"block: {self.ticks} prices a path, {MAX_TICKS} at most")
        for symbol, asset in self.assets.items():
            if asset.follows is not None:
                self._know(f"assets.{symbol}.follows", (asset.follows,))
                if asset.follows == symbol or self.assets[asset.follows].follows is not None:
                    raise ValueError(f"assets.{symbol}.follows: {asset.follows} is no free price")
        if not any(asset.traded for asset in self.assets.values()):
            raise ValueError("assets: none is traded")
        for i, shock in enumerate(self.shocks):
            self._know(f"shocks.{i}.moves", shock.moves)
        for i, fault in enumerate(self.faults):
            if not isinstance(fault, Absence):
                self._know(f"faults.{i}.asset", (fault.asset,))
        self.process.build(tuple(self.assets))
        return self

    def _know(self, where: str, symbols: Iterable[str]) -> None:
        for symbol in symbols:
            if symbol not in self.assets:
                raise ValueError(f"{where}: no asset {symbol}")


_KINDS = frozenset(
    kind
    for model in (DiffusionModel, JumpModel, RegimeModel, FeedFault, Absence, WrongTick)
    for kind in get_args(model.model_fields["kind"].annotation)
)


class _FloatLoader(Loader):
    """Scenarios describe chances, not money: their numbers are floats."""


_FloatLoader.add_constructor(
    "tag:yaml.org,2002:float", lambda loader, node: loader.construct_yaml_float(node)
)


def scenario_names() -> list[str]:
    """Scenarios that come with this repository."""
    return sorted(path.stem for path in FOLDER.glob("*.yaml"))


def read_simulation(name: str | Path) -> Simulation:
    """Read a scenario.

    Parameters
    ----------
    name : str or Path
        A file, or the name of one in ``config/scenarios/`` without its ending.

    Raises
    ------
    ConfigError
    """
    path = Path(name)
    if not path.suffix:
        path = FOLDER / f"{name}.yaml"
        if not path.is_file():
            raise ConfigError(f"{name}: no such scenario; there are {', '.join(scenario_names())}")
    content = load_yaml(path, _FloatLoader)
    if not isinstance(content, Mapping):
        raise ConfigError(f"{path}: not a mapping")
    if "name" in content:
        raise ConfigError(f"{path}: name: is that of the file")
    if isinstance(content.get("agents"), Mapping) and "seed" in content["agents"]:
        raise ConfigError(f"{path}: agents.seed: drawn for each path")
    try:
        return Simulation.model_validate({"name": path.stem, **_tuples(content)})
    except ValidationError as error:
        raise ConfigError(f"{path}: {_first(error)}") from None


def _tuples(value: Any) -> Any:
    """Lists as the tuples a frozen model holds."""
    if isinstance(value, Mapping):
        return {key: _tuples(entry) for key, entry in value.items()}
    return tuple(map(_tuples, value)) if isinstance(value, list) else value


def _first(error: ValidationError) -> str:
    """The first fault of a file: field and reason."""
    detail = error.errors(include_url=False)[0]
    # pydantic puts the kind of a process or fault into the place, where a file has no such level
    place = [str(step) for step in detail["loc"] if step not in _KINDS]
    reason = detail["msg"].removeprefix("Value error, ")
    return ": ".join([".".join(place), reason] if place else [reason])

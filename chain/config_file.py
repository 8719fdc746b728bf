"""Reads sections of a YAML file strictly: an entry missing, unknown or mistyped is one line."""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

import yaml

from chain.errors import ConfigError

_ADDRESS = re.compile(r"^0x[0-9a-fA-F]{40}$")


class Loader(yaml.SafeLoader):  # type: ignore[misc]
    """YAML whose numbers with a point are decimals, and whose keys are unique."""

    def construct_mapping(self, node: Any, deep: bool = False) -> dict[Any, Any]:
        """Refuse what plain YAML resolves in favour of the last."""
        names = [key.value for key, _ in node.value]
        for name in names:
            if names.count(name) > 1:
                raise yaml.YAMLError(f"{name} given twice")
        mapping: dict[Any, Any] = super().construct_mapping(node, deep)
        return mapping


def _decimal(loader: Loader, node: Any) -> Decimal | str:
    text = str(loader.construct_scalar(node))
    try:
        return Decimal(text)
    except InvalidOperation:
        return text  # .nan, .inf and the like: no number to us


Loader.add_constructor("tag:yaml.org,2002:float", _decimal)


class Section:
    """A mapping of the file that knows its name and which of its entries were read."""

    def __init__(self, where: str, content: Any) -> None:
        self.where = where
        if not isinstance(content, dict):
            raise ConfigError(f"{where}: not a mapping")
        self._content = content
        self._unread = set(content)

    def get(self, name: str) -> Any:
        """The entry as YAML has it."""
        if name not in self._content:
            raise ConfigError(f"{self.where}.{name}: missing")
        self._unread.discard(name)
        return self._content[name]

    def section(self, name: str) -> Section:
        """A mapping inside this one."""
        return Section(f"{self.where}.{name}", self.get(name))

    def names(self) -> list[str]:
        """Of the entries, in order."""
        return [str(key) for key in self._content]

    def sections(self) -> dict[str, Section]:
        """The entries, where all of them are mappings."""
        return {str(key): self.section(key) for key in self._content}

    def items(self, name: str) -> list[Section]:
        """A list of mappings, at least one."""
        values = self.get(name)
        if not isinstance(values, list) or not values:
            raise ConfigError(f"{self.where}.{name}: not a list of at least one")
        return [Section(f"{self.where}.{name}[{i}]", value) for i, value in enumerate(values)]

    def number(self, name: str, scale: int = 1) -> int:
        """A number times `scale`, which must be whole."""
        value = self.get(name)
        if isinstance(value, bool) or not isinstance(value, int | Decimal):
            raise ConfigError(f"{self.where}.{name}: {value!r} is no number")
        scaled = Decimal(value) * scale
        if not scaled.is_finite() or scaled != int(scaled):
            raise ConfigError(f"{self.where}.{name}: {value} has more digits than its unit")
        return int(scaled)

    def numbers(self, units: Mapping[str, int]) -> dict[str, int]:
        """One number a unit, in that order."""
        return {name: self.number(name, scale) for name, scale in units.items()}

    def text(self, name: str) -> str:
        """A string."""
        value = self.get(name)
        if not isinstance(value, str):
            raise ConfigError(f"{self.where}.{name}: {value!r} is no text")
        return value

    def address(self, name: str) -> str | None:
        """A contract's address, or nothing."""
        value = self.get(name)
        if value is not None and not (isinstance(value, str) and _ADDRESS.match(value)):
            raise ConfigError(f"{self.where}.{name}: {value!r} is no address in quotes, nor null")
        return value

    def addresses(self, name: str) -> tuple[str, ...]:
        """Contracts' or people's addresses, ascending, as the contracts want them."""
        values = self.get(name)
        if not isinstance(values, list):
            raise ConfigError(f"{self.where}.{name}: not a list")
        for value in values:
            if not (isinstance(value, str) and _ADDRESS.match(value)):
                raise ConfigError(f"{self.where}.{name}: {value!r} is no address in quotes")
        return tuple(sorted(values, key=str.lower))

    def done(self) -> None:
        """Nothing may be left: a misspelt entry would otherwise be ignored."""
        if self._unread:
            unknown = sorted(str(name) for name in self._unread)
            raise ConfigError(f"{self.where}.{unknown[0]}: unknown")


def load_yaml(path: Path, loader: type[Loader] = Loader) -> Any:
    """What the file holds; whatever is wrong with it is one `ConfigError`."""
    try:
        return yaml.load(path.read_text(), Loader=loader)  # noqa: S506 (a SafeLoader)
    except OSError as error:
        raise ConfigError(f"{path}: {error.strerror}") from None
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path}: {' '.join(str(error).split())}") from None


def read_yaml(path: Path) -> Section:
    """The file as one section."""
    return Section(path.name, load_yaml(path))

"""Compiled contracts, cached by content.

A contract is compiled again when its source, anything it imports from this repository, the compiler
or snekmate changes, and not otherwise: eth-ape misses changes of imported modules, so nothing here
relies on its cache. `python -m chain` compiles everything and prints the sizes.
"""

from __future__ import annotations

import hashlib
import json
import re
import sys
from collections.abc import Iterator, Mapping
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

from chain.errors import ArtifactError
from chain.files import write_whole

ROOT = Path(__file__).resolve().parent.parent
FOLDERS = ("contracts", "contracts/sources", "contracts/testing")
CACHE = Path("build") / "artifacts"
SIZE_LIMIT = 24_576  # EIP-170 [bytes]

_IMPORT = re.compile(
    r"^(?:from[ \t]+(\.*)([\w.]*)[ \t]+)?import[ \t]+([\w.]+)(?:[ \t]+as[ \t]+\w+)?[ \t]*(?:#.*)?$",
    re.MULTILINE,
)


@dataclass(frozen=True, slots=True, eq=False)
class Artifact:
    """One compiled contract.

    Attributes
    ----------
    bytecode : bytes
        What a deployment runs, before constructor arguments.
    runtime : bytes
        What stays on chain, without immutables.
    """

    name: str
    abi: list[dict[str, Any]]
    bytecode: bytes
    runtime: bytes
    path: Path

    @property
    def runtime_size(self) -> int:
        """Bytes that count against EIP-170: code and immutables."""
        return len(self.runtime) + self.immutables

    @property
    def immutables(self) -> int:
        """Bytes of immutables, appended to the code at deployment."""
        layout = self.layout.get("code_layout", {})
        return _layout_bytes(layout)

    layout: dict[str, Any]

    def slot(self, path: str) -> int:
        """First storage slot of a variable, by modules and name joined by dots."""
        entry: Any = self.layout.get("storage_layout", {})
        for part in path.split("."):
            entry = entry.get(part) if isinstance(entry, dict) else None
        if not isinstance(entry, dict) or "slot" not in entry:
            raise ArtifactError(f"{self.name}: no variable {path} in its storage")
        return int(entry["slot"])


def _layout_bytes(layout: Mapping[str, Any]) -> int:
    if "length" in layout:
        return int(layout["length"])
    return sum(_layout_bytes(entry) for entry in layout.values() if isinstance(entry, Mapping))


def imports(path: Path, root: Path) -> Iterator[Path]:
    """Files of this repository that a source imports directly."""
    for dots, module, name in _IMPORT.findall(path.read_text()):
        base = root if not dots else path.parents[len(dots) - 1]
        target = base.joinpath(*f"{module}.{name}".strip(".").split("."))
        for suffix in (".vy", ".vyi", ".json"):
            found = target.with_name(target.name + suffix)
            if found.is_file():
                yield found
                break


def closure(path: Path, root: Path) -> list[Path]:
    """A source and everything of this repository below it, sorted."""
    seen: set[Path] = set()
    waiting = [path]
    while waiting:
        current = waiting.pop()
        if current not in seen:
            seen.add(current)
            waiting.extend(imports(current, root))
    return sorted(seen)


@cache
def _toolchain() -> str:
    return f"vyper {version('vyper')} snekmate {version('snekmate')} format 2"


def content_hash(path: Path, root: Path) -> str:
    """Hash of all that decides about the bytecode of `path`."""
    digest = hashlib.sha256(_toolchain().encode())
    for source in closure(path, root):
        digest.update(source.relative_to(root).as_posix().encode() + b"\0")
        digest.update(source.read_bytes() + b"\0")
    return digest.hexdigest()


def _compile(path: Path, root: Path) -> dict[str, Any]:
    # Imported here: the compiler takes half a second that a warm cache does not need.
    from vyper.compiler import compile_from_file_input
    from vyper.compiler.input_bundle import FilesystemInputBundle
    from vyper.exceptions import VyperException

    packages = [Path(entry) for entry in sys.path if entry.endswith("site-packages")]
    bundle = FilesystemInputBundle([*packages, root])  # the last is searched first
    try:
        return dict(
            compile_from_file_input(
                bundle.load_file(path.relative_to(root)),
                input_bundle=bundle,
                output_formats=["abi", "bytecode", "bytecode_runtime", "layout"],
            )
        )
    except VyperException as error:
        first = " ".join(str(error).partition("\n\n  contract")[0].split())
        failure = ArtifactError(f"{path.relative_to(root)}: {first}")
        failure.add_note(str(error))
        raise failure from None


def _load(path: Path, root: Path) -> dict[str, Any]:
    """The artifact of one source as JSON, from the cache if that is still true."""
    wanted = content_hash(path, root)
    cached = root / CACHE / f"{path.stem}.json"
    if cached.is_file():
        content: dict[str, Any] = json.loads(cached.read_text())
        if content["hash"] == wanted:
            return content
    output = _compile(path, root)
    content = {
        "hash": wanted,
        "abi": output["abi"],
        "bytecode": output["bytecode"],
        "runtime": output["bytecode_runtime"],
        "layout": output["layout"],
    }
    write_whole(cached, json.dumps(content))  # other processes may compile the same contract
    return content


class Artifacts(Mapping[str, Artifact]):
    """All deployable contracts by name, compiled when first asked for."""

    def __init__(self, root: Path = ROOT) -> None:
        self.root = root
        self._loaded: dict[str, Artifact] = {}
        self._paths: dict[str, Path] = {}
        for folder in FOLDERS:
            for path in sorted((root / folder).glob("*.vy")):
                if path.stem in self._paths:
                    raise ArtifactError(f"{path.stem}: two contracts of that name")
                self._paths[path.stem] = path

    def path(self, name: str) -> Path:
        """Source of a contract."""
        try:
            return self._paths[name]
        except KeyError:
            raise ArtifactError(f"{name}: no such contract in {', '.join(FOLDERS)}") from None

    def __getitem__(self, name: str) -> Artifact:
        if name not in self._loaded:
            path = self.path(name)
            content = _load(path, self.root)
            self._loaded[name] = Artifact(
                name,
                content["abi"],
                bytes.fromhex(content["bytecode"][2:]),
                bytes.fromhex(content["runtime"][2:]),
                path,
                content["layout"],
            )
        return self._loaded[name]

    def __contains__(self, name: object) -> bool:
        return name in self._paths

    def __iter__(self) -> Iterator[str]:
        return iter(self._paths)

    def __len__(self) -> int:
        return len(self._paths)

    def compile_all(self, workers: int | None = None) -> Artifacts:
        """Compile what the cache lacks, in parallel processes."""
        with ProcessPoolExecutor(workers) as pool:
            jobs = [pool.submit(_load, path, self.root) for path in self._paths.values()]
            for job in jobs:
                job.result()
        return self

    @property
    def deployables(self) -> list[str]:
        """Contracts that are meant for a chain: neither test doubles nor harnesses."""
        return [n for n, path in self._paths.items() if path.parent.name != "testing"]


def load_artifacts(root: Path = ROOT) -> Artifacts:
    """Artifacts of all contracts in the repository."""
    return Artifacts(root)

"""A copy of the repository that may be spoilt."""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from chain.artifacts import CACHE, ROOT

# What mutants are attacked with, as far as it is there.
FOLDERS = ("tests/model", "tests/unit", "tests/exploits", "tests/invariant", "tests/fuzz")
LAST = "tests/mutants/test_campaign.py"
# These read sources or tools, not contracts' behaviour: their verdict on a mutant means nothing.
LEFT_OUT = (
    "tests/unit/test_mutants*.py",
    "tests/unit/test_named.py",
    "tests/unit/test_sizes.py",
    "tests/unit/test_artifacts.py",
    "tests/unit/test_docs.py",
)
_COPIED = ("bench", "chain", "config", "contracts", "docs", "margin_model", "oracle_sim", "tests")
_LINKED = "node_modules"
_COPIED_FILES = ("pyproject.toml",)
_DATA = "PLIMSOLL_DATA"


@contextmanager
def workspace(root: Path = ROOT) -> Iterator[Path]:
    """A copy of what tests need, compiled contracts included; gone afterwards."""
    with TemporaryDirectory(prefix="plimsoll-mutants-") as name:
        copy = Path(name) / "main"
        for folder in (*_COPIED, CACHE.as_posix()):
            if (root / folder).is_dir():
                ignored = shutil.ignore_patterns("__pycache__", ".*", "*.lines")
                shutil.copytree(root / folder, copy / folder, ignore=ignored)
        for file in _COPIED_FILES:
            shutil.copy(root / file, copy / file)
        (copy / _LINKED).symlink_to(root / _LINKED)
        yield copy


def environment(root: Path = ROOT) -> dict[str, str]:
    """Variables for a process that runs tests in a workspace."""
    data = os.environ.get(_DATA, str(root.parent / "shared" / "data"))
    return {
        **os.environ,
        _DATA: data,
        "PLIMSOLL_BACKEND": "pyrevm",
        "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
        "PYTHONDONTWRITEBYTECODE": "1",
    }


def collected_files(root: Path) -> list[str]:
    """What pytest is to collect."""
    skipped = {path for pattern in LEFT_OUT for path in root.glob(pattern)}
    found = [
        path.relative_to(root).as_posix()
        for folder in FOLDERS
        for path in sorted((root / folder).glob("test_*.py"))
        if path not in skipped
    ]
    return [*found, LAST] if (root / "tests" / "fuzz").is_dir() else found


def hash_of_tests(root: Path) -> str:
    """Changes when a test, or anything a test uses, does."""
    digest = hashlib.sha256()
    skipped = {path for pattern in LEFT_OUT for path in root.glob(pattern)}
    for folder in (*FOLDERS, "margin_model", "chain"):
        for path in sorted((root / folder).rglob("*.py")):
            if path not in skipped:
                digest.update(path.relative_to(root).as_posix().encode() + path.read_bytes())
    for path in sorted((root / "tests").glob("*.py")):
        digest.update(path.name.encode() + path.read_bytes())
    return digest.hexdigest()[:16]


def hash_of_contracts(root: Path) -> str:
    """Changes when any contract does."""
    digest = hashlib.sha256()
    for path in sorted((root / "contracts").rglob("*.vy*")):
        digest.update(path.relative_to(root).as_posix().encode() + path.read_bytes())
    return digest.hexdigest()[:16]

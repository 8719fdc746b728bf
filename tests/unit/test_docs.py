"""What the pages name exists: files, functions of contracts and modules, tests."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGES = [ROOT / "README.md", ROOT / "SECURITY.md", *sorted((ROOT / "docs").glob("*.md"))]
HISTORY = {"changelog.md", "decisions.md"}  # may name what is gone
SOURCES = {
    path.stem: path
    for folder in ("contracts", "chain")
    for path in (ROOT / folder).rglob("*.*")
    if path.suffix in (".vy", ".vyi", ".py")
}
BASES = ("", "docs", "tests/exploits", "tests/forge", "tests/mutants", "oracle_sim", "chain")
MADE = "build/"  # written by commands

_FILE = re.compile(r"(?<![\w./*…-])[\w./-]+\.(?:py|vy|vyi|yaml|json|md)(?![\w*])")
_FUNCTION = re.compile(r"\b([A-Za-z]\w+)\.(_?[a-z]\w+)\b(?![./])")
_TEST = re.compile(r"(?:(test_\w+\.py))?::(test_\w+?)\*?`")


def quoted(page: Path) -> Iterator[str]:
    """What stands between backticks."""
    for match in re.finditer(r"`([^`\n]+)`", page.read_text()):
        yield match[1]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_pages__files_they_name__exist(page):
    for text in quoted(page):
        for name in _FILE.findall(text):
            if not name.startswith((MADE, "/")) and "/" in name:
                assert any((ROOT / base / name).is_file() for base in BASES), text


@pytest.mark.parametrize(
    "page", [page for page in PAGES if page.name not in HISTORY], ids=lambda page: page.name
)
def test_pages__functions_they_name__exist(page):
    for text in quoted(page):
        for owner, name in _FUNCTION.findall(_FILE.sub("", text)):
            files = [SOURCES[each] for each in (owner, f"I{owner}") if each in SOURCES]
            bodies = [path.read_text() for path in files]
            assert not files or any(re.search(rf"\b{name}\b", body) for body in bodies), text


def test_architecture__modules__are_all_there_is():
    text = (ROOT / "docs/architecture.md").read_text()
    listed = text[text.index("Modules are\n") : text.index("## One price tick")]
    modules = {path.stem for path in (ROOT / "contracts/modules").glob("*.vy")}
    assert set(re.findall(r"`(\w+)`", listed)) == modules


def test_exploits__every_row__has_its_tests():
    folder = ROOT / "tests/exploits"
    rows = [line for line in (ROOT / "docs/exploits.md").read_text().splitlines() if "::" in line]
    assert len(rows) >= 23
    for row in rows:
        file = ""
        for named, test in _TEST.findall(row):
            file = named or file
            assert f"def {test}" in (folder / file).read_text(), test

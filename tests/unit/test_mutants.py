"""Mutants: which mistakes are made of which text, and how they are drawn."""

import ast
from collections import Counter
from pathlib import Path

import pytest

from tests.mutants import KINDS
from tests.mutants.draw import Draw, sequence, shares
from tests.mutants.mutant import find_mutants, mutants, source_files
from tests.mutants.source import Source

ROOT = Path(__file__).parents[2]

HEAD = '''# pragma version 0.4.3
# pragma nonreentrancy on
"""
@title Not a < b
"""

_words: HashMap[address, HashMap[uint256, int256]]


@external
def act(_who: address, _id: uint256) -> int256:
    """
    @notice a // b
    """
'''


def _changes(kind, *lines):
    """The new lines of all mutants of a kind of a function of these lines."""
    text = HEAD + "".join(f"    {line}\n" for line in lines)
    changes = []
    for mutant in mutants("contracts/Example.vy", text):
        if mutant.kind == kind:
            added = [line[1:].strip() for line in mutant.diff(text).splitlines() if line[0] == "+"]
            changes.append("; ".join(added))
    return changes


# ── reading ──────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("line", "expression"),
    [
        ("x: uint256 = staticcall A(_who).b(_id)", "staticcall A(_who).b(_id)"),
        ("assert staticcall A(_who).b() != extcall B.c(), 'n: m'", "extcall B.c()"),
        ("x: String[3] = 'ß < 1'", "'ß < 1'"),
        ("log IThing.Happened(who=_who, id=_id)", "IThing.Happened(who=_who, id=_id)"),
        ("for i: uint256 in range(_id, bound=3): pass", "range(_id, bound=3)"),
    ],
)
def test_source__words_python_does_not_know__stand_where_they_stood(line, expression):
    source = Source(f"{HEAD}    {line}  # log struct\n")
    (scope,) = source.scopes()
    found = [source.code(node) for node in ast.walk(scope.node) if isinstance(node, ast.expr)]
    assert expression in found


def test_source__every_contract__is_read_position_for_position():
    for file in source_files(ROOT):
        source = Source((ROOT / file).read_text())
        for scope in source.scopes():
            for node in ast.walk(scope.node):
                if isinstance(node, ast.Name):
                    assert source.code(node) == node.id


def test_mutants__every_contract__some_of_every_kind_and_all_different():
    kinds = Counter()
    for file in source_files(ROOT):
        text = (ROOT / file).read_text()
        found = find_mutants(ROOT, file)
        assert len({mutant.id for mutant in found}) == len(found)
        assert all(mutant.apply(text) != text for mutant in found)
        kinds.update(mutant.kind for mutant in found)
    assert set(kinds) == set(KINDS)
    assert min(kinds.values()) >= 20


def test_mutants__lines_above_change__keep_their_ids():
    text = HEAD + "    return 2 * convert(_id, int256)\n"
    before = [mutant.id for mutant in mutants("contracts/Example.vy", text)]
    moved = text.replace("@external", "# a comment\n@external")
    assert [mutant.id for mutant in mutants("contracts/Example.vy", moved)] == before


# ── mistakes ─────────────────────────────────────────────────────────────────────────────────────


def test_arithmetic__operators_and_unsafe_functions__turned_round():
    assert _changes("arithmetic", "return (a + b) * unsafe_sub(c, d) >> e") == [
        "return (a - b) * unsafe_sub(c, d) >> e",
        "return (a + b) // unsafe_sub(c, d) >> e",
        "return (a + b) * unsafe_add(c, d) >> e",
        "return (a + b) * unsafe_sub(c, d) << e",
    ]
    assert _changes("arithmetic", "a += b") == ["a -= b"]
    assert _changes("arithmetic", "x: uint256 = 2**96") == []


def test_comparison__conditions__turned_round():
    assert _changes("comparison", "if a < b and not c:", "    d = min(e, True)") == [
        "if a >= b and not c:",
        "if a < b or not c:",
        "if a < b and c:",
        "d = max(e, True)",
        "d = min(e, False)",
    ]
    assert _changes("comparison", "return a if b else c") == ["return c if b else a"]


def test_off_by_one__boundaries_and_numbers__moved():
    assert _changes("off-by-one", "return a <= 3 * 10**18") == [
        "return a < 3 * 10**18",
        "return a <= 2 * 10**18",
        "return a <= 4 * 10**18",
        "return a <= 3 * 10**19",
    ]


def test_off_by_one__clamp__left_alone_because_nothing_would_change():
    assert _changes("off-by-one", "if a > b:", "    a = b") == []
    assert _changes("off-by-one", "if a > b:", "    a = c") == ["if a >= b:"]


def test_rounding__directions__the_other_way():
    assert _changes("rounding", "return _mul_wad_down(a, b // c)") == [
        "return _mul_wad_up(a, b // c)",
        "return _mul_wad_down(a, (((b) + (c) - 1) // (c)))",
    ]
    assert _changes("rounding", "return unsafe_div(a, b)") == [
        "return unsafe_div((a) + (b) - 1, b)"
    ]
    assert _changes("rounding", "return math._mul_div(a, b, c, True)") == [
        "return math._mul_div(a, b, c, False)"
    ]


def test_sign__signed_values__negated():
    assert _changes("sign", "x: int256 = a - b", "return -convert(c, int256)") == [
        "x: int256 = -(a - b)",
        "return convert(c, int256)",
    ]
    assert _changes("sign", "f(convert(a, int256))") == ["f(-convert(a, int256))"]


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        (('assert a, "a: b"',), ["pass"]),
        (("if a:", '    errors._fail("a: b")'), ["pass"]),
        (("self._check_owner(a)",), ["pass"]),
        (("accounts._only_manager_of(a)",), ["pass"]),
        (("self._checkpoint(a)",), []),
    ],
)
def test_missing_check__what_refuses__deleted(lines, expected):
    assert _changes("missing-check", *lines) == expected


def test_missing_lock__function_of_a_locked_file__unlocked():
    assert _changes("missing-lock", "pass") == ["@reentrant"]
    view = (HEAD + "    pass\n").replace("@external\n", "@external\n@view\n")
    assert not mutants("contracts/Example.vy", view)
    single = view.replace("nonreentrancy on", "nonreentrancy off")
    single = single.replace("@view", "@nonreentrant")
    (mutant,) = mutants("contracts/Example.vy", single)
    assert "@reentrant" in mutant.apply(single).splitlines()


def test_swapped_argument__neighbours__swapped_unless_it_makes_no_difference():
    assert _changes("swapped-argument", "f(a, b, c)") == ["f(b, a, c)", "f(a, c, b)"]
    assert _changes("swapped-argument", "log E(x=a, y=b)") == ["log E(x=b, y=a)"]
    assert _changes("swapped-argument", "f(max(a, b))", "f(convert(a, int256))") == []
    assert _changes("swapped-argument", "f(_mul_div_up(a, b, c))") == ["f(_mul_div_up(a, c, b))"]


def test_wrong_index__subscripts_and_results__one_further_or_exchanged():
    assert _changes("wrong-index", "a = self._words[_who][_id]") == [
        "a = self._words[self][_id]",
        "a = self._words[_id][_who]",
        "a = self._words[_who][_id + 1]",
    ]
    assert _changes("wrong-index", "a, b = f(c)") == ["b, a = f(c)"]
    assert _changes("wrong-index", "a = 1 << b") == ["a = 1 << (b + 1)"]


def test_stale_state__writes__deleted_or_done_too_late():
    assert _changes("stale-state", "self.a = b", "c = f(self.a)") == [
        "pass",
        "c = f(self.a)",  # and after it the write
        "pass",
    ]
    assert _changes("stale-state", "self._accrue()") == ["pass"]


def test_mutants__declaration_of_what_is_set_anyway__left_alone():
    assert _changes("off-by-one", "a: uint256 = 0", "b: bool = False", "a, b = f(_id)") == []
    both = ("a: uint256 = 0", "if b:", "    a = c", "else:", "    a = d")
    assert _changes("off-by-one", *both) == []
    assert _changes("off-by-one", *both[:3]) == ["a: uint256 = 1"]
    assert _changes("off-by-one", "a: uint256 = 0", "a += 5")[0] == "a: uint256 = 1"
    assert _changes("off-by-one", "a: uint256 = 0", "a = f(a)") == ["a: uint256 = 1"]


# ── drawing ──────────────────────────────────────────────────────────────────────────────────────


def test_shares__by_lines__every_file_one_at_least():
    assert shares({"a": 60, "b": 39, "c": 1, "d": 0}, 10) == {"a": 6, "b": 3, "c": 1}
    assert sum(shares({str(n): n for n in range(1, 40)}, 160).values()) == 160


def test_sequence__same_seed__same_mutants_a_line_each():
    found = find_mutants(ROOT, "contracts/modules/auction_math.vy")
    drawn = sequence(found, 7)
    assert drawn == sequence(found, 7) != sequence(found, 8)
    lines = [mutant.line for mutant in drawn]
    assert len(set(lines)) == len(lines) == len({mutant.line for mutant in found})


def test_draw__mutants_that_do_not_count__replaced_by_others_of_the_file():
    found = find_mutants(ROOT, "contracts/modules/auction_math.vy")
    draw = Draw({"a": found}, 3, 1)
    first = list(draw.take())
    assert len(first) == draw.total == 3
    draw.counted(first[0].__class__(**{**first[0].to_dict(), "file": "a"}))
    second = list(draw.take())
    assert len(second) == 2 and not {m.id for m in second} & {m.id for m in first}


def test_draw__no_count__takes_all():
    found = find_mutants(ROOT, "contracts/modules/auction_math.vy")
    draw = Draw({"a": found}, None, 1)
    assert list(draw.take()) == found
    assert list(draw.take()) == []

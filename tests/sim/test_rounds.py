"""Oracle rounds from files."""

from pathlib import Path

import pytest

from oracle_sim.rounds import FIELDS, read_rounds
from oracle_sim.tables import InputError


def row(
    time: int,
    phase: int,
    number: int,
    answer: object = 100,
    *,
    started: int | None = None,
    answered: int | None = None,
    round_id: object = None,
) -> str:
    """One line; ids and times consistent unless told otherwise."""
    own = (phase << 64) + number
    shown = own if round_id is None else round_id
    parts = (time, shown, phase, number, answer, started or time, answered or own)
    return ",".join(map(str, parts))


def write(path: Path, rows: list[str], fields: tuple[str, ...] = FIELDS) -> Path:
    path.write_text("\n".join([",".join(fields), *rows]) + "\n")
    return path


def test_read_rounds__good_file__every_number(tmp_path: Path) -> None:
    rows = [row(1000, 6, 1, 190818855732), row(1010, 6, 2, 10**22, started=990)]
    rounds = read_rounds(write(tmp_path / "r.csv", rows))
    assert len(rounds) == 2
    assert rounds.updated_at.tolist() == [1000, 1010]
    assert rounds.started_at.tolist() == [1000, 990]
    assert rounds.phase_id.tolist() == [6, 6]
    assert rounds.agg_round.tolist() == [1, 2]
    assert rounds.answer == (190818855732, 10**22)
    assert rounds.price.tolist() == [1908.18855732, 1e14]
    facts = rounds.facts
    assert facts.equal_times == facts.phase_changes == facts.backwards == ()
    assert facts.skipped == facts.carried == ()


def test_read_rounds__facts_of_real_life__are_reported(tmp_path: Path) -> None:
    rows = [
        row(1000, 1, 1),
        row(1000, 1, 2),
        row(1010, 1, 5),
        row(900, 2, 1),
        row(910, 2, 2, answered=(2 << 64) + 1),
        row(2000, 4, 7),
    ]
    facts = read_rounds(write(tmp_path / "r.csv", rows)).facts
    assert facts.equal_times == (3,)
    assert facts.skipped == (4,)
    assert facts.phase_changes == (5, 7)
    assert facts.backwards == (5,)
    assert facts.carried == (6,)


def test_read_rounds__one_round__has_no_facts(tmp_path: Path) -> None:
    rounds = read_rounds(write(tmp_path / "r.csv", [row(1000, 1, 1)]), decimals=2)
    assert rounds.price.tolist() == [1.0]
    assert rounds.facts.skipped == ()


@pytest.mark.parametrize("field", FIELDS)
def test_read_rounds__missing_column__named(tmp_path: Path, field: str) -> None:
    fields = tuple(name for name in FIELDS if name != field)
    path = write(tmp_path / "r.csv", ["1,1,1,1,1,1"], fields)
    with pytest.raises(InputError) as caught:
        read_rounds(path)
    assert str(caught.value) == f"{path}: row 1: {field}: column is missing"


ID = (1 << 64) + 2


@pytest.mark.parametrize(
    ("second", "message"),
    [
        (row(1010, 1, 2, 0), "row 3: answer: '0' is not positive"),
        (row(1010, 1, 2, -5), "row 3: answer: '-5' is not positive"),
        (row(1010, 1, 2, "1.5"), "row 3: answer: '1.5' is not a whole number"),
        (row(1010, 1, 2, "nan"), "row 3: answer: 'nan' is not a whole number"),
        (row(1010, 1, 2, ""), "row 3: answer: '' is not a whole number"),
        (
            row(1010, 1, 2, round_id=7),
            "row 3: round_id: '7' is not phase_id and agg_round together",
        ),
        (row(1010, 1, 2, started=1011), "row 3: started_at: '1011' is after timestamp"),
        (
            row(1010, 1, 2, answered=ID + 1),
            f"row 3: answered_in_round: '{ID + 1}' is after round_id",
        ),
        (row(999, 1, 2), "row 3: timestamp: '999' goes back within a phase"),
        (row(1010, 1, 1), "row 3: agg_round: '1' is repeated"),
        (row(0, 1, 2, started=1), "row 3: timestamp: '0' is not a unix time in seconds"),
        (row(1010, 0, 2), "row 3: phase_id: '0' is out of range"),
        (row(1010, 2**16, 2), "row 3: phase_id: '65536' is out of range"),
        (row(1010, 1, 0), "row 3: agg_round: '0' is out of range"),
    ],
)
def test_read_rounds__malformed__one_line_names_file_row_and_field(
    tmp_path: Path, second: str, message: str
) -> None:
    path = write(tmp_path / "r.csv", [row(1000, 1, 1), second])
    with pytest.raises(InputError) as caught:
        read_rounds(path)
    assert str(caught.value) == f"{path}: {message}"


def test_read_rounds__round_or_phase_goes_back__named(tmp_path: Path) -> None:
    path = write(tmp_path / "r.csv", [row(1000, 2, 5), row(1010, 2, 4)])
    with pytest.raises(InputError, match=r"row 3: agg_round: '4' goes back$"):
        read_rounds(path)
    write(path, [row(1000, 2, 5), row(1010, 1, 6)])
    with pytest.raises(InputError, match=r"row 3: phase_id: '1' is an earlier phase again$"):
        read_rounds(path)

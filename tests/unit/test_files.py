"""chain.files: whole files, and what is no file."""

from __future__ import annotations

import os
from pathlib import Path

from chain.files import write_whole


def test_write_whole__no_folder__made_and_nothing_else_left(tmp_path: Path) -> None:
    path = tmp_path / "inner" / "numbers.json"
    write_whole(path, "old")
    write_whole(path, "new")
    assert path.read_text() == "new"
    assert list(path.parent.iterdir()) == [path]


def test_write_whole__a_link__leads_to_the_new_text(tmp_path: Path) -> None:
    target, link = tmp_path / "target.json", tmp_path / "link.json"
    target.write_text("old")
    link.symlink_to(target)
    write_whole(link, "new")
    assert link.is_symlink()
    assert target.read_text() == "new"


def test_write_whole__a_pipe__is_written_to(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    try:
        write_whole(pipe, "text")
        assert os.read(reader, 10) == b"text"
    finally:
        os.close(reader)
    assert pipe.is_fifo()

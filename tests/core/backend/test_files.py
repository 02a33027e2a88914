"""Files written aside: whole or not there, whatever was killed before."""

import subprocess
import sys

import pytest

from core.backend._files import write_json, written_aside

KILLED = """
import os, signal, sys
from pathlib import Path
from core.backend._files import written_aside
with written_aside(Path(sys.argv[1])) as aside:
    aside.write_text("half")
    os.kill(os.getpid(), signal.SIGKILL)
"""


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def test_what_a_killed_writer_left_is_cleared_by_the_next(tmp_path):
    """Its hidden file goes; files that only look alike stay."""
    path = tmp_path / "losses.parquet"
    others = [".losses.parquet.bak", ".losses.parquet.12.0123456789", "losses.parquet.1.01234567"]
    for name in others:
        (tmp_path / name).touch()
    assert 0 != subprocess.run([sys.executable, "-c", KILLED, path], check=False).returncode
    assert len(others) + 1 == len(names(tmp_path))

    write_json(path, 1)

    assert sorted([*others, path.name]) == names(tmp_path)


def test_what_a_living_writer_holds_stays(tmp_path):
    """Two may write at once, and the last one to end has its way; one that fails leaves nothing."""
    path = tmp_path / "losses.parquet"
    with written_aside(path) as first:
        first.write_text("first")
        with written_aside(path) as second:
            second.write_text("second")

            assert sorted([first.name, second.name]) == names(tmp_path)
    with pytest.raises(RuntimeError), written_aside(path):
        raise RuntimeError

    assert ([path.name], "first") == (names(tmp_path), path.read_text())

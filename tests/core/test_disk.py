"""Files that are whole or not there."""

import os
import subprocess
import sys

import pytest

from core.disk import scratch, write_text
from core.errors import BadInputError


def test_a_pipe_or_a_folder_is_not_replaced(tmp_path):
    """What `--out /dev/stdout` or a folder's name would otherwise become."""
    os.mkfifo(tmp_path / "pipe")

    for path in (tmp_path / "pipe", tmp_path):
        with pytest.raises(BadInputError, match="is no file that may be replaced"):
            write_text(path, "x")
    assert [tmp_path / "pipe"] == [*tmp_path.iterdir()]


def test_scratch_of_a_killed_process_is_removed_and_that_of_a_living_one_stays(tmp_path):
    """By the next one that needs room; its own is gone when it is done."""
    (tmp_path / "scratch/left").mkdir(parents=True)
    (tmp_path / "scratch/left/part").write_text("x" * 9)
    code = (
        "import sys; from pathlib import Path; from core.disk import scratch\n"
        "with scratch(Path(sys.argv[1])) as place: print(place, flush=True); input()"
    )
    other = subprocess.Popen(
        [sys.executable, "-c", code, tmp_path], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    theirs = other.stdout.readline().strip()

    with scratch(tmp_path) as ours:
        assert {theirs, str(ours)} == {str(path) for path in (tmp_path / "scratch").glob("*/")}
    other.kill()
    other.wait()
    with scratch(tmp_path) as ours:
        assert [ours] == [*(tmp_path / "scratch").glob("*/")]
    assert not ours.exists()

"""Files that are whole or not there."""

import os

import pytest

from core.disk import write_text
from core.errors import BadInputError


def test_a_pipe_or_a_folder_is_not_replaced(tmp_path):
    """What `--out /dev/stdout` or a folder's name would otherwise become."""
    os.mkfifo(tmp_path / "pipe")

    for path in (tmp_path / "pipe", tmp_path):
        with pytest.raises(BadInputError, match="is no file that may be replaced"):
            write_text(path, "x")
    assert [tmp_path / "pipe"] == [*tmp_path.iterdir()]

"""What a run leaves behind can be read at any moment, whatever cut it off."""

import json

import pytest

from core.backend import read_metrics, read_run
from core.backend._files import folder_aside, write_json, written_aside
from core.backend.record import append_metrics, rewind_metrics
from core.errors import BadInputError


def lines(*steps):
    return [{"step": step, "losses": {"ünï": 1.5}} for step in steps]


def test_no_run_is_no_error(tmp_path):
    """A page may look before anything has begun."""
    assert (None, []) == (read_run(tmp_path), read_metrics(tmp_path))


def test_what_is_no_run_is_refused(tmp_path):
    """With the way out; JSON of another kind, too."""
    for text in ("{", "[]"):
        (tmp_path / "run.json").write_text(text)
        with pytest.raises(BadInputError, match="is no record in JSON; remove it or name another --out"):
            read_run(tmp_path)


def test_half_a_line_is_not_read(tmp_path):
    """The one that a kill cut short."""
    for line in lines(0, 3):
        append_metrics(tmp_path, line)
    with (tmp_path / "metrics.jsonl").open("a") as file:
        file.write(json.dumps(lines(6)[0])[:9])

    assert lines(0, 3) == read_metrics(tmp_path)


def test_rewinding_drops_what_will_be_written_again(tmp_path):
    """All lines after the checkpoint's step, on the disk, too."""
    for line in lines(0, 3, 6):
        append_metrics(tmp_path, line)

    assert lines(0, 3) == rewind_metrics(tmp_path, 5) == read_metrics(tmp_path)


def test_a_file_is_whole_or_the_old_one(tmp_path):
    """A value that cannot be written leaves what was there, and nothing beside it."""
    write_json(tmp_path / "x.json", {"a": 1})
    with pytest.raises(ValueError, match="not JSON compliant"):
        write_json(tmp_path / "x.json", {"a": float("nan")})

    assert [tmp_path / "x.json"] == [*tmp_path.iterdir()]
    assert {"a": 1} == json.loads((tmp_path / "x.json").read_text())


def test_a_folder_is_whole_or_the_old_one(tmp_path):
    """The same for folders; what a killed process left is cleared away."""
    with folder_aside(tmp_path / "f") as aside, written_aside(aside / "one") as file:
        file.write_text("1")
    (tmp_path / ".f.1.dead").mkdir()
    with pytest.raises(KeyboardInterrupt), folder_aside(tmp_path / "f"):
        raise KeyboardInterrupt

    assert ["f", "one"] == [path.name for path in sorted(tmp_path.rglob("*"))]

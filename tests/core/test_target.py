"""A selection aimed at a file: what the file holds signs the plan and the export, whatever its path."""

import json

import pytest

from core.errors import BadInputError
from core.export import export
from core.mix import depends_on, plan_json, resolve
from core.types import Document
from tests.core.small_corpus import mixture, write

TEXTS = ["the white whale", "a ship at sea", "interest of the bank", "a loan of money", "stars at night"] * 4


@pytest.fixture
def home(tmp_path):
    """Twenty short texts."""
    return write(
        tmp_path / "ws", [(Document(f"d{i}", f"{text} {i}", "s"), 4) for i, text in enumerate(TEXTS)]
    )


@pytest.fixture
def target(tmp_path):
    """A file of text."""
    path = tmp_path / "target.txt"
    path.write_text("the whale at sea\n", encoding="utf-8")
    return path


def aimed(path):
    return mixture(selection={"method": "dsir", "target": str(path), "share": 0.5})


def test_a_changed_file_changes_the_fingerprint(home, target, tmp_path):
    """The same mixture, word for word, is another export; the folder of the first is not taken for it."""
    asked = aimed(target)
    before, first = depends_on(asked), export(home, asked, "jsonl", tmp_path / "out")
    again = export(home, asked, "jsonl", tmp_path / "out")
    target.write_text("money of the bank\n", encoding="utf-8")
    other = export(home, asked, "jsonl", tmp_path / "other")

    assert first == again
    assert first.fingerprint != other.fingerprint
    assert first.target != other.target
    assert before != depends_on(asked)
    with pytest.raises(BadInputError, match="the corpus, its columns or the target have changed since"):
        export(home, asked, "jsonl", tmp_path / "out")


def test_the_same_text_elsewhere_selects_the_same(home, target, tmp_path):
    """The hash is of what the file holds."""
    (tmp_path / "copy.txt").write_bytes(target.read_bytes())
    one, other = (resolve(home, aimed(path)) for path in (target, tmp_path / "copy.txt"))

    assert one.target == other.target == plan_json(one)["target"]
    assert one.rows["s"].tolist() == other.rows["s"].tolist()


def test_without_a_target_nothing_is_said(home, tmp_path):
    """Neither in the plan nor in the manifest."""
    export(home, mixture(), "jsonl", tmp_path / "out")

    assert "target" not in json.loads((tmp_path / "out" / "manifest.json").read_text(encoding="utf-8"))
    assert "target" not in plan_json(resolve(home, mixture()))


def test_a_file_that_is_gone_is_said(home, target):
    """Before any work."""
    target.unlink()
    with pytest.raises(BadInputError, match="is no file"):
        resolve(home, aimed(target))

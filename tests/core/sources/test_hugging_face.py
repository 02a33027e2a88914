"""Data sets as the datasets library saves them, as the hub lays them out, and by id."""

import json
import shutil

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from core.errors import BadInputError
from core.sources.hugging_face import HUB_ID, HuggingFace, split_of
from core.types import Document
from tests.core.small_files import read, reasons

ROWS = {"text": [f"text {i}" for i in range(30)], "n": list(range(30))}


@pytest.fixture
def datasets(tmp_path, monkeypatch):
    """The library, which writes its caches below the test's folder and shows no bars."""
    import datasets

    monkeypatch.setattr(datasets.config, "HF_DATASETS_CACHE", tmp_path / "cache")
    datasets.disable_progress_bars()
    return datasets


def shard(path, start, stop):
    """Write some of the rows as Parquet."""
    path.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(pa.table({name: values[start:stop] for name, values in ROWS.items()}), path)


def test_a_saved_data_set(tmp_path, datasets):
    """`save_to_disk` in several shards is read in order; integer classes become their names."""
    features = datasets.Features({
        "text": datasets.Value("string"), "label": datasets.ClassLabel(names=["bad", "good"]),
        "tags": datasets.Sequence(datasets.Value("string")),
    })  # fmt: skip
    rows = {"text": [f"t {i}" for i in range(9)], "label": [i % 2 for i in range(9)], "tags": [["a"]] * 9}
    datasets.Dataset.from_dict(rows, features=features).save_to_disk(tmp_path / "mine", num_shards=3)
    documents, rejected = read(HuggingFace(str(tmp_path / "mine")))

    assert rejected == []
    assert documents == [
        Document(f"mine:{i + 1}", f"t {i}", "mine", {"label": ["bad", "good"][i % 2], "tags": '["a"]'})
        for i in range(9)
    ]


def test_saved_splits(tmp_path, datasets):
    """A dictionary of splits keeps the split as a field; one can be asked for, a wrong one is told."""
    rows = {"train": ROWS, "test": {"text": ["t"], "n": [1]}}
    parts = {split: datasets.Dataset.from_dict(values) for split, values in rows.items()}
    datasets.DatasetDict(parts).save_to_disk(tmp_path / "mine")
    documents, _ = read(HuggingFace(str(tmp_path / "mine") + "/"))

    assert [("mine-test:1", "mine", "test")] == [
        (d.id, d.source, d.fields["split"]) for d in documents if d.text == "t"
    ]
    assert len(documents) == 31
    assert ["t"] == [d.text for d in read(HuggingFace(str(tmp_path / "mine"), split="test"))[0]]
    with pytest.raises(BadInputError, match="no split 'dev' there; name another, or none"):
        read(HuggingFace(str(tmp_path / "mine"), split="dev"))


def test_a_saved_set_with_an_index_is_flattened_or_refused(tmp_path, datasets):
    """Rows that were selected are the rows that are read: never those that were left out."""
    chosen = datasets.Dataset.from_dict(ROWS).select([3, 1])
    chosen.save_to_disk(tmp_path / "mine")

    assert ["text 3", "text 1"] == [d.text for d in read(HuggingFace(str(tmp_path / "mine")))[0]]

    state = json.loads((tmp_path / "mine" / "state.json").read_text())
    (tmp_path / "mine" / "state.json").write_text(
        json.dumps({**state, "_indices_files": [{"filename": "i"}]})
    )
    with pytest.raises(BadInputError, match="flatten_indices"):
        read(HuggingFace(str(tmp_path / "mine")))


@pytest.mark.parametrize("damage", ["cut", "gone", "state", "splits"])
def test_a_damaged_saved_set_is_a_refusal(tmp_path, datasets, damage):
    """A shard cut short, a shard or a description that is not there: refused, the rest kept."""
    whole = datasets.DatasetDict({"train": datasets.Dataset.from_dict(ROWS)})
    whole.save_to_disk(tmp_path / "mine", num_shards={"train": 2})
    shards = sorted((tmp_path / "mine" / "train").glob("*.arrow"))
    if damage == "cut":
        shards[1].write_bytes(shards[1].read_bytes()[:-200])
    elif damage == "gone":
        shards[1].unlink()
    elif damage == "state":
        (tmp_path / "mine" / "train" / "state.json").write_text("{")
    else:
        shutil.rmtree(tmp_path / "mine" / "train")
    documents, rejected = read(HuggingFace(str(tmp_path / "mine")))

    assert {"cut": 15, "gone": 15}.get(damage, 0) == len(documents)
    assert len(rejected) == 1
    assert rejected[0].reason in ("damaged file", "truncated file", "unreadable file")


def test_the_hubs_layout(tmp_path):
    """Shards of splits below `data/` are read split by split, their rows numbered through."""
    home = tmp_path / "their-set"
    shard(home / "data" / "train-00001-of-00002.parquet", 10, 20)
    shard(home / "data" / "train-00000-of-00002.parquet", 0, 10)
    shard(home / "data" / "test-00000-of-00001-0123abcd.parquet", 20, 30)
    documents, _ = read(HuggingFace(str(home)))

    assert [("their-set-test:1", "text 20", "test")] == [
        (d.id, d.text, d.fields["split"]) for d in documents[:1]
    ]
    assert [(f"their-set-train:{i + 1}", f"text {i}") for i in range(20)] == [
        (d.id, d.text) for d in documents[10:]
    ]


def test_splits_by_folder_and_by_name():
    """The split is in the shard's name or its folder; else it is the training split."""
    assert split_of("a/data/validation-00000-of-00001.parquet") == "validation"
    assert split_of("a/test/part.0.parquet") == "test"
    assert split_of("a/whatever.parquet") == "train"


def test_a_damaged_shard_names_its_file(tmp_path):
    """Of several shards one is broken: its path is in the refusal, the others are read."""
    shard(tmp_path / "data" / "train-00000-of-00002.parquet", 0, 10)
    (tmp_path / "data" / "train-00001-of-00002.parquet").write_bytes(b"PAR1 nothing")
    documents, rejected = read(HuggingFace(str(tmp_path)))

    assert len(documents) == 10
    assert [("train-00001-of-00002.parquet", 1)] == [(r.path.rsplit("/", 1)[-1], r.line) for r in rejected]


# --- the hub ------------------------------------------------------------------------------------------


class Hub:
    """What the hub would stream, out of a local folder, by the library's own loading code."""

    def __init__(self, datasets, home):
        self.load, self.home, self.asked = datasets.load_dataset, home, []

    def __call__(self, path, name=None, **settings):
        self.asked.append((path, name, settings))
        return self.load(str(self.home), **settings)


def test_a_hub_id_streams_every_split(tmp_path, monkeypatch, datasets):
    """An id, with or without a configuration, is loaded streaming; all splits are read."""
    shard(tmp_path / "set" / "data" / "train-00000-of-00001.parquet", 0, 20)
    shard(tmp_path / "set" / "data" / "test-00000-of-00001.parquet", 20, 30)
    hub = Hub(datasets, tmp_path / "set")
    monkeypatch.setattr(datasets, "load_dataset", hub)
    documents, rejected = read(HuggingFace("owner/set:part"))

    assert hub.asked == [("owner/set", "part", {"streaming": True})]
    assert rejected == []
    assert sorted(ROWS["text"]) == sorted(d.text for d in documents)
    assert {("set", "train"), ("set", "test")} == {(d.source, d.fields["split"]) for d in documents}
    assert ("set-train:1", "text 0", {"n": 0, "split": "train"}) in [
        (d.id, d.text, d.fields) for d in documents
    ]


def test_a_hub_that_does_not_answer_is_one_line(monkeypatch, datasets):
    """Offline, an id is bad input: one line that names it and says what to check."""
    import huggingface_hub

    monkeypatch.setattr(datasets.config, "HF_HUB_OFFLINE", True)
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_OFFLINE", True)
    with pytest.raises(BadInputError, match=r"^nobody/nothing: neither a path .* check the path") as caught:
        read(HuggingFace("nobody/nothing"))

    assert "\n" not in str(caught.value)


def test_a_connection_that_breaks_is_a_refusal(monkeypatch, datasets):
    """What came before the break is kept, and the break is counted."""

    def broken():
        yield {"text": "one"}
        yield {"text": "two"}
        raise ConnectionError("reset by peer")

    monkeypatch.setattr(datasets, "load_dataset", lambda *_, **__: {"train": broken()})
    documents, rejected = read(HuggingFace("owner/set"))

    assert ["one", "two"] == [d.text for d in documents]
    assert [("damaged file", 3)] == reasons(rejected)


def test_what_an_id_looks_like():
    """One slash, no dots in front; a colon names the configuration."""
    assert HUB_ID.match("owner/set")
    assert HUB_ID.match("owner/set:en.2020")["config"] == "en.2020"
    assert not any(HUB_ID.match(path) for path in ("set", "./a/b", "a/b/c", "/a/b", "a/b\n", "../b"))

"""What every source promises."""

import json

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from core.bricks import make, settings_of
from core.sources import SOURCES
from core.types import Document, Rejected

TEXTS = [f"text number {i}, größer als 中" for i in range(200)]


def whole(name, folder):
    """Write what the source reads; return its settings."""
    if name == "python_environment":
        return {"documents": 100, "system": False}
    path = folder / "data"
    if name == "jsonl":
        path.write_text("".join(json.dumps({"text": text, "n": i}) + "\n" for i, text in enumerate(TEXTS)))
    elif name == "csv":
        path.write_text("text,n\n" + "".join(f'"{text}",{i}\n' for i, text in enumerate(TEXTS)))
    elif name == "parquet":
        pq.write_table(pa.table({"text": TEXTS, "n": range(200)}), path)
    else:
        path.mkdir()
        if name == "plain_text":
            for i, text in enumerate(TEXTS):
                (path / f"{i:03d}.txt").write_text(text)
        else:
            pq.write_table(pa.table({"text": TEXTS, "n": range(200)}), path / "train-00000-of-00001.parquet")
    return {"path": str(path)}


def damaged(name, folder):
    """Write noise in place of what the source reads; return its settings."""
    settings = whole(name, folder)
    if "path" in settings:
        path = folder / "data"
        for file in [path] if path.is_file() else sorted(path.iterdir())[:1]:
            file.write_bytes(b"\xffPAR1\0 noise\n" * 40)
    return settings


@pytest.fixture(params=SOURCES)
def name(request):
    return request.param


def test_documents_come_in_a_stable_order_with_all_they_need(name, tmp_path):
    """Two readings are equal; every document has an id, a text and a source, and scalars for fields."""
    source = make(SOURCES, name, whole(name, tmp_path))
    documents = list(source.read())

    assert documents == list(source.read())
    assert len(documents) == (100 if name == "python_environment" else 200)
    for one in documents:
        assert isinstance(one, Document)
        assert one.id
        assert one.text.strip()
        assert one.source
        assert all(
            value is None or isinstance(value, str | int | float | bool) for value in one.fields.values()
        )


def test_reading_is_lazy_and_can_be_left(name, tmp_path):
    """The first document comes without the last, and a reader that stops leaves nothing behind."""
    stream = make(SOURCES, name, whole(name, tmp_path)).read()
    first = next(stream)
    stream.close()

    assert isinstance(first, Document)
    assert list(stream) == []


def test_texts_are_what_was_written(name, tmp_path):
    """No character is lost on the way."""
    found = [one.text for one in make(SOURCES, name, whole(name, tmp_path)).read()]

    assert name == "python_environment" or found == TEXTS


def test_noise_is_refused_and_never_raised(name, tmp_path):
    """Damage is a `Rejected` that names a path below the one that was given, and holds no text."""
    settings = damaged(name, tmp_path)
    rejected = [one for one in make(SOURCES, name, settings).read() if isinstance(one, Rejected)]

    assert bool(rejected) == ("path" in settings)
    for one in rejected:
        assert one.reason
        assert one.path.startswith(str(tmp_path))
        assert "noise" not in one.detail


def test_settings_survive_a_round_trip(name, tmp_path):
    """A source is its name and its settings."""
    source = make(SOURCES, name, whole(name, tmp_path))

    assert source == make(SOURCES, source.name, settings_of(source))
    assert hash(source) == hash(make(SOURCES, name, settings_of(source)))
    assert SOURCES[name].version >= 1

"""The Croissant file describes an export: its files, its records, and the mixture in words of our own."""

import json
from pathlib import PurePosixPath

import pytest

from core.export import export
from core.exporters import EXPORTERS
from tests.core.exporters.small_exports import SETTINGS
from tests.core.small_corpus import mixture, sized

WEIGHTS = {"a": 0.4, "b c": 0.6}


@pytest.fixture
def described(tmp_path):
    """Return a function that exports in a format and gives the Croissant file and the manifest."""
    home = sized(tmp_path / "ws", {"a": [10] * 10, "b c": [10] * 30})

    def run(kind):
        out = tmp_path / kind
        manifest = export(home, mixture(weights=WEIGHTS, rationale="why"), kind, out, settings=SETTINGS[kind])
        return json.loads((out / "croissant.json").read_text(encoding="utf-8")), manifest

    return run


@pytest.mark.parametrize("kind", EXPORTERS)
def test_every_file_stands_in_it_with_its_hash(described, kind):
    """And the domain that it is of."""
    found, manifest = described(kind)

    assert [(f.path, f.sha256, f.domain) for f in manifest.files] == [
        (f["contentUrl"], f["sha256"], f["mix:inDomain"]) for f in found["distribution"]
    ]


def test_the_mixture_stands_in_it(described):
    """Weights, tokens, epochs, the fingerprint."""
    found, manifest = described("parquet")

    assert WEIGHTS == {domain["name"]: domain["mix:weight"] for domain in found["mix:domain"]}
    assert (manifest.fingerprint, "why") == (found["mix:fingerprint"], found["description"])
    assert "http://mlcommons.org/croissant/1.1" == found["conformsTo"]


def test_texts_have_records(described):
    """A record set a file, each field from its column; token files have none."""
    found, manifest = described("jsonl")

    assert [PurePosixPath(f.path).stem for f in manifest.files] == [r["name"] for r in found["recordSet"]]
    assert ["id", "text", "source", "domain", "tokens"] == [f["name"] for f in found["recordSet"][0]["field"]]
    assert [] == described("megatron")[0]["recordSet"]

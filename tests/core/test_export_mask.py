"""Exports with personal data masked: the texts, their signature, the card, the same bytes in any format."""

import json

import pytest

from core.export import export
from core.masking import ALL, mask
from core.signals.personal import KINDS
from core.types import Document, Mask, Mixture, dump_mixture, parse_mixture
from core.workspace import Workspace

TEXTS = ["Write to jo.doe@mail-house.org soon.", "Nothing here.", "Call +49 30 901820 or 93.184.216.34 now."]


@pytest.fixture
def home(tmp_path):
    """A corpus with an address, a number and a plain text."""
    home = Workspace(tmp_path / "ws")
    home.write_corpus(
        "c", [(Document(str(i), text, "web"), 5) for i, text in enumerate(TEXTS)], tokenizer="words"
    )
    return home


def exported(home, folder, **mixture):
    """Export as JSON Lines; returns the manifest and the texts by id."""
    manifest = export(home, Mixture(name="m", corpus="c", **mixture), "jsonl", folder)
    lines = [line for file in manifest.files for line in (folder / file.path).read_text().splitlines()]
    return manifest, {row["id"]: row["text"] for row in map(json.loads, lines)}


@pytest.mark.parametrize("style", ["placeholder", "surrogate"])
def test_texts_are_masked_and_the_card_says_so(home, tmp_path, style):
    """What is written is what the mask makes of the text; the corpus stays."""
    _, found = exported(home, tmp_path / "out", mask={"style": style})

    assert {str(i): mask(text, ALL, style) for i, text in enumerate(TEXTS)} == found
    assert "mail-house" not in str(found)
    assert "Masked in the texts" in (tmp_path / "out" / "README.md").read_text()
    assert TEXTS == home.read(home.corpus("c"), ["text"])["text"].to_pylist()


def test_the_signature_is_that_of_the_masked_texts(home, tmp_path):
    """Another mask is another content; no hash of an original leaves the house."""
    plain, _ = exported(home, tmp_path / "plain")
    masked, _ = exported(home, tmp_path / "masked", mask={})
    some, found = exported(home, tmp_path / "some", mask={"kinds": ["ip"]})

    assert 3 == len({one.domains["web"].content for one in (plain, masked, some)})
    assert TEXTS[0] == found["0"]
    assert "mask" not in plain.mixture


def test_the_same_in_every_format(home, tmp_path):
    """One fingerprint, whatever writes the files."""
    mixture = Mixture(name="m", corpus="c", mask=Mask())
    made = [export(home, mixture, kind, tmp_path / kind) for kind in ("jsonl", "parquet")]

    assert made[0].fingerprint == made[1].fingerprint


def test_a_mixture_says_what_it_masks():
    """The kinds are those that can be found; the YAML holds what is not a default."""
    written = dump_mixture(Mixture(name="m", corpus="c", mask=Mask(style="surrogate")))

    assert KINDS == Mask().kinds
    assert "surrogate" in written
    assert Mask(style="surrogate") == parse_mixture(written, "here").mask
    assert "mask" not in dump_mixture(Mixture(name="m", corpus="c"))

"""A small export, made by the project's own exporters, and a config that trains on it in seconds."""

import numpy as np
import pytest

from core.backend import Config
from core.export import export
from core.types import Document, Mixture
from core.workspace import Workspace

WORDS = {
    "sea": "ship whale sail wind captain wave harpoon deck mast storm anchor crew",
    "sum": "add seven apples divide three total cost money each four plus minus",
    "law": "notice licence copies holder warranty granted permission retain source",
}
WEIGHTS = {"sea": 0.5, "sum": 0.3, "law": 0.2}


def documents():
    """Forty documents a domain, of sixty words; one text stands in two domains."""
    rng = np.random.default_rng(0)
    for domain, words in WORDS.items():
        for i in range(40):
            text = " ".join(rng.choice(words.split(), 60)) + f" {domain} {i}."
            yield Document(f"{domain}-{i}", text, domain), 60
    yield Document("twin-1", "the very same text in two places " * 5, "sea"), 35
    yield Document("twin-2", "the very same text in two places " * 5, "law"), 35


@pytest.fixture(scope="session")
def home(tmp_path_factory):
    """A workspace with the corpus `small`."""
    home = Workspace(tmp_path_factory.mktemp("backend") / "ws")
    home.write_corpus("small", documents(), tokenizer="words")
    return home


@pytest.fixture(scope="session")
def write(home, tmp_path_factory):
    """Export a mixture of the corpus; returns the manifest's path."""

    def written(format_="jsonl", **keys):
        mixture = Mixture.model_validate(
            {"name": "m", "corpus": "small", "weights": WEIGHTS, "budget": {"tokens": 4000}, **keys}
        )
        folder = tmp_path_factory.mktemp("export") / "out"
        export(home, mixture, format_, folder)
        return folder / "manifest.json"

    return written


@pytest.fixture(scope="session")
def manifest(write):
    """The manifest of an export as JSON Lines."""
    return write()


@pytest.fixture
def config():
    """Twelve steps of four windows of 32 tokens."""
    return Config(
        context=32, batch_size=4, tokens=12 * 128, vocabulary=300, mixture_block=16, eval_every=3,
        checkpoint_every=2, validation_tokens=512, device="cpu",
    )  # fmt: skip

"""A corpus of real texts' shape, and exports of it that the real readers read."""

import numpy as np
import pytest

from core.export import export
from core.tokenize import counted
from core.types import Document
from core.workspace import Workspace
from tests.core.small_corpus import mixture

WORDS = "the of and cat dog house tree running desk training model data web prime theorem proof".split()  # noqa: SIM905
SHAPES = {"web/crawl": (600, 40), "maths": (300, 90), "Books": (60, 500)}  # documents, mean words
WEIGHTS = {"web/crawl": 0.5, "maths": 0.3, "Books": 0.2}
SMALL = {"sequence_length": 16, "batch_size": 8, "block_size": 40, "file_samples": 64}


def documents():
    """Yield documents of lengths that differ as those of texts do."""
    rng = np.random.default_rng(0)
    for domain, (count, mean) in SHAPES.items():
        for i in range(count):
            size = max(3, int(rng.lognormal(-0.1, 0.5) * mean))
            yield Document(f"{domain}-{i}", " ".join(rng.choice(WORDS, size)), domain)


@pytest.fixture(scope="session")
def trained_on(tmp_path_factory):
    """Return a function that exports in a format, once a mixture: the folder, and the manifest."""
    folder = tmp_path_factory.mktemp("readers")
    home, made = Workspace(folder / "ws"), {}
    home.write_corpus("c", counted(documents()), tokenizer="wordpiece")

    def run(kind, settings=(), **keys):
        asked = mixture(**{"weights": WEIGHTS, "budget": {"tokens": 60_000}, **keys})
        key = repr((kind, settings, keys))
        if key not in made:
            out = folder / f"{kind}-{len(made)}"
            made[key] = out, export(home, asked, kind, out, settings={k: SMALL[k] for k in settings})
        return made[key]

    return run

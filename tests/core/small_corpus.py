"""Corpora for the tests of mixtures: given sizes, in a workspace of their own."""

from core.types import Document, Mixture
from core.workspace import Workspace


def write(folder, documents, tokenizer="words"):
    """Return a workspace whose corpus `c` holds the documents, each with its count of tokens."""
    home = Workspace(folder)
    home.write_corpus("c", documents, tokenizer=tokenizer)
    return home


def sized(folder, sizes):
    """Return a workspace whose corpus `c` holds, per domain, one document for each size in tokens."""
    named = [(d, i, n) for d, found in sizes.items() for i, n in enumerate(found)]
    return write(folder, [(Document(f"{d}-{i}", f"{d} text {i}", d, {"place": i}), n) for d, i, n in named])


def mixture(**keys):
    """Return a mixture of the corpus `c`."""
    return Mixture.model_validate({"name": "m", "corpus": "c", **keys})

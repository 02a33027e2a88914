"""Documents a second of each embedder; seconds to distil, cluster, lay out and search 5,000 documents.

The figure to reach: 1,000 documents of 2 kB a second by static vectors on two cores.
"""

import pkgutil
import sys
import tempfile
import time
from itertools import islice
from pathlib import Path

from core.bricks import make
from core.cluster import cluster, layout
from core.embed import embed
from core.embedders import EMBEDDERS
from core.search import search
from core.types import Document
from core.workspace import Workspace

NUM_DOCUMENTS = 5_000
CHARACTERS = 2_000
NUM_BY_EMBEDDER = {"static": NUM_DOCUMENTS, "sentence_transformer": 200}


def texts():
    """Yield pieces of 2,000 characters of the installed numerical packages' sources."""
    for package in ("numpy", "scipy", "sklearn", "pandas", "torch"):
        spec = next(m for m in pkgutil.iter_modules() if m.name == package)
        for path in sorted(Path(spec.module_finder.path, package).rglob("*.py")):
            text = path.read_text(encoding="utf-8", errors="replace")
            yield from (text[i : i + CHARACTERS] for i in range(0, len(text) - CHARACTERS, 5 * CHARACTERS))


def timed(title, function, *arguments, count=None):
    """Print how long the call takes, and the rate where `count` items go through."""
    began = time.perf_counter()
    result = function(*arguments)
    seconds = time.perf_counter() - began
    rate = f"  {count / seconds:9,.0f} documents/s" if count else ""
    print(f"{title:48} {seconds:8.2f} s{rate}", flush=True)
    return result


def main():
    """Run everything once in a fresh workspace."""
    corpus = list(islice(texts(), NUM_DOCUMENTS))
    with tempfile.TemporaryDirectory() as folder:
        for name, number in NUM_BY_EMBEDDER.items():
            brick = make(EMBEDDERS, name)
            timed(f"{name}: prepare", brick.prepare, Path(folder))
            timed(f"{name}: embed {number:,} documents", brick.embed, corpus[:number], count=number)
        workspace = Workspace(folder)
        documents = ((Document(f"d{i}", text, "code"), 1) for i, text in enumerate(corpus))
        workspace.write_corpus("bench", documents, rejected=[], tokenizer="", origin=None)
        timed("embed stage: distil, embed and write", embed, workspace, "bench", count=len(corpus))
        for clusterer in ("kmeans", "hdbscan"):
            run = lambda c=clusterer: cluster(workspace, "bench", c, with_layout=False)  # noqa: E731 one call
            timed(f"cluster by {clusterer}", run)
        timed("layout (UMAP compiled already)", layout, workspace, "bench", 1)
        for ranker in ("keyword", "exact", "nearest", "hybrid"):
            timed(f"search by {ranker}, first", search, workspace, "bench", "sparse matrix", ranker)
            timed(f"search by {ranker}, again", search, workspace, "bench", "sparse vector", ranker)


if __name__ == "__main__":
    sys.exit(main())

"""Seconds to select half of 100,000 documents by every selector, beside faiss's own k-means in the same run.

Columns and vectors are drawn, not read: the time is the selectors' own. `bench_select.py 1000000 128` takes
a million documents of 128 dimensions, for which random, quality sampling, top-k and DSIR are to take under
10 s, and MIG and k-means no more than 3 times as long as faiss clusters those vectors; each such line says
whether it does. Names after the two numbers run those selectors alone. The last lines read the texts of a small
corpus: what a target's first use costs.
"""

import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from core.bricks import make
from core.needs import resolve
from core.selectors import SELECTORS
from core.types import Document
from core.workspace import Workspace
from tests.bench.texts import origin, texts

NUM_DOCUMENTS, DIMENSIONS, NUM_TEXTS, NUM_TARGETS, NUM_SKILLS = 100_000, 128, 5000, 200, 50
MOST_SECONDS = dict.fromkeys(("random", "quality_sampling", "top_k", "dsir"), 10)  # for a million documents
MOST_OF_FAISS = dict.fromkeys(("kmeans_quality", "mig"), 3)
SETTINGS = {
    "dsir": {"target": "wanted.txt"},
    "kmeans_quality": {"clusters": "k"},
    "mig": {"quality": "educational_value"},
    "mass": {"target": "skills.txt"},
    "paser": {"clusters": 20},
}


def drawn(count, dimensions):
    """Return whatever any selector needs: vectors in 300 heaps, scores, losses, matches."""
    rng = np.random.default_rng(0)
    centres = rng.normal(size=(300, dimensions)).astype(np.float32)
    vectors = rng.normal(size=(count, dimensions)).astype(np.float32) * np.float32(0.7)
    vectors += centres[rng.integers(300, size=count)]
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    matches = np.empty(count, dtype=object)
    for row, found in enumerate(np.split(rng.integers(5000, size=4 * count), count)):
        matches[row] = found
    skills = rng.permuted(np.tile(np.arange(NUM_SKILLS), (NUM_TARGETS, 1)), axis=1)[:, :4]
    lines = [";".join(f"skill {i}" for i in found) for found in skills]
    return {
        "tokens": rng.integers(20, 2000, size=count),
        "vectors": vectors,
        "educational_value": rng.random(count),
        "target_importance": rng.normal(size=count),
        "target_matches": matches,
        "target_texts": np.array(lines, dtype=object),
        "target_vectors": vectors[rng.integers(count, size=NUM_TARGETS)],
        "losses": rng.normal(size=(count, 8)).cumsum(axis=1),
        "influence": rng.normal(size=count),
        "el2n": rng.random(count),
        "degradation": rng.random(count),
    }


def clustered(vectors):
    """Cluster as the selectors do, by faiss alone; return the labels and the seconds."""
    import faiss

    k = round((len(vectors) / 2) ** 0.5)
    began = time.perf_counter()
    model = faiss.Kmeans(vectors.shape[1], k, niter=25, spherical=True, seed=0, min_points_per_centroid=1)
    model.train(vectors)
    labels = model.index.search(vectors, 1)[1][:, 0]
    return labels.astype(np.int32), time.perf_counter() - began, k


def selected(columns, base, k, names):
    """Run the selectors for half the tokens and print their seconds, those over faiss's, and what was to be reached."""
    budget = int(columns["tokens"].sum()) // 2
    for name in names:
        settings = {key: k if value == "k" else value for key, value in SETTINGS.get(name, {}).items()}
        selector = make(SELECTORS, name, settings)
        skills = {"target_vectors": columns["target_vectors"][:NUM_SKILLS]} if name == "mass" else {}
        given = {**columns, **skills}
        began = time.perf_counter()
        mask = selector.select(given, budget, np.random.default_rng(0))[0]
        seconds = time.perf_counter() - began
        goal = ""
        if name in MOST_SECONDS:
            goal = f"goal: under 10 s at 1,000,000{'' if seconds < MOST_SECONDS[name] else ', MISSED'}"
        elif name in MOST_OF_FAISS:
            goal = f"goal: under 3 of faiss{'' if seconds < MOST_OF_FAISS[name] * base else ', MISSED'}"
        told = (
            f"{name:18} {seconds:8.2f} s  {seconds / base:6.2f} of faiss  {mask.sum():9,} documents  {goal}"
        )
        print(told.rstrip(), flush=True)


def from_texts(folder):
    """Print how many documents a second a target's first use reads, by weight and by match."""
    home, found = Workspace(folder), texts(NUM_TEXTS)
    corpus = home.write_corpus("c", [(Document(f"d{i}", text, "s"), 1) for i, text in enumerate(found)])
    target = Path(folder, "wanted.txt")
    target.write_text(
        "\n".join(" ".join(text.split()[:3]) for text in found if text.split()), encoding="utf-8"
    )
    size = sum(map(len, found)) / 1e6
    print(f"{corpus.documents:,} texts, {size:.1f} MB: {origin()}")
    for name in ("dsir", "metaclip"):
        began = time.perf_counter()
        resolve(home, corpus, make(SELECTORS, name, {"target": str(target)}))
        seconds = time.perf_counter() - began
        print(
            f"{name:18} first use: {corpus.documents / seconds:8,.0f} documents/s, {size / seconds:.2f} MB/s"
        )


def main():
    """Measure; the size, the dimensions and the selectors' names may be given."""
    sizes = [int(argument) for argument in sys.argv[1:] if argument.isdigit()]
    names = [argument for argument in sys.argv[1:] if not argument.isdigit()] or list(SELECTORS)
    count = sizes[0] if sizes else NUM_DOCUMENTS
    dimensions = sizes[1] if len(sizes) > 1 else DIMENSIONS
    columns = drawn(count, dimensions)
    labels, base, k = clustered(columns["vectors"])
    print(f"{count:,} documents of {dimensions} dimensions; faiss k-means, k = {k}: {base:.2f} s", flush=True)
    selected({**columns, "cluster": labels}, base, k, names)
    with tempfile.TemporaryDirectory() as folder:
        from_texts(folder)


if __name__ == "__main__":
    sys.exit(main())

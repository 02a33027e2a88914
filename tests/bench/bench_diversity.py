"""Seconds of a Vendi score over a million vectors, of each metric on a sample, and of the whole command.

The figure to reach: Vendi over 1M × 384 within 10 s on two cores. Its peer is the `vendi-score` package
where it is installed, on as many vectors as it takes in one piece.
"""

import importlib.util
import json
import os
import resource
import subprocess
import sys
import tempfile
import time

import numpy as np

from core import bricks
from core.doors import Evidence
from core.metrics import METRICS
from core.rarefaction import MOST_SIZE, take
from core.types import Document
from core.variety import gather
from core.workspace import Workspace

NUM_DOCUMENTS, NUM_DOMAINS, WIDTH = 10_000, 5, 384
FALLING = (np.arange(1, WIDTH + 1) ** -0.7).astype(np.float32)  # a spectrum as embeddings have it


def vectors(count, seed=0):
    """Draw vectors whose spectrum falls as that of embeddings does."""
    return np.random.default_rng(seed).standard_normal((count, WIDTH), dtype=np.float32) * FALLING


def fill(home):
    """Write a corpus with vectors, clusters and duplicates, all drawn."""
    rng = np.random.default_rng(0)
    words = np.array([f"{'aeiou'[i % 5]}word{i}" for i in range(20_000)])
    documents = []
    for i in range(NUM_DOCUMENTS):
        drawn = words[np.minimum(rng.zipf(1.3, size=220), len(words)) - 1]
        text = " ".join(f"{word}." if at % 15 == 14 else word for at, word in enumerate(drawn))
        documents.append((Document(f"d{i}", text, f"domain-{i % NUM_DOMAINS}"), 220))
    corpus = home.write_corpus("bench", documents)
    for kind, values in {
        "vectors": {"vector": vectors(NUM_DOCUMENTS)},
        "cluster": {"cluster": rng.integers(0, 50, NUM_DOCUMENTS).astype(np.int32)},
        "duplicates": {"is_duplicate": rng.random(NUM_DOCUMENTS) < 0.1},
    }.items():
        home.write_whole_column(corpus, home.column(corpus, "bench", 1, {}, tuple(values), kind), values)
    return corpus


def timed(function, *arguments):
    """Call the function; return its result and its seconds."""
    began = time.perf_counter()
    return function(*arguments), time.perf_counter() - began


def vendi():
    """Measure a million vectors, and the peer."""
    many = vectors(1_000_000)
    metric = bricks.make(METRICS, "vendi_score")
    for _ in range(3):
        score, seconds = timed(metric.measure, Evidence(texts=[], vectors=many))
        print(f"vendi_score, 1,000,000 x {WIDTH}: {seconds:6.2f} s   score {score:.6f}", flush=True)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"peak {peak:,.0f} MB, of which the vectors are {many.nbytes / 2**20:,.0f} MB", flush=True)
    if importlib.util.find_spec("vendi_score") is None:
        print("vendi-score is not installed: no peer")
        return
    from vendi_score import vendi as peer

    few = many[:200_000].astype(np.float64)
    theirs, seconds = timed(lambda: peer.score_dual(few, normalize=True))
    ours, own = timed(metric.measure, Evidence(texts=[], vectors=many[:200_000]))
    print(f"200,000 vectors: vendi-score {seconds:.2f} s, here {own:.2f} s; scores {theirs:.6f}, {ours:.6f}")


def each_metric(home, corpus):
    """Measure every metric on one sample of documents, texts not met before."""
    everything = gather(home, corpus)
    for at, name in enumerate(METRICS):
        rows = np.arange(at * MOST_SIZE, (at + 1) * MOST_SIZE) % NUM_DOCUMENTS
        metric = bricks.make(METRICS, name)
        sample = take(everything, rows[:100] if metric.cost == "tagged" else rows)
        _, first = timed(metric.measure, sample)
        _, again = timed(metric.measure, sample)
        count = len(sample.texts)
        print(f"{name:28} {count:5} documents  first {first * 1000:8.1f} ms  again {again * 1000:8.1f} ms")


def main():
    """Run all in a fresh workspace."""
    vendi()
    with tempfile.TemporaryDirectory() as folder:
        home = Workspace(folder)
        each_metric(home, fill(home))
        for options in ([], ["--curve", "tokens"]):
            command = [sys.executable, "-m", "core", "diversity", "bench", "--json", "--workspace", folder]
            before = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime
            done, seconds = timed(
                lambda: subprocess.run([*command, *options], capture_output=True, check=True)  # noqa: B023
            )
            used = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime - before
            size = json.loads(done.stdout)["metrics"]["size"]
            print(
                f"diversity {' '.join(options)}: {NUM_DOCUMENTS:,} documents, {NUM_DOMAINS} domains, "
                f"samples of {size}: {seconds:.1f} s, {used:.1f} s of one core; load {os.getloadavg()[0]:.1f}",
                flush=True,
            )


if __name__ == "__main__":
    main()

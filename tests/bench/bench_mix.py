"""Seconds to resolve a mixture of 100,000 documents, to move a fader, and to export it; and the peak memory.

Every line is of a process of its own, so that its peak is its own: imports are in it, about 100 MB.
The figure to reach: a moved fader answers within half a second.
"""

import resource
import sys
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import numpy as np

from core.dedup import dedup
from core.export import export
from core.exporters import EXPORTERS
from core.mix import make_plan, make_pool, preset, preview, rescale, resolve
from core.types import Document, Mixture
from core.workspace import Workspace

NUM_DOCUMENTS = 100_000
NUM_DOMAINS = 20
MIXTURE = Mixture.model_validate(
    {
        "name": "bench",
        "corpus": "bench",
        "filters": [
            {"name": "good", "keep": "quality > -1.5"},
            {"name": "long enough", "keep": "tokens >= 20"},
            {"name": "no boilerplate", "keep": "text NOT ILIKE '%lorem ipsum%'"},
        ],
        "dedup": {"method": "exact"},
        "selection": {"method": "quality_sampling", "column": "quality", "share": 0.8},
    }
)


def documents(count=NUM_DOCUMENTS):
    """Yield documents of about 1 kB, one in ten a copy of another, in domains of very different size."""
    rng = np.random.default_rng(0)
    words = np.array([f"word{i}" for i in range(5000)])
    domains = np.minimum((rng.exponential(4, size=count)).astype(int), NUM_DOMAINS - 1)
    sizes = np.clip(rng.lognormal(4.8, 0.6, size=count), 5, 2000).astype(int)
    quality = rng.normal(size=count)
    text = ""
    for i in range(count):
        if i % 10:
            text = " ".join(rng.choice(words, size=sizes[i]))
        fields = {"quality": float(quality[i])}
        yield Document(f"d{i}", text, f"domain-{domains[i]:02d}", fields), text.count(" ") + 1


def prepare(folder):
    """Write the corpus and find its duplicates."""
    home = Workspace(folder)
    corpus = home.write_corpus("bench", documents())
    dedup(home, "bench", "exact")
    return f"{corpus.documents:,} documents, {corpus.tokens:,} tokens, {len(corpus.domains)} domains"


def measure(function, *arguments, repeat=1):
    """Call the function; return its result, the median of its seconds, and this process's peak in MB."""
    seconds = []
    for _ in range(repeat):
        began = time.perf_counter()
        result = function(*arguments)
        seconds.append(time.perf_counter() - began)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return result, float(np.median(seconds)), peak


def moved(folder, count):
    """Move a fader `count` times over a kept pool; return the median of seconds."""
    pool = make_pool(Workspace(folder), MIXTURE)
    weights = preset("uniform", pool.available)
    seconds = []
    for step in range(count):
        began = time.perf_counter()
        asked = MIXTURE.model_copy(update={"weights": rescale(weights, "domain-00", step / count)})
        make_plan(pool, asked)
        seconds.append(time.perf_counter() - began)
    return float(np.median(seconds))


def resolved(folder, mixture):
    """Resolve, and return no more than the number of documents planned: a plan is large to pass on."""
    return sum(part.documents for part in resolve(Workspace(folder), mixture).domains.values())


def previewed(folder):
    """Show the first documents of a plan; return the seconds, less those of the plan."""
    home = Workspace(folder)
    return measure(preview, home, resolve(home, MIXTURE), 50)[1]


def exported(folder, name):
    """Export to a new folder; return how many documents are in it."""
    manifest = export(Workspace(folder), MIXTURE, name, Path(folder, name))
    return sum(file.rows for file in manifest.files)


def line(title, seconds, peak, count=None):
    """Print one measurement."""
    rate = f"{count / seconds:11,.0f} documents/s" if count else " " * 23
    print(f"{title:44} {seconds * 1000:9,.1f} ms {rate}  peak {peak:6,.0f} MB", flush=True)


def main():
    """Run everything in a fresh workspace."""
    bare = MIXTURE.model_copy(update={"filters": (), "dedup": None, "selection": None})
    with tempfile.TemporaryDirectory() as folder:

        def alone(function, *arguments, repeat=1):
            with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
                return pool.submit(measure, function, *arguments, repeat=repeat).result()

        facts, seconds, peak = alone(prepare, folder)
        line("write the corpus, find duplicates", seconds, peak, NUM_DOCUMENTS)
        print(facts)
        for title, mixture in (("no filter", bare), ("3 filters, dedup, selection", MIXTURE)):
            _, seconds, peak = alone(resolved, folder, mixture, repeat=5)
            line(f"resolve, {title}", seconds, peak, NUM_DOCUMENTS)
        found, _, peak = alone(moved, folder, 50)
        line("make_plan: a moved fader", found, peak)
        found, _, peak = alone(previewed, folder)
        line("preview of 50", found, peak)
        for name in EXPORTERS:
            count, seconds, peak = alone(exported, folder, name)
            line(f"export {name}, {count:,} documents", seconds, peak, count)


if __name__ == "__main__":
    sys.exit(main())

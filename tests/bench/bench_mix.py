"""Seconds to resolve a mixture of 100,000 documents, to move a fader, and to export it; and the peak memory.

Every line is of a process of its own, so that its peak is its own: imports are in it, about 100 MB.
Then 1,000,000 documents of 30 words in 20 domains: the plan, a moved fader, a curriculum in two stages, crossed
domains and the difference of two mixtures. The figures to reach there: a plan in under 2 s (filters over columns,
deduplication, no selection), a moved fader in under 300 ms. ``bench_mix.py many`` runs these alone.
"""

import os
import resource
import sys
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import numpy as np

from core.dedup import dedup
from core.difference import difference
from core.export import export
from core.mix import make_plan, make_pool, preset, preview, rescale, resolve
from core.types import Document, Mixture
from core.workspace import Workspace

ROOT = Path(__file__).parents[2]
NUM_DOCUMENTS = 100_000
MANY = 1_000_000
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


def prepare_many(folder):
    """Write the corpus of a million short documents, a tenth of them copies, with a quality and a language."""
    rng = np.random.default_rng(0)
    words = [f"word{i}" for i in range(4096)]
    domain = np.minimum(rng.exponential(4, size=MANY).astype(int), NUM_DOMAINS - 1)
    quality, starts = rng.normal(size=MANY), rng.integers(0, 4096 - 24, MANY)
    language = rng.integers(0, 5, MANY)

    def documents_():
        for i in range(MANY):
            own = i - i % 10 if i % 10 == 1 else i  # one in ten is a copy of the one before
            text = " ".join([str(own), *words[starts[own] : starts[own] + 24]])
            fields = {"quality": float(quality[i]), "language": f"l{language[i]}"}
            yield Document(f"d{i}", text, f"domain-{domain[i]:02d}", fields), 25

    home = Workspace(folder)
    corpus = home.write_corpus("bench", documents_())
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


def moved(folder, mixture, count):
    """Move a fader `count` times over a kept pool; return the median of seconds."""
    pool = make_pool(Workspace(folder), mixture)
    weights = preset("uniform", pool.available)
    seconds = []
    for step in range(count):
        began = time.perf_counter()
        asked = mixture.model_copy(update={"weights": rescale(weights, next(iter(weights)), step / count)})
        make_plan(pool, asked)
        seconds.append(time.perf_counter() - began)
    return float(np.median(seconds))


def resolved(folder, mixture):
    """Resolve, and return no more than the number of documents planned: a plan is large to pass on."""
    return sum(part.documents for part in resolve(Workspace(folder), mixture).domains.values())


def moved_on_the_page(folder, count):
    """Move a fader on the Mixture page `count` times, server's side; return the median of seconds of a rerun."""
    os.environ["MIXDESK_WORKSPACE"] = str(folder)
    from streamlit.testing.v1 import AppTest

    app = AppTest.from_file(str(ROOT / "pages" / "mixture.py"), default_timeout=300).run()
    seconds = []
    for step in range(count):
        began = time.perf_counter()
        app.number_input(key="faders.number.None.domain-00").set_value(10.0 + step).run()
        seconds.append(time.perf_counter() - began)
    assert not app.exception, "the page shows an error"
    return float(np.median(seconds))


def compared(folder, one, other):
    """Return how many domains differ between two mixtures."""
    return len(difference(Workspace(folder), one, other).tokens["source"])


def previewed(folder):
    """Show the first documents of a plan; return the seconds, less those of the plan."""
    home = Workspace(folder)
    return measure(preview, home, resolve(home, MIXTURE), 50)[1]


def exported(folder, name):
    """Export to a new folder; return how many documents are in it."""
    manifest = export(Workspace(folder), MIXTURE, name, Path(folder, name))
    return sum(file.rows for file in manifest.files)


def line(title, seconds, peak, count=None, most=None):
    """Print one measurement, and the seconds that it was to stay under."""
    rate = f"{count / seconds:11,.0f} documents/s" if count else " " * 23
    goal = f"  goal: under {most:g} s{'' if seconds < most else ', MISSED'}" if most else ""
    print(f"{title:44} {seconds * 1000:9,.1f} ms {rate}  peak {peak:6,.0f} MB{goal}", flush=True)


def alone(function, *arguments, repeat=1):
    """Measure in a process of its own."""
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        return pool.submit(measure, function, *arguments, repeat=repeat).result()


def main():
    """Run everything in fresh workspaces; with `many`, the million alone."""
    if sys.argv[1:] != ["many"]:
        with tempfile.TemporaryDirectory() as folder:
            hundred_thousand(folder)
    with tempfile.TemporaryDirectory() as folder:
        million(folder)


def hundred_thousand(folder):
    """Resolve, move, preview and export."""
    bare = MIXTURE.model_copy(update={"filters": (), "dedup": None, "selection": None})
    facts, seconds, peak = alone(prepare, folder)
    line("write the corpus, find duplicates", seconds, peak, NUM_DOCUMENTS)
    print(facts)
    for title, mixture in (("no filter", bare), ("3 filters, dedup, selection", MIXTURE)):
        _, seconds, peak = alone(resolved, folder, mixture, repeat=5)
        line(f"resolve, {title}", seconds, peak, NUM_DOCUMENTS)
    found, _, peak = alone(moved, folder, MIXTURE, 50)
    line("make_plan: a moved fader", found, peak)
    found, _, peak = alone(previewed, folder)
    line("preview of 50", found, peak)
    for name in ("jsonl", "parquet", "megatron"):  # of texts, and of token ids, which tokenising decides
        count, seconds, peak = alone(exported, folder, name)
        line(f"export {name}, {count:,} documents", seconds, peak, count)


def million(folder):
    """Resolve, move and compare at a million documents."""
    facts, seconds, peak = alone(prepare_many, folder)
    line("write the corpus, find duplicates", seconds, peak, MANY)
    print(facts)
    keys = {"filters": MIXTURE.filters[:2], "selection": None}
    filtered = MIXTURE.model_copy(update=keys)
    bare = filtered.model_copy(update={"filters": (), "dedup": None})
    stages = [{"until": 0.5, "order": {"by": "quality"}}, {"until": 1.0}]
    course = Mixture.model_validate({**filtered.model_dump(), "stages": stages})
    crossed = filtered.model_copy(update={"cross": ("language",)})
    for title, mixture in (
        ("no filter", bare),
        ("2 filters, dedup", filtered),
        ("2 filters, dedup, a curriculum", course),
        ("2 filters, dedup, 100 crossed domains", crossed),
    ):
        _, seconds, peak = alone(resolved, folder, mixture, repeat=5)
        line(f"resolve, {title}", seconds, peak, MANY, most=2)
    for title, mixture in (("", filtered), (", a curriculum", course), (", 100 domains", crossed)):
        found, _, peak = alone(moved, folder, mixture, 20)
        line(f"make_plan: a moved fader{title}", found, peak, most=0.3)
    found, _, peak = alone(moved_on_the_page, folder, 10)
    line("a moved fader on the page", found, peak, most=0.3)
    _, seconds, peak = alone(compared, folder, bare, filtered, repeat=3)
    line("difference of two mixtures", seconds, peak, MANY)


if __name__ == "__main__":
    sys.exit(main())

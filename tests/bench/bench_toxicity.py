"""Documents a second of the toxicity models, of the heads alone, and of licences; a plain script.

One process. Prose is 2 kB a document (``MIXDESK_BENCH_TEXTS`` names other files); short documents are its
sentences of 8 to 40 words, none of them met twice, and half of them with a named group, which is read by
the encoder. The heads alone judge vectors that are there already: what scoring costs beyond the embedding.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

import numpy as np

from core.licences import judged
from core.signals.toxicity import Toxicity, ToxicityDimensions, _encoder, _passages
from tests.bench.texts import origin, texts

NUM_VECTORS, NUM_SHORT, NUM_PROSE = 20_000, 300, 120


def sentences(prose: Sequence[str], count: int) -> list[str]:
    """Return different sentences; every second one speaks of a group."""
    found = dict.fromkeys(
        text[begin:end].strip()
        for text in prose
        for begin, end in _passages.sentences(text, 0, len(text))
        if 8 <= len(text[begin:end].split()) <= 40
    )
    return [one if i % 2 else f"Women know: {one}" for i, one in enumerate(list(found)[:count])]


def rate(what: str, count: int, work: Callable[[], object]) -> None:
    """Print how many a second, by the time that this process had its core."""
    began = time.process_time()
    work()
    seconds = time.process_time() - began
    print(f"{what:<56} {count / seconds:>10,.0f} a second")


def main() -> None:
    """Print every rate."""
    prose = texts(4000)
    print(f"{origin()}, {sum(map(len, prose)) / len(prose):,.0f} characters a document")
    some, short = prose[:: len(prose) // NUM_PROSE][:NUM_PROSE], sentences(prose[1::2], NUM_SHORT)
    encoder, fast = Toxicity(), Toxicity(model="fast")
    encoder.score(["Women wait."])  # the model is loaded once
    vectors = np.random.default_rng(0).standard_normal((NUM_VECTORS, 1536)).astype(np.float32)
    rate("heads alone, vectors", NUM_VECTORS, lambda: _encoder.heads().judged(vectors))
    rate("toxicity, encoder, short documents", len(short), lambda: encoder.score(short))
    rate("toxicity, encoder, prose", len(some), lambda: encoder.score(some))
    rate("toxicity, fast, short documents", len(short), lambda: fast.score(short))
    rate("toxicity, fast, prose", len(prose), lambda: fast.score(prose))
    few = some[:20]
    rate("toxicity_dimensions, prose", len(few), lambda: ToxicityDimensions().score(few))
    rate("licences, prose", len(prose), lambda: [judged(text) for text in prose])


if __name__ == "__main__":
    main()

"""Documents judged by how many of their n-grams stand in other domains, shard by shard."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.engines.batches import runs
from core.overlap import presence
from core.overlap.index import PART_CHARACTERS, Hashes, Integers
from core.overlap.ngrams import ngrams

NGRAMS_AT_ONCE = 1_000_000  # in one file
LEAST_KEPT = 8  # n-grams kept of a document, where they are sampled, for it to be judged


@dataclass(slots=True)
class Found:
    """Counts by domain A, or by A and B; n-grams as they were kept."""

    judged: Integers
    judged_tokens: Integers
    documents: Integers
    tokens: Integers
    elsewhere: Integers
    elsewhere_tokens: Integers
    ngrams: Integers
    shared: Integers

    @classmethod
    def none(cls, num_left: int, num_domains: int) -> Found:
        """Return zeros."""
        one, pairs = (num_left,), (num_left, num_domains)
        shapes = (one, one, pairs, pairs, one, one, (num_domains,), (num_domains, num_domains))
        return cls(*(np.zeros(shape, dtype=np.int64) for shape in shapes))


@dataclass(frozen=True, slots=True)
class Set:
    """Some rows' n-grams, as files in the folder."""

    stem: str
    rows: slice


@dataclass(frozen=True, slots=True)
class Task:
    """Writes shards' n-grams, then judges their documents; travels to worker processes."""

    n: int
    scale: int
    threshold: float
    folder: str

    def write(self, shard: tuple[int, int, Any, Integers]) -> list[Set]:
        """Write one shard's n-grams in sets of about a million, and which domains hold them."""
        side, first, table, codes = shard
        written: list[Set] = []
        hashes, sizes, done = [np.zeros(0, np.uint64)], [np.zeros(0, np.int64)], 0
        for part in runs(table["text"].to_pylist(), PART_CHARACTERS):
            found, starts = self._kept(part)
            hashes.append(found)
            sizes.append(np.diff(starts))
            num_texts = sum(map(len, sizes))
            if sum(map(len, hashes)) >= NGRAMS_AT_ONCE or done + num_texts == table.num_rows:
                stem = f"{self.folder}/{side}-{first + done:012d}"
                owner = np.repeat(codes[done : done + num_texts], np.concatenate(sizes))
                np.save(f"{stem}.hashes.npy", np.concatenate(hashes))
                np.save(f"{stem}.sizes.npy", np.concatenate(sizes))
                presence.write_set(np.concatenate(hashes), owner, Path(f"{stem}.pairs.npy"))
                written.append(Set(stem, slice(first + done, first + done + num_texts)))
                done += num_texts
                hashes, sizes = hashes[:1], sizes[:1]
        return written

    def _kept(self, texts: Sequence[str]) -> tuple[Hashes, Integers]:
        """Return the texts' n-grams of which the hash is within the smallest of `scale` equal parts."""
        hashes, starts = ngrams(texts, self.n)
        kept = hashes <= np.uint64((2**64 - 1) // self.scale)
        return hashes[kept], np.concatenate([[0], np.cumsum(kept)])[starts]

    def judge(self, item: tuple[Set, Integers, Integers, NDArray[np.bool_], int]) -> Found:
        """Count one set's documents that stand in other domains."""
        some, codes, tokens, inside, num_left = item
        hashes, sizes = (np.load(f"{some.stem}.{what}.npy") for what in ("hashes", "sizes"))
        table = presence.opened(f"{self.folder}/table", len(inside))
        counts, anywhere = table.held(hashes, np.concatenate([[0], np.cumsum(sizes)]), inside)
        judged = sizes >= (1 if self.scale == 1 else LEAST_KEPT)
        enough = np.maximum(1, np.ceil(self.threshold * sizes - 1e-9))
        held = (counts >= enough[:, None]) & judged[:, None] & inside
        held[np.arange(len(codes)), codes] = False
        elsewhere = (anywhere >= enough) & judged
        found = Found.none(num_left, len(inside))
        np.add.at(found.judged, codes, judged)
        np.add.at(found.judged_tokens, codes, tokens * judged)
        np.add.at(found.documents, codes, held)
        np.add.at(found.tokens, codes, held * tokens[:, None])
        np.add.at(found.elsewhere, codes, elsewhere)
        np.add.at(found.elsewhere_tokens, codes, elsewhere * tokens)
        return found

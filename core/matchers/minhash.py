"""Near copies by MinHash: estimated, banded, then verified word by word."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from core.matchers import _shingles

_BLOCK_TEXTS = 512  # bounds memory: a block's shingles, not the corpus's
_BLOCK_HASHES = 1 << 15  # shingles hashed at a time, so that they stay in the processor's cache
Positions = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class MinHash:
    """Groups documents of which `threshold` or more of the distinct word n-grams are shared (Jaccard).

    `bands` × `rows` minima of hashes propose pairs: with 14 × 8, FineWeb's preset (Penedo et al. 2024,
    section 3.4), a pair of Jaccard 0.75 is met with probability 0.77, one of 0.85 with 0.988. Every
    proposed pair is then verified on the n-grams themselves. A group's representative is its longest text;
    a document joins only where it is verified against that one, so groups do not chain through weak
    links. Texts without words are in no group. The same groups for any order of the texts.
    """

    name: ClassVar[str] = "minhash"
    version: ClassVar[int] = 1
    takes: ClassVar[Literal["texts", "vectors"]] = "texts"
    ngram: int = 5
    bands: int = 14
    rows: int = 8
    threshold: float = 0.7
    seed: int = 1

    def groups(self, texts: Sequence[str]) -> Positions:
        """Return for each text the position of the first member of its group."""
        return self.group(texts, self.sign(texts))

    def sign(self, texts: Sequence[str]) -> NDArray[np.uint32]:
        """Return the (n, bands × rows) signatures; a text without words has the largest values."""
        factors, shifts = self._hashes()
        shingler = _shingles.Shingler(self.ngram)
        signed = np.full((len(texts), self.bands * self.rows), 0xFFFFFFFF, dtype=np.uint32)
        for start in range(0, len(texts), _BLOCK_TEXTS):
            made = shingler.all(texts[start : start + _BLOCK_TEXTS])
            for first, last in _pieces(made.starts):
                self._minima(made, first, last, factors, shifts, signed[start + first : start + last])
        return signed

    def _hashes(self) -> tuple[_shingles.Hashes, _shingles.Hashes]:
        """One multiply-and-shift hash a row (Dietzfelbinger et al. 1997): odd factors and shifts."""
        rng = np.random.default_rng(self.seed)
        drawn = rng.integers(0, 2**64, size=(2, self.bands * self.rows), dtype=np.uint64)
        return drawn[0] | np.uint64(1), drawn[1]

    @staticmethod
    def _minima(
        made: _shingles.Shingles,
        first: int,
        last: int,
        factors: _shingles.Hashes,
        shifts: _shingles.Hashes,
        out: NDArray[np.uint32],
    ) -> None:
        starts = made.starts[first : last + 1]
        filled = np.flatnonzero(starts[1:] > starts[:-1])
        if not len(filled):
            return
        hashes, edges = made.hashes[starts[0] : starts[-1]], (starts[:-1] - starts[0])[filled]
        for column, (factor, shift) in enumerate(zip(factors, shifts, strict=True)):
            values = hashes * factor
            values += shift
            values >>= np.uint64(32)
            out[filled, column] = np.minimum.reduceat(values, edges)

    def group(self, texts: Sequence[str], signatures: NDArray[np.uint32]) -> Positions:
        """Verify the pairs that the signatures propose, and return group ids."""
        leaders = np.arange(len(texts), dtype=np.int64)
        buckets = self._buckets(signatures)
        candidates = np.flatnonzero((buckets >= 0).any(axis=1))
        if not len(candidates):
            return leaders
        chosen = [texts[i] for i in candidates.tolist()]
        shingles = self._candidate_shingles(chosen)
        order = _shingles.canonical_order(chosen)
        representatives: dict[int, list[int]] = {}  # by bucket, as ranks in the canonical order
        for rank, place in enumerate(order):
            own = buckets[candidates[place]]
            keys = own[own >= 0].tolist()
            met = sorted({other for key in keys for other in representatives.get(key, ())})
            likely = self._likely(signatures, candidates[place], candidates[order[met]], met)
            leader = self._verified(shingles[place], likely, order, shingles)
            if leader is None:
                for key in keys:
                    representatives.setdefault(key, []).append(rank)
            else:
                leaders[candidates[place]] = candidates[leader]
        return _shingles.first_members(leaders)

    def _buckets(self, signatures: NDArray[np.uint32]) -> Positions:
        """Number the buckets that hold two texts or more, by text and band; -1 for a bucket of one."""
        num_texts = len(signatures)
        keys = np.empty((num_texts, self.bands), dtype=np.uint64)
        for band in range(self.bands):
            key = np.full(num_texts, band + 1, dtype=np.uint64)
            for row in range(band * self.rows, (band + 1) * self.rows):
                key = _shingles.mixed(key * np.uint64(31) + signatures[:, row])
            keys[:, band] = key
        worded = (signatures != 0xFFFFFFFF).any(axis=1)
        _, number, counts = np.unique(keys[worded], return_inverse=True, return_counts=True)
        number = number.reshape(-1, self.bands)
        found = np.full((num_texts, self.bands), -1, dtype=np.int64)
        found[worded] = np.where(counts[number] > 1, number, -1)
        return found

    def _candidate_shingles(self, texts: Sequence[str]) -> list[_shingles.Hashes]:
        shingler, found = _shingles.Shingler(self.ngram), []
        for start in range(0, len(texts), _BLOCK_TEXTS):
            made = shingler(texts[start : start + _BLOCK_TEXTS])
            found += [made.of(i) for i in range(len(made.starts) - 1)]
        return found

    def _likely(
        self, signatures: NDArray[np.uint32], text: int, others: Positions, ranks: list[int]
    ) -> list[int]:
        """Leave out those whose estimated Jaccard is four standard errors under the threshold."""
        if not ranks:
            return ranks
        agreed = (signatures[others] == signatures[text]).mean(axis=1)
        error = (self.threshold * (1 - self.threshold) / signatures.shape[1]) ** 0.5
        return [ranks[i] for i in np.flatnonzero(agreed >= self.threshold - 4 * error)]

    def _verified(
        self, own: _shingles.Hashes, ranks: list[int], order: Positions, shingles: list[_shingles.Hashes]
    ) -> int | None:
        """Return the first representative, longest text first, that shares enough; None where none does."""
        for rank in ranks:
            if _shingles.jaccard(own, shingles[order[rank]]) >= self.threshold:
                return int(order[rank])
        return None


def _pieces(starts: Positions) -> Iterator[tuple[int, int]]:
    """Cut a block of texts into runs of about `_BLOCK_HASHES` shingles."""
    first = 0
    while first < len(starts) - 1:
        last = int(np.searchsorted(starts, starts[first] + _BLOCK_HASHES, side="right")) - 1
        last = min(max(last, first + 1), len(starts) - 1)
        yield first, last
        first = last

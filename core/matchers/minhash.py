"""Near copies by MinHash: signed, banded, then verified n-gram by n-gram."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from core.errors import BadInputError
from core.matchers import _shingles
from core.matchers._stars import Positions, Sets, Stars, canonical_ranks, first_members
from core.types import Scalar

Signatures = NDArray[np.uint64]
Buckets = NDArray[np.int32]
PRESETS: dict[str, dict[str, Scalar]] = {
    "fineweb": {"ngram": 5, "unit": "word", "bands": 14, "rows": 8, "threshold": 0.75},
    "slimpajama": {"ngram": 13, "unit": "character", "bands": 9, "rows": 13, "threshold": 0.8},
}


@dataclass(frozen=True, slots=True)
class MinHash:
    """Groups documents of which `threshold` or more of the distinct n-grams are shared (Jaccard).

    `bands` × `rows` minima of hashes propose pairs: with 14 × 8 over 5-grams of words, FineWeb's way (Penedo
    et al. 2024, section 3.4), a pair of Jaccard 0.75 is met with probability 0.77, one of 0.85 with 0.988, of
    0.9 with 0.9996. SlimPajama's way (Soboleva et al. 2023): 13-grams of characters, Jaccard 0.8, 9 × 13
    minima of its 128. Unlike both, every proposed pair is verified on the n-grams themselves.

    A group has a centre, which is the document that survives, and `threshold` holds between it and every
    member: groups do not chain. Two members then have a Jaccard of 2 × threshold - 1 at least, 0.7 from a
    threshold of 0.85 on; below that, members are compared with each other where need be, so that no pair of
    a group lies under `floor` (0: leave that out). Where more than 32 would have to be compared with one
    that joins, the 32 farthest from the centre are; a text that meets more than 2,048 centres is compared with
    those that it meets in its smallest buckets. Texts without words are in no group; one with fewer than
    `ngram` words is one n-gram of all its words, and equals texts of the same words only. The same groups
    for any order of the texts.
    """

    name: ClassVar[str] = "minhash"
    version: ClassVar[int] = 4
    takes: ClassVar[Literal["texts", "vectors"]] = "texts"
    signing: ClassVar[tuple[str, ...]] = ("ngram", "unit", "bands", "rows", "seed")
    verifies: ClassVar[bool] = True
    threads: ClassVar[bool] = True
    ngram: int = 5
    unit: Literal["word", "character"] = "word"
    bands: int = 14
    rows: int = 8
    threshold: float = 0.75
    floor: float = 0.7
    seed: int = 1

    def __post_init__(self) -> None:
        """Refuse settings with which nothing or everything would match."""
        for name, most in (("ngram", 1000), ("bands", 1000), ("rows", 100)):
            if not 1 <= getattr(self, name) <= most:
                raise BadInputError(f"{name} = {getattr(self, name)}", f"must be 1 to {most}", "try a preset")
        if not 0 < self.threshold <= 1:
            rule = "is a share above 0, up to 1"
            raise BadInputError(f"threshold = {self.threshold}", rule, "try 0.75")
        if not 0 <= self.floor <= self.threshold:
            rule = f"is a share from 0 to the threshold, {self.threshold}"
            raise BadInputError(f"floor = {self.floor}", rule, "lower it, or raise the threshold")

    def groups(self, texts: Sequence[str]) -> Positions:
        """Return for each text the position of the first member of its group."""
        buckets = self.buckets(self.sign(texts))
        rows = np.flatnonzero((buckets >= 0).any(axis=1))
        values, at = self.evidence([texts[row] for row in rows.tolist()])
        alike = np.zeros(len(texts), dtype=np.int64)
        found, _ = self.group(buckets, (rows, Sets(values, at)), canonical_ranks(texts), alike)
        return first_members(found)

    # --- the first pass: a signature a text ---------------------------------------------------------

    def sign(self, texts: Any) -> Signatures:
        """Return an (n, bands) array: 64 bits of each band's minima; 0 for a text without words."""
        return _shingles.Shingler(self.ngram, self.unit).band_keys(texts, *self._hashes(), self.bands)

    def _hashes(self) -> tuple[_shingles.Hashes, _shingles.Hashes]:
        """One permutation of 32-bit numbers a row: times an odd factor, plus a shift."""
        rng = np.random.default_rng(self.seed)
        drawn = rng.integers(0, 2**32, size=(2, self.bands * self.rows), dtype=np.uint32)
        return drawn[0] | np.uint32(1), drawn[1]

    def buckets(self, signatures: Signatures) -> Buckets:
        """Number the buckets that hold two texts or more, by text and band; -1 for a bucket of one."""
        from core.matchers import _kernels

        found = np.empty(signatures.shape, dtype=np.int32)
        size = 1 << (2 * len(signatures)).bit_length()
        own, used = np.empty(len(signatures), dtype=np.int32), 0
        for band in range(self.bands):
            table, counts = np.zeros(size, dtype=np.uint64), np.zeros(size, dtype=np.int32)
            keys = np.ascontiguousarray(signatures[:, band])
            used = _kernels.numbered(keys, table, counts, own, used)
            found[:, band] = own
        return found

    # --- the second pass: what was proposed, verified -----------------------------------------------

    def evidence(self, texts: Any) -> tuple[_shingles.Hashes, Positions]:
        """Return what texts are compared by: the distinct n-grams, hashed and sorted, and where each's begin."""
        return _shingles.Shingler(self.ngram, self.unit).sets(texts)

    def group(
        self, buckets: Buckets, evidence: tuple[Positions, Sets], ranks: Positions, parts: Positions
    ) -> tuple[Positions, Positions]:
        """Verify the pairs that the buckets propose; return each text's centre, inside its part and at large.

        Args:
            buckets: of `buckets`, one row a text.
            evidence: the rows that share a bucket, and what `evidence` has of each, in their order.
            ranks: each text's rank; of a group, the lowest is the centre.
            parts: each text's source, by number.
        """
        rows, sets = evidence
        order = np.argsort(ranks[rows], kind="stable")
        best = rows[order]
        stars = Stars(buckets[best], sets, order, self.threshold, self.floor)
        local = np.arange(len(ranks), dtype=np.int64)
        across = local.copy()
        for leaders, found in zip((local, across), stars.led(parts[best]), strict=True):
            leaders[best] = best[found]
        return local, across

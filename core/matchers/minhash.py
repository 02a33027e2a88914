"""Near copies by MinHash: estimated, banded, then verified n-gram by n-gram."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from core.errors import BadInputError
from core.matchers import _shingles
from core.matchers._stars import Positions, Ring, Stars, canonical_ranks, first_members
from core.types import Scalar

_EMPTY = np.uint32(0xFFFFFFFF)
Signatures = NDArray[np.uint32]
Buckets = NDArray[np.int32]
Sets = Mapping[int, _shingles.Hashes]
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
    that joins, the 32 farthest from the centre are. Texts without words are in no group; one with fewer than
    `ngram` words is one n-gram of all its words, and equals texts of the same words only. The same groups
    for any order of the texts.
    """

    name: ClassVar[str] = "minhash"
    version: ClassVar[int] = 2
    takes: ClassVar[Literal["texts", "vectors"]] = "texts"
    signing: ClassVar[tuple[str, ...]] = ("ngram", "unit", "bands", "rows", "seed")
    verifies: ClassVar[bool] = True
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
        signatures = self.sign(texts)
        buckets = self.buckets(signatures)
        rows = np.flatnonzero((buckets >= 0).any(axis=1)).tolist()
        sets = dict(zip(rows, self.evidence([texts[row] for row in rows]), strict=True))
        alike = np.zeros(len(texts), dtype=np.int64)
        found, _ = self.group(signatures, buckets, sets, canonical_ranks(texts), alike)
        return first_members(found)

    # --- the first pass: a signature a text ---------------------------------------------------------

    def sign(self, texts: Sequence[str]) -> Signatures:
        """Return the (n, bands × rows) signatures; a text without words has the largest values."""
        factors, shifts = self._hashes()
        signed = np.full((len(texts), len(factors)), _EMPTY)
        done = 0
        for made in _shingles.Shingler(self.ngram, self.unit).blocks(texts):
            filled = np.flatnonzero(made.starts[1:] > made.starts[:-1])
            if len(filled):
                signed[done + filled] = _minima(made.hashes, made.starts[filled], factors, shifts).T
            done += len(made.starts) - 1
        return signed

    def _hashes(self) -> tuple[Signatures, Signatures]:
        """One permutation of 32-bit numbers a row: times an odd factor, plus a shift."""
        rng = np.random.default_rng(self.seed)
        drawn = rng.integers(0, 2**32, size=(2, self.bands * self.rows), dtype=np.uint32)
        return drawn[0] | np.uint32(1), drawn[1]

    def buckets(self, signatures: Signatures) -> Buckets:
        """Number the buckets that hold two texts or more, by text and band; -1 for a bucket of one."""
        found = np.full((len(signatures), self.bands), -1, dtype=np.int32)
        worded = np.flatnonzero(signatures.min(axis=1, initial=_EMPTY) != _EMPTY)
        used = 0
        for band in range(self.bands):
            keys = np.zeros(len(worded), dtype=np.uint64)
            for row in range(band * self.rows, (band + 1) * self.rows):
                keys = _shingles.mixed(keys * np.uint64(31) + signatures[worded, row])
            _, number, counts = np.unique(keys, return_inverse=True, return_counts=True)
            shared = counts > 1
            renumbered = np.where(shared, used + np.cumsum(shared) - 1, -1).astype(np.int32)
            found[worded, band] = renumbered[number]
            used += int(shared.sum())
        return found

    # --- the second pass: what was proposed, verified -----------------------------------------------

    def evidence(self, texts: Sequence[str]) -> Iterator[_shingles.Hashes]:
        """Yield what a text is compared by: its distinct n-grams, hashed and sorted."""
        return _shingles.Shingler(self.ngram, self.unit).sets(texts)

    def group(
        self, signatures: Signatures, buckets: Buckets, sets: Sets, ranks: Positions, parts: Positions
    ) -> tuple[Positions, Positions]:
        """Verify the pairs that the buckets propose; return each text's centre, inside its part and at large.

        Args:
            signatures: of `sign`, one row a text.
            buckets: of `buckets`, for the same rows.
            sets: of `evidence`, for the rows that share a bucket.
            ranks: each text's rank; of a group, the lowest is the centre.
            parts: each text's source, by number.
        """

        def similar(one: int, other: int) -> float:
            return _shingles.jaccard(sets[one], sets[other])

        def stars() -> Stars:
            alone = np.arange(len(ranks), dtype=np.int64)
            return Stars(alone, similar, self.threshold, self.floor)

        candidates = np.flatnonzero((buckets >= 0).any(axis=1))
        order = candidates[np.argsort(ranks[candidates], kind="stable")].tolist()
        meetings, local = _Meetings(self, signatures, buckets, ranks), stars()
        for one in order:
            met = meetings.of(one)
            if not local.place([one], met[parts[met] == parts[one]].tolist()):
                meetings.open(one)
        if (parts == parts[:1]).all():
            return local.leader, local.leader
        meetings, across = _Meetings(self, signatures, buckets, ranks), stars()
        for one in order:
            if local.leader[one] == one:
                ring = local.rings.get(one, Ring())
                if not across.place([one, *ring.rows], meetings.of(one).tolist(), ring.close):
                    meetings.open(one)
        return local.leader, across.leader


class _Meetings:
    """Which centres a text meets in its buckets, the first in rank first; 8 bytes a text and bucket."""

    def __init__(self, matcher: MinHash, signatures: Signatures, buckets: Buckets, ranks: Positions) -> None:
        self._signatures, self._buckets, self._ranks = signatures, buckets, ranks
        counts = np.bincount(buckets[buckets >= 0])
        self._starts = np.cumsum(counts) - counts
        self._filled = np.zeros(len(counts), dtype=np.int64)
        self._slots = np.empty(int(counts.sum()), dtype=np.int32)  # bucket after bucket, its centres so far
        error = (matcher.threshold * (1 - matcher.threshold) / signatures.shape[1]) ** 0.5
        self._least = matcher.threshold - 4 * error

    def _own(self, one: int) -> Positions:
        own: Positions = self._buckets[one].astype(np.int64)
        return own[own >= 0]

    def open(self, one: int) -> None:
        """Let a centre be met from now on."""
        own = self._own(one)
        self._slots[self._starts[own] + self._filled[own]] = one
        self._filled[own] += 1

    def of(self, one: int) -> Positions:
        """Return centres met, but for those whose estimated Jaccard is four standard errors too low."""
        own = self._own(one)
        own = own[self._filled[own] > 0]
        if not len(own):
            return own
        starts = self._starts[own]
        ends = starts + self._filled[own]
        met = [self._slots[start:end] for start, end in zip(starts, ends, strict=True)]
        rows = np.fromiter(found := set(np.concatenate(met).tolist()), np.int64, len(found))
        agreed = np.count_nonzero(self._signatures[rows] == self._signatures[one], axis=1)
        likely: Positions = rows[agreed >= self._least * self._signatures.shape[1]]
        return likely[np.argsort(self._ranks[likely])]


def _minima(
    hashes: _shingles.Hashes, starts: Positions, factors: Signatures, shifts: Signatures
) -> Signatures:
    """Return each permutation's least value from each start to the next."""
    found = np.empty((len(factors), len(starts)), dtype=np.uint32)
    values = np.empty_like(hashes)
    for row, (factor, shift) in enumerate(zip(factors, shifts, strict=True)):
        np.multiply(hashes, factor, out=values)
        np.add(values, shift, out=values)
        np.minimum.reduceat(values, starts, out=found[row])
    return found

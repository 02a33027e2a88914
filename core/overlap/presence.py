"""Which n-grams stand in which domains, found on disk: memory does not grow with the corpora."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from core.overlap.index import Hashes, Integers
from core.repeated import tallies
from core.repeated.pieces import search

_CELLS = 1 << 24  # n-grams times domains looked at together
Marks = NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class Presence:
    """N-grams of two domains or more, sorted, and by whole bytes of bits the domains that hold each."""

    keys: Hashes
    bits: Marks  # (n-grams, ⌈domains / 8⌉)
    num_domains: int

    def held(self, hashes: Hashes, starts: Integers, among: NDArray[np.bool_]) -> tuple[Integers, Integers]:
        """Count, for each text of a shard, how many of its n-grams each domain holds.

        Returns:
            (texts, domains) counts, and how many of each text's n-grams are in the table and in any of the
            domains `among`.
        """
        num_texts, step = len(starts) - 1, max(1, _CELLS // self.num_domains)
        owners = np.repeat(np.arange(num_texts), np.diff(starts))
        counts = np.zeros((num_texts, self.num_domains), dtype=np.int64)
        anywhere = np.zeros(num_texts, dtype=np.int64)
        for low in range(0, len(hashes), step):
            at, found = self._find(hashes[low : low + step])
            owner = owners[low : low + step][found]
            marks = np.unpackbits(self.bits[at[found]], axis=1, count=self.num_domains)
            opens = np.flatnonzero(np.diff(owner, prepend=-1))
            if len(opens):
                counts[owner[opens]] += np.add.reduceat(marks, opens, axis=0, dtype=np.int64)
            anywhere += np.bincount(owner[marks[:, among].any(axis=1)], minlength=num_texts)
        return counts, anywhere

    def _find(self, hashes: Hashes) -> tuple[Integers, NDArray[np.bool_]]:
        at = search(self.keys, hashes)
        found = at < len(self.keys)
        found[found] = self.keys[at[found]] == hashes[found]
        return at, found


def write_set(hashes: Hashes, domains: Integers, path: Path) -> None:
    """Write n-grams with the domain that each stands in, each pair once."""
    np.save(path, _distinct(np.stack([hashes, domains.astype(np.uint64)])))


def _distinct(pairs: Hashes) -> Hashes:
    """Return each pair once, in order of the n-gram and then of the domain."""
    pairs = pairs[:, np.lexsort((pairs[1], pairs[0]))]
    new = np.ones(pairs.shape[1], dtype=np.bool_)
    new[1:] = (pairs[:, 1:] != pairs[:, :-1]).any(axis=0)
    return pairs[:, new]


def merge(paths: Sequence[Path], num_domains: int, folder: Path) -> tuple[Integers, Integers]:
    """Write the table of the n-grams that two domains hold.

    Returns:
        The n-grams of each domain, and by pairs of domains how many both hold.
    """
    folder.mkdir()
    sizes = np.zeros(num_domains, dtype=np.int64)
    shared = np.zeros((num_domains, num_domains), dtype=np.int64)
    with (folder / "keys.u64").open("wb") as keys, (folder / "bits.u8").open("wb") as bits:
        for records in tallies.ranges(paths):
            hashes, domains = _distinct(records)
            sizes += np.bincount(domains.astype(np.int64), minlength=num_domains)
            opens = np.flatnonzero(np.concatenate([[True], hashes[1:] != hashes[:-1]]))
            several = np.flatnonzero(np.diff(np.append(opens, len(hashes))) > 1)
            for some in np.array_split(several, max(1, len(several) * num_domains // _CELLS)):
                marks = _marks(domains, opens, some, num_domains)
                shared += (marks.T.astype(np.float32) @ marks.astype(np.float32)).astype(np.int64)
                keys.write(hashes[opens[some]].tobytes())
                bits.write(np.packbits(marks, axis=1).tobytes())
    return sizes, shared


def _marks(domains: Hashes, opens: Integers, some: Integers, num_domains: int) -> Marks:
    """Return (n-grams, domains): whether the domain holds the n-gram."""
    ends = np.append(opens, len(domains))
    sizes = ends[some + 1] - opens[some]
    at = np.arange(int(sizes.sum())) + np.repeat(opens[some] - (np.cumsum(sizes) - sizes), sizes)
    marks = np.zeros((len(some), num_domains), dtype=np.uint8)
    marks[np.repeat(np.arange(len(some)), sizes), domains[at].astype(np.int64)] = 1
    return marks


@lru_cache(maxsize=2)
def opened(folder: str, num_domains: int) -> Presence:
    """Open a table; its pages are shared among this machine's processes."""
    width = -(-num_domains // 8)
    keys, bits = Path(folder) / "keys.u64", Path(folder) / "bits.u8"
    if not keys.stat().st_size:
        return Presence(np.zeros(0, np.uint64), np.zeros((0, width), np.uint8), num_domains)
    marks = np.memmap(bits, dtype=np.uint8, mode="r").reshape(-1, width)
    return Presence(np.memmap(keys, dtype=np.uint64, mode="r"), marks, num_domains)

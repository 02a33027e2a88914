"""How often each piece stands in a corpus, counted on disk: memory does not grow with the corpus.

Each shard leaves a file of records sorted by key (rows of 64-bit numbers, the key first); all files are
then read range by range of keys, so that each record is read once.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from core import disk
from core.repeated.pieces import VARIOUS, Hashes, Integers, Pieces, search

AT_ONCE = 4_000_000  # records sorted together: about 400 MB
_SAMPLES = 1_000  # of each file's keys, from which the ranges are drawn
_FIELDS = ("keys", "checks", "counts", "firsts", "follows")


@dataclass(frozen=True, slots=True)
class Table:
    """Pieces that repeat, by key: how often each stands in the corpus, where first, and what always follows."""

    keys: Hashes
    checks: Hashes
    counts: Hashes
    firsts: Hashes
    follows: Hashes

    def find(self, pieces: Pieces) -> tuple[Integers, NDArray[np.bool_]]:
        """Return each piece's place in the table, and whether it is there at all."""
        at = search(self.keys, pieces.key)
        found = np.zeros(len(at), dtype=np.bool_)
        open_ = np.arange(len(at))
        while len(open_):  # a second round only where two pieces met in one key
            open_ = open_[at[open_] < len(self.keys)]
            open_ = open_[self.keys[at[open_]] == pieces.key[open_]]
            same = self.checks[at[open_]] == pieces.check[open_]
            found[open_[same]] = True
            open_ = open_[~same]
            at[open_] += 1
        return at, found


def write_tally(pieces: Pieces, positions: Hashes, path: Path) -> None:
    """Write a shard's pieces, each once with its count and its first position there."""
    ones = np.ones(len(positions), dtype=np.uint64)
    with disk.written_aside(path) as aside, aside.open("wb") as file:
        np.save(file, _counted(np.stack([pieces.key, pieces.check, ones, positions, pieces.follows])))


def merge(paths: Sequence[Path], at_least: int, folder: Path) -> None:
    """Write the table of the pieces that stand `at_least` times."""
    folder.mkdir()
    files = [(folder / f"{name}.u64").open("wb") for name in _FIELDS]
    try:
        for records in ranges(paths):
            counted = _counted(records)
            kept = counted[:, counted[2] >= at_least]
            for file, field in zip(files, kept, strict=True):
                file.write(field.tobytes())
    finally:
        for file in files:
            file.close()


@lru_cache(maxsize=4)
def opened(folder: str) -> Table:
    """Open a table; its pages are shared among this machine's processes."""
    return Table(*(_mapped(Path(folder) / f"{name}.u64") for name in _FIELDS))


def _mapped(path: Path) -> Hashes:
    if not path.stat().st_size:
        return np.zeros(0, dtype=np.uint64)
    return np.memmap(path, dtype=np.uint64, mode="r")


def _counted(records: Hashes) -> Hashes:
    """Sort records by key and check, and make one of all that are equal in both."""
    records = records[:, np.argsort(records[0])]
    key, check = records[0], records[1]
    if np.any((key[1:] == key[:-1]) & (check[1:] != check[:-1])):  # two pieces met in one key
        records = records[:, np.lexsort((check, key))]
        key, check = records[0], records[1]
    opens = np.ones(len(key), dtype=np.bool_)
    opens[1:] = (key[1:] != key[:-1]) | (check[1:] != check[:-1])
    first = np.flatnonzero(opens)
    if not len(first):
        return records
    counts, firsts = np.add.reduceat(records[2], first), np.minimum.reduceat(records[3], first)
    follows = np.minimum.reduceat(records[4], first)
    follows[follows != np.maximum.reduceat(records[4], first)] = VARIOUS
    return np.stack([key[first], check[first], counts, firsts, follows])


def ranges(paths: Sequence[Path], at_once: int = 0) -> Iterator[Hashes]:
    """Yield the files' records, all that have one key together, keys rising from one yield to the next.

    About `at_once` records come at a time, unless one key has more.
    """
    at = [0] * len(paths)
    for cut in [*_cuts(paths, at_once or AT_ONCE), None]:
        pieces = []
        for i, path in enumerate(paths):  # opened anew each time: there may be more files than may be open
            file = np.load(path, mmap_mode="r")
            end = file.shape[1] if cut is None else int(np.searchsorted(file[0], cut))
            pieces.append(np.array(file[:, at[i] : end]))
            at[i] = end
        if any(piece.shape[1] for piece in pieces):
            yield np.concatenate(pieces, axis=1)


def _cuts(paths: Sequence[Path], at_once: int) -> list[np.uint64]:
    """Return keys that cut the records into parts of about the same size."""
    keys, weights = [np.zeros(0, np.uint64)], [np.zeros(0)]
    for path in paths:
        file = np.load(path, mmap_mode="r")
        keys.append(np.array(file[0, :: max(1, file.shape[1] // _SAMPLES)]))
        weights.append(np.full(len(keys[-1]), file.shape[1] / max(1, len(keys[-1]))))
    joined = np.concatenate(keys)
    order = np.argsort(joined)
    sizes = np.cumsum(np.concatenate(weights)[order])
    parts = -(-int(sizes[-1]) // at_once) if len(sizes) else 1
    cut = joined[order][np.searchsorted(sizes, sizes[-1] * np.arange(1, parts) / parts)] if parts > 1 else []
    return list(np.unique(cut))


def most_frequent(table: Table, folder: Path, top: int) -> Hashes:
    """Return the repeats that stand most often: first positions, counts, and how many begin in a row.

    Pieces are one repeat where one is always followed by the next, which stands nowhere else. The longest
    comes first among equals, then the one that stands first.
    """
    paths = []
    for start in range(0, len(table.keys), AT_ONCE):
        fields = (table.firsts, table.counts, table.follows)
        some = np.stack([field[start : start + AT_ONCE] for field in fields])
        paths.append(folder / f"firsts-{start:015d}.npy")
        np.save(paths[-1], some[:, np.argsort(some[0])])
    best = last = np.zeros((4, 0), dtype=np.uint64)
    for records in ranges(paths):
        joined = _in_a_row(last, records[:, np.argsort(records[0])])
        best, last = _best(np.concatenate([best, joined[:, :-1]], axis=1), top), joined[:, -1:]
    return _best(np.concatenate([best, last], axis=1), top)[:3]


def _in_a_row(last: Hashes, records: Hashes) -> Hashes:
    """Join records of neighbouring positions that stand together everywhere; `last` may go on in them.

    Where one character always follows a piece, and the next piece stands as often, it stands nowhere else.
    """
    firsts, counts, follows = np.concatenate([last[[0, 1, 3]], records], axis=1)
    sizes = np.concatenate([last[2], np.ones(records.shape[1], np.uint64)])
    opens = np.ones(len(firsts), dtype=np.bool_)
    apart = (firsts[1:] != firsts[:-1] + sizes[:-1]) | (counts[1:] != counts[:-1])
    opens[1:] = apart | (follows[:-1] == VARIOUS)
    start = np.flatnonzero(opens)
    ends = np.append(start[1:], len(opens)) - 1
    return np.stack([firsts[start], counts[start], np.add.reduceat(sizes, start), follows[ends]])


def _best(repeats: Hashes, top: int) -> Hashes:
    order = np.lexsort((repeats[0], -repeats[2].astype(np.int64), -repeats[1].astype(np.int64)))
    return repeats[:, order[:top]]

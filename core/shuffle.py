"""A plan's documents, read from disk in the order seen, in memory that does not grow with the corpus.

That order is random against the order on disk. So the corpus is read once from front to back, each
document put into the bucket in which it will be seen; then the buckets, one at a time, are put in order.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.preface import planned_sizes, read_planned
from core.types import Corpus, Plan, Progress, silent
from core.workspace import Workspace

BUCKET_TOKENS = 4_000_000  # about 16 MB of text
BUCKET_ROWS = 16_384
_COLUMNS = ("id", "text", "source", "tokens", "content_hash")
_TOKENS = _COLUMNS.index("tokens")


class Shuffled:
    """The documents of a plan, laid out by bucket in a scratch folder of the caller's."""

    def __init__(
        self,
        workspace: Workspace,
        corpus: Corpus,
        plan: Plan,
        scratch: Path,
        progress: Progress = silent,
    ) -> None:
        import pyarrow as pa

        scratch.mkdir(parents=True)
        self._scratch, self._domains = scratch, sorted(d for d in plan.rows if len(plan.rows[d]))
        known = planned_sizes(workspace, corpus, plan)
        self._first_buckets, rows, buckets = _assign(plan.rows, self._domains, known)
        self._last_bucket = int(buckets[-1]) if len(buckets) else -1
        order = np.argsort(rows, kind="stable")
        for low, high in _chunks(known[rows[order]]):
            here = order[low:high]
            table = read_planned(workspace, corpus, plan, _COLUMNS, rows[here]).append_column("place", [here])
            table = table.set_column(_TOKENS, "tokens", pa.array(known[rows[here]].astype(np.int32)))
            self._scatter(table, buckets[here])
            progress(high, len(rows), "reading documents")

    def _scatter(self, table: Any, buckets: NDArray[np.int64]) -> None:
        """Append each bucket's rows to its file, which is a chain of Arrow streams."""
        import pyarrow as pa

        order = np.argsort(buckets, kind="stable")
        table, found = table.take(pa.array(order)), buckets[order]
        starts = np.flatnonzero(np.diff(found, prepend=-1))
        for low, high in zip(starts, [*starts[1:], len(found)], strict=True):
            with (self._scratch / f"{found[low]}.arrow").open("ab") as file:
                part = table.slice(int(low), int(high - low))
                with pa.ipc.new_stream(file, part.schema) as stream:
                    stream.write_table(part)

    def documents(self, domain: str) -> Iterator[Any]:
        """Yield tables of `id`, `text`, `source`, `tokens`, `content_hash`, and what to put before, in order; once."""
        import pyarrow as pa

        position = self._domains.index(domain)
        ends = [*self._first_buckets[1:], self._last_bucket + 1]
        for bucket in range(self._first_buckets[position], ends[position]):
            path = self._scratch / f"{bucket}.arrow"
            tables, size = [], path.stat().st_size
            with path.open("rb") as file:
                while file.tell() < size:
                    tables.append(pa.ipc.open_stream(file).read_all())
            path.unlink()
            yield pa.concat_tables(tables).sort_by("place").drop_columns(["place"])


def _assign(
    rows: Mapping[str, NDArray[np.int64]], domains: Sequence[str], sizes: NDArray[np.int64]
) -> tuple[list[int], NDArray[np.int64], NDArray[np.int64]]:
    """Number the buckets through all domains: each domain's first, then all rows and the bucket of each."""
    firsts, buckets, following = [], [], 0
    for domain in domains:
        reached = np.cumsum(sizes[rows[domain]], dtype=np.int64)
        by_tokens = (reached - 1) // BUCKET_TOKENS
        by_rows = np.arange(len(reached)) // BUCKET_ROWS
        changes = (np.diff(by_tokens, prepend=by_tokens[0]) > 0) | (np.diff(by_rows, prepend=0) > 0)
        mine = following + np.cumsum(changes)
        firsts.append(following)
        buckets.append(mine)
        following = int(mine[-1]) + 1
    empty = np.empty(0, dtype=np.int64)
    return (
        firsts,
        np.concatenate([empty, *(rows[d] for d in domains)]),
        np.concatenate([empty, *buckets]).astype(np.int64),
    )


def _chunks(sizes: NDArray[np.int64]) -> Iterator[tuple[int, int]]:
    """Cut a sequence of documents into stretches of at most a bucket's tokens and rows, or one document."""
    reached, low = np.cumsum(sizes, dtype=np.int64), 0
    while low < len(sizes):
        before = int(reached[low - 1]) if low else 0
        high = int(np.searchsorted(reached, before + BUCKET_TOKENS, side="right"))
        high = min(max(high, low + 1), low + BUCKET_ROWS, len(sizes))
        yield low, high
        low = high

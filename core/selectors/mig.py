"""MIG: the documents that add most information to a graph of labels (Chen et al. 2025, its method)."""

from __future__ import annotations

import heapq
import itertools
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from core.errors import BadInputError
from core.selectors._columns import phrases_of
from core.selectors._order import scores_of, take
from core.selectors._vectors import blocks, unit
from core.types import Columns

SMALL = 1e-6
EXPONENT = 0.8
MAX_LABELS = 20_000


@dataclass(frozen=True, slots=True)
class InformationGain:
    """Takes, one at a time, the document of the largest gain ⟨v P, φ'(Σ)⟩, φ'(x) = 0.8 (x + 10⁻⁶)^−0.2.

    v is a document's quality, divided among its labels; P passes a label's mass on to labels like it (cosine
    of at least `threshold`, columns summing to 1; 0.9 in the authors' code); Σ is the sum of v P over what
    has been taken. Labels are those of `labels`: a cluster, a list, or text with semicolons between; a
    label's vector is the mean of its documents' less the mean of all, for what all documents share would make
    any two labels alike (the paper embeds the labels' own words). A threshold of 1 needs no vectors: every
    label is alone. Many links favour the best-linked labels, by the fifth power of what P's row sums to.
    `quality` names a column of scores (below 0 is 0, none is average); without, all documents weigh 1. The
    greedy choice is exact: gains only fall, so those computed before bound them from above. A document
    without a label comes last.

    50,000 of Tulu 3's 939,000: 55.32 on average, random 51.81, the full pool 53.59.
    """

    name: ClassVar[str] = "mig"
    version: ClassVar[int] = 1
    obtain: ClassVar[str] = (
        "for `cluster` run `python -m core cluster NAME`, or name a column of your own labels, hung with "
        "`python -m core add-column`"
    )
    labels: str = "cluster"
    quality: str = ""
    threshold: float = 0.9

    def __post_init__(self) -> None:
        if not 0 <= self.threshold <= 1:
            raise BadInputError(f"threshold {self.threshold}", "is a cosine from 0 to 1", "try 0.9")

    @property
    def needs(self) -> tuple[str, ...]:
        """The labels, the quality if any, and the vectors that tell which labels are alike."""
        quality = (self.quality,) if self.quality else ()
        return (self.labels, *quality, *(("vectors",) if self.threshold < 1 else ()))

    def select(
        self, columns: Columns, budget: int, rng: np.random.Generator
    ) -> tuple[NDArray[np.bool_], str]:
        """Return a mask over the pool of about `budget` tokens, and the rule in one sentence."""
        tokens = columns["tokens"]
        labelled = _labelled(columns[self.labels], self.labels)
        spread = labelled @ _passing_on(labelled, columns.get("vectors"), self.threshold)
        quality = _weights(scores_of(columns, self.quality)) if self.quality else np.ones(len(tokens))
        start = rng.permutation(len(tokens))  # among equals, the order that the seed decides
        kinds, firsts = _kinds(labelled)
        chosen = _greedy(spread[firsts], kinds, quality, tokens, budget, start)
        left = np.ones(len(tokens), dtype=np.bool_)
        left[chosen] = False
        unlabelled = np.diff(labelled.indptr) == 0
        rest = start[left[start]]
        order = np.concatenate([chosen, rest[np.argsort(unlabelled[rest], kind="stable")]])
        rule = f"Documents that add most information to the graph of {labelled.shape[1]} labels."
        return take(order, tokens, budget), rule


def _labelled(values: NDArray[Any], column: str) -> Any:
    """Return a sparse (documents, labels) matrix whose rows sum to 1, or to 0 where there is no label."""
    from scipy.sparse import csr_array

    if values.ndim != 1:
        raise BadInputError(
            column, "a column of labels holds words, lists of them or clusters", "name another"
        )
    if values.dtype.kind == "O":
        found = [phrases_of(value) for value in values]
        flat: NDArray[Any] = np.array([label for labels in found for label in labels], dtype=str)
        sizes = np.fromiter(map(len, found), np.int64, len(found))
    else:
        there = np.isfinite(values.astype(np.float64)) & (values >= 0)  # -1 is noise
        flat, sizes = values[there], there.astype(np.int64)
    distinct, codes = np.unique(flat, return_inverse=True)
    if len(distinct) > MAX_LABELS:
        rule = f"has {len(distinct):,} distinct labels; a graph has at most {MAX_LABELS:,}"
        raise BadInputError(column, rule, "name a column of fewer labels")
    ends = np.concatenate([[0], np.cumsum(sizes)])
    weights = np.repeat(1 / np.maximum(sizes, 1), sizes)
    matrix = csr_array((weights, codes, ends), shape=(len(values), max(1, len(distinct))))
    matrix.sort_indices()
    return matrix


def _passing_on(labelled: Any, vectors: NDArray[np.float32] | None, threshold: float) -> Any:
    """Return P: the labels' cosines from `threshold` on, 1 with themselves, columns summing to 1."""
    from scipy.sparse import eye_array, vstack

    count = labelled.shape[1]
    if vectors is None or threshold == 1:
        return eye_array(count, format="csr")
    vectors, there = unit(vectors)
    common = vectors.sum(axis=0, dtype=np.float64) / max(1, int(there.sum()))
    mass = np.asarray(labelled.T @ there.astype(np.float64))
    means, _ = unit(np.asarray(labelled.T @ vectors - np.outer(mass, common), dtype=np.float32))
    rows = [_thresholded(means[part] @ means.T, part.start, threshold) for part in blocks(count)]
    alike = vstack(rows, format="csr")
    return (alike / alike.sum(axis=0)[None, :]).tocsr()


def _thresholded(alike: NDArray[np.float32], first: int, threshold: float) -> Any:
    from scipy.sparse import csr_array

    kept = np.where((alike >= threshold) & (alike > 0), alike, 0).astype(np.float64)
    at = np.arange(len(alike))
    kept[at, first + at] = 1.0
    return csr_array(kept)


def _weights(scores: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return scores as weights: infinite ones become the best or worst, missing ones the average."""
    known = scores[np.isfinite(scores)].clip(min=0)
    average = float(known.mean()) if len(known) else 1.0
    found = np.nan_to_num(scores, nan=average, posinf=known.max(initial=0.0), neginf=0.0)
    return np.asarray(found.clip(min=0))


def _kinds(labelled: Any) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Number the documents by their set of labels (-1 where it is empty); return the first of each number."""
    ends, labels = labelled.indptr, labelled.indices
    sizes = np.diff(ends)
    if sizes.max(initial=0) <= 1:  # one label each, as clusters are
        kinds = np.full(len(sizes), -1, dtype=np.int64)
        _, firsts, kinds[sizes > 0] = np.unique(labels, return_index=True, return_inverse=True)
        return kinds, np.flatnonzero(sizes)[firsts]
    known: dict[bytes, int] = {}
    pairs = itertools.pairwise(ends)
    kinds = np.array([known.setdefault(labels[a:b].tobytes(), len(known)) if b > a else -1 for a, b in pairs])
    numbers, firsts = np.unique(kinds, return_index=True)
    return kinds, firsts[numbers >= 0]


def _greedy(
    spread: Any,
    kinds: NDArray[np.int64],
    quality: NDArray[np.float64],
    tokens: NDArray[Any],
    budget: int,
    start: NDArray[np.intp],
) -> NDArray[np.intp]:
    """Return documents in the order of their gains until they reach the budget.

    Within a kind the best comes first, so that only one document of each competes.
    """
    queue = start[kinds[start] >= 0]
    queue = queue[np.lexsort((-quality[queue], kinds[queue]))]
    at = np.searchsorted(kinds[queue], np.arange(spread.shape[0] + 1))
    ends, at = at[1:].tolist(), at[:-1].tolist()
    pieces = [slice(a, b) for a, b in itertools.pairwise(spread.indptr)]
    reach = [(spread.indices[piece], spread.data[piece]) for piece in pieces]
    total = np.zeros(spread.shape[1])
    slope = EXPONENT * (total + SMALL) ** (EXPONENT - 1)
    heap = [(-float(quality[queue[at[k]]] * (w @ slope[i])), k) for k, (i, w) in enumerate(reach)]
    heapq.heapify(heap)
    chosen, reached = [], 0
    while heap and reached < budget:
        bound, kind = heap[0]
        where, weights = reach[kind]
        document = queue[at[kind]]
        worth = float(quality[document])
        gain = worth * float(weights @ slope[where])
        if gain < -bound and len(heap) > 1 and gain < -min(heap[1:3])[0]:
            heapq.heapreplace(heap, (-gain, kind))
            continue
        chosen.append(document)
        reached += int(tokens[document])
        total[where] += worth * weights
        slope[where] = EXPONENT * (total[where] + SMALL) ** (EXPONENT - 1)
        at[kind] += 1
        if at[kind] == ends[kind]:
            heapq.heappop(heap)
        else:
            following = float(quality[queue[at[kind]]]) * float(weights @ slope[where])
            heapq.heapreplace(heap, (-following, kind))
    return np.array(chosen, dtype=np.intp)

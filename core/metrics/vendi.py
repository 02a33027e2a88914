"""The effective number of different documents, by their embeddings."""

from __future__ import annotations

import math
import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

from core.doors import Cost, Evidence, Need
from core.metrics import _shares, _vectors

_BLOCK = 8192


@dataclass(frozen=True, slots=True)
class VendiScore:
    """Hill's number of the eigenvalues of K / n, K the cosine kernel (Friedman and Dieng 2023, eq. 1).

    Source: The Vendi Score, TMLR 2023; orders other than 1: Pasarkar and Dieng 2024, "Cousins of the Vendi
    Score". Range: 1 (copies) to the smaller of documents and dimensions (orthogonal); k groups give k.
    Order `q` below 1 counts rare kinds more, above 1 less. Cost: d³ + n d² from the d × d matrix XᵀX / n,
    which has the same non-zero eigenvalues, or n³ where there are fewer texts than dimensions. Zero vectors
    and such as are not finite are left out; NaN where none is left.
    """

    name: ClassVar[str] = "vendi_score"
    version: ClassVar[int] = 2
    needs: ClassVar[tuple[Need, ...]] = ("vectors",)
    cost: ClassVar[Cost] = "whole"
    span: ClassVar[tuple[float, float]] = (1, math.inf)
    q: float = 1.0

    def measure(self, evidence: Evidence) -> float:
        """Return the score."""
        spectrum, _ = _spectrum(evidence)
        return _shares.effective_number(spectrum, self.q) if len(spectrum) else math.nan


@dataclass(frozen=True, slots=True)
class VendiShare:
    """The Vendi score over the number of documents: how much of a set is not said elsewhere in it.

    Source and cost as `vendi_score`. Range: 1 / n (copies) to 1 (orthogonal). It falls as a set grows, so
    only sets of one size compare.
    """

    name: ClassVar[str] = "vendi_share"
    version: ClassVar[int] = 1
    needs: ClassVar[tuple[Need, ...]] = ("vectors",)
    cost: ClassVar[Cost] = "whole"
    span: ClassVar[tuple[float, float]] = (0, 1)
    q: float = 1.0

    def measure(self, evidence: Evidence) -> float:
        """Return the share."""
        spectrum, num_texts = _spectrum(evidence)
        return _shares.effective_number(spectrum, self.q) / num_texts if len(spectrum) else math.nan


def _spectrum(evidence: Evidence) -> tuple[NDArray[np.float64], int]:
    """Eigenvalues of the cosine kernel over n, which sum to 1, without what is rounding; and n."""
    if "spectrum" not in evidence.kept:
        there = evidence.vectors is not None and len(evidence.vectors)
        evidence.kept["spectrum"] = _found(evidence.vectors) if there else (np.empty(0), 0)
    found: tuple[NDArray[np.float64], int] = evidence.kept["spectrum"]
    return found


def _found(vectors: Any) -> tuple[NDArray[np.float64], int]:
    # blocks of a large set are multiplied in single precision and summed in double: twice as fast
    precision: Any = np.float64 if len(vectors) <= _BLOCK else np.float32
    num_texts, width = vectors.shape
    if width < num_texts:
        matrix, count = _scatter(vectors, precision)
    else:
        unit = _vectors.unit(vectors, precision)
        matrix, count = unit @ unit.T, len(unit)
    if not count:
        return np.empty(0), 0
    found = np.linalg.eigvalsh(matrix.astype(np.float64) / count)
    found = found[found > 10 * np.finfo(precision).eps]
    return found / found.sum(), count


def _scatter(vectors: NDArray[Any], precision: Any) -> tuple[NDArray[np.float64], int]:
    """XᵀX of the unit vectors, and how many there are.

    Each block is multiplied on one core and the blocks are summed in order: the same bits on any machine,
    and no core waits for another at every block, which costs tenfold on a busy machine.
    """

    def multiplied(start: int) -> tuple[NDArray[Any], int]:
        unit = _vectors.unit(vectors[start : start + _BLOCK], precision)
        return unit.T @ unit, len(unit)

    starts = range(0, len(vectors), _BLOCK)
    if len(starts) == 1:
        return multiplied(0)
    total, count = np.zeros((vectors.shape[1], vectors.shape[1])), 0
    with threadpool_limits(1, "blas"), ThreadPoolExecutor(len(os.sched_getaffinity(0))) as pool:
        for product, size in pool.map(multiplied, starts):
            total += product
            count += size
    return total, count

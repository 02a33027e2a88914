"""Alternatives side by side: what each rule set would keep of a corpus, and where two of them disagree."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.filtering import FilterTable, Tally, overlap


@dataclass(frozen=True, slots=True)
class Alternative:
    """What one rule set by itself keeps, by domain, in counts and in shares of each domain.

    A domain without documents (or tokens) has the share NaN.
    """

    name: str
    kept: Tally
    document_shares: NDArray[np.float64]
    token_shares: NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Agreement:
    """How far each two alternatives agree, each array (alternatives, alternatives).

    `kappa` is Cohen's kappa of their verdicts over documents: 1 for equal masks, 0 for what chance gives.
    `documents` and `tokens` are those on which the two differ, `document_shares` and `token_shares` the
    same as shares of the corpus.
    """

    kappa: NDArray[np.float64]
    documents: NDArray[np.int64]
    tokens: NDArray[np.int64]
    document_shares: NDArray[np.float64]
    token_shares: NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Row:
    """One cell of the table by domain and alternative: documents and tokens kept, and their shares."""

    domain: str
    alternative: str
    documents: int
    tokens: int
    document_share: float
    token_share: float


@dataclass(frozen=True, slots=True)
class Comparison:
    """Alternatives in their order, over one corpus."""

    domains: tuple[str, ...]
    corpus: Tally
    alternatives: tuple[Alternative, ...]
    agreement: Agreement

    def rows(self) -> Iterator[Row]:
        """Yield the table, domain by domain and alternatives in order within each."""
        for place, domain in enumerate(self.domains):
            for one in self.alternatives:
                kept = one.kept.of(place)
                shares = float(one.document_shares[place]), float(one.token_shares[place])
                yield Row(domain, one.name, kept.documents, kept.tokens, *shares)


def compare(table: FilterTable) -> Comparison:
    """Set the table's filters side by side, each by itself on the whole corpus, as alternatives.

    Takes 6 ms at 1M documents and six alternatives.
    """
    cells, num = table.cells(), len(table.names)
    corpus = cells.tally(np.ones(len(cells.drops), dtype=np.bool_))
    found = []
    for place, name in enumerate(table.names):
        kept = cells.tally(cells.drops & np.uint64(1 << place) == 0)
        shares = _shares(kept.documents, corpus.documents), _shares(kept.tokens, corpus.tokens)
        found.append(Alternative(name, kept, *shares))
    both = overlap(cells.over_domains(), num)
    size = corpus.total
    documents, tokens = _differing(both.documents), _differing(both.tokens)
    agreement = Agreement(
        _kappa(both.documents, documents, size.documents),
        documents,
        tokens,
        documents / max(size.documents, 1),
        tokens / max(size.tokens, 1),
    )
    return Comparison(table.domains, corpus, tuple(found), agreement)


def _shares(part: NDArray[np.int64], whole: NDArray[np.int64]) -> NDArray[np.float64]:
    shares = np.full(len(whole), np.nan)
    np.divide(part, whole, out=shares, where=whole > 0)
    return shares


def _differing(both: NDArray[np.int64]) -> NDArray[np.int64]:
    """From what two drop both to what just one of them drops."""
    each = np.diag(both)
    return each[:, None] + each - 2 * both


def _kappa(both: NDArray[np.int64], differing: NDArray[np.int64], total: int) -> NDArray[np.float64]:
    """Cohen 1960, A coefficient of agreement for nominal scales: (observed - chance) / (1 - chance).

    Written out for two verdicts: one less the observed disagreement over that expected by chance. Where
    none is expected, all verdicts are the same one and agree.
    """
    dropped = np.diag(both).astype(np.float64)
    crossed = dropped[:, None] * (total - dropped)
    expected = crossed + crossed.T
    off = np.zeros(expected.shape)
    np.divide(differing * float(total), expected, out=off, where=expected > 0)
    return 1 - off


def differing(
    first: NDArray[np.bool_], second: NDArray[np.bool_], num: int = 20, seed: int = 0
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the rows that only the first keeps and those that only the second keeps, at most `num` of each.

    Every row has a lot drawn by the seed and the smallest win, in row order: a mask changed a little
    changes the sample a little.
    """
    lots = np.random.default_rng(seed).random(len(first))
    only_first, only_second = np.flatnonzero(first & ~second), np.flatnonzero(second & ~first)
    return _lowest(only_first, lots, num), _lowest(only_second, lots, num)


def _lowest(rows: NDArray[np.int64], lots: NDArray[np.float64], num: int) -> NDArray[np.int64]:
    if len(rows) > num:
        rows = rows[np.argpartition(lots[rows], num)[:num]]
    return np.sort(rows)

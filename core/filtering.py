"""Several filters at once: the waterfall, what each drops by itself and alone, and where they overlap.

A document's drops by up to 64 filters are the bits of one number, so that all counts come from one small
table of (domain, combination of filters) → documents, tokens.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.errors import BadInputError
from core.threshold import LARGE_LOSS, Part
from core.types import DomainCount, WaterfallRow

MAX_FILTERS = 64
DENSE_CELLS = 1 << 20  # counted in one array up to here, 16 MB; beyond, only combinations that occur
BLOCK = 1 << 12  # combinations whose bits are spread out at a time

Counts = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Tally:
    """Documents and tokens by domain, each an array (domains,) in the order of the table's domains."""

    documents: Counts
    tokens: Counts

    @property
    def total(self) -> DomainCount:
        """The sum over the domains."""
        return DomainCount(int(self.documents.sum()), int(self.tokens.sum()))

    def of(self, domain: int) -> DomainCount:
        """Return what one domain holds, by its place."""
        return DomainCount(int(self.documents[domain]), int(self.tokens[domain]))

    def less(self, other: Tally) -> Tally:
        """Return the difference."""
        return Tally(self.documents - other.documents, self.tokens - other.tokens)


@dataclass(frozen=True, slots=True)
class Step:
    """One filter in its place of the waterfall: documents and tokens that it leaves, and that it took."""

    name: str
    left: Tally
    took: Tally


@dataclass(frozen=True, slots=True)
class Effect:
    """What one filter drops whatever its place.

    `own` is all that it drops of the corpus; `marginal` is what it alone drops: all other filters keep it,
    so that it would come back were this filter taken away.
    """

    name: str
    own: Tally
    marginal: Tally


@dataclass(frozen=True, slots=True)
class Overlap:
    """Documents and tokens (filters, filters) that both filters drop; the diagonal is what each drops.

    `jaccard` is documents dropped by both over documents dropped by either; NaN where neither drops any.
    """

    documents: Counts
    tokens: Counts
    jaccard: NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Combination:
    """Documents and tokens dropped by exactly these filters, given by place and by name."""

    places: tuple[int, ...]
    names: tuple[str, ...]
    documents: int
    tokens: int


@dataclass(frozen=True, slots=True)
class Filtering:
    """What several filters do, in documents and tokens, in all and by domain.

    `combinations` are the most frequent sets of filters that drop a document, the most documents first;
    `other` sums the `num_other` sets beyond them. Documents that all filters keep are in the last step.
    """

    domains: tuple[str, ...]
    corpus: Tally
    steps: tuple[Step, ...]
    effects: tuple[Effect, ...]
    overlap: Overlap
    combinations: tuple[Combination, ...]
    other: DomainCount
    num_other: int
    warnings: tuple[str, ...]

    @property
    def kept(self) -> Tally:
        """What all filters together leave."""
        return self.steps[-1].left if self.steps else self.corpus

    @property
    def waterfall(self) -> tuple[WaterfallRow, ...]:
        """The steps as a mixture's plan has them, the corpus first."""
        fall = [("corpus", self.corpus), *((step.name, step.left) for step in self.steps)]
        return tuple(self._row(name, left) for name, left in fall)

    def _row(self, name: str, left: Tally) -> WaterfallRow:
        by_domain = {domain: left.of(place) for place, domain in enumerate(self.domains)}
        return WaterfallRow(name, left.total.documents, left.total.tokens, by_domain)


@dataclass(frozen=True, slots=True)
class Cells:
    """The documents and tokens of each (domain, combination) that occurs; bit i: dropped by filter i."""

    domain: Counts
    drops: NDArray[np.uint64]
    documents: Counts
    tokens: Counts
    num_domains: int

    def tally(self, chosen: NDArray[np.bool_]) -> Tally:
        """Sum the chosen cells by domain."""
        places = self.domain[chosen]
        documents = np.bincount(places, self.documents[chosen], self.num_domains)
        tokens = np.bincount(places, self.tokens[chosen], self.num_domains)
        return Tally(documents.astype(np.int64), tokens.astype(np.int64))

    def by_first(self, num: int, *, only: bool = False) -> list[Tally]:
        """Sum by the first filter that drops a cell; with `only`, of cells that no second filter drops."""
        first = np.bitwise_count((self.drops & -self.drops) - np.uint64(1)).astype(np.int64)  # 64: kept
        chosen = (first < num) & ((self.drops & (self.drops - np.uint64(1)) == 0) | (not only))
        key = first[chosen] * self.num_domains + self.domain[chosen]
        shape, size = (num, self.num_domains), num * self.num_domains
        documents = np.bincount(key, self.documents[chosen], size).astype(np.int64).reshape(shape)
        tokens = np.bincount(key, self.tokens[chosen], size).astype(np.int64).reshape(shape)
        return list(map(Tally, documents, tokens))

    def over_domains(self) -> Cells:
        """Sum the domains: one cell for each combination of filters."""
        drops, cell = np.unique(self.drops, return_inverse=True)
        documents = np.bincount(cell, self.documents, len(drops)).astype(np.int64)
        tokens = np.bincount(cell, self.tokens, len(drops)).astype(np.int64)
        return Cells(np.zeros(len(drops), dtype=np.int64), drops, documents, tokens, 1)


@dataclass(frozen=True, slots=True, eq=False)
class FilterTable:
    """Filters in order over the documents of a corpus: bit i of `drops` (documents,) is set by filter i.

    `codes` (documents,) are positions in `domains`.
    """

    names: tuple[str, ...]
    domains: tuple[str, ...]
    codes: NDArray[Any]
    tokens: NDArray[Any]
    drops: NDArray[np.uint64]

    @classmethod
    def of(
        cls,
        keeps: Sequence[tuple[str, NDArray[np.bool_]]],
        tokens: NDArray[Any],
        codes: NDArray[Any],
        domains: Sequence[str],
    ) -> FilterTable:
        """Pack the filters' keep masks (documents,), in order; 2 ms a filter at 1M documents.

        Raises:
            BadInputError: for more than 64 filters.
        """
        if len(keeps) > MAX_FILTERS:
            rule = f"at most {MAX_FILTERS} can be looked at together"
            raise BadInputError(f"{len(keeps)} filters", rule, "join some of them with AND")
        assert len(tokens) == len(codes), "tokens and domains are row for row"
        drops = np.zeros(len(codes), dtype=np.uint64)
        for place, (_, keep) in enumerate(keeps):
            assert len(keep) == len(codes), "masks are row for row"
            drops |= _bit(keep, place)
        return cls(tuple(name for name, _ in keeps), tuple(domains), codes, tokens, drops)

    @property
    def keep(self) -> NDArray[np.bool_]:
        """Which documents all filters keep."""
        kept: NDArray[np.bool_] = self.drops == 0
        return kept

    def summary(self, num_combinations: int = 20) -> Filtering:
        """Count all there is to these filters; 10 ms at 1M documents, ten domains and six filters.

        A domain that would lose more than half of its documents or tokens gets a warning.
        """
        cells, num = self.cells(), len(self.names)
        corpus = cells.tally(np.ones(len(cells.drops), dtype=np.bool_))
        took, alone = cells.by_first(num), cells.by_first(num, only=True)
        left = [corpus]
        for part in took:
            left.append(left[-1].less(part))
        own = [cells.tally(cells.drops & np.uint64(1 << place) != 0) for place in range(num)]
        steps = tuple(map(Step, self.names, left[1:], took))
        effects = tuple(map(Effect, self.names, own, alone))
        sets = cells.over_domains()
        combinations, other, num_other = _combinations(sets, self.names, num_combinations)
        return Filtering(
            self.domains,
            corpus,
            steps,
            effects,
            overlap(sets, num),
            combinations,
            other,
            num_other,
            _warnings(self.domains, corpus, left[-1], effects),
        )

    def cells(self) -> Cells:
        """Count each (domain, combination of filters) that occurs; token sums are exact up to 2**53."""
        num, num_domains = len(self.names), len(self.domains)
        if num_domains << num <= DENSE_CELLS:
            sets, place = np.arange(1 << num, dtype=np.uint64), self.drops.view(np.int64)
        else:
            sets = np.unique(self.drops)
            place = np.searchsorted(sets, self.drops)
        key = self.codes.astype(np.int64) * len(sets) + place
        if num_domains * len(sets) <= DENSE_CELLS:
            documents = np.bincount(key)
            seen = np.flatnonzero(documents)
            documents, tokens = documents[seen], np.bincount(key, self.tokens)[seen]
        else:
            seen, cell = np.unique(key, return_inverse=True)
            documents, tokens = np.bincount(cell), np.bincount(cell, self.tokens)
        domain, place = np.divmod(seen, max(len(sets), 1))
        return Cells(domain, sets[place], documents, tokens.astype(np.int64), num_domains)


def _bit(keep: NDArray[np.bool_], place: int) -> NDArray[np.uint64]:
    return (~keep).astype(np.uint64) << np.uint64(place)


def overlap(sets: Cells, num: int) -> Overlap:
    """Count what each two of `num` filters both drop."""
    both = np.zeros((2, num, num), dtype=np.int64)
    sizes = np.stack([sets.documents, sets.tokens])
    for low in range(0, len(sets.drops), BLOCK):
        drops, counted = sets.drops[low : low + BLOCK], sizes[:, low : low + BLOCK]
        bits = (drops[:, None] >> np.arange(num, dtype=np.uint64) & np.uint64(1)).astype(np.int64)
        for place in range(num):  # sums of whole numbers, without the threads of a matrix product
            rows = np.flatnonzero(bits[:, place])
            both[:, place] += np.einsum("us,sf->uf", counted[:, rows], bits[rows])
    documents, tokens = both
    either = np.diag(documents)[:, None] + np.diag(documents) - documents
    jaccard = np.divide(documents, either, out=np.full((num, num), np.nan), where=either > 0)
    return Overlap(documents, tokens, jaccard)


def _combinations(
    sets: Cells, names: Sequence[str], num: int
) -> tuple[tuple[Combination, ...], DomainCount, int]:
    """Return the most frequent combinations, and the sum and the number of the others."""
    dropped = np.flatnonzero(sets.drops)
    order = dropped[np.lexsort((sets.drops[dropped], -sets.tokens[dropped], -sets.documents[dropped]))]
    top, rest = order[:num], order[num:]
    found = []
    for row in top:
        places = tuple(place for place in range(len(names)) if int(sets.drops[row]) >> place & 1)
        chosen = tuple(names[place] for place in places)
        found.append(Combination(places, chosen, int(sets.documents[row]), int(sets.tokens[row])))
    other = DomainCount(int(sets.documents[rest].sum()), int(sets.tokens[rest].sum()))
    return tuple(found), other, len(rest)


def _warnings(
    domains: Sequence[str], corpus: Tally, kept: Tally, effects: Sequence[Effect]
) -> tuple[str, ...]:
    """Name the domains that lose more than half, and the filter that drops most of each by itself."""
    lost = corpus.less(kept)
    found = []
    for place, domain in enumerate(domains):
        gone, whole = lost.of(place), corpus.of(place)
        if Part(kept.of(place), gone).dropped_share <= LARGE_LOSS:
            continue
        by_documents = gone.documents * max(whole.tokens, 1) >= gone.tokens * max(whole.documents, 1)
        sizes = [int((e.own.documents if by_documents else e.own.tokens)[place]) for e in effects]
        most = effects[sizes.index(max(sizes))]
        own = most.own.of(place)
        found.append(
            f"'{domain}' would lose {gone.documents:,} of {whole.documents:,} documents and {gone.tokens:,} of "
            f"{whole.tokens:,} tokens; most of it to '{most.name}', which drops "
            f"{own.documents:,} documents and {own.tokens:,} tokens by itself."
        )
    return tuple(found)

"""What domains share: of each two, how much of the one stands in the other, so that its weight is the other's."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from core.types import Corpus, Mixture
from core.workspace import Workspace

LEAST_SHARE = 0.1  # of a domain's tokens; less is not worth a word
GROUP = "duplicate_group"


@dataclass(frozen=True, slots=True)
class Shared:
    """The share of a domain's tokens that stands in another, too, and what has found that out.

    `copies`: near-copies among the documents that are left, from the last global deduplication. `contained`:
    documents whose n-grams stand there, of the whole corpus, from `contain`.
    """

    of: str
    inside: str
    share: float
    found_by: Literal["copies", "contained"]


def shared(
    workspace: Workspace,
    corpus: Corpus,
    mixture: Mixture,
    names: Sequence[str],
    codes: NDArray[np.int32],
    tokens: NDArray[np.int64],
    kept: NDArray[np.bool_],
) -> tuple[Shared, ...]:
    """Return which domains share a tenth of their tokens or more, as far as the corpus has been looked through.

    Nothing is computed that would take long: near-copies where deduplication has been run over all sources, and
    the report of `contain` where it is of the mixture's domains.
    """
    found = {(one.of, one.inside): one for one in _contained(workspace, corpus, mixture)}
    gone = mixture.dedup is not None and mixture.dedup.scope == "global"
    for one in () if gone else _copies(workspace, corpus, names, codes, tokens, kept):
        if one.share > getattr(found.get((one.of, one.inside)), "share", 0.0):
            found[one.of, one.inside] = one
    return tuple(sorted(found.values(), key=lambda one: (-one.share, one.of, one.inside)))


def _copies(
    workspace: Workspace,
    corpus: Corpus,
    names: Sequence[str],
    codes: NDArray[np.int32],
    tokens: NDArray[np.int64],
    kept: NDArray[np.bool_],
) -> list[Shared]:
    """Count tokens of documents that have a fellow of their group in another domain, among those kept."""
    if GROUP not in workspace.column_names(corpus):
        return []
    groups = workspace.read(corpus, [GROUP])[GROUP].to_numpy()
    members = np.bincount(groups[kept], minlength=len(groups))
    rows = np.flatnonzero(kept & (members[groups] > 1))
    if not len(rows):
        return []
    from scipy.sparse import csr_array

    _, group = np.unique(groups[rows], return_inverse=True)
    held = csr_array((tokens[rows], (group, codes[rows])), shape=(int(group.max()) + 1, len(names)))
    held.sum_duplicates()
    there = held.copy()
    there.data = np.ones_like(there.data)
    both = (held.T @ there).tocoo()
    total = np.bincount(codes[kept], tokens[kept], len(names))
    return [
        Shared(names[a], names[b], float(size / total[a]), "copies")
        for a, b, size in zip(both.row.tolist(), both.col.tolist(), both.data.tolist(), strict=True)
        if a != b and size >= LEAST_SHARE * total[a] > 0
    ]


def _contained(workspace: Workspace, corpus: Corpus, mixture: Mixture) -> list[Shared]:
    """Read the report, where the domains are a column that came with the documents: another may have changed."""
    if mixture.cross or mixture.domain not in ("source", *corpus.fields):
        return []
    report = (workspace.report(corpus, "containment") or {}).get(mixture.domain)
    return [
        Shared(pair["of"], pair["inside"], pair["tokens_share"], "contained")
        for pair in (report or {"pairs": []})["pairs"]
        if (pair["tokens_share"] or 0.0) >= LEAST_SHARE
    ]

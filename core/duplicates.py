"""What groups of duplicates come to: who loses how much, which source stands in which, what looks wrong."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.types import JSON, Corpus
from core.workspace import Workspace

WIPED_OUT = 0.9  # a source that would lose more than this share raises an alarm
LARGE_GROUP = 0.01  # so does a group with more than this share of the corpus, and more than 50 members
LEAST_LARGE = 50
NUM_GROUPS = 10  # suspicious ones that a report describes
NUM_MEMBERS = 10  # whose ids it gives
Rows = NDArray[np.int64]


def all_but_one(groups: Rows, ranks: Rows) -> NDArray[np.bool_]:
    """Return a mask that is False for one member of each group: the lowest in rank."""
    order = np.lexsort((ranks, groups))
    survivor = np.ones(len(groups), dtype=np.bool_)
    survivor[1:] = groups[order][1:] != groups[order][:-1]
    mask = np.empty(len(groups), dtype=np.bool_)
    mask[order] = ~survivor
    return mask


def summary(
    workspace: Workspace,
    corpus: Corpus,
    names: Sequence[str],
    codes: NDArray[np.int32],
    groups: Rows,
    duplicate: NDArray[np.bool_],
) -> dict[str, JSON]:
    """Describe groups: counts in all and by source, the matrix across sources, group sizes, alarms."""
    sizes = np.bincount(groups, minlength=len(groups))
    largest = int(np.argmax(sizes))
    by_domain = _by_domain(workspace, corpus, names, codes, duplicate)
    suspicious = _suspicious(workspace, corpus, names, codes, groups, sizes)
    return {
        "groups": int((sizes > 1).sum()),
        "duplicates": int(duplicate.sum()),
        "share_by_domain": {name: facts["share"] for name, facts in by_domain.items()},
        "by_domain": by_domain,
        "matrix": matrix(names, codes, groups, sizes),
        "sizes": _sizes(sizes),
        "largest_group": {"row": largest, "members": int(sizes[largest])},
        "suspicious": suspicious,
        "alarms": _alarms(by_domain, suspicious),
    }


def _by_domain(
    workspace: Workspace,
    corpus: Corpus,
    names: Sequence[str],
    codes: NDArray[np.int32],
    duplicate: NDArray[np.bool_],
) -> dict[str, dict[str, Any]]:
    tokens = workspace.read(corpus, ["tokens"])["tokens"].to_numpy()
    count = len(names)
    documents, dropped = np.bincount(codes, minlength=count), np.bincount(codes[duplicate], minlength=count)
    lost = np.bincount(codes, np.where(duplicate, tokens, 0), count)
    return {
        name: {
            "documents": int(documents[i]),
            "duplicates": int(dropped[i]),
            "share": float(dropped[i] / documents[i]),
            "duplicate_tokens": int(lost[i]),
        }
        for i, name in enumerate(names)
    }


def matrix(
    names: Sequence[str], codes: NDArray[np.int32], groups: Rows, sizes: NDArray[np.int64]
) -> dict[str, dict[str, int]]:
    """Count, for source A and source B, A's documents with a duplicate in B; pairs without any are left out.

    A document has a duplicate in B where another document of its group stands in B.
    """
    from scipy.sparse import csr_array

    rows = np.flatnonzero(sizes[groups] > 1)
    _, group = np.unique(groups[rows], return_inverse=True)
    shape = (int(group.max()) + 1 if len(rows) else 0, len(names))
    held = csr_array((np.ones(len(rows), dtype=np.int64), (group, codes[rows])), shape=shape)
    held.sum_duplicates()
    there = held.copy()
    there.data = np.ones_like(there.data)
    lone = held.copy()  # the only one of its source in its group has no duplicate there
    lone.data = (held.data == 1).astype(np.int64)
    counts = (held.T @ there).toarray()
    counts[np.diag_indices(len(names))] -= np.asarray(lone.sum(axis=0)).reshape(-1)
    found: dict[str, dict[str, int]] = {}
    for i, j in zip(*np.nonzero(counts), strict=True):
        found.setdefault(names[i], {})[names[j]] = int(counts[i, j])
    return found


def _sizes(sizes: NDArray[np.int64]) -> dict[str, int]:
    """Count groups by size, in doubling steps: "2", "3-4", "5-8" and so on."""
    found: dict[str, int] = {}
    steps, counts = np.unique(np.ceil(np.log2(sizes[sizes > 1])).astype(np.int64), return_counts=True)
    for step, count in zip(steps.tolist(), counts.tolist(), strict=True):
        first, last = 2 ** (step - 1) + 1, 2**step
        found[str(last) if first == last else f"{first}-{last}"] = count
    return found


def _suspicious(
    workspace: Workspace,
    corpus: Corpus,
    names: Sequence[str],
    codes: NDArray[np.int32],
    groups: Rows,
    sizes: NDArray[np.int64],
) -> list[dict[str, JSON]]:
    """Describe groups too large to be believed, the largest first, with members to look at."""
    large = np.flatnonzero(sizes > max(LEAST_LARGE, LARGE_GROUP * len(groups)))
    found: list[dict[str, JSON]] = []
    for row in large[np.argsort(-sizes[large], kind="stable")][:NUM_GROUPS].tolist():
        members = np.flatnonzero(groups == row)
        shown = members[np.linspace(0, len(members) - 1, NUM_MEMBERS).astype(np.int64)]
        held = np.bincount(codes[members], minlength=len(names))
        found.append(
            {
                "row": row,
                "members": len(members),
                "sources": {names[i]: int(held[i]) for i in np.flatnonzero(held).tolist()},
                "ids": workspace.read(corpus, ["id"], shown)["id"].to_pylist(),
            }
        )
    return found


def _alarms(by_domain: dict[str, dict[str, Any]], suspicious: Sequence[dict[str, JSON]]) -> list[str]:
    alarms = [
        f"{source} would lose {facts['share']:.1%} of its documents ({facts['duplicates']:,} of "
        f"{facts['documents']:,}); look at its groups before you remove anything"
        for source, facts in by_domain.items()
        if facts["share"] > WIPED_OUT
    ]
    for i, group in enumerate(suspicious):
        head = "the largest group" if i == 0 else "another group"
        ids = ", ".join(map(str, group["ids"][:3]))
        alarms.append(f"{head} has {group['members']:,} members, from row {group['row']} on; see {ids}")
    return alarms

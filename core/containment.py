"""Containment: which source is inside which, by documents, by n-grams and by tokens."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core import disk
from core.engines import LocalEngine
from core.errors import BadInputError
from core.intervals import wilson
from core.overlap import presence
from core.overlap.index import Integers
from core.overlap.inside import Found, Set, Task
from core.pool import domain_codes
from core.types import JSON, Corpus, Progress, silent
from core.workspace import Workspace

VERSION = 1
SHARD_ROWS = 1024
LARGEST_N = 64
MOST_DOMAINS = 256
NGRAMS_AT_MOST = 1 << 28  # kept of all corpora's tokens, beyond which n-grams are sampled: about 8 GB of disk


def containment(
    workspace: Workspace,
    name: str,
    by: str = "source",
    n: int = 13,
    threshold: float = 0.8,
    other: str | None = None,
    scale: int | None = None,
    progress: Progress = silent,
    workers: int | None = None,
) -> dict[str, JSON]:
    """Say of each two domains A and B how much of A stands in B: whether A's weight is really A's.

    That is R2D2's question of data lakes (Shah et al. 2023: which table is inside which), asked of texts
    by their word n-grams. Three answers for each ordered pair:

    - **documents**: the share of A's documents of which `threshold` or more of the distinct n-grams stand
      in B, in whichever of its documents (so a document may be inside B and in none of B's alone);
    - **n-grams**: the share of A's distinct n-grams that stand in B, |A ∩ B| / |A| (containment, Broder 1997);
    - **tokens**: the share of A's tokens that those documents hold.

    Words are in lower case, without punctuation; a document of fewer than n words is one n-gram of all
    its words, and one without any is not judged. N-grams are 64-bit hashes, unverified:
    one is taken for any of 10^9 others with a probability of 5 × 10^-11.

    Up to about 2^28 tokens all n-grams are looked at and every figure is exact. Beyond, one in `scale` is
    kept, those with the smallest hashes (FracMinHash: Irber et al. 2022; scaled MinHash of sourmash, Brown &
    Irber 2016). The share of n-grams is then an unbiased estimate wherever any was kept (Hera, Pierce-Ward &
    Koslicki 2023), given with Wilson's 95 % interval; documents with 8 kept n-grams or more are judged by
    those, and the others not at all.

    Memory is bounded by the domains, not by the corpora; 24 bytes of disk an n-gram kept, for a while.

    Args:
        workspace: where the corpora live.
        name: the corpus whose domains may be inside others.
        by: the column whose values are the domains: source, cluster, any categorical one; at most 256.
        n: words of an n-gram, 1 to 64.
        threshold: share of a document's n-grams that must stand in B.
        other: a corpus whose domains B are; by default those of the same corpus.
        scale: keep one n-gram in so many; by default the least power of two that keeps the bound.
        progress: told the documents done, in two passes.
        workers: processes; by default one a core, and none for a corpus of a single shard.

    Returns:
        `corpus`, `other`, `by`, `n`, `threshold`, `scale`, `exact`; `domains`: A → `documents`, `judged`,
        `tokens` (of those judged), `ngrams` (distinct, estimated where sampled), `documents_elsewhere` and
        `tokens_elsewhere` (inside all other domains together); and `pairs`, the most contained first: `of`
        A, `inside` B, `documents`, `documents_share`, `tokens`, `tokens_share`, `ngrams_share`, `ngrams_low`,
        `ngrams_high`. A pair that is not listed shares no n-gram. Kept in the report `containment`, by
        `by`, or "`by` in `other`".

    Raises:
        BadInputError: for a setting out of range, one domain that has no other, or too many.
    """
    _check(n, threshold, scale, name, other)
    corpora = [workspace.corpus(name), *([workspace.corpus(other)] if other else [])]
    sides = _sides(workspace, corpora, by)
    scale = scale or _scale(sum(corpus.tokens for corpus in corpora))
    asked = {"other": other, "by": by, "n": n, "threshold": float(threshold), "scale": scale}
    signed = disk.fingerprint([VERSION, asked, [_signed(workspace, corpus, by) for corpus in corpora]])
    kept: dict[str, Any] = workspace.report(corpora[0], "containment") or {}
    key = f"{by} in {other}" if other else by
    if key in kept and kept[key]["fingerprint"] == signed:
        return dict(kept[key])
    engine = LocalEngine(1 if sum(c.documents for c in corpora) <= SHARD_ROWS else workers)
    with disk.scratch(workspace.folder) as place:
        found = _found(workspace, sides, Task(n, scale, threshold, str(place)), engine, progress)
        presence.opened.cache_clear()  # else the disk keeps the table as long as this process lives
    facts = {"fingerprint": signed, "corpus": name, **asked, "exact": scale == 1}
    result: dict[str, JSON] = {**facts, **_told(found, sides, scale)}
    workspace.write_report(corpora[0], "containment", {**kept, key: result})
    return result


def _check(n: int, threshold: float, scale: int | None, name: str, other: str | None) -> None:
    for value, rule, fits in (
        (f"n = {n}", f"must be 1 to {LARGEST_N} words", 1 <= n <= LARGEST_N),
        (f"threshold = {threshold}", "is a share above 0, up to 1", 0 < threshold <= 1),
        (f"scale = {scale}", "must be 1 or more", scale is None or scale >= 1),
        (f"in {other}", "is the corpus itself", other != name),
    ):
        if not fits:
            raise BadInputError(value, rule, "give another value")


def _scale(tokens: int) -> int:
    """Return the least power of two that keeps at most the bound of so many n-grams."""
    return 1 << max(0, math.ceil(math.log2(max(1, tokens) / NGRAMS_AT_MOST)))


def _signed(workspace: Workspace, corpus: Corpus, by: str) -> list[str]:
    """Return what a corpus's domains depend on: its texts, and the column that names them."""
    makers = [column for column in workspace.columns(corpus) if by in column.names]
    return [corpus.fingerprint, *(column.fingerprint for column in makers)]


@dataclass(frozen=True, slots=True)
class _Sides:
    """The domains of one corpus, or of two: the second's are numbered after the first's."""

    corpora: list[Corpus]
    names: list[str]
    codes: list[Integers]  # by corpus: each row's domain
    num_left: int  # domains of the first corpus, each of which is A
    inside: NDArray[np.bool_]  # by domain: whether it is a B


def _sides(workspace: Workspace, corpora: list[Corpus], by: str) -> _Sides:
    names: list[str] = []
    codes, sizes = [], []
    for corpus in corpora:
        found, own = domain_codes(workspace, corpus, by)
        codes.append(own.astype(np.int64) + len(names))
        names += found
        sizes.append(len(found))
    if len(names) < 2:
        raise BadInputError(
            by,
            "has one value, and so no other to be inside of",
            "choose another column, or a corpus to look in",
        )
    if len(names) > MOST_DOMAINS:
        rule = f"has {len(names):,} values; domains compared are at most {MOST_DOMAINS}"
        raise BadInputError(by, rule, "choose a column like source or cluster")
    inside = np.arange(len(names)) >= (sizes[0] if len(corpora) > 1 else 0)
    return _Sides(corpora, names, codes, sizes[0], inside)


# --- the two passes ---------------------------------------------------------------------------------


def _found(workspace: Workspace, sides: _Sides, task: Task, engine: LocalEngine, progress: Progress) -> Found:
    total, done = sum(corpus.documents for corpus in sides.corpora), 0
    left, paths = list[Set](), list[Path]()
    shards = (shard for side in range(len(sides.corpora)) for shard in _shards(workspace, sides, side))
    for written in engine.map(task.write, shards):
        for some in written:
            done += some.rows.stop - some.rows.start
            paths.append(Path(f"{some.stem}.pairs.npy"))
            if Path(some.stem).name.startswith("0-"):
                left.append(some)
        progress(done, total, "containment: n-grams")
    ngrams_by_domain, shared = presence.merge(paths, len(sides.names), Path(task.folder) / "table")
    found = Found.none(sides.num_left, len(sides.names))
    found.ngrams, found.shared = ngrams_by_domain, shared
    corpus, codes = sides.corpora[0], sides.codes[0]
    tokens = workspace.read(corpus, ["tokens"])["tokens"].to_numpy().astype(np.int64)
    items = ((some, codes[some.rows], tokens[some.rows], sides.inside, sides.num_left) for some in left)
    for some, part in zip(left, engine.map(task.judge, items), strict=True):
        for field in fields(Found):
            setattr(found, field.name, getattr(found, field.name) + getattr(part, field.name))
        progress(some.rows.stop, corpus.documents, "containment: documents")
    return found


def _shards(workspace: Workspace, sides: _Sides, side: int) -> Iterator[tuple[int, int, Any, Integers]]:
    first = 0
    for table in workspace.shards(sides.corpora[side], ["text"], SHARD_ROWS):
        yield side, first, table, sides.codes[side][first : first + table.num_rows]
        first += table.num_rows


# --- the report -------------------------------------------------------------------------------------


def _told(found: Found, sides: _Sides, scale: int) -> dict[str, JSON]:
    rows = np.bincount(sides.codes[0], minlength=sides.num_left)
    domains: dict[str, JSON] = {
        name: {
            "documents": int(rows[a]),
            "judged": int(found.judged[a]),
            "tokens": int(found.judged_tokens[a]),
            "ngrams": int(found.ngrams[a]) * scale,
            "documents_elsewhere": int(found.elsewhere[a]),
            "tokens_elsewhere": int(found.elsewhere_tokens[a]),
        }
        for a, name in enumerate(sides.names[: sides.num_left])
    }
    there = np.argwhere((found.shared[: sides.num_left] > 0) & sides.inside).tolist()
    pairs = [_pair(found, sides.names, a, b, scale) for a, b in there if a != b]
    pairs.sort(key=lambda pair: (-pair["ngrams_share"], pair["of"], pair["inside"]))
    return {"domains": domains, "pairs": pairs}


def _pair(found: Found, names: Sequence[str], a: int, b: int, scale: int) -> dict[str, Any]:
    both, all_ = int(found.shared[a, b]), int(found.ngrams[a])
    share = both / all_
    low, high = (share, share) if scale == 1 else map(float, wilson(both, all_))
    return {
        "of": names[a],
        "inside": names[b],
        "documents": int(found.documents[a, b]),
        "documents_share": _share(found.documents[a, b], found.judged[a]),
        "tokens": int(found.tokens[a, b]),
        "tokens_share": _share(found.tokens[a, b], found.judged_tokens[a]),
        "ngrams_share": share,
        "ngrams_low": low,
        "ngrams_high": high,
    }


def _share(part: np.int64, whole: np.int64) -> float | None:
    return int(part) / int(whole) if whole else None

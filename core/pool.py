"""Which documents a mixture leaves: filters, deduplication and selection, by domain, with the waterfall.

A pool depends on the corpus, the domain column, the filters, `dedup`, `selection`, `preface` and the seed
alone, so that a moved fader needs no new one. Within a domain, documents stand in the order in which they are seen:
by a 64-bit hash of seed, domain and content, hence the same whatever their order in the corpus.
"""

from __future__ import annotations

import difflib
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.bricks import make
from core.doors import Selector
from core.errors import BadInputError, NotFoundError
from core.preface import sizes
from core.selectors import SELECTORS
from core.types import Corpus, Dedup, DomainCount, Mixture, Selection, WaterfallRow
from core.workspace import Workspace

NO_DOMAIN = "(none)"
MAX_DOMAINS = 10_000
DEFAULT_SHARE = 0.5
Rows = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Pool:
    """Per domain, the rows that are left and their tokens, in the order in which they are seen."""

    corpus: Corpus
    rows: Mapping[str, Rows]
    tokens: Mapping[str, Rows]
    waterfall: tuple[WaterfallRow, ...]

    @property
    def available(self) -> dict[str, int]:
        """Tokens left by domain; a domain that lost all its documents stands at 0."""
        return {domain: int(tokens.sum()) for domain, tokens in self.tokens.items()}


def make_pool(workspace: Workspace, mixture: Mixture) -> Pool:
    """Filter, deduplicate and select the mixture's corpus; 1M documents take two seconds.

    A filter that reads the texts takes longer: half a second for 100,000 documents of 1 kB.

    Raises:
        BadInputError: another corpus's fingerprint, an unknown column, a filter that is no boolean
            expression, deduplication that has not been run, unknown selector or setting.
    """
    corpus = workspace.corpus(mixture.corpus)
    if mixture.corpus_fingerprint not in (None, corpus.fingerprint):
        rule = (
            f"the mixture is of other documents than '{corpus.name}' now holds ({corpus.fingerprint[:12]}…)"
        )
        remedy = "bring those documents back, or remove corpus_fingerprint to plan on these"
        raise BadInputError(f"corpus_fingerprint {mixture.corpus_fingerprint}", rule, remedy)
    names, codes = domain_codes(workspace, corpus, mixture.domain)
    tokens = sizes(workspace, corpus, mixture)
    fall = _Waterfall(names, codes, tokens)
    kept = np.ones(corpus.documents, dtype=np.bool_)
    fall.add("corpus", kept)
    for condition in mixture.filters:
        kept &= workspace.keep_mask(corpus, condition.keep)
        fall.add(condition.name, kept)
    if mixture.dedup is not None:
        kept = without_duplicates(workspace, corpus, mixture.dedup, kept)
        fall.add(f"dedup ({mixture.dedup.method}, {mixture.dedup.scope})", kept)
    rows = _seen_order(workspace, corpus, names, codes, kept, mixture.seed)
    if mixture.selection is not None:
        rows = _selected(workspace, corpus, mixture.selection, rows, mixture.seed)
        kept = np.zeros(corpus.documents, dtype=np.bool_)
        kept[np.concatenate(list(rows.values()))] = True
        fall.add(f"selection ({mixture.selection.method})", kept)
    by_domain = {name: tokens[found] for name, found in rows.items()}
    return Pool(corpus, rows, by_domain, tuple(fall.rows))


class _Waterfall:
    """Counts what each step leaves, by domain."""

    def __init__(self, names: Sequence[str], codes: NDArray[np.int32], tokens: Rows) -> None:
        self._names, self._codes, self._tokens = names, codes, tokens
        self.rows: list[WaterfallRow] = []

    def add(self, step: str, kept: NDArray[np.bool_]) -> None:
        codes = self._codes[kept]
        documents = np.bincount(codes, minlength=len(self._names))
        tokens = np.bincount(codes, self._tokens[kept], len(self._names)).astype(np.int64)
        counted = zip(self._names, documents.tolist(), tokens.tolist(), strict=True)
        by_domain = {name: DomainCount(count, size) for name, count, size in counted}
        self.rows.append(WaterfallRow(step, int(documents.sum()), int(tokens.sum()), by_domain))


# --- domains ----------------------------------------------------------------------------------------


def domain_codes(workspace: Workspace, corpus: Corpus, column: str) -> tuple[list[str], NDArray[np.int32]]:
    """Return the column's distinct values as text, sorted, and each row's position among them.

    Nulls and empty text are the domain `(none)`.

    Raises:
        BadInputError: no such column, vectors, or more than 10,000 distinct values.
    """
    import pyarrow as pa
    import pyarrow.compute as pc

    check_column(workspace, corpus, column)
    values = workspace.read(corpus, [column])[column]
    if pa.types.is_nested(values.type) or pa.types.is_binary(values.type):
        raise BadInputError(column, "its values are no categories", "choose a column like source or cluster")
    encoded = pc.dictionary_encode(values.combine_chunks(), null_encoding="encode")
    if isinstance(encoded, pa.ChunkedArray):
        encoded = encoded.combine_chunks()
    if len(encoded.dictionary) > MAX_DOMAINS:
        rule = f"has {len(encoded.dictionary):,} distinct values; domains are at most {MAX_DOMAINS:,}"
        raise BadInputError(column, rule, "choose a column like source or cluster")
    texts = [NO_DOMAIN if v is None or v == "" else str(v) for v in encoded.dictionary.to_pylist()]
    names = sorted(set(texts))
    place = {name: position for position, name in enumerate(names)}
    recode = np.array([place[text] for text in texts], dtype=np.int32)
    return names, recode[encoded.indices.to_numpy(zero_copy_only=False)]


def check_column(workspace: Workspace, corpus: Corpus, column: str) -> None:
    """Raise `NotFoundError` with the nearest names where the corpus has no such column."""
    names = workspace.column_names(corpus)
    if column not in names:
        near = difflib.get_close_matches(column, names, n=3)
        remedy = f"did you mean {' or '.join(near)}?" if near else "there are: " + ", ".join(names)
        raise NotFoundError(column, f"'{corpus.name}' has no such column", remedy)


# --- duplicates -------------------------------------------------------------------------------------


def without_duplicates(
    workspace: Workspace, corpus: Corpus, dedup: Dedup, kept: NDArray[np.bool_]
) -> NDArray[np.bool_]:
    """Keep one document of every group among those kept so far: the representative, else the first left.

    Raises:
        BadInputError: where that deduplication has not been run on the corpus.
    """
    suffix = "_local" if dedup.scope == "local" else ""
    group_name, flag_name = f"duplicate_group{suffix}", f"is_duplicate{suffix}"
    made = next((c for c in workspace.columns(corpus) if group_name in c.names), None)
    if made is None or made.maker != dedup.method:
        found = "has not been run" if made is None else f"is not the one last run ({made.maker})"
        remedy = f"run `python -m core dedup {corpus.name} --method {dedup.method} --scope {dedup.scope}`"
        raise BadInputError(f"dedup {dedup.method}, {dedup.scope}", f"{found} on '{corpus.name}'", remedy)
    table = workspace.read(corpus, [group_name, flag_name])
    groups = table[group_name].to_numpy()
    return one_per_group(groups, table[flag_name].to_numpy().astype(np.bool_), kept)


def one_per_group(groups: Rows, duplicate: NDArray[np.bool_], kept: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Return `kept` less all but one of each group; `groups` holds the row of each group's first member."""
    result = kept & ~duplicate
    covered = np.zeros(len(groups), dtype=np.bool_)
    covered[groups[result]] = True
    orphans = np.flatnonzero(kept & duplicate & ~covered[groups])  # their representative was filtered out
    _, first = np.unique(groups[orphans], return_index=True)
    result[orphans[first]] = True
    return result


# --- order and selection ----------------------------------------------------------------------------


def _seeded(seed: int, *parts: str) -> int:
    """64 bits that depend on all of it, on any machine."""
    return int.from_bytes(hashlib.sha256("\0".join([str(seed), *parts]).encode()).digest()[:8], "little")


def _mixed(keys: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """The finaliser of SplitMix64: every bit of the input moves every bit of the output."""
    keys = (keys ^ (keys >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    keys = (keys ^ (keys >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return keys ^ (keys >> np.uint64(31))


def _content_keys(workspace: Workspace, corpus: Corpus) -> NDArray[np.uint64]:
    """64 bits of each document's content hash, without making a Python object a row."""
    import pyarrow.compute as pc

    hashes = workspace.read(corpus, ["content_hash"])["content_hash"]
    pieces = []
    for chunk in pc.cast(pc.utf8_slice_codeunits(hashes, 0, 16), "large_binary").chunks:
        data = np.frombuffer(chunk.buffers()[2], dtype="<u8", count=2 * (len(chunk) + chunk.offset))
        words = data.reshape(-1, 2)[chunk.offset :]
        pieces.append(_mixed(words[:, 0].astype(np.uint64)) ^ words[:, 1])
    return np.concatenate(pieces)


def _seen_order(
    workspace: Workspace,
    corpus: Corpus,
    names: Sequence[str],
    codes: NDArray[np.int32],
    kept: NDArray[np.bool_],
    seed: int,
) -> dict[str, Rows]:
    """Order each domain's kept rows by the hash of seed, domain and content; equal texts by their ids."""
    keys = _content_keys(workspace, corpus)
    left = np.flatnonzero(kept)
    left = left[np.argsort(codes[left], kind="stable")]
    ends = np.searchsorted(codes[left], np.arange(len(names) + 1))
    ordered = {}
    for name, low, high in zip(names, ends[:-1], ends[1:], strict=True):
        rows = left[low:high]
        ranks = _mixed(keys[rows] ^ np.uint64(_seeded(seed, name)))
        order = np.argsort(ranks, kind="stable")
        ordered[name] = _ties_by_id(workspace, corpus, rows[order], ranks[order])
    return ordered


def _ties_by_id(workspace: Workspace, corpus: Corpus, rows: Rows, ranks: NDArray[np.uint64]) -> Rows:
    same = ranks[1:] == ranks[:-1]
    if not same.any():
        return rows
    tied = np.flatnonzero(np.concatenate([[False], same]) | np.concatenate([same, [False]]))
    ids = workspace.read(corpus, ["id"], rows[tied])["id"].to_pylist()
    by_id = sorted(range(len(tied)), key=lambda i: (ranks[tied[i]], ids[i]))
    result = rows.copy()
    result[tied] = rows[tied[by_id]]
    return result


def _selected(
    workspace: Workspace, corpus: Corpus, selection: Selection, rows: Mapping[str, Rows], seed: int
) -> dict[str, Rows]:
    """Run the selector on each domain by itself, for `share` of the tokens that the domain has left."""
    settings = dict(selection.model_extra or {})
    share = settings.pop("share", DEFAULT_SHARE)
    if isinstance(share, bool) or not isinstance(share, int | float) or not 0 < share <= 1:
        raise BadInputError(f"selection.share = {share}", "a share is above 0 and at most 1", "try 0.5")
    selector = make(SELECTORS, selection.method, settings)
    columns = selector_columns(workspace, corpus, selector)
    chosen = {}
    for domain, found in rows.items():
        pool = {name: values[found] for name, values in columns.items()}
        rng = np.random.default_rng(_seeded(seed, domain, "selection"))
        mask, _ = selector.select(pool, round(share * int(pool["tokens"].sum())), rng)
        chosen[domain] = found[mask]
    return chosen


def selector_columns(workspace: Workspace, corpus: Corpus, selector: Selector) -> dict[str, NDArray[Any]]:
    """Read what a selector needs beside the tokens, whole columns, nulls as NaN."""
    import pyarrow as pa
    import pyarrow.compute as pc

    for column in selector.needs:
        check_column(workspace, corpus, column)
    table = workspace.read(corpus, list(dict.fromkeys(["tokens", *selector.needs])))
    found = {}
    for name in table.column_names:
        values = table[name]
        if pa.types.is_boolean(values.type):
            values = pc.cast(values, pa.uint8())
        found[name] = values.to_numpy()
    return found

"""Which documents a mixture leaves: filters, deduplication and selection, by domain, with the waterfall.

A pool depends on no weight (`depends_on` says on what), so that a moved fader needs no new one. Within a domain,
documents stand in the order in which they are seen: by a 64-bit hash of seed, domain and content, hence the same
whatever their order in the corpus.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.bricks import make
from core.domains import check_column as check_column
from core.domains import crossed_codes, ranks
from core.domains import domain_codes as domain_codes
from core.doors import Selector
from core.errors import BadInputError, NotFoundError
from core.needs import SPECIAL, resolve, target_of, within
from core.preface import plain_sizes, sizes
from core.selectors import SELECTORS
from core.sharing import Shared, shared
from core.types import Corpus, Dedup, DomainCount, Mixture, Selection, WaterfallRow
from core.workspace import Workspace

DEFAULT_SHARE = 0.5
Rows = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Pool:
    """Per domain, the rows that are left and their tokens, in the order in which they are seen.

    `tokens` count the preface, `bare` do not; it is there where some stage leaves the preface out. `ranks` give, by
    column that some stage orders by, each row's place among the values from 0, and -1 where there is none.
    """

    corpus: Corpus
    rows: Mapping[str, Rows]
    tokens: Mapping[str, Rows]
    waterfall: tuple[WaterfallRow, ...]
    bare: Mapping[str, Rows] = field(default_factory=dict)
    ranks: Mapping[str, Rows] = field(default_factory=dict)
    shared: tuple[Shared, ...] = ()
    target: str | None = None  # the hash of what the selection's target file holds

    @property
    def available(self) -> dict[str, int]:
        """Tokens left by domain; a domain that lost all its documents stands at 0."""
        return {domain: int(tokens.sum()) for domain, tokens in self.tokens.items()}


def depends_on(mixture: Mixture) -> dict[str, Any]:
    """Return what of a mixture decides its pool, and the hash of its selection's target; so do the corpus's columns.

    Raises:
        BadInputError: a selector or setting that there is not, or a target that is no file.
    """
    keys = {
        "corpus",
        "corpus_fingerprint",
        "domain",
        "cross",
        "filters",
        "dedup",
        "selection",
        "seed",
        "preface",
    }
    return {
        **mixture.model_dump(mode="json", include=keys),
        "ordered": sorted({stage.order.by for stage in mixture.stages if stage.order}),
        "bare": not all(stage.preface for stage in mixture.stages),
        "target": target_hash(mixture),
    }


def target_hash(mixture: Mixture) -> str | None:
    """Return the hash of what the target of the mixture's selection holds; None where it has none."""
    return None if mixture.selection is None else target_of(_selector(mixture.selection)[0])


def make_pool(workspace: Workspace, mixture: Mixture) -> Pool:
    """Filter, deduplicate and select the mixture's corpus; 1M documents take two seconds.

    A filter that reads the texts takes longer: half a second for 100,000 documents of 1 kB.

    Raises:
        BadInputError: another corpus's fingerprint, an unknown column, a filter that is no boolean
            expression, deduplication that has not been run, unknown selector or setting.
    """
    corpus, parts = workspace.corpus(mixture.corpus), depends_on(mixture)
    if mixture.corpus_fingerprint not in (None, corpus.fingerprint):
        rule = (
            f"the mixture is of other documents than '{corpus.name}' now holds ({corpus.fingerprint[:12]}…)"
        )
        remedy = "bring those documents back, or remove corpus_fingerprint to plan on these"
        raise BadInputError(f"corpus_fingerprint {mixture.corpus_fingerprint}", rule, remedy)
    names, codes = crossed_codes(workspace, corpus, (mixture.domain, *mixture.cross))
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
    rows = seen_rows(workspace, corpus, names, codes, kept, mixture.seed)
    if mixture.selection is not None:
        rows = _selected(workspace, corpus, mixture.selection, rows, mixture.seed)
        kept = np.zeros(corpus.documents, dtype=np.bool_)
        kept[np.concatenate(list(rows.values()))] = True
        fall.add(f"selection ({mixture.selection.method})", kept)
    bare = tokens if mixture.preface is None else plain_sizes(workspace, corpus)
    return Pool(
        corpus,
        rows,
        {name: tokens[found] for name, found in rows.items()},
        tuple(fall.rows),
        {name: bare[found] for name, found in rows.items()} if parts["bare"] else {},
        {column: ranks(workspace, corpus, column) for column in parts["ordered"]},
        shared(workspace, corpus, mixture, names, codes, tokens, kept),
        parts["target"],
    )


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


# --- duplicates -------------------------------------------------------------------------------------


def without_duplicates(
    workspace: Workspace, corpus: Corpus, dedup: Dedup, kept: NDArray[np.bool_]
) -> NDArray[np.bool_]:
    """Keep one document of every group among those kept so far: the representative, else the first left by id.

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

    def by_id(rows: Rows) -> Rows:
        import pyarrow.compute as pc

        order: Rows = pc.sort_indices(workspace.read(corpus, ["id"], rows)["id"]).to_numpy()
        return rows[order]

    return one_per_group(groups, table[flag_name].to_numpy().astype(np.bool_), kept, by_id)


def one_per_group(
    groups: Rows,
    duplicate: NDArray[np.bool_],
    kept: NDArray[np.bool_],
    ranked: Callable[[Rows], Rows] = lambda rows: rows,
) -> NDArray[np.bool_]:
    """Return `kept` less all but one of each group; `groups` holds the row of each group's first member.

    Where a group's representative was filtered out, the first of its others stays, as `ranked` puts them: by
    their ids, so that the order of the corpus decides nothing.
    """
    result = kept & ~duplicate
    covered = np.zeros(len(groups), dtype=np.bool_)
    covered[groups[result]] = True
    orphans = np.flatnonzero(kept & duplicate & ~covered[groups])  # their representative was filtered out
    several = np.bincount(groups[orphans], minlength=1)[groups[orphans]] > 1
    result[orphans[~several]] = True
    if several.any():  # ranks cost a reading of ids, and most such groups have one left
        contested = ranked(orphans[several])
        _, first = np.unique(groups[contested], return_index=True)
        result[contested[first]] = True
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


def seen_rows(
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
    ranks_ = np.empty(len(left), dtype=np.uint64)
    for name, low, high in zip(names, ends[:-1], ends[1:], strict=True):
        found = _mixed(keys[left[low:high]] ^ np.uint64(_seeded(seed, name)))
        order = np.argsort(found, kind="stable")
        left[low:high], ranks_[low:high] = left[low:high][order], found[order]
    same = (ranks_[1:] == ranks_[:-1]) & (codes[left[1:]] == codes[left[:-1]])
    rows = _ties_by_id(workspace, corpus, left, same)
    return {name: rows[low:high] for name, low, high in zip(names, ends[:-1], ends[1:], strict=True)}


def _ties_by_id(workspace: Workspace, corpus: Corpus, rows: Rows, same: NDArray[np.bool_]) -> Rows:
    """Put rows that tie in the order of their ids; `same` says, from the second on, which tie with the one before."""
    if not same.any():
        return rows
    import pyarrow as pa

    tied = np.flatnonzero(np.concatenate([[False], same]) | np.concatenate([same, [False]]))
    group = np.cumsum(np.concatenate([[False], ~same]))[tied]
    there = np.sort(rows[tied])  # read from front to back
    ids = workspace.read(corpus, ["id"], there)["id"].take(pa.array(np.searchsorted(there, rows[tied])))
    table = pa.table({"group": group, "id": ids, "row": rows[tied]})
    result = rows.copy()
    result[tied] = table.sort_by([("group", "ascending"), ("id", "ascending")])["row"].to_numpy()
    return result


def _selector(selection: Selection) -> tuple[Selector, float]:
    """Return the selector, and the share of each domain's tokens that it is to take."""
    settings = dict(selection.model_extra or {})
    share = settings.pop("share", DEFAULT_SHARE)
    if isinstance(share, bool) or not isinstance(share, int | float) or not 0 < share <= 1:
        raise BadInputError(f"selection.share = {share}", "a share is above 0 and at most 1", "try 0.5")
    return make(SELECTORS, selection.method, settings), share


def _selected(
    workspace: Workspace, corpus: Corpus, selection: Selection, rows: Mapping[str, Rows], seed: int
) -> dict[str, Rows]:
    """Run the selector on each domain by itself, for `share` of the tokens that the domain has left."""
    selector, share = _selector(selection)
    columns = selector_columns(workspace, corpus, selector)
    chosen = {}
    for domain, found in rows.items():
        pool = within(columns, found)
        rng = np.random.default_rng(_seeded(seed, domain, "selection"))
        mask, _ = selector.select(pool, round(share * int(pool["tokens"].sum())), rng)
        chosen[domain] = found[mask]
    return chosen


def selector_columns(workspace: Workspace, corpus: Corpus, selector: Selector) -> dict[str, NDArray[Any]]:
    """Read what a selector needs beside the tokens, of the whole corpus.

    Nulls are NaN, or None in a column of text or lists; what is no column comes from `core.needs`.

    Raises:
        NotFoundError: where a column is not there, with the selector's own words for how to come by it.
    """
    import pyarrow as pa
    import pyarrow.compute as pc

    wanted = [name for name in selector.needs if name not in SPECIAL]
    for column in wanted:
        try:
            check_column(workspace, corpus, column)
        except NotFoundError as error:
            obtain = getattr(selector, "obtain", "")
            near = error.remedy if error.remedy.startswith("did you mean") or not obtain else ""
            remedy = " ".join(filter(None, [near, obtain]))
            raise NotFoundError(column, error.rule, remedy) from None
    table = workspace.read(corpus, list(dict.fromkeys(["tokens", *wanted])))
    found = {}
    for name in table.column_names:
        values = table[name]
        if pa.types.is_boolean(values.type):
            values = pc.cast(values, pa.uint8())
        found[name] = values.to_numpy()
    return {**found, **resolve(workspace, corpus, selector)}

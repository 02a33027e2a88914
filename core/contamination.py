"""Contamination: find benchmarks' items in a corpus by their n-grams, by benchmark and by domain."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache, partial
from itertools import compress, pairwise
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core import disk
from core.engines import LocalEngine
from core.engines.batches import runs
from core.errors import BadInputError
from core.overlap import Benchmark, Index, build, opened, read
from core.overlap.index import PART_CHARACTERS, save
from core.types import JSON, Column, Corpus, Progress, Scalar, silent
from core.workspace import Workspace

VERSION = 1
SHARD_ROWS = 1024
LARGEST_N = 64
COMMON_DOCUMENTS = 10  # documents that must hold an n-gram, whatever their share, before it is common
Integers = NDArray[np.int64]


def contamination(
    workspace: Workspace,
    name: str,
    benchmarks: Sequence[str | Path],
    n: int = 13,
    min_hits: int = 3,
    min_coverage: float = 0.001,
    common: float = 0.001,
    text_fields: Sequence[str] = (),
    progress: Progress = silent,
    workers: int | None = None,
) -> dict[str, JSON]:
    """Hang beside each document how much of which benchmarks it holds, word n-gram for word n-gram.

    Texts are normalised (NFKC, lower case, no punctuation) and English stop words left out. An n-gram
    that more than the share `common` of the corpus's documents hold, and more than 10 of them, is common
    speech and does not count. A document is contaminated by a benchmark of which it holds `min_hits`
    different n-grams, if all the benchmarks' n-grams in it cover the share `min_coverage` of its words.
    n = 13 is the usual habit, n = 8 the stricter. Paraphrases and translations are not found.

    The columns, for n = 13: `contamination_13` (different n-grams held), `contamination_13_coverage`
    (share of its words that they cover), `contaminated_13`, and `contamination_13_benchmark` (of which,
    joined by commas; null where of none). Nothing is dropped: a mixture does that, with the filter
    ``NOT contaminated_13``. Memory grows with the benchmarks, not with the corpus, but for a byte a document.

    Args:
        workspace: where the corpus lives.
        name: the corpus.
        benchmarks: their files, each a benchmark by its name without suffixes; see `core.overlap.read`.
        n: words of an n-gram, 2 to 64.
        min_hits: different n-grams of one benchmark that contaminate a document.
        min_coverage: share of its words that they must cover.
        common: share of the corpus's documents beyond which an n-gram does not count.
        text_fields: the benchmarks' fields that are looked for; by default all their strings.
        progress: told the documents done, in two passes.
        workers: processes; by default one a core, and none for a corpus of a single shard.

    Returns:
        `columns`, `n`, `ngrams` (different ones of the benchmarks), `common_ngrams` (left out),
        `documents` and `tokens` (contaminated), `by_benchmark` (`items`; `items_hit`: with `min_hits`
        n-grams found anywhere in the corpus; `items_too_short`: with fewer than that; `documents`,
        `tokens`, `by_domain`) and `by_domain` (contaminated and all documents and tokens). Kept in the
        report `contamination`, by n.

    Raises:
        BadInputError: for a setting out of range, or a benchmark that cannot be read, holds no text, or
            has no item of n words.
    """
    _check(n, min_hits, min_coverage, common, benchmarks)
    corpus = workspace.corpus(name)
    read_ones = _read(benchmarks, text_fields)
    column = _column(workspace, corpus, read_ones, n, min_hits, min_coverage, common, text_fields)
    kept: dict[str, Any] = workspace.report(corpus, "contamination") or {}
    known = kept.get(str(n))
    if workspace.has_column(corpus, column) and known and known["fingerprint"] == column.fingerprint:
        workspace.write_whole_column(corpus, column, {})  # it is there: only make it current
        return dict(known)
    index, names = _index(read_ones, n), tuple(one.name for one in read_ones)
    engine = LocalEngine(1 if corpus.documents <= SHARD_ROWS else workers)
    with disk.scratch(workspace.folder) as place:
        save(index, place)
        held = _count(workspace, corpus, place, len(index.hashes), engine, progress)
        is_common = held > max(COMMON_DOCUMENTS, common * corpus.documents)
        np.save(place / "common.npy", is_common)
        workspace.write_column(
            corpus,
            column,
            partial(_produce, str(place), names, min_hits, min_coverage, column.names),
            reads=("row", "text"),
            shard_rows=SHARD_ROWS,
            progress=progress,
            engine=engine,
        )
    items = _items(index, (held > 0) & ~is_common, min_hits, names)
    facts = {"ngrams": len(index.hashes), "common_ngrams": int(is_common.sum())}
    signed = {"columns": list(column.names), "n": n, "fingerprint": column.fingerprint}
    result: dict[str, JSON] = {**signed, **facts, **_counted(workspace, corpus, column, items)}
    workspace.write_report(corpus, "contamination", {**kept, str(n): result})
    return result


def _check(n: int, min_hits: int, min_coverage: float, common: float, benchmarks: Sequence[object]) -> None:
    if not benchmarks:
        raise BadInputError("no benchmark", "at least one is needed", "give the benchmarks' files")
    for value, rule, fits in (
        (f"n = {n}", f"must be 2 to {LARGEST_N} words", 2 <= n <= LARGEST_N),
        (f"min_hits = {min_hits}", "must be 1 or more", min_hits >= 1),
        (f"min_coverage = {min_coverage}", "is a share from 0 to 1", 0 <= min_coverage <= 1),
        (f"common = {common}", "is a share above 0, up to 1", 0 < common <= 1),
    ):
        if not fits:
            raise BadInputError(value, rule, "give another value")


def _read(paths: Sequence[str | Path], fields: Sequence[str]) -> list[Benchmark]:
    """Read the benchmarks in the order of their names."""
    found = sorted((read(path, fields) for path in paths), key=lambda one: one.name)
    for one, other in pairwise(found):
        if one.name == other.name:
            raise BadInputError(one.name, "two benchmarks have this name", "rename one of the files")
    return found


def _column(
    workspace: Workspace,
    corpus: Corpus,
    benchmarks: Sequence[Benchmark],
    n: int,
    min_hits: int,
    min_coverage: float,
    common: float,
    fields: Sequence[str],
) -> Column:
    settings: dict[str, Scalar] = {
        "n": n,
        "min_hits": min_hits,
        "min_coverage": float(min_coverage),
        "common": float(common),
        "text_fields": ", ".join(fields),
        "benchmarks": ", ".join(one.name for one in benchmarks),
    }
    stem = f"contamination_{n}"
    names = (stem, f"{stem}_coverage", f"contaminated_{n}", f"{stem}_benchmark")
    inputs = tuple(one.sha256 for one in benchmarks)
    return workspace.column(corpus, "contamination", VERSION, settings, names, "risk", inputs)


def _index(benchmarks: Sequence[Benchmark], n: int) -> Index:
    index = build([one.items for one in benchmarks], n)
    there = set(index.item_benchmark[index.pair_item].tolist())
    for i, one in enumerate(benchmarks):
        if i not in there:
            rule = f"no item has {n} words that are no stop words"
            raise BadInputError(one.name, rule, "take a smaller n, or name the field that holds the text")
    return index


# --- the two passes ---------------------------------------------------------------------------------


def _count(
    workspace: Workspace, corpus: Corpus, folder: Path, ngrams: int, engine: LocalEngine, progress: Progress
) -> Integers:
    """Return in how many documents each n-gram stands; write down which documents hold any."""
    held = np.zeros(ngrams, dtype=np.int64)
    hit = np.zeros(corpus.documents, dtype=np.bool_)
    tables = workspace.shards(corpus, ["row", "text"], SHARD_ROWS)
    for i, (rows, grams, counts) in enumerate(engine.map(partial(_held, str(folder)), tables), start=1):
        held[grams] += counts
        hit[rows] = True
        progress(min(i * SHARD_ROWS, corpus.documents), corpus.documents, "contamination: counting n-grams")
    np.save(folder / "hit.npy", hit)
    return held


def _held(folder: str, table: Any) -> tuple[Integers, Integers, Integers]:
    """Return one shard's rows with n-grams of the benchmarks, the n-grams, and how many rows hold each."""
    index, texts, done = opened(folder), table["text"].to_pylist(), 0
    rows, grams = [np.zeros(0, np.int64)], [np.zeros(0, np.int64)]
    for part in runs(texts, PART_CHARACTERS):
        document, _, gram, _ = index.find(part)
        document, gram = _pairs(document, gram, index)
        rows.append(np.unique(document) + done)
        grams.append(gram)
        done += len(part)
    found, counts = np.unique(np.concatenate(grams), return_counts=True)
    return table["row"].to_numpy()[np.concatenate(rows)], found, counts


def _pairs(document: Integers, gram: Integers, index: Index) -> tuple[Integers, Integers]:
    """Return each pair of a document and an n-gram that it holds once."""
    size = max(1, len(index.hashes))
    found, grams = np.divmod(np.unique(document * size + gram), size)
    return found, grams


@lru_cache(maxsize=4)
def _marks(path: str) -> NDArray[np.bool_]:
    found: NDArray[np.bool_] = np.load(path, mmap_mode="r")
    return found


def _produce(
    folder: str,
    names: Sequence[str],
    min_hits: int,
    min_coverage: float,
    columns: Sequence[str],
    table: Any,
) -> dict[str, Any]:
    """Judge one shard; only documents of which the first pass found something are looked at again."""
    import pyarrow as pa

    hits, coverage = np.zeros(table.num_rows, np.int32), np.zeros(table.num_rows)
    blamed = np.zeros((table.num_rows, len(names)), dtype=np.int64)
    index, common = opened(folder), _marks(f"{folder}/common.npy")
    suspects = np.flatnonzero(_marks(f"{folder}/hit.npy")[table["row"].to_numpy()])
    done = 0
    for part in runs(table["text"].take(pa.array(suspects)).to_pylist(), PART_CHARACTERS):
        rows = suspects[done : done + len(part)]
        hits[rows], coverage[rows], blamed[rows] = _judged(index, common, part, len(names))
        done += len(part)
    guilty = (blamed >= min_hits) & (coverage >= min_coverage)[:, None]
    named = [", ".join(compress(names, row)) if any(row) else None for row in guilty.tolist()]
    values = (hits, coverage, guilty.any(axis=1), pa.array(named, pa.string()))
    return dict(zip(columns, values, strict=True))


def _judged(
    index: Index, common: NDArray[np.bool_], texts: Sequence[str], benchmarks: int
) -> tuple[Integers, NDArray[np.float64], Integers]:
    """Return each text's different n-grams, the share of its words they cover, and n-grams by benchmark."""
    document, at, gram, words = index.find(texts)
    counts = ~common[gram]
    document, at, gram = document[counts], at[counts], gram[counts]
    apart = np.full(len(at), index.n)  # words that each n-gram covers before the next of the text begins
    same = document[1:] == document[:-1]
    apart[:-1][same] = np.minimum(np.diff(at)[same], index.n)
    covered = np.bincount(document, apart, minlength=len(texts))
    holder, grams = _pairs(document, gram, index)
    which, owner = index.benchmarks_of(grams)
    by_benchmark = np.bincount(holder[which] * benchmarks + owner, minlength=len(texts) * benchmarks)
    hits = np.bincount(holder, minlength=len(texts))
    return hits, covered / np.maximum(words, 1), by_benchmark.reshape(len(texts), benchmarks)


# --- the report -------------------------------------------------------------------------------------


def _items(
    index: Index, found: NDArray[np.bool_], min_hits: int, names: Sequence[str]
) -> dict[str, dict[str, int]]:
    """Count each benchmark's items: all, those found in the corpus, those too short to be found."""
    size = len(index.item_benchmark)
    of_item = np.bincount(index.pair_item, minlength=size)
    met = np.bincount(index.pair_item[found[index.pair_gram]], minlength=size)
    counted = {}
    for i, name in enumerate(names):
        own = index.item_benchmark == i
        counted[name] = {
            "items": int(own.sum()),
            "items_hit": int((met[own] >= min_hits).sum()),
            "items_too_short": int((of_item[own] < min_hits).sum()),
        }
    return counted


def _counted(
    workspace: Workspace, corpus: Corpus, column: Column, items: dict[str, dict[str, int]]
) -> dict[str, JSON]:
    rows = workspace.query(
        corpus,
        f"SELECT source, {column.names[3]} AS benchmark, count(*) AS documents, "  # noqa: S608 our own column's name
        "sum(tokens)::BIGINT AS tokens FROM documents GROUP BY ALL ORDER BY source, benchmark",
    ).to_pylist()
    dirty = [row for row in rows if row["benchmark"] is not None]
    by_benchmark: dict[str, JSON] = {}
    for name, counts in items.items():
        own = [row for row in dirty if name in row["benchmark"].split(", ")]
        by_benchmark[name] = {**counts, **_sum(own), "by_domain": _by_domain(own)}
    hit = _by_domain(dirty)
    none = {"documents": 0, "tokens": 0}
    by_domain = {
        domain: {**hit.get(domain, none), "all_documents": count.documents, "all_tokens": count.tokens}
        for domain, count in corpus.domains.items()
    }
    return {**_sum(dirty), "by_benchmark": by_benchmark, "by_domain": by_domain}


def _sum(rows: Sequence[dict[str, Any]]) -> dict[str, int]:
    return {unit: sum(row[unit] for row in rows) for unit in ("documents", "tokens")}


def _by_domain(rows: Sequence[dict[str, Any]]) -> dict[str, dict[str, int]]:
    domains = dict.fromkeys(row["source"] for row in rows)
    return {domain: _sum([row for row in rows if row["source"] == domain]) for domain in domains}

"""Which documents: a selector run over a corpus, or over one part of it, by itself and beside another."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.bricks import make, settings_of, signed_settings_of
from core.doors import Selector
from core.errors import BadInputError
from core.needs import target_of, within
from core.pool import domain_codes, seen_rows, selector_columns
from core.selectors import SELECTORS
from core.tables import FIXED
from core.types import JSON, Column, Corpus, DomainCount, Progress, Scalar, check_name, silent
from core.workspace import Workspace

BASELINE = "random"
Mask = NDArray[np.bool_]


def select(
    workspace: Workspace,
    name: str,
    method: str,
    settings: Mapping[str, Scalar] | None = None,
    *,
    share: float = 0.5,
    where: str | None = None,
    seed: int = 0,
) -> tuple[Mask, str]:
    """Select `share` of a corpus's tokens; returns a mask over all its rows, and the rule in one sentence.

    The selector sees the documents in an order that their contents and the seed decide, so that the same
    documents are selected whatever their order in the corpus.

    Args:
        workspace: Holds the corpus.
        name: The corpus.
        method: A selector's name; run `random` beside it to see what the method itself is worth.
        settings: The selector's settings.
        share: Of the pool's tokens, above 0 and at most 1.
        where: A boolean SQL expression; only documents for which it is true are in the pool.
        seed: The same seed selects the same documents.

    Raises:
        BadInputError: an unknown corpus, method, setting or column, something that the method needs and that
            is not there, or a share out of range.
    """
    _check(share)
    corpus = workspace.corpus(name)
    selector = make(SELECTORS, method, settings)
    return _selected(workspace, corpus, selector, _pool(workspace, corpus, where, seed), share, seed)


def compare(
    workspace: Workspace,
    name: str,
    method: str,
    settings: Mapping[str, Scalar] | None = None,
    *,
    share: float = 0.5,
    where: str | None = None,
    beside: str = BASELINE,
    called: str | None = None,
    seed: int = 0,
    progress: Progress = silent,
) -> dict[str, JSON]:
    """Run a selector and another with its default settings on the same pool, and say what each selects.

    Args:
        workspace: Holds the corpus.
        name: The corpus.
        method: A selector's name.
        settings: Its settings.
        share: Of the pool's tokens, above 0 and at most 1.
        where: A boolean SQL expression; only documents for which it is true are in the pool.
        beside: The selector to compare with.
        called: Hangs what is selected beside the documents, true or false, as a column of this name.
        seed: The same seed selects the same documents.
        progress: Told by selector.

    Returns:
        `pool`, `selected` and `beside`, each with `documents`, `tokens`, `domains` (by source), `means` (of each
        numeric column of kind quality, and of what the method reads) and `clusters` (how many distinct ones
        are covered; null where the corpus has not been clustered); the selections with `method`, `settings`
        and `rule`. `overlap` is the share of the selected documents that the other selects, too; `column` the name
        that was hung.

    Raises:
        BadInputError: as `select` does; or a name that is no name, or that something else has.
    """
    _check(share)
    corpus = workspace.corpus(name)
    selectors = [make(SELECTORS, method, settings), make(SELECTORS, beside)]
    if called is not None:
        _check_name(workspace, corpus, called)
    pool = _pool(workspace, corpus, where, seed)
    masks, told = [], []
    for done, selector in enumerate(selectors):
        progress(done, len(selectors), f"selecting by {selector.name}")
        mask, rule = _selected(workspace, corpus, selector, pool, share, seed)
        masks.append(mask)
        told.append({"method": selector.name, "settings": settings_of(selector), "rule": rule})
    progress(len(selectors), len(selectors), "selected")
    inside = np.zeros(corpus.documents, dtype=np.bool_)
    inside[pool] = True
    facts = _facts(workspace, corpus, selectors[0], [inside, *masks])
    if called is not None:
        asked: dict[str, Scalar] = {"share": share, "seed": seed}
        column = _signed(workspace, corpus, selectors[0], called, asked, inside)
        workspace.write_whole_column(corpus, column, {called: masks[0]})
    shared = int((masks[0] & masks[1]).sum())
    return {
        "corpus": name,
        "share": share,
        "where": where,
        "seed": seed,
        "pool": facts[0],
        "selected": {**told[0], **facts[1]},
        "beside": {**told[1], **facts[2]},
        "overlap": shared / max(1, int(masks[0].sum())),
        "column": called,
    }


def _check(share: float) -> None:
    if not 0 < share <= 1:
        raise BadInputError(f"share {share}", "a share is above 0 and at most 1", "try 0.5")


def _pool(workspace: Workspace, corpus: Corpus, where: str | None, seed: int) -> NDArray[np.int64]:
    """Return the rows to select from, in an order that contents and seed decide."""
    kept = np.ones(corpus.documents, dtype=np.bool_) if where is None else workspace.keep_mask(corpus, where)
    if not kept.any():
        raise BadInputError(where or corpus.name, "leaves no document to select from", "loosen the condition")
    one = np.zeros(corpus.documents, dtype=np.int32)
    return seen_rows(workspace, corpus, ["pool"], one, kept, seed)["pool"]


def _selected(
    workspace: Workspace, corpus: Corpus, selector: Selector, pool: NDArray[np.int64], share: float, seed: int
) -> tuple[Mask, str]:
    columns = within(selector_columns(workspace, corpus, selector), pool)
    budget = round(share * int(columns["tokens"].sum()))
    chosen, rule = selector.select(columns, budget, np.random.default_rng(seed))
    mask = np.zeros(corpus.documents, dtype=np.bool_)
    mask[pool[chosen]] = True
    return mask, rule


# --- what was selected ------------------------------------------------------------------------------


def _facts(
    workspace: Workspace, corpus: Corpus, selector: Selector, masks: Sequence[Mask]
) -> list[dict[str, JSON]]:
    """Return, for each mask, its documents, tokens, domains, means and clusters; a column is read once."""
    tokens = workspace.read(corpus, ["tokens"])["tokens"].to_numpy().astype(np.int64)
    names, codes = domain_codes(workspace, corpus, "source")
    facts: list[dict[str, Any]] = []
    for mask in masks:
        documents = np.bincount(codes[mask], minlength=len(names)).tolist()
        sizes = np.bincount(codes[mask], tokens[mask], len(names)).astype(np.int64).tolist()
        counts = zip(names, documents, sizes, strict=True)
        domains = {source: asdict(DomainCount(count, size)) for source, count, size in counts}
        facts.append(
            {
                "documents": sum(documents),
                "tokens": sum(sizes),
                "domains": domains,
                "means": {},
                "clusters": None,
            }
        )
    for column in _numeric(workspace, corpus, selector):
        values = workspace.read(corpus, [column])[column].to_numpy().astype(np.float64)
        for fact, mask in zip(facts, masks, strict=True):
            known = values[mask & np.isfinite(values)]
            fact["means"][column] = float(known.mean()) if len(known) else None
    if "cluster" in workspace.column_names(corpus):
        clusters = workspace.read(corpus, ["cluster"])["cluster"].to_numpy()
        for fact, mask in zip(facts, masks, strict=True):
            fact["clusters"] = len(np.unique(clusters[mask & (clusters >= 0)]))
    return facts


def _numeric(workspace: Workspace, corpus: Corpus, selector: Selector) -> list[str]:
    """The columns of kind quality, and those that the selector reads, as far as they hold one number a row."""
    import pyarrow as pa

    there = workspace.column_names(corpus)
    quality = [name for c in workspace.columns(corpus) if c.kind == "quality" for name in c.names]
    asked = [name for name in (*selector.needs, *quality) if name in there and name != "cluster"]
    schema = workspace.read(corpus, list(dict.fromkeys(asked)), [0]).schema if asked else pa.schema([])
    return [one.name for one in schema if pa.types.is_integer(one.type) or pa.types.is_floating(one.type)]


# --- the selection as a column ----------------------------------------------------------------------


def _check_name(workspace: Workspace, corpus: Corpus, called: str) -> None:
    check_name(called, "column")
    others = (column for column in workspace.columns(corpus) if column.maker not in SELECTORS)
    if called in {*FIXED, *corpus.fields, *(name for column in others for name in column.names)}:
        raise BadInputError(called, "something else is called so", "choose a name like selected_mig")


def _signed(
    workspace: Workspace,
    corpus: Corpus,
    selector: Selector,
    called: str,
    asked: Mapping[str, Scalar],
    pool: Mask,
) -> Column:
    """The column of a selection, signed by all that it depends on."""
    made = {name: column.fingerprint for column in workspace.columns(corpus) for name in column.names}
    vectors = [c.fingerprint for c in workspace.columns(corpus) if c.kind == "vectors"]
    inputs = [hashlib.sha256(np.packbits(pool).tobytes()).hexdigest()]
    inputs += [made[name] for name in selector.needs if name in made]
    inputs += vectors if {"vectors", "target_vectors"} & set(selector.needs) else []
    inputs += filter(None, [target_of(selector)])
    settings = {**signed_settings_of(selector), **asked}
    return workspace.column(
        corpus, selector.name, selector.version, settings, (called,), "other", tuple(inputs)
    )

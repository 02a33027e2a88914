"""Find duplicates: hang each document's group, and whether it is one copy too many, beside the corpus."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core import bricks, duplicates, signatures, survivors
from core.errors import BadInputError
from core.matchers import MATCHERS, PRESETS
from core.types import JSON, Column, Corpus, Progress, Scalar, silent
from core.workspace import Workspace

SCOPES = {"global": ("global",), "local": ("local",), "both": ("local", "global")}
_SUFFIX = {"global": "", "local": "_local"}
Rows = NDArray[np.int64]


def dedup(
    workspace: Workspace,
    name: str,
    method: str = "minhash",
    scope: str = "global",
    progress: Progress = silent,
    settings: Mapping[str, Scalar] | None = None,
    keep: str = survivors.LONGEST,
    workers: int | None = None,
    dry_run: bool = False,
) -> dict[str, JSON]:
    """Hang `duplicate_group` and `is_duplicate` beside a corpus, and say what removal would cost.

    Local scope compares only documents of one source, global scope all (SlimPajama-DC); local columns end in
    `_local`. Every local group lies within one global group, so local never finds what global misses. A
    group's id is the row of its first member. One of a group survives, by `keep`; the rest are duplicates.
    Nothing is removed here.

    Texts are read twice at most: all of them for a signature each (112 bytes for FineWeb's 14 × 8), which
    is kept shard by shard and survives a kill, and those that share a bucket to be compared. Memory grows by
    less than 1 kB a document; `semantic` has the vectors in memory beside. The result is the same for any
    number of workers, and, as sets of documents, for any order of them.

    Args:
        workspace: where the corpus lives.
        name: the corpus.
        method: a matcher's name: exact, minhash or semantic; or a preset of minhash: fineweb, slimpajama.
        scope: global, local, or both side by side.
        progress: told the documents done.
        settings: the matcher's settings that differ from its defaults, or the preset's.
        keep: longest, highest:COLUMN, lowest:COLUMN or sources:A,B,C.
        workers: processes, or threads for minhash; by default one a core, and none for a single shard.
        dry_run: only report; no column, and no report, is kept.

    Returns:
        `corpus`, `method`, `scope`, `settings`, `keep` (a sentence), `dry_run`, and of the scope (the
        global one for both): `groups` (of two members or more), `duplicates`, `share_by_domain` (source →
        share of its documents that are duplicates), `by_domain` (with counts and tokens), `matrix` (source
        → source → documents of the first with a duplicate in the second), `sizes` (groups by size),
        `largest_group` (its row and members), `suspicious` (groups with ids of members), `alarms`
        (sentences). For both, also `local` and `global` (all of that), and `side_by_side` (source →
        documents, local and global duplicates). Kept as the report `duplicates`, or `duplicates-local`.

    Raises:
        NotFoundError: for an unknown method, or where `semantic` finds no embedding.
        BadInputError: for an unknown scope, setting, survivor, column or source.
    """
    if scope not in SCOPES:
        raise BadInputError(scope, "no such scope", "choose global, local or both")
    if method in PRESETS:
        method, settings = "minhash", {**PRESETS[method], **(settings or {})}
    matcher, chosen = bricks.make(MATCHERS, method, settings), survivors.parse(keep)
    corpus = workspace.corpus(name)
    columns = {one: _column(workspace, corpus, matcher, keep, chosen, one) for one in SCOPES[scope]}
    there = all(workspace.has_column(corpus, column) for column in columns.values())
    if there and not dry_run:
        found = {one: _shown(workspace, corpus, column) for one, column in columns.items()}
    else:
        local, across, ranks = _groups(workspace, corpus, matcher, chosen, progress, workers)
        by_scope = {"local": local, "global": across}
        found = {one: (by_scope[one], duplicates.all_but_one(by_scope[one], ranks)) for one in columns}
        if not dry_run:
            for one, column in columns.items():
                workspace.write_whole_column(corpus, column, dict(zip(column.names, found[one], strict=True)))
    head: dict[str, JSON] = {
        "corpus": name,
        "method": method,
        "scope": scope,
        "settings": bricks.settings_of(matcher),
    }
    head |= {"keep": chosen.sentence, "dry_run": dry_run}
    names, codes = survivors.sources_of(workspace, corpus)
    told = {
        one: duplicates.summary(workspace, corpus, names, codes, *values) for one, values in found.items()
    }
    if not dry_run:
        for one, facts in told.items():
            report = {**head, "scope": one, **facts}
            workspace.write_report(corpus, "duplicates" + _SUFFIX[one].replace("_", "-"), report)
    return {**head, **told[scope]} if scope != "both" else {**head, **told["global"], **_side_by_side(told)}


def ensure(workspace: Workspace, name: str, method: str, scope: str, progress: Progress = silent) -> None:
    """Run the deduplication that a mixture names; one that has been run costs nothing.

    Where the columns shown are of that method and scope, it is run with their settings and survivor, so that
    what somebody chose stays; else with the defaults.
    """
    if method in PRESETS:
        rule = "a mixture names a matcher, and this is a preset"
        remedy = f"run `python -m core dedup {name} --method {method}`, and name minhash in the mixture"
        raise BadInputError(method, rule, remedy)
    corpus, group = workspace.corpus(name), "duplicate_group" + _SUFFIX.get(scope, "")
    shown = [c for c in workspace.columns(corpus) if c.maker == method and group in c.names]
    settings = dict(shown[0].settings) if shown else {}
    keep = str(settings.pop("keep", survivors.LONGEST))
    settings.pop("scope", None)
    dedup(workspace, name, method, scope, progress, settings, keep)


def _side_by_side(told: Mapping[str, Mapping[str, Any]]) -> dict[str, JSON]:
    rows = {
        source: {
            "documents": facts["documents"],
            "local": told["local"]["by_domain"][source]["duplicates"],
            "global": facts["duplicates"],
        }
        for source, facts in told["global"]["by_domain"].items()
    }
    alarms = [f"{one}: {alarm}" for one, facts in told.items() for alarm in facts["alarms"]]
    return {"local": told["local"], "global": told["global"], "side_by_side": rows, "alarms": alarms}


def _column(
    workspace: Workspace, corpus: Corpus, matcher: Any, keep: str, chosen: survivors.Keep, scope: str
) -> Column:
    names = ("duplicate_group" + _SUFFIX[scope], "is_duplicate" + _SUFFIX[scope])
    settings = {**bricks.settings_of(matcher), "scope": scope, "keep": keep}
    inputs = survivors.inputs(workspace, corpus, chosen)
    if matcher.takes == "vectors":
        workspace.vectors(corpus)  # says what to run where there is no embedding
        inputs += tuple(c.fingerprint for c in workspace.columns(corpus) if c.kind == "vectors")
    return workspace.column(corpus, matcher.name, matcher.version, settings, names, "duplicates", inputs)


def _shown(workspace: Workspace, corpus: Corpus, column: Column) -> tuple[Rows, NDArray[np.bool_]]:
    """Make a column that is there current, and read it."""
    workspace.write_whole_column(corpus, column, {})
    found = workspace.read(corpus, column.names)
    groups, flags = (found[name].to_numpy() for name in column.names)
    return groups, flags.astype(np.bool_)


def _groups(
    workspace: Workspace,
    corpus: Corpus,
    matcher: Any,
    keep: survivors.Keep,
    progress: Progress,
    workers: int | None,
) -> tuple[Rows, Rows, Rows]:
    """Return each document's group inside its source and at large, by the row of its first member; ranks."""
    parts = survivors.sources_of(workspace, corpus)[1].astype(np.int64)
    if matcher.takes == "vectors":
        ranks = survivors.ranks(workspace, corpus, keep, _characters(workspace, corpus))
        progress(0, corpus.documents, matcher.name)
        found = matcher.group(workspace.vectors(corpus), ranks, parts)
    else:
        engine = signatures.engine_for(matcher, corpus.documents, workers)
        signed = signatures.signed(workspace, corpus, matcher, progress, engine)
        ranks = survivors.ranks(workspace, corpus, keep, signed.characters)
        buckets, evidence = matcher.buckets(signed.signatures), None
        del signed
        if matcher.verifies:
            rows = np.flatnonzero((buckets >= 0).any(axis=1))
            engine = signatures.engine_for(matcher, len(rows), workers)
            evidence = rows, signatures.evidence(workspace, corpus, matcher, rows, progress, engine)
        found = matcher.group(buckets, evidence, ranks, parts)
    local, across = (_first_members(leaders) for leaders in found)
    progress(corpus.documents, corpus.documents, matcher.name)
    return local, across, ranks


def _first_members(leaders: Rows) -> Rows:
    """Turn each document's leader into the first row that has the same leader."""
    first = np.full(len(leaders), len(leaders), dtype=np.int64)
    np.minimum.at(first, leaders, np.arange(len(leaders)))
    return first[leaders]


def _characters(workspace: Workspace, corpus: Corpus) -> Rows:
    """Return each text's length in characters."""
    import pyarrow.compute as pc

    shards = workspace.shards(corpus, ["text"])
    return np.concatenate([pc.utf8_length(shard["text"]).to_numpy() for shard in shards]).astype(np.int64)

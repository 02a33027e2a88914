"""Filter a corpus by a published rule set: hang the reason why each document would be dropped."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

from core import bricks
from core.engines import LocalEngine
from core.errors import BadInputError, NotFoundError
from core.rulesets import PRESETS, RULESETS, Ruleset, first_reasons
from core.types import JSON, Column, Corpus, Progress, Scalar, silent
from core.workspace import Workspace

SHARD_ROWS = 1024


def settings_of(preset: str) -> dict[str, Scalar]:
    """Return all settings of a preset with the values they have unless changed.

    Raises:
        NotFoundError: where there is no such preset; lists those there are.
    """
    return {key: value for rules in _made(preset, {}) for key, value in bricks.settings_of(rules).items()}


def filter_by(
    workspace: Workspace,
    name: str,
    preset: str,
    settings: Mapping[str, object] | None = None,
    progress: Progress = silent,
    workers: int | None = None,
) -> dict[str, JSON]:
    """Hang the column `{preset}_reason` beside the documents: the first rule broken, null where kept.

    Nothing is dropped: a mixture does that, with the filter `{preset}_reason IS NULL`.

    Args:
        workspace: where the corpus lives.
        name: the corpus.
        preset: a rule set, or several in order (see `core.rulesets.PRESETS`).
        settings: thresholds that differ from the preset's own, by field name.
        progress: told the documents done.
        workers: processes; by default one a core, and none for a corpus of a single shard.

    Returns:
        `preset`, `column`, `kept` and `dropped` ({"documents", "tokens"}), `reasons` (reason → the same,
        the most frequent first), and `by_domain` (domain → `kept`, `dropped`, `reasons`).

    Raises:
        NotFoundError: for an unknown preset or corpus.
        BadInputError: for a setting that no rule set of the preset has, or a value that it cannot take.
    """
    corpus = workspace.corpus(name)
    rulesets = _made(preset, settings or {})
    column = column_of(workspace, corpus, preset, rulesets)
    workspace.write_column(
        corpus,
        column,
        partial(_produce, rulesets, column.names[0]),
        shard_rows=SHARD_ROWS,
        progress=progress,
        engine=LocalEngine(1 if corpus.documents <= SHARD_ROWS else workers),
    )
    return {"preset": preset, "column": column.names[0], **_counted(workspace, corpus, column.names[0])}


def column_of(workspace: Workspace, corpus: Corpus, preset: str, rulesets: Sequence[Ruleset]) -> Column:
    """Return the signed column of a preset with its settings, whether or not it has been computed."""
    signed: dict[str, Scalar] = {"rulesets": ", ".join(f"{r.name} {r.version}" for r in rulesets)}
    for rules in rulesets:
        signed |= bricks.settings_of(rules)
    return workspace.column(corpus, preset, 1, signed, (f"{preset}_reason",), "quality")


def _made(preset: str, settings: Mapping[str, object]) -> list[Ruleset]:
    """Make the rule sets of a preset, each with those of the settings that are its own."""
    if preset not in PRESETS:
        raise NotFoundError(preset, "no such preset", "choose one of: " + ", ".join(PRESETS))
    own = {part: bricks.settings_of(RULESETS[part]()) for part in PRESETS[preset]}
    for key, value in settings.items():
        if not any(key in known for known in own.values()):
            known = ", ".join(setting for fields in own.values() for setting in fields)
            raise BadInputError(key, f"'{preset}' has no such setting", f"its settings: {known}")
        if isinstance(value, float | str) and _is_unbounded(value):
            raise BadInputError(f"{key} = {value}", "a threshold is a finite number", "give a number")
    return [
        bricks.make(RULESETS, part, {**changed, **{k: v for k, v in settings.items() if k in own[part]}})
        for part, changed in PRESETS[preset].items()
    ]


def _is_unbounded(value: float | str) -> bool:
    try:
        return not math.isfinite(float(value))
    except ValueError:
        return False  # text that is no number at all; the brick's own types judge it


def _produce(rulesets: Sequence[Ruleset], column: str, table: Any) -> dict[str, Any]:
    """Judge one shard; stands at the module's top so that it travels to worker processes."""
    import pyarrow as pa

    # typed, for a shard from which nothing is dropped holds nulls alone
    return {column: pa.array(first_reasons(rulesets, table["text"].to_pylist()), pa.string())}


def _counted(workspace: Workspace, corpus: Corpus, column: str) -> dict[str, JSON]:
    found = workspace.query(
        corpus,
        f'SELECT source, "{column}" AS reason, count(*) AS documents, sum(tokens)::BIGINT AS tokens '  # noqa: S608 a preset's name
        "FROM documents GROUP BY ALL ORDER BY documents DESC, reason, source",
    ).to_pylist()
    by_domain = {
        domain: _sums([row for row in found if row["source"] == domain]) for domain in corpus.domains
    }
    return {**_sums(found), "by_domain": by_domain}


def _sums(rows: Sequence[Mapping[str, Any]]) -> dict[str, JSON]:
    reasons: dict[str, dict[str, int]] = {}
    for row in rows:
        if row["reason"] is not None:
            total = reasons.setdefault(row["reason"], {"documents": 0, "tokens": 0})
            for unit in total:
                total[unit] += row[unit]
    kept = [row for row in rows if row["reason"] is None]
    return {
        "kept": {unit: sum(row[unit] for row in kept) for unit in ("documents", "tokens")},
        "dropped": {unit: sum(total[unit] for total in reasons.values()) for unit in ("documents", "tokens")},
        "reasons": dict(sorted(reasons.items(), key=lambda item: (-item[1]["documents"], item[0]))),
    }

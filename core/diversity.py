"""Say how varied a corpus, its parts, a selection or a mixture is, so that they can be compared."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass

import numpy as np
from numpy.typing import NDArray

from core import bricks, disk
from core.errors import BadInputError
from core.metrics import METRICS
from core.metrics.syntactic_templates import bound_templates
from core.plan import make_plan
from core.pool import domain_codes, make_pool
from core.rarefaction import REPEATS, Measured, common_size, effective_count, measured_rows, tagged_pool, take
from core.types import JSON, Corpus, Mixture, Progress, silent
from core.variety import EVIDENCE, gather
from core.workspace import Workspace

MAX_PARTS = 200

Rows = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class _Set:
    """Some rows of the corpus, weighted or alike."""

    rows: Rows
    weights: NDArray[np.float64] | None = None

    @property
    def count(self) -> float:
        return len(self.rows) if self.weights is None else effective_count(self.weights)


def diversity(
    workspace: Workspace,
    name: str,
    progress: Progress = silent,
    *,
    by: str = "source",
    where: str | None = None,
    mixture: Mixture | None = None,
    size: int | None = None,
    repeats: int = REPEATS,
    seed: int = 0,
) -> dict[str, JSON]:
    """Measure a corpus and its parts on samples of one size; `core.rarefaction` has the rule.

    Args:
        workspace: Holds the corpus.
        name: The corpus.
        progress: Told by part.
        by: The categorical column whose values are the parts.
        where: A boolean SQL expression: the parts are of the documents for which it is true, and these
            together are measured as `selection` beside the corpus.
        mixture: Measured as `mixture`: the documents that its plan takes, weighted by the tokens seen of
            each. The parts are then its domains, and the corpus is weighted by its tokens.
        size: Documents of a sample; by default that of the rule.
        repeats: Samples of a set.
        seed: The same seed gives the same values.

    Returns:
        `{"metrics": {"corpus": {metric: value}, "domains": {part: {metric: value}}, ...}}`. A value is
        null where the evidence is not there or too little. `measured` holds, laid out alike, what
        `core.rarefaction.Measured` has: value, low, high, n, full, small, reason. `by`, `size` and
        `repeats` say how it was measured; `templates` lists what `bound_templates` finds. The inner map of
        the plain corpus is kept as a report by column, and by source as `diversity`; `kept` finds it.

    Raises:
        BadInputError: an unknown corpus or column, an expression that is no condition, more than 200 parts,
            both a condition and a mixture, or too small a size.
    """
    corpus = workspace.corpus(name)
    _check(corpus, where, mixture, size, repeats)
    everything = gather(workspace, corpus, seed)
    wholes, parts = _sets(workspace, corpus, by, where, mixture)
    used = size or common_size([one.count for one in (*wholes.values(), *parts.values())])
    metrics = {key: bricks.make(METRICS, key) for key in METRICS}
    found: dict[str, dict[str, Measured]] = {}
    labelled = [(f"({label})", one) for label, one in wholes.items()] + list(parts.items())
    for done, (label, one) in enumerate(labelled):
        progress(done, len(labelled), f"diversity of {label}")
        found[label] = measured_rows(everything, one.rows, metrics, used, repeats, seed, one.weights)
    progress(len(labelled), len(labelled), "diversity")
    measured = {label: _as_json(found[f"({label})"]) for label in wholes}
    measured["domains"] = {part: _as_json(found[part]) for part in parts}
    result = {
        **{label: _values(measured[label]) for label in wholes},
        "domains": {part: _values(values) for part, values in measured["domains"].items()},
        "by": mixture.divided_by if mixture else by,
        "size": used,
        "repeats": repeats,
        "measured": measured,
        "templates": bound_templates({
            part: tagged_pool(take(everything, one.rows), seed, one.weights).texts
            for part, one in parts.items()
        }),
    }  # fmt: skip
    if where is None and mixture is None:
        workspace.write_report(corpus, _report(by), {**result, "signed": _signed(workspace, corpus, by)})
    return {"metrics": result}


def kept(workspace: Workspace, corpus: Corpus, by: str = "source") -> JSON | None:
    """Return what was last measured of the plain corpus by a column, less what it was signed with.

    None where nothing was, or by other metrics, or of other vectors, clusters, copies or parts than now.
    """
    found = workspace.report(corpus, _report(by))
    if found is None or (found["by"], found.get("signed")) != (by, _signed(workspace, corpus, by)):
        return None
    return {key: value for key, value in found.items() if key != "signed"}


def _report(by: str) -> str:
    return "diversity" if by == "source" else f"diversity-{disk.fingerprint(by)[:32]}"


def _signed(workspace: Workspace, corpus: Corpus, by: str) -> str:
    """Return what tells values from those of other metrics, or of other columns: evidence and parts."""
    evidence = {*EVIDENCE, by}
    columns = [one.fingerprint for one in workspace.columns(corpus) if evidence & {one.kind, *one.names}]
    return disk.fingerprint([[[name, metric.version] for name, metric in METRICS.items()], sorted(columns)])


def _check(
    corpus: Corpus, where: str | None, mixture: Mixture | None, size: int | None, repeats: int
) -> None:
    if where is not None and mixture is not None:
        raise BadInputError(where, "a condition and a mixture at once", "give one; mixtures have filters")
    if mixture is not None and mixture.corpus != corpus.name:
        rule = f"the mixture is of this corpus, not of '{corpus.name}'"
        raise BadInputError(mixture.corpus, rule, "name that one")
    if size is not None and size < 2:
        raise BadInputError(
            f"size {size}", "a sample holds at least 2 documents", "leave it out, or take 500"
        )
    if repeats < 2:
        raise BadInputError(f"repeats {repeats}", "an interval needs at least 2 samples", f"take {REPEATS}")


def _sets(
    workspace: Workspace, corpus: Corpus, by: str, where: str | None, mixture: Mixture | None
) -> tuple[dict[str, _Set], dict[str, _Set]]:
    """The sets that stand for themselves, and the parts."""
    all_rows = np.arange(corpus.documents)
    if mixture is not None:
        return _of_mixture(workspace, mixture, all_rows)
    names, codes = domain_codes(workspace, corpus, by)
    if len(names) > MAX_PARTS:
        rule = f"has {len(names):,} distinct values; diversity is measured of at most {MAX_PARTS} parts"
        raise BadInputError(by, rule, "choose a column like source or cluster")
    wholes, inside = {"corpus": _Set(all_rows)}, np.ones(corpus.documents, dtype=np.bool_)
    if where is not None:
        inside = workspace.keep_mask(corpus, where)
        wholes["selection"] = _Set(np.flatnonzero(inside))
    return wholes, {part: _Set(np.flatnonzero(inside & (codes == i))) for i, part in enumerate(names)}


def _of_mixture(
    workspace: Workspace, mixture: Mixture, all_rows: Rows
) -> tuple[dict[str, _Set], dict[str, _Set]]:
    """What the plan takes, each document weighted by its tokens times the epochs of its domain."""
    pool = make_pool(workspace, mixture)
    plan = make_plan(pool, mixture)
    tokens = workspace.read(pool.corpus, ["tokens"])["tokens"].to_numpy().astype(np.float64)
    parts = {}
    for domain, rows in plan.rows.items():
        inside = tokens[rows]
        seen = plan.domains[domain].tokens
        parts[domain] = _Set(rows, inside * (seen / inside.sum() if inside.any() else 0.0))
    if len(parts) > MAX_PARTS:
        rule = f"has {len(parts):,} distinct values; diversity is measured of at most {MAX_PARTS} parts"
        raise BadInputError(mixture.divided_by, rule, "mix by a column of fewer values")
    rows = np.concatenate([one.rows for one in parts.values()])
    weights = np.concatenate([one.weights for one in parts.values() if one.weights is not None])
    return {"corpus": _Set(all_rows, tokens), "mixture": _Set(rows, weights)}, parts


def _as_json(found: Mapping[str, Measured]) -> dict[str, JSON]:
    return {name: asdict(one) for name, one in found.items()}


def _values(measured: Mapping[str, JSON]) -> dict[str, JSON]:
    return {name: one["value"] for name, one in measured.items()}

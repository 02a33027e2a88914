"""Apply a toxicity policy: levels and actions beside the documents, and whom it removes."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core import disk
from core.alternatives import Comparison, compare, differing
from core.errors import BadInputError, NotFoundError
from core.filtering import FilterTable
from core.policies import ACTIONS, LEVELS, PRESETS, Action, Policy, dump_policy, parse_policy
from core.policies.effects import effects, sentence
from core.policies.groups import groupings_of
from core.policies.judge import ANNEAL, HELD, KEEP, Judged, judge, warning
from core.pool import domain_codes
from core.types import JSON, Corpus, WaterfallRow
from core.workspace import Workspace

VERSION = 1
NAMES = ("policy_level", "policy_action", "policy_domain", "content_warning")


def read(policy: str) -> Policy:
    """Return a published policy by its name, or the one that a YAML or JSON file holds.

    Raises:
        NotFoundError: where it is neither.
        BadInputError: where the file holds no policy.
    """
    if policy in PRESETS:
        return PRESETS[policy]
    path = Path(policy)
    if not path.is_file():
        rule = "neither a published policy nor a file"
        raise NotFoundError(policy, rule, f"choose one of {', '.join(PRESETS)}, or name a YAML file")
    try:
        return parse_policy(path.read_text(encoding="utf-8"), policy)
    except UnicodeDecodeError:
        raise BadInputError(policy, "is not UTF-8 text", "name a YAML file") from None


def judged(workspace: Workspace, corpus: Corpus, policy: Policy) -> Judged:
    """Judge a corpus; nothing is written. Takes 30 ms at 1M documents beside reading the scores.

    Raises:
        NotFoundError: where the corpus lacks one of the policy's columns; says how to make it.
        BadInputError: where a column holds no numbers, or an exception's condition is no boolean SQL.
    """
    exempt = [workspace.keep_mask(corpus, one.where) for one in policy.exceptions]
    return judge(policy, _scores(workspace, corpus, policy), exempt)


def apply(workspace: Workspace, name: str, policy: Policy, domain: str = "source") -> dict[str, JSON]:
    """Hang the policy's verdicts beside the documents, and say what it does.

    Columns: `policy_level` (none, mild, toxic, unscored), `policy_action` (keep, anneal, rewrite, drop),
    `policy_domain` (the domain, and for what is held for annealing a domain of its own), and
    `content_warning` (a sentence where a document is held for annealing, else null). Nothing is removed:
    a mixture does that; `onto` writes one.

    Args:
        workspace: where the corpus lives.
        name: the corpus.
        policy: what to apply.
        domain: the column that `policy_domain` divides.

    Returns:
        `policy`, `columns`, and what `summary` gives. Kept as the report `policy`.
    """
    corpus = workspace.corpus(name)
    found = judged(workspace, corpus, policy)
    settings = {"policy": disk.fingerprint(policy.model_dump(mode="json")), "domain": domain}
    sources = [c.fingerprint for c in workspace.columns(corpus) if set(c.names) & {*policy.columns, domain}]
    column = workspace.column(corpus, "policy", VERSION, settings, NAMES, "other", tuple(sources))
    workspace.write_whole_column(corpus, column, _values(workspace, corpus, policy, found, domain))
    result = {"policy": policy.name, "columns": list(NAMES), "domain": domain}
    result |= summary(workspace, corpus, found, domain)
    workspace.write_report(corpus, "policy", result | {"value": dump_policy(policy)})
    return result


def summary(workspace: Workspace, corpus: Corpus, found: Judged, domain: str = "source") -> dict[str, JSON]:
    """Say what a policy's verdicts do to a corpus.

    Returns:
        `levels` and `actions` (name → documents, tokens), `by_domain` (domain → action → the same),
        `waterfall` (what drop, rewrite and anneal leave, in this order), `groups` (an `Effect` each, by
        domain, language, cluster, years, identity terms and dialect as far as the corpus has them),
        `flagged` (sentences on over-removal) and `missing` (what there is no column for).
    """
    names, codes = domain_codes(workspace, corpus, domain)
    tokens = workspace.read(corpus, ["tokens"])["tokens"].to_numpy().astype(np.int64)
    groupings, missing = groupings_of(workspace, corpus, domain)
    groups = effects(groupings, found.removed, found.totals, tokens)
    base = float(found.removed.mean()) if len(found.removed) else 0.0
    return {
        "levels": _sums(LEVELS, found.levels, tokens),
        "actions": _sums(ACTIONS, found.actions, tokens),
        "by_domain": {
            name: _sums(ACTIONS, found.actions[here], tokens[here])
            for place, name in enumerate(names)
            if (here := codes == place).any()
        },
        "waterfall": [asdict(row) for row in waterfall(workspace, corpus, found, domain)],
        "groups": [asdict(one) for one in groups],
        "flagged": [sentence(one, base) for one in groups if one.flagged],
        "missing": missing,
    }


def waterfall(
    workspace: Workspace, corpus: Corpus, found: Judged, domain: str = "source"
) -> tuple[WaterfallRow, ...]:
    """Return what is left for training from its start; what leaves it for good goes first."""
    names, codes = domain_codes(workspace, corpus, domain)
    tokens = workspace.read(corpus, ["tokens"])["tokens"].to_numpy()
    keeps = [(action, found.actions != place) for place, action in enumerate(ACTIONS) if place != KEEP]
    return FilterTable.of(keeps[::-1], tokens, codes, names).summary().waterfall


def side_by_side(
    workspace: Workspace, corpus: Corpus, policies: Sequence[Policy], domain: str = "source"
) -> tuple[Comparison, list[NDArray[np.bool_]]]:
    """Compare what policies leave for training from its start; also returns each one's mask (documents,)."""
    names, codes = domain_codes(workspace, corpus, domain)
    tokens = workspace.read(corpus, ["tokens"])["tokens"].to_numpy().astype(np.int64)
    masks = [~judged(workspace, corpus, policy).removed for policy in policies]
    named = [(policy.name, mask) for policy, mask in zip(policies, masks, strict=True)]
    return compare(FilterTable.of(named, tokens, codes, names)), masks


def differences(
    workspace: Workspace, corpus: Corpus, policies: Sequence[Policy], num: int = 20
) -> list[dict[str, JSON]]:
    """Return for each two policies how far they agree, and ids of documents that only one of them keeps.

    Each is a map of `one`, `other`, `kappa`, `documents`, `tokens`, `only_one` and `only_other` (ids, at
    most `num`).
    """
    found, masks = side_by_side(workspace, corpus, policies)
    rows = []
    for i, j in combinations(range(len(policies)), 2):
        first, second = differing(masks[i], masks[j], num)
        ids = workspace.read(corpus, ["id"], np.concatenate([first, second]))["id"].to_pylist()
        rows.append(
            {
                "one": policies[i].name,
                "other": policies[j].name,
                "kappa": float(found.agreement.kappa[i, j]),
                "documents": int(found.agreement.documents[i, j]),
                "tokens": int(found.agreement.tokens[i, j]),
                "only_one": ids[: len(first)],
                "only_other": ids[len(first) :],
            }
        )
    return rows


def write_held(workspace: Workspace, name: str, action: Action, path: Path) -> int:
    """Write the documents that the policy last applied holds for an action as JSON Lines; returns how many.

    A line is `id`, `source`, `policy_level`, the policy's scores, `content_warning`, and `text`: what
    somebody who rewrites them needs, and what `ingest` reads again.

    Raises:
        NotFoundError: where no policy has been applied.
    """
    corpus = workspace.corpus(name)
    report = workspace.report(corpus, "policy")
    if report is None:
        raise NotFoundError(name, "no policy has been applied", f"run `python -m core policy {name}` first")
    policy = parse_policy(report["value"], "the policy last applied")
    columns = ["id", "source", "policy_level", *policy.columns, "content_warning", "text"]
    count = 0
    with disk.written_aside(path) as aside, aside.open("w", encoding="utf-8") as file:
        for row in _held(workspace, corpus, columns, action):
            file.write(json.dumps(row, ensure_ascii=False) + "\n")
            count += 1
    return count


def _held(
    workspace: Workspace, corpus: Corpus, columns: Sequence[str], action: Action
) -> Iterator[Mapping[str, Any]]:
    for shard in workspace.shards(corpus, [*columns, "policy_action"]):
        for row in shard.to_pylist():
            if row.pop("policy_action") == action:
                yield row


def scored_by(column: str) -> str:
    """Return the options of the command `score` that make a policy's column."""
    if column.startswith("celadon_"):
        return "--signal classifier --set classifier.model=PleIAs/celadon"
    return "--signal " + ("toxicity_dimensions" if column.startswith("toxicity_") else column)


# --- scores and values -------------------------------------------------------------------------


def _scores(workspace: Workspace, corpus: Corpus, policy: Policy) -> NDArray[np.float64]:
    import pyarrow as pa

    known = workspace.column_names(corpus)
    for column in policy.columns:
        if column not in known:
            rule = f"policy '{policy.name}' reads it, and '{corpus.name}' has no such column"
            raise NotFoundError(column, rule, f"run `python -m core score {corpus.name} {scored_by(column)}`")
    table = workspace.read(corpus, list(policy.columns))
    for column in policy.columns:
        kind = table[column].type
        if not (pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_boolean(kind)):
            raise BadInputError(column, "a policy reads numbers", "name a column of scores")
    return np.stack([table[c].cast(pa.float64()).to_numpy() for c in policy.columns], axis=1)


def _values(
    workspace: Workspace, corpus: Corpus, policy: Policy, found: Judged, domain: str
) -> dict[str, Any]:
    import pyarrow as pa

    names, codes = domain_codes(workspace, corpus, domain)
    held = found.actions == ANNEAL
    divided = np.array([*names, *(name + HELD for name in names)], dtype=object)
    warnings = np.full(len(held), None, dtype=object)
    scores = _scores(workspace, corpus, policy)
    for row in np.flatnonzero(held):
        warnings[row] = warning(policy.columns, scores[row])
    columns = (
        np.array(LEVELS, dtype=object)[found.levels],
        np.array(ACTIONS, dtype=object)[found.actions],
        divided[codes + len(names) * held],
        warnings,
    )
    return {name: pa.array(values, pa.string()) for name, values in zip(NAMES, columns, strict=True)}


def _sums(names: Sequence[str], codes: NDArray[np.int8], tokens: NDArray[np.int64]) -> dict[str, JSON]:
    documents = np.bincount(codes, minlength=len(names))
    sizes = np.bincount(codes, tokens, len(names)).astype(np.int64)
    return {
        name: {"documents": int(count), "tokens": int(size)}
        for name, count, size in zip(names, documents, sizes, strict=True)
    }

"""A Mixture resolved against a Corpus into a Plan; the faders' arithmetic; a look at what is seen first."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict

import numpy as np

from core.course import average_weights, stretches
from core.errors import BadInputError
from core.plan import make_plan
from core.pool import Pool, depends_on, make_pool
from core.preface import planned_sizes, prefaced, read_planned
from core.types import JSON, Mixture, Plan
from core.weights import (
    PRESETS,
    effective_tokens,
    group_sums,
    nearest_feasible,
    preset,
    rescale,
    rescale_group,
    set_shares,
)
from core.workspace import Workspace

__all__ = [
    "PRESETS",
    "Pool",
    "average_weights",
    "depends_on",
    "effective_tokens",
    "group_sums",
    "make_plan",
    "make_pool",
    "nearest_feasible",
    "plan_json",
    "preset",
    "preview",
    "rescale",
    "rescale_group",
    "resolve",
    "seen_order",
    "set_shares",
]


def resolve(workspace: Workspace, mixture: Mixture) -> Plan:
    """Resolve a mixture: the waterfall, tokens and epochs by domain, warnings, and which documents.

    The same corpus, mixture and seed give the same plan on any machine. A page that moves faders keeps
    the pool (`make_pool`: half a second at 100,000 documents, 2 s at 1M) and calls `make_plan` alone (1 ms).

    Raises:
        BadInputError: whatever the mixture asks that the corpus cannot give.
    """
    return make_plan(make_pool(workspace, mixture), mixture)


def plan_json(plan: Plan) -> dict[str, JSON]:
    """Return the plan as JSON: `plan.domains`, `waterfall`, `warnings`, `feasible_weights`, `timeline`.

    The timeline has a stage a row: from which token of training to which, what each domain gives to it, the
    column that orders its documents, and whether they have their prefaces. `target` is the hash of what the file
    holds that the selection is aimed at, where it is aimed at one.
    """
    return {
        **({"target": plan.target} if plan.target else {}),
        "plan": {
            "budget": plan.budget,
            "tokens": sum(part.tokens for part in plan.domains.values()),
            "domains": {name: asdict(part) for name, part in plan.domains.items()},
        },
        "waterfall": [asdict(row) for row in plan.waterfall],
        "warnings": list(plan.warnings),
        "feasible_weights": dict(plan.feasible_weights) if plan.feasible_weights else None,
        "timeline": [
            {
                "start": one.start,
                "end": one.end,
                "tokens": dict(one.tokens),
                "order": one.stage.order.model_dump() if one.stage.order else None,
                "preface": plan.mixture.preface is not None and one.stage.preface,
            }
            for one in stretches(plan)
        ],
    }


def seen_order(plan: Plan, tokens: dict[str, list[int]]) -> Iterator[tuple[str, int, int]]:
    """Yield (domain, position in its rows, epoch from 0) in the order in which documents are seen.

    The next document is always of the domain whose tokens lag furthest behind its weight, ties to the
    larger weight; weights change where a stage ends, and a domain of weight 0 waits while another can
    give. `tokens` holds those of each domain's documents, at least as many as will be asked for. Ends
    when every domain has given its tokens.
    """
    stages = [
        (one.end, {d: size / (one.end - one.start) for d, size in one.tokens.items()})
        for one in stretches(plan)
    ]
    given = dict.fromkeys((d for d, part in plan.domains.items() if part.documents), 0)
    taken, due, seen = dict.fromkeys(given, 0), dict.fromkeys(given, 0.0), 0
    while given:
        weights = next((w for end, w in stages if seen < end), stages[-1][1])
        lag = {d: (weights.get(d, 0.0) > 0, due[d] - given[d], weights.get(d, 0.0)) for d in given}
        domain = max(lag, key=lag.__getitem__)
        epoch, position = divmod(taken[domain], plan.domains[domain].documents)
        yield domain, position, epoch
        size = tokens[domain][position]
        taken[domain] += 1
        given[domain] += size
        seen += size
        for name in due:
            due[name] += weights.get(name, 0.0) * size
        if given[domain] >= plan.domains[domain].tokens:
            del given[domain], due[domain]


def preview(workspace: Workspace, plan: Plan, k: int = 10) -> list[dict[str, JSON]]:
    """Return the first `k` documents in the order in which the trainer sees them.

    Each is a map of `position` (from 0), `domain`, `epoch` (from 1), `row`, `id`, `source`, `tokens`, `text`.

    Raises:
        BadInputError: where the corpus is no longer the one that was planned on, or k is not positive.
    """
    if k < 1:
        raise BadInputError(k, "a preview shows 1 document or more", "give a positive number")
    corpus = workspace.corpus(plan.mixture.corpus)
    if corpus.fingerprint != plan.corpus_fingerprint:
        raise BadInputError(
            corpus.name, "its documents have changed since the plan", "resolve the mixture again"
        )
    known = planned_sizes(workspace, corpus, plan)
    tokens = {domain: known[rows[:k]].tolist() for domain, rows in plan.rows.items()}
    steps = [step for step, _ in zip(seen_order(plan, tokens), range(k), strict=False)]
    rows = [int(plan.rows[domain][position]) for domain, position, _ in steps]
    if not rows:
        return []
    columns = ["row", "id", "source", "tokens", "text", "content_hash"]
    found = prefaced(read_planned(workspace, corpus, plan, columns, np.array(rows, dtype=np.int64)))
    shown = found.select(columns[:5]).to_pylist()
    return [
        {"position": i, "domain": domain, "epoch": epoch + 1, **facts, "tokens": int(known[row])}
        for i, ((domain, _, epoch), row, facts) in enumerate(zip(steps, rows, shown, strict=True))
    ]

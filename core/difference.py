"""Two mixtures side by side: whose tokens the trainer sees more of, how good they are, and which documents.

Everything is counted from the tokens that the trainer sees of each document, repeats included. Only what differs
is said, so that a mixture beside itself gives nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass

import numpy as np
from numpy.typing import NDArray

from core.course import seen_tokens
from core.domains import crossed_codes
from core.errors import BadInputError
from core.plan import make_plan
from core.pool import make_pool
from core.preface import planned_sizes
from core.types import JSON, Corpus, Mixture, Plan
from core.workspace import Workspace

NUM_DOCUMENTS = 10
Rows = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Change:
    """A number before and after: tokens of a domain, or a mean over the tokens seen; None where there is none."""

    name: str
    before: float | None
    after: float | None


@dataclass(frozen=True, slots=True)
class Moved:
    """A document of which the trainer sees more or less: its tokens, and how many are seen, repeats included."""

    row: int
    id: str
    source: str
    tokens: int
    before: int
    after: int


@dataclass(frozen=True, slots=True)
class Difference:
    """What the mixture `after` changes of the mixture `before`.

    `keys` are those of the spec that differ, with both values as JSON. `tokens` has one list a column that divides
    the corpus: the domains' own and the clusters. `means` are of the numeric signals of quality and toxicity, over
    tokens seen. `gained` and `lost` are the documents of which most tokens more, or fewer, are seen.
    """

    before: str
    after: str
    keys: Mapping[str, tuple[JSON, JSON]]
    total: Change | None
    tokens: Mapping[str, tuple[Change, ...]]
    means: tuple[Change, ...]
    gained: tuple[Moved, ...]
    lost: tuple[Moved, ...]

    @property
    def is_empty(self) -> bool:
        """Whether both train on the same tokens and say the same."""
        return not (self.keys or self.total or self.tokens or self.means or self.gained or self.lost)


def difference(
    workspace: Workspace, before: Mixture, after: Mixture, num_documents: int = NUM_DOCUMENTS
) -> Difference:
    """Resolve two mixtures of one corpus and say what the second changes.

    Args:
        workspace: where the corpus lies.
        before: the mixture to compare with.
        after: the mixture in question.
        num_documents: how many documents most gained and lost are named.

    Raises:
        BadInputError: mixtures of two corpora, or whatever one of them asks that the corpus cannot give.
    """
    if before.corpus != after.corpus:
        rule = f"'{before.name}' is of corpus '{before.corpus}', '{after.name}' of '{after.corpus}'"
        raise BadInputError(before.name, rule, "compare mixtures of one corpus")
    plans = [make_plan(make_pool(workspace, mixture), mixture) for mixture in (before, after)]
    return of_plans(workspace, plans[0], plans[1], num_documents)


def of_plans(
    workspace: Workspace, before: Plan, after: Plan, num_documents: int = NUM_DOCUMENTS
) -> Difference:
    """Say what one plan changes of another of the same corpus; see `difference`."""
    corpus = workspace.corpus(after.mixture.corpus)
    for plan in (before, after):
        if plan.corpus_fingerprint != corpus.fingerprint:
            rule = "its documents have changed since the plan"
            raise BadInputError(corpus.name, rule, "resolve the mixtures again")
    seen = [seen_tokens(plan, planned_sizes(workspace, corpus, plan)) for plan in (before, after)]
    totals = [int(tokens.sum()) for tokens in seen]
    return Difference(
        before.mixture.name,
        after.mixture.name,
        _keys(before.mixture, after.mixture),
        Change("tokens", *totals) if totals[0] != totals[1] else None,
        _divided(workspace, corpus, before.mixture, after.mixture, seen),
        _means(workspace, corpus, seen),
        _moved(workspace, corpus, seen, num_documents, sign=1),
        _moved(workspace, corpus, seen, num_documents, sign=-1),
    )


def difference_json(found: Difference) -> dict[str, JSON]:
    """Return a difference as JSON, with `is_empty`."""
    return {**asdict(found), "is_empty": found.is_empty}


def _keys(before: Mixture, after: Mixture) -> dict[str, tuple[JSON, JSON]]:
    old, new = (mixture.model_dump(mode="json") for mixture in (before, after))
    return {key: (old.get(key), new.get(key)) for key in Mixture.model_fields if old.get(key) != new.get(key)}


def _divided(
    workspace: Workspace, corpus: Corpus, before: Mixture, after: Mixture, seen: Sequence[Rows]
) -> dict[str, tuple[Change, ...]]:
    """Tokens by the domains of either mixture, and by cluster where there are clusters."""
    divisions = dict.fromkeys([(after.domain, *after.cross), (before.domain, *before.cross)])
    clusters = [
        name for column in workspace.columns(corpus) if column.kind == "cluster" for name in column.names
    ]
    if clusters:
        divisions[("cluster_name" if "cluster_name" in clusters else clusters[0],)] = None
    found = {}
    for columns in divisions:
        names, codes = crossed_codes(workspace, corpus, columns)
        tokens = [np.bincount(codes, one, len(names)).astype(np.int64).tolist() for one in seen]
        changes = [Change(*each) for each in zip(names, *tokens, strict=True) if each[1] != each[2]]
        if changes:
            found[" × ".join(columns)] = tuple(sorted(changes, key=lambda one: (-_size(one), one.name)))
    return found


def _size(change: Change) -> float:
    return abs((change.after or 0) - (change.before or 0))


def _means(workspace: Workspace, corpus: Corpus, seen: Sequence[Rows]) -> tuple[Change, ...]:
    """Means over tokens seen; documents without a value are left out of both."""
    import pyarrow as pa

    names = [
        name
        for column in workspace.columns(corpus)
        if column.kind in ("quality", "toxicity")
        for name in column.names
    ]
    found = []
    for name in sorted(set(names)):
        values = workspace.read(corpus, [name])[name]
        if not (pa.types.is_integer(values.type) or pa.types.is_floating(values.type)):
            continue
        numbers = values.cast(pa.float64(), safe=False).to_numpy()
        known = np.isfinite(numbers)
        means = [_mean(numbers[known], one[known]) for one in seen]
        if means[0] != means[1]:
            found.append(Change(name, *means))
    return tuple(found)


def _mean(values: NDArray[np.float64], weights: Rows) -> float | None:
    total = int(weights.sum())
    return float(np.dot(values, weights) / total) if total else None


def _moved(
    workspace: Workspace, corpus: Corpus, seen: Sequence[Rows], most: int, sign: int
) -> tuple[Moved, ...]:
    """The documents that gained most, or lost most with sign -1; of equal ones, the first by id."""
    change = sign * (seen[1] - seen[0])
    there = np.flatnonzero(change > 0)
    if len(there) > most:  # all that tie with the last are looked at, so that ids decide and not places
        least = np.partition(change[there], -most)[-most]
        there = there[change[there] >= least]
    table = workspace.read(corpus, ["id", "source", "tokens"], there)
    ids, sources, tokens = (table[name].to_pylist() for name in ("id", "source", "tokens"))
    best = sorted(range(len(there)), key=lambda i: (-change[there[i]], ids[i]))[:most]
    return tuple(
        Moved(int(row), ids[i], sources[i], tokens[i], int(seen[0][row]), int(seen[1][row]))
        for i, row in ((i, there[i]) for i in best)
    )

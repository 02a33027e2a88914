"""The nouns of Mixdesk: what every stage, page and command passes to every other.

All are values: frozen, comparable, and the same on disk as in memory. Only `errors` stands below.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, Protocol, TypeAlias

import numpy as np
import yaml
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from core.errors import BadInputError

Scalar: TypeAlias = str | int | float | bool | None
JSON: TypeAlias = Any  # anything that json.dumps takes; a recursive alias buys nothing under pydantic
Columns: TypeAlias = Mapping[str, NDArray[Any]]

CORPUS_NAME = re.compile(r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$")


def check_name(name: str, what: str) -> str:
    """Return `name` where it may serve as a file name on any system, else raise `BadInputError`."""
    if not CORPUS_NAME.match(name):
        raise BadInputError(
            name,
            f"a {what}'s name is 1 to 64 letters, digits, '.', '_' or '-', starting with a letter or digit",
            "choose another name",
        )
    return name


class Progress(Protocol):
    """Told by long work how far it is; `total` is None where nobody knows."""

    def __call__(self, done: int, total: int | None, message: str = "") -> None:
        """Take note that `done` of `total` items are through; `message` names the step."""


def silent(done: int, total: int | None, message: str = "") -> None:
    """Pass over progress: the default where nobody watches."""


@dataclass(frozen=True, slots=True)
class Document:
    """One text and where it came from; it never changes after ingest.

    `fields` holds every other field of the record, which become columns of the corpus.
    """

    id: str
    text: str
    source: str
    fields: Mapping[str, Scalar] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Rejected:
    """A record that could not become a document: why, and the file and line (from 1) it stands on."""

    reason: str
    path: str
    line: int | None = None
    detail: str = ""


@dataclass(frozen=True, slots=True)
class DomainCount:
    """How much of a corpus one domain holds."""

    documents: int
    tokens: int


@dataclass(frozen=True, slots=True)
class Corpus:
    """A set of documents on disk, known by name and by the fingerprint of its contents."""

    name: str
    fingerprint: str
    documents: int
    tokens: int
    domains: Mapping[str, DomainCount]
    rejected: Mapping[str, int]
    tokenizer: str
    fields: Sequence[str]  # columns beyond id, text, source, tokens, content_hash
    origin: JSON = None  # what it was read from and how, for people


ColumnKind = Literal[
    "quality", "toxicity", "language", "risk", "other", "vectors", "cluster", "layout", "duplicates", "review"
]


@dataclass(frozen=True, slots=True)
class Column:
    """Columns that one maker hung beside the documents, signed so that asking again costs nothing.

    `names` are the columns' names in the view `documents`. The fingerprint covers maker, version,
    settings and inputs (the fingerprints of columns it was computed from).
    """

    maker: str
    version: int
    settings: Mapping[str, Scalar]
    names: tuple[str, ...]
    kind: ColumnKind
    inputs: tuple[str, ...] = ()
    fingerprint: str = ""


# --- The mixture: a value that people write ---------------------------------------------------------


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class Filter(_Strict):
    """A row of the waterfall: documents for which the SQL expression `keep` is true stay."""

    name: str = Field(min_length=1, max_length=120)
    keep: str = Field(min_length=1, max_length=4000)


class Dedup(_Strict):
    """Keep one document of every group of duplicates, corpus-wide or inside each source."""

    method: str = "minhash"
    scope: Literal["global", "local"] = "global"


class Selection(BaseModel):
    """Which of the remaining documents to take: a selector's name and its settings."""

    model_config = ConfigDict(extra="allow", frozen=True, allow_inf_nan=False)
    method: str


class Budget(_Strict):
    """How many tokens the trainer is to see."""

    tokens: int = Field(gt=0)


class Stage(_Strict):
    """Weights that hold until the given share of training is through."""

    until: float = Field(gt=0, le=1)
    weights: dict[str, float] | None = None


def check_weights(weights: Mapping[str, float]) -> None:
    """Raise ValueError unless the weights are non-negative and sum to 1 within 1e-6."""
    for domain, weight in weights.items():
        if not (math.isfinite(weight) and weight >= 0):
            raise ValueError(f"weight {weight} of '{domain}' is not a number from 0 to 1")
    total = math.fsum(weights.values())
    if abs(total - 1) > 1e-6:
        raise ValueError(f"weights sum to {total:.6g}, not 1; divide each by {total:.6g}")


class Mask(_Strict):
    """What personal data an export masks in the texts: by a word for its kind, or by a stand-in."""

    kinds: tuple[Literal["secret", "iban", "card", "national_id", "email", "ip", "phone"], ...] = Field(
        default=("secret", "iban", "card", "national_id", "email", "ip", "phone"), min_length=1
    )
    style: Literal["placeholder", "surrogate"] = "placeholder"
    seed: int = Field(default=0, ge=0, lt=2**63)


class Mixture(_Strict):
    """What to train on: filters, deduplication, selection, weights, budget, epochs and stages.

    `weights` are shares of tokens by domain; a domain that is not named gets 0, and no weights at
    all means in proportion to the tokens that are there. `preface` names a column whose text stands
    before each document's own.
    """

    name: str = Field(pattern=CORPUS_NAME.pattern)
    corpus: str = Field(pattern=CORPUS_NAME.pattern)
    corpus_fingerprint: str | None = None  # refuses to resolve against other documents
    domain: str = Field(default="source", min_length=1)
    filters: tuple[Filter, ...] = ()
    dedup: Dedup | None = None
    selection: Selection | None = None
    weights: dict[str, float] | None = None
    budget: Budget | None = None
    max_epochs: float | dict[str, float] = 4.0
    stages: tuple[Stage, ...] = ()
    seed: int = Field(default=0, ge=0, lt=2**63)
    rationale: str = ""
    mask: Mask | None = Field(default=None, exclude_if=lambda mask: mask is None)
    preface: str | None = Field(default=None, min_length=1, exclude_if=lambda column: column is None)

    @field_validator("weights")
    @classmethod
    def _weights_sum_to_one(cls, weights: dict[str, float] | None) -> dict[str, float] | None:
        if weights is not None:
            check_weights(weights)
        return weights

    @field_validator("max_epochs")
    @classmethod
    def _epochs_are_positive(cls, value: float | dict[str, float]) -> float | dict[str, float]:
        for epochs in value.values() if isinstance(value, dict) else (value,):
            if not epochs > 0:
                raise ValueError(f"max_epochs {epochs} is not above 0")
        return value

    @model_validator(mode="after")
    def _stages_reach_the_end(self) -> Mixture:
        ends = [stage.until for stage in self.stages]
        if ends and (ends != sorted(set(ends)) or ends[-1] != 1.0):
            raise ValueError(f"stages end at {ends}; they must rise and the last must be 1.0")
        for stage in self.stages:
            if stage.weights is not None:
                check_weights(stage.weights)
        names = [f.name for f in self.filters]
        if len(names) != len(set(names)):
            raise ValueError("two filters have the same name; give each its own")
        return self

    def epochs_cap(self, domain: str) -> float:
        """The most epochs that `domain` may be repeated; 4 where a map leaves it out."""
        return self.max_epochs.get(domain, 4.0) if isinstance(self.max_epochs, dict) else self.max_epochs


def parse_mixture(text: str, where: str) -> Mixture:
    """Read a mixture from YAML or JSON; `where` (a path, a page) is named in the error."""
    try:
        raw = yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise BadInputError(where, f"not YAML ({error})", "mend the file's syntax") from None
    if not isinstance(raw, dict):
        raise BadInputError(where, "a mixture is a map of keys", "start from a saved mixture")
    try:
        return Mixture.model_validate(raw)
    except ValidationError as error:
        first = error.errors()[0]
        key = ".".join(str(part) for part in first["loc"]) or "mixture"
        if first["type"] == "extra_forbidden":
            known = ", ".join(Mixture.model_fields)
            raise BadInputError(f"{where}: {key}", "unknown key", f"known keys: {known}") from None
        rule = first["msg"].removeprefix("Value error, ")
        raise BadInputError(f"{where}: {key}", rule, "mend it and run again") from None


def dump_mixture(mixture: Mixture) -> str:
    """Write a mixture as YAML, keys in their own order, nothing that is only a default."""
    return yaml.safe_dump(
        mixture.model_dump(mode="json", exclude_defaults=True), sort_keys=False, allow_unicode=True
    )


# --- The plan, the manifest, the run ----------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class DomainPlan:
    """What the trainer will see of one domain.

    `effective_tokens` is Muennighoff et al.'s D' = U(1 + R*(1 - exp(-R/R*))), R* = 15.387756.
    """

    weight: float
    documents: int  # distinct documents written
    tokens_available: int  # after filters, deduplication and selection
    tokens: int  # seen in training, repeats included
    epochs: float
    effective_tokens: int


@dataclass(frozen=True, slots=True)
class WaterfallRow:
    """What is left after one step, in all and by domain."""

    name: str
    documents: int
    tokens: int
    by_domain: Mapping[str, DomainCount]


@dataclass(frozen=True, slots=True)
class Plan:
    """A mixture resolved against a corpus: which documents, how often, and what to beware of.

    `rows` gives, per domain, the corpus positions of the documents in the order they are seen;
    a domain's later epochs run through them again.
    """

    mixture: Mixture
    corpus_fingerprint: str
    budget: int
    domains: Mapping[str, DomainPlan]
    waterfall: tuple[WaterfallRow, ...]
    warnings: tuple[str, ...]
    feasible_weights: Mapping[str, float] | None
    rows: Mapping[str, NDArray[np.int64]]


class ManifestFile(_Strict):
    """One data file of an export; `path` is relative to the manifest's folder."""

    path: str
    sha256: str
    rows: int
    tokens: int
    domain: str


class ManifestDomain(_Strict):
    """A domain's part in the mixture as planned.

    `content` is a SHA-256 over its documents' ids and content hashes in order, whatever the file format.
    """

    weight: float
    documents: int
    tokens: int
    epochs: float
    content: str = ""


class Manifest(_Strict):
    """A plan, sealed: the files, their hashes, and all that explains them.

    `fingerprint` is a SHA-256 over everything but itself, `format` and `files`: the same documents have
    the same fingerprint in every format, and each file its own hash.
    Data files (JSON Lines or Parquet) hold `id`, `text`, `source`, `domain`, `tokens`; every document
    stands once, in the order in which it is first seen, one file a domain.
    """

    version: Literal[1] = 1
    name: str
    format: str
    corpus: str
    corpus_fingerprint: str
    fingerprint: str
    tokenizer: str
    budget: int
    seed: int
    domains: dict[str, ManifestDomain]
    files: tuple[ManifestFile, ...]
    mixture: dict[str, Any]


JobState = Literal["queued", "running", "done", "failed", "cancelled", "interrupted"]


@dataclass(frozen=True, slots=True)
class Job:
    """A command that runs in a process of its own and outlives whoever asked for it."""

    id: str
    command: tuple[str, ...]  # arguments after `python -m core`
    title: str
    state: JobState
    folder: Path
    created: float  # seconds since 1970
    started: float | None = None
    ended: float | None = None
    done: int = 0
    total: int | None = None
    rate: float = 0.0  # items a second in the present step
    message: str = ""
    error: str = ""

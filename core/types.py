"""The nouns of Mixdesk: what every stage, page and command passes to every other.

All are values: frozen, comparable, and the same on disk as in memory. Only `errors` stands below, and
`mixture` with what people write; its nouns are taken from here all the same.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, Protocol, TypeAlias

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from core.errors import BadInputError
from core.mixture import CORPUS_NAME as CORPUS_NAME
from core.mixture import Budget as Budget
from core.mixture import Dedup as Dedup
from core.mixture import Filter as Filter
from core.mixture import Mask as Mask
from core.mixture import Mixture as Mixture
from core.mixture import Order as Order
from core.mixture import Selection as Selection
from core.mixture import Stage as Stage
from core.mixture import Strict as Strict
from core.mixture import check_weights as check_weights
from core.mixture import checked as checked
from core.mixture import dump_mixture as dump_mixture
from core.mixture import parse_mixture as parse_mixture

Scalar: TypeAlias = str | int | float | bool | None
JSON: TypeAlias = Any  # anything that json.dumps takes; a recursive alias buys nothing under pydantic
Columns: TypeAlias = Mapping[str, NDArray[Any]]


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
    a domain's later epochs run through them again. `unprefaced` are those that stand without the mixture's
    preface, in rising order. `target` is the hash of what the file holds that the selection is aimed at.
    """

    mixture: Mixture
    corpus_fingerprint: str
    budget: int
    domains: Mapping[str, DomainPlan]
    waterfall: tuple[WaterfallRow, ...]
    warnings: tuple[str, ...]
    feasible_weights: Mapping[str, float] | None
    rows: Mapping[str, NDArray[np.int64]]
    unprefaced: NDArray[np.int64] = field(default_factory=lambda: np.empty(0, dtype=np.int64))
    target: str | None = None


class ManifestFile(Strict):
    """One data file of an export; `path` is relative to the manifest's folder."""

    path: str
    sha256: str
    rows: int
    tokens: int
    domain: str


class ManifestDomain(Strict):
    """A domain's part in the mixture as planned.

    `content` is a SHA-256 over its documents' ids and content hashes in order, whatever the file format.
    """

    weight: float
    documents: int
    tokens: int
    epochs: float
    content: str = ""


class Encoding(Strict):
    """The token ids that an export's files hold, where its format holds ids and not texts.

    `tokenizer` names the tokenizer, `sha256` its file; ids are below `vocabulary`, and every document ends
    with `end`, the id of `end_token`. The files' `tokens` are counted by it, ends included.
    """

    tokenizer: str
    sha256: str
    vocabulary: int
    end_token: str
    end: int


class Manifest(Strict):
    """A plan, sealed: the files, their hashes, and all that explains them.

    `fingerprint` is a SHA-256 over everything but itself, `format`, `settings`, `files` and `encoding`:
    the same documents have the same fingerprint in every format, and each file its own hash. `settings` are
    the exporter's own, and `target` the hash of what the file holds that the mixture's selection is aimed at.
    Data files that hold texts (JSON Lines or Parquet) hold `id`, `text`, `source`, `domain`, `tokens`; every document
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
    target: str | None = Field(default=None, exclude_if=lambda target: target is None)
    settings: dict[str, Scalar] = Field(default_factory=dict, exclude_if=lambda settings: not settings)
    encoding: Encoding | None = Field(default=None, exclude_if=lambda encoding: encoding is None)


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

"""What is new in a corpus: the documents that a model of all of it knows better than one of the old part."""

from __future__ import annotations

import hashlib
import heapq
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import ClassVar, NamedTuple, TypedDict

from core.backend._files import written_aside
from core.backend.data.schedule import stage_weights
from core.backend.data.sealed import Sealed, open_manifest
from core.backend.experiments._bench import Bench, Lot, Result, RunResult, Trial, opened, worded
from core.backend.experiments._joined import joined
from core.backend.experiments._reading import model_folder
from core.backend.experiments._tables import write_runs
from core.backend.experiments._training import Planned, mean_of, prepared, trained
from core.backend.reading.documents import document_losses
from core.errors import BadInputError
from core.types import Manifest

_NEWEST = 20
_ROWS = 65_536


class DomainGain(TypedDict):
    """Bits a byte that the new model saves on a domain, over its bytes; on how many documents it saves any."""

    documents: int
    gain: float | None  # None where all texts are empty
    gained: int


class ContrastResult(Result, total=False):
    """The gain by domain, and the ids of the documents with the largest."""

    domains: dict[str, DomainGain]
    newest: list[str]


class Row(NamedTuple):
    """One document of the table; bits a byte under both models, None where the text is empty."""

    id: str
    domain: str
    bytes: int
    old: float | None
    new: float | None
    gain: float | None


@dataclass(frozen=True, slots=True)
class Contrast:
    """Score every document of a corpus by what a model of all of it saves over a model of the old part.

    The gain is in bits a byte, so that two models with tokenizers of their own can be told apart as well.
    `old` is the manifest of what was there before: then two models are trained with one seed and one
    tokenizer, on it and on this one. Or it is a model, and `new` another. A document that only the new
    model was trained on gains by being remembered, too: small models on much data remember little.
    """

    name: ClassVar[str] = "contrast"
    version: ClassVar[int] = 1
    needs_manifest: ClassVar[bool] = True
    old: str = field(
        default="", metadata={"help": "The old part's manifest.json, or a model's folder.", "file": True}
    )
    new: str = field(default="", metadata={"help": "A model's folder, where old is one.", "file": True})

    def inputs(self) -> Mapping[str, str]:
        """Return what the old manifest or the models hold, wherever they lie."""
        self._check()
        if not self.new:
            return {"old": open_manifest(Path(self.old)).fingerprint}
        return {name: _model_hash(path) for name, path in (("old", self.old), ("new", self.new))}

    def lots(self, manifest: Manifest | None) -> Sequence[Lot]:  # noqa: ARG002 the same for every manifest
        """Return one lot of two models, or none where they are there."""
        return [] if self.new else [Lot(2, 1.0)]

    def conduct(self, bench: Bench) -> ContrastResult:
        """Train the models if need be, and write `contrast.parquet`, a row a document in their order."""
        trial = opened(bench, trains=not self.new)
        runs: list[RunResult] = [] if self.new else self._trained(trial)
        if runs:
            old, new = (bench.out / run["folder"] for run in runs)
        else:
            old, new = Path(self.old), Path(self.new)
        domains, newest = _written(bench.out / "contrast.parquet", _rows(trial, old, new))
        files = ["contrast.parquet", *(write_runs(bench.out, runs) if runs else [])]
        return {"runs": runs, "domains": domains, "newest": newest, "files": files}

    def _check(self) -> None:
        if not self.old:
            raise BadInputError("old", "there is nothing to contrast with", "give --old MANIFEST or a model")
        is_manifest = Path(self.old).name == "manifest.json"
        if is_manifest and self.new:
            raise BadInputError(self.new, "with a manifest as old both models are trained", "leave --new out")
        if not is_manifest and not self.new:
            raise BadInputError(
                self.old, "is no manifest.json: a model needs another", "give --new MODEL, too"
            )

    def _trained(self, trial: Trial) -> list[RunResult]:
        both, new, old = joined(trial, stage_weights(trial.sealed.manifest), self._old(trial))
        prepared(both, {**mean_of(new), **mean_of(old)})
        seed = trial.config.seed
        sides = (("old", old), ("new", new))
        return trained(
            both, [Planned(side, side, mean_of(course), seed, tuple(course)) for side, course in sides]
        )

    def _old(self, trial: Trial) -> Sealed:
        return open_manifest(Path(self.old), trial.bench.progress)


def _model_hash(path: str) -> str:
    folder = model_folder(Path(path))
    digest = hashlib.sha256()
    for name in ("config.json", "tokenizer.json", "model.safetensors"):
        with (folder / name).open("rb") as file:
            digest.update(hashlib.file_digest(file, "sha256").digest())
    return digest.hexdigest()


def _rows(trial: Trial, old: Path, new: Path) -> Iterator[Row]:
    told = worded(trial.bench.progress, "contrasting")
    before = document_losses(old, trial.sealed, trial.device)
    after = document_losses(new, trial.sealed, trial.device, told)
    for first, second in zip(before, after, strict=True):
        if math.isnan(first.bits_per_byte):
            yield Row(first.id, first.domain, first.bytes, None, None, None)
            continue
        gain = first.bits_per_byte - second.bits_per_byte
        yield Row(first.id, first.domain, first.bytes, first.bits_per_byte, second.bits_per_byte, gain)


def _written(path: Path, rows: Iterator[Row]) -> tuple[dict[str, DomainGain], list[str]]:
    """Write the table as its rows come, and return what they come to."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    kinds = (pa.string(), pa.string(), pa.int64(), pa.float64(), pa.float64(), pa.float64())
    schema = pa.schema(list(zip(Row._fields, kinds, strict=True)))
    sums: dict[str, list[float]] = {}
    newest: list[tuple[float, int, str]] = []
    held: list[Row] = []

    def flush(writer: pq.ParquetWriter) -> None:
        columns = [list(column) for column in zip(*held, strict=True)] or [[] for _ in Row._fields]
        writer.write_table(pa.table(dict(zip(Row._fields, columns, strict=True)), schema))
        held.clear()

    with written_aside(path) as aside, pq.ParquetWriter(aside, schema, compression="zstd") as writer:
        for place, row in enumerate(rows):
            held.append(row)
            part = sums.setdefault(row.domain, [0, 0, 0.0, 0])
            part[0] += 1
            if row.gain is not None:
                part[1] += row.bytes
                part[2] += row.bytes * row.gain
                part[3] += row.gain > 0
                entry = (row.gain, -place, row.id)
                (heapq.heappush if len(newest) < _NEWEST else heapq.heappushpop)(newest, entry)
            if len(held) == _ROWS:
                flush(writer)
        flush(writer)
    gains: dict[str, DomainGain] = {
        domain: {"documents": int(n), "gain": gain / size if size else None, "gained": int(gained)}
        for domain, (n, size, gain, gained) in sums.items()
    }
    return gains, [identity for _, _, identity in sorted(newest, reverse=True)]

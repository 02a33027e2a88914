"""The losses of every document as training goes on: a file an evaluation, and one of all at the end."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, TypedDict

import numpy as np

from core.backend._files import written_aside
from core.backend.data.shards import Data, Shard
from core.backend.reading.documents import Item, Model, Scored, scored
from core.errors import BadInputError

FOLDER, FILE = "documents", "trajectories.parquet"
_STEP = re.compile(r"step-(\d+)\.parquet")
_EARLY = 0.1  # of training: EL2N is of the first evaluation from here on


def corpus_items(data: Data) -> Iterator[Item]:
    """Yield every document of the prepared data, those to validate on after a domain's others."""
    for domain, train in data.train.items():
        for shard in filter(None, (train, data.validation.get(domain))):
            yield from shard_items(shard, domain)


def shard_items(shard: Shard, domain: str) -> Iterator[Item]:
    """Yield the documents of one part of a domain."""
    identities, starts, sizes = shard.directory()
    ends = np.append(starts[1:], len(shard.tokens))
    for identity, start, end, size in zip(identities, starts, ends, sizes, strict=True):
        yield Item(str(identity), domain, shard.tokens[start:end].astype(np.int64), int(size))


def record(models: Model, data: Data, folders: Sequence[Path], step: int) -> None:
    """Score all documents under each model of a stack and write each model's file of this step.

    One forward pass over all tokens: a third of what training on them once costs.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    parts: list[list[Any]] = [[] for _ in folders]
    identities: list[tuple[str, str, int, int]] = []
    for some in scored(models, corpus_items(data)):
        identities += [(item.id, item.domain, len(item.tokens), item.bytes) for item in some.items]
        for part, row in zip(parts, _rows(some), strict=True):
            part.append(row)
    names = dict(zip(("id", "domain", "tokens", "bytes"), zip(*identities, strict=True), strict=True))
    for folder, part in zip(folders, parts, strict=True):
        loss, bits, el2n = np.concatenate(part, axis=1)
        columns = {"loss": loss, "bits_per_byte": bits, "el2n": el2n}
        numbers = {name: pa.array(values, pa.float32(), from_pandas=True) for name, values in columns.items()}
        (folder / FOLDER).mkdir(parents=True, exist_ok=True)
        with written_aside(folder / FOLDER / f"step-{step:09d}.parquet") as aside:
            pq.write_table(pa.table({**{k: list(v) for k, v in names.items()}, **numbers}), aside)


def _rows(some: Scored) -> Iterator[Any]:
    for model in range(len(some.loss)):
        yield np.stack((some.loss[model], some.bits_per_byte[model], some.el2n[model])).astype(np.float32)


class Joined(TypedDict):
    """The file of all evaluations, how many documents it has, and the steps it tells of."""

    file: str
    documents: int
    steps: list[int]
    el2n_step: int


def join(folder: Path, steps: int, facts: dict[str, str]) -> Joined:
    """Write a run's files of all evaluations as one, `trajectories.parquet`.

    Its rows are documents: `id`, `domain`, `tokens`, `bytes`; `loss` and `bits_per_byte` at the last
    evaluation; `el2n` at the first one after a tenth of training, since it tells most when it is taken
    early; and the lists `losses` and `bits`, of all evaluations. The metadata hold `steps`, a JSON list,
    and `el2n_step`.

    Args:
        folder: The run's.
        steps: Of the whole run.
        facts: More metadata.

    Raises:
        BadInputError: The run has kept no losses by document.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    files = {int(m[1]): p for p in (folder / FOLDER).glob("step-*.parquet") if (m := _STEP.fullmatch(p.name))}
    if not files:
        rule = "kept no losses by document while it trained"
        raise BadInputError(folder, rule, "train with document_losses: true")
    taken = sorted(files)
    early = next((step for step in taken if step >= _EARLY * steps and step), taken[-1])
    last = pq.read_table(files[taken[-1]])
    lists = {}
    for name, called in (("loss", "losses"), ("bits_per_byte", "bits")):
        by_step = [pq.read_table(files[step], columns=[name])[name].combine_chunks() for step in taken]
        lists[called] = _lists(by_step)
    columns = {name: last[name] for name in ("id", "domain", "tokens", "bytes", "loss", "bits_per_byte")}
    columns["el2n"] = pq.read_table(files[early], columns=["el2n"])["el2n"]
    metadata = {"steps": json.dumps(taken), "el2n_step": str(early), **facts}
    path = folder / FILE
    with written_aside(path) as aside:
        table = pa.table({**columns, **lists}).replace_schema_metadata(metadata)
        pq.write_table(table, aside, compression="zstd")
    return {"file": str(path), "documents": table.num_rows, "steps": taken, "el2n_step": early}


def _lists(by_step: Sequence[Any]) -> Any:
    """Turn a column a step into a list a row."""
    import pyarrow as pa

    width, rows = len(by_step), len(by_step[0])
    values = np.stack([np.asarray(one.to_numpy(zero_copy_only=False)) for one in by_step], axis=1)
    flat = pa.array(values.astype(np.float32).reshape(-1), pa.float32(), from_pandas=True)
    return pa.ListArray.from_arrays(pa.array(np.arange(rows + 1) * width, pa.int32()), flat)

"""What a training run says of single documents, hung beside the corpus, and its means by cluster."""

from __future__ import annotations

import hashlib
import json
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core import tables
from core.backend import read_run
from core.errors import BadInputError, NotFoundError
from core.types import JSON, Column, Corpus
from core.workspace import Workspace

MAKER = "take"
# By file of a run: its columns that are taken, and what they are called; {} is the run's name.
FILES: dict[str, dict[str, str]] = {
    "trajectories.parquet": {"losses": "losses", "el2n": "el2n"},
    "documents.parquet": {"loss": "loss_{}", "bits_per_byte": "bits_per_byte_{}", "el2n": "el2n"},
    "influence.parquet": {"influence": "influence"},
}
_LAST = {"loss": "loss_{}", "bits_per_byte": "bits_per_byte_{}"}  # of trajectories, without the other file
_REMEDY = "run `python -m core.backend documents RUN`, or train with document_losses: true"
Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class _File:
    """One Parquet file of a run: its rows by document, and which columns go where."""

    name: str
    table: Any
    sha256: str
    columns: Mapping[str, str]


def take(
    workspace: Workspace, name: str, run: Path, by: str | None = None, called: str | None = None
) -> dict[str, JSON]:
    """Hang a run's losses, errors and influences beside the corpus's documents, and say their means.

    From the files that the run's folder holds: `trajectories.parquet` gives `losses` (a list of the
    evaluations) and `el2n` early in training; `documents.parquet` gives `loss_RUN`, `bits_per_byte_RUN` and,
    where nothing earlier is known, `el2n`; `influence.parquet` gives `influence`. Documents are found by
    their ids and others have nulls. Columns of the same name give way. A file of which no document is the
    corpus's is left out, with a warning.

    Args:
        workspace: Holds the corpus.
        name: The corpus.
        run: The run's folder.
        by: A column; means are by its values. Default: the clusters' names where there are some, else `source`.
        called: The run's name in the columns' names; default: its folder's.

    Returns:
        `columns`, `replaced` (of other runs or makers), `matched` and `unmatched` (documents), `unknown` (ids of
        the files that are of no document), `by`, `steps` (of the evaluations), `groups`: by value of `by` the
        `documents`, `tokens`, `loss`, `bits_per_byte`, `el2n`, `influence`, and the lists `losses` and
        `bits`, as far as they are known; and `warnings`. The groups are kept as the report `run-RUN`.

    Raises:
        NotFoundError: No such corpus or column, or the run holds nothing to take.
        BadInputError: A file that is broken, or of which no document is the corpus's.
    """
    corpus = workspace.corpus(name)
    facts = read_run(run) or {}
    label = run_label(called or run.resolve().name)
    files = _files(run, label)
    there = workspace.column_names(corpus)
    by = by or next((name for name in ("cluster_name", "cluster") if name in there), "source")
    workspace.read(corpus, [by], [0])  # refused before anything is hung
    ids = workspace.read(corpus, ["id"])["id"]
    places = {file.name: _places(file, ids) for file in files}
    found = np.any([place >= 0 for place in places.values()], axis=0)
    if not found.any():
        raise BadInputError(run, f"none of its documents is in '{name}'", "name the corpus that it is of")
    unknown = {file.name: _unknown(file, places[file.name]) for file in files}
    strange = [file.name for file in files if (places[file.name] < 0).all()]
    files = [file for file in files if file.name not in strange]
    before = workspace.columns(corpus)
    made = [
        _hang(workspace, corpus, file, places[file.name], facts.get("key", file.sha256)) for file in files
    ]
    hung, kept = [n for column in made for n in column.names], {column.fingerprint for column in made}
    groups = _groups(workspace, corpus, files, places, by)
    metadata = [file.table.schema.metadata or {} for file in files]
    steps: list[int] = next((json.loads(m[b"steps"]) for m in metadata if b"steps" in m), [])
    result: dict[str, JSON] = {
        "run": str(run),
        "columns": hung,
        "replaced": sorted({n for c in before if c.fingerprint not in kept for n in c.names} & set(hung)),
        "matched": int(found.sum()),
        "unmatched": int((~found).sum()),
        "unknown": unknown,
        "by": by,
        "steps": steps,
        "groups": groups,
        "warnings": [*_left_out(strange, name), *_warnings(facts, corpus, sum(unknown.values()))],
    }
    workspace.write_report(corpus, f"run-{label}", {key: result[key] for key in ("by", "steps", "groups")})
    return result


def run_label(name: str) -> str:
    """Return the run's name as a part of a column's: small letters, digits and '_'."""
    label = re.sub(r"[^a-z0-9]+", "_", name.lower()).strip("_")[:40]
    if not label:
        raise BadInputError(name, "holds no letter or digit", "give a name with --as")
    return label


def _left_out(strange: Sequence[str], name: str) -> list[str]:
    """Say of files that have none of the corpus's documents that no empty column was hung for them."""
    return [f"{file} tells of none of the documents of '{name}': it was left out." for file in strange]


def _warnings(facts: Mapping[str, Any], corpus: Corpus, unknown: int) -> list[str]:
    known = facts.get("corpus_fingerprint")
    if unknown and facts.get("corpus") not in (None, corpus.name) and known != corpus.fingerprint:
        return [
            f"The run is of '{facts['corpus']}', another corpus: ids that are alike may be of other texts."
        ]
    if facts.get("corpus") == corpus.name and known != corpus.fingerprint:
        return [f"'{corpus.name}' has changed since the run's export: a loss may be of another text."]
    return []


# --- the files --------------------------------------------------------------------------------------


def _files(run: Path, label: str) -> list[_File]:
    there = [name for name in FILES if (run / name).is_file()]
    if not there:
        raise NotFoundError(run, f"holds none of {', '.join(FILES)}", _REMEDY)
    found = []
    for name in there:
        columns = dict(FILES[name])
        if name == "trajectories.parquet" and "documents.parquet" not in there:
            columns |= _LAST
        if name == "documents.parquet" and "trajectories.parquet" in there:
            del columns["el2n"]
        found.append(_read(run / name, {one: to.format(label) for one, to in columns.items()}))
    return found


def _read(path: Path, columns: Mapping[str, str]) -> _File:
    import pyarrow as pa
    import pyarrow.compute as pc

    try:
        content = path.read_bytes()
        table = tables.read_file(path)
    except (pa.ArrowException, OSError) as error:
        rule = f"cannot be read as Parquet ({type(error).__name__})"
        raise BadInputError(path, rule, "write it again") from None
    missing = {"id", *columns} - set(table.column_names)
    if missing:
        raise BadInputError(path, f"has no column {', '.join(sorted(missing))}", "write it again")
    if pc.count_distinct(table["id"]).as_py() < table.num_rows:
        raise BadInputError(path, "some id stands twice", "give every document an id of its own")
    return _File(path.name, table, hashlib.sha256(content).hexdigest(), columns)


def _places(file: _File, ids: Any) -> NDArray[np.int64]:
    """Return the file's row of each of the corpus's documents, -1 where it has none."""
    import pyarrow as pa
    import pyarrow.compute as pc

    known = file.table["id"].cast(pa.large_string())
    found = pc.index_in(ids.cast(pa.large_string()), value_set=known)
    return np.asarray(pc.fill_null(found, -1).to_numpy(), dtype=np.int64)


def _unknown(file: _File, places: NDArray[np.int64]) -> int:
    return int(file.table.num_rows - len(np.unique(places[places >= 0])))


def _hang(workspace: Workspace, corpus: Corpus, file: _File, places: NDArray[np.int64], key: str) -> Column:
    """Hang a file's columns, signed by the run and by what the file holds."""
    import pyarrow as pa

    names = tuple(file.columns.values())
    taken = {*tables.FIXED, *corpus.fields} & set(names)
    if taken:
        rule = "the documents came with a column of this name"
        raise BadInputError(
            ", ".join(sorted(taken)), rule, "rename it, or give the run another name with --as"
        )
    rows = pa.array(places, mask=places < 0)
    values = {to: file.table[name].take(rows).combine_chunks() for name, to in file.columns.items()}
    settings = {"run": key, "file": file.name, "sha256": file.sha256}
    column = workspace.column(corpus, MAKER, 1, settings, names, "other")
    return workspace.write_whole_column(corpus, column, values)


# --- means ------------------------------------------------------------------------------------------


def _groups(
    workspace: Workspace,
    corpus: Corpus,
    files: Sequence[_File],
    places: Mapping[str, NDArray[np.int64]],
    by: str,
) -> dict[str, dict[str, JSON]]:
    """Return, by value of a column, the means that each file gives."""
    values = workspace.read(corpus, [by])[by].to_pylist()
    names = np.array(["" if value is None else str(value) for value in values])
    groups, numbers, counts = np.unique(names, return_inverse=True, return_counts=True)
    members = np.split(np.argsort(numbers, kind="stable"), np.cumsum(counts)[:-1])
    found: dict[str, dict[str, JSON]] = {}
    for group, rows in zip(groups.tolist(), members, strict=True):
        told: dict[str, JSON] = {}
        for file in files:
            mine = places[file.name][rows]
            told |= _means(file, mine[mine >= 0])
        if told:
            found[group] = told
    return found


def _means(file: _File, rows: NDArray[np.int64]) -> dict[str, JSON]:
    """Return the means over some rows: losses are by token, bits by byte, influences by document."""
    if not len(rows):
        return {}
    table = file.table.take(rows)
    tokens = table["tokens"].to_numpy().astype(np.float64)
    if "influence" in table.column_names:
        return {"influence": float(table["influence"].to_numpy().mean()), "rated": len(rows)}
    size = table["bytes"].to_numpy().astype(np.float64)
    told: dict[str, JSON] = {
        "documents": len(rows),
        "tokens": int(tokens.sum()),
        "loss": _mean(table["loss"].to_numpy(), tokens),
        "bits_per_byte": _mean(table["bits_per_byte"].to_numpy(), size),
    }
    if "el2n" in file.columns:
        told["el2n"] = _mean(table["el2n"].to_numpy(), tokens)
    for name, weights in (("losses", tokens), ("bits", size)):
        if name in table.column_names:
            matrix = np.stack(table[name].to_numpy()).astype(np.float64)
            told[name] = [_mean(column, weights) for column in matrix.T]
    return told


def _mean(values: Floats, weights: Floats) -> float | None:
    """Return a weighted mean over what is there, None where that weighs nothing."""
    there = np.isfinite(values)
    total = float(weights[there].sum())
    mean = float((values[there] * weights[there]).sum()) / total if total else math.nan
    return mean if math.isfinite(mean) else None

"""Tables that an experiment leaves: whole or not there, the same bytes for the same results."""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from core.backend._files import written_aside
from core.backend.experiments._bench import RunResult
from core.backend.record import read_metrics
from core.errors import BadInputError

if TYPE_CHECKING:
    import pyarrow as pa

KEY = "index"  # joins a table of mixtures with one of losses


def check_columns(columns: Sequence[str]) -> None:
    """Refuse domains that a table of runs cannot hold: before anything is trained.

    Raises:
        BadInputError: One has the name of the key.
    """
    if KEY in columns:
        raise BadInputError(KEY, "a domain of this name cannot stand in a table of runs", "rename the domain")


def write_csv(path: Path, columns: Sequence[str], rows: Mapping[str, Mapping[str, float]]) -> None:
    """Write one row for each name: `index`, then the columns' values, as exact as they are."""
    with written_aside(path) as aside, aside.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow([KEY, *columns])
        for name, values in rows.items():
            writer.writerow([name, *(repr(float(values.get(column, 0.0))) for column in columns)])


def write_runs(folder: Path, runs: Sequence[RunResult]) -> list[str]:
    """Write `losses.parquet`: a row for every model, evaluation and domain. Return the files' names."""
    rows = [
        {
            "run": run["name"],
            "kind": run["kind"],
            "seed": run["seed"],
            "step": line["step"],
            "tokens": line["tokens"],
            "domain": domain,
            "weight": run["weights"].get(domain, 0.0),
            "loss": loss,
            "bits_per_byte": line["bits_per_byte"][domain],
        }
        for run in runs
        for line in read_metrics(folder / run["folder"])
        for domain, loss in line["losses"].items()
    ]
    names = ("run", "kind", "seed", "step", "tokens", "domain", "weight", "loss", "bits_per_byte")
    write_parquet(folder / "losses.parquet", {name: [row[name] for row in rows] for name in names})
    return ["losses.parquet"]


def write_parquet(
    path: Path, columns: Mapping[str, Sequence[object]], facts: Mapping[str, str] | None = None
) -> None:
    """Write columns as Parquet; `facts` stand in the schema's metadata."""
    import pyarrow.parquet as pq

    with written_aside(path) as aside:
        pq.write_table(_table(columns).replace_schema_metadata(dict(facts or {}) or None), aside)


def _table(columns: Mapping[str, Sequence[object]]) -> pa.Table:
    import pyarrow as pa

    whole, text = {"seed", "step", "tokens"}, {"run", "kind", "domain", "id", "left_out"}
    kinds = {name: pa.int64() if name in whole else pa.string() if name in text else None for name in columns}
    return pa.table({name: pa.array(list(values), kinds[name]) for name, values in columns.items()})

"""Documents as text: JSON Lines and Parquet, one file a domain."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import Any

from core.exporters._door import Documents, account, planned_domains, slugs
from core.exporters._shares import Drawn
from core.types import Manifest, ManifestFile, Plan

FIRST = 10_000  # documents of a domain that a check draws from
ROW_GROUP_ROWS = 8192
_LINE_ENDS = "\x85\u2028\u2029"  # those that JSON leaves as they are


def write_jsonl(plan: Plan, documents: Documents, folder: Path) -> list[ManifestFile]:
    """Write `data/<domain>.jsonl`, a document a line; the bytes are the same on any machine."""
    (folder / "data").mkdir()
    domains = planned_domains(plan)
    names, files = slugs(domains), []
    for domain in domains:
        path, rows, tokens = f"data/{names[domain]}.jsonl", 0, 0
        with (folder / path).open("x", encoding="utf-8", newline="\n") as file:
            for table in documents(domain):
                file.writelines(lines(table))
                rows += table.num_rows
                tokens += sum(table["tokens"].to_pylist())
        files.append(account(folder, path, domain, rows, tokens))
    return files


def lines(table: Any) -> Iterator[str]:
    """Yield documents as lines of JSON.

    What else Unicode takes for a line's end is escaped, so that `str.splitlines` finds the lines, too.
    """
    for batch in table.to_batches(max_chunksize=256):  # bounds what is held as Python objects
        yield from (_line(row) for row in batch.to_pylist())


def _line(row: dict[str, Any]) -> str:
    line = json.dumps(row, ensure_ascii=False)
    for end in _LINE_ENDS:
        line = line.replace(end, f"\\u{ord(end):04x}")
    return line + "\n"


def write_parquet(plan: Plan, documents: Documents, folder: Path) -> list[ManifestFile]:
    """Write `data/<domain>.parquet`; the bytes are the same for the same version of pyarrow."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    text = pa.large_string()
    schema = pa.schema(
        [("id", text), ("text", text), ("source", text), ("domain", text), ("tokens", pa.int32())]
    )
    (folder / "data").mkdir()
    domains = planned_domains(plan)
    names, files = slugs(domains), []
    for domain in domains:
        path, rows, tokens = f"data/{names[domain]}.parquet", 0, 0
        with pq.ParquetWriter(folder / path, schema, compression="zstd", compression_level=3) as writer:
            for table in documents(domain):
                writer.write_table(table.cast(schema), row_group_size=ROW_GROUP_ROWS)
                rows += table.num_rows
                tokens += sum(table["tokens"].to_pylist())
        files.append(account(folder, path, domain, rows, tokens))
    return files


def document_tokens(path: Path) -> list[int]:
    """Return the tokens of the first 10,000 documents of a JSON Lines or Parquet file."""
    return list(islice(_tokens(path), FIRST))


def _tokens(path: Path) -> Iterable[int]:
    if path.suffix == ".parquet":
        import pyarrow.parquet as pq

        with pq.ParquetFile(path) as file:
            for batch in file.iter_batches(8192, columns=["tokens"]):
                yield from batch["tokens"].to_pylist()
        return
    with path.open("rb") as found:
        for line in found:
            yield int(json.loads(line)["tokens"])


def drawn_by_tokens(manifest: Manifest) -> list[Drawn]:
    """Return what a trainer draws that follows the manifest's own weights, which are shares of tokens."""
    return [Drawn(1.0, {name: (part.weight, [1]) for name, part in manifest.domains.items()})]

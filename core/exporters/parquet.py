"""Parquet: one file a domain, fixed settings."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from core.exporters._door import Documents, account, planned_domains, slugs
from core.types import ManifestFile, Plan

ROW_GROUP_ROWS = 8192


@dataclass(frozen=True, slots=True)
class Parquet:
    """Writes `data/<domain>.parquet` with `id`, `text`, `source`, `domain`, `tokens`, zstd-compressed.

    The bytes are the same for the same version of pyarrow, which stands in the file's footer.
    """

    name: ClassVar[str] = "parquet"
    version: ClassVar[int] = 1

    def write(self, plan: Plan, documents: Documents, folder: Path) -> list[ManifestFile]:
        """Write one file a domain."""
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

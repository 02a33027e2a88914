"""What trainers read: each format a small file, by name. One data file a domain, whatever the format."""

from __future__ import annotations

from core.exporters._door import Documents, Exporter
from core.exporters.jsonl import JsonLines
from core.exporters.parquet import Parquet

EXPORTERS: dict[str, type[Exporter]] = {"jsonl": JsonLines, "parquet": Parquet}

__all__ = ["EXPORTERS", "Documents", "Exporter"]

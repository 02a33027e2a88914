"""Parquet: one file a domain, fixed settings."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from core.exporters._door import Documents
from core.exporters._shares import Drawn
from core.exporters._text import drawn_by_tokens, write_parquet
from core.types import Manifest, ManifestFile, Plan


@dataclass(frozen=True, slots=True)
class Parquet:
    """Writes `data/<domain>.parquet` with `id`, `text`, `source`, `domain`, `tokens`, zstd-compressed.

    The bytes are the same for the same version of pyarrow, which stands in the file's footer.
    """

    name: ClassVar[str] = "parquet"
    version: ClassVar[int] = 1
    stages: ClassVar[bool] = True
    in_order: ClassVar[bool] = True

    def write(self, plan: Plan, documents: Documents, folder: Path) -> list[ManifestFile]:
        """Write one file a domain."""
        return write_parquet(plan, documents, folder)

    def drawn(self, manifest: Manifest, folder: Path) -> list[Drawn]:  # noqa: ARG002 the manifest says it all
        """Return the manifest's weights: they are shares of tokens, and there is no other configuration."""
        return drawn_by_tokens(manifest)

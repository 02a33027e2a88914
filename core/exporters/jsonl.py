"""JSON Lines: one document a line, UTF-8."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from core.exporters._door import Documents
from core.exporters._shares import Drawn
from core.exporters._text import drawn_by_tokens, write_jsonl
from core.types import Manifest, ManifestFile, Plan


@dataclass(frozen=True, slots=True)
class JsonLines:
    """Writes `data/<domain>.jsonl`; a line holds `id`, `text`, `source`, `domain`, `tokens`."""

    name: ClassVar[str] = "jsonl"
    version: ClassVar[int] = 1
    stages: ClassVar[bool] = True
    in_order: ClassVar[bool] = True

    def write(self, plan: Plan, documents: Documents, folder: Path) -> list[ManifestFile]:
        """Write one file a domain; the bytes are the same on any machine."""
        return write_jsonl(plan, documents, folder)

    def drawn(self, manifest: Manifest, folder: Path) -> list[Drawn]:  # noqa: ARG002 the manifest says it all
        """Return the manifest's weights: they are shares of tokens, and there is no other configuration."""
        return drawn_by_tokens(manifest)

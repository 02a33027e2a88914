"""JSON Lines: one document a line, UTF-8."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

from core.exporters._door import Documents, account, planned_domains, slugs
from core.types import ManifestFile, Plan

_LINE_ENDS = "\x85\u2028\u2029"  # those that JSON leaves as they are


@dataclass(frozen=True, slots=True)
class JsonLines:
    """Writes `data/<domain>.jsonl`; a line holds `id`, `text`, `source`, `domain`, `tokens`.

    What else Unicode takes for a line's end is escaped, so that `str.splitlines` finds the lines, too.
    """

    name: ClassVar[str] = "jsonl"
    version: ClassVar[int] = 1

    def write(self, plan: Plan, documents: Documents, folder: Path) -> list[ManifestFile]:
        """Write one file a domain; the bytes are the same on any machine."""
        (folder / "data").mkdir()
        domains = planned_domains(plan)
        names, files = slugs(domains), []
        for domain in domains:
            path, rows, tokens = f"data/{names[domain]}.jsonl", 0, 0
            with (folder / path).open("x", encoding="utf-8", newline="\n") as file:
                for table in documents(domain):
                    for batch in table.to_batches(max_chunksize=256):  # bounds what is held as Python objects
                        file.writelines(_line(row) for row in batch.to_pylist())
                    rows += table.num_rows
                    tokens += sum(table["tokens"].to_pylist())
            files.append(account(folder, path, domain, rows, tokens))
        return files


def _line(row: dict[str, Any]) -> str:
    line = json.dumps(row, ensure_ascii=False)
    for end in _LINE_ENDS:
        line = line.replace(end, f"\\u{ord(end):04x}")
    return line + "\n"

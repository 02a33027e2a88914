"""axolotl: JSON Lines sampled beforehand, since it has no weights that hold."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

from core.errors import BadInputError
from core.exporters._abilities import refuse
from core.exporters._door import Documents, account, domains_by_path, planned_domains, slugs
from core.exporters._files import read_yaml, write_notes, write_yaml
from core.exporters._shares import Drawn, seed, token_weights
from core.exporters._text import lines
from core.types import DomainPlan, Manifest, ManifestFile, Plan

CONFIG = "axolotl.yaml"


@dataclass(frozen=True, slots=True)
class Axolotl:
    """Writes `data/<domain>.jsonl` with every document as often as the plan sees it, and `axolotl.yaml`.

    One epoch over all of it is the mixture: no weight is left for the trainer to apply. A domain's repeats
    stand one after another; axolotl shuffles what it has joined.
    """

    name: ClassVar[str] = "axolotl"
    version: ClassVar[int] = 1
    stages: ClassVar[bool] = False
    in_order: ClassVar[bool] = False

    sequence_length: int = 2048

    def write(self, plan: Plan, documents: Documents, folder: Path) -> list[ManifestFile]:
        """Write one file a domain, repeats included: the disk needs room for every token seen."""
        refuse(self, plan)
        (folder / "data").mkdir()
        domains = planned_domains(plan)
        names, files = slugs(domains), []
        for domain in domains:
            path = f"data/{names[domain]}.jsonl"
            rows, tokens = _write_domain(folder / path, documents(domain), plan.domains[domain])
            files.append(account(folder, path, domain, rows, tokens))
        datasets = [
            {"path": file.path, "ds_type": "json", "type": "completion", "field": "text"} for file in files
        ]
        config = {
            "datasets": datasets,
            "shuffle_merged_datasets": True,
            "sequence_len": self.sequence_length,
            "sample_packing": True,
            "num_epochs": 1,
            "seed": seed(plan),
        }
        write_yaml(folder / CONFIG, config)
        shares, written = token_weights(plan), sum(file.tokens for file in files)
        told = [
            "`axolotl.yaml` holds the data's part of a configuration; start from this folder, since its paths are "
            "relative to it.",
            "axolotl has no weights that hold, so the files are sampled already: each document stands as often as "
            "the plan sees it, and one epoch over all files is the mixture. The weight written is the file's share "
            "of all tokens written.",
        ]
        own = {file.domain: (shares[file.domain], file.tokens / written) for file in files}
        write_notes(folder, "axolotl", told, own)
        return files

    def drawn(self, manifest: Manifest, folder: Path) -> list[Drawn]:
        """Return what one epoch over the files of `axolotl.yaml` holds.

        Raises:
            BadInputError: The configuration names a file that is none of the export's.
        """
        known = domains_by_path(manifest)
        tokens = {file.path: file.tokens for file in manifest.files}
        paths = [part["path"] for part in read_yaml(folder / CONFIG)["datasets"]]
        for path in paths:
            if path not in tokens:
                raise BadInputError(f"{CONFIG}: {path}", "no data file of this export", "export again")
        whole = sum(tokens[path] for path in paths)
        return [
            Drawn(1.0, {known[path.removesuffix(".jsonl")]: (tokens[path] / whole, [1]) for path in paths})
        ]


def _write_domain(path: Path, tables: Iterator[Any], part: DomainPlan) -> tuple[int, int]:
    """Write a domain once, then again from what stands there, until the plan's tokens are reached."""
    sizes: list[tuple[int, int]] = []  # bytes and tokens of each document
    with path.open("xb") as file:
        for table in tables:
            for line, tokens in zip(lines(table), table["tokens"].to_pylist(), strict=True):
                raw = line.encode()
                file.write(raw)
                sizes.append((len(raw), tokens))
    rows, tokens = len(sizes), sum(size for _, size in sizes)
    with path.open("rb") as source, path.open("ab") as file:
        while tokens < part.tokens:
            source.seek(0)
            for length, size in sizes:
                if tokens >= part.tokens:
                    break
                file.write(source.read(length))
                rows, tokens = rows + 1, tokens + size
    return rows, tokens

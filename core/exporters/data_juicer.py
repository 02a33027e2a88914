"""Data-Juicer: JSON Lines, and a configuration whose weights and sample number make the mixture."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from core.exporters._abilities import refuse
from core.exporters._door import Documents, domains_by_path, slugs
from core.exporters._files import read_yaml, write_notes, write_yaml
from core.exporters._shares import Drawn, document_weights, mean_tokens, token_weights
from core.exporters._text import document_tokens, write_jsonl
from core.types import Manifest, ManifestFile, Plan

CONFIG = "data_juicer.yaml"


@dataclass(frozen=True, slots=True)
class DataJuicer:
    """Writes `data/<domain>.jsonl` and `data_juicer.yaml`.

    Data-Juicer takes `max_sample_num` documents, of each data set by its weight; without that number it
    passes the weights over. So both are written, and the weights are of documents.
    """

    name: ClassVar[str] = "data_juicer"
    version: ClassVar[int] = 1
    stages: ClassVar[bool] = False
    in_order: ClassVar[bool] = False

    def write(self, plan: Plan, documents: Documents, folder: Path) -> list[ManifestFile]:
        """Write one file a domain and the weights, which are of documents."""
        refuse(self, plan)
        files = write_jsonl(plan, documents, folder)
        means, shares = mean_tokens(files), token_weights(plan)
        own = document_weights(shares, means)
        names = slugs(own)
        configs = [
            {"type": "local", "path": f"data/{names[domain]}.jsonl", "weight": weight}
            for domain, weight in own.items()
        ]
        samples = round(sum(plan.domains[domain].tokens / means[domain] for domain in own))
        config = {
            "project_name": plan.mixture.name,
            "dataset": {"max_sample_num": samples, "configs": configs},
            "text_keys": "text",
            "export_path": "outputs/mixture.jsonl",
            "process": [],
        }
        write_yaml(folder / CONFIG, config)
        told = [
            "`dj-process --config data_juicer.yaml` from this folder, since its paths are relative to it.",
            "Data-Juicer counts documents: a weight is the domain's share of tokens over its mean tokens a "
            f"document, scaled to sum to 1, and `max_sample_num` is the budget, {samples:,} documents. Without "
            "that key Data-Juicer passes the weights over.",
        ]
        write_notes(folder, "Data-Juicer", told, {d: (shares[d], own[d]) for d in own})
        return files

    def drawn(self, manifest: Manifest, folder: Path) -> list[Drawn]:
        """Return the weights of `data_juicer.yaml`, and the tokens of the documents."""
        known = domains_by_path(manifest)
        configs = read_yaml(folder / CONFIG)["dataset"]["configs"]
        sources = {
            known[part["path"].removesuffix(".jsonl")]: (
                part["weight"],
                document_tokens(folder / part["path"]),
            )
            for part in configs
        }
        return [Drawn(1.0, sources)]

"""MaxText with Grain: ArrayRecord files of documents, and the weights as its mixture's JSON."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

from core import disk
from core.errors import BadInputError
from core.exporters._abilities import asks_order, refuse
from core.exporters._door import Documents, account, domains_by_path, planned_domains, slugs
from core.exporters._files import write_notes, write_yaml
from core.exporters._shares import Drawn, document_weights, mean_tokens, seed, token_weights
from core.types import Manifest, ManifestFile, Plan

CONFIG, MIXTURE = "maxtext.yml", "grain_mixture.json"
ENDING = ".array_record"


@dataclass(frozen=True, slots=True)
class MaxText:
    """Writes `data/<domain>.array_record`, `grain_mixture.json` and `maxtext.yml`.

    A record is a `tf.train.Example` with `text`, `id` and `tokens`. Grain draws records, each one document, so
    the weights are of documents. Needs the package array-record, which alone writes that format.
    """

    name: ClassVar[str] = "maxtext"
    version: ClassVar[int] = 1
    stages: ClassVar[bool] = False
    in_order: ClassVar[bool] = True
    package: ClassVar[str] = "array_record"

    def write(self, plan: Plan, documents: Documents, folder: Path) -> list[ManifestFile]:
        """Write one file a domain and the weights, which are of documents.

        Raises:
            BadInputError: Stages, or the package array-record is not installed.
        """
        refuse(self, plan)
        library = _library()
        (folder / "data").mkdir()
        domains = planned_domains(plan)
        names, files = slugs(domains), []
        for domain in domains:
            path, rows, tokens = f"data/{names[domain]}{ENDING}", 0, 0
            writer = library.ArrayRecordWriter(str(folder / path), "group_size:1,zstd:3")
            for table in documents(domain):
                for row in table.select(["id", "text", "tokens"]).to_pylist():
                    writer.write(_example(row))
                    rows, tokens = rows + 1, tokens + row["tokens"]
            writer.close()
            files.append(account(folder, path, domain, rows, tokens))
        means, shares = mean_tokens(files), token_weights(plan)
        own = document_weights(shares, means)
        mixture = {names[d]: {"path": f"data/{names[d]}{ENDING}", "weight": w} for d, w in own.items()}
        disk.write_json(folder / MIXTURE, mixture)
        config = {
            "dataset_type": "grain",
            "grain_file_type": "arrayrecord",
            "grain_train_mixture_config_path": MIXTURE,
            "train_data_columns": ["text"],
            "tokenize_train_data": True,
            "use_truncation": False,
            "enable_data_shuffling": not asks_order(plan.mixture),
            "data_shuffle_seed": seed(plan),
            "num_epoch": max(1, round(max(part.epochs for part in plan.domains.values()) + 0.5)),
        }
        write_yaml(folder / CONFIG, config)
        listed = ";".join(f"{part['path']},{part['weight']:.4f}" for part in mixture.values())
        told = [
            "`maxtext.yml` holds the data's keys of a configuration; start from this folder, since its paths are "
            f"relative to it. As one argument, weights rounded as MaxText rounds them: `grain_train_files={listed}`.",
            "Grain draws documents: a weight is the domain's share of tokens over its mean tokens a document, scaled "
            "to sum to 1. `use_truncation: false` keeps a document's tokens beyond one sample, without which long "
            "documents would count for less.",
        ]
        if asks_order(plan.mixture):
            told.append("`enable_data_shuffling: false` keeps the order of each domain's documents.")
        write_notes(folder, "MaxText", told, {d: (shares[d], own[d]) for d in own})
        return files

    def drawn(self, manifest: Manifest, folder: Path) -> list[Drawn]:
        """Return the weights of `grain_mixture.json`, and each domain's mean tokens a document."""
        known, means = domains_by_path(manifest), mean_tokens(manifest.files)
        found: dict[str, tuple[float, list[int]]] = {}
        for part in disk.read_json(folder / MIXTURE).values():
            domain = known[part["path"].removesuffix(ENDING)]
            found[domain] = (part["weight"], [round(means[domain] * 1_000_000)])
        return [Drawn(1.0, found)]


def _library() -> Any:
    try:
        from array_record.python import array_record_module  # type: ignore[import-not-found, import-untyped, unused-ignore]
    except ImportError:
        rule = "needs the package array-record, which is not installed"
        raise BadInputError("maxtext", rule, "install it: pip install array-record") from None
    return array_record_module


# --- tf.train.Example, which is a map of names to lists, as protocol buffers encode it ---------------


def _example(row: dict[str, Any]) -> bytes:
    features = [
        _field(1, _field(1, b"id") + _field(2, _field(1, _field(1, row["id"].encode())))),
        _field(1, _field(1, b"text") + _field(2, _field(1, _field(1, row["text"].encode())))),
        _field(1, _field(1, b"tokens") + _field(2, _field(3, _field(1, _varint(row["tokens"]))))),
    ]
    return _field(1, b"".join(features))


def _field(number: int, content: bytes) -> bytes:
    return bytes([number << 3 | 2]) + _varint(len(content)) + content


def _varint(value: int) -> bytes:
    digits = []
    while value >= 0x80:
        digits.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*digits, value])

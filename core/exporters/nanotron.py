"""nanotron: datatrove's token files in a folder a domain, and `data_stages` with the mixture's own stages."""

from __future__ import annotations

from array import array
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import numpy as np

from core import disk
from core.exporters._abilities import refuse
from core.exporters._door import Documents, account, planned_domains, slugs
from core.exporters._files import read_yaml, write_notes, write_yaml
from core.exporters._fixed import check_length, check_positive, drawn_by_samples, first_steps
from core.exporters._shares import Drawn, phases, seed, token_weights
from core.exporters._tokens import FOLDER, Encoder, Tokenising
from core.types import JSON, Manifest, ManifestFile, Plan

CONFIG = "nanotron.yaml"


@dataclass(frozen=True, slots=True)
class Nanotron(Tokenising):
    """Writes `data/<domain>/000.ds` with index and metadata, and `nanotron.yaml`.

    Stages become `data_stages`, whose folders and weights are two lists, not a map: nanotron draws samples
    of `sequence_length` tokens, so weights are shares of tokens. A stage begins at a whole step.
    """

    name: ClassVar[str] = "nanotron"
    version: ClassVar[int] = 1
    stages: ClassVar[bool] = True
    in_order: ClassVar[bool] = False

    sequence_length: int = 2048
    batch_size: int = 256  # samples a step, over all devices

    def write(self, plan: Plan, documents: Documents, folder: Path) -> list[ManifestFile]:
        """Write a folder a domain, the tokenizer, and the stages."""
        refuse(self, plan)
        check_length(self.sequence_length)
        check_positive(batch_size=self.batch_size)
        encoder, shares, files = self.encoder(), token_weights(plan), []
        names = slugs(shares)
        total = sum(part.tokens for part in plan.domains.values())
        steps = -(-total // (self.sequence_length * self.batch_size))
        found = phases(plan)
        starts = first_steps(found, steps)
        for domain in planned_domains(plan):
            files += _write_domain(folder, f"data/{names[domain]}", domain, documents, encoder)
        encoder.write(folder)
        folders = [f"data/{name}" for name in names.values()]
        stages: list[JSON] = []
        for number, (phase, start) in enumerate(zip(found, starts, strict=True), 1):
            data = {
                "dataset_folder": folders,
                "dataset_weights": [phase.weights[domain] for domain in names],
                "tokenizer_name": FOLDER,
                "vocab_size": encoder.vocabulary,
                "token_size_in_bytes": encoder.dtype.itemsize,
            }
            part = {"seed": seed(plan), "num_loading_workers": 1, "dataset": data}
            stages.append({"name": f"stage {number}", "start_training_step": start + 1, "data": part})
        tokens = {"sequence_length": self.sequence_length, "train_steps": steps}
        write_yaml(folder / CONFIG, {"data_stages": stages, "tokens": tokens})
        told = [
            "`nanotron.yaml` holds `data_stages` and two keys of `tokens`; start from this folder, since its "
            f"paths are relative to it. Steps are of {self.batch_size} samples of {self.sequence_length} tokens: "
            "`micro_batch_size`, `batch_accumulation_per_replica` and `dp` must multiply to the first.",
            "nanotron draws samples of one length, so weights are shares of tokens as the tokenizer beside the "
            "data counts them. The table holds the whole run's.",
        ]
        write_notes(folder, "nanotron", told, {d: (w, w) for d, w in shares.items()})
        return files

    def drawn(self, manifest: Manifest, folder: Path) -> list[Drawn]:
        """Return the stages of `nanotron.yaml`, each as long as its steps."""
        config = read_yaml(folder / CONFIG)
        stages, steps = config["data_stages"], config["tokens"]["train_steps"]
        starts = [stage["start_training_step"] - 1 for stage in stages]
        found = []
        for stage, start, end in zip(stages, starts, [*starts[1:], steps], strict=True):
            data = stage["data"]["dataset"]
            weights = dict(zip(data["dataset_folder"], data["dataset_weights"], strict=True))
            found.append(((end - start) / steps, weights))
        return drawn_by_samples(manifest, found, CONFIG)


def _write_domain(
    folder: Path, under: str, domain: str, documents: Documents, encoder: Encoder
) -> list[ManifestFile]:
    """Write one domain's ids, where each document ends (uint64, in tokens), and what the ids are."""
    (folder / under).mkdir(parents=True)
    path, ends, tokens = f"{under}/000.ds", array("Q"), 0
    with (folder / path).open("xb") as file:
        for ids in encoder.documents(documents, domain):
            file.write(ids.astype(encoder.dtype).tobytes())
            tokens += len(ids)
            ends.append(tokens)
    (folder / f"{path}.index").write_bytes(np.frombuffer(ends, np.uint64).astype("<u8").tobytes())
    told = f"{FOLDER}|{encoder.dtype.itemsize}\n{tokens}\n{tokens}"
    disk.write_text(folder / f"{path}.metadata", told)
    return [
        account(folder, path, domain, len(ends), tokens),
        account(folder, f"{path}.index", domain, 0, 0),
        account(folder, f"{path}.metadata", domain, 0, 0),
    ]

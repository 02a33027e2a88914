"""Levanter: JSON Lines, and a configuration whose `train_weights` carry the mixture's own stages."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from core.errors import BadInputError
from core.exporters._door import Documents, slugs
from core.exporters._files import read_yaml, write_notes, write_yaml
from core.exporters._fixed import check_length, check_positive, drawn_by_samples, first_steps
from core.exporters._shares import Drawn, phases, seed, token_weights
from core.exporters._text import write_jsonl
from core.exporters._tokens import FOLDER, WithTokenizer
from core.types import JSON, Manifest, ManifestFile, Plan

CONFIG = "levanter.yaml"


@dataclass(frozen=True, slots=True)
class Levanter(WithTokenizer):
    """Writes `data/<domain>.jsonl`, the tokenizer that Levanter is to use, and `levanter.yaml`.

    Levanter joins a domain's documents and draws samples of one length, so weights are shares of tokens. A
    stage begins at a step whose samples fill whole blocks of the mixture.
    """

    name: ClassVar[str] = "levanter"
    version: ClassVar[int] = 1

    sequence_length: int = 2048
    batch_size: int = 256  # samples a step
    block_size: int = 2048  # samples within which the weights are kept; a stage begins between two blocks

    def write(self, plan: Plan, documents: Documents, folder: Path) -> list[ManifestFile]:
        """Write one file a domain, the tokenizer, and the weights, stage by stage."""
        check_length(self.sequence_length)
        check_positive(batch_size=self.batch_size, block_size=self.block_size)
        shares = token_weights(plan)
        names = slugs(shares)
        total = sum(part.tokens for part in plan.domains.values())
        steps = -(-total // (self.sequence_length * self.batch_size))
        multiple = self.block_size // math.gcd(self.block_size, self.batch_size)
        found = phases(plan)
        starts = first_steps(found, steps, multiple if len(found) > 1 else 1)
        files = write_jsonl(plan, documents, folder)
        self.encoder().write(folder)
        weights: JSON = [
            [start, {names[d]: weight for d, weight in phase.weights.items()}]
            for start, phase in zip(starts, found, strict=True)
        ]
        data = {
            "tokenizer": FOLDER,
            "cache_dir": "cache",
            "shuffle": True,
            "stop_strategy": "restart",
            "mixture_block_size": self.block_size,
            "configs": {name: {"train_urls": [f"data/{name}.jsonl"]} for name in names.values()},
            "train_weights": weights if len(weights) > 1 else weights[0][1],
        }
        trainer = {"train_batch_size": self.batch_size, "num_train_steps": steps, "seed": seed(plan)}
        write_yaml(folder / CONFIG, {"data": data, "train_seq_len": self.sequence_length, "trainer": trainer})
        told = [
            "`levanter.yaml` holds `data`, `trainer` and `train_seq_len`; start from this folder, since its paths "
            "are relative to it.",
            f"Levanter draws samples of {self.sequence_length} tokens, so weights are shares of tokens as the "
            f"tokenizer beside the data counts them. A stage begins at a multiple of {multiple} steps: its "
            f"samples fill blocks of {self.block_size}. The table holds the whole run's.",
        ]
        write_notes(folder, "Levanter", told, {d: (w, w) for d, w in shares.items()})
        return files

    def drawn(self, manifest: Manifest, folder: Path) -> list[Drawn]:
        """Return the `train_weights` of `levanter.yaml`, each as long as its steps."""
        config = read_yaml(folder / CONFIG)
        data, steps = config["data"], config["trainer"]["num_train_steps"]
        asked = data["train_weights"]
        stages = [[0, asked]] if isinstance(asked, dict) else asked
        found = []
        for (start, weights), end in zip(stages, [*(s for s, _ in stages[1:]), steps], strict=True):
            missing = sorted(set(weights) - set(data["configs"]))
            if missing:
                raise BadInputError(missing[0], "has a weight and no entry in `configs`", "add it or drop it")
            paths = {data["configs"][name]["train_urls"][0]: weight for name, weight in weights.items()}
            by_path = {path.removesuffix(".jsonl"): weight for path, weight in paths.items()}
            found.append(((end - start) / steps, by_path))
        return drawn_by_samples(manifest, found, CONFIG)

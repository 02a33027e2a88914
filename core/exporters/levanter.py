"""Levanter: JSON Lines, and a configuration whose `train_weights` carry the mixture's own stages."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from core.errors import BadInputError
from core.exporters._abilities import asks_order
from core.exporters._door import Documents, slugs
from core.exporters._files import read_yaml, write_notes, write_yaml
from core.exporters._fixed import check_length, check_positive, drawn_by_samples, first_steps
from core.exporters._shares import Drawn, Phase, phases, seed, token_weights
from core.exporters._text import write_jsonl
from core.exporters._tokens import FOLDER, WithTokenizer
from core.types import JSON, Manifest, ManifestFile, Plan

CONFIG = "levanter.yaml"
LEAST_BLOCKS = 8  # of a run whose documents come in an order


@dataclass(frozen=True, slots=True)
class Levanter(WithTokenizer):
    """Writes `data/<domain>.jsonl`, the tokenizer that Levanter is to use, and `levanter.yaml`.

    Levanter joins a domain's documents and draws samples of one length, so weights are shares of tokens. A
    stage begins at a step whose samples fill whole blocks of the mixture. Documents in order go unshuffled: the
    order then holds from block to block, since Levanter shuffles a block's samples whatever is asked.
    """

    name: ClassVar[str] = "levanter"
    version: ClassVar[int] = 1
    stages: ClassVar[bool] = True
    in_order: ClassVar[bool] = True

    sequence_length: int = 2048
    batch_size: int = 256  # samples a step
    block_size: int = 2048  # samples within which the weights are kept; a stage begins between two blocks

    def write(self, plan: Plan, documents: Documents, folder: Path) -> list[ManifestFile]:
        """Write one file a domain, the tokenizer, and the weights, stage by stage.

        Raises:
            BadInputError: A stage shorter than a block, a weight that gives no sample in one, or an order that
                would be lost in one.
        """
        check_length(self.sequence_length)
        check_positive(batch_size=self.batch_size, block_size=self.block_size)
        shares = token_weights(plan)
        names = slugs(shares)
        total = sum(part.tokens for part in plan.domains.values())
        steps = -(-total // (self.sequence_length * self.batch_size))
        multiple = self.block_size // math.gcd(self.block_size, self.batch_size)
        found = phases(plan)
        starts = first_steps(found, steps, multiple if len(found) > 1 else 1)
        self._check_block(found, steps * self.batch_size, asks_order(plan.mixture))
        files = write_jsonl(plan, documents, folder)
        self.encoder().write(folder)
        weights: JSON = [
            [start, {names[d]: weight for d, weight in phase.weights.items()}]
            for start, phase in zip(starts, found, strict=True)
        ]
        data = {
            "tokenizer": FOLDER,
            "cache_dir": "cache",
            "shuffle": not asks_order(plan.mixture),
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
            f"samples fill blocks of {self.block_size}, in which weights are rounded to whole samples. The table "
            "holds the whole run's, as they come out of that.",
        ]
        if asks_order(plan.mixture):
            told.append(
                f"`shuffle: false` keeps the documents' order, from block to block: the {self.block_size} samples of "
                "a block come in any order."
            )
        write_notes(folder, "Levanter", told, {d: (w, self._rounded(found, d)) for d, w in shares.items()})
        return files

    def _rounded(self, found: Sequence[Phase], domain: str) -> float:
        """Return a domain's share of the whole run as blocks round it."""
        counts = [_counted(phase.weights, self.block_size)[domain] for phase in found]
        long = [phase.until - phase.start for phase in found]
        return math.fsum(n * part for n, part in zip(counts, long, strict=True)) / self.block_size

    def _check_block(self, found: Sequence[Phase], samples: int, in_order: bool) -> None:
        """Raise where a weight rounds to no sample a block, or the run is too few blocks for an order to show."""
        for phase in found:
            for domain, weight in phase.weights.items():
                if 0 < weight * self.block_size < 1:
                    rule = f"its weight {weight:.3g} gives no sample in a block of {self.block_size}"
                    raise BadInputError(domain, rule, "raise block_size, up to 65,535, or its weight")
        if in_order and samples < LEAST_BLOCKS * self.block_size:
            rule = (
                f"{samples:,} samples are fewer than {LEAST_BLOCKS} blocks, and no order holds inside a block"
            )
            raise BadInputError(f"block_size {self.block_size}", rule, "set a smaller block_size")

    def drawn(self, manifest: Manifest, folder: Path) -> list[Drawn]:
        """Return the `train_weights` of `levanter.yaml` as a block rounds them, each as long as its steps."""
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
            in_block = _counted(paths, data["mixture_block_size"])
            by_path = {path.removesuffix(".jsonl"): count for path, count in in_block.items()}
            found.append(((end - start) / steps, by_path))
        return drawn_by_samples(manifest, found, CONFIG)


def _counted(weights: Mapping[str, float], block: int) -> dict[str, float]:
    """Return the samples that each gives to a block, as Levanter rounds: down, and the rest to the largest."""
    total = math.fsum(weights.values())
    counts = {name: float(int(weight / total * block)) for name, weight in weights.items()}
    largest = max(counts, key=counts.__getitem__)
    return {**counts, largest: counts[largest] + block - sum(counts.values())}

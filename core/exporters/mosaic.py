"""MosaicML Streaming: MDS shards of token ids, and the loader's part of an llm-foundry configuration."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from core.exporters._abilities import refuse
from core.exporters._door import Documents, planned_domains, slugs
from core.exporters._files import read_yaml, write_notes, write_yaml
from core.exporters._fixed import check_length, drawn_by_samples, first_steps
from core.exporters._mds import write_shards
from core.exporters._segments import segments
from core.exporters._shares import Drawn, Phase, phases, seed, token_weights
from core.exporters._tokens import Encoder, Tokenising, windows
from core.types import JSON, Manifest, ManifestFile, Plan

CONFIG = "llm_foundry.yaml"
Streams = dict[str, dict[str, JSON]]


@dataclass(frozen=True, slots=True)
class Mosaic(Tokenising):
    """Writes `data/<domain>/` of MDS shards and `llm_foundry.yaml` with proportions and the epoch's size.

    Samples are `sequence_length` tokens each, documents one after another, as llm-foundry's own conversion
    makes them: so its proportions, which count samples, are shares of tokens. A text a sample would be cut.
    Stages become the schedule of llm-foundry's callback `curriculum_learning`. It begins a data set afresh in
    each, so a domain is cut where stages begin, into `data/<domain>/<number>/`, and none goes back to the start.
    """

    name: ClassVar[str] = "mosaic"
    version: ClassVar[int] = 1
    stages: ClassVar[bool] = True
    in_order: ClassVar[bool] = False

    sequence_length: int = 2048

    def write(self, plan: Plan, documents: Documents, folder: Path) -> list[ManifestFile]:
        """Write a folder of shards a domain, the tokenizer, and the streams."""
        refuse(self, plan)
        check_length(self.sequence_length)
        encoder, shares, found = self.encoder(), token_weights(plan), phases(plan)
        total = -(-sum(part.tokens for part in plan.domains.values()) // self.sequence_length)
        starts = first_steps(found, total)
        sizes = [end - start for start, end in zip(starts, [*starts[1:], total], strict=True)]
        names, files, streams = slugs(shares), list[ManifestFile](), [Streams() for _ in found]
        for domain in planned_domains(plan):
            samples = windows(encoder.documents(documents, domain), self.sequence_length)
            under = f"data/{names[domain]}"
            if len(found) == 1:
                files += write_shards(folder, under, domain, samples, self.sequence_length)
                streams[0][names[domain]] = {"local": under, "proportion": shares[domain]}
                continue
            ends = _ends(found, domain, plan.domains[domain].epochs)
            files += self._write_cut(folder, under, domain, samples, ends, found, streams)
        encoder.write(folder)
        write_yaml(folder / CONFIG, self._config(plan, encoder, streams, sizes))
        write_notes(
            folder, "MosaicML Streaming and llm-foundry", self._told(len(found)),
            {d: (w, w) for d, w in shares.items()},
        )  # fmt: skip
        return files

    def _write_cut(
        self,
        folder: Path,
        under: str,
        domain: str,
        samples: Iterator[NDArray[np.int64]],
        ends: Sequence[float],
        found: Sequence[Phase],
        streams: Sequence[Streams],
    ) -> list[ManifestFile]:
        """Write a domain in segments, and what each stage reads of them; `ends` count in its own epochs."""
        scratch, length = folder / "samples.tmp", self.sequence_length
        with scratch.open("xb") as file:
            for sample in samples:
                file.write(sample.astype("<i4").tobytes())
        held = np.memmap(scratch, dtype="<i4", mode="r").reshape(-1, length)
        whole, reached = [], 0
        for phase, end in zip(found, ends, strict=True):
            least = reached + (1 if phase.weights[domain] > 0 else 0)
            reached = max(least, round(end * len(held)))
            whole.append(reached)
        parts, counts = segments(len(held), whole)
        files, slug = [], under.split("/")[1]
        for number, (first, end) in enumerate(parts):
            cut = (np.asarray(row, dtype=np.int64) for row in held[first:end])
            files += write_shards(folder, f"{under}/{number}", domain, cut, length)
        for phase, row, stage in zip(found, counts, streams, strict=True):
            read = [n * (end - first) for n, (first, end) in zip(row, parts, strict=True)]
            for number, size in enumerate(read):
                if size and phase.weights[domain] > 0:
                    proportion = phase.weights[domain] * size / sum(read)
                    stage[f"{slug}.{number}"] = {"local": f"{under}/{number}", "proportion": proportion}
        del held
        scratch.unlink()
        return files

    def _config(
        self, plan: Plan, encoder: Encoder, streams: Sequence[Streams], sizes: Sequence[int]
    ) -> dict[str, JSON]:
        length = self.sequence_length
        parts = [{"streams": found, "epoch_size": size} for found, size in zip(streams, sizes, strict=True)]
        dataset = {
            **parts[0],
            "max_seq_len": length,
            "shuffle": True,
            "shuffle_seed": seed(plan),
            "eos_token_id": encoder.end,
        }
        config: dict[str, JSON] = {
            "max_seq_len": length,
            "tokenizer": {"name": "tokenizer", "kwargs": {"model_max_length": length}},
            "train_loader": {"name": "text", "dataset": dataset, "drop_last": True, "num_workers": 8},
            "max_duration": "1ep",
        }
        if len(parts) == 1:
            return config
        long = [f"{size * length}tok" for size in sizes]
        schedule = [{"duration": n, "dataset": part} for n, part in zip(long[1:], parts[1:], strict=True)]
        curriculum: Mapping[str, JSON] = {"duration": long[0], "schedule": schedule}
        return {
            **config,
            "max_duration": f"{sum(sizes) * length}tok",
            "callbacks": {"curriculum_learning": curriculum},
        }

    def _told(self, stages: int) -> list[str]:
        told = [
            "`llm_foundry.yaml` holds `tokenizer`, `train_loader` and `max_duration` of a training configuration; "
            "start from this folder, since its paths are relative to it.",
            f"A sample is {self.sequence_length} tokens, so a proportion, which counts samples, is the domain's "
            "share of tokens. Every stream has a proportion, none `repeat` or `choose`: the three do not go "
            "together. `epoch_size` samples are the budget. The last sample of a domain is filled up from its "
            "beginning.",
        ]
        if stages > 1:
            told.append(
                "The callback `curriculum_learning` changes the streams where a stage begins, and begins them "
                "afresh: so a domain is cut there, and each stage reads the parts that no earlier one has read. "
                "The table holds the whole run's shares."
            )
        return told

    def drawn(self, manifest: Manifest, folder: Path) -> list[Drawn]:
        """Return the proportions of `llm_foundry.yaml`, each stage's as long as its tokens."""
        config = read_yaml(folder / CONFIG)
        first = config["train_loader"]["dataset"]
        later = config.get("callbacks", {}).get("curriculum_learning")
        stages = [(1.0, first)]
        if later is not None:
            asked = [(later["duration"], first), *((s["duration"], s["dataset"]) for s in later["schedule"])]
            stages = [(float(duration.removesuffix("tok")), dataset) for duration, dataset in asked]
        total = math.fsum(long for long, _ in stages)
        found = [
            (long / total, {s["local"]: s["proportion"] for s in dataset["streams"].values()})
            for long, dataset in stages
        ]
        return drawn_by_samples(manifest, found, CONFIG)


def _ends(found: Sequence[Phase], domain: str, epochs: float) -> list[float]:
    """Return how far into a domain training is when each stage ends, in epochs of what is written of it."""
    parts = [(phase.until - phase.start) * phase.weights[domain] for phase in found]
    reached = np.cumsum(parts) / math.fsum(parts) * max(1.0, epochs)
    return [float(end) for end in reached]

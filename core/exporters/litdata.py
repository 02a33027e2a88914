"""LitData: chunks of tokens for its `TokensLoader`, and what `CombinedStreamingDataset` is to be given."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from core import disk
from core.exporters._abilities import refuse
from core.exporters._door import Documents, account, planned_domains, slugs
from core.exporters._files import read_yaml, write_notes, write_yaml
from core.exporters._fixed import check_length, drawn_by_samples
from core.exporters._shares import Drawn, seed, token_weights
from core.exporters._tokens import Tokenising, batches, windows
from core.types import JSON, Manifest, ManifestFile, Plan

CONFIG = "litdata.yaml"
CHUNK_BYTES = 1 << 25
_INT32 = 16  # LitData's number for the type
_HOW = """```python
import yaml
from litdata import CombinedStreamingDataset, StreamingDataset, TokensLoader

how = yaml.safe_load(open("litdata.yaml"))
loader = lambda: TokensLoader(block_size=how["block_size"])
parts = [StreamingDataset(path, item_loader=loader(), shuffle=True, seed=how["seed"]) for path in how["input_dirs"]]
mixture = CombinedStreamingDataset(
    parts, weights=how["weights"], seed=how["seed"], iterate_over_all=how["iterate_over_all"]
)
```"""


@dataclass(frozen=True, slots=True)
class LitData(Tokenising):
    """Writes `data/<domain>/` of chunks with their `index.json`, and `litdata.yaml`.

    `CombinedStreamingDataset` draws blocks of `sequence_length` tokens, so weights are shares of tokens. It
    takes weights only with `iterate_over_all=False`, which the configuration says.
    """

    name: ClassVar[str] = "litdata"
    version: ClassVar[int] = 1
    stages: ClassVar[bool] = False
    in_order: ClassVar[bool] = False

    sequence_length: int = 2048

    def write(self, plan: Plan, documents: Documents, folder: Path) -> list[ManifestFile]:
        """Write a folder of chunks a domain, the tokenizer, and the weights."""
        refuse(self, plan)
        check_length(self.sequence_length)
        encoder, shares, files = self.encoder(), token_weights(plan), []
        names = slugs(shares)
        for domain in planned_domains(plan):
            blocks = windows(encoder.documents(documents, domain), self.sequence_length)
            files += _write_domain(folder, f"data/{names[domain]}", domain, blocks, self.sequence_length)
        encoder.write(folder)
        config = {
            "input_dirs": [f"data/{name}" for name in names.values()],
            "weights": list(shares.values()),
            "block_size": self.sequence_length,
            "seed": seed(plan),
            "iterate_over_all": False,
        }
        write_yaml(folder / CONFIG, config)
        told = [
            _HOW,
            f"LitData draws blocks of {self.sequence_length} tokens, so a weight is the domain's share of tokens "
            "as the tokenizer beside the data counts them. The last block of a domain is filled up from its "
            "beginning. With `iterate_over_all=True` LitData refuses weights. The mixture ends when a domain "
            "does: make it again for the next epoch, as Lightning does.",
        ]
        write_notes(folder, "LitData", told, {d: (w, w) for d, w in shares.items()})
        return files

    def drawn(self, manifest: Manifest, folder: Path) -> list[Drawn]:
        """Return the weights of `litdata.yaml`."""
        config = read_yaml(folder / CONFIG)
        weights = dict(zip(config["input_dirs"], config["weights"], strict=True))
        return drawn_by_samples(manifest, [(1.0, weights)], CONFIG)


def _write_domain(
    folder: Path, under: str, domain: str, blocks: Iterator[NDArray[np.int64]], length: int
) -> list[ManifestFile]:
    """Write a domain's chunks and their index.

    A chunk: the number of items, where each begins and ends (uint32, from the file's beginning), then the
    items, one block each, little-endian int32.
    """
    (folder / under).mkdir(parents=True)
    files, chunks = [], []
    for number, batch in enumerate(batches(blocks, max(1, CHUNK_BYTES // (4 * length)), length)):
        name, rows = f"chunk-0-{number}.bin", len(batch)
        places = 4 * (rows + 2) + 4 * length * np.arange(rows + 1)
        with (folder / under / name).open("xb") as file:
            file.write(np.uint32(rows).tobytes() + places.astype("<u4").tobytes())
            file.write(batch.data)
        chunks.append(
            {"chunk_bytes": int(places[-1]), "chunk_size": rows, "dim": rows * length, "filename": name}
        )
        files.append(account(folder, f"{under}/{name}", domain, rows, rows * length))
    index = {"chunks": chunks, "config": _CONFIG, "updated_at": "0"}  # a time would change the bytes
    disk.write_text(folder / under / "index.json", json.dumps(index, sort_keys=True))
    return [*files, account(folder, f"{under}/index.json", domain, 0, 0)]


_CONFIG: dict[str, JSON] = {
    "chunk_bytes": CHUNK_BYTES,
    "chunk_size": None,
    "compression": None,
    "data_format": [f"no_header_tensor:{_INT32}"],
    "data_spec": json.dumps([1, {"type": None, "context": None, "children_spec": []}]),
    "encryption": None,
    "item_loader": "TokensLoader",
}

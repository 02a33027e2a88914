"""What the readers too heavy for the tests draw from our exports: shares of tokens over 10,000 samples.

Each reader runs in a Python of its own, named by an environment variable (MOSAIC_PYTHON, LITDATA_PYTHON,
OLMO_PYTHON, CROISSANT_PYTHON); by default this one. A reader that is not installed is said.
"""

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from core.export import export
from core.tokenize import counted
from core.types import Mixture
from core.workspace import Workspace
from tests.core.exporters.conftest import WEIGHTS, documents

MIXTURE = Mixture.model_validate(
    {"name": "readers", "corpus": "c", "weights": WEIGHTS, "budget": {"tokens": 60_000}}
)

MOSAIC = """
import collections, json, os, sys, yaml
from streaming import Stream, StreamingDataset
os.chdir(sys.argv[1])
told = yaml.safe_load(open("llm_foundry.yaml"))["train_loader"]["dataset"]
known = {}
for name, stream in told["streams"].items():
    for sample in StreamingDataset(local=stream["local"], shuffle=False, batch_size=1):
        known[sample["tokens"].tobytes()] = name
streams = [Stream(**stream) for stream in told["streams"].values()]
mixed = StreamingDataset(streams=streams, epoch_size=10_000, shuffle=True, shuffle_seed=0, batch_size=1)
found = collections.Counter(known[sample["tokens"].tobytes()] for sample in mixed)
print(json.dumps(found))
"""

LITDATA = """
import collections, json, os, sys, yaml
from litdata import CombinedStreamingDataset, StreamingDataset, TokensLoader
os.chdir(sys.argv[1])
told = yaml.safe_load(open("litdata.yaml"))
parts, known = [], {}
for path in told["input_dirs"]:
    for block in StreamingDataset(path, item_loader=TokensLoader(told["block_size"])):
        known[block.numpy().tobytes()] = path.split("/")[1]
    parts.append(StreamingDataset(path, item_loader=TokensLoader(told["block_size"]), shuffle=True))
mixed = CombinedStreamingDataset(parts, weights=told["weights"], seed=told["seed"], iterate_over_all=False)
found = collections.Counter()
while sum(found.values()) < 10_000:
    found.update(known[block.numpy().tobytes()] for block in mixed)
print(json.dumps(found))
"""

OLMO = """
import json, os, sys, yaml
import numpy as np
from olmo_core.data.source_mixture import SourceMixtureConfig, SourceMixtureDatasetConfig, SourceMixtureList
os.chdir(sys.argv[1])
told = yaml.safe_load(open("olmo_core.yaml"))
mixture = told["source_mixture_config"]
sources = [SourceMixtureConfig(**source) for source in mixture.pop("source_list")["sources"]]
made = SourceMixtureDatasetConfig(source_list=SourceMixtureList(sources=sources), render_tables=False, **mixture)
built = made.build(npdtype=np.dtype(told["dtype"]).type, sequence_length=told["sequence_length"])
print(json.dumps({s.name: sum(part.tokens for part in s.path_tokens) for s in built.sources}))
"""

CROISSANT = """
import collections, json, os, sys
import mlcroissant
os.chdir(sys.argv[1])
data, found = mlcroissant.Dataset("croissant.json"), {}
for records in data.metadata.record_sets:
    rows = list(data.records(records.id))
    tokens = sum(row[f"{records.id}/tokens"] for row in rows)
    found[records.id] = tokens
print(json.dumps(found))
"""

SMALL = {"sequence_length": 16}
READERS = {
    "mosaicml-streaming": ("mosaic", SMALL, MOSAIC, "MOSAIC_PYTHON"),
    "litdata": ("litdata", SMALL, LITDATA, "LITDATA_PYTHON"),
    "ai2-olmo-core": ("olmo_core", {**SMALL, "batch_size": 8}, OLMO, "OLMO_PYTHON"),
    "mlcroissant": ("parquet", {}, CROISSANT, "CROISSANT_PYTHON"),
}


def main():
    """Export in each format and print what its reader draws beside what was asked."""
    print(f"asked: {', '.join(f'{domain} {share:.1%}' for domain, share in sorted(WEIGHTS.items()))}")
    with tempfile.TemporaryDirectory() as scratch:
        home = Workspace(Path(scratch) / "ws")
        home.write_corpus("c", counted(documents()), tokenizer="wordpiece")
        for reader, (kind, settings, code, variable) in READERS.items():
            out = Path(scratch) / kind
            manifest = export(home, MIXTURE, kind, out, settings=settings)
            python = os.environ.get(variable, sys.executable)
            done = subprocess.run([python, "-c", code, str(out)], capture_output=True, text=True, check=False)
            if done.returncode:
                last = (done.stderr.strip().splitlines() or ["no message"])[-1]
                print(f"{reader}: not read ({last})")
                continue
            found = json.loads(done.stdout.strip().splitlines()[-1])
            if kind == "parquet":  # a catalogue's reader reads all, and draws nothing
                same = found == {Path(file.path).stem: file.tokens for file in manifest.files}
                print(f"{reader}: {'every' if same else 'NOT every'} document and token is read")
                continue
            names = {Path(file.path).parts[1].removesuffix(".npy"): file.domain for file in manifest.files}
            total = sum(found.values())
            shares = ", ".join(f"{d} {found.get(name, 0) / total:.1%}" for name, d in sorted(names.items()))
            print(f"{reader}: {shares}")


if __name__ == "__main__":
    sys.exit(main())

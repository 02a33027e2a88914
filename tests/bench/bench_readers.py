"""What the readers too heavy for the tests draw from our exports: shares of tokens over 10,000 samples.

Each reader runs in a Python of its own, named by an environment variable (MOSAIC_PYTHON, LITDATA_PYTHON,
OLMO_PYTHON, CROISSANT_PYTHON, AXOLOTL_PYTHON, TORCHTITAN_PYTHON, DATA_JUICER_PYTHON, LEVANTER_PYTHON); by default
this one. A reader that is not installed is said. Those of stages print each stage's shares after one another.
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

MOSAIC_STAGES = """
import collections, json, os, sys, yaml
from streaming import Stream, StreamingDataset
from streaming.base.util import clean_stale_shared_memory
os.chdir(sys.argv[1])
told = yaml.safe_load(open("llm_foundry.yaml"))
first, later = told["train_loader"]["dataset"], told["callbacks"]["curriculum_learning"]["schedule"]
stages, known = [], {}
for part in [first, *(one["dataset"] for one in later)]:
    for name, stream in part["streams"].items():
        for sample in StreamingDataset(local=stream["local"], shuffle=False, batch_size=1):
            known[sample["tokens"].tobytes()] = name.rsplit(".", 1)[0]
    streams = [Stream(**stream) for stream in part["streams"].values()]
    clean_stale_shared_memory()
    mixed = StreamingDataset(
        streams=streams, epoch_size=part["epoch_size"], shuffle=True, shuffle_seed=0, batch_size=1
    )
    stages.append(collections.Counter(known[sample["tokens"].tobytes()] for sample in mixed))
    clean_stale_shared_memory()
print(json.dumps(stages))
"""

AXOLOTL = """
import collections, json, os, sys, yaml
from axolotl.utils.schemas.config import AxolotlInputConfig
os.chdir(sys.argv[1])
told = yaml.safe_load(open("axolotl.yaml"))
model = {"base_model": "m", "micro_batch_size": 1, "gradient_accumulation_steps": 1, "learning_rate": 1e-4}
config, found = AxolotlInputConfig(**model, **told), {}
for part in config.datasets:
    rows = [json.loads(line) for line in open(part.path, encoding="utf-8")]
    found[part.path.split("/")[1].removesuffix(".jsonl")] = sum(row["tokens"] for row in rows)
print(json.dumps(found))
"""

TORCHTITAN = """
import collections, json, os, sys
os.chdir(sys.argv[1])
sys.path.insert(0, ".")
from torchtitan.hf_datasets.text_datasets import InterleavedHuggingFaceTextDataLoader
import torchtitan_data
names = [source["path"].split("/")[1].removesuffix(".jsonl") for source in torchtitan_data.MIXTURE["sources"].values()]
whose = {}
for number, name in enumerate(names):
    for line in open(f"data/{name}.jsonl", encoding="utf-8"):
        row = json.loads(line)
        whose[row["text"]] = number, row["tokens"]
class Tokenizer:
    def encode(self, text, add_bos, add_eos):  # a document's tokens are its domain's number
        number, size = whose[text]
        return [number] * (size + 1)
loader = InterleavedHuggingFaceTextDataLoader(
    torchtitan_data.dataloader(), dp_world_size=1, dp_rank=0, tokenizer=Tokenizer(), seq_len=16, local_batch_size=1
)
found, samples = collections.Counter(), iter(loader)
for _ in range(10_000):
    found[names[int(next(samples)[0]["input"][0, 0])]] += 1
print(json.dumps(found))
"""

DATA_JUICER = """
import collections, json, os, sys
os.chdir(sys.argv[1])
from data_juicer.config import init_configs
from data_juicer.core.data.dataset_builder import DatasetBuilder
found = collections.Counter()
for row in DatasetBuilder(init_configs(["--config", "data_juicer.yaml"])).load_dataset():
    found[row["domain"]] += row["tokens"]
print(json.dumps(found), file=sys.__stdout__)  # Data-Juicer takes the other for its log
"""

LEVANTER = """
import asyncio, collections, json, os, sys, yaml
os.chdir(sys.argv[1])
import draccus
from levanter.data.dataset import ListAsyncDataset
from levanter.data.mixture import MixtureDataset
from levanter.data.text import LMMixtureDatasetConfig
told = yaml.safe_load(open("levanter.yaml"))
config = draccus.decode(LMMixtureDatasetConfig, told["data"])
sizes = {name: sum(1 for _ in open(part.train_urls[0])) for name, part in config.configs.items()}
parts = {name: ListAsyncDataset([name] * size, is_complete=True) for name, size in sizes.items()}
trainer = told["trainer"]
stages = [(start * trainer["train_batch_size"], weights) for start, weights in config.train_weights]
mixed = MixtureDataset(parts, stages, config.mixture_block_size, key=0, stop_strategy=config.stop_strategy)
ends = [*(start for start, _ in stages[1:]), trainer["num_train_steps"] * trainer["train_batch_size"]]
found = [
    collections.Counter(asyncio.run(mixed.get_batch(range(start, end))))
    for (start, _), end in zip(stages, ends)
]
print(json.dumps(found))
"""

STAGES = {"stages": [{"until": 0.75}, {"until": 1.0, "weights": {"maths": 0.8, "Books": 0.2}}]}
SMALL = {"sequence_length": 16}
READERS = {
    "mosaicml-streaming": ("mosaic", SMALL, MOSAIC, "MOSAIC_PYTHON", {}),
    "mosaicml-streaming, stages": ("mosaic", SMALL, MOSAIC_STAGES, "MOSAIC_PYTHON", STAGES),
    "litdata": ("litdata", SMALL, LITDATA, "LITDATA_PYTHON", {}),
    "ai2-olmo-core": ("olmo_core", {**SMALL, "batch_size": 8}, OLMO, "OLMO_PYTHON", {}),
    "mlcroissant": ("parquet", {}, CROISSANT, "CROISSANT_PYTHON", {}),
    "axolotl": ("axolotl", {}, AXOLOTL, "AXOLOTL_PYTHON", {}),
    "torchtitan": ("torchtitan", {}, TORCHTITAN, "TORCHTITAN_PYTHON", {}),
    "py-data-juicer": ("data_juicer", {}, DATA_JUICER, "DATA_JUICER_PYTHON", {}),
    "levanter, stages": (
        "levanter",
        {**SMALL, "batch_size": 8, "block_size": 40},
        LEVANTER,
        "LEVANTER_PYTHON",
        STAGES,
    ),
}


def main():
    """Export in each format and print what its reader draws beside what was asked."""
    print(f"asked: {', '.join(f'{domain} {share:.1%}' for domain, share in sorted(WEIGHTS.items()))}")
    with tempfile.TemporaryDirectory() as scratch:
        home = Workspace(Path(scratch) / "ws")
        home.write_corpus("c", counted(documents()), tokenizer="wordpiece")
        for number, (reader, (kind, settings, code, variable, keys)) in enumerate(READERS.items()):
            out = Path(scratch) / f"{kind}-{number}"
            asked = Mixture.model_validate({**MIXTURE.model_dump(), **keys})
            manifest = export(home, asked, kind, out, settings=settings)
            python = os.environ.get(variable, sys.executable)
            done = subprocess.run([python, "-c", code, str(out)], capture_output=True, text=True, check=False)
            if done.returncode:
                last = (done.stderr.strip().splitlines() or ["no message"])[-1]
                print(f"{reader}: not read ({last})", flush=True)
                continue
            found = json.loads(done.stdout.strip().splitlines()[-1])
            if kind == "parquet":  # a catalogue's reader reads all, and draws nothing
                same = found == {Path(file.path).stem: file.tokens for file in manifest.files}
                print(f"{reader}: {'every' if same else 'NOT every'} document and token is read", flush=True)
                continue
            told = [shares(one, manifest) for one in (found if isinstance(found, list) else [found])]
            print(f"{reader}: {'; then '.join(told)}", flush=True)


def shares(found, manifest):
    """Return each domain's share of what a reader counted, by file or by domain."""
    names = {Path(file.path).parts[1].split(".")[0]: file.domain for file in manifest.files}
    counts = {domain: found.get(name, found.get(domain, 0)) for name, domain in sorted(names.items())}
    return ", ".join(f"{domain} {count / sum(counts.values()):.1%}" for domain, count in counts.items())


if __name__ == "__main__":
    sys.exit(main())

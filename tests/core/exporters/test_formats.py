"""The formats byte by byte, read here by their description alone, and the configurations by their schema."""

import ast
import json
import struct
from itertools import pairwise

import numpy as np
import pytest
import yaml

from core.exporters import EXPORTERS
from tests.core.exporters.conftest import WEIGHTS

L = 16


def config(folder, name):
    return yaml.safe_load((folder / name).read_text(encoding="utf-8"))


def ids_of(trained_on, domain, **keys):
    """A domain's ids one after another, as raw files of them hold it."""
    kind = "nanotron" if keys else "olmo_core"
    folder, manifest = trained_on(kind, ("sequence_length", "batch_size"), **keys)
    path = next(file.path for file in manifest.files if file.domain == domain)
    return np.fromfile(folder / path, dtype="<u2").astype(np.int64)


def mds(folder):
    """Read a folder of MDS shards by the format's description."""
    index, found = json.loads((folder / "index.json").read_text(encoding="utf-8")), []
    for shard in index["shards"]:
        raw = (folder / shard["raw_data"]["basename"]).read_bytes()
        places = struct.unpack_from(f"<{shard['samples'] + 1}I", raw, 4)
        found += [np.frombuffer(raw[a:b], "<i4") for a, b in pairwise(places)]
    return np.array(found)


def samples_of(ids, length):
    """Cut ids into samples; the last goes on at the first."""
    return np.resize(ids, -(-len(ids) // length) * length).reshape(-1, length)


def test_mosaic_shards(trained_on):
    """Places, sizes and samples of every shard, and an index that says the same."""
    folder, manifest = trained_on("mosaic", ("sequence_length",))
    names = {file.domain: file.path.split("/")[1] for file in manifest.files}
    for domain, name in names.items():
        index = json.loads((folder / "data" / name / "index.json").read_text(encoding="utf-8"))
        found = []
        for shard in index["shards"]:
            raw = (folder / "data" / name / shard["raw_data"]["basename"]).read_bytes()
            count = struct.unpack_from("<I", raw)[0]
            places = struct.unpack_from(f"<{count + 1}I", raw, 4)
            told = json.loads(raw[4 * (count + 2) : places[0]])

            assert (shard["samples"], shard["raw_data"]["bytes"], places[-1]) == (count, len(raw), len(raw))
            assert ["ndarray:int32:16"] == told["column_encodings"] == shard["column_encodings"]
            found += [np.frombuffer(raw[a:b], "<i4") for a, b in pairwise(places)]

        assert np.array_equal(samples_of(ids_of(trained_on, domain), L), found)


def test_mosaic_streams(trained_on):
    """Proportions alone, and an epoch of the budget."""
    folder, _ = trained_on("mosaic", ("sequence_length",))
    found = config(folder, "llm_foundry.yaml")
    data = found["train_loader"]["dataset"]

    assert all(set(stream) == {"local", "proportion"} for stream in data["streams"].values())
    assert sum(stream["proportion"] for stream in data["streams"].values()) == pytest.approx(1)
    assert (60_000 // L, L, "1ep") == (data["epoch_size"], found["max_seq_len"], found["max_duration"])


def test_litdata_chunks(trained_on):
    """Heads, dimensions and blocks, and weights that LitData takes."""
    folder, manifest = trained_on("litdata", ("sequence_length",))
    names = {file.domain: file.path.split("/")[1] for file in manifest.files}
    for domain, name in names.items():
        index = json.loads((folder / "data" / name / "index.json").read_text(encoding="utf-8"))
        found = []
        for chunk in index["chunks"]:
            raw = (folder / "data" / name / chunk["filename"]).read_bytes()
            count = struct.unpack_from("<I", raw)[0]
            places = struct.unpack_from(f"<{count + 1}I", raw, 4)

            assert (chunk["chunk_size"], chunk["dim"], places[-1]) == (count, count * L, len(raw))
            found += [np.frombuffer(raw[a:b], "<i4") for a, b in pairwise(places)]

        assert np.array_equal(samples_of(ids_of(trained_on, domain), L), found)
        assert "no_header_tensor:16" == index["config"]["data_format"][0]
    assert config(folder, "litdata.yaml")["iterate_over_all"] is False


def test_regmix_files(trained_on):
    """Heads and ids, files of one size, and prefixes that find one domain each."""
    folder, manifest = trained_on("regmix", ("sequence_length", "file_samples"))
    size = 64 * (L + 1)
    for domain in WEIGHTS:
        found = []
        for file in (f for f in manifest.files if f.domain == domain):
            raw = (folder / file.path).read_bytes()
            assert b"LITPKDS" == raw[:7]
            assert (1, 8, size) == struct.unpack_from("<QBQ", raw, 7)
            found.append(np.frombuffer(raw[24:], "<u2"))

        assert np.array_equal(samples_of(ids_of(trained_on, domain), size), found)
    told = config(folder, "regmix.yaml")
    assert ({"train", "valid", "model_name"}, 3) == (set(told), len(told["train"]))


def test_nanotron_index_and_metadata(trained_on):
    """Where each document ends, and how large an id is."""
    folder, manifest = trained_on("nanotron", ("sequence_length", "batch_size"))
    for file in (f for f in manifest.files if f.rows):
        ids = np.fromfile(folder / file.path, "<u2")
        ends = np.fromfile(folder / f"{file.path}.index", "<u8")
        metadata = (folder / f"{file.path}.metadata").read_text(encoding="utf-8").splitlines()

        assert (file.rows, file.tokens) == (len(ends), ends[-1]) == (len(ends), len(ids))
        assert {manifest.encoding.end} == set(ids[ends.astype(int) - 1].tolist())
        assert ["tokenizer|2", str(len(ids))] == metadata[:2]


STAGES = [{"until": 0.75}, {"until": 1.0, "weights": {"maths": 0.8, "Books": 0.2}}]


def test_nanotron_stages(trained_on):
    """Two lists a stage, starting at step 1 and at three quarters."""
    folder, _ = trained_on("nanotron", ("sequence_length", "batch_size"), stages=STAGES)
    stages = config(folder, "nanotron.yaml")["data_stages"]
    steps = config(folder, "nanotron.yaml")["tokens"]["train_steps"]
    data = [stage["data"]["dataset"] for stage in stages]

    assert [1, round(0.75 * steps) + 1] == [stage["start_training_step"] for stage in stages]
    assert ["data/Books", "data/maths"] == data[0]["dataset_folder"][:2] == data[1]["dataset_folder"][:2]
    assert [[0.2, 0.3, 0.5], [0.2, 0.8, 0.0]] == [part["dataset_weights"] for part in data]


def test_mosaic_stages(trained_on):
    """A schedule whose tokens are the run's; a stage reads what no earlier one has read."""
    folder, manifest = trained_on("mosaic", ("sequence_length",), stages=STAGES)
    found = config(folder, "llm_foundry.yaml")
    first, curriculum = found["train_loader"]["dataset"], found["callbacks"]["curriculum_learning"]
    later = curriculum["schedule"][0]
    long = [int(one["duration"].removesuffix("tok")) for one in (curriculum, later)]
    read = [{s["local"] for s in part["streams"].values()} for part in (first, later["dataset"])]
    names = {file.domain: file.path.split("/")[1] for file in manifest.files}

    assert int(found["max_duration"].removesuffix("tok")) == sum(long)
    assert 0.75 == pytest.approx(long[0] / sum(long), abs=1e-3)
    assert {"data/" + names["web/crawl"] + "/0"} == {path for path in read[0] if names["web/crawl"] in path}
    assert {"data/maths/1", "data/Books/1"} == read[1]
    for part in (first, later["dataset"]):
        assert sum(s["proportion"] for s in part["streams"].values()) == pytest.approx(1)
    cut = np.concatenate([mds(folder / "data/maths" / str(n)) for n in range(2)])

    assert np.array_equal(samples_of(ids_of(trained_on, "maths", stages=STAGES), L), cut)
    assert not list(folder.glob("*.tmp"))


def test_levanter_stages(trained_on):
    """Start step and map a stage; every name has its URLs."""
    settings = ("sequence_length", "batch_size", "block_size")
    folder, _ = trained_on("levanter", settings, stages=STAGES)
    data = config(folder, "levanter.yaml")["data"]
    steps = config(folder, "levanter.yaml")["trainer"]["num_train_steps"]

    assert [0, 5 * round(0.75 * steps / 5)] == [start for start, _ in data["train_weights"]]
    assert {"Books": 0.2, "maths": 0.8} == {k: v for k, v in data["train_weights"][1][1].items() if v}
    assert all((folder / part["train_urls"][0]).is_file() for part in data["configs"].values())
    assert ("restart", "tokenizer") == (data["stop_strategy"], data["tokenizer"])


def test_olmo_core_sources(trained_on):
    """Ratios sum to 1, and a domain may repeat as often as it must."""
    folder, manifest = trained_on("olmo_core", ("sequence_length", "batch_size"))
    found = config(folder, "olmo_core.yaml")["source_mixture_config"]
    tokens = {file.path: file.tokens for file in manifest.files}

    assert sum(s["target_ratio"] for s in found["source_list"]["sources"]) == pytest.approx(1)
    for source in found["source_list"]["sources"]:
        have = tokens[source["paths"][0]] // L * L
        assert (
            int(found["requested_tokens"] * source["target_ratio"]) <= have * source["max_repetition_ratio"]
        )


def test_axolotl_stands_as_often_as_it_is_seen(trained_on):
    """The files' own tokens are the plan's; a repeat is the document itself."""
    folder, manifest = trained_on("axolotl", budget={"tokens": 150_000})
    for file in manifest.files:
        rows = [json.loads(line) for line in (folder / file.path).read_text(encoding="utf-8").splitlines()]
        part = manifest.domains[file.domain]
        once = rows[: part.documents]

        assert rows == (once * 9)[: len(rows)]
        assert part.tokens <= sum(row["tokens"] for row in rows) < part.tokens + rows[-1]["tokens"] + 1
    assert config(folder, "axolotl.yaml")["num_epochs"] == 1


def test_data_juicer_gives_a_number_of_samples(trained_on):
    """Without it the weights would be passed over."""
    folder, _ = trained_on("data_juicer")
    data = config(folder, "data_juicer.yaml")["dataset"]

    assert data["max_sample_num"] > 0
    assert sum(part["weight"] for part in data["configs"]) == pytest.approx(1)
    assert all({"type": "local"}.items() <= part.items() for part in data["configs"])


def test_torchtitan_module_is_python_and_holds_no_name(trained_on):
    """Names that came with the data stand in the YAML alone."""
    folder, _ = trained_on("torchtitan")
    code = (folder / "torchtitan_data.py").read_text(encoding="utf-8")
    sources = config(folder, "torchtitan.yaml")["sources"]

    assert ast.parse(code)
    assert "maths" not in code
    assert all(name == name.lower() for name in sources)
    assert [0.2, 0.3, 0.5] == [source["weight"] for source in sources.values()]


def test_every_configured_format_explains_its_weights(trained_on):
    """TRAINER.md holds each domain's share of tokens beside the weight written."""
    for kind in EXPORTERS:
        if kind not in ("jsonl", "parquet"):
            keys = [k for k in ("sequence_length", "batch_size") if k in EXPORTERS[kind].__dataclass_fields__]
            folder, _ = trained_on(kind, tuple(keys))
            text = (folder / "TRAINER.md").read_text(encoding="utf-8")

            assert all(f"| `{domain}` | {share:.6f} |" in text for domain, share in WEIGHTS.items()), kind

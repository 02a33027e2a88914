"""Exports read by the trainers' own readers: 10,000 samples have the plan's shares of tokens, within 1 %."""

import json
import sys
import warnings
from collections import Counter
from itertools import islice

import numpy as np
import pytest
import yaml

from tests.core.exporters.conftest import WEIGHTS

SAMPLES = 10_000


def assert_near(found):
    """Shares of tokens agree with those asked for."""
    total = sum(found.values())

    assert set(WEIGHTS) == set(found)
    assert all(abs(found[domain] / total - share) < 0.01 for domain, share in WEIGHTS.items()), found


def domains(manifest):
    """Return the domain by a file's stem or its folder's name."""
    found = {file.path.split("/")[1].split(".")[0]: file.domain for file in manifest.files}
    assert set(WEIGHTS) == set(found.values())
    return found


@pytest.fixture
def megatron():
    """Return Megatron's reader of its own format, which warns when it is imported."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from megatron.core.datasets import helpers_cpp, indexed_dataset, utils
    return indexed_dataset.IndexedDataset, utils.get_blend_from_list, helpers_cpp.build_blending_indices


def test_datasets_interleaves(trained_on, monkeypatch):
    """Hugging Face datasets, by the very lines of TRAINER.md."""
    folder, _ = trained_on("huggingface")
    monkeypatch.chdir(folder)
    code = (folder / "TRAINER.md").read_text(encoding="utf-8").split("```")[1].removeprefix("python")
    names = {}
    exec(code.replace('how["samples"]', str(SAMPLES)), names)
    found = Counter()
    for row in names["mixture"]:
        found[row["domain"]] += row["tokens"]

    assert_near(found)


@pytest.mark.parametrize("kind", ["megatron", "nemo"])
def test_megatron_blends(trained_on, megatron, kind):
    """Megatron's parser of the list, its data set and its blending of samples."""
    reader, parse, blend = megatron
    folder, manifest = trained_on(kind)
    if kind == "megatron":
        words = (folder / "data_args.txt").read_text(encoding="utf-8").split()
        assert words == json.loads((folder / "per_split_data_args.json").read_text(encoding="utf-8"))["train"]
    else:
        words = yaml.safe_load((folder / "nemo.yaml").read_text(encoding="utf-8"))["model"]["data"][
            "data_prefix"
        ]
        words = [str(word) for word in words]
    prefixes, weights = parse(words)
    which, sample = np.zeros(SAMPLES, np.int16), np.zeros(SAMPLES, np.int64)
    blend(which, sample, np.array(weights), len(prefixes), SAMPLES, False)
    known = domains(manifest)
    drawn = Counter(known[prefixes[index].split("/")[1]] for index in which)
    for prefix in prefixes:
        data = reader(str(folder / prefix))
        told = next(file for file in manifest.files if file.path == f"{prefix}.bin")

        assert (told.rows, told.tokens) == (len(data), int(data.sequence_lengths.sum()))
        assert manifest.encoding.end == data[0][-1]
    assert_near(drawn)


def test_datatrove_reads_what_nanotron_trains_on(trained_on):
    """The data set of nanotron's Nanoset, with the configuration's own weights."""
    from datatrove.utils.dataset import DatatroveFolderDataset

    folder, manifest = trained_on("nanotron", ("sequence_length", "batch_size"))
    stage = yaml.safe_load((folder / "nanotron.yaml").read_text(encoding="utf-8"))["data_stages"][0]
    data, known, found = stage["data"]["dataset"], domains(manifest), {}
    for path, weight in zip(data["dataset_folder"], data["dataset_weights"], strict=True):
        samples = DatatroveFolderDataset(
            str(folder / path), seq_len=16, recursive=False, token_size=data["token_size_in_bytes"]
        )
        domain, length = known[path.split("/")[1]], len(samples[0]["input_ids"])
        tokens = next(f.tokens for f in manifest.files if f.path == f"{path}/000.ds")
        found[domain] = round(weight * SAMPLES) * length

        assert tokens // length == len(samples)
    assert_near(found)


def test_grain_mixes(trained_on, monkeypatch):
    """ArrayRecord files mixed by Grain, as MaxText calls it."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import grain.python as grain
    folder, _ = trained_on("maxtext")
    parts = json.loads((folder / "grain_mixture.json").read_text(encoding="utf-8"))

    def source(path):
        data = grain.MapDataset.source(grain.ArrayRecordDataSource([str(folder / path)]))
        return data.shuffle(seed=0).repeat().to_iter_dataset()

    mixed = grain.IterDataset.mix(
        {name: source(part["path"]) for name, part in parts.items()},
        {name: part["weight"] for name, part in parts.items()},
    )
    found = Counter()
    for record in islice(iter(mixed), SAMPLES):
        example = message(message(record)[1][0])
        features = {message(entry)[1][0]: message(message(entry)[2][0]) for entry in example[1]}
        identity = message(features[b"id"][1][0])[1][0].decode()
        found[identity.rsplit("-", 1)[0]] += varint(message(features[b"tokens"][3][0])[1][0])
    assert_near(found)


def message(raw):
    """Return a protocol buffer's fields of bytes by number."""
    found, place = {}, 0
    while place < len(raw):
        key, place = raw[place], place + 1
        size, shift = 0, 0
        while True:
            byte, place = raw[place], place + 1
            size |= (byte & 127) << shift
            shift += 7
            if byte < 128:
                break
        assert key & 7 == 2
        found.setdefault(key >> 3, []).append(raw[place : place + size])
        place += size
    return found


def varint(raw):
    """Return a number of seven bits a byte."""
    return sum((byte & 127) << (7 * place) for place, byte in enumerate(raw))


def test_transformers_loads_the_tokenizer_beside_the_data(trained_on):
    """The ids in the files are those of the tokenizer that a trainer is pointed at."""
    from transformers import AutoTokenizer

    folder, manifest = trained_on("olmo_core", ("sequence_length", "batch_size"))
    tokenizer = AutoTokenizer.from_pretrained(str(folder / "tokenizer"))
    ids = np.fromfile(folder / manifest.files[0].path, dtype="<u2")
    end = int(np.flatnonzero(ids == manifest.encoding.end)[0])
    text = tokenizer.decode(ids[:end])

    assert manifest.encoding.end == tokenizer.eos_token_id
    assert list(ids[:end]) == tokenizer.encode(text, add_special_tokens=False)
    assert sys.byteorder == "little"

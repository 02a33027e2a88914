"""What a format cannot carry is said beforehand, with the formats that can."""

import json
import re
from importlib.util import find_spec
from itertools import islice

import pytest
import yaml

from core.errors import BadInputError
from core.exporters import EXPORTERS, _abilities, check, refusals
from tests.core.small_corpus import mixture

CHANGING = [{"until": 0.5, "weights": {"a": 1.0}}, {"until": 1.0, "weights": {"b": 1.0}}]
SAME = [{"until": 0.5}, {"until": 1.0}]
ORDERED = [{"until": 1.0, "order": {"by": "place"}}]
MECO = [{"until": 0.5}, {"until": 1.0, "preface": False}]


@pytest.mark.parametrize(
    ("able", "stages"),
    [
        (set(EXPORTERS), []),
        (set(EXPORTERS), SAME),
        ({"jsonl", "parquet", "mosaic", "nanotron", "levanter"}, CHANGING),
        ({"jsonl", "parquet", "huggingface", "levanter", "maxtext", "torchtitan"}, ORDERED),
        ({"jsonl", "parquet", "huggingface", "levanter", "maxtext", "torchtitan"}, MECO),
        ({"jsonl", "parquet", "levanter"}, [*CHANGING[:1], {**CHANGING[1], "order": {"by": "place"}}]),
    ],
)
def test_what_each_format_can(able, stages):
    """Weights that change, and documents in order; stages that only divide a run ask nothing."""
    found = refusals(mixture(stages=stages, preface="source"))

    assert able - (set() if find_spec("array_record") else {"maxtext"}) == {
        name for name, why in found.items() if why is None
    }


def test_the_error_names_those_that_can():
    """One line, before anything is read."""
    with pytest.raises(BadInputError, match=r"format nemo: its trainer keeps the same weights.*formats that can: "
                       "jsonl, parquet, mosaic, nanotron, levanter"):  # fmt: skip
        check("nemo", mixture(stages=CHANGING))


def test_a_package_that_is_not_there_is_named(monkeypatch):
    """Before the click, not after it."""
    monkeypatch.setattr(_abilities, "find_spec", lambda _: None)

    assert "pip install array-record" in refusals(mixture())["maxtext"]


def test_a_run_in_order_is_not_shuffled(trained_on):
    """Each trainer is told so where it would shuffle."""
    stages = [{"until": 1.0, "order": {"by": "id"}}]
    told = {
        "levanter": ("levanter.yaml", ("data", "shuffle")),
        "maxtext": ("maxtext.yml", ("enable_data_shuffling",)),
    }
    for kind, (name, path) in told.items():
        keys = tuple(k for k in ("sequence_length", "batch_size", "block_size") if kind == "levanter")
        for found, asked in ((False, {"stages": stages}), (True, {})):
            value = yaml.safe_load((trained_on(kind, keys, **asked)[0] / name).read_text(encoding="utf-8"))
            for key in path:
                value = value[key]

            assert found is value, (kind, asked)


def test_documents_come_in_order_through_interleaving(trained_on, monkeypatch):
    """By the very lines of TRAINER.md: each domain's documents as they stand in its file."""
    stages = [{"until": 1.0, "order": {"by": "id", "descending": True}}]
    folder, _ = trained_on("huggingface", stages=stages)
    monkeypatch.chdir(folder)
    code = (folder / "TRAINER.md").read_text(encoding="utf-8").split("```")[1].removeprefix("python")
    names = {}
    exec(code.replace('how["samples"]', "150"), names)
    found = {}
    for row in names["mixture"]:
        found.setdefault(row["domain"], []).append(row["id"])

    assert all(sorted(ids, reverse=True) == ids for ids in found.values())
    assert 3 == len(found)


def test_documents_come_in_order_through_grain(trained_on):
    """Unshuffled, as MaxText then reads each domain."""
    grain = pytest.importorskip("grain.python")
    stages = [{"until": 1.0, "order": {"by": "id"}}]
    folder, _ = trained_on("maxtext", stages=stages)
    parts = json.loads((folder / "grain_mixture.json").read_text(encoding="utf-8"))
    mixed = grain.IterDataset.mix(
        {
            name: grain.MapDataset.source(
                grain.ArrayRecordDataSource([str(folder / p["path"])])
            ).to_iter_dataset()
            for name, p in parts.items()
        },
        {name: part["weight"] for name, part in parts.items()},
    )
    found = {}
    for record in islice(mixed, 100):
        identity = re.search(rb"(web/crawl|maths|Books)-\d+", record)[0].decode()
        found.setdefault(identity.rsplit("-", 1)[0], []).append(identity)

    assert {domain: sorted(ids) for domain, ids in found.items()} == found
    assert 3 == len(found)

"""Small exports, made by the project's own exporters or sealed by hand, and a config that trains in seconds."""

import hashlib
import json
import os

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from core.backend import Config, train
from core.export import export
from core.types import Document, Manifest, ManifestDomain, ManifestFile, Mixture
from core.workspace import Workspace

os.environ.setdefault("OMP_WAIT_POLICY", "passive")  # as `train` does, but before a test module loads torch

WORDS = {
    "sea": "ship whale sail wind captain wave harpoon deck mast storm anchor crew",
    "sum": "add seven apples divide three total cost money each four plus minus",
    "law": "notice licence copies holder warranty granted permission retain source",
}
WEIGHTS = {"sea": 0.5, "sum": 0.3, "law": 0.2}


def documents():
    """Forty documents a domain, of sixty words; one text stands in two domains."""
    rng = np.random.default_rng(0)
    for domain, words in WORDS.items():
        for i in range(40):
            text = " ".join(rng.choice(words.split(), 60)) + f" {domain} {i}."
            yield Document(f"{domain}-{i}", text, domain), 60
    yield Document("twin-1", "the very same text in two places " * 5, "sea"), 35
    yield Document("twin-2", "the very same text in two places " * 5, "law"), 35


@pytest.fixture(scope="session")
def home(tmp_path_factory):
    """A workspace with the corpus `small`."""
    home = Workspace(tmp_path_factory.mktemp("backend") / "ws")
    home.write_corpus("small", documents(), tokenizer="words")
    return home


@pytest.fixture(scope="session")
def write(home, tmp_path_factory):
    """Export a mixture of the corpus; returns the manifest's path."""

    def written(format_="jsonl", **keys):
        mixture = Mixture.model_validate(
            {"name": "m", "corpus": "small", "weights": WEIGHTS, "budget": {"tokens": 4000}, **keys}
        )
        folder = tmp_path_factory.mktemp("export") / "out"
        export(home, mixture, format_, folder)
        return folder / "manifest.json"

    return written


@pytest.fixture(scope="session")
def manifest(write):
    """The manifest of an export as JSON Lines."""
    return write()


@pytest.fixture(scope="session")
def config():
    """Twelve steps of four windows of 32 tokens."""
    return Config(
        context=32, batch_size=4, tokens=12 * 128, vocabulary=300, mixture_block=16, eval_every=3,
        checkpoint_every=2, validation_tokens=512, device="cpu",
    )  # fmt: skip


@pytest.fixture(scope="session")
def finished(manifest, config, tmp_path_factory):
    """A finished run and its folder, which tests only look at."""
    out = tmp_path_factory.mktemp("run") / "run"
    return train(manifest, config, out), out


@pytest.fixture(scope="session")
def kept(manifest, config, tmp_path_factory):
    """Twelve steps with models at 5, 10 and the end, stopped half way and gone on with; its folder."""
    out = tmp_path_factory.mktemp("kept") / "run"
    settings = config.model_copy(update={"keep_every": 5})
    train(manifest, settings, out, until=0.5)
    train(manifest, settings, out)
    return out


@pytest.fixture
def seal(tmp_path):
    """Write texts by domain and a manifest over them by hand; returns the manifest's path."""

    def sealed(texts, weights=None, suffix="jsonl", rows=None, **keys):
        folder = tmp_path / "sealed"
        folder.mkdir(exist_ok=True)
        files, domains = [], {}
        for domain, some in texts.items():
            path = folder / f"{domain}.{suffix}"
            records = [{"id": f"{domain}-{i}", "text": text} for i, text in enumerate(some)]
            if suffix == "parquet":
                pq.write_table(pa.Table.from_pylist(records), path)
            else:
                path.write_text("".join(json.dumps(record) + "\n" for record in records))
            files.append(entry(path, domain, len(some) if rows is None else rows))
            weight = (weights or {}).get(domain, 1 / len(texts))
            domains[domain] = ManifestDomain(weight=weight, documents=len(some), tokens=900, epochs=1)
        found = Manifest(
            name="sealed", format=suffix, corpus="c", corpus_fingerprint="0" * 64, fingerprint="1" * 64,
            tokenizer="words", budget=4000, seed=0, domains=domains, files=tuple(files),
            mixture={"weights": weights, **keys},
        )  # fmt: skip
        (folder / "manifest.json").write_text(found.model_dump_json())
        return folder / "manifest.json"

    return sealed


def entry(path, domain, rows):
    """What a manifest says of a file as it stands."""
    sha256 = hashlib.sha256(path.read_bytes()).hexdigest()
    return ManifestFile(path=path.name, sha256=sha256, rows=rows, tokens=900, domain=domain)


@pytest.fixture
def sealed_bytes(seal):
    """Write a file of any bytes under a manifest that vouches for them; returns the manifest's path."""

    def written(content, suffix="jsonl", name="a"):
        manifest = seal({"a": ["text"]})
        path = manifest.parent / f"{name}.{suffix}"
        path.write_bytes(content)
        value = json.loads(manifest.read_text())
        value["files"] = [entry(path, "a", 1).model_dump(mode="json")]
        manifest.write_text(json.dumps(value))
        return manifest

    return written

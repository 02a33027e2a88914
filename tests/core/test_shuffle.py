"""Documents come in the plan's order, whatever the size of the buckets they went through."""

import tempfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.mix import resolve
from core.shuffle import Shuffled
from core.types import Document
from tests.core.small_corpus import mixture, sized, write


def shuffled(home, plan, scratch):
    """Return each domain's (id, text) in the order in which they come, and the tables' sizes."""
    made = Shuffled(home, home.corpus("c"), plan, scratch)
    tables = {domain: list(made.documents(domain)) for domain, rows in plan.rows.items() if len(rows)}
    found = {
        domain: [pair for t in parts for pair in zip(t["id"].to_pylist(), t["text"].to_pylist(), strict=True)]
        for domain, parts in tables.items()
    }
    return found, [table.num_rows for parts in tables.values() for table in parts]


def expected(home, plan):
    """The same, read at once."""
    found = {}
    for domain, rows in plan.rows.items():
        if len(rows):
            table = home.read(home.corpus("c"), ["id", "text"], rows)
            found[domain] = list(zip(table["id"].to_pylist(), table["text"].to_pylist(), strict=True))
    return found


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    rng = np.random.default_rng(0)
    sizes = {"a": rng.integers(0, 40, 150), "b": rng.integers(0, 9, 60), "c": [3]}
    return sized(tmp_path_factory.mktemp("home"), {d: [int(n) for n in found] for d, found in sizes.items()})


@settings(max_examples=12, deadline=None)
@given(bucket_tokens=st.integers(40, 4000), bucket_rows=st.integers(10, 250), seed=st.integers(0, 9))
def test_every_bucket_size_gives_the_same_order(home, bucket_tokens, bucket_rows, seed):
    """No document is lost, none comes twice, and no table is larger than a bucket."""
    plan = resolve(home, mixture(seed=seed, weights={"a": 0.7, "b": 0.3}))
    with pytest.MonkeyPatch.context() as patch, tempfile.TemporaryDirectory() as folder:
        patch.setattr("core.shuffle.BUCKET_TOKENS", bucket_tokens)
        patch.setattr("core.shuffle.BUCKET_ROWS", bucket_rows)
        found, sizes = shuffled(home, plan, Path(folder, "scratch"))
        left = list(Path(folder, "scratch").iterdir())

    assert expected(home, plan) == found
    assert max(sizes) <= bucket_rows
    assert left == []


def test_a_document_larger_than_a_bucket_has_one_to_itself(tmp_path, monkeypatch):
    """It is neither cut nor lost."""
    monkeypatch.setattr("core.shuffle.BUCKET_TOKENS", 10)
    home = write(
        tmp_path / "ws", [(Document(f"d{i}", f"t{i}" * n, "s"), n) for i, n in enumerate([1, 95, 2, 30])]
    )
    plan = resolve(home, mixture())

    assert expected(home, plan) == shuffled(home, plan, tmp_path / "scratch")[0]


def test_progress_reaches_the_end(home, tmp_path):
    """Each told number is larger than the one before, the last is all."""
    plan, told = resolve(home, mixture()), []
    Shuffled(
        home,
        home.corpus("c"),
        plan,
        tmp_path / "s",
        lambda done, total, message="": told.append((done, total)),
    )

    assert (211, 211) == told[-1]
    assert sorted(told) == told

"""Losses by document as training goes on: at every evaluation, for all documents, and joined."""

import json

import numpy as np
import pyarrow.parquet as pq
import pytest

from core.backend import Member, train, train_stack
from core.backend.data.sealed import open_manifest
from core.backend.reading.documents import document_losses
from core.backend.reading.trajectories import join
from core.backend.record import read_metrics
from core.errors import BadInputError


@pytest.fixture(scope="module")
def kept(manifest, config, tmp_path_factory):
    """A finished run that kept its documents' losses."""
    out = tmp_path_factory.mktemp("kept") / "run"
    train(manifest, config.model_copy(update={"document_losses": True}), out)
    return out


def test_each_evaluation_keeps_every_documents_loss(kept, finished, manifest):
    """From before the first step to the end; training itself is the same as without."""
    table = pq.read_table(kept / "trajectories.parquet")
    steps = [line["step"] for line in read_metrics(kept)]
    sealed = open_manifest(manifest)
    ids = {identity for domain in sealed.domains for identity, _ in sealed.documents(domain)}
    losses = np.stack(table["losses"].to_pylist())

    assert steps == json.loads(table.schema.metadata[b"steps"]) == [0, 3, 6, 9, 12]
    assert ids == set(table["id"].to_pylist())
    assert (table.num_rows, 5) == losses.shape
    assert losses[:, 0].mean() > losses[:, -1].mean()
    assert losses[:, -1].tolist() == table["loss"].to_pylist()
    assert [line["losses"] for line in read_metrics(finished[1])] == [
        line["losses"] for line in read_metrics(kept)
    ]


def test_the_last_losses_are_those_of_the_saved_model(kept, manifest):
    """As asking it afterwards gives them; bits per byte alike, and the domains' validation losses in them."""
    rows = {row["id"]: row for row in pq.read_table(kept / "trajectories.parquet").to_pylist()}
    after = [*document_losses(kept, open_manifest(manifest))]

    assert [rows[one.id]["loss"] for one in after] == pytest.approx([one.loss for one in after], rel=1e-4)
    bits = [rows[one.id]["bits_per_byte"] for one in after]
    assert bits == pytest.approx([one.bits_per_byte for one in after], rel=1e-4)
    assert bits == pytest.approx([rows[one.id]["bits"][-1] for one in after])
    assert [rows[one.id]["tokens"] for one in after] == [one.tokens for one in after]


def test_el2n_is_of_early_training(kept):
    """The first evaluation after a tenth: it tells most before the model has learnt."""
    table = pq.read_table(kept / "trajectories.parquet")
    early = pq.read_table(kept / "documents" / "step-000000003.parquet")

    assert b"3" == table.schema.metadata[b"el2n_step"]
    assert early["el2n"].to_pylist() == table["el2n"].to_pylist()


def test_a_run_that_goes_on_keeps_the_same(kept, manifest, config, tmp_path):
    """Stopped at three quarters and taken up again: the same file, to the byte."""
    config = config.model_copy(update={"document_losses": True})
    train(manifest, config, tmp_path / "run", until=0.75)
    train(manifest, config, tmp_path / "run")

    assert (kept / "trajectories.parquet").read_bytes() == (
        tmp_path / "run" / "trajectories.parquet"
    ).read_bytes()


def test_models_of_a_stack_keep_their_own(manifest, config, tmp_path):
    """Each in its folder, from one pass over the documents."""
    config = config.model_copy(update={"document_losses": True, "tokens": 3 * 128})
    train_stack(manifest, config, [Member("one", seed=1), Member("two", seed=2)], tmp_path / "stack")
    one, two = (pq.read_table(tmp_path / "stack" / name / "trajectories.parquet") for name in ("one", "two"))

    assert one["id"].to_pylist() == two["id"].to_pylist()
    assert one["loss"].to_pylist() != two["loss"].to_pylist()


def test_a_run_that_kept_none_says_how(finished):
    """In one line."""
    with pytest.raises(BadInputError, match="train with document_losses: true"):
        join(finished[1], 12, {})

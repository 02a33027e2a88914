"""From an export to a selection without a hand: train, ask, take, select; and what take refuses."""

import json
import shutil

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner

from core.__main__ import app
from core.backend.__main__ import app as backend
from core.backend.data.sealed import open_manifest
from core.errors import BadInputError, NotFoundError
from core.take import take
from core.types import Document
from core.workspace import Workspace

WORDS = {
    "sea": "ship whale sail wind captain wave harpoon deck mast storm anchor crew",
    "sum": "add seven apples divide three total cost money each four plus minus",
}
CONFIG = (
    "{context: 32, batch_size: 4, tokens: 1536, vocabulary: 300, eval_every: 3, validation_tokens: 512, "
    "document_losses: true, device: cpu}"
)


def call(which, *arguments):
    """Run a command in this process, and return what it prints."""
    result = CliRunner().invoke(which, [str(a) for a in arguments])
    if result.exception and not isinstance(result.exception, SystemExit):
        raise result.exception
    assert 0 == result.exit_code, result.output
    return json.loads(result.stdout)


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A workspace whose corpus `c` has been exported, trained on and asked about, by commands alone."""
    folder = tmp_path_factory.mktemp("take")
    home, rng = Workspace(folder / "ws"), np.random.default_rng(0)
    texts = [(d, i, " ".join(rng.choice(w.split(), 60))) for d, w in WORDS.items() for i in range(40)]
    home.write_corpus("c", [(Document(f"{d}-{i}", t, d), 60) for d, i, t in texts], tokenizer="words")
    corpus = home.corpus("c")
    column = home.column(corpus, "kmeans", 1, {}, ("cluster",), "cluster")
    home.write_whole_column(corpus, column, {"cluster": np.arange(80, dtype=np.int32) // 20})
    (folder / "m.yaml").write_text(
        "{name: m, corpus: c, weights: {sea: 0.5, sum: 0.5}, budget: {tokens: 4000}}"
    )
    (folder / "config.yaml").write_text(CONFIG)
    (folder / "target.jsonl").write_text(json.dumps({"text": "ship whale sail wind captain wave"}))
    at = ("--workspace", home.folder, "--json")
    exported = call(app, "export", folder / "m.yaml", "--format", "jsonl", "--out", folder / "out", *at)
    run = folder / "First-Run"
    call(app, "train", exported["manifest"], "--config", folder / "config.yaml", "--out", run, *at)
    call(backend, "documents", run, "--json")
    call(backend, "influence", run, "--target", folder / "target.jsonl", "--sample", 40, "--json")
    return home, run, call(app, "take", "c", run, *at)


def test_columns_hang_beside_the_documents_that_the_run_saw(made):
    """Each its own values; null beside those that were not exported."""
    home, run, result = made
    names = ["losses", "el2n", "loss_first_run", "bits_per_byte_first_run", "influence"]
    rows = home.read(home.corpus("c"), ["id", *names]).to_pylist()
    kept = {row["id"]: row for row in pq.read_table(run / "trajectories.parquet").to_pylist()}
    asked = {row["id"]: row for row in pq.read_table(run / "documents.parquet").to_pylist()}
    seen = {i for d in WORDS for i, _ in open_manifest(run.parent / "out" / "manifest.json").documents(d)}

    assert names == result["columns"]
    assert seen == {row["id"] for row in rows if row["loss_first_run"] is not None} == set(asked)
    assert (len(seen), 80 - len(seen)) == (result["matched"], result["unmatched"])
    assert all(row["losses"] == kept[row["id"]]["losses"] for row in rows if row["id"] in kept)
    assert all(row["loss_first_run"] == asked[row["id"]]["loss"] for row in rows if row["id"] in asked)
    assert 40 == sum(row["influence"] is not None for row in rows)


def test_means_by_cluster_are_those_of_the_documents(made):
    """Losses by token, bits by byte; as trajectories, too; kept as a report."""
    home, run, result = made
    table = pq.read_table(run / "trajectories.parquet").to_pylist()
    number = {f"{d}-{i}": str((40 * n + i) // 20) for n, d in enumerate(WORDS) for i in range(40)}

    assert ("cluster", [0, 3, 6, 9, 12]) == (result["by"], result["steps"])
    assert {number[row["id"]] for row in table} == set(result["groups"])
    for group, told in result["groups"].items():
        mine = [row for row in table if number[row["id"]] == group]
        tokens, size = ([row[key] for row in mine] for key in ("tokens", "bytes"))

        assert np.average([r["losses"] for r in mine], axis=0, weights=tokens) == pytest.approx(
            told["losses"]
        )
        assert np.average([r["bits"] for r in mine], axis=0, weights=size) == pytest.approx(told["bits"])
        assert told["losses"][-1] == pytest.approx(told["loss"], rel=1e-4)
    report = home.report(home.corpus("c"), "run-first_run")
    assert result["groups"] == report["groups"]


def test_selectors_run_on_what_was_taken(made):
    """S2L, EL2N and Quad find their columns by name."""
    home = made[0]
    for method in ("s2l", "el2n", "cluster_bandit"):
        found = call(app, "select", "c", "--method", method, "--workspace", home.folder, "--json")

        assert 0 < found["selected"]["documents"] < 80, method


def test_a_target_is_served_by_what_is_like_it(made):
    """Texts of the sea lower the loss on a text of the sea more than sums do."""
    means = {g: told["influence"] for g, told in made[2]["groups"].items()}

    assert min(means["0"], means["1"]) > max(means["2"], means["3"])


def test_taking_again_changes_nothing_and_a_name_can_be_given(made):
    """Signed by the run and its files; the same bytes, and another label beside them."""
    home, run, result = made
    again = take(home, "c", run, by="source", called="other")

    assert {"sea", "sum"} == set(again["groups"])
    assert ["losses", "el2n", "loss_other", "bits_per_byte_other", "influence"] == again["columns"]
    assert [] == again["replaced"]
    assert result == {**take(home, "c", run), "run": result["run"]}


def test_trajectories_alone_suffice(made, tmp_path):
    """Of a run that was never asked afterwards."""
    home, run, _ = made
    (tmp_path / "trajectories.parquet").write_bytes((run / "trajectories.parquet").read_bytes())

    assert ["losses", "el2n", "loss_x", "bits_per_byte_x"] == take(home, "c", tmp_path, called="x")["columns"]


def test_a_run_of_another_corpus_is_warned_of(made):
    """An id of this one stands there by chance."""
    home, run, _ = made
    home.write_corpus("other", [(Document("sea-0", "ship", "sea"), 1)])

    assert "The run is of 'c', another corpus" in take(home, "other", run)["warnings"][0]
    assert [] == take(home, "c", run)["warnings"]


def test_a_file_about_other_texts_hangs_no_empty_column(made, tmp_path):
    """What stood there stays, and a warning says which file was left out."""
    home, run, _ = made
    shutil.copy(run / "documents.parquet", tmp_path)
    other = pa.table({"id": ["other"], "domain": [""], "tokens": [3], "influence": [0.5]})
    pq.write_table(other, tmp_path / "influence.parquet")
    result = take(home, "c", tmp_path, called="second")
    taken = home.read(home.corpus("c"), ["influence"])["influence"]

    assert "influence" not in result["columns"]
    assert ["influence.parquet tells of none of the documents of 'c': it was left out."] == result["warnings"]
    assert {"documents.parquet": 0, "influence.parquet": 1} == result["unknown"]
    assert 40 == len(taken) - taken.null_count


def test_what_cannot_be_taken_is_refused(made, tmp_path):
    """Nothing there, nothing known, broken files, no column, no name: each in a line, and nothing hung."""
    home, run, _ = made
    before = home.columns(home.corpus("c"))
    with pytest.raises(NotFoundError, match=r"holds none of trajectories\.parquet"):
        take(home, "c", tmp_path)
    with pytest.raises(NotFoundError, match="no such column"):
        take(home, "c", run, by="nothing")
    with pytest.raises(BadInputError, match="holds no letter or digit"):
        take(home, "c", run, called="…")
    (tmp_path / "influence.parquet").write_text("no Parquet")
    with pytest.raises(BadInputError, match="cannot be read as Parquet"):
        take(home, "c", tmp_path)
    for columns, rule in (
        ({"id": ["x"], "tokens": [1], "influence": [0.5]}, "none of its documents is in 'c'"),
        ({"id": ["x", "x"], "tokens": [1, 1], "influence": [0.5, 0.5]}, "some id stands twice"),
        ({"id": ["x"]}, "has no column influence"),
    ):
        pq.write_table(pa.table(columns), tmp_path / "influence.parquet")
        with pytest.raises(BadInputError, match=rule):
            take(home, "c", tmp_path)

    assert before == home.columns(home.corpus("c"))

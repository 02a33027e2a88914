"""The commands: what each prints with --json, and how each refuses."""

import csv
import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

ROOT = Path(__file__).parents[2]
TOPICS = {
    "sea": "the old ship sailed over the grey water while the crew watched the whale and the wind rose",
    "sums": "add the two numbers and divide the total by three to find how many apples each child has",
    "law": "the licensee shall retain this notice in all copies and no warranty is given by the holder",
}


def run(*command, workspace=None, status=0):
    """Run a command in a fresh process; return what it printed as JSON, or its standard error."""
    environment = {k: v for k, v in os.environ.items() if not k.startswith("MIXDESK")}
    if workspace is not None:
        command = (*command, "--workspace", str(workspace), "--json")
    done = subprocess.run(
        [sys.executable, "-m", "core", *map(str, command)],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
    )
    assert status == done.returncode, done.stderr
    return json.loads(done.stdout) if status == 0 else done.stderr


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    """Ninety documents of three sources, one broken line, as JSON Lines."""
    rng, path = np.random.default_rng(0), tmp_path_factory.mktemp("data") / "texts.jsonl"
    with path.open("w") as file:
        for number in range(90):
            source = list(TOPICS)[number % 3]
            words = rng.permutation(TOPICS[source].split() * 4).tolist()
            text = " ".join(words) + f". Passage {number}."
            file.write(
                json.dumps({"id": f"d{number}", "text": text, "source": source, "year": 1900 + number})
            )
            file.write("\n")
        file.write("{broken\n")
    return path


@pytest.fixture(scope="module")
def workspace(tmp_path_factory, data):
    """A workspace whose corpus `small` has been through ingest."""
    folder = tmp_path_factory.mktemp("ws")
    run("ingest", "small", data, workspace=folder)
    return folder


@pytest.fixture(scope="module")
def prepared(workspace):
    """The same, scored, embedded, clustered and deduplicated."""
    score = run("score", "small", workspace=workspace)
    embed = run("embed", "small", "--embedder", "static", workspace=workspace)
    cluster = run("cluster", "small", "--k", 3, workspace=workspace)
    dedup = run("dedup", "small", "--method", "minhash", "--scope", "global", workspace=workspace)
    return workspace, {"score": score, "embed": embed, "cluster": cluster, "dedup": dedup}


@pytest.fixture(scope="module")
def spec(workspace, tmp_path_factory):
    """A mixture of two of the sources."""
    path = tmp_path_factory.mktemp("spec") / "spec.yaml"
    path.write_text(
        "name: two\ncorpus: small\nweights: {sea: 0.75, sums: 0.25}\nbudget: {tokens: 4000}\nmax_epochs: 4\n"
    )
    return path


def test_ingest_counts_what_it_kept_and_refused(data, tmp_path):
    """The broken line is counted by reason; the rest is a corpus."""
    result = run("ingest", "small", data, workspace=tmp_path)

    assert {d: c["documents"] for d, c in result["domains"].items()} == {"sea": 30, "sums": 30, "law": 30}
    assert sum(result["rejected"].values()) == 1
    assert result["tokens"] == sum(count["tokens"] for count in result["domains"].values())


def test_every_stage_prints_what_the_design_promises(prepared):
    """Each command's JSON holds at least its promised keys."""
    _, results = prepared

    assert results["score"].keys() >= {"columns", "documents_per_second"}
    assert {"toxicity", "word_count", "language"} <= set(results["score"]["columns"])
    assert results["embed"]["dimensions"] > 0
    assert results["cluster"].keys() >= {"clusters", "noise", "stability"}
    assert results["dedup"].keys() >= {"groups", "duplicates", "share_by_domain"}


def test_query_answers_with_columns_and_rows(prepared):
    """SQL sees every column beside the documents."""
    workspace, _ = prepared
    sql = "SELECT source, count(*) n FROM documents WHERE word_count > 5 AND x IS NOT NULL GROUP BY ALL ORDER BY ALL"

    result = run("query", "small", sql, workspace=workspace)

    assert result == {"columns": ["source", "n"], "rows": [["law", 30], ["sea", 30], ["sums", 30]]}


def test_diversity_and_search_answer(prepared):
    """Metrics come by domain; the nearest hits are of the topic that was asked for."""
    workspace, _ = prepared

    assert {"sea", "sums", "law"} == set(run("diversity", "small", workspace=workspace)["metrics"]["domains"])
    hits = run("search", "small", "whale ship", "--k", 5, workspace=workspace)["hits"]
    assert {"sea"} == {hit["source"] for hit in hits}
    assert hits[0].keys() >= {"id", "score", "source", "snippet"}


def test_mix_export_and_train_agree(workspace, spec, tmp_path):
    """The plan's tokens are the weights' shares; the run echoes the manifest's fingerprint."""
    plan = run("mix", "small", spec, workspace=workspace)
    sealed = run("export", spec, "--format", "jsonl", "--out", tmp_path / "out", workspace=workspace)
    config = tmp_path / "config.yaml"
    config.write_text("preset: nano\ntokens: 8192\ncontext: 64\nbatch_size: 8\nvocabulary: 512\n")
    run_folder = tmp_path / "run"
    result = run(
        "train",
        sealed["manifest"],
        "--config",
        config,
        "--device",
        "cpu",
        "--out",
        run_folder,
        workspace=workspace,
    )

    assert tuple(plan["plan"]["domains"][d]["tokens"] for d in ("sea", "sums")) == (3000, 1000)
    assert plan.keys() >= {"plan", "waterfall", "warnings"}
    assert {"sea", "sums"} == set(result["losses"])
    assert sealed["fingerprint"] == json.loads((run_folder / "run.json").read_text())["manifest_fingerprint"]


def test_export_columns_writes_all(prepared, tmp_path):
    """The Parquet file holds every row and every column."""
    import pyarrow.parquet as pq

    workspace, _ = prepared
    result = run("export-columns", "small", "--out", tmp_path / "all.parquet", workspace=workspace)

    table = pq.read_table(tmp_path / "all.parquet")
    assert result["rows"] == table.num_rows == 90
    assert {"text", "toxicity", "cluster", "embedding"} <= set(table.column_names)


def test_optimise_prefers_the_domain_that_lowers_the_loss(tmp_path):
    """Evidence in which one domain alone helps gives that domain most of the weight."""
    rng = np.random.default_rng(0)
    weights = rng.dirichlet([1, 1, 1], 64)
    losses = 3 - weights[:, 0] + 0.01 * rng.normal(size=64)
    files = {}
    for name, header, values in (("m", ["a", "b", "c"], weights), ("l", ["loss"], losses[:, None])):
        files[name] = tmp_path / f"{name}.csv"
        with files[name].open("w", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(["index", *header])
            writer.writerows([[i, *row] for i, row in enumerate(values)])
    command = (
        "optimise",
        "--method",
        "linear",
        "--mixtures",
        files["m"],
        "--losses",
        files["l"],
        "--target",
        "loss",
    )

    result = run(*command, workspace=tmp_path / "ws")

    assert max(result["weights"], key=result["weights"].get) == "a"
    assert abs(sum(result["weights"].values()) - 1) < 1e-6
    assert result.keys() >= {"predicted", "rationale", "evaluation"}


@pytest.mark.parametrize(
    ("command", "words"),
    [
        (("query", "none", "SELECT 1"), "no such corpus"),
        (("query", "small", "DELETE FROM documents"), "only one SELECT"),
        (("score", "small", "--signal", "wrod_count"), "wrod_count"),
        (("embed", "small", "--embedder", "nothing"), "nothing"),
        (("ingest", "small", "/no/such/file.jsonl"), "/no/such/file.jsonl"),
        (("ingest", "../up", "x.jsonl"), "../up"),
        (("mix", "small", "/no/such.yaml"), "/no/such.yaml"),
        (("dedup", "small", "--scope", "sideways"), "sideways"),
        (("train", "/no/such/manifest.json"), "manifest.json"),
        (("frobnicate",), "frobnicate"),
        (("ingest",), "NAME"),
    ],
)
def test_bad_input_is_one_line_and_status_2(workspace, command, words):
    """Nothing that a person types gives a traceback."""
    error = run(*command, *(("--workspace", workspace) if len(command) > 1 else ()), status=2)

    assert words in error
    assert len(error.strip().splitlines()) == 1


def test_mixture_runs_the_deduplication_that_it_asks_for(tmp_path, data):
    """A spec with `dedup` resolves on a corpus that has only been read."""
    home, spec = tmp_path / "ws", tmp_path / "spec.yaml"
    spec.write_text("{name: once, corpus: small, dedup: {method: exact, scope: local}}")
    run("ingest", "small", data, workspace=home)
    found = run("mix", "small", spec, workspace=home)

    assert ["corpus", "dedup (exact, local)", "budget"] == [row["name"] for row in found["waterfall"]]

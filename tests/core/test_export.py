"""An export is whole or not there, says what it holds, and is read back by everybody else's readers."""

import errno
import json
import os
import resource
import subprocess
import sys
from pathlib import Path

import pytest

from core import export as exporting
from core.backend.sealed import open_manifest
from core.disk import file_sha256
from core.errors import BadInputError, TamperedError
from core.export import export, manifest_fingerprint
from core.exporters import EXPORTERS
from core.exporters.jsonl import JsonLines
from core.mix import resolve
from core.types import Document, Manifest, dump_mixture, parse_mixture
from tests.core.small_corpus import mixture, sized, write

ROOT = Path(__file__).parents[2]
HOSTILE = {
    "nul": "a\x00b",
    "surrogate": "half \ud800 a pair",
    "script": "</script><script>alert(1)</script>",
    "ansi": "\x1b[31mred\x1b[0m\x07",
    "breaks": "one\r\ntwo\rthree\u2028four\u0085five\x0bsix\n",
    "quotes": '"quoted" \\ {"id": 1}\n{"id": 2}',
    "bidi": "\u202eright to left\u2069 \ufeffmark \U0001f600",
    "long": "0123456789" * 1_000_000,
    "blank": " \t ",
}


@pytest.fixture
def home(tmp_path):
    """Three domains of 100, 300 and 140 tokens."""
    return sized(tmp_path / "ws", {"a": [10] * 10, "b": [10] * 30, "c": [7] * 20})


def planned(home, asked):
    """The plan's documents by domain, as they stand in the corpus."""
    plan, corpus = resolve(home, asked), home.corpus("c")
    found = {}
    for domain, rows in plan.rows.items():
        if len(rows):
            table = home.read(corpus, ["id", "text", "source", "tokens"], rows)
            found[domain] = [{**row, "domain": domain} for row in table.to_pylist()]
    return found


def listing(folder):
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}


# --- other people's readers -------------------------------------------------------------------------


def by_datasets(path, kind, scratch):
    import datasets

    builder = {"jsonl": "json", "parquet": "parquet"}[kind]
    return datasets.load_dataset(
        builder, data_files=str(path), cache_dir=str(scratch), split="train"
    ).to_list()


def by_pandas(path, kind, scratch):
    import pandas as pd

    frame = pd.read_parquet(path) if kind == "parquet" else pd.read_json(path, lines=True, dtype=False)
    return frame.to_dict("records")


def by_pyarrow(path, kind, scratch):
    import pyarrow.json
    import pyarrow.parquet

    if kind == "parquet":
        return pyarrow.parquet.read_table(path).to_pylist()
    options = pyarrow.json.ReadOptions(block_size=1 << 25)
    return pyarrow.json.read_json(path, read_options=options).to_pylist()


def by_duckdb(path, kind, scratch):
    import duckdb

    reader = {"jsonl": "read_json(?, format='newline_delimited')", "parquet": "read_parquet(?)"}[kind]
    table = duckdb.connect().sql(f"SELECT * FROM {reader}", params=[str(path)]).to_arrow_table()
    return table.to_pylist()


READERS = [by_datasets, by_pandas, by_pyarrow, by_duckdb]


@pytest.fixture(scope="module")
def hostile(tmp_path_factory):
    """A workspace of hostile texts, exported once in each format."""
    folder = tmp_path_factory.mktemp("hostile")
    documents = [(Document(f"{name}\"\n'", text, f"s/{name[0]}"), 5) for name, text in HOSTILE.items()]
    home, asked = write(folder / "ws", documents), mixture(domain="source", seed=3)
    manifests = {kind: export(home, asked, kind, folder / kind) for kind in EXPORTERS}
    return folder, manifests, planned(home, asked)


@pytest.mark.parametrize("kind", EXPORTERS)
@pytest.mark.parametrize("reader", READERS)
def test_real_readers_give_the_plans_documents_in_order(hostile, reader, kind, tmp_path):
    """Every document, every byte, however hostile; half a surrogate pair is a question mark since ingest."""
    folder, manifests, expected = hostile
    for file in manifests[kind].files:
        assert expected[file.domain] == reader(folder / kind / file.path, kind, tmp_path)


def test_a_line_is_a_document_whatever_counts_as_its_end(hostile):
    """Python's own `splitlines` knows nine ends of a line; none stands inside a document."""
    folder, manifests, _ = hostile
    for file in manifests["jsonl"].files:
        text = (folder / "jsonl" / file.path).read_text(encoding="utf-8")

        assert file.rows == len(text.splitlines())


def test_texts_round_trip(hostile):
    """What was ingested is what is exported."""
    found = {row["id"].strip("\"\n'"): row["text"] for rows in hostile[2].values() for row in rows}

    assert {**HOSTILE, "surrogate": "half ? a pair"} == found


def test_the_backend_reads_both_formats(hostile):
    """The training backend sees the plan's documents, and nothing but the manifest."""
    folder, _, expected = hostile
    for kind in EXPORTERS:
        sealed = open_manifest(folder / kind / "manifest.json")

        assert expected == {
            d: [{"id": i, "text": t, "source": d, "tokens": 5, "domain": d} for i, t in sealed.documents(d)]
            for d in sealed.domains
        }


# --- the manifest -----------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", EXPORTERS)
def test_the_manifest_says_what_is_there(home, tmp_path, kind):
    """Files with hash, rows and tokens; the plan's numbers; the mixture, which reads back as it was."""
    asked = mixture(weights={"a": 0.25, "b": 0.45, "c": 0.3}, budget={"tokens": 200}, rationale="why: so")
    manifest = export(home, asked, kind, tmp_path / "out")
    plan, corpus, out = resolve(home, asked), home.corpus("c"), tmp_path / "out"

    assert manifest == Manifest.model_validate_json((out / "manifest.json").read_bytes())
    assert {"manifest.json", "mixture.yaml", "README.md", *(f.path for f in manifest.files)} == listing(out)
    for file in manifest.files:
        assert file_sha256(out / file.path) == file.sha256
        assert (file.rows, file.tokens) == (
            plan.waterfall[-1].by_domain[file.domain].documents,
            plan.waterfall[-1].by_domain[file.domain].tokens,
        )
    for domain, part in manifest.domains.items():
        there = plan.domains[domain]
        assert (there.weight, there.documents, there.tokens, there.epochs) == (
            part.weight,
            part.documents,
            part.tokens,
            part.epochs,
        )
    assert (corpus.fingerprint, "words", 200, kind) == (
        manifest.corpus_fingerprint,
        manifest.tokenizer,
        manifest.budget,
        manifest.format,
    )
    assert asked == parse_mixture((out / "mixture.yaml").read_text(encoding="utf-8"), "out")
    assert asked.model_dump(mode="json") == manifest.mixture
    assert manifest_fingerprint(manifest) == manifest.fingerprint


def test_one_fingerprint_in_every_format(home, tmp_path):
    """It is of the documents, not of the files; other documents, weights or seeds have another."""
    base = {"weights": {"a": 0.5, "b": 0.5}}
    specs = [base, base, {**base, "seed": 1}, {"weights": {"a": 0.4, "b": 0.6}}]
    kinds = ["jsonl", "parquet", "jsonl", "jsonl"]
    found = [
        export(home, mixture(**spec), kind, tmp_path / str(i)).fingerprint
        for i, (spec, kind) in enumerate(zip(specs, kinds, strict=True))
    ]

    assert found[0] == found[1]
    assert len(set(found)) == 3


def test_a_changed_text_changes_the_fingerprint(tmp_path):
    """One letter suffices."""
    found = set()
    for i, text in enumerate(["a text", "a test"]):
        home = write(tmp_path / f"ws{i}", [(Document("d", text, "s"), 2)])
        found.add(export(home, mixture(), "jsonl", tmp_path / f"out{i}").fingerprint)

    assert len(found) == 2


def test_a_cut_domain_has_the_weight_it_gives(home, tmp_path):
    """Where the plan could not follow the weights, the manifest's weights are the shares of its tokens."""
    asked = mixture(weights={"a": 0.6, "b": 0.4}, budget={"tokens": 500}, max_epochs=2)
    manifest = export(home, asked, "jsonl", tmp_path / "out")

    assert {"a": 0.5, "b": 0.5} == {d: part.weight for d, part in manifest.domains.items()}
    assert manifest.mixture["weights"] == {"a": 0.6, "b": 0.4}


@pytest.mark.parametrize("kind", EXPORTERS)
def test_a_changed_file_is_noticed(home, tmp_path, kind):
    """The backend refuses it, and so does a second export to the same folder."""
    manifest = export(home, mixture(), kind, tmp_path / "out")
    with (tmp_path / "out" / manifest.files[1].path).open("ab") as file:
        file.write(b"\n")
    with pytest.raises(TamperedError, match="its bytes are not those that were sealed"):
        open_manifest(tmp_path / "out" / "manifest.json")
    with pytest.raises(BadInputError, match=f"but {manifest.files[1].path} has been changed or removed"):
        export(home, mixture(), kind, tmp_path / "out")


# --- the folder -------------------------------------------------------------------------------------


def test_the_same_export_again_costs_nothing(home, tmp_path):
    """Files stay as they are; so does an empty folder's name."""
    (tmp_path / "out").mkdir()
    first = export(home, mixture(), "jsonl", tmp_path / "out")
    times = {path: path.stat().st_mtime_ns for path in (tmp_path / "out").rglob("*")}

    assert first == export(home, mixture(), "jsonl", tmp_path / "out")
    assert times == {path: path.stat().st_mtime_ns for path in (tmp_path / "out").rglob("*")}


@pytest.mark.parametrize(
    ("expected", "prepare"),
    [
        ("holds something else", lambda home, out: (out.mkdir(), (out / "thesis.doc").write_text("mine"))),
        ("holds something else", lambda home, out: out.write_text("a file")),
        ("holds something else", lambda home, out: export(home, mixture(seed=1), "jsonl", out)),
        ("holds something else", lambda home, out: export(home, mixture(), "parquet", out)),
        ("holds something else", lambda home, out: (out.mkdir(), (out / "manifest.json").write_text("{"))),
    ],
    ids=["a person's file", "a file", "another mixture", "another format", "broken manifest"],
)
def test_a_folder_that_holds_something_else_is_refused(home, tmp_path, expected, prepare):
    """Nothing there is touched."""
    out = tmp_path / "out"
    prepare(home, out)
    before = {p: p.read_bytes() for p in [out, *out.rglob("*")] if p.is_file()}
    with pytest.raises(BadInputError, match=expected):
        export(home, mixture(), "jsonl", out)

    assert before == {p: p.read_bytes() for p in [out, *out.rglob("*")] if p.is_file()}


def test_an_export_of_older_documents_is_not_replaced(home, tmp_path):
    """The mixture is the same, the corpus is not."""
    export(home, mixture(), "jsonl", tmp_path / "out")
    home.write_corpus("c", [(Document("d", "new", "a"), 1)])
    with pytest.raises(BadInputError, match="holds an export of other documents"):
        export(home, mixture(), "jsonl", tmp_path / "out")


def test_a_changed_column_is_not_replaced_either(tmp_path):
    """The documents of the corpus are the same, those that the filter keeps are not."""
    home = sized(tmp_path / "ws", {"a": [1] * 4})
    corpus, asked = home.corpus("c"), mixture(filters=[{"name": "f", "keep": "score > 1"}])
    for version, scores in enumerate(([1.0, 2.0, 3.0, 4.0], [4.0, 2.0, 3.0, 1.0])):
        column = home.column(corpus, "test", version, {}, ("score",), "quality")
        home.write_whole_column(corpus, column, {"score": scores})
        if not version:
            export(home, asked, "jsonl", tmp_path / "out")
    with pytest.raises(BadInputError, match="holds an export of other documents"):
        export(home, asked, "jsonl", tmp_path / "out")


def test_a_corpus_replaced_in_the_middle(home, tmp_path):
    """Nothing is written of documents that are gone."""

    def replace(done, total, message=""):
        home.write_corpus("c", [(Document("d", "new", "a"), 1)])

    plan_first = exporting.make_plan
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(exporting, "make_plan", lambda *given: (plan_first(*given), replace(0, 0))[0])
        with pytest.raises(BadInputError, match="c: was replaced during the export; export again"):
            export(home, mixture(), "jsonl", tmp_path / "out")

    assert ["ws"] == [path.name for path in tmp_path.iterdir()]


def test_bad_requests_are_refused_before_any_work(home, tmp_path):
    """Formats are listed; a place that cannot be written is named."""
    with pytest.raises(BadInputError, match="no such method; choose one of: jsonl, parquet"):
        export(home, mixture(), "tar", tmp_path / "out")
    with pytest.raises(BadInputError, match="cannot be written"):
        export(home, mixture(), "jsonl", Path("/proc/nowhere/out"))


# --- kills and full disks ---------------------------------------------------------------------------


class Full(JsonLines):
    """Meets a full disk after the first file."""

    def write(self, plan, documents, folder):
        """Write one file, then fail as the system does."""
        JsonLines.write(self, plan, documents, folder)
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def test_a_full_disk_leaves_what_was_there(home, tmp_path, monkeypatch):
    """The old export stands, nothing half lies beside it, and the error is one line."""
    export(home, mixture(), "jsonl", tmp_path / "out")
    before = {path: path.read_bytes() for path in (tmp_path / "out").rglob("*") if path.is_file()}
    monkeypatch.setitem(EXPORTERS, "jsonl", Full)
    for out in ("out", "new"):
        with pytest.raises(BadInputError, match="the disk is full"):
            export(home, mixture(), "jsonl", tmp_path / out)

    assert before == {path: path.read_bytes() for path in (tmp_path / "out").rglob("*") if path.is_file()}
    assert {"ws", "out"} == {path.name for path in tmp_path.iterdir()}


@pytest.mark.parametrize("kind", EXPORTERS)
def test_the_system_refuses_to_write_on(tmp_path, kind):
    """A limit on file sizes, set by the system itself, ends like a full disk."""
    home = write(tmp_path / "ws", [(Document(f"d{i}", os.urandom(5000).hex(), "s"), 1) for i in range(40)])
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, before[1]))
    try:
        with pytest.raises(BadInputError, match="the disk is full"):
            export(home, mixture(), kind, tmp_path / "out")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)

    assert ["ws"] == [path.name for path in tmp_path.iterdir()]


KILLED = """
import os, signal, sys
from pathlib import Path
from core.export import export
from core.types import Mixture
from core.workspace import Workspace
def told(done, total, message=""):
    if message.startswith(sys.argv[3]):
        os.kill(os.getpid(), signal.SIGKILL)
export(Workspace(sys.argv[1]), Mixture(name="m", corpus="c"), "jsonl", Path(sys.argv[2]), told)
"""


@pytest.mark.parametrize("moment", ["reading", "writing"])
def test_a_kill_leaves_nothing_that_looks_whole(home, tmp_path, moment):
    """No folder of that name, no manifest anywhere; the next export sweeps up and is whole."""
    out = tmp_path / "out"
    killed = subprocess.run(
        [sys.executable, "-c", KILLED, str(home.folder), str(out), moment], cwd=ROOT, check=False
    )
    left = [path.name for path in tmp_path.iterdir() if path.name.startswith(".out.export-")]

    assert (-9, False, 1) == (killed.returncode, out.exists(), len(left))
    assert [] == list(tmp_path.rglob("manifest.json"))
    export(home, mixture(), "jsonl", out)
    assert open_manifest(out / "manifest.json").domains == ("a", "b", "c")
    assert {"ws", "out"} == {path.name for path in tmp_path.iterdir()}


def test_sweeping_touches_nothing_else(home, tmp_path):
    """What only looks like a leftover, and what a living export is writing, stay."""
    kept = [
        ".out.export-notes",
        f".out.export-{os.getpid()}-0123abcd",
        ".out.export-1x-0123abcd",
        ".out2.export-9-0",
    ]
    for name in kept:
        (tmp_path / name).mkdir()
    export(home, mixture(), "jsonl", tmp_path / "out")

    assert {"ws", "out", *kept} == {path.name for path in tmp_path.iterdir()}


# --- the same from any process ----------------------------------------------------------------------


@pytest.mark.parametrize("kind", EXPORTERS)
def test_bytes_are_the_same_from_any_process(home, tmp_path, kind):
    """Neither hash seed nor number of processors changes a byte of any file."""
    spec = tmp_path / "spec.yaml"
    asked = mixture(weights={"a": 0.2, "b": 0.5, "c": 0.3}, budget={"tokens": 400})
    spec.write_text(dump_mixture(asked), encoding="utf-8")
    for seed, prefix in (("1", ["taskset", "-c", str(min(os.sched_getaffinity(0)))]), ("2", [])):
        command = [*prefix, sys.executable, "-m", "core", "export", str(spec), "--format", kind]
        subprocess.run(
            [*command, "--out", str(tmp_path / seed), "--workspace", str(home.folder)],
            cwd=ROOT,
            env={**os.environ, "PYTHONHASHSEED": seed},
            check=True,
            capture_output=True,
        )
    files = listing(tmp_path / "1")

    assert files == listing(tmp_path / "2")
    assert all((tmp_path / "1" / f).read_bytes() == (tmp_path / "2" / f).read_bytes() for f in files)


def test_the_command_names_the_manifest(home, tmp_path):
    """`--json` holds the manifest's path, the fingerprint and the files; bad input is one line, status 2."""
    spec = tmp_path / "spec.yaml"
    spec.write_text(dump_mixture(mixture()), encoding="utf-8")
    command = [sys.executable, "-m", "core", "export", str(spec), "--workspace", str(home.folder), "--json"]
    done = subprocess.run(
        [*command, "--out", str(tmp_path / "out")], cwd=ROOT, check=True, capture_output=True, text=True
    )
    value = json.loads(done.stdout)
    refused = subprocess.run(
        [*command, "--out", str(ROOT / "core")], cwd=ROOT, capture_output=True, text=True
    )

    assert value["manifest"] == str(tmp_path / "out" / "manifest.json")
    assert value["fingerprint"] == open_manifest(tmp_path / "out" / "manifest.json").manifest.fingerprint
    assert {"path", "sha256", "rows", "tokens", "domain"} == set(value["files"][0])
    assert (2, "", 1) == (refused.returncode, refused.stdout, len(refused.stderr.splitlines()))

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
from core.backend.data.sealed import open_manifest
from core.disk import file_sha256
from core.errors import BadInputError, TamperedError
from core.export import export, manifest_fingerprint, verify
from core.exporters import EXPORTERS, Tokenising
from core.exporters.jsonl import JsonLines
from core.mix import resolve
from core.types import Document, Manifest, dump_mixture, parse_mixture
from tests.core.exporters.small_exports import CONFIGURED, SETTINGS, TEXTS
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

    builder = "json" if kind == "jsonl" else "parquet"
    return datasets.load_dataset(
        builder, data_files=str(path), cache_dir=str(scratch), split="train"
    ).to_list()


def by_pandas(path, kind, scratch):
    import pandas as pd

    frame = pd.read_json(path, lines=True, dtype=False) if kind == "jsonl" else pd.read_parquet(path)
    return frame.to_dict("records")


def by_pyarrow(path, kind, scratch):
    import pyarrow.json
    import pyarrow.parquet

    if kind != "jsonl":
        return pyarrow.parquet.read_table(path).to_pylist()
    options = pyarrow.json.ReadOptions(block_size=1 << 25)
    return pyarrow.json.read_json(path, read_options=options).to_pylist()


def by_duckdb(path, kind, scratch):
    import duckdb

    reader = "read_json(?, format='newline_delimited')" if kind == "jsonl" else "read_parquet(?)"
    table = duckdb.connect().sql(f"SELECT * FROM {reader}", params=[str(path)]).to_arrow_table()
    return table.to_pylist()


READERS = [by_datasets, by_pandas, by_pyarrow, by_duckdb]


@pytest.fixture(scope="module")
def hostile(tmp_path_factory):
    """A workspace of hostile texts, exported once in each format of texts."""
    folder = tmp_path_factory.mktemp("hostile")
    documents = [(Document(f"{name}\"\n'", text, f"s/{name[0]}"), 5) for name, text in HOSTILE.items()]
    home, asked = write(folder / "ws", documents), mixture(domain="source", seed=3)
    manifests = {kind: export(home, asked, kind, folder / kind) for kind in TEXTS}
    return folder, manifests, planned(home, asked)


@pytest.mark.parametrize("kind", TEXTS)
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


def test_the_backend_reads_texts(hostile):
    """The training backend sees the plan's documents, and nothing but the manifest."""
    folder, _, expected = hostile
    for kind in TEXTS:
        sealed = open_manifest(folder / kind / "manifest.json")

        assert expected == {
            d: [{"id": i, "text": t, "source": d, "tokens": 5, "domain": d} for i, t in sealed.documents(d)]
            for d in sealed.domains
        }


# --- the manifest -----------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", TEXTS)
def test_the_manifest_says_what_is_there(home, tmp_path, kind):
    """Files with hash, rows and tokens; the plan's numbers; the mixture, which reads back as it was."""
    asked = mixture(weights={"a": 0.25, "b": 0.45, "c": 0.3}, budget={"tokens": 200}, rationale="why: so")
    manifest = export(home, asked, kind, tmp_path / "out")
    plan, corpus, out = resolve(home, asked), home.corpus("c"), tmp_path / "out"

    assert manifest == Manifest.model_validate_json((out / "manifest.json").read_bytes())
    beside = {"manifest.json", "mixture.yaml", "README.md", "croissant.json"}
    beside |= {"interleave.yaml", "TRAINER.md"} if kind == "huggingface" else set()

    assert beside | {f.path for f in manifest.files} == listing(out)
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
    """The backend refuses it, and so do a check and a second export to the same folder."""
    out = tmp_path / "out"
    manifest = export(home, mixture(), kind, out, settings=SETTINGS[kind])
    with (out / manifest.files[1].path).open("ab") as file:
        file.write(b"\n")
    if kind in TEXTS:
        with pytest.raises(TamperedError, match="its bytes are not those that were sealed"):
            open_manifest(out / "manifest.json")
    with pytest.raises(TamperedError, match="is missing or not as it was sealed"):
        verify(out)
    with pytest.raises(BadInputError, match=f"but {manifest.files[1].path} has been changed or removed"):
        export(home, mixture(), kind, out, settings=SETTINGS[kind])


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


@pytest.mark.parametrize("kind", [*TEXTS, "maxtext", "megatron", "mosaic"])
def test_the_system_refuses_to_write_on(tmp_path, kind):
    """A limit on file sizes, set by the system itself, ends like a full disk."""
    home = write(tmp_path / "ws", [(Document(f"d{i}", os.urandom(5000).hex(" "), "s"), 1) for i in range(40)])
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


EVERY_FORMAT = """
import json, sys
from pathlib import Path
from core.export import export
from core.types import Mixture
from core.workspace import Workspace
home, out, mixture, settings = sys.argv[1:]
for kind, values in json.loads(settings).items():
    export(Workspace(home), Mixture.model_validate_json(mixture), kind, Path(out) / kind, settings=values)
"""


def test_bytes_are_the_same_from_any_process(home, tmp_path):
    """Neither hash seed nor number of processors changes a byte of any file, in any format."""
    asked = mixture(weights={"a": 0.2, "b": 0.5, "c": 0.3}, budget={"tokens": 400}).model_dump_json()
    for seed, prefix in (("1", ["taskset", "-c", str(min(os.sched_getaffinity(0)))]), ("2", [])):
        given = [str(home.folder), str(tmp_path / seed), asked, json.dumps(SETTINGS)]
        subprocess.run(
            [*prefix, sys.executable, "-c", EVERY_FORMAT, *given],
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


# --- what a trainer draws ---------------------------------------------------------------------------

WEIGHTS = {"a": 0.2, "b": 0.5, "c": 0.3}


@pytest.mark.parametrize("kind", EXPORTERS)
def test_every_format_gives_the_shares_asked_for(home, tmp_path, kind):
    """As its configuration lies there: within 1 % of the tokens."""
    export(home, mixture(weights=WEIGHTS), kind, tmp_path / "out", settings=SETTINGS[kind])
    found = verify(tmp_path / "out")

    assert {domain: pair["asked"] for domain, pair in found.items()} == WEIGHTS
    assert all(abs(pair["asked"] - pair["obtained"]) < 0.011 for pair in found.values())


def test_changed_weights_show(home, tmp_path):
    """A person turned one domain's weight up in the trainer's configuration."""
    export(home, mixture(weights=WEIGHTS), "megatron", tmp_path / "out")
    (tmp_path / "out" / "data_args.txt").write_text("0.5 data/a 0.5 data/b\n", encoding="utf-8")
    found = verify(tmp_path / "out")

    assert {"a": 0.5, "b": 0.5, "c": 0.0} == {domain: pair["obtained"] for domain, pair in found.items()}


@pytest.mark.parametrize("kind", CONFIGURED)
def test_a_broken_configuration_is_said(home, tmp_path, kind):
    """One line that names the format, no traceback."""
    export(home, mixture(weights=WEIGHTS), kind, tmp_path / "out", settings=SETTINGS[kind])
    for path in (tmp_path / "out").iterdir():
        if path.suffix in (".yaml", ".yml", ".txt") or path.name == "grain_mixture.json":
            path.write_text("[x\n", encoding="utf-8")
    with pytest.raises(BadInputError, match=r"cannot be read|no data file|odd number"):
        verify(tmp_path / "out")


def test_a_folder_without_a_manifest_cannot_be_checked(tmp_path):
    """It is no export."""
    with pytest.raises(BadInputError, match=r"holds no readable manifest\.json"):
        verify(tmp_path)


def test_another_setting_is_another_export(home, tmp_path):
    """What is there is not taken for what was asked."""
    export(home, mixture(), "mosaic", tmp_path / "out", settings={"sequence_length": 4})
    with pytest.raises(BadInputError, match="holds something else"):
        export(home, mixture(), "mosaic", tmp_path / "out", settings={"sequence_length": 8})


def test_a_mixtures_length_of_a_sequence_is_the_exports(home, tmp_path):
    """Where the export sets none itself; a format of texts has none."""
    asked = mixture(sequence_length=4)
    found = [
        export(home, asked, kind, tmp_path / f"{kind}-{len(own)}", settings=own).settings
        for kind, own in (("mosaic", {}), ("mosaic", {"sequence_length": 8}), ("jsonl", {}))
    ]

    assert [4, 8, None] == [settings.get("sequence_length") for settings in found]


@pytest.mark.parametrize("kind", EXPORTERS)
def test_token_files_say_whose_ids_they_hold(home, tmp_path, kind):
    """The manifest names the tokenizer, its size and the end of a document, in formats of ids alone."""
    manifest = export(home, mixture(), kind, tmp_path / "out", settings=SETTINGS[kind])
    encoding = manifest.encoding

    assert issubclass(EXPORTERS[kind], Tokenising) == (encoding is not None)
    if encoding is not None:
        assert ("[SEP]", 102, 30522) == (encoding.end_token, encoding.end, encoding.vocabulary)
        assert (tmp_path / "out" / "tokenizer" / "tokenizer.json").is_file()


def test_the_commands_print_the_shares(home, tmp_path):
    """`export --verify` and `verify` hold the same, by domain."""
    spec, out = tmp_path / "spec.yaml", str(tmp_path / "out")
    spec.write_text(dump_mixture(mixture(weights=WEIGHTS)), encoding="utf-8")
    base = [sys.executable, "-m", "core"]
    made = subprocess.run(
        [*base, "export", str(spec), "--format", "litdata", "--set", "sequence_length=4", "--out", out,
         "--workspace", str(home.folder), "--verify", "--json"],
        cwd=ROOT, check=True, capture_output=True, text=True,
    )  # fmt: skip
    again = subprocess.run(
        [*base, "verify", out, "--json"], cwd=ROOT, check=True, capture_output=True, text=True
    )
    found = json.loads(made.stdout)["verify"]

    assert {domain: {"asked": w, "obtained": w} for domain, w in WEIGHTS.items()} == found
    assert found == json.loads(again.stdout)["verify"]

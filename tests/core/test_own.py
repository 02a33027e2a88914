"""Own columns: what a Python file, a SQL expression and a Parquet file may be, and what becomes of each."""

import hashlib
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from core import own
from core.errors import BadInputError, MixdeskError, NotFoundError
from core.owned import python_file
from core.owned.python_file import OwnSignalError
from core.types import Document
from core.workspace import Workspace

ROOT = Path(__file__).parents[2]
SECRET = "confidential"  # stands in the texts, so no error may show it


@pytest.fixture
def workspace(tmp_path):
    """A corpus of three documents, the second one empty."""
    home = Workspace(tmp_path / "ws")
    texts = [f"{SECRET} words", "", "three short words"]
    documents = [
        (Document(f"d{i}", text, "web", {"Stars": i, "lang": "en"}), len(text.split()))
        for i, text in enumerate(texts)
    ]
    home.write_corpus("c", documents, tokenizer="words")
    (home.folder / "signals").mkdir()
    return home


def put(workspace, code, name="sig"):
    """Write a Python signal."""
    path = workspace.folder / "signals" / f"{name}.py"
    path.write_text(code, encoding="utf-8")
    return path


def values(workspace, *names, corpus="c"):
    """Return columns as lists; the only one by itself."""
    table = workspace.read(workspace.corpus(corpus), list(names))
    found = [table[name].to_pylist() for name in names]
    return found[0] if len(found) == 1 else found


def added(workspace, code, **options):
    """Add the column of a signal with this code."""
    put(workspace, code)
    return own.add_python(workspace, "c", "sig", ["sig"], **options)


# --- a Python file ----------------------------------------------------------------------------------


def test_files_are_listed_without_running_them(workspace):
    """What is no identifier is no signal, and the code stays untouched."""
    put(workspace, "raise SystemExit('ran')", "b_2")
    put(workspace, "x = 1", "a")
    put(workspace, "x = 1", "not-a-name")

    assert ["a", "b_2"] == own.available(workspace)


def test_a_file_runs_only_where_it_is_allowed(workspace, tmp_path):
    """The refusal names path, hash and remedy; nothing has run."""
    path = put(workspace, f"open({str(tmp_path / 'ran')!r}, 'w')\ndef score(texts): return texts")
    with pytest.raises(BadInputError) as caught:
        own.add_python(workspace, "c", "sig", ["other"])

    assert path == caught.value.value
    assert hashlib.sha256(path.read_bytes()).hexdigest() in caught.value.rule
    assert "read the file, then add --allow sig" == caught.value.remedy
    assert not (tmp_path / "ran").exists()


@pytest.mark.parametrize("name", ["none", "../sig", "sig.py", ""])
def test_an_unknown_file_lists_those_there_are(workspace, name):
    """A path is no name."""
    put(workspace, "def score(texts): return texts")
    with pytest.raises(NotFoundError, match="there are: sig"):
        own.add_python(workspace, "c", name, [name])


@pytest.mark.parametrize(
    ("code", "expected", "kind"),
    [
        ("[len(t) for t in texts]", [18, 0, 17], pa.int64()),
        ("[len(t) / 2 if t else 0 for t in texts]", [9.0, 0.0, 8.5], pa.float64()),
        ("[bool(t) for t in texts]", [True, False, True], pa.bool_()),
        ("tuple(t[-1:] or None for t in texts)", ["s", None, "s"], pa.string()),
        ("[float('nan'), float('-inf'), None]", [None, None, None], pa.float64()),
        (
            "__import__('numpy').array([1.5, float('nan'), 2], dtype='float32')",
            [1.5, None, 2.0],
            pa.float64(),
        ),
        ("[__import__('numpy').int8(3), __import__('numpy').float32(0.5), 1]", [3.0, 0.5, 1.0], pa.float64()),
        ("__import__('pandas').Series([1, None, 3], dtype='Int64')", [1, None, 3], pa.int64()),
        ("['\\udc80', None, 'b']", ["?", None, "b"], pa.string()),
        ("[2**63 - 1, -2**63, 0]", [2**63 - 1, -(2**63), 0], pa.int64()),
    ],
)
def test_plain_values_become_a_column(workspace, code, expected, kind):
    """Lists, tuples, arrays and series; numbers, text and truth values."""
    result = added(workspace, f"def score(texts): return {code}")

    assert expected == values(workspace, "sig")
    assert kind == workspace.read(workspace.corpus("c"), ["sig"]).schema.field("sig").type
    assert (["sig"], "other", {"sig": expected.count(None)}) == (
        result["columns"], result["kind"], result["nulls"],
    )  # fmt: skip
    assert result["documents_per_second"] > 0


def test_a_dict_gives_several_columns(workspace):
    """Each under its own name."""
    result = added(workspace, "def score(texts): return {'a': [1] * len(texts), 'b': list('xyz')}")

    assert ["a", "b"] == result["columns"]
    assert [[1, 1, 1], ["x", "y", "z"]] == values(workspace, "a", "b")


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("def score(texts):\n    raise ValueError(texts[0])", "failed with ValueError at sig.py:2;"),
        ("def score(texts):\n    return int(texts[0])", "failed with ValueError at sig.py:2;"),
        ("x = 1\ny = x / 0", "failed with ZeroDivisionError at sig.py:2;"),
        ("def score(texts):\n    return [", "failed with SyntaxError at sig.py:2;"),
        ("import no_such_module_at_all", "failed with ModuleNotFoundError at sig.py:1;"),
        ("score = 3", "has no function 'score';"),
        ("def score(texts): return texts[1:]", "gave 2 values for 3 texts;"),
        ("def score(texts): return 7", "gave a value of type int, not a list"),
        ("def score(texts): return (t for t in texts)", "gave a value of type generator, not a list"),
        ("def score(texts): return [[t] for t in texts]", "gave a value of type list, not a number"),
        ("def score(texts): return [b'x'] * 3", "gave a value of type bytes, not a number"),
        ("def score(texts): return [1, 'x', None]", "mixes int and str in one column"),
        ("def score(texts): return [True, 0.5, 1]", "mixes bool and"),
        ("def score(texts): return [2**63, 1, 1]", "gave a whole number beyond 64 bits"),
        ("def score(texts): return {}", "gave no column;"),
        ("def score(texts): return {1: texts}", "gave a column whose name is no text"),
        (
            "def score(texts): return {'': texts, 'sig': texts}",
            "gave a column whose name is no text, or empty",
        ),
        ("import numpy\ndef score(texts): return numpy.zeros((3, 2))", "gave an array of 2 dimensions"),
        ("import sys\ndef score(texts): sys.exit(0)", "failed with SystemExit at sig.py:2;"),
        ("import os\ndef score(texts): os._exit(3)", "ended its process with status 3;"),
        ("import os\nos._exit(0)", "ended its process with status 0;"),
        ("import os\ndef score(texts): os.kill(os.getpid(), 9)", "memory may have run out;"),
        ("import os\ndef score(texts): os.abort()", "died with its process (SIGABRT);"),
        ("def score(texts):\n    print(texts[0])\n    return texts", "wrote to standard output"),
        ("import os\ndef score(texts):\n    os.write(1, b'x')\n    return texts", "wrote to standard output"),
    ],
)
def test_a_file_that_fails_is_named(workspace, code, words):
    """With the line where it is known, never with a text; and no column is left."""
    with pytest.raises(OwnSignalError) as caught:
        added(workspace, code)

    assert str(caught.value).startswith("signal 'sig' ")
    assert words in str(caught.value)
    assert SECRET not in str(caught.value)
    assert [] == workspace.columns(workspace.corpus("c"))


def is_running(process):
    """Whether a process runs; one that waits to be buried does not."""
    try:
        state = Path(f"/proc/{process}/stat").read_text(encoding="utf-8").rsplit(")", 1)[1].split()[0]
    except FileNotFoundError:
        return False
    return state not in "ZX"


HANG = """
import os, subprocess, time
def score(texts):
    other = subprocess.Popen(["sleep", "60"])
    with open({path!r} + ".new", "w") as file:
        file.write(f"{{os.getpid()}} {{other.pid}}")
    os.rename({path!r} + ".new", {path!r})
    time.sleep(60)
"""


def test_a_file_that_hangs_is_killed_with_its_children(workspace, tmp_path):
    """The limit holds, and the remedy says how to raise it."""
    began = time.monotonic()
    with pytest.raises(OwnSignalError, match=r"took more than 1 seconds for a batch of 3 texts; .*limit-sec"):
        added(workspace, HANG.format(path=str(tmp_path / "pids")), limit_seconds=1)

    assert time.monotonic() - began < 10
    pids = [int(pid) for pid in (tmp_path / "pids").read_text().split()]
    until = time.monotonic() + 10  # the killed take a moment to go on a busy machine
    while any(map(is_running, pids)) and time.monotonic() < until:
        time.sleep(0.05)
    assert [False, False] == [is_running(pid) for pid in pids]


def test_loading_has_a_limit_too(workspace):
    """A file that never ends to load."""
    with pytest.raises(OwnSignalError, match=r"took more than 0\.5 seconds to load"):
        added(workspace, "while True: pass", limit_seconds=0.5)


def test_a_file_leaves_with_a_parent_that_is_killed(workspace, tmp_path):
    """Nobody is left to stop it, so it watches."""
    put(workspace, HANG.format(path=str(tmp_path / "pids")))
    code = f"""
from core import own
from core.workspace import Workspace
own.add_python(Workspace({str(workspace.folder)!r}), "c", "sig", ["sig"])
"""
    parent = subprocess.Popen([sys.executable, "-c", code], cwd=ROOT)
    wait_until(lambda: (tmp_path / "pids").exists())
    parent.kill()
    parent.wait()

    wait_until(lambda: not any(is_running(int(pid)) for pid in (tmp_path / "pids").read_text().split()))


def wait_until(is_so):
    """Wait at most 20 seconds."""
    until = time.monotonic() + 20
    while not is_so():
        assert time.monotonic() < until
        time.sleep(0.05)


def test_what_was_allowed_is_what_runs(workspace, monkeypatch):
    """An edit between the permission and the start is noticed."""
    asked = python_file.allowed

    def edited(*arguments):
        file = asked(*arguments)
        put(workspace, "def score(texts): return [0] * len(texts)")
        return file

    monkeypatch.setattr(python_file, "allowed", edited)
    with pytest.raises(OwnSignalError, match="was edited after it was allowed"):
        added(workspace, "def score(texts): return [1] * len(texts)")

    assert [] == workspace.columns(workspace.corpus("c"))


def test_an_edited_file_is_another_signal(workspace):
    """It replaces the column and says so; the same file costs nothing, and may come back."""
    one, two = (f"def score(texts): return [{n}] * len(texts)" for n in (1, 2))
    first, again, other = (added(workspace, code) for code in (one, one, two))

    assert [[], [], ["sig"]] == [first["replaced"], again["replaced"], other["replaced"]]
    assert again["documents_per_second"] is None
    assert [2, 2, 2] == values(workspace, "sig")
    assert added(workspace, one)["documents_per_second"] is None
    assert [1, 1, 1] == values(workspace, "sig")


MANY = """
from pathlib import Path
log = Path({log!r})
def score(texts):
    with log.open("a") as file:
        file.write(f"{{len(texts)}}\\n")
    if "4999" in texts and not log.with_name("go").exists():
        raise RuntimeError
    return {{"first": [None if int(t) < 4000 else t for t in texts],
            "mixed": [int(t) if int(t) < 3000 else int(t) / 2 for t in texts]}}
"""


@pytest.fixture
def many(workspace):
    """A corpus of three shards, whose texts are their rows' numbers."""
    documents = ((Document(f"d{i}", str(i), "web"), 1) for i in range(5000))
    workspace.write_corpus("many", documents, tokenizer="words")
    return workspace


def test_finished_shards_survive(many, tmp_path):
    """A run that failed in the last shard goes on there; types are known at the end only."""
    log = tmp_path / "log"
    put(many, MANY.format(log=str(log)))
    with pytest.raises(OwnSignalError, match=r"failed with RuntimeError at sig\.py:8"):
        own.add_python(many, "many", "sig", ["sig"])
    assert [] == many.columns(many.corpus("many"))
    first = [int(line) for line in log.read_text().split()]
    log.unlink()
    (tmp_path / "go").touch()
    seen = []
    result = own.add_python(
        many,
        "many",
        "sig",
        ["sig"],
        progress=lambda done, total, message="": seen.append((done, total, message)),
    )

    assert 5000 == sum(first)
    assert 256 == max(first)
    assert 5000 - 4096 == sum(int(line) for line in log.read_text().split())
    assert {"first": 4000, "mixed": 0} == result["nulls"]
    assert (5000, 5000, "sig") in seen
    first_column, mixed = values(many, "first", "mixed", corpus="many")
    assert [None, "4000", "4999"] == [first_column[i] for i in (3999, 4000, 4999)]
    assert [0.0, 2999.0, 1500.0] == [mixed[i] for i in (0, 2999, 3000)]
    assert (
        mixed[1]
        == many.query(many.corpus("many"), "SELECT mixed FROM documents WHERE row = 1")["mixed"][0].as_py()
    )
    assert [] == list((many.generation(many.corpus("many")) / "own").iterdir())


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("['x' if int(texts[0]) > 3000 else 1] * len(texts)", "mixes int and str in its column 'sig'"),
        ("{'a' if int(texts[0]) < 3000 else 'b': texts}", "gave other columns at first than later"),
    ],
)
def test_every_batch_gives_the_same_columns(many, code, words):
    """Of the same type; a change far into the corpus is noticed."""
    put(many, f"def score(texts): return {code}")
    with pytest.raises(OwnSignalError, match=words):
        own.add_python(many, "many", "sig", ["sig"])


def test_large_answers_and_questions_pass_through(workspace):
    """Beyond what a pipe holds at once, in both directions."""
    text = "ab" * 700_000
    workspace.write_corpus("long", [(Document("a", text, "web"), 1)] * 2, tokenizer="words")
    put(workspace, "def score(texts): return [t[::-1] for t in texts]")
    own.add_python(workspace, "long", "sig", ["sig"])

    assert [text[::-1]] * 2 == values(workspace, "sig", corpus="long")


@pytest.mark.parametrize("limit", [0, -1, float("nan"), float("inf")])
def test_a_limit_is_above_nothing(workspace, limit):
    """Neither is a limit without end."""
    with pytest.raises(BadInputError, match="a number of seconds above 0"):
        added(workspace, "def score(texts): return texts", limit_seconds=limit)


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("text", "the documents came with"),
        ("content_hash", "the documents came with"),
        ("stars", "the documents came with"),  # SQL takes "Stars" and "stars" for one
        ("word_count", "Mixdesk makes a column of this name itself"),
        ("cluster", "Mixdesk makes a column of this name itself"),
        ("gopher_reason", "Mixdesk makes a column of this name itself"),
        ("order", "SQL keeps this word"),
        ("left", "SQL keeps this word"),
        ("random", "SQL keeps this word"),
        ("current_date", "SQL keeps this word"),
        ("Quality", "1 to 60 small letters"),
        ("1st", "1 to 60 small letters"),
        ("a-b", "1 to 60 small letters"),
        ('a"b', "1 to 60 small letters"),
        ("a\n", "1 to 60 small letters"),
        ("a" * 61, "1 to 60 small letters"),
    ],
)
def test_a_name_is_free_and_plain(workspace, name, words):
    """By each of the three ways."""
    with pytest.raises(BadInputError, match=words):
        own.add_sql(workspace, "c", "tokens + 1", name)
    with pytest.raises(BadInputError, match=words):
        added(workspace, f"def score(texts): return {{{name!r}: texts}}")


def test_every_free_name_can_be_asked_for(workspace):
    """Letters, digits and underscores; the longest name too."""
    for name in ("a", "x_1", "a" * 60, "quality", "value"):
        own.add_sql(workspace, "c", "tokens + 1", name)

        assert 3 == workspace.keep_mask(workspace.corpus("c"), f"{name} > 0").sum()


# --- SQL --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("tokens / length(text)", [2 / 18, None, 3 / 17]),
        ("1 / tokens", [0.5, None, 1 / 3]),
        ("tokens > 1;", [True, False, True]),
        ("CASE WHEN tokens > 2 THEN 'long' END -- a remark", [None, None, "long"]),
        ("tokens * 0.5", [1.0, 0.0, 1.5]),
        ("sum(tokens) OVER (ORDER BY row)", [2.0, 2.0, 5.0]),
        ("tokens - (SELECT max(tokens) FROM documents)", [-1, -3, 0]),
        ("documents.tokens + Stars", [2, 1, 5]),
        ("lang::ENUM('en')", ["en", "en", "en"]),
    ],
)
def test_an_expression_becomes_a_column(workspace, expression, expected):
    """One value a document; what is not finite is null."""
    result = own.add_sql(workspace, "c", expression, "made")

    assert expected == values(workspace, "made")
    assert {"made": expected.count(None)} == result["nulls"]
    assert [] == own.add_sql(workspace, "c", expression, "made")["replaced"]


@pytest.mark.parametrize(
    ("expression", "words"),
    [
        ("", "1 to 4000 characters"),
        ("1; DROP VIEW documents", "Parser Error|only one SELECT"),
        ("1, 2", "gives struct"),
        ("1) AS a, (2", "not one boolean expression"),
        ("1 FROM documents", "Parser Error"),
        ("1) FROM documents d, (SELECT 2", "."),
        ("count(*)", "gives one value for all documents, not one for each; add OVER"),
        ("random()", "may give another answer"),
        ("tokens + random()", "may give another answer"),
        ("length(current_date::TEXT)", "may give another answer"),
        ("row_number() OVER ()", "may give another answer"),
        ("(SELECT text FROM documents LIMIT 1)", "may give another answer"),
        ("(SELECT content FROM read_text('/etc/hostname'))", "Permission Error|disabled"),
        ("(SELECT count(*) FROM '/etc/*.csv')", "Permission Error|disabled|Error"),
        ("[tokens, 1]", "gives list"),
        ("{'a': tokens}", "gives struct"),
        ("DATE '2020-01-01'", "gives date32"),
        ("NULL", "gives null"),
        ("tokenz + 1", "no column 'tokenz'; did you mean tokens"),
        ("made + 1", "no column 'made'"),
        ("text::INTEGER", "Conversion Error, for some document's value"),
    ],
)
def test_what_is_no_expression_is_refused(workspace, expression, words):
    """By the door that filters pass, and nothing is left behind."""
    with pytest.raises(BadInputError, match=words) as caught:
        own.add_sql(workspace, "c", expression, "made")

    assert SECRET not in str(caught.value)
    assert [] == workspace.columns(workspace.corpus("c"))


def test_an_expression_is_signed_by_what_it_reads(workspace):
    """Another version of a column that it reads makes another column; one that it does not read, none."""
    added(workspace, "def score(texts): return [1] * len(texts)")
    own.add_sql(workspace, "c", "tokens", "other")
    own.add_sql(workspace, "c", '"SIG" * 10', "made")
    added(workspace, "def score(texts): return [2] * len(texts)")
    after = own.add_sql(workspace, "c", '"SIG" * 10', "made")
    own.add_sql(workspace, "c", "tokens + 1", "other")

    assert ["made"] == after["replaced"]
    assert [20, 20, 20] == values(workspace, "made")
    assert [] == own.add_sql(workspace, "c", '"SIG" * 10', "made")["replaced"]


def test_a_column_does_not_read_itself(workspace):
    """For it would change each time."""
    own.add_sql(workspace, "c", "tokens", "made")
    with pytest.raises(BadInputError, match="reads 'made', the column that it would make"):
        own.add_sql(workspace, "c", "made + 1", "made")


# --- Parquet ----------------------------------------------------------------------------------------


def scores(tmp_path, table, name="scores.parquet"):
    """Write a Parquet file of these columns."""
    path = tmp_path / name
    pq.write_table(pa.table(table), path)
    return path


def test_a_file_is_joined_on_the_ids(workspace, tmp_path):
    """In any order; the counts say what was found on either side."""
    path = scores(
        tmp_path, {"id": ["d2", "x", "d0", "y", "z"], "quality": [0.2, 0.9, float("inf"), 1.0, 1.0]}
    )
    result = own.add_parquet(workspace, "c", path, "quality")

    assert [None, None, 0.2] == values(workspace, "quality")
    assert {
        "columns": ["quality"], "kind": "other", "nulls": {"quality": 2}, "replaced": [],
        "matched": 2, "unmatched": 1, "unknown": 3,
    } == result  # fmt: skip


@pytest.mark.parametrize(
    ("column", "expected", "kind"),
    [
        (pa.array([1, None, 2**60 + 1]), [1, None, 2**60 + 1], pa.int64()),
        (pa.array([1, 2, 3], pa.uint8()), [1, 2, 3], pa.uint8()),
        (pa.array([True, None, False]), [True, None, False], pa.bool_()),
        (pa.array(["a", None, "b"]).dictionary_encode(), ["a", None, "b"], pa.string()),
        (pa.array(["a", "", "b"], pa.large_string()), ["a", "", "b"], pa.large_string()),
        (pa.array([1.5, float("nan"), None], pa.float32()), [1.5, None, None], pa.float32()),
        (pa.array(np.array([1.5, 2, 3], dtype=np.float16)), [1.5, 2.0, 3.0], pa.float32()),
    ],
)
def test_types_stay(workspace, tmp_path, column, expected, kind):
    """Whole numbers with nulls stay whole."""
    path = scores(tmp_path, {"id": ["d0", "d1", "d2"], "v": column})
    own.add_parquet(workspace, "c", path, "v", column_name="named")

    assert expected == values(workspace, "named")
    assert kind == workspace.read(workspace.corpus("c"), ["named"]).schema.field("named").type


def test_pandas_files(workspace, tmp_path):
    """An index is a column: by its name, or by the one that pandas gives it."""
    frame = pd.DataFrame({"v": pd.array([1, None, 3], dtype="Int64")}, index=["d0", "d1", "d2"])
    frame.to_parquet(tmp_path / "plain.parquet")
    frame.rename_axis("id").to_parquet(tmp_path / "named.parquet")
    own.add_parquet(workspace, "c", tmp_path / "named.parquet", "v", column_name="a")
    own.add_parquet(workspace, "c", tmp_path / "plain.parquet", "v", "__index_level_0__", "b")

    assert [[1, None, 3]] * 2 == values(workspace, "a", "b")
    with pytest.raises(NotFoundError, match="there are: v, __index_level_0__"):
        own.add_parquet(workspace, "c", tmp_path / "plain.parquet", "v")


def test_ids_may_be_numbers(workspace, tmp_path):
    """As ingest writes them."""
    documents = [(Document(str(i), "a", "web"), 1) for i in range(3)]
    workspace.write_corpus("numbers", documents, tokenizer="words")
    for name, ids in (("a", pa.array([2, 0], pa.uint16())), ("b", pa.array([2, 0]).dictionary_encode())):
        own.add_parquet(workspace, "numbers", scores(tmp_path, {"key": ids, "v": [20, 0]}), "v", "key", name)

    assert [[0, None, 20]] * 2 == values(workspace, "a", "b", corpus="numbers")


def test_documents_of_one_id_share_its_value(workspace, tmp_path):
    """And the file's row counts once."""
    workspace.write_corpus("twins", [(Document("a", text, "web"), 1) for text in "xyz"], tokenizer="words")
    result = own.add_parquet(workspace, "twins", scores(tmp_path, {"id": ["a", "b"], "v": [1, 2]}), "v")

    assert [1, 1, 1] == values(workspace, "v", corpus="twins")
    assert (3, 0, 1) == (result["matched"], result["unmatched"], result["unknown"])


@pytest.mark.parametrize(
    ("table", "words"),
    [
        ({"id": ["a", "d1", "d1"], "v": [1, 2, 3]}, "id 'd1' stands in rows 2 and 3; keep one row"),
        ({"id": ["a", None], "v": [1, 2]}, "row 2 has no id"),
        ({"id": ["a"], "w": [1]}, "v: no such column; there are: id, w"),
        ({"key": ["a"], "v": [1]}, "id: no such column; there are: key, v"),
        ({"id": [1.5], "v": [1]}, "holds double; ids are text or whole numbers"),
        ({"id": ["a"], "v": [[1]]}, "holds list"),
        ({"id": ["a"], "v": [{"x": 1}]}, "holds struct"),
        ({"id": ["a"], "v": [b"x"]}, "holds binary"),
        ({"id": ["a"], "v": pa.array([0], pa.timestamp("s"))}, "holds timestamp"),
        ({"id": ["a"], "v": pa.array([None], pa.null())}, "holds null"),
    ],
)
def test_a_file_that_does_not_fit_is_refused(workspace, tmp_path, table, words):
    """By name, with what there is."""
    with pytest.raises(BadInputError, match=words):
        own.add_parquet(workspace, "c", scores(tmp_path, table), "v")

    assert [] == workspace.columns(workspace.corpus("c"))


def test_what_is_no_parquet_is_refused(workspace, tmp_path):
    """A file of another sort, one cut short, one damaged inside, a folder, and no file at all."""
    text = tmp_path / "text.parquet"
    text.write_text("id,v\nd0,1\n", encoding="utf-8")
    data = scores(tmp_path, {"id": [f"d{i}" for i in range(9999)], "v": range(9999)}).read_bytes()
    cut, damaged = tmp_path / "cut.parquet", tmp_path / "damaged.parquet"
    cut.write_bytes(data[: len(data) // 2])
    damaged.write_bytes(data[:4] + b"\xff" * (len(data) // 2) + data[4 + len(data) // 2 :])
    bytes_as_text = pa.array([b"d0"], pa.binary()).view(pa.string()), pa.array([b"\xff"]).view(pa.string())
    wrong = scores(tmp_path, dict(zip(("id", "v"), bytes_as_text, strict=True)), "wrong.parquet")
    for path in (text, cut, damaged, wrong):
        with pytest.raises(BadInputError, match="cannot be read as Parquet"):
            own.add_parquet(workspace, "c", path, "v")
    for path in (tmp_path, tmp_path / "none.parquet"):
        with pytest.raises(NotFoundError, match="no such file"):
            own.add_parquet(workspace, "c", path, "v")


def test_an_empty_file_gives_nulls(workspace, tmp_path):
    """No row, no match."""
    path = scores(tmp_path, {"id": pa.array([], pa.string()), "v": pa.array([], pa.int32())})
    result = own.add_parquet(workspace, "c", path, "v")

    assert (0, 3, 0) == (result["matched"], result["unmatched"], result["unknown"])
    assert [None, None, None] == values(workspace, "v")


def test_another_definition_of_a_name_replaces_and_says_so(workspace, tmp_path):
    """Whichever way it comes, and back again."""
    path = scores(tmp_path, {"id": ["d0"], "sig": [5]})
    added(workspace, "def score(texts): return [1] * len(texts)")
    told = [
        own.add_parquet(workspace, "c", path, "sig")["replaced"],
        own.add_parquet(workspace, "c", path, "sig")["replaced"],
        own.add_sql(workspace, "c", "tokens", "sig")["replaced"],
    ]

    assert [["sig"], [], ["sig"]] == told
    assert [2, 0, 3] == values(workspace, "sig")


def test_failures_are_errors_of_ours():
    """A command ends with status 1 and one line."""
    assert issubclass(OwnSignalError, MixdeskError)
    assert 1 == OwnSignalError.exit_status

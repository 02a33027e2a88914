"""A signal from a Python file: allowed by name, in a process of its own, its failures named."""

import hashlib
import subprocess
import sys
import time
from pathlib import Path

import pyarrow as pa
import pytest

from core import own
from core.errors import BadInputError, NotFoundError
from core.owned import python_file
from core.owned.python_file import OwnSignalError
from core.types import Document
from tests.core.owned.columns import SECRET, added, put, values

ROOT = Path(__file__).parents[3]


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
        added(workspace, HANG.format(path=str(tmp_path / "pids")), limits=own.Limits(seconds=1))

    assert time.monotonic() - began < 10
    pids = [int(pid) for pid in (tmp_path / "pids").read_text().split()]
    until = time.monotonic() + 10  # the killed take a moment to go on a busy machine
    while any(map(is_running, pids)) and time.monotonic() < until:
        time.sleep(0.05)
    assert [False, False] == [is_running(pid) for pid in pids]


def test_loading_has_a_limit_too(workspace):
    """A file that never ends to load."""
    with pytest.raises(OwnSignalError, match=r"took more than 0\.5 seconds to load"):
        added(workspace, "while True: pass", limits=own.Limits(seconds=0.5))


@pytest.mark.parametrize(
    "code",
    [
        "def score(texts):\n    held = []\n    while True:\n        held.append(bytearray(50_000_000))",
        "import numpy as np\ndef score(texts):\n    return np.ones(10 ** 9)",
    ],
)
def test_a_file_that_fills_the_memory_is_stopped(workspace, code):
    """What it may fill is bounded; it fails by name, and the columns that were there stay."""
    added(workspace, "def score(texts): return [len(t) for t in texts]")
    before = workspace.columns(workspace.corpus("c"))
    put(workspace, code, "greedy")
    with pytest.raises(OwnSignalError, match=r"'greedy' needed more than 0\.5 GB of memory at greedy\.py:"):
        own.add_python(workspace, "c", "greedy", ["greedy"], own.Limits(gigabytes=0.5))

    assert before == workspace.columns(workspace.corpus("c"))


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


@pytest.mark.parametrize("unit", ["seconds", "gigabytes"])
@pytest.mark.parametrize("limit", [0, -1, float("nan"), float("inf")])
def test_a_limit_is_above_nothing(unit, limit):
    """Neither is a limit without end."""
    with pytest.raises(BadInputError, match=f"a number of {unit} above 0"):
        own.Limits(**{unit: limit})

"""The review commands: what each prints with --json, for people, and how each refuses."""

import json

import pytest

from core.commands import review
from core.errors import BadInputError
from core.types import Document, Mixture
from core.workspace import Workspace


@pytest.fixture
def home(tmp_path):
    workspace = Workspace(tmp_path / "ws")
    texts = ["first\x1b[31m words", "second", "third"]
    workspace.write_corpus("c", [(Document(f"d{i}", t, "web"), 2) for i, t in enumerate(texts)])
    workspace.save_mixture(Mixture(name="m", corpus="c"))
    return workspace


@pytest.fixture
def run(home, capsys):
    def command(*words, as_json=True):
        flags = ["--workspace", str(home.folder), *(["--json"] if as_json else [])]
        review.app([*words, *flags], standalone_mode=False)
        printed = capsys.readouterr().out
        return json.loads(printed) if as_json else printed

    return command


@pytest.fixture
def opened(run):
    labels = ["--label", "good", "--label", "bad"]
    run(
        "open",
        "s",
        "c",
        "--question",
        "Good?",
        *labels,
        "--by",
        "ann",
        "--document",
        "d0",
        "--document",
        "d2",
    )
    return run


def test_open_and_list(opened):
    """The session's facts, and each reviewer's progress."""
    opened("verdict", "s", "d0", "good", "--reviewer", "ann")
    (session,) = opened("list")["sessions"]

    assert ("s", "c", ["good", "bad"], True, 2) == tuple(
        session[key] for key in ("name", "corpus", "labels", "blind", "documents")
    )
    assert {"ann": 1} == session["progress"]
    assert "Good?" in opened("list", as_json=False)


def test_next_hides_the_source_of_a_blind_session(opened):
    """And says when nothing is left."""
    first = opened("next", "s", "--reviewer", "ann")
    for document in ("d0", "d2"):
        opened("verdict", "s", document, "bad", "--reviewer", "ann", "--note", "thin")
    last = opened("next", "s", "--reviewer", "ann")

    assert ("d0", 0, 2) == (first["document"], first["done"], first["total"])
    assert "source" not in first
    assert (None, 2) == (last["document"], last["done"])
    assert "nothing left" in opened("next", "s", "--reviewer", "ann", as_json=False)


def test_a_document_cannot_steer_the_terminal(opened):
    """Control characters are shown as one sign."""
    printed = opened("next", "s", "--reviewer", "ann", as_json=False)

    assert "\x1b" not in printed
    assert "first�[31m words" in printed
    assert "Good? good / bad" in printed


def test_verdict_undo_and_status(opened):
    """Figures for two reviewers; disagreements only when both are through."""
    opened("verdict", "s", "d0", "good", "--reviewer", "ann")
    opened("verdict", "s", "d0", "bad", "--reviewer", "bob")
    hidden = opened("status", "s")
    undone = opened("undo", "s", "--reviewer", "bob")["verdict"]
    for reviewer, label in (("ann", "good"), ("bob", "bad")):
        opened("verdict", "s", "d0", label, "--reviewer", reviewer)
        opened("verdict", "s", "d2", label, "--reviewer", reviewer)
    shown = opened("status", "s")

    assert hidden["disagreements"] is None
    assert (None, "d0") == (undone["label"], undone["document"])
    assert {"ann": 2, "bob": 2} == shown["progress"]
    assert 0 == shown["agreement"]["cohen"]["ann & bob"]
    assert ["d0", "d2"] == [item["document"] for item in shown["disagreements"]]
    assert "Krippendorff's alpha" in opened("status", "s", as_json=False)


def test_column(opened, home):
    """The columns can be asked for in SQL."""
    opened("verdict", "s", "d2", "good", "--reviewer", "ann")

    assert ["review_s", "review_s_share"] == opened("column", "s")["columns"]
    assert (
        "d2" == home.query(home.corpus("c"), "SELECT id FROM documents WHERE review_s = 'good'")[0][0].as_py()
    )


def test_propose_sign_and_decisions(run):
    """From open to approved."""
    made = run("propose", "m", "--by", "ann", "--signer", "bob")["decision"]
    signed = run("sign", str(made["id"]), "--by", "bob", "--approve", "--reason", "fine")["decision"]

    assert "open" == made["state"]
    assert "approved" == signed["state"]
    assert made["seal"] == signed["signatures"][0]["seal"]
    assert [signed] == run("decisions")["decisions"]
    assert "approved" in run("decisions", as_json=False)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("status", "t"), "t: no such review session"),
        (("verdict", "s", "d0", "great", "--reviewer", "ann"), "great: not a label"),
        (("verdict", "s", "d1", "good", "--reviewer", "ann"), "d1: no document of the session"),
        (("undo", "s", "--reviewer", "ann"), "no verdict"),
        (("column", "s"), "nobody has judged"),
        (("next", "s", "--reviewer", ""), "a person's name"),
        (("propose", "n", "--by", "ann", "--signer", "bob"), "n: no such mixture"),
        (("sign", "3", "--by", "ann", "--approve"), "3: no such decision"),
    ],
)
def test_bad_input_is_one_line_and_status_2(opened, words, message):
    """Every refusal is of the kind that the commands print as one line."""
    with pytest.raises(BadInputError, match=message) as caught:
        opened(*words)

    assert 2 == caught.value.exit_status
    assert "\n" not in str(caught.value)

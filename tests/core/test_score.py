"""Scoring hangs columns beside documents, computes only what is missing, and names what fails."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pytest

from core import score as scoring
from core.errors import BadInputError
from core.signals import SIGNALS
from core.types import Document
from core.workspace import Workspace


@pytest.fixture
def workspace(tmp_path):
    home = Workspace(tmp_path / "ws")
    documents = [(Document(f"d{i}", "word " * i, "web"), i) for i in range(30)]
    home.write_corpus("small", documents, tokenizer="words")
    return home


@dataclass(frozen=True, slots=True)
class Raises:
    """A signal that fails, with a document's text in its message."""

    name: ClassVar[str] = "raises"
    version: ClassVar[int] = 1
    kind: ClassVar[str] = "quality"

    @property
    def columns(self):
        """Its one column."""
        return ("raises",)

    def score(self, texts):
        """Fail."""
        raise ValueError(f"secret {texts}")


@dataclass(frozen=True, slots=True)
class TooShort(Raises):
    """A signal that gives one value too few."""

    name: ClassVar[str] = "too_short"

    @property
    def columns(self):
        """Its one column."""
        return ("too_short",)

    def score(self, texts):
        """Leave one out."""
        return {"too_short": np.zeros(len(texts) - 1)}


def test_all_signals_by_default(workspace):
    """Every signal's columns are in the view, row for row."""
    result = scoring.score(workspace, "small")
    corpus = workspace.corpus("small")
    counts = workspace.read(corpus, ["word_count"])["word_count"].to_pylist()

    assert list(range(30)) == counts
    assert [column for brick in SIGNALS.values() for column in brick().columns] == result["columns"]
    assert list(SIGNALS) == result["computed"]
    assert result["documents_per_second"] > 0


def test_computes_only_what_is_missing(workspace):
    """A second run computes nothing; one more signal computes that one."""
    scoring.score(workspace, "small", ["lengths"])
    again = scoring.score(workspace, "small", ["lengths"])
    more = scoring.score(workspace, "small", ["lengths", "compression_ratio"])

    assert (again["computed"], again["documents_per_second"]) == ([], None)
    assert more["computed"] == ["compression_ratio"]


def test_a_column_stands_for_its_signal(workspace):
    """`word_count` is computed by the signal that makes it."""
    result = scoring.score(workspace, "small", ["word_count", "char_count"])

    assert result["computed"] == ["lengths"]
    assert {"word_count", "mean_line_length"} < set(result["columns"])


def test_unknown_signal_lists_the_names(workspace):
    """The error names the value and the signals there are."""
    with pytest.raises(BadInputError, match="wordiness: no such signal; signals: lengths"):
        scoring.score(workspace, "small", ["wordiness"])


def test_a_signal_that_fails_is_named_and_the_others_stay(workspace, monkeypatch):
    """The message names signal, error and place, never the text; other columns are written."""
    monkeypatch.setitem(SIGNALS, "raises", Raises)
    monkeypatch.setitem(SIGNALS, "too_short", TooShort)
    with pytest.raises(scoring.SignalError, match="signal 'raises' failed with ValueError") as caught:
        scoring.score(workspace, "small", ["raises", "too_short", "lengths"])

    assert "secret" not in str(caught.value)
    assert "signal 'too_short'" in str(caught.value)
    assert {"lengths"} == {c.maker for c in workspace.columns(workspace.corpus("small"))}


def test_workers_do_not_change_values(tmp_path):
    """Two processes write what one writes."""
    found = []
    for workers in (1, 2):
        home = Workspace(tmp_path / str(workers))
        documents = [(Document(f"d{i}", f"text {i} " * (i % 7), "web"), 1) for i in range(2500)]
        corpus = home.write_corpus("c", documents)
        scoring.score(home, "c", ["rps_words", "language"], workers=workers)
        names = ["rps_doc_unigram_entropy", "language", "language_confidence"]
        found.append(home.read(corpus, names))

    assert found[0].equals(found[1])


def test_progress_reaches_the_end(workspace):
    """Progress counts documents over all signals, up to the total."""
    calls = []
    scoring.score(workspace, "small", ["lengths", "characters"], progress=lambda *a: calls.append(a[:2]))

    assert calls[-1] == (60, 60)
    assert calls == sorted(calls)

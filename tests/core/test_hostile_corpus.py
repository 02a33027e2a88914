"""Documents that no one would write never stop a run, nor change what stands beside them."""

import base64
import math
import random
import time
import unicodedata
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pytest

from core import score as scoring
from core.boilerplate import NAMES, boilerplate
from core.filter import filter_by
from core.rulesets import PRESETS
from core.signals import SIGNALS
from core.signals._combining import decomposed
from core.types import Document
from core.workspace import Workspace
from tests.core.signals.tiny_classifier import make_classifier

SIZE = 120_000
ORDINARY = [
    "The harbour was quiet that morning. Nobody had come down to the boats, and the sea was flat.\n"
    "In 1968 the old pier was taken away; the new one stands further out, and it is longer.",
    "def area(width, height):\n    return width * height\n",
    "Der schnelle braune Fuchs springt über den faulen Hund, und niemand hat etwas dagegen.",
    "- one\n- two\n- two\n\n- three ...",
]


def drawn(alphabet, size=SIZE):
    """Characters in no order at all, the same in every run."""
    return "".join(random.Random(5).choices(alphabet, k=size))


HOSTILE = {
    "one character": "x",
    "one character again and again": "x" * SIZE,
    "one line": "It was a word and then another, and so on " * (SIZE // 42),
    "punctuation": drawn("!?.,;:-_#$%&()[]{}<>\"'/\\|*+=~^`@…"),
    "dots": "." * SIZE,
    "white space": drawn(" \t\n\r\v\f\u00a0\u2003"),
    "line feeds": "\n" * SIZE,
    "lone surrogates": drawn("\ud800\udfff\x00\udc80 "),
    "zero bytes": "\x00" * SIZE,
    "right to left": drawn("אבגדהוזחט شجرة\u202e\u202c. "),
    "combining marks": "e" + drawn("\u0300\u0301\u0323\u0327\u0344\u0f73"),
    "lines": "".join(f"line {i % 997} of it.\n" for i in range(SIZE // 17)),
    "equal lines": "short\n" * (SIZE // 6),
    "one word": "word " * (SIZE // 5),
    "words of their own": " ".join(f"w{i}" for i in range(SIZE // 8)),
    "years": "1999 " * (SIZE // 10),
    "base64": base64.b64encode(random.Random(6).randbytes(SIZE * 3 // 4)).decode(),
    "digits": drawn("0123456789"),
    "braces": "{" * SIZE,
    "tags": "<a " * (SIZE // 3),
    "formulae": "\\[$x \\begin{array}" * (SIZE // 18),
    "signs in chunks": " ".join(drawn("a.@-:/1%'\"…", SIZE)[i : i + 900] for i in range(0, SIZE, 900)),
}


@pytest.fixture(scope="module")
def words(tmp_path_factory):
    """Settings of the signals that need a file."""
    folder = tmp_path_factory.mktemp("files")
    for name, text in {
        "words": "the\nlazy dog\n",
        "prose": "The quick brown fox jumps.\nIt barks.\n",
    }.items():
        (folder / name).write_text(text)
    return {
        "rps_stop_words": {"words": str(folder / "words")},
        "rps_bad_words": {"words": str(folder / "words")},
        "perplexity": {"reference": str(folder / "prose")},
        "importance": {"target": str(folder / "prose"), "raw": str(folder / "words"), "min_words": 1},
        "word_list": {"lists": str(folder / "words"), "language": "en"},
        "classifier": {"model": str(make_classifier(folder / "toxic"))},
    }


def judged(folder, texts, settings):
    """Score, filter and look for boilerplate; return every column's values by the documents' names."""
    home = Workspace(folder)
    documents = [(Document(name, text, "web"), 1) for name, text in texts.items()]
    corpus = home.write_corpus("c", documents, tokenizer="words")
    columns = scoring.score(home, "c", list(SIGNALS), workers=1, settings=settings)["columns"]
    columns += [filter_by(home, "c", preset, workers=1)["column"] for preset in PRESETS]
    boilerplate(home, "c", at_least=2, workers=1)
    found = home.read(corpus, ["id", *columns, *NAMES])
    return {row.pop("id"): row for row in found.to_pylist()}


@pytest.fixture(scope="module")
def found(tmp_path_factory, words):
    """What is said of a corpus in which every hostile document stands beside an ordinary one."""
    texts = {}
    for i, (name, text) in enumerate(HOSTILE.items()):
        texts |= {f"ordinary {i}": ORDINARY[i % len(ORDINARY)], name: text}
    return judged(tmp_path_factory.mktemp("hostile"), texts, words)


def values_of(value):
    return value if isinstance(value, list) else [value]


def test_every_document_has_a_finite_value_or_none(found):
    """No document is lost, and no value is infinite or no number."""
    numbers = [
        (document, column, value)
        for document, row in found.items()
        for column, cell in row.items()
        for value in values_of(cell)
        if isinstance(value, float) and not math.isfinite(value)
    ]

    assert 2 * len(HOSTILE) == len(found)
    assert [] == numbers


def test_ordinary_documents_are_told_the_same(found, words, tmp_path):
    """Beside hostile documents or without them, all values of a text but those of its corpus are equal."""
    texts = {f"ordinary {i}": ORDINARY[i % len(ORDINARY)] for i in range(len(HOSTILE))}
    alone = judged(tmp_path, texts, words)

    assert alone == {name: row for name, row in found.items() if name in alone}


def test_hostile_documents_are_not_fit_to_keep(found):
    """FineWeb's recipe drops every one of them, and names why."""
    assert dict.fromkeys(HOSTILE, True) == {
        name: found[name]["fineweb_recipe_reason"] is not None for name in HOSTILE
    }


@dataclass(frozen=True, slots=True)
class Unsound:
    """A signal that cannot bear a long document."""

    name: ClassVar[str] = "unsound"
    version: ClassVar[int] = 1
    kind: ClassVar[str] = "quality"

    @property
    def columns(self):
        """Its one column."""
        return ("unsound",)

    def score(self, texts):
        """Fail where a text is long."""
        if max(map(len, texts)) > 1000:
            raise MemoryError
        return {"unsound": np.zeros(len(texts))}


@dataclass(frozen=True, slots=True)
class Misshapen(Unsound):
    """A signal that gives one value a line, not one a text."""

    name: ClassVar[str] = "misshapen"

    @property
    def columns(self):
        """Its one column."""
        return ("misshapen",)

    def score(self, texts):
        """Give too many."""
        return {"misshapen": np.zeros(sum(text.count("\n") for text in texts))}


def test_a_signal_that_cannot_bear_them_fails_by_name(tmp_path, monkeypatch):
    """The others' columns are there, for every document."""
    monkeypatch.setitem(SIGNALS, "unsound", Unsound)
    monkeypatch.setitem(SIGNALS, "misshapen", Misshapen)
    home = Workspace(tmp_path)
    documents = [(Document(name, text, "web"), 1) for name, text in HOSTILE.items()]
    corpus = home.write_corpus("c", documents, tokenizer="words")
    with pytest.raises(scoring.SignalError, match=r"signal 'unsound' failed.*signal 'misshapen' failed"):
        scoring.score(home, "c", ["unsound", "lengths", "misshapen", "characters"], workers=1)

    assert {"lengths", "characters"} == {column.maker for column in home.columns(corpus)}
    assert len(HOSTILE) == len(home.read(corpus, ["char_count", "letter_share"]))


def test_marks_are_put_in_order_as_unicode_says():
    """Runs of any length, of any classes, behind any letter, decompose as in Python's own function."""
    chosen = random.Random(3)
    letters, marks = "aéế한ー\u0bca x\u0f43", "\u0301\u0323\u0344\u0f73\u0f75\u0308\u3099\U0001d165"
    for length in (0, 1, 255, 256, 257, 700):
        for _ in range(20):
            text = "".join(
                chosen.choice(letters) + "".join(chosen.choices(marks, k=length)) for _ in range(3)
            )

            assert unicodedata.normalize("NFD", text) == decomposed(text)


def test_a_letter_with_a_million_marks_takes_seconds():
    """Python's own function would take an hour."""
    began = time.perf_counter()
    found = decomposed("é" + "\u0301\u0323" * 500_000)

    assert ("e" + "\u0323" * 500_000 + "\u0301" * 500_001) == found
    assert time.perf_counter() - began < 20

"""What every signal promises, whatever it measures."""

import math
import pickle
import time

import numpy as np
import pytest

from core import bricks
from core.signals import DEFAULT, SIGNALS
from tests.core.signals.tiny_classifier import make_celadon

TEXTS = [
    "The quick brown fox jumps over the lazy dog. It was a fine day, and nobody minded at all!",
    "def area(width, height):\n    return width * height\n",
    "Der schnelle braune Fuchs springt über den faulen Hund, und niemand hat etwas dagegen.",
    "敏捷的棕色狐狸跳过了懒狗。今天天气很好。",
    "- one\n- two\n- two\n\n- three ...",
    "a",
    "!!! ??? ... ###",
    "1234567890 " * 20,
    "",
    " \n\t\n",
    "lone \ud800 surrogate and \x00 zero bytes \ufffd",
    ".",
    "\u0301",
    "\u05d0\u05d1\u05d2 \u0634\u062c\u0631\u0629.",
    "e\u0301a\u0300 \u202eright to left\u202c 😀😀😀",
]


def scored(brick, texts):
    return {
        name: values.to_pylist() if hasattr(values, "to_pylist") else np.asarray(values).tolist()
        for name, values in brick.score(texts).items()
    }


def same(one, other):
    return one == other or (
        isinstance(one, float) and isinstance(other, float) and math.isnan(one) and math.isnan(other)
    )


def made(name, folder):
    """A signal with the settings it cannot do without: a list of words, a text to compare with."""
    words = folder / "words.txt"
    words.write_text("the\nlazy dog\nа\n", encoding="utf-8")
    prose = folder / "prose.txt"
    prose.write_text("The quick brown fox jumps over the lazy dog.\nIt barks.\n", encoding="utf-8")
    settings = {
        "rps_stop_words": {"words": str(words)},
        "rps_bad_words": {"words": str(words)},
        "perplexity": {"reference": str(prose)},
        "importance": {"target": str(prose), "raw": str(words), "min_words": 1},
        "word_list": {"lists": str(words), "language": "en"},
        "classifier": {"model": str(folder / "celadon")},
    }
    if name == "classifier":
        make_celadon(folder / "celadon")
    return bricks.make(SIGNALS, name, settings.get(name, {}))


@pytest.fixture(params=SIGNALS)
def brick(request, tmp_path):
    return made(request.param, tmp_path)


def test_gives_one_value_a_text_in_each_column(brick):
    """`score` returns exactly the columns it announces, as long as the texts."""
    found = brick.score(TEXTS)

    assert list(brick.columns) == list(found)
    assert {len(TEXTS)} == {len(values) for values in found.values()}
    assert brick.name in SIGNALS
    assert brick.kind in ("quality", "language", "toxicity", "risk")


def test_value_does_not_depend_on_the_batch(brick):
    """Any order and any split into batches gives a text the same values."""
    whole = scored(brick, TEXTS)
    backwards = scored(brick, TEXTS[::-1])
    alone = [scored(brick, [text]) for text in TEXTS]

    for name, values in whole.items():
        for i, value in enumerate(values):
            assert same(value, backwards[name][-1 - i])
            assert same(value, alone[i][name][0])


def test_no_text_is_no_value(brick):
    """An empty batch gives empty columns."""
    assert {name: [] for name in brick.columns} == scored(brick, [])


def test_settings_survive_a_round_trip(brick):
    """A brick is its name and its settings, and travels to other processes."""
    assert brick == bricks.make(SIGNALS, brick.name, bricks.settings_of(brick))
    assert brick == pickle.loads(pickle.dumps(brick))


@pytest.mark.parametrize(
    "text",
    [
        "word " * 1_000_000,
        "x" * 1_000_000,
        "all on one line, " * 300_000,
        "line\n" * 200_000,
        "{" * 300_000,
        "a b. " * 100_000,
        "\u0301" * 200_000,
        "\x00\ud800 " * 100_000,
        "\u202e\u05d0\u05d1. " * 60_000,
    ],
    ids=[
        "one word",
        "one line",
        "one line of 5 MB",
        "lines",
        "braces",
        "short sentences",
        "combining marks",
        "no characters",
        "right to left",
    ],
)
def test_monstrous_texts_take_bounded_time(brick, text):
    """A megabyte of one thing takes seconds at most."""
    began = time.perf_counter()
    found = brick.score([text])

    assert time.perf_counter() - began < 20
    assert {1} == {len(values) for values in found.values()}


def test_columns_have_one_maker():
    """No two signals write the same column, and the default set exists."""
    names = [column for brick in SIGNALS.values() for column in brick().columns]

    assert sorted(set(names)) == sorted(names)
    assert set(DEFAULT) <= set(SIGNALS)


@pytest.mark.parametrize("text", ["", "  \n\t "], ids=["empty", "blank"])
def test_blank_text_has_no_shares(text, tmp_path):
    """Where there is nothing to divide by there is a null, or the reason in words; counts are 0."""
    for name in SIGNALS:
        for column, values in scored(made(name, tmp_path), [text]).items():
            value = max(values[0], default=None) if isinstance(values[0], list) else values[0]
            null = value is None or (isinstance(value, float | np.floating) and math.isnan(value))

            assert null or isinstance(value, str) or value <= len(text), (name, column)

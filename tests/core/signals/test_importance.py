"""DSIR's weight is that of the paper's code, hashed feature by hashed feature."""

import hashlib
import math
import pickle
import re
import time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core import bricks
from core.errors import BadInputError
from core.signals import _features
from core.signals.importance import Importance

TARGET = ["The ship sailed at dawn.", "A whale! A white whale, and the sea."]
RAW = ["Buy now; the best price.", "The sea is far, the price is low."]


def features(text):
    """Words and pairs of words of the lower-cased text."""
    words = re.findall(r"\w+|[^\w\s]+", text.lower())
    return words + [f"{words[i]} {words[i + 1]}" for i in range(len(words) - 1)]


def bucket(feature):
    """SHA-256 as one large number, modulo 10,000."""
    return int(hashlib.sha256(feature.encode()).hexdigest(), 16) % 10_000


def oracle(text, target, raw):
    """The formula, one feature after another."""

    def shares(texts):
        found = [0] * 10_000
        for one in texts:
            for feature in features(one):
                found[bucket(feature)] += 1
        total = sum(found)
        return [count / total for count in found]

    p, q = shares(target), shares(raw)
    at = [bucket(feature) for feature in features(text)]
    return sum(math.log(p[i] + 1e-8) - math.log(q[i] + 1e-8) for i in at)


@pytest.fixture
def files(tmp_path):
    """A target and a raw pool."""
    for name, lines in {"target": TARGET, "raw": RAW}.items():
        (tmp_path / f"{name}.txt").write_text("\n".join(lines) + "\n")
    return {name: str(tmp_path / f"{name}.txt") for name in ("target", "raw")}


def test_agrees_with_the_formula(files):
    """In whole, and by word."""
    texts = ["The white whale, at sea.", "Best price!", "nothing of either"]
    expected = [oracle(text, TARGET, RAW) for text in texts]
    found = Importance(**files, min_words=1).score(texts)

    assert expected == pytest.approx(found["importance"].tolist())
    assert [expected[0] / 7, expected[1] / 3, expected[2] / 3] == pytest.approx(
        found["importance_per_word"].tolist()
    )
    assert expected[0] > 0 > expected[1]


@given(st.text("ab .!\nÉ", max_size=30))
@settings(max_examples=30, deadline=None)
def test_any_text_agrees_with_the_formula(tmp_path_factory, text):
    """Target and raw as they are, the text anything."""
    folder = tmp_path_factory.getbasetemp() / "any"
    folder.mkdir(exist_ok=True)
    (folder / "t").write_text("a b a. é!")
    (folder / "r").write_text("b b a")
    found = Importance(str(folder / "t"), str(folder / "r"), min_words=1).score([text])["importance"]

    if features(text):
        assert [oracle(text, ["a b a. é!"], ["b b a"])] == pytest.approx(found.tolist())
    else:
        assert np.isnan(found).all()


def test_short_texts_have_none(files):
    """Under 100 words by default, as the reference's selection leaves them out."""
    found = Importance(**files).score(["word " * 99, "word " * 100, ""])["importance"]

    assert [True, False, True] == np.isnan(found).tolist()


def test_prepared_brick_is_the_same_signal(files, tmp_path):
    """It is made once, signs like the brick itself and travels by pickle; paths do not sign."""
    brick = Importance(**files, min_words=1)
    prepared = brick.prepared(tmp_path / "models")
    copy = tmp_path / "copy.txt"
    copy.write_bytes((tmp_path / "raw.txt").read_bytes())
    other = Importance(files["target"], str(copy), min_words=1)

    assert brick == prepared
    assert (
        brick.score(TARGET)["importance"].tolist()
        == pickle.loads(pickle.dumps(prepared)).score(TARGET)["importance"].tolist()
    )
    assert (brick.inputs, bricks.signed_settings_of(prepared)) == (other.inputs, {"min_words": 1})
    assert prepared.compiled == other.prepared(tmp_path / "models").compiled


def test_another_file_is_another_signal(files, tmp_path):
    """Contents sign, and a changed file is read anew."""
    brick = Importance(**files, min_words=1)
    before, value = brick.inputs, brick.score(["sea"])["importance"][0]
    (tmp_path / "raw.txt").write_text("wholly other words\n" * 3)

    assert before != brick.inputs
    assert value != brick.score(["sea"])["importance"][0]


def test_forgotten_features_are_found_again(files, monkeypatch):
    """A memory of two slots changes no value."""
    brick = Importance(**files, min_words=1)
    expected = brick.score(TARGET)["importance"].tolist()
    small = _features._Memory(1)
    monkeypatch.setattr(_features, "_memory", lambda: small)

    assert expected == brick.score(TARGET)["importance"].tolist()


def test_texts_are_weighed_alike_whatever_stands_beside_them(files, monkeypatch):
    """In runs of any size, to the bit."""
    texts = [
        "The sea, the sea!",
        "",
        "É a\u0345 Σίσυφος ΟΔΥΣΣΕΥΣ x_1",
        "w" * 300 + " " + "w" * 301,
        "\x85\x1c a b",
    ] * 3
    brick = Importance(**files, min_words=1)
    expected = [brick.score([text])["importance"][0] for text in texts]
    for size in (1, 40, 10_000):
        monkeypatch.setattr(_features, "PART_CHARACTERS", size)

        assert np.array_equal(expected, brick.score(texts)["importance"], equal_nan=True)


@given(st.text(max_size=40))
@settings(max_examples=100, deadline=None)
def test_features_are_those_of_the_papers_code(text):
    """Whatever the characters, in both ways of holding them."""
    expected = sorted(bucket(feature) for feature in features(text))

    assert expected == sorted(_features.features([text]).buckets.tolist())


def test_hostile_texts(files):
    """A value or a null, in bounded time."""
    texts = ["", "x", " \n\t", "\x00", "\ud800", "word " * 1_000_000, "x" * 1_000_000, "! a " * 100_000]
    began = time.perf_counter()
    found = Importance(**files, min_words=1).score(texts)

    assert time.perf_counter() - began < 20
    assert [True, False, True, False, False, False, False, False] == np.isnan(found["importance"]).tolist()


@pytest.mark.parametrize("left_out", ["target", "raw"])
def test_what_is_missing_is_said(files, left_out, tmp_path):
    """Both files are needed, and both hold words."""
    with pytest.raises(BadInputError, match=f"importance.{left_out}: is no file"):
        Importance(**{**files, left_out: ""}).score(["x"])
    with pytest.raises(BadInputError, match=f"importance.{left_out}: is no file"):
        _ = Importance(**{**files, left_out: ""}).inputs

    (tmp_path / f"{left_out}.txt").write_text(" \n")
    with pytest.raises(BadInputError, match="holds no word"):
        Importance(**files).prepared(tmp_path)

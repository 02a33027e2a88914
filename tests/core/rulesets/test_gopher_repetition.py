"""Gopher's repetition rules: a text for each reason, and the shortcuts against the plain definition."""

from collections import Counter
from dataclasses import fields

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.rulesets import _english
from core.rulesets._page import Page
from core.rulesets.gopher_repetition import GopherRepetition

OFF = {field.name: None for field in fields(GopherRepetition)}


def filler(start, count):
    """Return words that stand nowhere else."""
    return " ".join(f"w{i}x" for i in range(start, start + count))


def phrases(size, share, total=2000):
    """Return a text in which an n-gram of `size` words makes up about `share` of the characters, twice."""
    phrase = " ".join("abcdefghijkl"[i] * 9 for i in range(size))
    copies = max(2, round(total * share / len(phrase)))
    parts = [phrase + " " + filler(1000 * i, 3) for i in range(copies)]
    rest = total - len(" ".join(parts))
    return " ".join([*parts, filler(100_000, max(1, rest // 8))])


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "empty"),
        (filler(0, 200), None),
        ("a b\n\na b\n\n" + filler(0, 90), "dup_para_frac"),
        ("\n\n".join([filler(0, 40)] * 2 + ["x", "y", "z"]), "dup_para_char_frac"),
        ("a\na\n" + filler(0, 90), "dup_line_frac"),
        ("\n".join([filler(0, 40)] * 2 + ["x", "y", "z"]), "dup_line_char_frac"),
        (phrases(2, 0.3), "top_2_gram"),
        (phrases(3, 0.27), "top_3_gram"),
        (phrases(4, 0.25), "top_4_gram"),
    ],
)
def test_reason(text, reason):
    """The first rule that a text breaks names the reason."""
    assert [reason] == GopherRepetition().reasons([text])


@pytest.mark.parametrize("n", range(5, 11))
def test_reason_of_each_duplicated_n_gram(n):
    """A passage of n words, met again, is seen by the rule for n alone."""
    passage = " ".join("abcdefghij"[i] * 9 for i in range(n))
    text = f"{passage} {filler(0, 20)} {passage}"
    rules = GopherRepetition(**{**OFF, f"duplicated_{n}_n_grams": 0.1})
    longer = (
        GopherRepetition(**{**OFF, f"duplicated_{n + 1}_n_grams": 0.1}) if n < 10 else GopherRepetition(**OFF)
    )

    assert [f"duplicated_{n}_n_grams"] == rules.reasons([text])
    assert [None] == longer.reasons([text])


def test_an_empty_line_at_both_ends_counts_as_a_repeated_line():
    """As in datatrove: the empty line before the first line feed and the one behind the last are equal."""
    assert ["dup_line_frac"] == GopherRepetition().reasons(["\n" + filler(0, 50) + "\n"])


def plain(text, n):
    """The most frequent n-gram's characters, and those of repeated n-grams, word for word as published."""
    words = _english.words(text)
    counts = Counter(" ".join(words[i : i + n]) for i in range(len(words) - n + 1))
    top = counts.most_common(1)[0] if counts else ("", 0)
    met, characters, at = set(), 0, 0
    while at < len(words) - n + 1:
        gram = "".join(words[at : at + n])
        again = gram in met
        characters += len(gram) if again else 0
        met.add(gram)
        at += n if again else 1
    return len(top[0]) * top[1] / len(text), characters / len(text)


@given(
    st.lists(
        st.sampled_from(["a", "ab", "b", "abc", "abcdefghijkl,", "z.", "longer-word"]),
        min_size=1,
        max_size=80,
    )
)
def test_shortcuts_change_no_verdict(words):
    """A bound of just the published value keeps; anything below it drops."""
    text = " ".join(words)
    for n in range(2, 11):
        key = f"top_{n}_gram" if n < 5 else f"duplicated_{n}_n_grams"
        value = plain(text, n)[0 if n < 5 else 1]
        at, below = (GopherRepetition(**{**OFF, key: bound}) for bound in (value, value - 1e-9))

        assert at.reason(Page(text)) is None
        assert len(_english.words(text)) < n or key == below.reason(Page(text))

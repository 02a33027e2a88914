"""RedPajama-V2's repetition signals equal a plain reading of their definitions."""

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.signals.rps_repetition import RpsRepetition


def plain(words, n):
    """The definition, word for word: (top n-gram's share, repeated n-grams' share)."""
    grams = [tuple(words[i : i + n]) for i in range(len(words) - n + 1)]
    total = sum(map(len, words))
    if not grams or not total:
        return 0.0, 0.0
    counts = Counter(grams)
    gram, count = counts.most_common(1)[0]
    inside = {i + k for i, g in enumerate(grams) if counts[g] > 1 for k in range(n)}
    top = sum(map(len, gram)) * count / total if count > 1 else 0.0
    return round(top, 8), round(sum(len(words[i]) for i in inside) / total, 8)


@given(st.lists(st.sampled_from(["a", "bb", "ccc", "dddd"]), max_size=80))
def test_equals_the_definition(words):
    """Every length gives the value that counting every n-gram gives."""
    found = RpsRepetition().score([" ".join(words)])

    for n in (2, 3, 4):
        assert plain(words, n)[0] == found[f"rps_doc_frac_chars_top_{n}gram"][0]
    for n in range(5, 11):
        assert plain(words, n)[1] == found[f"rps_doc_frac_chars_dupe_{n}grams"][0]


@pytest.mark.parametrize(("expected", "text"), [(0.0, "one two three four five"), (1.0, "a b c d e " * 2)])
def test_repeated_five_grams(expected, text):
    """Nothing repeated is 0; a text written twice is 1, its first copy included."""
    assert expected == RpsRepetition().score([text])["rps_doc_frac_chars_dupe_5grams"][0]

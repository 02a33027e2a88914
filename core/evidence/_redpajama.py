"""What RedPajama-V2's signals count, among normalised words, raw words and lines."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import pairwise

import numpy as np

from core.evidence._spans import Piece, Span, feed_lines, matches, stripped
from core.signals import _codes, _lists, _words, rps_lines
from core.signals.rps_bad_words import RpsBadWords
from core.signals.rps_stop_words import RpsStopWords

_CHUNK = re.compile(r"\S+")
_Word = tuple[str, int, int]  # as normalised, and from where to where it stands in the text
_Gram = tuple[str, ...]


def normalised_words(text: str) -> list[_Word]:
    """Return the words of the normalised text; white space parts them before and after alike."""
    known: dict[str, str] = {}
    found = []
    for chunk in _CHUNK.finditer(text):
        word = known.get(chunk[0])
        if word is None:
            word = known[chunk[0]] = _words.normalised(chunk[0])
        if word:
            found.append((word, *chunk.span()))
    return found


def lorem(text: str, _: object) -> Iterator[Span]:
    """Yield each "lorem ipsum", which may be parts of longer words."""
    words = normalised_words(text)
    for (first, start, _end), (second, _start, end) in pairwise(words):
        if first.endswith("lorem") and second.startswith("ipsum"):
            yield Span(start, end, "lorem ipsum")


def top(n: int, text: str, _: object) -> Iterator[Span]:
    """Yield every copy of the most frequent n words that stand twice or more, the first met of such."""
    words = normalised_words(text)
    found = _grams(words, n)
    counts = Counter(found)
    most = max(counts.values(), default=0)
    if most > 1:
        gram = next(gram for gram, count in counts.items() if count == most)
        begins = (i for i, other in enumerate(found) if other == gram)
        yield from _spans(words, begins, n, f"most frequent {n} words")


def duplicated(n: int, text: str, _: object) -> Iterator[Span]:
    """Yield every n words that stand twice or more, the first time too."""
    words = normalised_words(text)
    found = _grams(words, n)
    counts = Counter(found)
    begins = (i for i, gram in enumerate(found) if counts[gram] > 1)
    return _spans(words, begins, n, f"{n} words that stand again")


def bad_words(text: str, signal: RpsBadWords) -> Iterator[Span]:
    """Yield the n-grams on the list; those of more words first where they begin at one place."""
    if not signal.words:
        return
    listed = _lists.listed(signal.words, "", signal.name)
    lengths = sorted({1 + entry.count(" ") for entry in listed}, reverse=True)
    words = normalised_words(text)
    for i in range(len(words)):
        for n in lengths:
            if i + n <= len(words) and " ".join(word for word, _, _ in words[i : i + n]) in listed:
                yield Span(words[i][1], words[i + n - 1][2], "on the list")


def _grams(words: Sequence[_Word], n: int) -> list[_Gram]:
    plain = [word for word, _, _ in words]
    return list(zip(*(plain[i:] for i in range(n)), strict=False))


def _spans(words: Sequence[_Word], begins: Iterator[int], n: int, why: str) -> Iterator[Span]:
    return (Span(words[i][1], words[i + n - 1][2], why) for i in begins)


# --- raw words ---------------------------------------------------------------------------------------


def _raw(text: str, why: str) -> Iterator[tuple[str, Span]]:
    return ((text[span.start : span.end], span) for span in matches(_words._RAW_WORD, text, why))


def no_letter(text: str, _: object) -> Iterator[Span]:
    """Yield raw words without a Latin letter, runs of marks among them."""
    found = _raw(text, "no letter")
    return (span for word, span in found if not any(c.isascii() and c.isalpha() for c in word))


def capitals(text: str, _: object) -> Iterator[Span]:
    """Yield raw words that hold capitals and no small letter."""
    return (span for word, span in _raw(text, "all capitals") if word.isupper())


def stop_words(text: str, signal: RpsStopWords) -> Iterator[Span]:
    """Yield raw words on the list, case and all."""
    if signal.words and _words.normalised(text):
        listed = _lists.listed(signal.words, signal.language, signal.name)
        yield from (span for word, span in _raw(text, "stop word") if word in listed)


# --- lines -------------------------------------------------------------------------------------------


def scripts(text: str, _: object) -> Iterator[Span]:
    """Yield the words that are "javascript" when normalised."""
    found = (word for word in normalised_words(text) if word[0] == rps_lines._SCRIPT)
    return (Span(start, end, rps_lines._SCRIPT) for _, start, end in found)


def ends_sentence(text: str, _: object) -> Iterator[Span]:
    """Yield lines whose last character that is no white space ends a sentence."""
    lines = (piece for piece in _filled(text) if piece[1].rstrip()[-1] in _codes._TERMINALS)
    return (stripped(piece, "ends a sentence") for piece in lines)


def starts_with_bullet(text: str, _: object) -> Iterator[Span]:
    """Yield lines whose first character that is no white space is a bullet."""
    lines = (piece for piece in _filled(text) if piece[1].lstrip()[0] in _codes._BULLETS)
    return (stripped(piece, "starts with a bullet") for piece in lines)


def uppercase(text: str, _: object) -> Iterator[Span]:
    """Yield capital letters."""
    return _flagged(text, _codes.UPPER, "capital")


def numerals(text: str, _: object) -> Iterator[Span]:
    """Yield characters that are numeric once normalised."""
    return _flagged(text, _codes.NUMERIC, "figure")


def _filled(text: str) -> Iterator[Piece]:
    return (piece for piece in feed_lines(text) if piece[1] and not piece[1].isspace())


def _flagged(text: str, flag: int, why: str) -> Iterator[Span]:
    flags = _codes.Codes(_words.Part([text])).flags[: len(text)]
    return (Span(i, i + 1, why) for i in np.flatnonzero(flags & flag).tolist())

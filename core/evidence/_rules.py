"""What breaks each rule of the published rule sets, found by the rule sets' own helpers."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from functools import partial
from itertools import accumulate
from typing import Any

from core.evidence._spans import (
    Piece,
    Span,
    again,
    feed_lines,
    grams,
    located,
    matches,
    parted,
    split_lines,
    stripped,
)
from core.rulesets import Ruleset, _english
from core.rulesets._characters import SYMBOLS, TERMINAL_PUNCTUATION
from core.rulesets.c4 import C4
from core.rulesets.fineweb import FineWeb
from core.rulesets.gopher_quality import GopherQuality
from core.rulesets.gopher_repetition import _LINES, _PARAGRAPHS, GopherRepetition, _candidates

Find = Callable[[str, Any], Iterator[Span]]  # the text, and the rule set with its settings
_HASH = re.compile("#")
_ELLIPSIS = re.compile(r"\.\.\.|…")
_NO_BREAKS = dict.fromkeys(map(ord, "\n\r\v\f\x1c\x1d\x1e\x85\u2028\u2029"), "\t")


# --- Gopher's quality rules --------------------------------------------------------------------------


def _words_over(text: str, rules: GopherQuality) -> Iterator[Span]:
    bound = rules.max_avg_word_length
    return (s for s in _plain_words(text, "long word") if bound and s.end - s.start > bound)


def _words_under(text: str, rules: GopherQuality) -> Iterator[Span]:
    bound = rules.min_avg_word_length
    return (s for s in _plain_words(text, "short word") if bound and s.end - s.start < bound)


def _plain_words(text: str, why: str) -> Iterator[Span]:
    """Words that are not of symbols alone, which have no part in the mean length."""
    for start, word in located(text, _english.words(text)):
        if not SYMBOLS.issuperset(word):
            yield Span(start, start + len(word), why)


def _hashes(text: str, _: GopherQuality) -> Iterator[Span]:
    return matches(_HASH, text, "#")


def _ellipses(text: str, _: GopherQuality) -> Iterator[Span]:
    return matches(_ELLIPSIS, text, "ellipsis")


def _bullets(text: str, _: GopherQuality) -> Iterator[Span]:
    lines = (piece for piece in split_lines(text) if piece[1].lstrip().startswith(("•", "-")))
    return (stripped(piece, "starts with a bullet") for piece in lines)


def _end_ellipses(text: str, _: GopherQuality) -> Iterator[Span]:
    lines = (piece for piece in split_lines(text) if piece[1].rstrip().endswith(("...", "…")))
    return (stripped(piece, "ends in an ellipsis") for piece in lines)


def _without_letter(text: str, _: GopherQuality) -> Iterator[Span]:
    for start, word in located(text, _english.words(text)):
        if not any(map(str.isalpha, word)):
            yield Span(start, start + len(word), "no letter")


# --- Gopher's repetition rules -----------------------------------------------------------------------


def _paragraphs_again(text: str, _: GopherRepetition) -> Iterator[Span]:
    if "\n\n" in text:
        start = len(text) - len(text.lstrip())
        for at, found in again(parted(text.strip(), _PARAGRAPHS, start)):
            yield Span(at, at + len(found), "repeated paragraph")


def _lines_again(text: str, _: GopherRepetition) -> Iterator[Span]:
    return (Span(at, at + len(line), "repeated line") for at, line in again(parted(text, _LINES)))


def _lines_again_or_empty(text: str, rules: GopherRepetition) -> Iterator[Span]:
    """Repeated lines, among them the empty ones at both ends: the last line feeds are all there is to see."""
    yield from _lines_again(text, rules)
    if text.startswith("\n") and text.endswith("\n"):
        yield Span(len(text.rstrip("\n")), len(text), "repeated empty line")


def _top(n: int, text: str, _: GopherRepetition) -> Iterator[Span]:
    words = _english.words(text)
    pairs = list(zip(*(words[i:] for i in range(n)), strict=False))
    if not pairs:
        return iter(())
    counts = Counter(pairs)
    most = max(counts.values())
    top = next(gram for gram, count in counts.items() if count == most)
    begins = (i for i, gram in enumerate(pairs) if gram == top)
    return grams(located(text, words), begins, n, f"most frequent {n} words")


def _duplicated(n: int, text: str, _: GopherRepetition) -> Iterator[Span]:
    words = _english.words(text)
    return grams(located(text, words), _met_before(words, n), n, f"{n} words that stood before")


def _met_before(words: list[str], n: int) -> Iterator[int]:
    """Where the n-grams begin whose characters the rule adds up: a repeated one is stepped over."""
    starts = [0, *accumulate(map(len, words))]
    joined = "".join(words)
    met: set[str] = set()
    after = 0
    for i in _candidates(joined, starts, n):
        gram = joined[starts[i] : starts[i + n]]
        if i < after:
            continue
        if gram in met:
            after = i + n
            yield i
        else:
            met.add(gram)


# --- C4 ----------------------------------------------------------------------------------------------


def _c4_pieces(text: str, rules: C4) -> Iterator[Piece]:
    """Yield what the rules judge one by one: lines, or sentences with their line breaks as tabs."""
    if rules.split_paragraph:
        yield from split_lines(text)
        return
    at = 0
    for sentence in _english.sentences(text):
        yield at, sentence.translate(_NO_BREAKS)
        at += len(sentence)


def _dropping(reason: str, why: str, text: str, rules: C4) -> Iterator[Span]:
    """Lines that, judged alone, drop a text for this reason."""
    alone = replace(rules, split_paragraph=True, min_num_sentences=0)
    for piece in _c4_pieces(text, rules):
        if alone._judge(piece[1])[0] == reason:
            yield stripped(piece, why)


def _left_out(text: str, rules: C4) -> Iterator[Span]:
    """Lines that the rules leave out, each with the first rule that does so by itself."""
    alone = replace(rules, split_paragraph=True, min_num_sentences=0)
    off = replace(
        alone,
        filter_no_terminal_punct=False,
        min_words_per_line=-1,
        max_word_length=-1,
        filter_lorem_ipsum=False,
        filter_javascript=False,
        filter_curly_bracket=False,
        filter_policy=False,
    )
    single = {
        "word too long": replace(off, max_word_length=rules.max_word_length),
        "no sentence end": replace(off, filter_no_terminal_punct=rules.filter_no_terminal_punct),
        "too few words": replace(off, min_words_per_line=rules.min_words_per_line),
        "lorem ipsum": replace(off, filter_lorem_ipsum=rules.filter_lorem_ipsum),
        "javascript": replace(off, filter_javascript=rules.filter_javascript),
        "curly bracket": replace(off, filter_curly_bracket=rules.filter_curly_bracket),
        "cookies or terms of use": replace(off, filter_policy=rules.filter_policy),
    }
    for piece in _c4_pieces(text, rules):
        if piece[1].strip() and not alone._judge(piece[1])[1]:
            yield stripped(piece, next(why for why, rule in single.items() if not rule._judge(piece[1])[1]))


# --- FineWeb -----------------------------------------------------------------------------------------


def _filled(text: str) -> Iterator[Piece]:
    return (piece for piece in feed_lines(text) if piece[1] and not piece[1].isspace())


def _unpunctuated(text: str, rules: FineWeb) -> Iterator[Span]:
    marks = TERMINAL_PUNCTUATION if rules.stop_chars is None else frozenset(rules.stop_chars)
    return (stripped(piece, "no sentence end") for piece in _filled(text) if piece[1][-1] not in marks)


def _short(text: str, rules: FineWeb) -> Iterator[Span]:
    lines = (piece for piece in _filled(text) if len(piece[1]) <= rules.short_line_length)
    return (stripped(piece, "short line") for piece in lines)


def _filled_again(text: str, _: FineWeb) -> Iterator[Span]:
    return (stripped(piece, "repeated line") for piece in again(_filled(text)))


def _few_words(text: str, rules: FineWeb) -> Iterator[Span]:
    """Lines that break the bound on line feeds per word by themselves; a text that does holds one."""
    for start, line in feed_lines(text):
        if start + len(line) == len(text):
            return  # no line feed behind it
        if not line or line.isspace():
            yield Span(start, start + len(line) + 1, "empty line")
        elif 1 / len(_english.words(line)) > rules.new_line_ratio:
            yield stripped((start, line), "few words for a line")


RULES: Mapping[str, tuple[type[Ruleset], Find, str]] = {
    "gopher_below_avg_threshold": (GopherQuality, _words_under, "words shorter than the least mean length"),
    "gopher_above_avg_threshold": (GopherQuality, _words_over, "words longer than the greatest mean length"),
    "gopher_too_many_hashes": (GopherQuality, _hashes, "hash signs"),
    "gopher_too_many_ellipsis": (GopherQuality, _ellipses, "ellipses"),
    "gopher_too_many_bullets": (GopherQuality, _bullets, "lines that start with a bullet"),
    "gopher_too_many_end_ellipsis": (GopherQuality, _end_ellipses, "lines that end in an ellipsis"),
    "gopher_below_alpha_threshold": (GopherQuality, _without_letter, "words and marks without a letter"),
    "dup_para_frac": (GopherRepetition, _paragraphs_again, "paragraphs that stood before"),
    "dup_para_char_frac": (GopherRepetition, _paragraphs_again, "paragraphs that stood before"),
    "dup_line_frac": (GopherRepetition, _lines_again_or_empty, "lines that stood before"),
    "dup_line_char_frac": (GopherRepetition, _lines_again, "lines that stood before"),
    **{
        f"top_{n}_gram": (GopherRepetition, partial(_top, n), f"every copy of the most frequent {n} words")
        for n in (2, 3, 4)
    },
    **{
        f"duplicated_{n}_n_grams": (GopherRepetition, partial(_duplicated, n), f"runs of {n} words that stood before")
        for n in range(5, 11)
    },
    "lorem_ipsum": (C4, partial(_dropping, "lorem_ipsum", "lorem ipsum"), "lines with the placeholder text"),
    "curly_bracket": (C4, partial(_dropping, "curly_bracket", "curly bracket"), "lines with a curly bracket"),
    "too_few_sentences": (C4, _left_out, "lines that are left out before sentences are counted"),
    "line_punct_ratio": (FineWeb, _unpunctuated, "lines that do not end as a sentence does"),
    "short_line_ratio": (FineWeb, _short, "short lines"),
    "char_dup_ratio": (FineWeb, _filled_again, "lines that stood before"),
    "list_ratio": (FineWeb, _few_words, "lines with few or no words"),
}  # fmt: skip

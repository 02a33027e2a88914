"""What each signal's value comes from, found by the signals' own patterns and helpers."""

from __future__ import annotations

import heapq
import re
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from itertools import groupby
from typing import Any

from core.doors import Signal
from core.evidence import _redpajama as rps
from core.evidence import _toxicity
from core.evidence._formulae import formulae
from core.evidence._spans import Piece, Span, again, feed_lines, matches, split_lines, stripped
from core.signals import (
    characters,
    code_share,
    encoding_damage,
    line_shapes,
    list_table,
    mathematics,
    personal,
    personal_data,
    rps_bad_words,
    rps_content,
    rps_lines,
    rps_repetition,
    rps_stop_words,
    rps_words,
    text_age,
    toxicity,
)

Find = Callable[[str, Any], Iterator[Span]]  # the text, and the signal with its settings
_CAPITAL = re.compile(r"[^\W\d_]+")
_BRACKET = re.compile(r"[{}]")
_SYMBOL = re.compile(r"#|\.\.\.|…")
_TOKEN = re.compile(r"\S+")
# what `characters` counts, one by one
_CHARACTER_LETTER = re.compile(r"[^\W\d_]")
_CHARACTER_DIGIT = re.compile(r"\d")
_CHARACTER_SYMBOL = re.compile(r"[^\w\s]|_")
_CHARACTER_DAMAGE = re.compile(r"[\ufffd\x00-\x08\x0e-\x1b\x7f\ud800-\udfff]")


def _all(pattern: re.Pattern[str], why: str, text: str, _: Signal) -> Iterator[Span]:
    return matches(pattern, text, why)


def _dense(pattern: re.Pattern[str], why: str, text: str, _: Signal) -> Iterator[Span]:
    """Matches that are no white space: some control characters are both."""
    return (span for span in matches(pattern, text, why) if not text[span.start].isspace())


def _capitals(text: str, _: Signal) -> Iterator[Span]:
    for run in _CAPITAL.finditer(text):
        yield from (Span(i, i + 1, "capital") for i in range(*run.span()) if text[i].isupper())


# --- lines -------------------------------------------------------------------------------------------


def _filled(text: str) -> Iterator[Piece]:
    """Lines that hold more than white space, without that around them."""
    for start, line in split_lines(text):
        if found := line.strip():
            yield start + len(line) - len(line.lstrip()), found


def _whole(piece: Piece, why: str) -> Span:
    return Span(piece[0], piece[0] + len(piece[1]), why)


def _code(text: str, _: Signal) -> Iterator[Span]:
    lines = (piece for piece in _filled(text) if code_share._CODE.match(piece[1][: code_share._MAX_LINE]))
    return (_whole(piece, "looks like code") for piece in lines)


def _terminal(text: str, _: Signal) -> Iterator[Span]:
    lines = (piece for piece in _filled(text) if piece[1].endswith(line_shapes._TERMINAL))
    return (_whole(piece, "ends as a sentence") for piece in lines)


def _bullet(text: str, _: Signal) -> Iterator[Span]:
    lines = (piece for piece in _filled(text) if piece[1].startswith(line_shapes._BULLETS))
    return (_whole(piece, "starts with a bullet") for piece in lines)


def _short(text: str, signal: line_shapes.LineShapes) -> Iterator[Span]:
    lines = (piece for piece in _filled(text) if len(piece[1]) <= signal.short_line)
    return (_whole(piece, "short line") for piece in lines)


def _line_again(text: str, _: Signal) -> Iterator[Span]:
    return (_whole(piece, "repeated line") for piece in again(_filled(text)))


def _rows(text: str, _: Signal) -> Iterator[Span]:
    return (_whole(piece, "table row") for piece, is_row in _listed(text) if is_row)


def _items(text: str, _: Signal) -> Iterator[Span]:
    return (
        _whole(piece, "list item")
        for piece, is_row in _listed(text)
        if not is_row and list_table._ITEM.match(piece[1])
    )


def _listed(text: str) -> Iterator[tuple[Piece, bool]]:
    """Yield every line, and whether it is a row of a table."""
    for shape, group in groupby(_filled(text), lambda piece: list_table._shape(piece[1])):
        alike = list(group)
        is_row = shape is not None and (shape[0] == "|" or len(alike) >= list_table._MIN_ROWS)
        yield from ((piece, is_row) for piece in alike)


def _cut_off(text: str, _: Signal) -> Iterator[Span]:
    lines = (piece for piece in feed_lines(text) if piece[1].rstrip().endswith(rps_content._ELLIPSES))
    return (stripped(piece, "ends in an ellipsis") for piece in lines)


# --- other places ------------------------------------------------------------------------------------


def _noise(text: str, _: Signal) -> Iterator[Span]:
    """Tokens that look misread, and runs of letters that stand alone."""
    tokens = (m for m in _TOKEN.finditer(text) if encoding_damage._is_noise(m[0]))
    runs = (m for m in encoding_damage._SPREAD.finditer(text) if encoding_damage._LATIN_LETTER.match(m[0]))
    return heapq.merge(
        (Span(*found.span(), "looks misread") for found in tokens),
        (Span(*found.span(), "spread letters") for found in runs),
    )


def _years(text: str, signal: text_age.TextAge) -> Iterator[Span]:
    for found in text_age._CANDIDATE.finditer(text):
        before = text[max(0, found.start() - text_age._WINDOW) : found.start()]
        after = text[found.end() : found.end() + text_age._WINDOW]
        if int(found[0]) <= signal.last_year and text_age._is_year(before, after):
            yield Span(*found.span(), "year")


def _latest(text: str, signal: text_age.TextAge) -> Iterator[Span]:
    years = list(_years(text, signal))
    latest = max((int(text[span.start : span.end]) for span in years), default=0)
    return (span for span in years if int(text[span.start : span.end]) == latest)


def _formulae(text: str, _: Signal) -> Iterator[Span]:
    return formulae(text)


_Table = Mapping[str, tuple[type[Any], Find, str]]


def _personal(kind: str | None, text: str, _: Signal) -> Iterator[Span]:
    return (Span(one.start, one.end, one.what) for one in personal.found(text) if kind in (None, one.kind))


_SHARES: _Table = {
    "letter_share": (characters.Characters, partial(_dense, _CHARACTER_LETTER, "letters"), "letters"),
    "digit_share": (characters.Characters, partial(_dense, _CHARACTER_DIGIT, "digits"), "digits"),
    "uppercase_share": (characters.Characters, _capitals, "capital letters"),
    "symbol_share": (characters.Characters, partial(_dense, _CHARACTER_SYMBOL, "symbols"), "symbols"),
    "replacement_share": (
        characters.Characters, partial(_dense, _CHARACTER_DAMAGE, "damaged"), "lost and control characters",
    ),
    "code_share": (code_share.CodeShare, _code, "lines that look like code"),
    "markup_share": (code_share.CodeShare, partial(_all, code_share._TAG, "markup"), "tags and entities"),
    "terminal_punctuation_share": (line_shapes.LineShapes, _terminal, "lines that end as a sentence does"),
    "bullet_line_share": (line_shapes.LineShapes, _bullet, "lines that start with a bullet"),
    "short_line_share": (line_shapes.LineShapes, _short, "short lines"),
    "duplicate_line_share": (line_shapes.LineShapes, _line_again, "lines that stood before"),
    "list_line_share": (list_table.ListTable, _items, "list items"),
    "table_line_share": (list_table.ListTable, _rows, "rows of tables"),
    "mojibake_share": (
        encoding_damage.EncodingDamage, partial(_all, encoding_damage._MOJIBAKE, "mojibake"), "mojibake",
    ),
    "lost_character_share": (
        encoding_damage.EncodingDamage, partial(_all, encoding_damage._LOST, "lost character"), "lost characters",
    ),
    "control_character_share": (
        encoding_damage.EncodingDamage,
        partial(_all, encoding_damage._CONTROL, "control character"),
        "control characters",
    ),
    "ocr_noise_share": (encoding_damage.EncodingDamage, _noise, "words that look misread by a scanner"),
    "mathematics_share": (mathematics.Mathematics, _formulae, "mathematics"),
    "text_year_count": (text_age.TextAge, _years, "years"),
    "text_year_median": (text_age.TextAge, _years, "years"),
    "text_year_latest": (text_age.TextAge, _latest, "the latest year, wherever it stands"),
}  # fmt: skip
_REDPAJAMA: _Table = {
    "rps_doc_lorem_ipsum": (rps_content.RpsContent, rps.lorem, "the placeholder text"),
    "rps_doc_curly_bracket": (rps_content.RpsContent, partial(_all, _BRACKET, "bracket"), "curly brackets"),
    "rps_doc_frac_lines_end_with_ellipsis": (rps_content.RpsContent, _cut_off, "lines that end in an ellipsis"),
    "rps_doc_symbol_to_word_ratio": (
        rps_words.RpsWords, partial(_all, _SYMBOL, "symbol"), "hash signs and ellipses",
    ),
    "rps_doc_frac_no_alph_words": (rps_words.RpsWords, rps.no_letter, "words without a Latin letter"),
    "rps_doc_frac_all_caps_words": (rps_words.RpsWords, rps.capitals, "words in capitals"),
    **{
        f"rps_doc_frac_chars_top_{n}gram": (
            rps_repetition.RpsRepetition, partial(rps.top, n), f"every copy of the most frequent {n} words",
        )
        for n in rps_repetition._TOP
    },
    **{
        f"rps_doc_frac_chars_dupe_{n}grams": (
            rps_repetition.RpsRepetition, partial(rps.duplicated, n), f"runs of {n} words that stand again",
        )
        for n in rps_repetition._DUPLICATE
    },
    "rps_doc_stop_word_fraction": (
        rps_stop_words.RpsStopWords, rps.stop_words, "stop words of the list that the settings name",
    ),
    "rps_doc_ldnoobw_words": (rps_bad_words.RpsBadWords, rps.bad_words, "words of the list that the settings name"),
    "rps_lines_javascript_counts": (rps_lines.RpsLines, rps.scripts, 'the word "javascript"'),
    "rps_lines_ending_with_terminal_punctution_mark": (
        rps_lines.RpsLines, rps.ends_sentence, "lines that end in a full stop or the like",
    ),
    "rps_lines_uppercase_letter_fraction": (rps_lines.RpsLines, rps.uppercase, "capital letters"),
    "rps_lines_numerical_chars_fraction": (rps_lines.RpsLines, rps.numerals, "figures"),
    "rps_lines_start_with_bulletpoint": (
        rps_lines.RpsLines, rps.starts_with_bullet, "lines that start with a bullet",
    ),
}  # fmt: skip
_PERSONAL: _Table = {
    f"pii_{kind}": (
        personal_data.PersonalData,
        partial(_personal, kind),
        f"what looks like {kind.replace('_', ' ')}",
    )
    for kind in personal.KINDS
} | {"pii_count": (personal_data.PersonalData, partial(_personal, None), "personal data and secrets")}
_TOXICITY: _Table = {
    "toxicity": (toxicity.Toxicity, _toxicity.sentences, "the sentences that carry the score"),
    **{
        column: (
            toxicity.ToxicityDimensions,
            partial(_toxicity.passages, place),
            f"the passages that carry the level of {column.removeprefix('toxicity_').replace('_', ' and ')}",
        )
        for place, column in enumerate(toxicity.ToxicityDimensions().columns)
    },
}
COLUMNS: _Table = {**_SHARES, **_REDPAJAMA, **_PERSONAL, **_TOXICITY}

"""What encodings and scanners did to a document: mojibake, lost and control characters, OCR noise."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from core.signals import _words
from core.types import ColumnKind, Columns

_NAMES = ("mojibake_share", "lost_character_share", "control_character_share", "ocr_noise_share")
# Bytes 80 to BF, which follow the first byte of each longer UTF-8 sequence, in Latin-1 and Windows-1252.
_TAIL = "[\u0080-\u00bf€‚ƒ„…†‡ˆ‰Š‹ŒŽ‘’“”•–—˜™š›œžŸ]"
_MOJIBAKE = re.compile(
    rf"""[ÂÃ]{_TAIL} | [ÄÅ](?![\u00a0»’”“]){_TAIL}   # é as Ã©, ł as Å‚; „Ä“ is meant
      | (?:[ÎÏÐÑ×ØÙ]{_TAIL}){{2,}}                 # Greek, Cyrillic, Hebrew, Arabic: never one letter alone
      | â{_TAIL}{{2}} | â€ | ï»¿ | ð[Ÿ\u009f]{_TAIL}{{2}}  # ’ as â€™, the byte order mark, emoji
      | (?:[ãäåæçèéêëìíà]{_TAIL}{{2}}){{2,}}         # East and South Asian scripts; one alone may be é\u00a0»
    """,
    re.VERBOSE,
)
_LOST = re.compile(r"[\ufffd\ud800-\udfff]")
_CONTROL = re.compile(r"[\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f]")
_SUSPECT = re.compile(r"[a-z][0-9]+[a-z]|[A-Za-z][|!~^\\«»•■¦§¬;]+[A-Za-z]")
_MAY_BE_SUSPECT = re.compile(r"[0-9|!~^\\«»•■¦§¬;][A-Za-z]")  # the same in a third of the time, and more
_NO_WORD = re.compile(r"[/@_=#&%+]|\.\w")  # addresses, names of files, code
_MAX_TOKEN = 40  # a longer token is an address, a key or an unspaced script
_SPREAD = re.compile(r"(?<!\S)[^\W\d_](?!\S)(?:[ \t][^\W\d_](?!\S)){3,}+")
_MAY_BE_SPREAD = re.compile(r"[ \t][^\W\d_][ \t][^\W\d_][ \t]")
_LATIN_LETTER = re.compile(r"[A-Za-zÀ-ɏ]")


@dataclass(frozen=True, slots=True)
class EncodingDamage:
    """Shares of damaged characters, and of the tokens that look like a scanner's misreading.

    Mojibake is UTF-8 that was read as Latin-1 or Windows-1252 ("Ã©", "â€™", "Ð¿Ñ€"); other pairs of
    encodings are not looked for. Lost characters are U+FFFD and lone surrogates; control characters
    are those of C0 and C1 that do not break lines or fields.

    OCR noise is over the tokens that white space parts: a digit between lower-case letters ("c0ming"),
    or a sign that no word holds ("wi|l", "th;s"), after the garbage rules of Taghva et al. 2001
    ("Automatic Removal of 'Garbage Strings' in OCR Text"), and each letter of four or more that
    stand alone in a row ("t h e y"). Addresses, file names and tokens over 40 characters are passed
    over; Taghva's rules on capitals and vowels are left out, for they hit code and other languages.

    Null for blank texts. About 13,000 documents of 2 kB a second a core.
    """

    name: ClassVar[str] = "encoding_damage"
    version: ClassVar[int] = 1
    kind: ClassVar[ColumnKind] = "quality"

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns' names."""
        return _NAMES

    def score(self, texts: Sequence[str]) -> Columns:
        """Return four shares a text."""
        return _words.table(_NAMES, [_row(text) for text in texts])


def _row(text: str) -> tuple[float, ...]:
    tokens = text.split()
    if not tokens:
        return (_words.NULL,) * len(_NAMES)
    mojibake = lost = 0
    if not text.isascii():
        mojibake = sum(map(len, _MOJIBAKE.findall(text)))
        lost = len(_LOST.findall(text))
    control = 0 if text.isprintable() else len(_CONTROL.findall(text))
    return (
        mojibake / len(text),
        lost / len(text),
        control / len(text),
        _num_noisy(text, tokens) / len(tokens),
    )


def _num_noisy(text: str, tokens: list[str]) -> int:
    spread = 0
    if _MAY_BE_SPREAD.search(text):
        spread = sum((len(run) + 1) // 2 for run in _SPREAD.findall(text) if _LATIN_LETTER.match(run))
    if not _MAY_BE_SUSPECT.search(text) or not _SUSPECT.search(text):
        return spread
    return spread + sum(map(_is_noise, tokens))


def _is_noise(token: str) -> bool:
    return len(token) <= _MAX_TOKEN and bool(_SUSPECT.search(token)) and not _NO_WORD.search(token)

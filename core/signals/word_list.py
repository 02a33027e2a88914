"""How often a document has words of a list: a list of its own language, from the user's files."""

from __future__ import annotations

import functools
import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from core import disk
from core.errors import BadInputError
from core.signals import _combining, _language
from core.types import ColumnKind, Columns

NO_SPACES = frozenset(("ja", "th", "zh"))  # languages that part no words by spaces
_FILE = re.compile(r"([a-z]{2,3})([-_][A-Za-z0-9]+)*(\.txt)?")  # named after a language's tag, as LDNOOBW's
_ALSO = {"fil": "tl"}  # the identifier's name for it
_MARKS = range(
    0x300, 0xFE00
)  # where the marks of living scripts stand, before those that choose emoji's looks
_LONGEST = 100  # characters of an entry
_TELLING = 3  # letters of a word that few texts have by chance
_PARTING = {i: " " for i in range(128) if not re.match(r"\w", chr(i))}  # ASCII that is in no word
_NULL = (float("nan"),) * 3


@dataclass(frozen=True, slots=True)
class WordList:
    """Hits of a word list: how many, by word, and of how many different entries. A list, no judgement.

    `lists` is a folder with a file a language, named `en` or `en.txt` after it, or one such file: an entry
    a line, a word or several, as in LDNOOBW's lists. Files of one language (`fr`, `fr-CA`) are taken
    together. The language of a text is the identifier's, from its first `max_chars` characters; with
    `language` set all texts are in that one, and a single file may have any name. Null where the language
    has no list, and for a text without words.

    Case does not count. An entry is met as whole words, its spaces as any white space; of entries that
    overlap the first counts, of those that begin at one place the longest. In Chinese, Japanese and Thai
    entries are met anywhere (Latin words in them still whole), and each letter counts as a word.

    `word_list_hits` counts places, `word_list_share` is that by word, `word_list_entries` counts entries.
    On one core 6,000 documents of 1.7 kB a second, most of it the identifier's time; 20,000 with `language`.
    """

    name: ClassVar[str] = "word_list"
    version: ClassVar[int] = 1
    kind: ClassVar[ColumnKind] = "toxicity"
    lists: str = field(default="", metadata={"file": True})
    language: str = ""
    max_chars: int = 200

    def __post_init__(self) -> None:
        """Refuse to identify a language by nothing."""
        if self.max_chars < 1:
            raise BadInputError(f"word_list.max_chars = {self.max_chars}", "is at least 1", "set 200")

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns' names."""
        return ("word_list_hits", "word_list_share", "word_list_entries")

    @property
    def inputs(self) -> tuple[str, ...]:
        """Each list's language and hash: the same lists under any path sign the same."""
        self._lists()
        found = _files(self.lists, self.language)
        return tuple(sorted(f"{language} {disk.file_sha256(path)}" for language, path in found))

    def score(self, texts: Sequence[str]) -> Columns:
        """Return the three columns."""
        lists, fixed = self._lists(), _code(self.language)
        languages = [fixed or _language.identify(text, self.max_chars)[0] for text in texts]
        rows = [_row(text, lists.get(code or "")) for text, code in zip(texts, languages, strict=True)]
        values = np.array(rows, dtype=np.float64).reshape(len(rows), 3)
        return {name: np.ascontiguousarray(values[:, i]) for i, name in enumerate(self.columns)}

    def _lists(self) -> Mapping[str, Entries]:
        files = _files(self.lists, self.language)
        return _read(tuple((language, path, path.stat().st_mtime_ns) for language, path in files))


class Entries:
    """The entries of one language's list, ready to be looked for."""

    def __init__(self, entries: Sequence[str], spaced: bool) -> None:
        """Take entries as `folded` leaves them; `spaced` where spaces part the language's words."""
        self.spaced = spaced
        self.pattern = re.compile(_pattern(entries, spaced))
        # Most texts have none of the words that entries consist of, and need no search: each entry's longest
        # word tells. Of an entry such as `a$$`, which has only short ones, the characters themselves do.
        words = {entry: max(_words(entry), key=len, default="") for entry in entries}
        parts = {entry: max(entry.split(), key=len) for entry in entries}
        plain = [entry for entry in entries if len(words[entry]) >= _TELLING or words[entry] == parts[entry]]
        self.telling = frozenset(words[entry] for entry in plain)
        self.signs = [parts[entry] for entry in set(entries).difference(plain)]

    def met(self, text: str) -> tuple[list[str], int]:
        """Return the entries that stand in a text, in order and each time, and the number of its words."""
        text = _caseless(text)
        if not self.spaced:
            return self.pattern.findall(_single_spaced(text)), sum(map(str.isalpha, text))
        words = _words(text)
        if self.telling.isdisjoint(words) and not any(sign in text for sign in self.signs):
            return [], len(words)
        return self.pattern.findall(_single_spaced(text)), len(words)


def _row(text: str, entries: Entries | None) -> tuple[float, float, float]:
    """Return hits, hits by word and different entries; nulls without a list or a word."""
    met, words = entries.met(text) if entries else ([], 0)
    return (float(len(met)), len(met) / words, float(len(set(met)))) if words else _NULL


def folded(text: str) -> str:
    """Return the text without case, in Unicode's composed form, its white space single spaces."""
    return _single_spaced(_caseless(text))


def _caseless(text: str) -> str:
    text = text.casefold()
    if text.isascii() or unicodedata.is_normalized("NFC", text):
        return text
    return unicodedata.normalize("NFC", _combining.decomposed(text))


def _single_spaced(text: str) -> str:
    return " ".join(text.split())


def _pattern(entries: Sequence[str], spaced: bool) -> str:
    """Return what finds an entry, the longest that begins at a place, between borders.

    The entries share their beginnings, so that each place of a text is left at the first letter that no
    entry goes on with, however many there are.
    """
    root: dict[str, Any] = {}
    for entry in entries:
        node = root
        for character in entry:
            node = node.setdefault(character, {})
        node[""] = {}
    inside = f"[{_marks()}\\w]" if spaced else "[a-z0-9]"
    if spaced:
        return f"(?<!{inside})(?:{_branches(root)})(?!{inside})"
    border = f"(?:(?<!{inside})|(?!{inside}))"  # not within a Latin word
    return f"{border}(?:{_branches(root)}){border}"


def _branches(node: Mapping[str, Any]) -> str:
    """Return the pattern of what may follow, longer ends first."""
    found = []
    for character, after in node.items():
        if character:
            chain = re.escape(character)
            while len(after) == 1 and "" not in after:
                ((character, after),) = after.items()
                chain += re.escape(character)
            rest = _branches(after)
            found.append(f"{chain}{rest if rest.startswith('(?:') or not rest else f'(?:{rest})'}")
    if not found:
        return ""
    return f"(?:{'|'.join(found)})?" if "" in node else "|".join(found)


@functools.cache
def _marks() -> str:
    """Return the marks that belong to the letter before them, which are no word characters to `re`."""
    return "".join(char for char in map(chr, _MARKS) if unicodedata.category(char) in ("Mn", "Mc"))


def _words(text: str) -> list[str]:
    return text.translate(_PARTING).split() if text.isascii() else _word().findall(text)


@functools.cache
def _word() -> re.Pattern[str]:
    return re.compile(f"[{_marks()}\\w]+")


def _files(where: str, language: str) -> list[tuple[str, Path]]:
    """Return the language and the path of each list, in the order of their names."""
    path = Path(where).expanduser()
    if not where or not path.exists():
        remedy = "name a folder with a file a language (en, de.txt), or one file: word_list.lists=PATH"
        raise BadInputError(where or "word_list", "needs lists of words", remedy)
    if path.is_file():
        match = _FILE.fullmatch(path.name)
        if not (language or match):
            rule = "its name tells no language"
            raise BadInputError(where, rule, "name it en or en.txt, or set word_list.language=en")
        return [(_code(language or (match[1] if match else "")), path)]
    matches = [(match, one) for one in sorted(path.iterdir()) if (match := _FILE.fullmatch(one.name))]
    found = [(_code(match[1]), one) for match, one in matches if one.is_file()]
    if language:
        found = [pair for pair in found if pair[0] == _code(language)]
    if not found:
        rule = f"holds no list of {language}" if language else "holds no file that is named after a language"
        raise BadInputError(where, rule, "name the files en, de.txt and so on, an entry a line")
    return found


def _code(tag: str) -> str:
    return _ALSO.get(tag, tag)


@functools.lru_cache(maxsize=4)
def _read(files: tuple[tuple[str, Path, int], ...]) -> Mapping[str, Entries]:
    """Read the lists; a file's time tells it anew."""
    entries: dict[str, dict[str, None]] = {}
    for language, path, _ in files:
        try:
            lines = path.read_text(encoding="utf-8-sig").split("\n")
        except (ValueError, OSError) as error:
            rule = f"cannot be read as UTF-8 text ({type(error).__name__})"
            raise BadInputError(path, rule, "save it as UTF-8, an entry a line") from None
        found = [entry for line in lines if (entry := folded(line))]
        if not found:
            raise BadInputError(path, "holds no entry", "write an entry a line, or take the file away")
        if any(len(entry) > _LONGEST for entry in found):
            raise BadInputError(
                path, f"has a line of more than {_LONGEST} characters", "write an entry a line"
            )
        entries.setdefault(language, {}).update(dict.fromkeys(found))
    return {language: Entries(list(known), language not in NO_SPACES) for language, known in entries.items()}

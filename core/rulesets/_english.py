"""Words and sentences of English, split as datatrove splits them: as spaCy's blank English pipeline does.

The rules are spaCy's (`tokenizer.pyx`, `lang/en`, `lang/punctuation.py`, MIT licence), written anew:
white space parts chunks; a chunk is a known exception ("don't" is "do" and "n't"), or loses its
prefixes and suffixes one by one and is then cut at its infixes. What a chunk is made of is remembered.
Values may differ from spaCy's in two corners: a chunk of more than 1,000 characters is cut into runs
of word characters and single symbols (spaCy needs quadratic time there), and an exception that spaces
break up does not hide one beside it.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Iterator
from functools import cache
from itertools import chain, islice
from typing import NamedTuple

from core.rulesets._characters import ICONS, LETTERS, LOWER, SENTENCE_ENDS, UPPER
from core.rulesets._exceptions import EXCEPTIONS

LONGEST_CHUNK = 1_000
_REMEMBERED = 200_000  # chunks, about 40 MB
_REMEMBERED_CHARACTERS = 4_000_000  # of all these together; each may be a word of its own
_MARKS = frozenset(",.;!?")
_LONGEST_SUFFIX = 12  # a run of full stops aside
_QUOTES = (
    r"'\"\u201d\u201c`\u2018\u00b4\u2019\u201a,\u201e\u00bb\u00ab\u300c-\u300f\uff08\uff09"
    r"\u3014\u3015\u3010\u3011\u300a\u300b\u3008\u3009\u2329\u232a\u27e6\u27e7"
)
_PUNCT = (
    r"\u2026,:;!?\u00bf\u061f\u00a1()\[\]{}<>_#*&\u3002\uff1f\uff01\uff0c\u3001\uff1b\uff1a\uff5e\u00b7"
    r"\u0964\u060c\u06d4\u061b\u066a"
)
_CURRENCY = r"$\u00a3\u20ac\u00a5\u0e3f\ufdfc\u20a0-\u20bf"
_UNITS = (
    r"(?:[kdcm]?m|\u043a\u043c|[\u0434\u0441\u043c]?\u043c|\u0643\u0645|[\u0633\u0645]?\u0645)[\u00b2\u00b3]?"
    r"|ha|[\u00b5n]m|yd|in|ft|[km\u00b5]?g|t|lb|oz|k?m/[sh]|kmh|mph|h?Pa|mbar|[mkgt]b|[MKGT]B|[TGMK%]"
    r"|\u043d\u043c|[\u043a\u043c]?\u0433|\u043c/\u0441|\u043a\u043c/\u0447|\u043a?\u041f\u0430|\u043c\u0431\u0430\u0440"
    r"|[\u041a\u041c\u0413][\u0431\u0411]|[\u043a\u043c\u0433]\u0431|\u0422[\u0431\u0411]|\u0442\u0431\u0643\u0645"
    r"|\u063a\u0631\u0627\u0645|\u062c\u0631\u0627\u0645|\u062c\u0645|\u0643\u063a|\u0645\u0644\u063a"
    r"|\u0643\u0648\u0628|\u0627\u0643\u0648\u0627\u0628"
)
_NAME = r"[A-Za-z0-9\u00a1-\uffff]"
_ADDRESS = (
    r"(?:(?!(?:10|127)(?:\.\d{1,3}){3})(?!(?:169\.254|192\.168)(?:\.\d{1,3}){2})"
    r"(?!172\.(?:1[6-9]|2\d|3[0-1])(?:\.\d{1,3}){2})(?:[1-9]\d?|1\d\d|2[01]\d|22[0-3])"
    r"(?:\.(?:1?\d{1,2}|2[0-4]\d|25[0-5])){2}(?:\.(?:[1-9]\d?|1\d\d|2[0-4]\d|25[0-4]))"
    rf"|(?:(?:{_NAME}[A-Za-z0-9\u00a1-\uffff_-]{{0,62}})?{_NAME}\.)+(?:[LOWER]{{2,63}}))"
    r"(?::\d{2,5})?(?:[/?#]\S*)?$"
)
_PROTOCOL = r"(?:[\w+\-.]{2,}://)?"
_LONG = re.compile(r"\w+|\.\.+|\W")
_RUN = re.compile(r"\s+|\S+")


class _Rules(NamedTuple):
    prefix: re.Pattern[str]
    suffix: re.Pattern[str]
    infix: re.Pattern[str]
    address: re.Pattern[str]
    address_with_user: re.Pattern[str]  # apart, for it looks at every @


@cache
def _rules(ascii_only: bool) -> _Rules:
    """Compile the rules; those for ASCII alone give the same for such chunks, ten times as fast."""
    letters, lower, upper = ("A-Za-z", "a-z", "A-Z") if ascii_only else (LETTERS, LOWER, UPPER)
    icons = "\\u00a6" if ascii_only else ICONS
    address = _ADDRESS.replace("LOWER", lower)
    return _Rules(
        re.compile(
            rf"[\u00a7%=\u2014\u2013{_PUNCT}{_QUOTES}{_CURRENCY}{icons}]|\+(?![0-9])|\.\.+|(?:US|[CA])\$"
        ),
        re.compile(
            rf"(?:\u2026\u2026|[\u2014\u2013{_PUNCT}{_QUOTES}{icons}]|['\u2019][sS]|(?<=[0-9])\+"
            rf"|(?<=\u00b0[FfCcKk])\.|(?<=[0-9])(?:[{_CURRENCY}]|(?:US|[CA])\$|{_UNITS})"
            rf"|(?<=[0-9{lower}%\u00b2\-+|(?:){_PUNCT}{_QUOTES}])\.|(?<=[{upper}][{upper}])\.)$"
        ),
        re.compile(
            rf"\.\.+|\u2026|[{icons}]|(?<=[0-9])[+\-*^](?=[0-9-])|(?<=[{lower}{_QUOTES}])\.(?=[{upper}{_QUOTES}])"
            rf"|(?<=[{letters}]),(?=[{letters}])"
            rf"|(?<=[{letters}0-9])(?:-{{1,3}}|[\u2013~]|\u2014{{1,2}})(?=[{letters}])"
            rf"|(?<=[{letters}0-9])[:<>=/](?=[{letters}])"
        ),
        re.compile(_PROTOCOL + address),
        re.compile(_PROTOCOL + r"(?:\S+@)?" + address),
    )


class _Memory(dict[str, tuple[str, ...]]):
    """The words of each chunk met, forgotten all at once when there are too many."""

    characters = 0

    def __missing__(self, chunk: str) -> tuple[str, ...]:
        words = _cut(chunk)
        if len(chunk) <= LONGEST_CHUNK:
            if len(self) >= _REMEMBERED or self.characters > _REMEMBERED_CHARACTERS:
                self.clear()
                self.characters = 0
            self[chunk] = words
            self.characters += len(chunk)
        return words


_memory = _Memory()


def words(text: str) -> list[str]:
    """Return the words of a text, punctuation marks among them; 6 million characters a second."""
    return list(chain.from_iterable(map(_memory.__getitem__, text.split())))


def sentence_ends(text: str) -> Iterator[int]:
    """Yield where each sentence ends: after sentence-final marks, and punctuation that follows them."""
    ended, end = False, 0
    for run in _RUN.finditer(text):
        chunk, start = run[0], run.start()
        if chunk.isspace():
            # the one space after a word belongs to it; any more is a word of its own, and begins a sentence
            chunk = chunk[1:] if start and chunk[0] == " " else chunk
            start = run.end() - len(chunk)
            parts: tuple[str, ...] = (chunk,) if chunk else ()
        else:
            parts = _memory[chunk]
        for word in parts:
            if word in SENTENCE_ENDS:
                ended = True
            elif ended and not _is_punctuation(word):
                yield end
                ended = False
            start += len(word)
            end = start
    if end:
        yield end


def num_sentences(text: str, enough: int) -> int:
    """Count the sentences of a text, up to `enough` of them; a text without any counts as one."""
    chunks = text.split()
    if " ".join(chunks) != text:  # white space that counts as words
        return max(1, sum(1 for _ in islice(sentence_ends(text), enough)))
    found, ended = 1, False
    for chunk in chunks:
        for word in (chunk,) if chunk.isalpha() else _memory[chunk]:
            if word in SENTENCE_ENDS:
                ended = True
            elif ended and not _is_punctuation(word):
                found += 1
                if found >= enough:
                    return found
                ended = False
    return found


def sentences(text: str) -> list[str]:
    """Cut a text into its sentences; the pieces make up the whole text."""
    ends = list(sentence_ends(text))[:-1]
    return [text[a:b] for a, b in zip([0, *ends], [*ends, len(text)], strict=True)]


def _is_punctuation(word: str) -> bool:
    return all(unicodedata.category(character)[0] == "P" for character in word)


def _cut(chunk: str) -> tuple[str, ...]:
    if chunk in EXCEPTIONS:
        return EXCEPTIONS[chunk]
    if chunk.isalpha():  # no affix, infix or address is made of letters alone
        return (chunk,)
    if chunk.isascii() and chunk.isalnum() and chunk[-1].isdigit():  # none ends in a digit without a sign
        return (chunk,)
    if chunk[-1] in _MARKS and chunk.isascii():  # most chunks: a word and one mark, which the rules part too
        word = chunk[:-1]
        if word.isalpha() and word not in EXCEPTIONS and (chunk[-1] != "." or word[-1].islower()):
            return (word, chunk[-1])
    if len(chunk) > LONGEST_CHUNK:
        known: dict[str, str] = {}  # each word once: a million marks are a million texts of 80 bytes
        return tuple(known.setdefault(found[0], found[0]) for found in _LONG.finditer(chunk))
    return _with_exceptions(_affixes(chunk, EXCEPTIONS))


def _affixes(chunk: str, exceptions: Collection[str]) -> list[str]:
    rules = _rules(chunk.isascii())
    before: list[str] = []
    after: list[str] = []
    size = 0
    while chunk and len(chunk) != size and chunk not in exceptions:
        size = len(chunk)
        prefix = _prefix(rules, chunk)
        if prefix and chunk[prefix:] in exceptions:
            before.append(chunk[:prefix])
            chunk = chunk[prefix:]
            break
        suffix = _suffix(rules, chunk[prefix:])
        if suffix and chunk[:-suffix] in exceptions:
            after.append(chunk[-suffix:])
            chunk = chunk[:-suffix]
            break
        if prefix:
            before.append(chunk[:prefix])
        if suffix:
            after.append(chunk[-suffix:])
        chunk = chunk[prefix : len(chunk) - suffix]
    return [*before, *_middle(rules, chunk, exceptions), *reversed(after)]


def _prefix(rules: _Rules, chunk: str) -> int:
    found = rules.prefix.match(chunk)
    return found.end() if found else 0


def _suffix(rules: _Rules, chunk: str) -> int:
    if chunk.endswith(".."):
        return len(chunk) - len(chunk.rstrip("."))
    found = rules.suffix.search(chunk, max(0, len(chunk) - _LONGEST_SUFFIX))
    return len(chunk) - found.start() if found else 0


def _middle(rules: _Rules, chunk: str, exceptions: Collection[str]) -> list[str]:
    if not chunk:
        return []
    if chunk in exceptions:
        return list(EXCEPTIONS[chunk])
    if chunk.isalpha():
        return [chunk]
    if "." in chunk and (rules.address_with_user if "@" in chunk else rules.address).match(chunk):
        return [chunk]
    found: list[str] = []
    start = 0
    for infix in rules.infix.finditer(chunk):
        if infix.start() == 0:
            continue  # as in the reference: the first word takes in what stands before it
        if infix.start() != start:
            found.append(chunk[start : infix.start()])
        found.append(infix[0])
        start = infix.end()
    return [*found, chunk[start:]] if chunk[start:] else found


@cache
def _broken_exceptions() -> dict[tuple[str, ...], tuple[str, ...]]:
    """The exceptions that the affix rules break up, by what they break into: these are put together again."""
    rules = _rules(ascii_only=False)
    return {
        tuple(_affixes(chunk, ())): whole
        for chunk, whole in EXCEPTIONS.items()
        if _prefix(rules, chunk) or _suffix(rules, chunk) or rules.infix.search(chunk)
    }


@cache
def _beginnings() -> tuple[frozenset[str], int]:
    """The first words of what exceptions break into, and the most words of one."""
    broken = _broken_exceptions()
    return frozenset(parts[0] for parts in broken), max(map(len, broken))


def _with_exceptions(parts: list[str]) -> tuple[str, ...]:
    """Put exceptions together again, the longest first and the first of these."""
    first, longest = _beginnings()
    starts = [i for i, part in enumerate(parts) if part in first]
    if not starts:
        return tuple(parts)
    broken = _broken_exceptions()
    taken: set[int] = set()
    chosen: dict[int, int] = {}
    for size in range(min(len(parts), longest), 0, -1):
        for start in starts:
            end = start + size
            if end <= len(parts) and tuple(parts[start:end]) in broken:
                if start not in taken and end - 1 not in taken:
                    chosen[start] = end
                taken.update(range(start, end))
    found: list[str] = []
    at = 0
    while at < len(parts):
        end = chosen.get(at, at + 1)
        found += broken[tuple(parts[at:end])] if at in chosen else parts[at:end]
        at = end
    return tuple(found)

"""What a document's own text says of its licence, and how: the evidence and the licence."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from core.licensing import names, notices, whole
from core.licensing.tiers import expression, tier_of

HEAD, FOOT = 4_000, 2_500  # characters that are looked at; SPDX lines count anywhere
MOST_LINES = 32  # SPDX lines of one document
SPDX = "spdx-license-identifier:"
_HINTS = (
    "licen", "reserved", "public domain", "creative commons", "creativecommons", "gutenberg", "redistribution",
    "permission", "cc-by", "cc by-", "cc by ", "copyright", "noncommercial", "non-commercial", "odc-by", "gpl",
    "opendatacommons", "u.s.c", "work of the u", "official duties", "mozilla public", "altered source", "cc0 ",
)  # fmt: skip
_SIGNS = re.compile(r"(?:^|\n)[^\w\n(\[]+|\*/|/\*")
_QUOTES = {ord(sign): " " for sign in "\"'“”‘’`|"}
_BEFORE = re.compile(r"[^\w]{0,16}(?:rem|dnl)?[^\w]{0,4}$")
_EXPRESSION = re.compile(r"[ \t\"']*([a-z0-9.+\-() \t:]{1,300})", re.I)


@dataclass(frozen=True, slots=True)
class Found:
    """A licence (SPDX, or ``public domain``), its tier, and the evidence: how it was found."""

    licence: str | None
    tier: str
    evidence: str


NOTHING = Found(None, "unknown", "none")


def of_text(text: str) -> Found:
    """Return what a text says of its own licence.

    In this order: ``spdx`` (an SPDX-License-Identifier line, anywhere), ``licence text`` (the document
    is a licence), ``header`` (a standard notice, or a line ``License: …``), ``phrase`` (a sentence that
    names a licence), ``url`` (a licence's address), ``none``. But for SPDX lines only the first 4,000
    and the last 2,500 characters are looked at. "All rights reserved" stands in most BSD notices, so it
    counts only where no header is found; there it overrules phrases and addresses, as in MixtureVitae.

    It reads words, not law: a page that reports on somebody else's licence in such a sentence is taken
    for one that has it.
    """
    lower = text.lower()
    if not any(hint in lower for hint in _HINTS):
        return NOTHING
    if (found := _spdx(text, lower)) is not None:
        return found
    raw = lower if len(lower) <= HEAD + FOOT else f"{lower[:HEAD]}\n\n{lower[-FOOT:]}"
    if not any(hint in raw for hint in _HINTS):
        return NOTHING
    plain = folded(raw)
    if (licence := whole.licence_text(plain, len(text))) is not None:
        return Found(licence, tier_of(licence), "licence text")
    choice = notices.is_choice(plain)
    if licence := names.together(notices.headers(plain, raw), choice=choice):
        return _found(licence, "header")
    reserved = notices.reserves_all(plain)
    for evidence, several in (("phrase", notices.phrases(plain, raw)), ("url", names.addressed(raw))):
        if several and not reserved:
            licence = names.together(several, choice=choice)
            return _found(licence, evidence)
    return _found("LicenseRef-all-rights-reserved", "phrase") if reserved else NOTHING


def _found(licence: str | None, evidence: str) -> Found:
    return Found(licence, tier_of(licence), evidence)


def folded(lower: str) -> str:
    """Return lower-case text without comment signs at the lines' beginnings, white space folded."""
    return " ".join(_SIGNS.sub(" ", lower).translate(_QUOTES).split())


def _spdx(text: str, lower: str) -> Found | None:
    named = [name for at in _lines(lower) if (name := _named(text, lower, at))]
    if not named:
        return None
    return _found(names.together(named), "spdx")


def _lines(lower: str) -> Iterator[int]:
    """Yield where SPDX tags end that begin their line but for signs."""
    at = lower.find(SPDX)
    for _ in range(MOST_LINES):
        if at < 0:
            return
        begin = max(lower.rfind("\n", max(0, at - 40), at) + 1, at - 40)
        if _BEFORE.match(lower, begin, at):
            yield at + len(SPDX)
        at = lower.find(SPDX, at + len(SPDX))


def _named(text: str, lower: str, at: int) -> str | None:
    # a few letters are longer in lower case; then the identifiers' own spelling is not worth finding
    words = _EXPRESSION.match(text if len(text) == len(lower) else lower, at)
    return expression(words[1], whole=False) if words else None

"""Licence notices as they stand in a document's head and foot, told by the words that only they have."""

from __future__ import annotations

import re
from collections.abc import Iterator

from core.licensing import names
from core.licensing.tiers import PUBLIC_DOMAIN

_FREE = "permission is hereby granted, free of charge, to any person obtaining a copy"
_USE = "permission to use, copy, modify, and"
_BSD = "redistribution and use in source and binary forms"
_GNU = re.compile(
    r"(?:terms of|licen[cs]ed under|covered by|governed by)(?: either)? (?:version (?P<before>\d"
    r"(?:\.\d)?) of )?the "
    r"(?:gnu )?(?P<kind>lesser |library |affero )?general public licen[cs]e(?P<after>.{0,160})"
)
_GNU_VERSION = re.compile(r"version (\d(?:\.\d)?)")
_LINE = re.compile(
    r"^[^\w\n]{0,8}(?:__)?licen[cs]e(?:[- ]expression)?(?:__)?[\"']?[ \t]*[:=][ \t]*"
    r"(?:\{[ \t]*text[ \t]*=[ \t]*)?[\"']?([^\n\"']{2,80})",
    re.M,
)
_GRANT = re.compile(
    r"\b(?:(?:re-?)?(?:licen[cs]ed|released|distributed|published|available|provided"
    r"|offered|shared|redistributable|usable|use is permitted)(?: to you| for use)? under"
    r"|(?:covered|governed) by) (?:the )?(?:terms(?: and conditions)? of )?"
)
_OF_THE_WORK = re.compile(
    r"\b(?:this|these|the) (?:\w+ ){0,3}?(?:work|works|file|document|text|book|e-?book|software|code"
    r"|program|module|script|"
    r"image|page|article|publication|report|site|website|material|content|contents|data|data ?set|package"
    r"|library)s? "
    r"(?:is|are|was|has been|have been)(?P<not> not)?(?: \w+){0,3}? (?:in|into|to) the public domain"
)
_GIVEN_AWAY = re.compile(
    r"\b(?:this|the authors?|i|we|hereby)\b[^.]{0,80}?"
    r"\b(?:place[sd]?|release[sd]?|puts?|dedicate[sd]?|donate[sd]?)\b"
    r"[^.]{0,40}? (?:in|into|to) the public domain"
)
_GOVERNMENT = re.compile(
    r"\bwork of the (?:u\.s\.|us|united states)(?: federal)? government\b|\b17 u\.?s\.?c\.? (?:§ ?|section "
    r"|sec\. )?105\b|"
    r"\b(?:officers?|employees?)(?: or employees?)? of the (?:u\.s\.|united states)"
    r"(?: federal)? government\b[^.]{0,80}official duties|"
    r"\bnot subject to copyright(?: protection)? (?:in|within) the united states\b"
)
_COMMONS = re.compile(
    r"\bcreative commons[ ,:-]{1,3}(?:attribution|by|zero|public domain mark)\b|"
    r"(?<![\w#])cc(?:-by(?:-(?:nc|sa|nd)){0,2}(?:-\d\.\d)?\b| by(?:-(?:nc|sa|nd)){1,2}\b| by \d\.\d\b"
    r"|0 1\.0\b|0(?= (?:licen|public|universal|dedic|waiver)))"
)
_PHRASES = re.compile(
    r"\bopen government licen[cs]e\b|\bopen database licen[cs]e\b"
    r"|\bopen data commons attribution licen[cs]e\b|\bodc-by\b|"
    r"\bpublic domain (?:mark 1\.0|dedication and licen[cs]e)\b"
)
_RESERVED = re.compile(r"\ball rights (?:are )?reserved\b")
_NON_COMMERCIAL = re.compile(
    r"\bfor (?:personal(?: and|,| or)? |academic(?: and|,| or)? |research(?: and|,| or)? |educational"
    r"(?: and|,| or)? ){0,3}"
    r"non-?commercial (?:use|purposes?)(?: only)?\b"
)
_GUTENBERG = re.compile(
    r"\bstart of (?:the|this) project gutenberg e(?:book|text)\b|^the project gutenberg e(?:book"
    r"|text) of "
)
_CHOICE = re.compile(
    r"\b(?:dual|triple|tri)[ -]licen|\blicen[cs]ed under either\b|\bunder (?:the terms of )?either of\b"
)
_DENIALS = ("not ", "n't ", "never ")
MOST_FINDS = 8  # of one rule in one document


def headers(plain: str, lines: str) -> list[str]:
    """Return the licences whose standard notice stands there, or that a line ``License: …`` names.

    Args:
        plain: lower-case words, comment signs and line breaks folded to spaces.
        lines: the same in its own lines.
    """
    found = [*_permissions(plain), *_standing(plain)]
    found += [_gnu(match) for match in _some(_GNU, plain)]
    found += filter(None, (names.recognised(match[1].strip(" ,;*/")) for match in _some(_LINE, lines)))
    gutenberg = _GUTENBERG.search(plain.lstrip("﻿ ")) if "gutenberg" in plain else None
    if gutenberg:
        copyrighted = "copyrighted project gutenberg" in plain
        found.append("LicenseRef-Gutenberg" if copyrighted else PUBLIC_DOMAIN)
    return list(dict.fromkeys(found))


def _permissions(plain: str) -> Iterator[str]:
    """The notices that carry their whole licence: MIT, ISC, BSD, zlib, the Unlicense."""
    if _FREE in plain:
        yield "MIT" if "copyright notice and this permission notice" in plain else "MIT-0"
    if _USE in plain and "with or without fee is hereby granted" in plain:
        copied = "copyright notice and this permission notice appear in all copies" in plain
        yield "ISC" if copied else "0BSD"
    elif _USE in plain and "software and its documentation" in plain:
        yield "HPND"
    if _BSD in plain:
        yield _clauses(plain)
    if "altered source versions must be plainly marked" in plain:
        yield "Zlib"
    if "free and unencumbered software released into the public domain" in plain:
        yield "Unlicense"


def _clauses(plain: str) -> str:
    if "all advertising materials mentioning features" in plain:
        return "BSD-4-Clause"
    if "used to endorse or promote products" in plain:
        return "BSD-3-Clause"
    return "BSD-2-Clause" if "redistributions in binary form must reproduce" in plain else "LicenseRef-BSD"


def _standing(plain: str) -> Iterator[str]:
    """The notices that point to a licence in fixed words."""
    for words, licence in (
        ("licensed under the apache license, version 2.0", "Apache-2.0"),
        ("this file to you under the apache license, version 2.0", "Apache-2.0"),
        ("subject to the terms of the mozilla public license, v. 2.0", "MPL-2.0"),
        ("subject to the mozilla public license version 1.1", "MPL-1.1"),
        (
            "accompanies this distribution, and is available at https://www.eclipse.org/legal/epl-2.0",
            "EPL-2.0",
        ),
        ("terms of the eclipse public license 2.0", "EPL-2.0"),
        ("distributed under the boost software license, version 1.0", "BSL-1.0"),
        ("governed by a bsd-style license", "LicenseRef-BSD"),
        ("governed by an mit-style license", "MIT"),
        ("licensed under the sil open font license", "OFL-1.1"),
    ):
        if words in plain:
            yield licence


def _gnu(found: re.Match[str]) -> str:
    version = _GNU_VERSION.search(found["after"])
    number = found["before"] or (version[1] if version else None)
    later = " or later" if "later version" in found["after"] else ""
    words = f"{found['kind'] or ''}general public license" + (f" {number}{later}" if number else "")
    return names.sequence(words) or "LicenseRef-GPL"


def phrases(plain: str, raw: str) -> list[str]:
    """Return the licences that sentences name: "released under the MIT licence", "CC BY-NC 4.0".

    Args:
        plain: lower-case words, comment signs and line breaks folded to spaces.
        raw: lower-case text with its signs.
    """
    grants = _some(_GRANT, plain) if " under " in plain or "ed by " in plain else ()
    found = [
        names.sequence(plain[match.end() : match.end() + names.MOST_CHARACTERS])
        for match in grants
        if not plain.endswith(_DENIALS, 0, match.start())
    ]
    for pattern, words in ((_COMMONS, raw), (_PHRASES, plain)):
        found += [names.sequence(words[m.start() : m.start() + 120]) for m in _some(pattern, words)]
    if "public domain" in plain and _is_given_away(plain):
        found.append(PUBLIC_DOMAIN)
    if _GOVERNMENT.search(plain):
        found.append("LicenseRef-government")
    named = list(dict.fromkeys(filter(None, found)))
    if not named and "commercial" in plain and _NON_COMMERCIAL.search(plain):
        named.append("LicenseRef-non-commercial")
    return _without_vaguer(named)


def _is_given_away(plain: str) -> bool:
    stated = any(not match["not"] for match in _some(_OF_THE_WORK, plain))
    return stated or _GIVEN_AWAY.search(plain) is not None


def _without_vaguer(named: list[str]) -> list[str]:
    """Leave out a licence without its version where the same one stands with it."""
    exact = [re.sub(r"-\d.*", "", name) for name in named if not name.startswith("LicenseRef-")]
    return [name for name in named if name.removeprefix("LicenseRef-") not in exact or name in exact]


def reserves_all(plain: str) -> bool:
    """Whether the words reserve all rights."""
    return _RESERVED.search(plain) is not None


def is_choice(plain: str) -> bool:
    """Whether the words leave the choice between several licences."""
    return _CHOICE.search(plain) is not None


def _some(pattern: re.Pattern[str], words: str) -> Iterator[re.Match[str]]:
    for number, match in enumerate(pattern.finditer(words)):
        if number >= MOST_FINDS:
            return
        yield match

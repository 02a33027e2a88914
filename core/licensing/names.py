"""Licences by what people call them: "BSD 3-Clause", "GPLv2+", "CC BY-NC 4.0", a licence's address."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache

from core.licensing.tiers import PUBLIC_DOMAIN, canonical, expression

MOST_CHARACTERS = 200
_LICENCE = r"licen[cs]e"
_VERSION = r"(?:[ ,(-]*(?:v(?:ersion|er)?\.? ?)?(\d(?:\.\d)?)(?!\d))?"
_LATER = (
    r"(?:[ ,)]*(\+|(?:or|and) (?:\(at your option\) |at your option,? )?(?:any )?(?:later|newer"
    r"|greater)|only|-only|-or-later))?"
)
_MARKS = (
    r"(?:noncommercial|non-commercial|nc|sharealike|share-alike|share alike|sa|noderivatives|noderivs"
    r"|no derivatives|no derivs|nd)"
)
_MARK = {"s": "sa", "n": "nc"}


def _gnu(found: re.Match[str]) -> str:
    kind, version, later = found[1] or "", found[2], found[3]
    letter = "L" if kind[:1] == "l" else "A" if kind[:1] == "a" else ""
    if version is None:
        return f"LicenseRef-{letter}GPL"
    full = version if "." in version else f"{version}.0"
    name = f"{letter}GPL-{full}-{'or-later' if later and 'only' not in later else 'only'}"
    return canonical(name) or f"LicenseRef-{letter}GPL"


def commons(marks: str, version: str | None) -> str:
    """Return the identifier of a Creative Commons licence by its marks, such as ``by-nc-sa``, and version."""
    words = re.findall(_MARKS, marks)
    kinds = {"nd" if "d" in word[1:] and word[0] == "n" else _MARK[word[0]] for word in words}
    name = "-".join(["CC-BY", *(f"{kind.upper()}" for kind in ("nc", "nd", "sa") if kind in kinds)])
    # where ports and versions are not told, the family decides the tier all the same
    return (version and canonical(f"{name}-{version}")) or f"LicenseRef-{name}"


def _numbered(family: str, default: str | None = None) -> Callable[[re.Match[str]], str]:
    def name(found: re.Match[str]) -> str:
        version = found[1] or default
        full = version if version is None or "." in version else f"{version}.0"
        return (full and canonical(f"{family}-{full}")) or f"LicenseRef-{family}"

    return name


def _bsd(found: re.Match[str]) -> str:
    words = found[1] or found[2] or found[3] or ""
    clauses = {
        "new": 3, "modified": 3, "revised": 3, "simplified": 2, "freebsd": 2, "original": 4,
        "zero": 0, "two": 2, "three": 3, "four": 4, "0": 0, "1": 1, "2": 2, "3": 3, "4": 4,
    }.get(words)  # fmt: skip
    if clauses is None:
        return "LicenseRef-BSD"
    return f"BSD-{clauses}-Clause" if clauses else "0BSD"


def _always(name: str) -> Callable[[re.Match[str]], str]:
    return lambda _: name


_NAMES: tuple[tuple[re.Pattern[str], Callable[[re.Match[str]], str]], ...] = tuple(
    (re.compile(pattern), make)
    for pattern, make in (
        (rf"(?:gnu )?(lesser |library or lesser |library |affero )?general public {_LICENCE}"
         rf"(?: \([al]?gpl\))?{_VERSION}{_LATER}", _gnu),
        (rf"(?:gnu[ -])?([al])?gpl(?=v?\d|[^a-z]|$){_VERSION}{_LATER}", _gnu),
        (rf"(?:gnu )?free documentation {_LICENCE}{_VERSION}|gfdl{_VERSION}", _always("LicenseRef-GFDL")),
        (rf"apache(?: software)?(?: {_LICENCE}){_VERSION}", _numbered("Apache", "2.0")),
        (r"(?:apache|asl)[ -]*(?:v(?:ersion)?\.? ?)?([12](?:\.\d)?)(?!\d)", _numbered("Apache")),
        (rf"mit(?:[ /]x11)?(?:(?= {_LICENCE})|[ -]{_LICENCE}|(?=\s*$|[.,;:)/]|-{_LICENCE}| or "
         rf"| and ))", _always("MIT")),
        (rf"expat {_LICENCE}", _always("MIT")),
        (rf"(?:(new|modified|revised|simplified|original|zero|two|three|four|\d)[ -](?:clause[ -])?)?bsd"
         rf"(?:[ -](\d)[ -]?clause|(?=[ -]{_LICENCE})|(?= style|-style| \()|(?=\s*$|[.,;:)/]| or | and ))"
         rf"(?:[ -]style)?(?: {_LICENCE})?(?: \((?:the )?(\d|new|simplified|revised)[^)]{{0,20}}\)?)?", _bsd),
        (rf"isc(?:(?: {_LICENCE})| \(iscl\)|(?=\s*$))", _always("ISC")),
        (rf"(?:mozilla public {_LICENCE}(?: \(mpl\))?|mpl(?=v?\d|[^a-z]|$)){_VERSION}", _numbered("MPL")),
        (rf"(?:eclipse public {_LICENCE}|epl(?=v?\d|[^a-z]|$)){_VERSION}", _numbered("EPL")),
        (rf"(?:european union public {_LICENCE}|eupl(?=v?\d|[^a-z]|$)){_VERSION}", _numbered("EUPL")),
        (rf"(?:common development and distribution {_LICENCE}|cddl(?=v?\d|[^a-z]"
         rf"|$)){_VERSION}", _numbered("CDDL")),
        (rf"academic free {_LICENCE}{_VERSION}", _numbered("AFL", "3.0")),
        (rf"artistic {_LICENCE}{_VERSION}", _numbered("Artistic", "2.0")),
        (rf"zope public {_LICENCE}{_VERSION}", _numbered("ZPL", "2.1")),
        (rf"boost software {_LICENCE}(?:[ ,-]*version 1\.0)?", _always("BSL-1.0")),
        (rf"(?:python software foundation|psf) {_LICENCE}|psfl?(?=\s*$)", _always("PSF-2.0")),
        (r"(?:the )?unlicense", _always("Unlicense")),
        (rf"zlib(?:/libpng)?(?: {_LICENCE}|(?=\s*$))", _always("Zlib")),
        (rf"w3c {_LICENCE}", _always("W3C")),
        (r"wtfpl", _always("WTFPL")),
        (rf"(?:sil )?open font {_LICENCE}(?: 1\.1)?|ofl(?![a-z])(?: 1\.1)?", _always("OFL-1.1")),
        (rf"(?:open data commons|odc)[ -](?:attribution|by)(?: {_LICENCE})?"
         rf"(?:[ ,-]*v?1\.0)?", _always("ODC-By-1.0")),
        (rf"(?:open data commons )?open database {_LICENCE}|odbl", _always("ODbL-1.0")),
        (r"(?:open data commons )?public domain dedication and licen[cs]e|pddl", _always("PDDL-1.0")),
        (rf"(?:uk )?open government {_LICENCE}(?: v?(?:ersion )?([123])(?:\.0)?)?|ogl(?:[ -]uk)?(?:[ -]v?"
         rf"([123])(?:\.0)?)", lambda m: f"OGL-UK-{m[1] or m[2] or '3'}.0"),
        (r"(?:creative commons |cc )?(?:zero|cc0|cc-zero|cc-0)(?![a-z0-9])(?:[ ,-]*v?(?:1\.0))?"
         r"(?: universal)?(?: \(cc0[^)]{0,12}\))?(?: public domain dedication)?", _always("CC0-1.0")),
        (r"(?:creative commons )?public domain mark(?: 1\.0)?", _always(PUBLIC_DOMAIN)),
        (rf"(?:creative commons[ ,:-]*|cc[ -]*)(?:by|attribution)(?![a-z])((?:[ /_-]+{_MARKS}(?![a-z]))*)"
         rf"(?: (?:international|unported))?(?: {_LICENCE})?{_VERSION}", lambda m: commons(m[1], m[2])),
        (rf"attribution((?:[ /_-]+{_MARKS}(?![a-z]))+)(?: (?:international"
         rf"|unported))?{_VERSION}", lambda m: commons(m[1], m[2])),
        (r"(?:in the |us |u\.s\. )?public[ -]domain", _always(PUBLIC_DOMAIN)),
        (r"(?:a )?(?:work of the )?(?:us|u\.s\.|united states)(?: federal)? government"
         r"(?: works?)?", _always("LicenseRef-government")),
        (r"all rights reserved", _always("LicenseRef-all-rights-reserved")),
        (rf"proprietary|commercial(?: {_LICENCE})?(?=\s*$)|closed source", _always("LicenseRef-proprietary")),
        (r"(?:for )?(?:academic |scientific )?research(?: use)?(?: purposes)?(?: only)?"
         r"(?=\s*$)", _always("LicenseRef-research-use")),
        (r"(?:for )?non-?commercial(?: use)?(?: only)?", _always("LicenseRef-non-commercial")),
    )
)  # fmt: skip
_FILLER = re.compile(r"(?:(?:either|both|the|an?|version of|terms of|of) )*(?:licen[cs]ed under )?")
_BETWEEN = re.compile(r"[\s)]*(?:licen[cs]es?)?[\s)]*(or |and |/|,|;|&|\+)[\s(]*(?:the )?")
_ADDRESS = re.compile(
    r"creativecommons\.org/(?:licenses/(?P<cc>by(?:-n[cd]|-sa)*)(?:/(?P<ccv>\d\.\d))?|publicdomain/"
    r"(?P<pd>zero|mark))"
    r"|apache\.org/licenses/license-(?P<apache>\d\.\d)|gnu\.org/(?:licenses|copyleft)/(?:old-licenses/)?"
    r"(?P<gnu>[al]?gpl|fdl)(?:-(?P<gnuv>\d\.\d))?|(?:opensource|spdx)\.org/licen[cs]es/(?P<id>[a-z0-9.-]{2,40})"
    r"|mozilla\.org/(?:en-us/)?mpl/(?P<mpl>\d\.\d)|(?P<un>unlicense\.org)|boost\.org/(?P<boost>license_1_0)"
    r"|opendatacommons\.org/licenses/(?P<odc>by|odbl|pddl)"
    r"|nationalarchives\.gov\.uk/doc/open-government-licence/(?:version/(?P<ogl>\d))?"
)
_ODC = {"by": "ODC-By-1.0", "odbl": "ODbL-1.0", "pddl": "PDDL-1.0"}


def at_start(words: str) -> tuple[str, int] | None:
    """Return the licence that lower-case words begin with, and where its name ends."""
    skipped = _FILLER.match(words)
    begin = skipped.end() if skipped else 0
    for pattern, make in _NAMES:
        found = pattern.match(words, begin)
        if found and found.end() > begin:
            return make(found), found.end()
    return None


def sequence(words: str) -> str | None:
    """Return the licence or licences that lower-case words begin with: "mit or apache 2.0" is a choice."""
    names: list[str] = []
    choice, at = False, 0
    while (found := at_start(words[at:])) is not None:
        names.append(found[0])
        at += found[1]
        between = _BETWEEN.match(words, at)
        if between is None:
            break
        choice |= between[1] in ("or ", "/")
        at = between.end()
    return together(names, choice=choice)


def together(names: list[str], *, choice: bool = False) -> str | None:
    """Return several licences as one expression; the public domain beside a licence adds nothing."""
    named = list(dict.fromkeys(name for name in names if name != PUBLIC_DOMAIN))
    if not named:
        return PUBLIC_DOMAIN if names else None
    if choice or len(named) == 1:
        return " OR ".join(named)
    return " AND ".join(f"({name})" if " OR " in name else name for name in named)


def addressed(words: str) -> list[str]:
    """Return the licences whose addresses stand in lower-case words, each once, in order."""
    return list(dict.fromkeys(filter(None, map(_by_address, _ADDRESS.finditer(words)))))


def _by_address(found: re.Match[str]) -> str | None:
    if found["cc"]:
        return commons(found["cc"][2:], found["ccv"])
    if found["pd"]:
        return "CC0-1.0" if found["pd"] == "zero" else PUBLIC_DOMAIN
    if found["gnu"]:
        family = "GFDL" if found["gnu"] == "fdl" else found["gnu"].upper()
        exact = found["gnuv"] and canonical(f"{family}-{found['gnuv']}-only")
        return exact or f"LicenseRef-{family}"
    if found["id"]:
        return canonical(found["id"].removesuffix(".html").removesuffix(".php").rstrip("."))
    for key, family in (("apache", "Apache"), ("mpl", "MPL")):
        if found[key]:
            return canonical(f"{family}-{found[key]}")
    if found["odc"]:
        return _ODC[found["odc"]]
    return "Unlicense" if found["un"] else "BSL-1.0" if found["boost"] else f"OGL-UK-{found['ogl'] or 3}.0"


@lru_cache(4096)
def recognised(value: str) -> str | None:
    """Return the licence that a metadata value names: SPDX, an address, a name; None where it names none.

    ``MIT``, ``License :: OSI Approved :: BSD License``, ``Apache 2.0 or MIT``, a Creative Commons address.
    """
    plain = " ".join(value[:MOST_CHARACTERS].split())
    if found := expression(plain):
        return found
    lower = plain.lower().rsplit(":: ", 1)[-1].strip(" \"'`[](){}.,;")
    if lower in ("public domain", "publicdomain", "pd"):
        return PUBLIC_DOMAIN
    if "/" in lower and "." in lower and (linked := addressed(lower)):
        return together(linked)
    return sequence(lower.replace("_", " ").removeprefix("osi approved "))

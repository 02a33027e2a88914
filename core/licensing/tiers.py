"""Licences as SPDX identifiers, and the tier that each stands in.

The tiers are MixtureVitae's (1, 2a, 2b, 3) and, beside them, our own:

- ``1 open``: an explicit open licence, or the public domain.
- ``2a partial``: a permissive corpus whose documents' origin is only partly told; a source's card says so.
- ``2b opaque``: a permissive licence over a restrictive generator or an unknown seed; a card says so.
- ``3 government``: civic and governmental works, and governments' open licences.
- ``copyleft``: what is made of it must be shared alike. ``non-commercial``: for research or private use.
- ``denied``: all rights reserved, no derivatives, proprietary. ``unknown``: nothing found, or not classed.

A licence that SPDX has no identifier for is written SPDX's way, as ``LicenseRef-…``.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache

OPEN, PARTIAL, OPAQUE, GOVERNMENT = "1 open", "2a partial", "2b opaque", "3 government"
COPYLEFT, NON_COMMERCIAL, DENIED, UNKNOWN = "copyleft", "non-commercial", "denied", "unknown"
TIERS = (OPEN, PARTIAL, OPAQUE, GOVERNMENT, COPYLEFT, NON_COMMERCIAL, DENIED, UNKNOWN)
PUBLIC_DOMAIN = "public domain"
_STRICTNESS = {tier: i for i, tier in enumerate((OPEN, GOVERNMENT, PARTIAL, OPAQUE))} | {
    COPYLEFT: 4, UNKNOWN: 5, NON_COMMERCIAL: 6, DENIED: 7,
}  # fmt: skip

# SPDX identifiers by their beginnings, lower case; the first line that fits decides.
_FAMILIES: tuple[tuple[str, str], ...] = (
    (DENIED, r"cc-by(-nc)?-nd-|busl-|elastic-2|licenseref-(all-rights-reserved|.*proprietary|cc-by(-nc)?-nd$)"),
    (NON_COMMERCIAL, r"cc-by-nc-|polyform-(noncommercial|small)|licenseref-(research-use|non-commercial|cc-by-nc)"),
    (GOVERNMENT, r"ogl-|nlod-|etalab-|dl-de-|licenseref-(ogl|government)|nist-pd|us-pd"),
    (COPYLEFT, r"[al]?gpl-|gfdl-|mpl-|epl-|eupl-|cddl-|cecill-(1|2|c)|osl-|cc-by-sa-|odbl-|cdla-sharing-|cpl-|ipl-"),
    (COPYLEFT, r"ms-rl|sspl-|cpal-|rpl-|rpsl-|apsl-|qpl-|sleepycat|npl-|ofl-|lgpllr|bsd-protection|copyleft-next"),
    (COPYLEFT, r"fsfap-no|liliq-r|parity-|tapr-|cern-ohl-(s|w|1)|sissl|lppl-|watcom|nosl|spl-1|cua-opl|motosoto"),
    (COPYLEFT, r"fdk-aac|licenseref-([al]?gpl|gfdl|mpl|epl|cddl|cc-by-sa|odbl)"),
    (OPEN, r"mit$|mit-|0bsd|bsd-|apache-|isc($|-)|zlib|libpng|bsl-1|ncsa|x11|unlicense|cc0-|cc-by-\d|cc-pd|cc-sa-0"),
    (OPEN, r"psf-|python-|cnri-|hpnd|w3c|zpl-|afl-|artistic-|php-|oldap-|unicode-|icu|curl|ftl|ijg|upl-|ecl-2|wtfpl"),
    (OPEN, r"odc-by|pddl-|cdla-permissive-|blueoak-|postgresql|vim|ruby|tcl|ntp|openssl|ssleay|naist|ms-pl|mulanpsl"),
    (OPEN, r"beerware|fsfap|fsful|cecill-b|saxpath|bzip2|info-zip|blessing|cern-ohl-p|smlnj|spencer|tcp-wrappers"),
    (OPEN, r"miros|eudatagrid|fair$|intel$|json$|xnet|jasper-2|licenseref-(bsd|mit|apache|cc-by$|python|odc-by)"),
)  # fmt: skip
_CLASSED = tuple((tier, re.compile(pattern)) for tier, pattern in _FAMILIES)
_SHORT = {tier.split()[0]: tier for tier in (OPEN, PARTIAL, OPAQUE, GOVERNMENT)}
_TOKEN = re.compile(r"[()]|[A-Za-z0-9][A-Za-z0-9.\-:]*\+?")
MOST_TOKENS = 40  # of an expression; a longer one is nobody's licence


def tier_named(words: str) -> str | None:
    """Return the tier of that name, or of its short name (``1``, ``2a``, ``2b``, ``3``); None for no tier."""
    folded = " ".join(words.lower().split())
    return folded if folded in TIERS else _SHORT.get(folded)


def below_open(tier: str) -> bool:
    """Whether the tier is 2a or 2b: an open licence, with something untold about where the text came from."""
    return tier in (PARTIAL, OPAQUE)


@lru_cache(4096)
def tier_of(licence: str | None) -> str:
    """Return the tier of a licence, or of an SPDX expression.

    Of ``A OR B`` the user may choose, so the more open counts; ``A AND B`` bind together, so the stricter.
    """
    if licence is None:
        return UNKNOWN
    if licence.lower() == PUBLIC_DOMAIN:
        return OPEN
    return _Reader(_TOKEN.findall(licence), lambda name: (name, _single(name))).read()[1]


def _single(name: str) -> str:
    found = (tier for tier, pattern in _CLASSED if pattern.match(name.lower()))
    return next(found, UNKNOWN)


@lru_cache(4096)
def canonical(name: str) -> str | None:
    """Return an SPDX identifier in its own spelling; None where SPDX lists none of that name."""
    from packaging.licenses import InvalidLicenseExpression, canonicalize_license_expression

    if name.lower() in ("and", "or", "with"):
        return None
    try:
        return str(canonicalize_license_expression(name))
    except InvalidLicenseExpression:
        return None


def expression(words: str, *, whole: bool = True) -> str | None:
    """Return the SPDX expression that the words are, identifiers and operators in their own spelling.

    Args:
        words: ``mit or (apache-2.0 and bsd-3-clause)``.
        whole: whether nothing may follow; else the longest expression at the beginning counts.

    Returns:
        None where there is no expression, or where it names a licence that SPDX does not list.
    """
    tokens = _TOKEN.findall(words)[: MOST_TOKENS + 1]
    if not tokens or len(tokens) > MOST_TOKENS or (whole and "".join(tokens) != "".join(words.split())):
        return None
    reader = _Reader(tokens, lambda name: (canonical(name) or "", ""))
    try:
        found = reader.read()[0]
    except ValueError:
        return None
    return None if whole and reader.at < len(tokens) else found


class _Reader:
    """Reads an expression by descent; ``WITH`` binds most, then ``AND``, then ``OR``."""

    def __init__(self, tokens: list[str], known: Callable[[str], tuple[str, str]]) -> None:
        self.tokens, self.known, self.at = tokens, known, 0

    def read(self) -> tuple[str, str]:
        """Return the expression's spelling and tier."""
        return self._joined("OR", lambda: self._joined("AND", self._one))

    def _joined(self, operator: str, part: Callable[[], tuple[str, str]]) -> tuple[str, str]:
        name, tier = part()
        while self._next() == operator:
            back, self.at = self.at, self.at + 1
            try:
                other, its_tier = part()
            except ValueError:  # words that go on after the expression
                self.at = back
                break
            name = f"{name} {operator} {other}"
            if tier:
                choose = min if operator == "OR" else max
                tier = choose(tier, its_tier, key=_STRICTNESS.__getitem__)
        return name, tier

    def _one(self) -> tuple[str, str]:
        word = self._next()
        self.at += 1
        if word == "(":
            name, tier = self.read()
            if self._next() != ")":
                raise ValueError("no closing bracket")
            self.at += 1
            return f"({name})", tier
        name, tier = self.known(self.tokens[self.at - 1] if word else "")
        if not name:
            raise ValueError("no identifier")
        if self._next() == "WITH" and self.at + 1 < len(self.tokens):
            name = f"{name} WITH {self.tokens[self.at + 1]}"
            self.at += 2
        return name, tier

    def _next(self) -> str:
        return self.tokens[self.at].upper() if self.at < len(self.tokens) else ""

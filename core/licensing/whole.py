"""Documents that are licences: told from files that merely carry one by how little else they hold."""

from __future__ import annotations

from collections.abc import Sequence

from core.licensing import notices

_COPIES = "everyone is permitted"
# Licence, words in the document's head, all of which must be there, and the usual length in characters.
_TEXTS: tuple[tuple[str, tuple[str, ...], int], ...] = (
    ("AGPL-3.0-only", ("gnu affero general public license", "version 3, 19 november 2007", _COPIES), 34_500),
    ("LGPL-3.0-only", ("gnu lesser general public license", "version 3, 29 june 2007", _COPIES), 7_600),
    ("GPL-3.0-only", ("gnu general public license", "version 3, 29 june 2007", _COPIES), 35_100),
    ("LGPL-2.1-only", ("gnu lesser general public license", "version 2.1, february 1999", _COPIES), 26_500),
    ("LGPL-2.0-only", ("gnu library general public license", "version 2, june 1991", _COPIES), 25_400),
    ("GPL-2.0-only", ("gnu general public license", "version 2, june 1991", _COPIES), 18_000),
    ("Apache-2.0", ("apache license", "version 2.0, january 2004", "terms and conditions for use"), 11_400),
    ("MPL-2.0", ("mozilla public license version 2.0", "1. definitions"), 16_700),
    ("MPL-1.1", ("mozilla public license version 1.1", "1. definitions"), 23_700),
    ("EPL-2.0", ("eclipse public license - v 2.0", "any use, reproduction or distribution of the program"), 14_200),
    ("CC0-1.0", ("cc0 1.0 universal", "statement of purpose"), 7_000),
    ("ODbL-1.0", ("open database license", "preamble"), 24_000),
    ("OFL-1.1", ("sil open font license", "preamble", "permission & conditions"), 4_400),
    ("PSF-2.0", ("python software foundation license version 2", "this license agreement is between"), 14_000),
    ("BSL-1.0", ("boost software license - version 1.0", "permission is hereby granted"), 1_340),
)  # fmt: skip
_COMMONS = ("creative commons", "by exercising the licensed rights", "public license")
_COMMONS_MARKS = (
    ("attribution-noncommercial-sharealike 4.0", "CC-BY-NC-SA-4.0"),
    ("attribution-noncommercial-noderivatives 4.0", "CC-BY-NC-ND-4.0"),
    ("attribution-noncommercial 4.0", "CC-BY-NC-4.0"),
    ("attribution-noderivatives 4.0", "CC-BY-ND-4.0"),
    ("attribution-sharealike 4.0", "CC-BY-SA-4.0"),
    ("attribution 4.0", "CC-BY-4.0"),
)
# Short licences: their first and last words; what lies around them is a copyright line and a title.
_SPANS: tuple[tuple[str, str, Sequence[str]], ...] = (
    ("MIT", "permission is hereby granted, free of charge, to any person", ("dealings in the software",)),
    ("ISC", "permission to use, copy, modify, and", ("performance of this software",)),
    ("BSD", "redistribution and use in source and binary forms", ("possibility of such damage", "of such damages")),
    ("Zlib", "this software is provided as-is", ("altered from any source distribution",)),
    (
        "Unlicense",
        "this is free and unencumbered software released into the public",
        ("unlicense.org", "dealings in the software"),
    ),
)  # fmt: skip
HEAD = 4_000  # characters that hold a long licence's title and first words
LARGEST = 1.5  # times the usual length; beyond it the document holds more than the licence
LEAST_PART = 0.6  # of a document's words that a short licence must be
TITLE_WITHIN = 600  # characters from the beginning in which a long licence has its title


def licence_text(plain: str, length: int) -> str | None:
    """Return the licence that a document is; None where it is none, or holds much else.

    Args:
        plain: the document's head and foot in lower case, white space folded.
        length: the document's characters.
    """
    head = plain[:HEAD]
    for licence, words, usual in _TEXTS:
        at = head.find(words[0])
        if 0 <= at < TITLE_WITHIN and usual / 2 < length < usual * LARGEST and all(w in head for w in words):
            return licence
    if all(words in head for words in _COMMONS) and 3_000 < length < 30_000:
        return next((licence for words, licence in _COMMONS_MARKS if words in head), None)
    return _short(plain) if length < 4 * len(plain) else None


def _short(plain: str) -> str | None:
    for name, first, lasts in _SPANS:
        begin = plain.find(first)
        end = max(
            (plain.find(last, begin) + len(last) for last in lasts if plain.find(last, begin) > 0), default=0
        )
        if begin >= 0 and end - begin >= LEAST_PART * len(plain):
            named = notices.headers(plain[begin:end], "")
            return named[0] if named else name
    return None

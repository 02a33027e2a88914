"""All detectors over one text; what overlaps is settled by kind."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from core.signals.personal import _addresses, _money, _national, _phone, _secret
from core.signals.personal._found import KINDS, Found

# Seven digits or more with little between them: every number we know of stands in such a run. One
# search for it is all that ordinary prose costs.
_RUN = re.compile(r"[0-9](?<!\w[0-9])(?:[ .\-/()\u00a0]{0,3}[0-9]){6,}+")
_RANK = {kind: i for i, kind in enumerate(KINDS)}
_AFTER = 8  # characters that a pattern may look past the run's end


def found(text: str) -> list[Found]:
    """Return what looks like personal data or a secret, in order and without overlaps.

    By patterns and check digits alone: names, postal addresses and dates of birth are not looked for.
    Time and memory grow with the text's length, whatever it holds.
    """
    every = [
        *_numbers(text),
        *_secret.secrets(text),
        *_money.ibans(text),
        *_national.codes(text),
        *_addresses.ips(text),
    ]
    if "@" in text:
        every += _addresses.emails(text)
    return _settled(every) if len(every) > 1 else every


def _numbers(text: str) -> Iterator[Found]:
    may_be_named: tuple[bool, bool] | None = None
    last = 0
    for run in _RUN.finditer(text):
        if may_be_named is None:
            may_be_named = _national.has_names(text), _phone.has_words(text)
        start, end = run.start(), min(len(text), run.end() + _AFTER)
        size, is_bare = end - start, run[0].isdigit()
        if size >= 13:
            yield from _money.cards(text, start, end)
        if not is_bare or size >= 17:
            yield from _national.formed(text, start, end)
        if may_be_named[0]:
            yield from _national.named(text, last, start)
        if not is_bare or may_be_named[1] or text.startswith("+", start - 1):
            yield from _phone.phones(text, start, end, may_be_named[1])
        last = run.end()


def _settled(every: Iterable[Found]) -> list[Found]:
    """Keep of any two that overlap the one of the more specific kind, or the longer one of the same."""
    kept: list[Found] = []
    for one in sorted(every, key=lambda one: (one.start, _RANK[one.kind], -one.end)):
        while kept and kept[-1].end > one.start and _is_above(one, kept[-1]):
            kept.pop()
        if not kept or kept[-1].end <= one.start:
            kept.append(one)
    return kept


def _is_above(one: Found, other: Found) -> bool:
    return (_RANK[one.kind], other.end - other.start) < (_RANK[other.kind], one.end - one.start)

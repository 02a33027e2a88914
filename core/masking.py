"""Texts with personal data and secrets masked: by a word for the kind, or by a stand-in that is nobody's."""

from __future__ import annotations

import hashlib
import string
from collections.abc import Callable, Collection, Iterator
from itertools import count, islice
from typing import Literal, TypeAlias, get_args

from core.errors import BadInputError
from core.signals.personal import (
    CHECKS,
    KINDS,
    TEST_CARDS,
    Found,
    Kind,
    country_code,
    found,
    is_card,
    is_nanp,
    marks,
)

ALL: frozenset[Kind] = frozenset(KINDS)
Style: TypeAlias = Literal["placeholder", "surrogate"]
_ROUNDS = 8  # a mask may uncover what overlapped it; the most that random texts took was four


def mask(text: str, kinds: Collection[Kind] = ALL, style: Style = "placeholder", seed: int = 0) -> str:
    """Return the text with all that `core.signals.personal.found` finds of these kinds replaced.

    A placeholder is the kind in angle brackets, such as `<EMAIL>`. A surrogate has the original's shape
    and is kept for documents or fails its check digits, so nobody has it: an address at example.com or in
    192.0.2.0/24, 555-0100 to 555-0199 (outside North America a number from 000), a published test card,
    an account with check digits 00. It depends on the value, its kind and the seed alone, so one value
    has one surrogate in all texts; the seed must be secret where nobody is to find out a value by trying.

    Masking what is masked changes nothing. The same text, kinds, style and seed give the same result.

    Raises:
        BadInputError: a kind or style that is not known.
    """
    _check(kinds, style)
    for _ in range(_ROUNDS):
        places = [one for one in found(text) if one.kind in kinds]
        if not places:
            break
        text = "".join(_pieces(text, places, style, seed))
    return text


def _check(kinds: Collection[str], style: str) -> None:
    if isinstance(kinds, str) or (unknown := sorted(set(kinds) - ALL)):
        shown = kinds if isinstance(kinds, str) else unknown[0]
        raise BadInputError(shown, "is no list of kinds of personal data", f"choose from {', '.join(KINDS)}")
    if style not in get_args(Style):
        raise BadInputError(style, "no style of masking", f"choose from {', '.join(get_args(Style))}")


def _pieces(text: str, places: list[Found], style: str, seed: int) -> Iterator[str]:
    at = 0
    for one in places:
        yield text[at : one.start]
        value = text[one.start : one.end]
        yield (
            f"<{one.kind.upper()}>" if style == "placeholder" else surrogate(value, one.kind, one.what, seed)
        )
        at = one.end
    yield text[at:]


# --- surrogates -------------------------------------------------------------------------------------


def surrogate(value: str, kind: Kind, what: str, seed: int = 0) -> str:
    """Return the stand-in of a value; a number written with other separators has the same digits."""
    plain = "".join(filter(str.isalnum, value)).lower() if kind != "secret" else value
    return _MAKERS[kind](value, what, _Stream(f"{seed}\0{kind}\0{plain}"))


class _Stream:
    """Whole numbers that depend on a key alone, as many as are asked for."""

    def __init__(self, key: str) -> None:
        self._key = hashlib.sha256(key.encode("utf-8", "surrogatepass")).digest()
        self._bytes = self._drawn()

    def _drawn(self) -> Iterator[int]:
        for block in count():
            yield from hashlib.sha256(self._key + block.to_bytes(8, "big")).digest()

    def below(self, limit: int) -> int:
        """Return a number from 0; below some thousands all are as likely within one part in a million."""
        return int.from_bytes(islice(self._bytes, 5), "big") % limit


def _shaped(value: str, stream: _Stream) -> str:
    """Replace digits by digits and letters by letters of their case; leave all else."""
    return "".join(_like(character, stream) for character in value)


def _like(character: str, stream: _Stream) -> str:
    for alphabet in (string.digits, string.ascii_lowercase, string.ascii_uppercase):
        if character in alphabet:
            return alphabet[stream.below(len(alphabet))]
    return character


def _poured(digits: str, value: str) -> str:
    """Put digits, as many as the value has, between its separators."""
    left = iter(digits)
    return "".join(next(left) if old.isdigit() else old for old in value)


def _digits(value: str) -> str:
    return "".join(filter(str.isdigit, value))


def _email(_value: str, _what: str, stream: _Stream) -> str:
    return f"user{stream.below(10**6):06}@example.{('com', 'org', 'net')[stream.below(3)]}"


def _ip(_value: str, what: str, stream: _Stream) -> str:
    if what == "ipv6":
        return f"2001:db8::{1 + stream.below(0xFFFF):x}:{1 + stream.below(0xFFFF):x}"
    return f"{('192.0.2', '198.51.100', '203.0.113')[stream.below(3)]}.{1 + stream.below(254)}"


def _phone(value: str, what: str, stream: _Stream) -> str:
    """Fiction's number where the plan is North America's; else three noughts, behind the country code."""
    digits = _digits(value)
    lead = 2 * digits.startswith("00")
    kept = lead + len(country_code(digits[lead:])) if what == "international" else 0
    if (kept == lead + 1 and digits[lead] == "1") or (what != "international" and is_nanp(digits)):
        area = ("202", "212", "303", "312", "404", "415")[stream.below(6)]
        return _poured(f"{digits[:-10]}{area}55501{stream.below(100):02}", value)
    if len(digits) == 7:
        return _poured(f"55501{stream.below(100):02}", value)
    return _poured(digits[:kept] + "000" + _shaped(digits[kept + 3 :], stream), value)


def _card(value: str, what: str, stream: _Stream) -> str:
    tests = [number for number in TEST_CARDS.get(what, ()) if len(number) == len(_digits(value))]
    return _poured(tests[stream.below(len(tests))], value) if tests else _unsound(value, is_card, stream)


def _iban(value: str, _what: str, stream: _Stream) -> str:
    return value[:2] + "00" + _shaped(value[4:], stream)


def _national(value: str, what: str, stream: _Stream) -> str:
    return _unsound(value, CHECKS[what], stream)


def _unsound(value: str, check: Callable[[str], bool], stream: _Stream) -> str:
    """Return a value of the same shape that fails its check, as most do; of SSNs one in ten."""
    for _ in range(1000):
        made = _shaped(value, stream)
        if not check("".join(filter(str.isalnum, made))):
            return made
    raise AssertionError("a check that takes a thousand random values checks nothing")


def _secret(value: str, _what: str, stream: _Stream) -> str:
    """Its issuer's mark or the key's first and last line, EXAMPLE, and the rest's shape."""
    head, tail = marks(value)
    rest = value[len(head) : len(value) - len(tail)].replace("@", "a")  # or an address would be left
    return f"{head}EXAMPLE{_shaped(rest[7:], stream)}{tail}"


_MAKERS: dict[Kind, Callable[[str, str, _Stream], str]] = {
    "email": _email,
    "ip": _ip,
    "phone": _phone,
    "card": _card,
    "iban": _iban,
    "national_id": _national,
    "secret": _secret,
}

"""National identifiers: each by its written form or after its name, and by its check digits."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import NamedTuple

from core.signals.personal import _checks as checks
from core.signals.personal._found import Found

Check = Callable[[str], bool]


# --- the rules, over the value without its separators ------------------------------------------------

_DUMMY_SSN = frozenset(("078051120", "219099999", "123456789", "111223333"))  # printed on sample cards


def us_ssn(value: str) -> bool:
    """Social Security Administration: no area 000, 666 or from 900, no group 00, no serial 0000."""
    area, group, serial = value[:3], value[3:5], value[5:]
    sound = area not in ("000", "666") and area < "900" and group != "00" and serial != "0000"
    return sound and value not in _DUMMY_SSN and len(set(value)) > 1


def uk_nino(value: str) -> bool:
    """HM Revenue & Customs, NIM39110: the letters a prefix may have, digits, and a suffix A to D."""
    return bool(_NINO.fullmatch(value))


_NINO = re.compile(r"(?!BG|GB|KN|NK|NT|TN|ZZ)[A-CEGHJ-PR-TW-Z][A-CEGHJ-NPR-TW-Z][0-9]{6}[A-D]")


def de_steuer_id(value: str) -> bool:
    """§ 139b AO: of the first ten digits one stands twice or three times, none leads with 0; ISO 7064."""
    counts = sorted(value[:10].count(digit) for digit in set(value[:10]))
    return value[0] != "0" and counts[-1] in (2, 3) and counts[-2] == 1 and checks.mod_11_10(value)


def fr_nir(value: str) -> bool:
    """INSEE: sex, year, month of birth, department and commune, order, and 97 less the remainder of 97."""
    month = int(value[3:5])
    return (
        value[0] in "123478"
        and (1 <= month <= 12 or 20 <= month <= 42 or month >= 50)
        and value[5:7] != "00"
        and int(value[13:]) == 97 - int(value[:13]) % 97
    )


_DNI_LETTERS = "TRWAGMYFPDXBNJZSQVHLCKE"


def es_dni(value: str) -> bool:
    """DNI and NIE: the letter is the number's remainder of 23, X, Y and Z being 0, 1 and 2."""
    number = value[:-1].translate(str.maketrans("XYZ", "012"))
    if not number.isdigit():
        return False
    return _DNI_LETTERS[int(number) % 23] == value[-1] and value not in (
        "12345678Z",
        "00000000T",
        "X1234567L",
    )


_CF_ODD = dict(
    zip(
        "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ",
        (1, 0, 5, 7, 9, 13, 15, 17, 19, 21, 1, 0, 5, 7, 9, 13, 15, 17, 19, 21, 2, 4, 18, 20, 11, 3, 6, 8, 12, 14, 16,
         10, 22, 25, 24, 23),
        strict=True,
    )
)  # fmt: skip


def it_codice_fiscale(value: str) -> bool:
    """DM 23 December 1976: odd places by a table, even ones by their rank, remainder of 26 as a letter."""
    even = sum(int(c) if c.isdigit() else ord(c) - 65 for c in value[1:15:2])
    return chr(65 + (sum(_CF_ODD[c] for c in value[:15:2]) + even) % 26) == value[15]


def nl_bsn(value: str) -> bool:
    """The eleven-test: weights 9 to 2 and -1."""
    return checks.weighted(value, (9, 8, 7, 6, 5, 4, 3, 2, -1), 11) == 0 and len(set(value)) > 2


def in_aadhaar(value: str) -> bool:
    """UIDAI: twelve digits from 2, Verhoeff's digit."""
    return value[0] in "23456789" and checks.verhoeff(value) and value != value[::-1]


def br_cpf(value: str) -> bool:
    """Receita Federal: two digits, each 11 less the remainder of 11, 10 and 11 counting as 0."""
    first = checks.weighted(value, (10, 9, 8, 7, 6, 5, 4, 3, 2), 11)
    second = checks.weighted(value, (11, 10, 9, 8, 7, 6, 5, 4, 3, 2), 11)
    right = f"{(11 - first) % 11 % 10}{(11 - second) % 11 % 10}"
    return len(set(value)) > 1 and value[9:] == right and value != "12345678909"


def pl_pesel(value: str) -> bool:
    """Weights 1, 3, 7, 9 over and over; the century stands in the month."""
    year, month, day = int(value[:2]), int(value[2:4]), int(value[4:6])
    century = (1900, 2000, 2100, 2200, 1800)[month // 20]
    total = checks.weighted(value, (1, 3, 7, 9, 1, 3, 7, 9, 1, 3, 1), 10)
    return checks.is_date(century + year, month % 20, day) and total == 0


def se_personnummer(value: str) -> bool:
    """A date (a day past 60 is a coordination number's) and Luhn over the last ten digits."""
    year, month, day = int(value[:-8]), int(value[-8:-6]), int(value[-6:-4])
    year = year if len(value) == 12 else 2000 + year  # 2000 has the most days of all centuries
    return (
        1880 <= year < 2100
        and checks.is_date(year, month, day - 60 * (day > 60))
        and checks.luhn(value[-10:])
    )


def ca_sin(value: str) -> bool:
    """Luhn's digit; 0 and 8 are not given to people. 046 454 286 is the published example."""
    return value[0] not in "08" and checks.luhn(value) and len(set(value)) > 2


def cn_resident_id(value: str) -> bool:
    """GB 11643-1999: a region, a date of birth, ISO 7064 MOD 11-2."""
    if not value[:-1].isdigit() or value[-1] not in "0123456789X":
        return False
    year, month, day = int(value[6:10]), int(value[10:12]), int(value[12:14])
    return (
        "11" <= value[:2] <= "83"
        and 1880 <= year < 2100
        and checks.is_date(year, month, day)
        and checks.mod_11_2(value)
    )


CHECKS: dict[str, Check] = {
    check.__name__: check
    for check in (
        us_ssn, uk_nino, de_steuer_id, fr_nir, es_dni, it_codice_fiscale, nl_bsn, in_aadhaar, br_cpf, pl_pesel,
        se_personnummer, ca_sin, cn_resident_id,
    )
}  # fmt: skip


# --- where to look for them --------------------------------------------------------------------------


class _Form(NamedTuple):
    check: Check
    pattern: re.Pattern[str]
    land: str = ""  # whose identifier must be named before it; "" where the form suffices


_END = r"(?![\w]|[.,:/-][0-9]|[+-][0-9])"
_DIGITS = tuple(  # the first digit stands alone in front, for the search is fastest so
    _Form(check, re.compile(r"[0-9](?<![\w.,:/+-][0-9])" + pattern + _END))
    for check, pattern in (
        (us_ssn, r"[0-9]{2}-[0-9]{2}-[0-9]{4}"),
        (br_cpf, r"[0-9]{2}\.[0-9]{3}\.[0-9]{3}-[0-9]{2}"),
        (se_personnummer, r"[0-9](?:[0-9]{2})?[0-9]{4}[-+][0-9]{4}"),
        (cn_resident_id, r"[0-9]{16}[0-9X]"),
        (fr_nir, r"(?<=[1-478]) [0-9]{2} [0-9]{2} [0-9]{2} [0-9]{3} [0-9]{3} [0-9]{2}"),
    )
)
_CODES = tuple(
    _Form(check, re.compile(r"[A-Z0-9](?<![\w.+-][A-Z0-9])" + pattern + r"(?![\w])"), land)
    for check, pattern, land in (
        (uk_nino, r"(?<=[A-Z])[A-Z] [0-9]{2} [0-9]{2} [0-9]{2} [A-D]", ""),
        (uk_nino, r"(?<=[A-Z])[A-Z] ?[0-9]{6} ?[A-D]", "uk"),
        (es_dni, r"(?<=[0-9])(?:[0-9]{7}-|[0-9]\.[0-9]{3}\.[0-9]{3}-?)[A-Z]", ""),
        (es_dni, r"(?<=[0-9])[0-9]{7} ?[A-Z]", "es"),
        (es_dni, r"(?<=[XYZ])-?[0-9]{7}-?[A-Z]", ""),
        (
            it_codice_fiscale,
            r"(?<=[A-Z])[A-Z]{5} ?[0-9LMNP-V]{2}[A-EHLMPRST][0-9LMNP-V]{2} ?[A-Z][0-9LMNP-V]{3} ?[A-Z]",
            "",
        ),
    )
)
_HAS_CODE = re.compile(
    r"[0-9](?:[0-9]{1,6}+[ -]?[A-Z](?!\w)|[0-9]? [A-D](?!\w)|[0-9][A-EHLMPRST][0-9]{2} ?[A-Z])"
)


def _loose(length: int) -> re.Pattern[str]:
    return re.compile(rf"[0-9](?:[ ./-]?[0-9]){{{length - 1}}}(?![\w]|[.,-][0-9])")


_NAMED: dict[str, tuple[_Form, ...]] = {
    "us": (_Form(us_ssn, _loose(9)),),
    "de": (_Form(de_steuer_id, _loose(11)),),
    "fr": (_Form(fr_nir, _loose(15)),),
    "nl": (_Form(nl_bsn, _loose(9)),),
    "in": (_Form(in_aadhaar, _loose(12)),),
    "br": (_Form(br_cpf, _loose(11)),),
    "pl": (_Form(pl_pesel, _loose(11)),),
    "se": (_Form(se_personnummer, _loose(12)), _Form(se_personnummer, _loose(10))),
    "ca": (_Form(ca_sin, _loose(9)),),
}
_NAME = re.compile(
    r"""(?<![A-Za-z])(?:
        (?P<us>(?i:ssn|social[ _-]?security))
      | (?P<de>(?i:steuer[ -]?id\w*|steuerliche[ ]identifikationsnummer|tax[ _-]?id)|IdNr|TIN)
      | (?P<fr>NIR|INSEE|(?i:s[ée]curit[ée][ ]sociale))
      | (?P<es>(?i:dni)|NIF|NIE|(?i:documento[ ]nacional))
      | (?P<nl>(?i:bsn|burgerservicenummer|sofi-?nummer))
      | (?P<in>(?i:aadh?aa?r|uidai)|आधार)
      | (?P<br>(?i:cpf))
      | (?P<pl>(?i:pesel))
      | (?P<se>(?i:personnummer|personal[ ]identity[ ]n|samordningsnummer))
      | (?P<ca>SIN|NAS|(?i:social[ _-]?insurance|assurance[ ]sociale))
      | (?P<uk>(?i:nino|national[ _-]?insurance|ni[ ]number))
    )""",
    re.VERBOSE,
)
_CAPITALS = ("TIN", "NIR", "INSEE", "NIF", "NIE", "SIN", "NAS")  # in small letters most of them are words
_HINTS = (
    "ssn", "social", "steuer", "tax", "idnr", "curit", "dni", "documento", "bsn", "burgerservice", "sofi", "aadh",
    "adhaar", "uidai", "आधार", "cpf", "pesel", "person", "samordning", "assurance", "nino", "insurance", "ni number",
)  # fmt: skip
_GAP = re.compile(r"[^\d@<>]{0,30}")  # no mask of ours may stand in it, else masking twice would find more
_WINDOW = 64


def has_names(text: str) -> bool:
    """Whether an identifier's name may stand in the text: cheaper than a look before every number."""
    lower = text.lower()
    return any(hint in lower for hint in _HINTS) or any(name in text for name in _CAPITALS)


def formed(text: str, start: int, end: int) -> Iterator[Found]:
    """Identifiers anywhere in a run of digits, by their form."""
    for form in _DIGITS:
        for match in form.pattern.finditer(text, start, end):
            if form.check(_bare(match[0])):
                yield Found("national_id", *match.span(), form.check.__name__)


def named(text: str, since: int, start: int) -> Iterator[Found]:
    """The identifier at the start of a run of digits, where its name stands before it, `since` at the earliest."""
    for form in _NAMED.get(_announced(text, start, since), ()):
        match = form.pattern.match(text, start)
        if match and form.check(_bare(match[0])):
            yield Found("national_id", *match.span(), form.check.__name__)
            return


def codes(text: str) -> Iterator[Found]:
    """Identifiers with letters."""
    if not _HAS_CODE.search(text):
        return
    for form in _CODES:
        for match in form.pattern.finditer(text):
            is_named = not form.land or form.land == _announced(text, match.start())
            if is_named and form.check(_bare(match[0])):
                yield Found("national_id", *match.span(), form.check.__name__)


def _announced(text: str, at: int, since: int = 0) -> str:
    """Return whose identifier the last name in the 64 characters before `at` announces."""
    last = None
    for last in _NAME.finditer(text, max(since, at - _WINDOW), at):  # noqa: B007 the last one is meant
        pass
    return str(last.lastgroup) if last and _GAP.fullmatch(text, last.end(), at) else ""


def _bare(value: str) -> str:
    return "".join(filter(str.isalnum, value))

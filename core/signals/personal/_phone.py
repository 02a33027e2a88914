"""Telephone numbers."""

from __future__ import annotations

import re
from collections.abc import Iterator

from core.signals.personal._found import Found

# ITU-T E.164's country codes; national numbers' lengths where a plan has few, else 7 to 12 digits.
_ASSIGNED = """
    1 7 20 27 30 31 32 33 34 36 39 40 41 43 44 45 46 47 48 49 51 52 53 54 55 56 57 58 60 61 62 63 64 65 66
    81 82 84 86 90 91 92 93 94 95 98 211 212 213 216 218 220 221 222 223 224 225 226 227 228 229 230 231 232
    233 234 235 236 237 238 239 240 241 242 243 244 245 246 248 249 250 251 252 253 254 255 256 257 258 260
    261 262 263 264 265 266 267 268 269 290 291 297 298 299 350 351 352 353 354 355 356 357 358 359 370 371
    372 373 374 375 376 377 378 380 381 382 383 385 386 387 389 420 421 423 500 501 502 503 504 505 506 507
    508 509 590 591 592 593 594 595 596 597 598 599 670 672 673 674 675 676 677 678 679 680 681 682 683 685
    686 687 688 689 690 691 692 850 852 853 855 856 880 886 960 961 962 963 964 965 966 967 968 970 971 972
    973 974 975 976 977 992 993 994 995 996 998
"""
_CODES = frozenset(_ASSIGNED.split())
_LENGTHS: dict[str, tuple[int, int]] = {
    "1": (10, 10), "7": (10, 10), "27": (9, 9), "31": (9, 9), "32": (8, 9), "33": (9, 9), "34": (9, 9),
    "39": (6, 11), "41": (9, 9), "43": (7, 13), "44": (9, 10), "45": (8, 8), "46": (7, 10), "47": (8, 8),
    "48": (9, 9), "49": (6, 12), "52": (10, 10), "54": (10, 11), "55": (10, 11), "56": (9, 9), "57": (8, 10),
    "61": (9, 9), "65": (8, 8), "81": (9, 10), "82": (8, 10), "86": (9, 11), "90": (10, 10), "91": (10, 10),
    "298": (6, 6), "299": (6, 6), "376": (6, 9), "597": (6, 7),
    "351": (9, 9), "353": (7, 10), "358": (6, 11), "420": (9, 9), "852": (8, 8), "972": (8, 9),
}  # fmt: skip

_INTERNATIONAL = re.compile(
    r"(?:\+|00)(?<![\w+.,/]\+)(?<![\w+.,/-]00)[1-9][0-9]{0,2}"
    r"(?:(?:[ \u00a0\-/]|\.(?=[0-9]{2})|[ \u00a0]?\((?:0\))?|\)[ -]?)?[0-9]){6,14}+"
)
_END = re.compile(r"(?![\w]|[.,-][0-9])")
_LAST_GROUP = re.compile(r"(?:[^0-9]+[0-9]*|^[^ ]*)$")
_NANP = re.compile(
    r"(?:1[ .-]?)?(?:\([2-9][0-9]{2}\)[ \u00a0-]?|[2-9][0-9]{2}([ .-]))[2-9][0-9]{2}((?(1)\1|[ .-]))[0-9]{4}"
    r"(?![\w]|[.,-][0-9])"
)
_BEFORE = re.compile(r"[\w.,+/=$€£#-]$|[0-9]\($")
_WORD = re.compile(
    r"(?<![A-Za-z_])(?:phone|telephone|tel|mobile|mob|cell(?:phone)?|fax|whatsapp|call|dial|hotline|contact|telefon|fon|handy"
    r"|t[ée]l[ée]phone|t[ée]l|portable|tel[ée]fono|m[óo]vil|celular|telefone|telefoon|puhelin|телефон|тел|моб"
    r"|电话|電話|手机|전화|फ़ोन)(?:[ _-]?(?:no|nr|number|num|n°|#|nummer))?(?![A-Za-z_])"
    r"(?: (?:us|me|him|her|at|on|is|now|today|or|the|fax|mobile|number|:)){0,3}[\s:.=\"'#–|-]{0,6}[(+]{0,2}$",
    re.IGNORECASE,
)
_HINTS = (
    "phone", "tel", "mob", "cell", "fax", "whatsapp", "call", "dial", "hotline", "contact", "fon", "handy", "portable",
    "móvil", "movil", "puhelin", "tél", "тел", "моб", "电话", "電話", "手机", "전화", "फ़ोन",
)  # fmt: skip
_LOCAL = re.compile(r"[0-9](?:(?: ?[./-] ?|[ \u00a0()]{1,2})?[0-9]){6,14}(?![\w]|[.,-][0-9]|/)")
_OTHER = re.compile(  # dates, and four numbers as in an IP address
    r"[0-9]{1,3}(?:\.[0-9]{1,3}){3}\Z|(?:19|20)\d\d[./ -]\d\d?[./ -]\d\d?\b|\d\d?[./-]\d\d?[./-](?:19|20)\d\d"
)


def has_words(text: str) -> bool:
    """Whether a word for a telephone may stand in the text: cheaper than a look before every number."""
    lower = text.lower()
    return any(hint in lower for hint in _HINTS)


def phones(text: str, start: int, end: int, may_be_named: bool = True) -> Iterator[Found]:
    """Numbers in a run of digits: international, North American by its form, any other after a word.

    International: `+` or `00`, a country code of E.164, and as many digits as that country's numbers
    have. North American: 3-3-4 parted alike, or an area code in brackets; parted by blanks only after
    a word for a telephone, as all other national numbers. Not counted: 555-0100 to 555-0199,
    which are kept for fiction, and what starts with 000, which no plan gives out.
    """
    head = text[max(0, start - 40) : start]
    has_word = may_be_named and bool(_WORD.search(head))
    at = start - 1 if head.endswith("+") else start
    if head.endswith("+") or (has_word and text.startswith("00", start)):
        ends = _international_end(text, at)
        if ends:
            yield Found("phone", at, ends, "international")
            start, has_word = ends, False
    if has_word and at == start and (match := _LOCAL.match(text, start)) and is_local(match[0]):
        yield Found("phone", start - (head.endswith("(") and ")" in match[0]), match.end(), "national")
        return
    for match in _NANP.finditer(text, start - text.startswith("(", start - 1), end):
        parted = match[1] != " " or has_word
        if (
            parted
            and not _BEFORE.search(text, max(0, match.start() - 2), match.start())
            and is_nanp(_digits(match[0]))
        ):
            yield Found("phone", *match.span(), "north american")


def _international_end(text: str, at: int) -> int:
    """Return where an international number ends, 0 where there is none; a number may stand after it."""
    match = _INTERNATIONAL.match(text, at)
    value = match[0] if match else ""
    while len(value) > 7:
        if _END.match(text, at + len(value)) and is_international(_digits(value)):
            return at + len(value)
        value = _LAST_GROUP.sub("", value)
    return 0


def is_international(digits: str) -> bool:
    """Whether digits, with or without 00 before them, are a country code and a number of its length."""
    digits = digits[2:] if digits.startswith("00") else digits
    code = country_code(digits)
    if not code:
        return False
    number = digits[len(code) :]
    if number.startswith("00") or len(set(number)) < 3:
        return False
    least, most = _LENGTHS.get(code, (7, 12))
    if code not in ("39", "225", "242", "241", "229", "378"):  # these keep the 0 abroad
        number = number.removeprefix("0")
    if not least <= len(number) <= most:
        return False
    return code != "1" or is_nanp(number)


def country_code(digits: str) -> str:
    """Return the country code that digits begin with, "" where none is assigned; no code begins another."""
    return next((digits[:n] for n in (1, 2, 3) if digits[:n] in _CODES), "")


def is_nanp(digits: str) -> bool:
    """Whether ten digits, or eleven from 1, are a number of the North American plan outside fiction."""
    if len(digits) != 10 and not (len(digits) == 11 and digits[0] == "1"):
        return False
    digits = digits[-10:]
    area, exchange = digits[:3], digits[3:6]
    if "11" in (area[1:], exchange[1:]) or area[1] == "9" or area[0] in "01" or exchange[0] in "01":
        return False
    return not (exchange == "555" and digits[6:8] == "01") and len(set(digits)) > 2


def is_local(value: str) -> bool:
    """Whether what follows a word for a telephone can be dialled."""
    digits = _digits(value)
    if digits.startswith("00") or _OTHER.match(value) or len(set(digits)) < 3 or not 7 <= len(digits) <= 12:
        return False
    return not (len(digits) in (7, 10, 11) and digits[-7:-2] == "55501")


def _digits(value: str) -> str:
    return "".join(filter(str.isdigit, value.replace("(0)", "")))

"""Payment cards and bank accounts."""

from __future__ import annotations

import re
from collections.abc import Iterator

from core.signals.personal._checks import luhn, mod_97
from core.signals.personal._found import Found

# --- cards ------------------------------------------------------------------------------------------

_CARD = re.compile(
    r"[0-9](?<![\w.,+-][0-9])(?:[0-9]{12,18}|(?<![0-9] [0-9])[0-9]{3}([ -])"
    r"(?:[0-9]{4}\1[0-9]{4}\1[0-9]{1,4}|[0-9]{6}\1[0-9]{4,5})(?!\1[0-9]{4}(?![0-9])))(?![\w]|[.,:][0-9]|-[0-9])"
)
# Issuers by the ranges of their first digits, each with its lengths.
_ISSUERS: tuple[tuple[str, re.Pattern[str], frozenset[int]], ...] = tuple(
    (name, re.compile(prefix), frozenset(lengths))
    for name, prefix, lengths in (
        ("visa", "4", (13, 16, 19)),
        ("mastercard", "5[1-5]|222[1-9]|22[3-9]|2[3-6]|27[01]|2720", (16,)),
        ("amex", "3[47]", (15,)),
        ("discover", "6011|64[4-9]|65", (16, 17, 18, 19)),
        ("jcb", "35(?:2[89]|[3-8])", (16, 17, 18, 19)),
        ("diners", "30[0-5]|309|36|3[89]", (14, 16, 19)),
        ("unionpay", "62", (16, 17, 18, 19)),
        ("mir", "220[0-4]", (16,)),
        ("maestro", "50(?:18|20|38)|5893|6304|6759|676[1-3]", (13, 14, 15, 16, 17, 18, 19)),
        ("rupay", "60(?!11)|81|82|508", (16,)),
    )
)
TEST_CARDS: dict[str, tuple[str, ...]] = {  # published by the networks and processors for trials
    "visa": ("4111111111111111", "4012888888881881", "4242424242424242", "4222222222222"),
    "mastercard": ("5555555555554444", "5105105105105100", "2223003122003222"),
    "amex": ("378282246310005", "371449635398431", "378734493671000"),
    "discover": ("6011111111111117", "6011000990139424"),
    "jcb": ("3530111333300000", "3566002020360505"),
    "diners": ("30569309025904", "38520000023237", "36227206271667"),
    "unionpay": ("6200000000000005", "6205500000000000004"),
}
_TESTS = frozenset(number for numbers in TEST_CARDS.values() for number in numbers)
_NEEDS_WORD = "=/_&#?:'\"([{"
_CARD_WORD = re.compile(
    r"card|visa|master|amex|american express|credit|debit|\bpan\b|\bcc\b|karte|carte|tarjeta|carta|cart[aã]o",
    re.IGNORECASE,
)


def issuer(digits: str) -> str | None:
    """Return who issues cards of this length that begin so, where anybody does."""
    for name, prefix, lengths in _ISSUERS:
        if len(digits) in lengths and prefix.match(digits):
            return name
    return None


def is_card(digits: str) -> bool:
    """Whether an issuer's prefix, its length and Luhn's digit are right, and it is no published test number."""
    return luhn(digits) and issuer(digits) is not None and digits not in _TESTS and len(set(digits)) > 2


def cards(text: str, start: int, end: int) -> Iterator[Found]:
    """Card numbers in a run of digits: bare, or up to 16 by fours, or 4-6-5 and 4-6-4.

    A bare number within quotes, brackets or a URL needs a word for a card in the 40 characters before it.
    """
    for match in _CARD.finditer(text, start, end):
        digits = _digits(match[0])
        if not is_card(digits):
            continue
        bare = digits == match[0] and text[max(0, match.start() - 1) : match.start()] in _NEEDS_WORD
        if (
            not bare
            or not match.start()
            or _CARD_WORD.search(text, max(0, match.start() - 40), match.start())
        ):
            yield Found("card", *match.span(), issuer(digits) or "")


def _digits(value: str) -> str:
    return value.replace(" ", "").replace("-", "")


# --- IBAN -------------------------------------------------------------------------------------------

# The IBAN registry's lengths (SWIFT, ISO 13616).
IBAN_LENGTHS: dict[str, int] = {
    "AD": 24, "AE": 23, "AL": 28, "AT": 20, "AZ": 28, "BA": 20, "BE": 16, "BG": 22, "BH": 22, "BI": 27, "BR": 29,
    "BY": 28, "CH": 21, "CR": 22, "CY": 28, "CZ": 24, "DE": 22, "DJ": 27, "DK": 18, "DO": 28, "EE": 20, "EG": 29,
    "ES": 24, "FI": 18, "FK": 18, "FO": 18, "FR": 27, "GB": 22, "GE": 22, "GI": 23, "GL": 18, "GR": 27, "GT": 28,
    "HN": 28, "HR": 21, "HU": 28, "IE": 22, "IL": 23, "IQ": 23, "IS": 26, "IT": 27, "JO": 30, "KW": 30, "KZ": 20,
    "LB": 28, "LC": 32, "LI": 21, "LT": 20, "LU": 20, "LV": 21, "LY": 25, "MC": 27, "MD": 24, "ME": 22, "MK": 19,
    "MN": 20, "MR": 27, "MT": 31, "MU": 30, "NI": 28, "NL": 18, "NO": 15, "OM": 23, "PK": 24, "PL": 28, "PS": 29,
    "PT": 25, "QA": 29, "RO": 24, "RS": 22, "RU": 33, "SA": 24, "SC": 31, "SD": 18, "SE": 24, "SI": 19, "SK": 24,
    "SM": 27, "SO": 23, "ST": 25, "SV": 28, "TL": 23, "TN": 24, "TR": 26, "UA": 29, "VA": 22, "VG": 24, "XK": 20,
    "YE": 30,
}  # fmt: skip
_IBAN = re.compile(  # from the first digit on, which is rarer than a capital
    r"[0-9](?<=[A-Z]{2}[0-9])(?<![A-Za-z0-9_][A-Z]{2}[0-9])[0-9](?:[A-Z0-9]{11}| [A-Z0-9]{4} )"
)
_PIECE = re.compile(r"[A-Z0-9]{1,4}")


def ibans(text: str) -> Iterator[Found]:
    """Account numbers of a registered country's length with sound check digits, bare or by fours."""
    for match in _IBAN.finditer(text):
        start = match.start() - 2
        length = IBAN_LENGTHS.get(text[start : start + 2])
        if not length:
            continue
        end = start + length + ((length - 1) // 4 if text[start + 4] == " " else 0)
        whole = text[start:end]
        if text[end : end + 1].isalnum() or not (" " not in whole or _by_fours(whole)):
            continue
        if is_iban(whole.replace(" ", "")):
            yield Found("iban", start, end, whole[:2])


def _by_fours(value: str) -> bool:
    pieces = value.split(" ")
    return all(len(piece) == 4 for piece in pieces[:-1]) and bool(_PIECE.fullmatch(pieces[-1]))


def is_iban(value: str) -> bool:
    """Whether a number without spaces has its country's length and sound check digits."""
    if not (value.isascii() and value.isalnum() and value[2:4].isdigit()) or value != value.upper():
        return False
    # 00, 01 and 99 pass the sum for some accounts, but nobody is given them.
    return IBAN_LENGTHS.get(value[:2]) == len(value) and 2 <= int(value[2:4]) <= 98 and mod_97(value)

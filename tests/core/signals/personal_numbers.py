"""Generated numbers of every kind, right and one digit off; none is copied from anybody.

The check digits are found by trying: a generator knows each rule's definition, not the detector's code.
"""

from __future__ import annotations

import base64
import itertools
import json
import random
import string

IBAN_BODIES = {"DE": 18, "GB": (4, 14), "FR": 23, "NL": (4, 10), "ES": 20, "PL": 24, "NO": 11, "MT": (4, 23)}


def digits(rng, count, first="0123456789"):
    return rng.choice(first) + "".join(rng.choices(string.digits, k=count - 1))


def luhn_digit(body):
    total = 0
    for i, digit in enumerate(reversed(body)):
        value = int(digit) * (2 if i % 2 == 0 else 1)
        total += value // 10 + value % 10
    return str(-total % 10)


def verhoeff_digit(body):
    """Products in the dihedral group of order 10, built from its definition."""

    def times(a, b):
        turn = (a + b) % 5 if a < 5 else (a - b) % 5
        return turn + 5 * ((a >= 5) != (b >= 5))

    def permuted(value, times_over):
        for _ in range(times_over):
            value = (1, 5, 7, 6, 2, 8, 3, 0, 9, 4)[value]
        return value

    for check in string.digits:
        total = 0
        for i, digit in enumerate(reversed(body + check)):
            total = times(total, permuted(int(digit), i))
        if total == 0:
            return check
    raise AssertionError


def card(rng):
    prefix, length = rng.choice(
        [("4", 16), ("51", 16), ("55", 16), ("34", 15), ("37", 15), ("6011", 16), ("36", 14)]
    )
    body = prefix + digits(rng, length - len(prefix) - 1)
    return body + luhn_digit(body)


def iban(rng):
    land = rng.choice(sorted(IBAN_BODIES))
    shape = IBAN_BODIES[land]
    letters, count = shape if isinstance(shape, tuple) else (0, shape)
    body = "".join(rng.choices(string.ascii_uppercase, k=letters)) + digits(rng, count)
    number = "".join(str(int(c, 36)) for c in body + land + "00")
    return f"{land}{98 - int(number) % 97:02}{body}"


def us_ssn(rng):
    return f"{rng.randint(1, 665):03}-{rng.randint(1, 99):02}-{rng.randint(1, 9999):04}"


def uk_nino(rng):
    number = digits(rng, 6)
    pairs = " ".join(number[i : i + 2] for i in (0, 2, 4))
    return f"{rng.choice('ABCEHJ')}{rng.choice('ABCEHJ')} {pairs} {rng.choice('ABCD')}"


def de_steuer_id(rng):
    ten = rng.sample(string.digits, 9)
    ten.insert(rng.randint(0, 9), rng.choice(ten))
    if ten[0] == "0":
        return de_steuer_id(rng)
    product = 10
    for digit in ten:
        total = (int(digit) + product) % 10 or 10
        product = total * 2 % 11
    return "".join(ten) + str((11 - product) % 10)


def fr_nir(rng):
    number = f"{rng.choice('12')}{rng.randint(0, 99):02}{rng.randint(1, 12):02}{rng.randint(1, 95):02}{digits(rng, 6)}"
    number += f"{97 - int(number) % 97:02}"
    cuts = (0, 1, 3, 5, 7, 10, 13, 15)
    return " ".join(number[a:b] for a, b in itertools.pairwise(cuts))


def es_dni(rng):
    number = digits(rng, 8)
    return f"{number}-{'TRWAGMYFPDXBNJZSQVHLCKE'[int(number) % 23]}"


def es_nie(rng):
    first, number = rng.choice("XYZ"), digits(rng, 7)
    return f"{first}{number}{'TRWAGMYFPDXBNJZSQVHLCKE'[int(str('XYZ'.index(first)) + number) % 23]}"


def it_codice_fiscale(rng):
    odd = [1, 0, 5, 7, 9, 13, 15, 17, 19, 21, 2, 4, 18, 20, 11, 3, 6, 8, 12, 14, 16, 10, 22, 25, 24, 23]
    name = "".join(rng.choices("BCDFGHLMNPRSTVZ", k=6))
    code = (
        f"{name}{digits(rng, 2)}{rng.choice('ABCDEHLMPRST')}{rng.randint(1, 28):02}{rng.choice('ABCDEFGHIL')}"
    )
    code += digits(rng, 3)
    total = 0
    for i, c in enumerate(code):
        rank = int(c) if c.isdigit() else ord(c) - 65
        total += odd[rank] if i % 2 == 0 else rank
    return code + string.ascii_uppercase[total % 26]


def nl_bsn(rng):
    while True:
        number = digits(rng, 9)
        total = sum(int(d) * w for d, w in zip(number, (9, 8, 7, 6, 5, 4, 3, 2, -1), strict=True))
        if total % 11 == 0:
            return number


def in_aadhaar(rng):
    body = digits(rng, 11, "23456789")
    number = body + verhoeff_digit(body)
    return " ".join(number[i : i + 4] for i in (0, 4, 8))


def br_cpf(rng):
    number = digits(rng, 9)
    for _ in range(2):
        total = sum(int(d) * w for d, w in zip(number, range(len(number) + 1, 1, -1), strict=True))
        rest = total % 11
        number += str(0 if rest < 2 else 11 - rest)
    return f"{number[:3]}.{number[3:6]}.{number[6:9]}-{number[9:]}"


def pl_pesel(rng):
    month = rng.randint(1, 12) + rng.choice((0, 20))
    number = f"{rng.randint(0, 99):02}{month:02}{rng.randint(1, 28):02}{digits(rng, 4)}"
    total = sum(int(d) * w for d, w in zip(number, (1, 3, 7, 9, 1, 3, 7, 9, 1, 3), strict=True))
    return number + str(-total % 10)


def se_personnummer(rng):
    body = f"{rng.randint(0, 99):02}{rng.randint(1, 12):02}{rng.randint(1, 28):02}{digits(rng, 3)}"
    return f"19{body[:6]}-{body[6:]}{luhn_digit(body)}"


def ca_sin(rng):
    body = digits(rng, 8, "12345679")
    number = body + luhn_digit(body)
    return f"{number[:3]}-{number[3:6]}-{number[6:]}"


def cn_resident_id(rng):
    region = rng.choice(("110101", "310104", "440305"))
    body = f"{region}{rng.randint(1950, 2005)}{rng.randint(1, 12):02}{rng.randint(1, 28):02}{digits(rng, 3)}"
    total = sum(int(d) * 2 ** (17 - i) for i, d in enumerate(body))
    return body + "10X98765432"[total % 11]


# What stands before each where digits alone do not suffice, and whether a wrong digit is always seen.
NATIONAL = {
    us_ssn: ("SSN: ", False),
    uk_nino: ("National Insurance number ", False),
    de_steuer_id: ("Steuer-ID: ", True),
    fr_nir: ("NIR ", True),
    es_dni: ("DNI ", True),
    es_nie: ("NIE ", True),
    it_codice_fiscale: ("codice fiscale ", False),  # two letters may stand for each other
    nl_bsn: ("BSN ", True),
    in_aadhaar: ("Aadhaar no. ", True),
    br_cpf: ("CPF ", False),  # remainders 0 and 1 share a digit
    pl_pesel: ("PESEL: ", True),
    se_personnummer: ("personnummer ", True),
    ca_sin: ("SIN: ", True),
    cn_resident_id: ("", True),
}


def email(rng):
    name = "".join(rng.choices(string.ascii_lowercase, k=rng.randint(2, 9)))
    middle = rng.choice((".", "_", "-", "+", "")) + str(rng.randint(1, 99))
    host, top = rng.choice(("gmx", "sub.uni-x", "firm")), rng.choice(("de", "com", "co.uk", "museum"))
    return f"{name}{middle}@{host}.{top}"


def ip(rng):
    if rng.random() < 0.3:
        return "2a02:" + ":".join(f"{rng.randint(1, 65535):x}" for _ in range(7))
    return f"{rng.choice((62, 81, 93, 145, 212))}.{rng.randint(0, 255)}.{rng.randint(0, 255)}.{rng.randint(10, 254)}"


def phone(rng):
    area, exchange, line = rng.choice((212, 415, 617)), rng.randint(222, 499), rng.randint(1000, 9999)
    exchange += exchange % 100 == 11
    return rng.choice(
        (
            f"({area}) {exchange}-{line}",
            f"{area}-{exchange}-{line}",
            f"+1 {area} {exchange} {line}",
            f"+44 20 7{digits(rng, 3)} {digits(rng, 4)}",
            f"+49 (0)30 {digits(rng, 7, '123456789')}",
            f"+33 6 {' '.join(digits(rng, 2) for _ in range(4))}",
            f"Tel. 0171/{digits(rng, 7, '123456789')}",
            f"phone: 020 7{digits(rng, 3)} {digits(rng, 4)}",
        )
    )


def _random(rng, count, alphabet=string.ascii_letters + string.digits):
    return "".join(rng.choices(alphabet, k=count))


def _part(value):
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")


def secret(rng):
    upper = string.ascii_uppercase + "234567"
    return rng.choice(
        (
            lambda: "AK" + "IA" + _random(rng, 16, upper),
            lambda: "gh" + "p_" + _random(rng, 36),
            lambda: "glp" + "at-" + _random(rng, 20),
            lambda: "xo" + "xb-" + digits(rng, 12) + "-" + _random(rng, 24),
            lambda: "sk_" + "live_" + _random(rng, 24),
            lambda: "AI" + "za" + _random(rng, 35),
            lambda: f"{_part({'alg': 'HS256'})}.{_part({'sub': _random(rng, 8)})}.{_random(rng, 43)}",
            lambda: f'api_key = "{_random(rng, 40)}"',
            lambda: f"password: {_random(rng, 5)}7{_random(rng, 6)}q",
            lambda: f"postgres://app:{_random(rng, 14)}@db.host/x",
            lambda: (
                "-----BEGIN RSA "
                + "PRIVATE KEY-----\n"
                + _random(rng, 640)
                + "\n-----END RSA "
                + "PRIVATE KEY-----"
            ),
        )
    )()


def one_off(value, rng):
    """The same with one digit changed, never the first, whose place may not take every digit."""
    places = [i for i, c in enumerate(value) if c.isdigit() and i > 3]
    at = rng.choice(places)
    return value[:at] + rng.choice([d for d in string.digits if d != value[at]]) + value[at + 1 :]


def national(rng):
    make = rng.choice(list(NATIONAL))
    return NATIONAL[make][0] + make(rng)


MAKERS = {
    "email": email, "ip": ip, "phone": phone, "card": card, "iban": iban, "national_id": national, "secret": secret,
}  # fmt: skip


def seeded(seed):
    return random.Random(seed)

"""Check digits, each by its published rule. All take the digits as a string, and say whether it is sound."""

from __future__ import annotations

from datetime import date

_DOUBLED = (0, 2, 4, 6, 8, 1, 3, 5, 7, 9)
_D5 = (
    "0123456789", "1234067895", "2340178956", "3401289567", "4012395678",
    "5987604321", "6598710432", "7659821043", "8765932104", "9876543210",
)  # fmt: skip
_PERMUTED = (
    "0123456789", "1576283094", "5803796142", "8916043527", "9453126870", "4286573901", "2793806415", "7046913258",
)  # fmt: skip


def luhn(digits: str) -> bool:
    """ISO/IEC 7812-1 annex B: every second digit from the right is doubled."""
    values = [int(digit) for digit in reversed(digits)]
    return (sum(values[::2]) + sum(_DOUBLED[value] for value in values[1::2])) % 10 == 0


def verhoeff(digits: str) -> bool:
    """Verhoeff 1969, over the dihedral group of order 10."""
    check = 0
    for i, digit in enumerate(reversed(digits)):
        check = int(_D5[check][int(_PERMUTED[i % 8][int(digit)])])
    return check == 0


def mod_11_10(digits: str) -> bool:
    """ISO 7064 MOD 11,10, the hybrid system."""
    check = 5
    for digit in digits[:-1]:
        check = (((check or 10) * 2) % 11 + int(digit)) % 10
    return ((check or 10) * 2 % 11 + int(digits[-1])) % 10 == 1


def mod_11_2(value: str) -> bool:
    """ISO 7064 MOD 11-2, whose check character may be X."""
    total = 0
    for character in value:
        total = (total * 2 + (10 if character in "Xx" else int(character))) % 11
    return total == 1


def mod_97(value: str) -> bool:
    """ISO 7064 MOD 97-10 as ISO 13616 uses it: the first four characters go last, letters are 10 to 35."""
    return int("".join(str(int(character, 36)) for character in value[4:] + value[:4])) % 97 == 1


def weighted(digits: str, weights: tuple[int, ...], modulus: int) -> int:
    """Return the remainder of the weighted sum of the first `len(weights)` digits."""
    return sum(int(digit) * weight for digit, weight in zip(digits, weights, strict=False)) % modulus


def is_date(year: int, month: int, day: int) -> bool:
    """Whether the calendar has this day."""
    try:
        date(year, month, day)
    except ValueError:
        return False
    return True

"""What a detector reports: where and of which kind, never the value itself."""

from __future__ import annotations

from typing import Literal, NamedTuple, TypeAlias

Kind: TypeAlias = Literal["secret", "iban", "card", "national_id", "email", "ip", "phone"]
# Where two overlap the earlier in this list wins: the more its form or check digits prove, the earlier.
KINDS: tuple[Kind, ...] = ("secret", "iban", "card", "national_id", "email", "ip", "phone")


class Found(NamedTuple):
    """The characters from `start` up to `end`; `what` names the form, such as "us_ssn" or "jwt"."""

    kind: Kind
    start: int
    end: int
    what: str

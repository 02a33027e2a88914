"""Personal data and secrets in a text: one small file a family, one function over all of them."""

from core.signals.personal._found import KINDS, Found, Kind
from core.signals.personal._money import TEST_CARDS, is_card
from core.signals.personal._national import CHECKS
from core.signals.personal._phone import country_code, is_nanp
from core.signals.personal._search import found
from core.signals.personal._secret import marks

__all__ = [
    "CHECKS",
    "KINDS",
    "TEST_CARDS",
    "Found",
    "Kind",
    "country_code",
    "found",
    "is_card",
    "is_nanp",
    "marks",
]

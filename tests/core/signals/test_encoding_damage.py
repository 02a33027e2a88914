"""Damage by encodings and scanners is seen, and clean text in any language is not damage."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.signals.encoding_damage import EncodingDamage


def share(column, text):
    return EncodingDamage().score([text])[column][0]


def misread(text, encoding):
    return text.encode().decode(encoding, "ignore")


@pytest.mark.parametrize(
    ("expected", "column", "text"),
    [
        (2 / 5, "mojibake_share", "cafÃ©"),
        (3 / 6, "mojibake_share", "itâ€™s"),
        (4 / 8, "mojibake_share", "abcdðŸ˜€"),
        (1.0, "mojibake_share", misread("привет", "latin-1")),
        (1.0, "mojibake_share", misread("漢字", "latin-1")),
        (1 / 4, "lost_character_share", "abc\ufffd"),
        (1 / 4, "lost_character_share", "xyz\ud800"),
        (1 / 4, "control_character_share", "abc\x00"),
        (0.0, "control_character_share", "a\tb\r\nc\fd"),
        (2 / 4, "ocr_noise_share", "he is c0ming wi|l"),
        (4 / 5, "ocr_noise_share", "t h e y came"),
        (0.0, "ocr_noise_share", "I saw a b on it"),
        (0.0, "ocr_noise_share", "see www.a1b.org/x2y?z=3d and a@b2c.de in 1980s 3D"),
    ],
)
def test_counted_by_eye(expected, column, text):
    """Shares are of characters, and for OCR noise of tokens."""
    assert expected == pytest.approx(share(column, text))


@pytest.mark.parametrize(
    "text",
    [
        "L'été à Nîmes : « J'ai mangé\u00a0», dit-elle. « Il est né\u00a0» — À bientôt\u00a0!",
        "Ärger über „Ä“ und Öl, größer als Åse. Não há razão: SÃO PAULO, «avó» e “você”.",
        "Zażółć gęślą jaźń. Příliš žluťoučký kůň. Şişli, İstanbul. Þórður á Íslandi.",
        "Быстрая лиса. Η γρήγορη αλεπού. שלום עולם. مرحبا بالعالم. 敏捷的棕色狐狸。 नमस्ते 안녕하세요 สวัสดี",
    ],
)
def test_clean_text_is_not_damaged(text):
    """Accents, quotation marks and other scripts are no mojibake and no noise."""
    assert [0, 0, 0, 0] == [values[0] for values in EncodingDamage().score([text]).values()]


@given(st.text(st.sampled_from("éèàüößçñøåł’“”–…€"), min_size=1, max_size=50), st.sampled_from(["latin-1"]))
def test_every_european_letter_read_wrongly_is_seen(text, encoding):
    """What Latin-1 makes of UTF-8 is mojibake, nearly to the last character."""
    assert share("mojibake_share", misread(text, encoding)) > 0.6


@given(st.text(max_size=300))
def test_shares_lie_between_0_and_1(text):
    """A share is a share, and null only for blank texts."""
    for values in EncodingDamage().score([text]).values():
        assert 0 <= values[0] <= 1 or (math.isnan(values[0]) and not text.split())

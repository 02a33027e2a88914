"""Masking hides every value, keeps the rest, is stable, and changes nothing when done again."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import BadInputError
from core.masking import mask, surrogate
from core.signals.personal import KINDS, found
from tests.core.signals import personal_numbers as numbers

STYLES = ["placeholder", "surrogate"]
seeds = st.integers(0, 2**32)


def text_of(seed):
    """Every kind once, in a text with its own words."""
    rng = numbers.seeded(seed)
    return "\n".join(f"He wrote {make(rng)} and more." for make in numbers.MAKERS.values())


def test_placeholders_name_the_kind():
    """Only the value goes, and what stands around it stays."""
    text = "Ask jo@firm.de (81.2.69.160), tel. 0171/1234567; SSN 536-21-2203, card 4539 1488 0343 6467."

    assert "Ask <EMAIL> (<IP>), tel. <PHONE>; SSN <NATIONAL_ID>, card <CARD>." == mask(text)


def test_kinds_are_a_choice():
    """What is not asked for stays."""
    assert "jo@firm.de on <IP>" == mask("jo@firm.de on 81.2.69.160", ["ip"])


@pytest.mark.parametrize("style", STYLES)
@given(seed=seeds)
def test_masked_is_masked(style, seed):
    """Nothing is found in what was masked, none of the values is left, and masking again changes nothing."""
    text = text_of(seed)
    masked = mask(text, style=style)

    assert [] == found(masked)
    assert masked == mask(masked, style=style)
    assert not [one for one in found(text) if text[one.start : one.end] in masked]


@pytest.mark.parametrize("style", STYLES)
@pytest.mark.parametrize("kinds", [KINDS, ("email", "phone"), ("card", "national_id")])
@given(
    st.lists(
        st.sampled_from(
            (
                "SSN ",
                "536-21-2203",
                "a@b.de",
                "@",
                " ",
                "tel. ",
                "0171/1234567",
                "<EMAIL>",
                "(",
                "4539148803436467",
                "+1 ",
                "415-823-2671",
                ".",
                "x",
                "password=",
                "hunter2!x",
                "://u:",
                "81.2.69.160",
                "000",
                "BSN ",
                "-",
            )
        ),
        max_size=14,
    ).map("".join)
)
def test_masking_again_changes_nothing(style, kinds, text):
    """Even where masks uncover or join what stood beside them."""
    masked = mask(text, kinds, style)

    assert masked == mask(masked, kinds, style)


@given(seed=seeds)
def test_surrogates_keep_the_shape(seed):
    """Numbers keep their separators and length; addresses and secrets stay such to the eye."""
    rng = numbers.seeded(seed)
    card, iban, phone = numbers.card(rng), numbers.iban(rng), numbers.phone(rng)
    by_fours = " ".join(card[i : i + 4] for i in range(0, len(card), 4)) if len(card) == 16 else card
    masked = [mask(value, style="surrogate") for value in (by_fours, iban, phone)]

    assert [len(by_fours), len(iban), len(phone)] == [len(value) for value in masked]
    assert [i for i, c in enumerate(phone) if not c.isdigit()] == [
        i for i, c in enumerate(masked[2]) if not c.isdigit()
    ]
    assert iban[:2] + "00" == masked[1][:4]


@pytest.mark.parametrize(
    ("kind", "what", "value", "pattern"),
    [
        ("email", "email", "jo@firm.de", r"user\d{6}@example\.(com|org|net)"),
        ("ip", "ipv4", "81.2.69.160", r"(192\.0\.2|198\.51\.100|203\.0\.113)\.\d{1,3}"),
        ("ip", "ipv6", "2a00::1:2:3", r"2001:db8::[0-9a-f]{1,4}:[0-9a-f]{1,4}"),
        ("phone", "north american", "(415) 823-2671", r"\(\d{3}\) 555-01\d\d"),
        ("phone", "international", "+44 20 7183 8750", r"\+44 00 0\d{3} \d{4}"),
        ("card", "visa", "4539-1488-0343-6467", r"4\d{3}-\d{4}-\d{4}-\d{4}"),
        ("secret", "github", "gh" + "p_" + "aB3" * 12, r"ghp_EXAMPLE\w{29}"),
    ],
)
def test_surrogates_are_nobodys(kind, what, value, pattern):
    """They are from the ranges kept for documents, fiction and tests."""
    made = surrogate(value, kind, what)

    assert re.fullmatch(pattern, made)
    assert [] == found(f"tel. {made}")


def test_a_value_has_one_surrogate():
    """The same in every text and however it is parted; another seed gives another."""
    one, other = (mask(text, style="surrogate") for text in ("4539148803436467", "x 4539 1488 0343 6467 y"))
    email = "mail jo@firm.de"

    assert one == other[2:-2].replace(" ", "")
    assert mask(email, style="surrogate") == mask(email, style="surrogate")
    assert mask(email, style="surrogate", seed=1) != mask(email, style="surrogate", seed=2)


@given(st.text(max_size=200))
def test_other_text_is_left_alone(text):
    """What holds nothing personal comes back as it is."""
    if not found(text):
        assert text == mask(text)


@pytest.mark.parametrize(
    ("kinds", "style"), [(["name"], "placeholder"), ("email", "placeholder"), (["ip"], "x")]
)
def test_unknown_choices_are_refused(kinds, style):
    """The error names the choices, and nothing of the text."""
    with pytest.raises(BadInputError, match="choose from") as error:
        mask("jo@firm.de", kinds, style)

    assert "jo@" not in str(error.value)

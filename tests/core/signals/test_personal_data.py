"""Personal data is found by form and check digit, and nothing that only looks like it."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.signals.personal import KINDS, found
from core.signals.personal_data import PersonalData
from tests.core.signals import personal_numbers as numbers

seeds = st.integers(0, 2**32)


def kinds(text):
    return [one.kind for one in found(text)]


def values(text):
    return [text[one.start : one.end] for one in found(text)]


@pytest.mark.parametrize("kind", numbers.MAKERS)
@given(seed=seeds)
def test_right_values_are_found(kind, seed):
    """A value of each kind is found in a sentence, once, and as that kind."""
    value = numbers.MAKERS[kind](numbers.seeded(seed))

    assert [kind] == kinds(f"On 3 May 1998 they gave {value} to us, and left.")


@pytest.mark.parametrize("make", [numbers.card, numbers.iban])
@given(seed=seeds)
def test_a_wrong_digit_is_no_card_and_no_account(make, seed):
    """Luhn and MOD 97-10 see every single wrong digit."""
    rng = numbers.seeded(seed)
    wrong = numbers.one_off(make(rng), rng)

    assert make.__name__ not in kinds(f"The card is {wrong} here.")


@pytest.mark.parametrize("make", numbers.NATIONAL, ids=lambda make: make.__name__)
@given(seed=seeds)
def test_national_identifiers(make, seed):
    """Each is found after its name under its own name; a wrong digit is seen where the rule can see it."""
    rng = numbers.seeded(seed)
    name, is_proved = numbers.NATIONAL[make]
    value = make(rng)
    one = found(name + value)[0]

    assert "es_dni" if make is numbers.es_nie else make.__name__ == one.what
    assert value == (name + value)[one.start : one.end]
    if is_proved:
        assert "national_id" not in kinds(name + numbers.one_off(value, rng))


@pytest.mark.parametrize("make", [numbers.nl_bsn, numbers.pl_pesel, numbers.in_aadhaar, numbers.ca_sin])
@given(seed=seeds)
def test_digits_alone_need_a_name(make, seed):
    """What has no form of its own counts only where it is named."""
    assert "national_id" not in kinds(f"Order {make(numbers.seeded(seed))} was sent.")


@pytest.mark.parametrize(
    ("expected", "text"),
    [
        (["jo.e+x@mail.firm.de"], "<mailto:jo.e+x@mail.firm.de>, please."),
        (["o'neil@firm.ie"], "Write to o'neil@firm.ie."),
        (["81.2.69.160"], "from 81.2.69.160, 10.0.0.1, 127.0.0.1 and 192.0.2.7"),
        (["2a00:1450:4001:81b::200e"], "[2a00:1450:4001:81b::200e]:443 and fe80::1 and ::1"),
        (["+44 20 7183 8750"], "London: +44 20 7183 8750."),
        (["+1-415-823-2671"], "+1-415-823-2671"),
        (["0044 20 7183 8750"], "Tel: 0044 20 7183 8750"),
        (["01 42 68 53 17"], "Tél. : 01 42 68 53 17"),
        (["4539 1488 0343 6467"], "no. 4539 1488 0343 6467, valid to 09/27"),
        (["4539148803436467"], 'card_number="4539148803436467"'),
        (["GB29 NWBK 6016 1331 9268 19"], "IBAN GB29 NWBK 6016 1331 9268 19 BIC NWBK"),
        (["0171/5555678"], "Tel. 0171/5555678"),
        (["AB123456C"], "NINO: AB123456C"),
        (["hunter2!x"], "db: password = 'hunter2!x'"),
    ],
)
def test_written_as_people_write(expected, text):
    """Separators, brackets and what stands around do not belong to the value."""
    assert expected == values(text)


@pytest.mark.parametrize(
    "text",
    [
        "version 81.2.69.160, Chrome/120.0.6099.12, section 4.12.13.14, 1.2.3.4 and 10.11.12.13/24",
        "OID 1.3.6.1.4.1.311.21.20; path M2.5 2.67.49.49 0 1",
        "12:30:45, 00:1b:44:11:3a:b7, std::vector, a::b, ::1, 2001:db8::1",
        "2024-01-31, 31.01.2024, 1914-1918, 2024-01-31T12:00:00+0100, 19990101-20001231",
        "ISBN 978-3-16-148410-0, ISBN 0-306-40615-2, ISSN 2049-3630, 10.1000/182, CAS 7732-18-5",
        "d41d8cd98f00b204e9800998ecf8427e da39a3ee5e6b4b0d3255bfef95601890afd80709",
        "1700000000, 1700000000000, 1700000000000000, 1700000000000000000, 0xDEADBEEF12345678",
        "3.14159265358979, 6.02214076e23, -1234567.891, $1,234,567.89, 12 345 678, 1e-16",
        "user_id=5558675309123 order 123456789 row 4155552671 phone_id = 4158232671",
        "icon@2x.png, @decorator, a@b, user@localhost, joe@example.com, git@github.com:me/it.git, x @ y.z",
        "550e8400-e29b-41d4-a716-446655440000, R2D2, 8 x 8, 123-45-678, 078-05-1120, 000-12-3456, 900-12-3456",
        "call 555-0123 or (212) 555-0143; +1 800 555 0199 is fiction, too",
        "4111 1111 1111 1111, 4242424242424242 and 378282246310005 are for tests",
        "password = get_password(), token: str = next(tokens), api_key=os.environ['API_KEY'], secret = None",
        "password: ********, password=changeme, key = 'primary_key_name', token = first_token2_of_many",
        "AKIAIOSFODNN7EXAMPLE, AKIAXXXXXXXXXXXXXXXX, ghp_short, eyJhbGciOi, -----BEGIN RSA PRIVATE KEY-----",
        "postgres://user:password@db/x, https://${USER}:${PASS}@host.org/, http://a:b@c",
        "1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20, 01 02 03 04 05 06",
        "DE00 3704 0044 0532 0130 00 and GB82 WEST 1234 5698 7654 33",
    ],
)
def test_look_alikes_are_not_found(text):
    """Versions, dates, hashes, constants and what is kept for examples are nobody's."""
    assert [] == values(text)


def test_the_more_specific_kind_wins():
    """Of what overlaps one is kept: a URL's password before the address that it seems to make."""
    text = "https://joe:s3cr3tpq@firm.de/x and DE89370400440532013000"

    assert ["secret", "iban"] == kinds(text)


@given(st.text(st.sampled_from("0123456789 .-+()/:@abeXYZ=\n"), max_size=300))
def test_found_are_in_order_and_apart(text):
    """Any text gives spans that lie in it, rise, and do not overlap."""
    places = [place for one in found(text) for place in (one.start, one.end)]

    assert places == sorted(places)
    assert all(one.kind in KINDS and 0 <= one.start < one.end <= len(text) for one in found(text))


def test_counts_and_their_sum():
    """A column a kind, and one for all."""
    scored = PersonalData().score(["jo@firm.de, max@firm.de, 81.2.69.160", ""])

    assert {"pii_email": 2, "pii_ip": 1, "pii_count": 3} == {k: v[0] for k, v in scored.items() if v[0]}
    assert [0] * 8 == [column[1] for column in scored.values()]


def test_nothing_of_the_text_is_kept():
    """What is found says where, not what, and shows so when it is printed."""
    assert "jo@firm" not in repr(found("jo@firm.de"))


HOSTILE = [
    "1", "1 ", "1.", "1-", "a@", "@", "a@a.", "a.@", "aB3/", "://", "://a:", "://a:b@", "eyJ", "eyJa.eyJa.", "AKIA",
    "ghp_a", "+1", "+49 ", "(", "(415) ", "2001:", "1.1.1.", "AB12 ", "DE89", "GB12ABCD", "A1", "password=", "key",
    "token: ", "api_key='", "-----BEGIN PRIVATE KEY-----\n", "SSN ", "tel ", "phone: 1", "4539 1488 ", "12345678Z ",
    "123-45-6789-", "ABCDEF12A", "\ud800", "İ@a.de ", "x" * 63 + ".", "password=a1" + "b" * 300,
]  # fmt: skip


@pytest.mark.parametrize("unit", HOSTILE, ids=range(len(HOSTILE)))
def test_hostile_texts_take_linear_time(unit):
    """Long texts of any one thing take bounded time: squared time would be minutes and more."""
    text = unit * (200_000 // len(unit))
    began = time.process_time()
    found(text)

    assert time.process_time() - began < 10

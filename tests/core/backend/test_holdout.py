"""What is held out: a share of every domain, chosen by the texts alone."""

from hypothesis import given, settings
from hypothesis import strategies as st

from core.backend.holdout import held_out, text_hash, validation_fingerprint

DOMAINS = st.dictionaries(
    st.sampled_from("abcd"), st.lists(st.integers(0, 30).map(lambda i: text_hash(str(i))), min_size=1)
)


def test_every_domain_gives_its_share():
    """Five of a hundred, at least one, at most what is asked; a lone text stays."""
    hashes = {
        "large": [text_hash(f"l{i}") for i in range(100)],
        "small": [text_hash(f"s{i}") for i in range(3)],
        "lone": [text_hash("only")],
    }
    held = held_out(hashes, 0.05, 200)

    assert {"large": 5, "small": 1, "lone": 0} == {
        domain: len(held.intersection(found)) for domain, found in hashes.items()
    }
    assert 2 == len(held_out({"large": hashes["large"]}, 0.05, 2))


@settings(deadline=None)
@given(DOMAINS, st.floats(0.01, 0.99), st.integers(1, 10))
def test_no_domain_loses_its_last_text(hashes, share, most):
    """Whatever copies the domains share."""
    held = held_out(hashes, share, most)

    assert all(set(texts) - held for texts in hashes.values())


@settings(deadline=None)
@given(DOMAINS, st.floats(0.01, 0.99), st.integers(1, 10))
def test_choice_depends_on_texts_alone(hashes, share, most):
    """Neither their order nor repeats nor the domains' order matter."""
    turned = {domain: hashes[domain][::-1] * 2 for domain in reversed(hashes)}

    assert held_out(hashes, share, most) == held_out(turned, share, most)


def test_copies_in_two_domains_are_held_out_of_both():
    """Of two equal domains each gives the same text, which counts for both."""
    texts = [text_hash(f"t{i}") for i in range(20)]

    assert 1 == len(held_out({"a": texts, "b": texts}, 0.05, 9))


def test_fingerprint_of_the_validation_part_is_that_of_its_texts():
    """Order does not matter, a text more or another domain does."""
    one, two = text_hash("one"), text_hash("two")

    assert validation_fingerprint({"a": [one, two]}) == validation_fingerprint({"a": {two, one}})
    assert 3 == len({validation_fingerprint(v) for v in ({"a": [one]}, {"a": [one, two]}, {"b": [one]})})

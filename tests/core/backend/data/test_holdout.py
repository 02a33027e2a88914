"""What is held out: a share of every domain, chosen by the texts alone."""

import hashlib

from hypothesis import given, settings
from hypothesis import strategies as st

from core.backend.data.holdout import held_out, text_hash, validation_fingerprint

DOMAINS = st.dictionaries(
    st.sampled_from("abcd"), st.lists(st.integers(0, 30).map(lambda i: text_hash(str(i))), min_size=1)
)
PAIRS = st.lists(st.tuples(st.integers(0, 30), st.integers(0, 30)), max_size=30)


def alike(hashes, pairs):
    """Near copies among the domains' texts, both ways, by hash."""
    found, there = {}, {text for texts in hashes.values() for text in texts}
    for one, other in pairs:
        a, b = text_hash(str(one)), text_hash(str(other))
        if a != b and {a, b} <= there:
            found[a] = found.get(a, frozenset()) | {b}
            found[b] = found.get(b, frozenset()) | {a}
    return found


def test_every_domain_gives_its_share():
    """Five of a hundred, at least one, at most what is asked; a lone text stays."""
    hashes = {
        "large": [text_hash(f"l{i}") for i in range(100)],
        "small": [text_hash(f"s{i}") for i in range(3)],
        "lone": [text_hash("only")],
    }
    held = held_out(hashes, 0.05, 200).held

    assert {"large": 5, "small": 1, "lone": 0} == {
        domain: len(held.intersection(found)) for domain, found in hashes.items()
    }
    assert 2 == len(held_out({"large": hashes["large"]}, 0.05, 2).held)


@settings(deadline=None)
@given(DOMAINS, PAIRS, st.floats(0.01, 0.99), st.integers(1, 10))
def test_no_domain_loses_its_last_text(hashes, pairs, share, most):
    """Whatever copies and near copies the domains share; no text is two things at once."""
    found = held_out(hashes, share, most, alike(hashes, pairs))

    assert all(set(texts) - found.held - found.left_out for texts in hashes.values())
    assert not found.held & found.left_out


@settings(deadline=None)
@given(DOMAINS, PAIRS, st.floats(0.01, 0.99), st.integers(1, 10))
def test_choice_depends_on_texts_alone(hashes, pairs, share, most):
    """Neither their order nor repeats nor the domains' order matter."""
    turned = {domain: hashes[domain][::-1] * 2 for domain in reversed(hashes)}

    assert held_out(hashes, share, most, alike(hashes, pairs)) == held_out(
        turned, share, most, alike(hashes, pairs)
    )


@settings(deadline=None)
@given(DOMAINS, PAIRS, st.floats(0.01, 0.99), st.integers(1, 10))
def test_what_is_trained_on_is_no_near_copy(hashes, pairs, share, most):
    """But where it is said to be; no domain loses more to near copies than it may hold out."""
    copies = alike(hashes, pairs)
    found = held_out(hashes, share, most, copies)
    trained = {text for texts in hashes.values() for text in texts} - found.held - found.left_out

    assert sum(bool(copies.get(text, frozenset()) & trained) for text in found.held) <= sum(
        found.close.values()
    )
    for texts in hashes.values():
        distinct = set(texts)
        assert len(distinct & found.left_out) <= min(most, max(1, round(share * len(distinct))))


def test_a_text_with_near_copies_is_passed_over_for_another():
    """Which costs no text: the first by hash stays in training, the second is held out for it."""
    first, second, *_ = texts = sorted(text_hash(f"t{i}") for i in range(20))
    found = held_out({"a": texts}, 0.05, 9, {first: frozenset([texts[15]])})

    assert {second} == found.held
    assert ({"a": 1}, frozenset(), {}) == (found.passed_over, found.left_out, found.close)


def test_where_all_have_near_copies_these_are_left_out():
    """Pairs of near copies: one of a pair is held out, and the other trained on nowhere, in no domain."""
    texts = sorted(text_hash(f"t{i}") for i in range(20))
    copies = {one: frozenset([other]) for one, other in zip(texts, texts[::-1], strict=True)}
    found = held_out({"a": texts, "b": [texts[-1], text_hash("b1"), text_hash("b2")]}, 0.05, 9, copies)

    assert texts[0] in found.held
    assert {texts[-1]} == found.left_out
    assert {} == found.close


def test_a_domain_of_near_copies_alone_keeps_its_loss():
    """Nothing else can be held out of it, and it is said how many of them are close to training."""
    texts = [hashlib.sha256(bytes([i])).digest() for i in range(100)]
    found = held_out({"a": texts}, 0.05, 9, {text: frozenset(texts) - {text} for text in texts})

    assert set(sorted(texts)[:5]) == found.held
    assert (frozenset(), {"a": 5}, {}) == (found.left_out, found.close, found.passed_over)


def test_copies_in_two_domains_are_held_out_of_both():
    """Of two equal domains each gives the same text, which counts for both."""
    texts = [text_hash(f"t{i}") for i in range(20)]

    assert 1 == len(held_out({"a": texts, "b": texts}, 0.05, 9).held)


def test_fingerprint_of_the_validation_part_is_that_of_its_texts():
    """Order does not matter, a text more or another domain does."""
    one, two = text_hash("one"), text_hash("two")

    assert validation_fingerprint({"a": [one, two]}) == validation_fingerprint({"a": {two, one}})
    assert 3 == len({validation_fingerprint(v) for v in ({"a": [one]}, {"a": [one, two]}, {"b": [one]})})

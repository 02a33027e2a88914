"""Every rule set keeps the same promises: a known reason or None, text by text, whatever the text."""

import dataclasses
import random
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core import bricks
from core.rulesets import PRESETS, RULESETS, Ruleset, first_reasons

PROSE = "The cat sat with an old friend, and they ate some fish by the river that day. "
HOSTILE = {
    "empty": "",
    "one character": "a",
    "punctuation": ".,;:!?-_*#" * 2_000,
    "white space": " \n\t\u00a0\u2028" * 2_000,
    "one line of 5 MB": PROSE * (5_000_000 // len(PROSE)),
    "one word of 5 MB": "a" * 5_000_000,
    "one word a million times": "word " * 1_000_000,
    "one chunk of brackets": "(" * 300_000,
    "an endless address": "http://" + "a.b:c@" * 200_000,
    "many addresses": "http://a.b:c@d/" * 60 + " " + " ".join("a:" * i + "@" for i in range(400)),
    "lone surrogates": "\ud800 \udfff" * 500,
    "right to left": "\u202eשלום עולם، مرحبا بالعالم. " * 200,
    "combining": ("e" + "\u0301" * 50 + " ") * 300,
    "null bytes": "\x00 a\x00b\n" * 500,
    "line feeds": "\n" * 100_000 + "a",
}


@pytest.fixture(params=sorted(RULESETS))
def ruleset(request) -> Ruleset:
    return bricks.make(RULESETS, request.param)


@pytest.mark.parametrize("kind", HOSTILE)
def test_hostile_texts_get_a_verdict_soon(kind):
    """Each rule set gives None or one of its reasons, and none of them hangs."""
    began = time.perf_counter()
    for name, made in RULESETS.items():
        rules = made()

        assert rules.reasons([HOSTILE[kind]])[0] in (None, *rules.all_reasons), name
    assert 20 > time.perf_counter() - began


def test_order_and_neighbours_do_not_matter(ruleset):
    """A text's reason is the same in any order and in any split."""
    rng = random.Random(0)
    texts = [
        "\n".join(rng.choices([PROSE, "short", "- item...", ""], k=rng.randint(0, 12))) for _ in range(60)
    ]
    alone = [ruleset.reasons([text])[0] for text in texts]

    assert alone == ruleset.reasons(texts)
    assert alone[::-1] == ruleset.reasons(texts[::-1])


@given(st.text(), st.sampled_from(sorted(PRESETS)))
@settings(max_examples=60)
def test_any_text_gets_a_known_reason(text, preset):
    """None, or a reason of one of the preset's rule sets."""
    rulesets = [bricks.make(RULESETS, name, changed) for name, changed in PRESETS[preset].items()]
    known = {reason for rules in rulesets for reason in rules.all_reasons}

    assert first_reasons(rulesets, [text])[0] in {None, *known}


def test_settings_make_the_same_rule_set_again(ruleset):
    """Settings are plain values, and survive a round trip through text."""
    made = bricks.settings_of(ruleset)
    typed = {key: value if value is None else str(value) for key, value in made.items()}

    assert ruleset == bricks.make(RULESETS, ruleset.name, made)
    assert ruleset == bricks.make(RULESETS, ruleset.name, typed)


@pytest.mark.parametrize("preset", PRESETS)
def test_a_setting_belongs_to_one_rule_set_of_a_preset(preset):
    """A bare name of a setting is never ambiguous, and what a preset changes is a setting."""
    names = [field.name for part in PRESETS[preset] for field in dataclasses.fields(RULESETS[part])]

    assert len(set(names)) == len(names)
    for part, changed in PRESETS[preset].items():
        bricks.make(RULESETS, part, changed)


def test_no_text_is_no_work(ruleset):
    """An empty list gives an empty list."""
    assert [] == ruleset.reasons([])

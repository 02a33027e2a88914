"""A policy as a value: what it may say, and what its errors say."""

import pytest

from core.errors import BadInputError
from core.policies import PRESETS, dump_policy, parse_policy

PLAIN = "name: p\ncolumns: [toxicity]\nlevels: {mild: 0.5, toxic: 0.8}\n"


@pytest.mark.parametrize("name", PRESETS)
def test_presets_read_as_written(name):
    """Writing and reading give the same policy."""
    assert PRESETS[name] == parse_policy(dump_policy(PRESETS[name]), name)


def test_levels_of_which_nothing_is_said_are_kept():
    """An exception says what differs, the policy the rest."""
    policy = parse_policy(
        PLAIN + "actions: {toxic: drop}\nexceptions: [{name: law, where: 'true', actions: {mild: anneal}}]",
        "p.yaml",
    )
    law = policy.exceptions[0]

    assert ["keep", "keep", "drop"] == [policy.action(level) for level in ("none", "mild", "toxic")]
    assert ["keep", "anneal", "drop"] == [policy.action(level, law) for level in ("none", "mild", "toxic")]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[", "not YAML"),
        ("- a", "a policy is a map of keys"),
        (PLAIN + "action: {}", "unknown key (known keys: name, columns"),
        (PLAIN.replace("0.8", "0.2"), "mild begins at 0.5, above toxic at 0.2"),
        (PLAIN.replace("[toxicity]", "[]"), "at least 1 item"),
        (PLAIN.replace("[toxicity]", "[toxicity, toxicity]"), "a column stands twice"),
        (PLAIN.replace("0.8", ".nan"), "finite"),
        (PLAIN + "actions: {toxic: burn}", "'keep', 'anneal', 'rewrite' or 'drop'"),
        (PLAIN + "exceptions: [{name: law, where: 'true'}]", "exception 'law' changes nothing"),
        (
            PLAIN + "exceptions: [{name: a, where: 'x', actions: {mild: drop}}, "
            "{name: a, where: 'y', actions: {mild: drop}}]",
            "two exceptions have the same name",
        ),
    ],
)
def test_what_is_no_policy_is_refused(text, words):
    """One line that names the file, the rule and the remedy."""
    with pytest.raises(BadInputError) as caught:
        parse_policy(text, "p.yaml")

    assert words.split(" (")[0] in str(caught.value)
    assert "p.yaml" in str(caught.value)
    assert "\n" not in str(caught.value)

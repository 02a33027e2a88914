"""A mixture is a checked value: what is wrong with it is said in one line."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import BadInputError
from core.types import Mixture, check_weights, dump_mixture, parse_mixture

SPEC = """
name: prose-and-maths
corpus: demo
filters:
  - {name: long enough, keep: "word_count >= 50"}
dedup: {method: minhash, scope: global}
selection: {method: quality_sampling, column: educational_value, temperature: 2.0}
weights: {books/moby-dick: 0.2, gsm8k: 0.5, sotu: 0.3}
budget: {tokens: 50_000_000}
max_epochs: {gsm8k: 2}
stages:
  - {until: 0.8}
  - {until: 1.0, weights: {gsm8k: 0.8, sotu: 0.2}}
seed: 0
rationale: why this mixture
"""


def test_the_design_s_example_is_a_mixture():
    """Every key of the format is read."""
    mixture = parse_mixture(SPEC, "spec.yaml")

    assert mixture.budget.tokens == 50_000_000
    assert mixture.selection.model_extra["temperature"] == 2.0
    assert (mixture.epochs_cap("gsm8k"), mixture.epochs_cap("sotu")) == (2.0, 4.0)


def test_what_is_dumped_is_read_back():
    """YAML out and in gives the same value."""
    mixture = parse_mixture(SPEC, "spec.yaml")

    assert mixture == parse_mixture(dump_mixture(mixture), "again")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("name: m\ncorpus: c\nwieghts: {}", "wieghts: unknown key; known keys: name, corpus"),
        ("name: m\ncorpus: c\nweights: {a: 0.5, b: 0.4}", "weights sum to 0.9, not 1; divide each by 0.9"),
        ("name: m\ncorpus: c\nweights: {a: 1.5, b: -0.5}", "weight -0.5 of 'b' is not a number from 0 to 1"),
        ("name: m\ncorpus: c\nweights: {a: .nan}", "finite number"),
        ("name: m\ncorpus: c\nbudget: {tokens: 0}", "greater than 0"),
        ("name: m\ncorpus: c\nmax_epochs: 0", "max_epochs 0.0 is not above 0"),
        ("name: m\ncorpus: c\nstages: [{until: 0.5}]", "the last must be 1.0"),
        ("name: ../m\ncorpus: c", "spec.yaml: name"),
        ("name: m", "spec.yaml: corpus: Field required"),
        ("name: m\ncorpus: c\nbudget: 5", "budget = 5: is a map of keys: tokens; mend it"),
        ("name: m\ncorpus: c\nbudget: {tokens: some}", 'budget.tokens = "some": is a whole number'),
        ("name: m\ncorpus: c\nmax_epochs: four", 'max_epochs = "four": Input should be a valid number'),
        (
            "name: m\ncorpus: c\nstages: [{untill: 1}]",
            "stages.0.untill: unknown key; known keys: until, weights",
        ),
        ("name: m\ncorpus: c\nname: n", "spec.yaml: name: stands twice, again in line 3"),
        ("- 1", "a mixture is a map of keys"),
        ("a: [", "not YAML"),
        (
            "name: m\ncorpus: c\nfilters: [{name: f, keep: 'true'}, {name: f, keep: 'true'}]",
            "two filters have the same name",
        ),
    ],
)
def test_bad_mixtures_name_the_key_and_the_rule(text, message):
    """The error holds the file, the key and the rule, on one line."""
    with pytest.raises(BadInputError) as caught:
        parse_mixture(text, "spec.yaml")

    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(("expected", "written"), [(5_000_000, "5e6"), (1_500_000_000, "1.5E9"), (50, "5_0")])
def test_a_budget_may_be_a_power_of_ten(expected, written):
    """As people write large numbers."""
    mixture = parse_mixture(f"name: m\ncorpus: c\nbudget: {{tokens: {written}}}", "spec.yaml")

    assert expected == mixture.budget.tokens


@given(st.lists(st.floats(0.01, 1e6), min_size=1, max_size=20))
def test_normalised_weights_are_accepted(values):
    """Whatever is divided by its sum sums to 1."""
    total = sum(values)

    check_weights({str(i): value / total for i, value in enumerate(values)})


NEW = """
cross: [language]
groups: {prose: [books × en, news × en]}
preface: source
stages:
  - {until: 0.9, order: {by: quality, descending: true}}
  - {until: 1.0, preface: false}
"""


def test_what_the_format_has_since_learnt_leaves_older_mixtures_as_they_were():
    """A mixture that says nothing of it is written, and signed, as before."""
    old = parse_mixture(SPEC, "old").model_dump(mode="json")
    new = parse_mixture("name: m\ncorpus: c" + NEW, "new")

    assert set() == {"cross", "groups", "preface", "mask"} & set(old)
    assert [{"until", "weights"}] * 2 == [set(stage) for stage in old["stages"]]
    assert new == parse_mixture(dump_mixture(new), "again")
    assert ("source × language", ("books × en", "news × en")) == (new.divided_by, new.groups["prose"])


@pytest.mark.parametrize(
    ("message", "text"),
    [
        ("each column divides the domains once", "cross: [source]"),
        ("'a' is in groups twice; a domain is in one group at most", "groups: {x: [a], y: [b, a]}"),
        ("a stage leaves out the preface, and the mixture has none", "stages: [{until: 1, preface: false}]"),
        ("stages.0.order.by: Field required", "stages: [{until: 1, order: {descending: true}}]"),
    ],
)
def test_what_is_new_has_its_rules(message, text):
    """Each in a line."""
    with pytest.raises(BadInputError) as caught:
        parse_mixture(f"name: m\ncorpus: c\n{text}", "spec.yaml")

    assert message in str(caught.value)


def test_schema_is_json():
    """The mixture's JSON schema forbids unknown keys."""
    assert Mixture.model_json_schema()["additionalProperties"] is False

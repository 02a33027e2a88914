"""Shares of tokens in a trainer's own unit, and stages of what the plan can give."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.exporters._shares import (
    Drawn,
    document_weights,
    mean_tokens,
    obtained,
    phases,
    seed,
    token_weights,
)
from core.mix import resolve
from core.types import ManifestFile
from tests.core.small_corpus import mixture, sized

SHARES = st.dictionaries(st.sampled_from("abcdef"), st.floats(0.01, 1), min_size=1).map(
    lambda raw: {name: part / math.fsum(raw.values()) for name, part in raw.items()}
)


@given(SHARES, st.data())
def test_documents_drawn_by_their_weights_give_the_shares_of_tokens(shares, data):
    """Share over mean tokens, times mean tokens, is the share again."""
    means = {name: data.draw(st.floats(1, 10_000)) for name in shares}
    weights = document_weights(shares, means)
    tokens = {name: weight * means[name] for name, weight in weights.items()}

    assert math.fsum(weights.values()) == pytest.approx(1)
    assert {n: t / math.fsum(tokens.values()) for n, t in tokens.items()} == pytest.approx(shares)


@given(SHARES)
def test_ten_thousand_draws_follow_the_weights(shares):
    """To one draw a domain."""
    found = obtained([Drawn(1.0, {name: (share, [7]) for name, share in shares.items()})])

    assert found == pytest.approx(shares, abs=len(shares) / 10_000)


def test_documents_are_drawn_in_turn_again_and_again():
    """One of 10 and 30 tokens, another always of 40: half the draws each are a third of the tokens."""
    found = obtained([Drawn(1.0, {"a": (0.5, [10, 30]), "b": (0.5, [40])})], samples=400)

    assert {"a": 1 / 3, "b": 2 / 3} == pytest.approx(found)


def test_phases_count_as_long_as_they_are():
    """A quarter of training on b alone."""
    found = obtained([Drawn(0.75, {"a": (1.0, [1])}), Drawn(0.25, {"a": (0.0, [1]), "b": (1.0, [1])})])

    assert {"a": 0.75, "b": 0.25} == pytest.approx(found)


def test_a_domain_of_no_weight_is_never_drawn():
    """Nor read."""
    assert {"a": 1.0, "b": 0.0} == obtained([Drawn(1.0, {"a": (1.0, [1]), "b": (0.0, [])})])


def test_means_are_of_all_files_of_a_domain():
    """Files without rows count for nothing."""
    files = [ManifestFile(path=p, sha256="", rows=r, tokens=t, domain="a") for p, r, t in
             (("1", 1, 10), ("2", 3, 50), ("index", 0, 0))]  # fmt: skip

    assert {"a": 15.0} == mean_tokens(files)


STAGES = [{"until": 0.5, "weights": {"a": 0.8, "b": 0.2}}, {"until": 1.0, "weights": {"a": 0.2, "b": 0.8}}]


def test_stages_stand_as_they_were_asked(tmp_path):
    """Where every domain can give what is asked."""
    home = sized(tmp_path / "ws", {"a": [10] * 50, "b": [10] * 50})
    found = phases(
        resolve(home, mixture(weights={"a": 0.5, "b": 0.5}, stages=STAGES, budget={"tokens": 800}))
    )

    assert [(0.0, 0.5), (0.5, 1.0)] == [(phase.start, phase.until) for phase in found]
    assert [stage["weights"] for stage in STAGES] == [phase.weights for phase in found]


def test_cut_stages_keep_the_plans_shares(tmp_path):
    """A domain that runs out gives less in every stage, and over the run just what the plan says."""
    home = sized(tmp_path / "ws", {"a": [10] * 20, "b": [10] * 100})
    asked = mixture(weights={"a": 0.5, "b": 0.5}, stages=STAGES, budget={"tokens": 800}, max_epochs=1)
    plan = resolve(home, asked)
    found = phases(plan)
    whole = {
        name: sum((phase.until - phase.start) * phase.weights[name] for phase in found) for name in ("a", "b")
    }

    assert {"a": 1 / 3, "b": 2 / 3} == pytest.approx(whole)
    assert token_weights(plan) == pytest.approx(whole)
    assert all(math.fsum(phase.weights.values()) == pytest.approx(1) for phase in found)
    assert found[-1].until == 1.0


def test_a_large_seed_is_one_that_trainers_take(tmp_path):
    """NumPy's older generators refuse 2^32 and more."""
    home = sized(tmp_path / "ws", {"a": [10]})

    assert [5, 2**32 - 1] == [seed(resolve(home, mixture(seed=n))) for n in (5 + 2**40, 2**32 - 1)]

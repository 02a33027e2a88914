"""Experts' predictions mixed: cross-entropy of candidates, and the weights that minimise it."""

import numpy as np
import pytest

from core.backend.data.sealed import open_manifest
from core.backend.data.shards import prepare
from core.backend.experiments._reading import answers
from core.backend.experiments._weights import best_mixture
from core.backend.experiments.mix_experts import MixExperts
from core.backend.reading.evaluate import examination
from core.errors import BadInputError
from core.types import silent


@pytest.fixture(scope="module")
def mixed(conduct):
    return conduct(MixExperts(candidates=6))  # the same as asked below


def test_best_is_below_every_candidate(mixed):
    """The target's cross-entropy is convex in the weights: what was found is lowest, within its gap."""
    result, _ = mixed
    best = result["best"]

    assert 9 == len(result["candidates"])
    assert best["target"] <= min(one["target"] for one in result["candidates"]) + best["gap"]
    assert best["gap"] < 1e-6
    assert 1 == pytest.approx(sum(best["weights"].values()))


def test_losses_are_those_of_mixed_probabilities(mixed, manifest, config):
    """By hand, from each expert's probabilities: the mean of -log of their weighted sum."""
    result, out = mixed
    data = prepare(open_manifest(manifest), config, out / "prepared/data", silent)
    exam = examination(data, config.context, config.validation_tokens)
    folders = [out / run["folder"] for run in result["runs"]]
    told = answers(folders, exam, 4, "cpu", apart=False)
    one = result["candidates"][3]
    weights = [one["weights"][next(iter(run["weights"]))] for run in result["runs"]]
    sea = told.owner == told.domains.index("sea")
    by_hand = [
        -np.log(sum(w * p for w, p in zip(weights, column, strict=True)))
        for column in told.probabilities[:, sea].T
    ]

    assert np.mean(by_hand) == pytest.approx(one["losses"]["sea"])


@pytest.mark.parametrize("changes", [{}, {"documents_apart": True, "scaling": "mup", "tied": False}])
def test_one_expert_alone_gives_its_own_losses(conduct, manifest, config, changes):
    """A saved expert, asked again, has the losses that training evaluated, whatever its build."""
    settings = config.model_copy(update=changes)
    result, out = conduct(MixExperts(candidates=6), settings=settings)
    data = prepare(open_manifest(manifest), settings, out / "prepared/data", silent)
    exam = examination(data, config.context, config.validation_tokens)
    expert = result["runs"][1]
    told = answers([out / expert["folder"]], exam, 4, "cpu", apart=settings.documents_apart)

    assert expert["losses"] == pytest.approx(told.losses(np.ones(1)), rel=1e-5)


def test_target_of_one_domain_takes_mostly_its_expert(conduct):
    """The weights follow from the target."""
    result, _ = conduct(MixExperts(candidates=1, target="law=1"))

    assert {"law": 1.0, "sea": 0.0, "sum": 0.0} == result["target"]
    assert "law" == max(result["best"]["weights"], key=result["best"]["weights"].__getitem__)


def test_minimum_is_the_true_share():
    """Tokens drawn from a known mixture of two known distributions give its weights back."""
    rng = np.random.default_rng(0)
    experts = rng.dirichlet(np.ones(50), size=3)
    drawn = rng.choice(50, 200_000, p=np.array([0.5, 0.2, 0.3]) @ experts)
    found = best_mixture(experts[:, drawn], np.full(200_000, 1 / 200_000))

    assert [0.5, 0.2, 0.3] == pytest.approx(found.weights, abs=0.01)
    assert found.gap <= 1e-6


def test_minimum_at_a_corner_is_reached():
    """An expert that is always better takes all the weight, and the gap says so."""
    probabilities = np.array([[0.9, 0.8, 0.7], [0.1, 0.2, 0.3]])
    found = best_mixture(probabilities, np.full(3, 1 / 3))

    assert [1, 0] == pytest.approx(found.weights, abs=1e-4)
    assert found.gap <= 1e-6


@pytest.mark.parametrize(
    ("target", "words"),
    [
        ("web=1", "web: the manifest has no such domain; its domains: law, sea, sum"),
        ("law=0.5", "the weights sum to 0.5, not to 1"),
        ("law=2,sea=-1", "a weight is from 0 to 1"),
        ("law", "is no DOMAIN=WEIGHT"),
        ("law=0.5,law=0.5", "stands twice"),
        ("there/is/none.yaml", "no readable YAML or JSON"),
    ],
)
def test_targets_that_are_no_weights_are_refused(conduct, target, words):
    """Each in one line, before anything is trained."""
    with pytest.raises(BadInputError, match=words):
        conduct(MixExperts(candidates=1, target=target))

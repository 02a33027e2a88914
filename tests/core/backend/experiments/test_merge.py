"""Averages of models trained on single domains, and how they rank mixtures."""

import pytest
from safetensors.torch import load_file

from core.backend.experiments._reading import merged, read_saved
from core.backend.experiments.merge import Merge
from core.errors import BadInputError


@pytest.fixture(scope="module")
def scored(conduct):
    return conduct(Merge(candidates=4, check=3))


def test_every_candidate_is_scored_on_every_domain(scored):
    """The manifest's weights, uniform, proportional and the draws; the best has the lowest mean."""
    result, _ = scored
    names = [one["name"] for one in result["candidates"]]
    means = {one["name"]: sum(one["losses"].values()) for one in result["candidates"]}

    assert ["manifest", "uniform", "proportional", *(f"draw-{i:04d}" for i in range(4))] == names
    assert result["best"] == min(means, key=means.__getitem__)
    assert all({"sea", "sum", "law"} == set(one["losses"]) for one in result["candidates"])


def test_check_trains_candidates_for_real(scored):
    """From the same seed model, on the candidate's weights, ranked against the merged ones."""
    result, _ = scored
    checked = [one for one in result["candidates"] if one["trained"] is not None]
    runs = {run["name"]: run for run in result["runs"] if run["kind"] == "checked"}

    assert ["draw-0000", "draw-0001", "draw-0002"] == [one["name"] for one in checked] == list(runs)
    assert all(one["trained"] == runs[one["name"]]["losses"] for one in checked)
    assert 3 == result["agreement"]["candidates"]
    assert -1 <= result["agreement"]["mean"] <= 1


def test_partitions_share_their_seed_model(scored):
    """All start where the trunk stopped, half way, and have seen as many tokens as a whole run."""
    result, out = scored

    assert (out / "trunks/seed/run.json").exists()
    assert {12 * 128} == {run["tokens"] for run in result["runs"]}


def test_merged_parameters_are_the_hand_average(scored):
    """Every tensor, against the files' numbers weighted by hand."""
    result, out = scored
    folders = [out / run["folder"] for run in result["runs"][:2]]
    found = merged([read_saved(folder) for folder in folders], [0.25, 0.75])
    first, second = (load_file(folder / "model/model.safetensors") for folder in folders)

    assert set(first) == set(found.weights)
    for name, tensor in found.weights.items():
        assert (0.25 * first[name] + 0.75 * second[name] - tensor[0]).abs().max() < 2e-7


def test_no_check_no_agreement(conduct):
    """Nothing is claimed that was not trained."""
    result, _ = conduct(Merge(candidates=1), stacked=False)

    assert result["agreement"] is None
    assert {"partition"} == {run["kind"] for run in result["runs"]}


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"candidates": 0}, "must be 1 to 10,000"),
        ({"seed_share": 1.0}, "must be between 0 and 1"),
        ({"candidates": 2, "check": 3}, "must be 0 to the 2 candidates"),
    ],
)
def test_settings_that_make_no_merge_are_refused(settings, words):
    """Each in one line."""
    with pytest.raises(BadInputError, match=words):
        Merge(**settings)


def test_run_too_short_for_a_seed_model_is_refused(config, conduct):
    """One step cannot be cut in two."""
    short = config.model_copy(update={"tokens": 128})

    with pytest.raises(BadInputError, match="has no step on both sides of its first 50%"):
        conduct(Merge(candidates=1), settings=short)

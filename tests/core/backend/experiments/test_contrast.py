"""What is new in a corpus, by two models."""

import pyarrow.parquet as pq
import pytest

from core.backend.experiments.contrast import Contrast
from core.backend.experiments.experts import Experts
from core.errors import BadInputError


@pytest.fixture(scope="module")
def longer(config):
    return config.model_copy(update={"tokens": 24 * 128, "eval_every": 24, "checkpoint_every": 24})


@pytest.fixture(scope="module")
def contrasted(write, longer, conduct):
    """What was there: sea and sum; all of it: law, too."""
    old = write(weights={"sea": 0.5, "sum": 0.5})
    return conduct(Contrast(old=str(old)), settings=longer)


def test_new_domain_gains(contrasted):
    """The model of all of it saves bits on what only it was trained on, and the newest are of it."""
    result, _ = contrasted
    gains = {domain: part["gain"] for domain, part in result["domains"].items()}

    assert gains["law"] > 0.5 > max(gains["sea"], gains["sum"])
    assert all(identity.startswith(("law", "twin")) for identity in result["newest"][:14])
    assert 20 == len(result["newest"])
    assert ["old", "new"] == [run["kind"] for run in result["runs"]]


def test_every_document_has_a_row(contrasted, manifest):
    """In the manifest's order, with the gain as the difference of the two."""
    result, out = contrasted
    table = pq.read_table(out / "contrast.parquet").to_pylist()

    assert len(table) == sum(part["documents"] for part in result["domains"].values())
    assert all(row["old"] - row["new"] == pytest.approx(row["gain"]) for row in table)
    assert sorted({row["domain"] for row in table}) == list(dict.fromkeys(row["domain"] for row in table))


def test_two_models_are_contrasted_as_they_are(conduct, tmp_path):
    """Nothing is trained: an expert on law beside one on sea."""
    experts, out = conduct(Experts())
    law, sea = (out / run["folder"] for run in experts["runs"][:2])
    result, _ = conduct(Contrast(old=str(sea), new=str(law)))

    assert [] == result["runs"]
    assert result["domains"]["law"]["gain"] > 0 > result["domains"]["sea"]["gain"]


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({}, "there is nothing to contrast with"),
        ({"old": "a/manifest.json", "new": "b"}, "leave --new out"),
        ({"old": "a"}, "a model needs another"),
        ({"old": "a", "new": "b"}, "holds no saved model"),
        ({"old": "a/manifest.json"}, "no readable manifest"),
    ],
)
def test_settings_that_contrast_nothing_are_refused(conduct, settings, words):
    """Each in one line."""
    with pytest.raises(BadInputError, match=words):
        conduct(Contrast(**settings))

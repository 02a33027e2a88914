"""BETR: a classifier of what lies near benchmark examples."""

import numpy as np
import pytest

from core.errors import BadInputError
from core.selectors.betr import BenchmarkTargeted, _best


def test_a_document_scores_by_its_best_rank_for_any_example():
    """The nearest of a far example comes before the second of a near one; ties go by cosine."""
    angles = np.radians([0, 5, 10, 130, 170])
    vectors = np.stack([np.cos(angles), np.sin(angles)], axis=1).astype(np.float32)
    examples = np.array([[1, 0], [0, 1]], np.float32)  # the second's nearest is at 40 degrees

    assert [True, False, False, True, False] == _best(vectors, examples, 0.4).tolist()
    assert [True, True, False, True, False] == _best(vectors, examples, 0.6).tolist()


def test_documents_like_the_examples_are_taken():
    """Of three heaps, the one that the target is of, though only half of it was in the sample."""
    rng = np.random.default_rng(0)
    heap = np.repeat([0, 1, 2], [20, 90, 90])
    vectors = (np.eye(8)[heap] + rng.normal(scale=0.1, size=(200, 8))).astype(np.float32)
    columns = {
        "tokens": np.ones(200, int),
        "vectors": vectors,
        "target_vectors": np.eye(8, dtype=np.float32)[:1],
    }
    mask, rule = BenchmarkTargeted(sample=100).select(columns, 20, np.random.default_rng(0))

    assert (heap == 0).tolist() == mask.tolist()
    assert rule == "Documents that a classifier finds most like 1 examples."


@pytest.mark.parametrize("setting", [{"sample": 1}, {"positives": 0.0}, {"positives": 1.0}])
def test_bad_settings(setting):
    """A classifier needs both kinds."""
    with pytest.raises(BadInputError):
        BenchmarkTargeted(**setting)

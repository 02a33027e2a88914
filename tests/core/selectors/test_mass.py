"""MASS: what a document touches of a skill graph."""

import numpy as np
import pytest

from core.errors import BadInputError
from core.selectors.mass import SkillGraph, _graph

LINES = np.array(["sums; fractions", "Sums;fractions", "sums", "verse"], dtype=object)


def order(selector, columns):
    """The documents in the order in which growing budgets take them."""
    found, count = [], len(columns["tokens"])
    for budget in range(1, count + 1):
        mask = selector.select(columns, budget, np.random.default_rng(0))[0]
        found += sorted(set(np.flatnonzero(mask).tolist()) - set(found))
    return found


def test_the_graph_counts_lines():
    """A skill weighs the share of lines that name it, a link that of those that name both."""
    skills = SkillGraph().phrases(LINES)

    assert ["fractions", "sums", "verse"] == skills
    assert [[0.5, 0.5, 0], [0.5, 0.75, 0], [0, 0, 0.25]] == _graph(LINES, skills).tolist()


def test_documents_of_linked_skills_come_first():
    """Both linked skills 2.25, sums 0.75, fractions 0.5, verse 0.25, nothing 0."""
    own = np.array(["verse", "sums; verse; knitting", "Fractions; sums", None, "fractions"], dtype=object)
    columns = {"tokens": np.ones(5, int), "skills": own, "target_texts": LINES}

    assert [2, 1, 4, 0, 3] == order(SkillGraph(skills="skills"), columns)


def test_by_vectors():
    """A skill is touched from the threshold on, by as much as the cosine says."""
    vectors = np.array([[0, 0, 1], [0, 0.8, 0.6], [0.6, 0.8, 0], [0.2, 0, 0]], np.float32)
    columns = {"tokens": np.ones(4, int), "vectors": vectors, "target_texts": LINES}
    columns["target_vectors"] = np.eye(3, dtype=np.float32)  # fractions, sums, verse

    # 2: .36·.5 + .64·.75 + 2·.48·.5 = 1.14; 1: .64·.75 + .36·.25 = .57; 3: .5; 0: .25
    assert [2, 1, 3, 0] == order(SkillGraph(threshold=0.3), columns)


def test_a_file_without_skills():
    """It is named."""
    columns = {
        "tokens": np.ones(1, int),
        "skills": np.array(["x"], object),
        "target_texts": np.array([" ; "], object),
    }

    with pytest.raises(BadInputError, match="target: names no skill"):
        SkillGraph(skills="skills").select(columns, 1, np.random.default_rng(0))
    with pytest.raises(BadInputError, match="threshold 0"):
        SkillGraph(threshold=0)

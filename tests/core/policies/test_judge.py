"""From scores to levels and actions, by hand-worked cases."""

import numpy as np
import pytest

from core.policies import ACTIONS, LEVELS, PRESETS, Exempt, Levels
from core.policies.judge import judge, warning

COMMONS = PRESETS["commons"]


@pytest.mark.parametrize(
    ("scores", "level", "action"),
    [
        ([0, 0, 0, 0, 0], "none", "keep"),
        ([1, 1, 1, 0, 0], "none", "keep"),  # a total of 3, no dimension above 2
        ([2, 1, 0, 0, 0], "none", "keep"),
        ([3, 0, 0, 0, 0], "mild", "anneal"),  # a total of 3 from one dimension
        ([2, 2, 0, 0, 0], "mild", "anneal"),
        ([3, 3, 0, 0, 0], "mild", "anneal"),
        ([3, 3, 1, 0, 0], "toxic", "rewrite"),
        ([3, 3, 3, 3, 3], "toxic", "rewrite"),
        ([1.4, 1.4, 1.4, 0.4, 0.4], "none", "keep"),  # rounded before they are added up
        ([np.nan, 3, 3, 3, 3], "unscored", "keep"),
    ],
)
def test_the_commons_levels(scores, level, action):
    """Toxicity of the Commons: none to a total of 3, mild from 4 or one 3, toxic from 7."""
    found = judge(COMMONS, np.array([scores], dtype=float), [])

    assert [level, action] == [LEVELS[found.levels[0]], ACTIONS[found.actions[0]]]


def test_the_first_exception_that_holds_decides():
    """Its levels and its actions; what it does not say is the policy's."""
    policy = COMMONS.changed(
        {
            "exceptions": (
                Exempt(name="law", where="a", actions={"toxic": "anneal"}),
                Exempt(name="all", where="b", levels=Levels(mild=1, toxic=2), actions={"toxic": "drop"}),
            )
        }
    )
    scores = np.array([[3, 3, 3, 0, 0]] * 3 + [[1, 0, 0, 0, 0]], dtype=float)
    law, everything = np.array([True, False, False, False]), np.array([True, True, False, True])
    found = judge(policy, scores, [law, everything])

    assert ["anneal", "drop", "rewrite", "anneal"] == [ACTIONS[i] for i in found.actions]
    assert ["toxic", "toxic", "toxic", "mild"] == [LEVELS[i] for i in found.levels]
    assert [True, True, True, True] == found.removed.tolist()


def test_the_guide_drops_from_its_border_on():
    """A threshold is the policy of one column."""
    found = judge(PRESETS["guide-0.5"], np.array([[0.49], [0.5], [1.0], [np.nan]]), [])

    assert ["keep", "drop", "drop", "keep"] == [ACTIONS[i] for i in found.actions]


def test_a_warning_names_the_dimensions():
    """Those of half a level or more; a policy on one score has none to name."""
    named = warning(COMMONS.columns, [0.5, 0, 2, 0.4, 0])

    assert "biased or violent (race or origin, religion)." in named
    assert "biased or violent." in warning(("toxicity",), [0.9])

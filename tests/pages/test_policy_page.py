"""The policy on the Toxicity page: judged as it is changed, compared, sent to the desk."""

import numpy as np
import pytest

from core.jobs import Jobs
from core.policies import PRESETS

COMMONS = PRESETS["commons"]


@pytest.fixture
def scored(workspace):
    """The prepared corpus with levels by hand: ten abusive documents mild, one text of the sea toxic."""
    corpus = workspace.corpus("small")
    sources = np.array(workspace.read(corpus, ["source"])["source"].to_pylist())
    scores = np.zeros((len(sources), 5), dtype=np.float32)
    scores[(sources != "books") & (sources != "code"), 0] = 3
    scores[0] = 3
    column = workspace.column(corpus, "toxicity_dimensions", 1, {}, COMMONS.columns, "toxicity")
    workspace.write_whole_column(corpus, column, dict(zip(COMMONS.columns, scores.T, strict=True)))
    return workspace


def counts(app):
    """Documents by way out, as the figures on top say."""
    return {one.label: one.value for one in app.metric}


def test_levels_count_at_once_and_go_to_the_desk(draw, scored, check):
    """What is mild is held for annealing; another way out moves the figures; the desk gets a last stage."""
    app = draw("toxicity", risk="Policy")
    assert {"Keep": "75", "Hold for annealing": "10", "Hold for rewriting": "1", "Drop": "0"} == counts(app)

    app.selectbox(key="policies.commons.toxic").set_value("drop").run()
    assert "1" == counts(check(app))["Drop"]

    app.button(key="policies.send").click().run()
    draft = check(app).session_state["desk.draft"]
    assert ["policy_domain", "content_warning"] == [draft.domain, draft.preface]
    assert [0.9, 1.0] == [stage.until for stage in draft.stages]
    assert "policy_action" in scored.column_names(scored.corpus("small"))


def test_policies_stand_side_by_side(draw, scored, check):
    """The documents on which two differ are named, and a toxic one's text is hidden."""
    app = draw("toxicity", risk="Policy")
    app.multiselect(key="policies.others").set_value(["guide-0.5"]).run()

    assert any("Kept by guide" in one.value for one in check(app).markdown)
    assert any("may be toxic" in one.value for one in app.caption)
    assert not [one for one in app.get("html") if "captain" in str(one.proto)]


def test_a_policy_of_ones_own(draw, scored, check):
    """Written as YAML; a mistake is told and changes nothing."""
    app = draw("toxicity", risk="Policy")
    app.text_area(key="policies.commons.yaml").set_value("name: mine\ncolumns: [toxicity]").run()
    app.button(key="policies.commons.use").click().run()
    assert any("levels" in one.value for one in check(app).error)

    text = "name: mine\ncolumns: [toxicity]\nlevels: {mild: 0, toxic: 2}\nactions: {mild: drop}"
    app.text_area(key="policies.commons.yaml").set_value(text).run()
    app.button(key="policies.commons.use").click().run()
    assert "86" == counts(check(app))["Drop"]


def test_scores_that_are_not_there_can_be_asked_for(draw, workspace, check):
    """The Commons' dimensions take an encoder's time, so they are a job."""
    app = draw("toxicity", risk="Policy")
    name = next(one for one in app.selectbox if one.key.startswith("policies.name"))
    name.set_value("commons").run()
    app.button(key="policies.score").click().run()
    check(app)

    assert ("score", "small", "--signal", "toxicity_dimensions") == Jobs(workspace).jobs()[0].command

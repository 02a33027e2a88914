"""The Mixture page: groups of faders, crossed domains, curricula, and the draft beside saved versions."""

import math

from core.types import Budget, Mixture


def draft(app):
    return app.session_state["desk.draft"]


def test_a_group_moves_its_domains_together(draw, workspace, check):
    """The group's fader sets the sum; inside, the domains keep their ratios."""
    app = draw("mixture")
    app.button(key="faders.preset.proportional").click().run()
    before = draft(app).weights
    others = [name for name in before if name != "code"]
    app.text_input(key="fader_groups.name").input("prose")
    app.multiselect(key="fader_groups.members").set_value(others)
    next(b for b in app.button if b.label == "Group them").click().run()
    check(app)
    app.number_input(key="fader_groups.number.None.prose").set_value(20.0).run()
    check(app)
    now = draft(app).weights

    assert {"prose": tuple(others)} == draft(app).groups
    assert math.isclose(0.8, now["code"], abs_tol=1e-6)
    assert math.isclose(before[others[0]] / before[others[1]], now[others[0]] / now[others[1]], rel_tol=1e-3)


def test_domains_are_crossed(draw, workspace, check):
    """A fader for each source in each cluster; weights start afresh."""
    app = draw("mixture")
    app.button(key="faders.preset.uniform").click().run()
    app.multiselect(key="faders.cross.source.").set_value(["cluster_name"]).run()
    check(app)

    assert (("cluster_name",), None) == (draft(app).cross, draft(app).weights)
    assert any(" × " in widget.key for widget in app.number_input if widget.key.startswith("faders."))


def test_a_stage_gets_an_order_and_loses_its_preface(draw, workspace, check):
    """An order makes a stage of the whole run; the preface is the mixture's, and a stage may leave it out."""
    app = draw("mixture", desk="Stages")
    app.selectbox(key="timeline.preface.nothing").set_value("source").run()
    check(app)
    by = next(w for w in app.selectbox if w.label == "Documents come")
    by.set_value("word_count").run()
    check(app)
    stage = draft(app).stages[0]
    assert ("word_count", False, True) == (stage.order.by, stage.order.descending, stage.preface)
    next(w for w in app.toggle if w.label == "With the preface").set_value(False).run()
    check(app)
    assert not draft(app).stages[0].preface
    app.selectbox(key="timeline.preface.source").set_value("nothing").run()
    check(app)

    assert (None, True) == (draft(app).preface, draft(app).stages[0].preface)


def test_the_draft_stands_beside_versions(draw, workspace, check):
    """Saved twice, the first is a version: compared, then put back on the desk."""
    app = draw("mixture")
    app.button(key="handoff.save").click().run()
    first = draft(app)
    second = first.model_copy(update={"budget": Budget(tokens=500)})
    workspace.save_mixture(second)
    app = draw("mixture", desk="Compare", **{"desk.draft": second})
    labels = app.selectbox(key="compare.with").options
    assert [1, 1] == [sum("as saved" in one for one in labels), sum("version 1" in one for one in labels)]
    assert any("No difference" in one.value for one in app.success)
    app.selectbox(key="compare.with").set_value(labels[1]).run()
    check(app)
    assert ["Lost most"] == [one.value for one in app.subheader if "most" in one.value]
    assert not any("the same documents of both" in one.value for one in app.caption)
    app.button(key="compare.restore").click().run()
    check(app)

    assert first == draft(app)
    assert not app.button(key="handoff.undo").disabled


def test_a_change_that_no_document_feels(draw, workspace, check):
    """A split into stages of the same weights is a change of the spec, and it is said that it is no more."""
    app = draw("mixture")
    app.button(key="handoff.save").click().run()
    split = Mixture.model_validate({**draft(app).model_dump(), "stages": [{"until": 0.5}, {"until": 1.0}]})
    app = draw("mixture", desk="Compare", **{"desk.draft": split})
    check(app)

    assert any("the same documents of both, each as often" in one.value for one in app.caption)

"""Quality, Toxicity and Diversity: what a threshold keeps and drops, and its way to the desk."""

import numpy as np


def metric(app, label):
    """The number under a label."""
    return int(next(m.value for m in app.metric if m.label == label).replace(",", ""))


def test_threshold_counts_documents_and_tokens(draw, workspace):
    """What the page says is kept is what the expression keeps."""
    app = draw("quality", signal="word_count")
    corpus = workspace.corpus("small")
    expression = app.code[0].value
    keep = workspace.keep_mask(corpus, expression)
    tokens = workspace.read(corpus, ["tokens"])["tokens"].to_numpy()

    assert int(keep.sum()) == metric(app, "Documents kept")
    assert int((~keep).sum()) == metric(app, "Documents dropped")
    assert int(tokens[keep].sum()) == metric(app, "Tokens kept")


def test_typed_number_moves_the_threshold(draw, workspace, check):
    """The number input and the slider follow one another."""
    app = draw("quality", signal="word_count")
    app.number_input(key="threshold.word_count.low.number").set_value(30.0).run()
    check(app)

    assert 30.0 == app.slider(key="threshold.word_count.low.slider").value
    assert '"word_count" >= 30.0' == app.code[0].value


def test_threshold_goes_to_the_desk(draw, workspace, check):
    """Sent, the expression stands in the mixture's filters under the name given."""
    app = draw("quality", signal="word_count")
    app.button(key="threshold.word_count.send").click().run()
    check(app)
    filters = app.session_state["desk.draft"].filters

    assert [app.code[0].value] == [one.keep for one in filters]


def test_every_signal_can_be_looked_at(draw, workspace, check):
    """Numbers and categories alike have a distribution and a threshold."""
    app = draw("quality")
    for name in app.selectbox(key="signal").options:
        app.selectbox(key="signal").set_value(name).run()
        check(app)

        assert app.metric, name


def test_toxic_texts_are_hidden_until_asked_for(draw, workspace, check):
    """Neither side's texts are drawn before the click; both are after it."""
    app = draw("toxicity")
    assert not [one for one in (*app.code, *app.get("html")) if "idiot" in str(one.proto)]
    app.button(key="threshold.veil.toxicity").click().run()
    check(app)

    assert [one for one in app.get("html") if "<mark" in str(one.proto) and "idiot" in str(one.proto)]


def test_toxicity_keeps_what_has_no_score_out(draw, workspace):
    """Documents without a score are counted, and said to be dropped."""
    app = draw("toxicity")
    scores = workspace.read(workspace.corpus("small"), ["toxicity"])["toxicity"]

    assert bool(scores.null_count) == any("have no value here" in c.value for c in app.caption)


def test_copies_are_listed_and_leave_the_mixture(draw, workspace, check):
    """The six equal documents are one group; the button sets the mixture's deduplication."""
    app = draw("diversity", diversity="Copies")
    groups = workspace.read(workspace.corpus("small"), ["duplicate_group"])["duplicate_group"].to_numpy()
    largest = np.bincount(groups).max()
    app.button(key="copies.remove").click().run()
    check(app)

    assert largest >= 6
    assert "minhash" == app.session_state["desk.draft"].dedup.method

"""The Toxicity page's own tabs: dimensions, borderline documents, calibration, and the way to the map."""

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from core import calibration
from core.bricks import settings_of
from core.jobs import Jobs
from core.own import add_sql
from core.review import Reviews
from core.score import score
from core.signals.toxicity import ToxicityDimensions
from core.types import Document
from pages.parts import borderline, dimensions, scatter, veil

CARD = """
from pages.parts import card, state
card.document(state.workspace().corpus("small"), {row}, "card")
"""
pytestmark = pytest.mark.usefixtures("workspace")


@pytest.fixture
def levels(workspace):
    """Levels in the five dimensions beside the corpus's documents, as a signal would hang them there."""
    corpus, signal = workspace.corpus("small"), ToxicityDimensions()
    values = {name: np.zeros(corpus.documents, np.float32) for name in signal.columns}
    values["toxicity_religion"][:40] = np.linspace(0, 3, 40)  # the books
    values["toxicity_violence"][:] = np.nan
    column = workspace.column(
        corpus, signal.name, signal.version, settings_of(signal), signal.columns, "toxicity"
    )
    workspace.write_whole_column(corpus, column, values)
    return values


def frame(app, column):
    """The first table that has a column."""
    return next(one.value for one in app.dataframe if column in one.value.columns)


def shown(app, word):
    """Whether a word of a text is drawn anywhere."""
    drawn = [*app.code, *app.get("html"), *app.markdown]
    return any(word in str(one.proto) for one in drawn) or any(
        word in one.value.to_string() for one in app.dataframe
    )


# --- dimensions -------------------------------------------------------------------------------------


def test_dimensions_that_are_missing_can_be_scored(draw, workspace, check):
    """The button queues the signal; what is there is shown meanwhile."""
    app = draw("toxicity", risk="Dimensions")
    app.button(key="dimensions.score").click().run()
    check(app)

    assert ("score", "small", "--signal", "toxicity_dimensions") == Jobs(workspace).jobs()[0].command
    assert "toxicity ≥ 0.5" in frame(app, "documents").columns


def test_shares_that_reach_a_level(draw, levels):
    """A level is rounded: from 1.5 on it is 2; a document without a level reaches none."""
    app = draw("toxicity", risk="Dimensions", **{"dimensions.level": 2})
    table = frame(app, "religion ≥ 2").set_index("source")

    assert (levels["toxicity_religion"][:46] >= 1.5).sum() / 46 == table.loc["books", "religion ≥ 2"]
    assert 0 == table.loc["code", "religion ≥ 2"] == table["violence ≥ 2"].sum()


def test_examples_of_a_level_are_hidden_until_asked_for(draw, check):
    """Of the highest quarter's documents, drawn again by a button, the sentences that count marked."""
    choice = {"dimensions.column": "toxicity", "dimensions.band.toxicity": 3}
    app = draw("toxicity", risk="Dimensions", **choice)
    assert not shown(app, "idiot")

    app.button(key="dimensions.veil").click().run()
    check(app)
    assert 4 == sum("<mark" in str(one.proto) and "idiot" in str(one.proto) for one in app.get("html"))

    first = [str(one.proto) for one in app.get("html")]
    app.button(key="dimensions.others").click().run()
    check(app)
    assert first != [str(one.proto) for one in app.get("html")]


def test_two_dimensions_together_list_no_text(draw, levels, check):
    """The table of what is brushed holds ids and levels."""
    axes = {"dimensions.x": "toxicity", "dimensions.y": "toxicity_religion"}
    brushed = {"selection": {"points": [{"customdata": 80}, {"customdata": 81}], "box": [], "lasso": []}}
    key = "dimensions.joint.toxicity.toxicity_religion"
    app = check(draw("toxicity", risk="Dimensions", **axes, **{key: brushed}))

    assert any("2 documents brushed" in one.value for one in app.markdown)
    assert "beginning" not in frame(app, "id").columns
    assert not shown(app, "idiot")


def test_documents_without_a_score_are_counted_by_reason(draw, workspace):
    """By domain and reason; the card of one says it in words."""
    texts = ["12 34", "Der Hund lief schnell über die Straße und bellte laut.", "A dog barked at the tree."]
    documents = [(Document(str(i), text, "web"), 5) for i, text in enumerate(texts)]
    workspace.write_corpus("small", documents, tokenizer="words")
    score(workspace, "small", ["toxicity"], workers=1)
    app = draw("toxicity", risk="Dimensions")
    without = next(one for one in app.expander if "without a score" in one.label)

    assert "Documents without a score: 2" == without.label
    assert ["source", "language not covered", "no words"] == list(without.dataframe[0].value.columns)
    assert [2] == without.dataframe[0].value.drop(columns="source").sum(axis=1).tolist()
    for row, told in enumerate(
        ["No toxicity score: no words", "No toxicity score: language not covered", ""]
    ):
        card = AppTest.from_string(CARD.format(row=row)).run(timeout=60)
        assert [told] * bool(told) == [one.value for one in card.caption if "toxicity" in one.value]


def test_levels_are_told_from_scores(workspace):
    """A value on a border belongs above it; what has no value is in no band."""
    values = np.array([0.0, 0.5, 1.49, 2.5, np.nan])
    level = dimensions.Scale("toxicity_religion", values, dimensions.LEVELS)
    score_ = dimensions.Scale("toxicity", np.array([0.24, 0.25, 0.75]), dimensions.QUARTERS)

    assert [0, 1, 1, 3, 4] == level.codes.tolist()
    assert [0, 1, 3] == score_.codes.tolist()
    assert (True, False) == (level.is_level, score_.is_level)
    corpus = workspace.corpus("small")
    column = workspace.column(corpus, "classifier", 1, {}, ("celadon_violence",), "toxicity")
    workspace.write_whole_column(corpus, column, {"celadon_violence": np.zeros(corpus.documents, np.float32)})

    assert dimensions.scale(corpus, "celadon_violence").is_level
    assert not dimensions.scale(corpus, "toxicity").is_level
    assert "3 and above" == dimensions.Scale("celadon_total", np.array([7.0]), dimensions.LEVELS).bands[3]


# --- borderline -------------------------------------------------------------------------------------


def test_nearest_to_a_border():
    """Nearest first, on the sides asked for; a border's own value is above it."""
    values = np.array([0.1, 0.45, 0.5, 0.7, np.nan, 0.52])

    assert [2, 5, 1, 3, 0] == borderline.nearest(values, 0.5, "both sides").tolist()
    assert [1, 0] == borderline.nearest(values, 0.5, "below").tolist()
    assert [2, 5] == borderline.nearest(values, 0.5, "at or above", 2).tolist()


def test_borderline_documents_are_looked_through(draw, workspace, check):
    """Hidden at first; the next one and back; the list beside it has no text."""
    app = draw("toxicity", risk="Borderline", **{"borderline.side": "at or above"})
    assert not shown(app, "idiot")
    assert not [one for one in app.button if one.key == "borderline.next"]
    listed = frame(app, "toxicity")["toxicity"].to_numpy()

    app.button(key="borderline.veil").click().run()
    assert shown(check(app), "idiot")
    assert app.button(key="borderline.previous").disabled
    app.button(key="borderline.next").click().run()
    assert any("**2** of" in one.value for one in check(app).markdown)
    app.button(key="borderline.previous").click().run()
    assert any("**1** of" in one.value for one in check(app).markdown)
    assert (np.diff(listed) >= 0).all()
    assert listed[0] >= 0.5


def test_another_border_begins_anew(draw, levels, check):
    """Between two levels; the place in the former list is left."""
    app = draw("toxicity", risk="Borderline", **{"borderline.veil.lifted": True})
    app.button(key="borderline.next").click().run()
    app.number_input(key="borderline.border.toxicity").set_value(0.3).run()
    assert any("**1** of" in one.value for one in check(app).markdown)

    choice = {"borderline.column": "toxicity_religion", "borderline.levels": 1.5}
    app = draw("toxicity", risk="Borderline", **choice)
    table = frame(app, "toxicity_religion")["toxicity_religion"]
    assert 0.05 > abs(table.iloc[0] - 1.5)


# --- calibration ------------------------------------------------------------------------------------


def test_without_labels_the_tab_says_how_to_bring_them(draw):
    """Commands to type, and the models' cards as plain text."""
    app = draw("toxicity", risk="Calibration")

    assert any("add-column small" in one.value for one in app.code)
    assert any(one.value.startswith("# Model card: toxicity") for one in app.code)
    assert 2 == len([one for one in app.expander if one.label.startswith("The card of")])


def test_figures_against_an_own_column(draw, workspace):
    """What the table shows is what the functions give, for all documents and by domain."""
    add_sql(workspace, "small", "id LIKE 'bad-%'", "is_toxic")
    app = draw("toxicity", risk="Calibration")
    table = frame(app, "error by chance").set_index("domain")
    read = workspace.read(workspace.corpus("small"), ["toxicity", "is_toxic"])
    found = calibration.tally(read["is_toxic"].to_numpy(), read["toxicity"].to_numpy())

    assert f"{calibration.area(found):.3f}" == table.loc["(all)", "area under the curve"].split()[0]
    assert f"{calibration.calibration_error(found):.3f}" == table.loc["(all)", "calibration error"].split()[0]
    assert (10, 86) == tuple(table.loc["(all)", ["toxic", "documents"]])
    assert "–" == table.loc["code", "area under the curve"]


def test_a_review_may_be_the_label(draw, workspace, check):
    """Its labels' meaning is asked for; documents that nobody judged do not count."""
    reviews = Reviews(workspace)
    ids = workspace.read(workspace.corpus("small"), ["id"], [0, 1, 80, 81])["id"].to_pylist()
    reviews.open("look", "small", "Is it toxic?", ["fine", "toxic"], "ann", documents=ids)
    for document, label in zip(ids, ("fine", "fine", "toxic", "toxic"), strict=True):
        reviews.give("look", document, "ann", label)
    reviews.column("look")
    app = draw("toxicity", risk="Calibration", **{"reliability.label": "review_look"})
    assert any("nothing to compare" in one.value for one in app.caption)

    app.multiselect(key="reliability.meant.review_look").set_value(["toxic"]).run()
    check(app)
    table = frame(app, "error by chance").set_index("domain")
    assert (2, 4) == tuple(table.loc["(all)", ["toxic", "documents"]])


def test_a_level_is_compared_as_a_share(draw, levels, workspace):
    """Divided by 3; a column without one value does not serve."""
    add_sql(workspace, "small", "row >= 20 AND row < 40", "is_toxic")
    app = draw("toxicity", risk="Calibration", **{"reliability.score": "toxicity_religion"})
    table = frame(app, "error by chance").set_index("domain")
    truth = (np.arange(86) >= 20) & (np.arange(86) < 40)
    found = calibration.tally(truth, levels["toxicity_religion"].astype(np.float64) / 3)

    assert f"{calibration.brier(found):.3f}" == table.loc["(all)", "Brier score"].split()[0]
    assert any("divided by 3" in one.value for one in app.caption)


# --- what is hidden, and the map --------------------------------------------------------------------


def test_a_high_level_hides_a_text(workspace, levels):
    """From level 2 in a dimension, as from 0.5 in toxicity; in SQL as in memory."""
    corpus = workspace.corpus("small")
    rows = np.arange(corpus.documents)
    toxic = workspace.read(corpus, ["toxicity"])["toxicity"].to_numpy() >= 0.5
    expected = toxic | (levels["toxicity_religion"] >= 1.5)

    assert expected.tolist() == veil.hidden(corpus, rows).tolist()
    assert expected.tolist() == workspace.keep_mask(corpus, veil.expression(corpus)).tolist()
    assert "level of “religion”" in veil.warning(corpus, 39)
    assert "" == veil.warning(corpus, 0)


def test_the_map_takes_toxicity_as_its_colour(draw, workspace, levels):
    """Its scale is the whole one; the titles of toxic documents are not sent."""
    corpus = workspace.corpus("small")
    app = draw("map", colour="toxicity_religion")
    sent = app.get("plotly_chart")[0].proto.spec
    read = workspace.read(corpus, ["text"], [39])["text"][0].as_py()

    assert {"toxicity", "toxicity_religion"} <= set(scatter.colours(corpus))
    assert '"cmax":3.0' in sent.replace(" ", "")
    assert "idiot" not in sent
    assert read[:30] not in sent

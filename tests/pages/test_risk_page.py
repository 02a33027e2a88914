"""Personal data, licences and evaluation data on the Toxicity page: counted by domain, listed, filtered."""

import json

import pytest

from core.contamination import contamination
from core.jobs import Jobs
from core.licences import licences
from core.score import score
from core.types import Document

pytestmark = pytest.mark.usefixtures("workspace")


@pytest.fixture
def personal(workspace):
    """The workspace's corpus, replaced by one that holds addresses."""
    texts = [
        "Write to jo.doe@mail-house.org.",
        "Nothing here at all.",
        "Ask ann@post-box.net or bo@post-box.net.",
    ]
    documents = [(Document(str(i), text, "web"), 5) for i, text in enumerate(texts)]
    workspace.write_corpus("small", documents, tokenizer="words")
    score(workspace, "small", ["personal_data"], workers=1)
    return workspace


def table(app, column):
    """The first table that has a column."""
    return next(one.value for one in app.dataframe if column in one.value.columns)


def test_personal_data_is_counted_and_shown_on_request(draw, personal, check):
    """Documents and finds by kind; the texts only behind the switch; the filter goes to the desk."""
    app = draw("toxicity", risk="Personal data")
    counted = table(app, "found").set_index("kind")
    assert [2, 3] == counted.loc["email", ["documents", "found"]].tolist()

    app.selectbox(key="risk.kind").set_value("email").run()
    assert not [one for one in app.get("html") if "mail-house" in str(one.proto)]
    app.toggle(key="risk.show").set_value(True).run()
    check(app)
    assert [one for one in app.get("html") if "mail-house" in str(one.proto)]

    app.button(key="risk.send.no email").click().run()
    assert ["pii_email = 0"] == [one.keep for one in app.session_state["desk.draft"].filters]


def test_licences_wait_for_their_stage_and_then_show_tiers(draw, workspace, check):
    """A job first; then shares by tier, and a filter on them."""
    app = draw("toxicity", risk="Licences")
    app.button(key="risk.licences.run").click().run()
    check(app)
    assert ("licences", "small") == Jobs(workspace).jobs()[0].command[:2]

    licences(workspace, "small", workers=1)
    app = draw("toxicity", risk="Licences")
    app.multiselect(key="risk.keep").set_value(["unknown"]).run()
    app.button(key="risk.send.licence unknown").click().run()
    check(app)
    assert ["licence_tier IN ('unknown')"] == [one.keep for one in app.session_state["desk.draft"].filters]


def test_evaluation_data_is_looked_for_and_listed(draw, workspace, check, tmp_path):
    """The benchmark's items that stand in the corpus, by benchmark and by domain."""
    text = workspace.read(workspace.corpus("small"), ["text"], [80])["text"][0].as_py()
    file = tmp_path / "exam.jsonl"
    file.write_text(json.dumps({"question": text}) + "\n", encoding="utf-8")
    app = draw("toxicity", risk="Evaluation data")
    app.text_input(key="risk.benchmarks").set_value(str(file))
    next(one for one in app.button if one.label == "Look for them").click().run()
    check(app)
    assert ["contamination", "small", str(file), "--n", "13"] == list(Jobs(workspace).jobs()[0].command)

    contamination(workspace, "small", [file], common=1.0, workers=1)
    app = check(draw("toxicity", risk="Evaluation data"))
    assert ["exam"] == table(app, "benchmark")["benchmark"].tolist()
    assert any("documents are flagged" in one.value for one in app.markdown)

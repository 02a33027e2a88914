"""The Quality page's other tabs: filters together, published rules, all signals, correlation, own columns."""

import numpy as np
import pytest

from core.filter import filter_by
from core.jobs import Jobs
from core.types import Filter, Mixture

pytestmark = pytest.mark.usefixtures("workspace")


def with_filters(*keeps):
    """A mixture with these filters, each named after its place."""
    filters = [Filter(name=f"filter {i}", keep=keep) for i, keep in enumerate(keeps)]
    return Mixture(name="m", corpus="small", filters=filters)


def metric(app, label):
    """The number under a label."""
    return int(next(m.value for m in app.metric if m.label == label).replace(",", ""))


def frame(app, column):
    """The first table that has a column."""
    return next(one.value for one in app.dataframe if column in one.value.columns)


def test_without_a_filter_the_tab_says_what_to_do(draw):
    """An empty state, and no number."""
    app = draw("quality", quality="Filters together")

    assert any("no filter on the desk" in one.value for one in app.info)


def test_filters_together_show_own_and_marginal_effects(draw, workspace):
    """What a filter takes by itself, alone, and in its place; the counts are those of the masks."""
    app = draw(
        "quality",
        quality="Filters together",
        **{"desk.draft": with_filters("word_count >= 30", "source <> 'code'")},
    )
    corpus = workspace.corpus("small")
    one, two = (workspace.keep_mask(corpus, keep) for keep in ("word_count >= 30", "source <> 'code'"))
    table = frame(app, "docs by itself")

    assert int((one & two).sum()) == metric(app, "Documents kept")
    assert [int((~one).sum()), int((~two).sum())] == table["docs by itself"].tolist()
    assert [int((~one & two).sum()), int((one & ~two).sum())] == table["only it, docs"].tolist()
    assert [int((~one).sum()), int((one & ~two).sum())] == table["in its place, docs"].tolist()
    assert any("'code' would lose" in one.value.replace("\\", "") for one in app.warning)


def test_the_threshold_under_the_hand_joins_the_chain(draw, check):
    """Set on the first tab, it is looked at beside the desk's filters, and sent from there."""
    app = draw("quality", signal="word_count", **{"desk.draft": with_filters("tokens >= 5")})
    expression = app.code[0].value
    app.session_state["quality"] = "Filters together"
    check(app.run())
    app.button(key="filters.send").click().run()
    check(app)

    assert ["tokens >= 5", expression] == [one.keep for one in app.session_state["desk.draft"].filters]


def test_a_filter_switched_off_leaves_the_chain(draw, workspace, check):
    """What if without it: the desk keeps the filter."""
    app = draw(
        "quality",
        quality="Filters together",
        **{"desk.draft": with_filters("word_count >= 30", "source <> 'code'")},
    )
    pills = next(one for one in app.get("button_group") if "filter 0" in str(one.options))
    pills.set_value(["filter 1"]).run()
    check(app)
    corpus = workspace.corpus("small")

    assert int(workspace.keep_mask(corpus, "source <> 'code'").sum()) == metric(app, "Documents kept")
    assert 2 == len(app.session_state["desk.draft"].filters)


def test_published_rules_wait_to_be_run(draw, workspace, check):
    """The button queues a job a preset."""
    app = draw("quality", quality="Published rules")
    app.button(key="presets.all").click().run()
    check(app)
    queued = [job.command[:4] for job in Jobs(workspace).jobs()]

    assert {"gopher", "c4", "fineweb", "fineweb_recipe"} == {command[3] for command in queued}
    assert {("filters", "small", "--preset")} == {tuple(command[:3]) for command in queued}


def test_published_rules_side_by_side(draw, workspace, check):
    """Shares kept by domain are those of the reasons' columns; one goes to the desk."""
    for preset in ("gopher", "c4"):
        filter_by(workspace, "small", preset, workers=1)
    app = draw("quality", quality="Published rules")
    table = frame(app, "rules")
    reasons = workspace.read(workspace.corpus("small"), ["gopher_reason", "source"]).to_pandas()
    kept = reasons[reasons["gopher_reason"].isna()].groupby("source").size().to_dict()
    app.button(key="presets.put").click().run()
    check(app)

    shown = table[table["rules"] == "Gopher"].set_index("source")["docs kept"].to_dict()
    assert {name: kept.get(name, 0) for name in shown} == shown
    assert ['"c4_reason" IS NULL'] == [one.keep for one in app.session_state["desk.draft"].filters]


def test_a_preset_with_changed_thresholds_is_queued_with_them(draw, workspace, check):
    """Only what was changed is written on the command."""
    app = draw("quality", quality="Published rules")
    app.number_input(key="presets.gopher_quality.min_doc_words").set_value(7)
    next(one for one in app.button if one.label == "Run with these").click().run()
    check(app)

    assert ["filters", "small", "--preset", "gopher_quality", "--set", "min_doc_words=7"] == list(
        Jobs(workspace).jobs()[0].command
    )


def test_all_signals_lead_to_their_threshold(draw, check):
    """The button opens the first tab with that signal chosen."""
    app = draw("quality", quality="All signals")
    button = next(one for one in app.button if str(one.key).startswith("signals.open."))
    button.click().run()
    check(app)

    assert "Threshold" == app.session_state["quality"]
    assert button.key == f"signals.open.{app.session_state['signal']}"
    assert app.metric


def test_odd_signals_come_with_reasons(draw):
    """The table says which domain, how far it stands from the rest, and what chance gives."""
    table = frame(draw("quality", quality="All signals"), "odd domain")

    assert (table["gap"] >= 0).all()
    assert table["gap"].iloc[0] > table["gap by chance"].iloc[0]


def test_correlation_has_ones_on_its_diagonal(draw):
    """Alike side by side; the table holds what the picture shows."""
    table = frame(draw("quality", quality="Correlation"), "signal").set_index("signal")
    names = [name for name in table.index if not np.isnan(table.loc[name, name])]

    assert "word_count" in names
    assert [1.0] * len(names) == pytest.approx([table.loc[name, name] for name in names])


def test_share_sets_the_threshold(draw, workspace, check):
    """The strictest value that keeps the share; what it really keeps is told."""
    app = draw("quality", signal="word_count")
    app.number_input(key="threshold.word_count.low.share").set_value(50.0)
    app.button(key="threshold.word_count.low.reach").click().run()
    check(app)
    corpus = workspace.corpus("small")
    kept = int(workspace.keep_mask(corpus, app.code[0].value).sum())

    assert metric(app, "Documents kept") == kept
    assert kept >= corpus.documents / 2
    assert any("was asked for" in one.value.replace("\\", "") for one in app.caption)


@pytest.mark.parametrize("shape", ["Ridges", "Box", "Cumulative", "Kept by any"])
@pytest.mark.parametrize("scale", ["threshold.log", "threshold.free"])
def test_every_shape_on_every_axis(draw, check, shape, scale):
    """By source and by cluster, on a logarithmic axis or free ones."""
    app = draw("quality", signal="word_count", **{"threshold.shape": shape, scale: True})
    app.selectbox(key="threshold.by").set_value("cluster_name").run()
    check(app)

    assert app.get("plotly_chart")


def test_own_column_from_sql_is_queued(draw, workspace, check):
    """The job's command is the one that people type."""
    app = draw("quality", signal="word_count")
    app.text_input(key="own.sql").set_value("word_count / char_count")
    app.text_input(key="own.sql.as").set_value("words_per_character").run()
    app.button(key="own.add").click().run()
    check(app)

    assert ["add-column", "small", "--sql", "word_count / char_count", "--as", "words_per_character"] == list(
        Jobs(workspace).jobs()[0].command
    )


def test_own_python_waits_for_permission(draw, workspace, check):
    """The code is shown, and nothing is queued before somebody allows it."""
    (workspace.folder / "signals").mkdir()
    (workspace.folder / "signals" / "vowels.py").write_text(
        "def score(texts):\n    return [1 for t in texts]\n"
    )
    app = draw("quality", signal="word_count", **{"own.way": "Python file"})
    assert not [one for one in app.button if one.key == "own.add"]
    app.checkbox(key="own.allow.vowels").check().run()
    app.button(key="own.add").click().run()
    check(app)

    assert ["add-column", "small", "--python", "vowels", "--allow", "vowels"] == list(
        Jobs(workspace).jobs()[0].command
    )
    assert any("def score" in one.value for one in app.code)


def test_a_signal_that_needs_a_file_is_queued_with_it(draw, workspace, check, tmp_path):
    """No job without the file; its path goes along as a setting."""
    app = draw("quality", signal="word_count", **{"own.way": "More signals", "own.signal.name": "perplexity"})
    assert not [one for one in app.button if one.key == "own.add"]
    app.text_input(key="own.signal.perplexity.reference").set_value(str(tmp_path / "a.txt")).run()
    app.button(key="own.add").click().run()
    check(app)

    setting = f"perplexity.reference={tmp_path / 'a.txt'}"
    assert ["score", "small", "--signal", "perplexity", "--set", setting] == list(
        Jobs(workspace).jobs()[0].command
    )

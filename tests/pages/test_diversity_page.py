"""The Diversity page: metrics by any column, the price of quality, near neighbours, copies, containment, repeats."""

import json
import time
from pathlib import Path

import numpy as np
import pytest

from core.containment import containment
from core.dedup import dedup
from core.diversity import diversity
from core.jobs import Jobs
from core.metrics import METRICS
from core.repeats import repeats
from core.tradeoff import by_part, threshold_curve
from core.types import Document
from pages.parts import copies, variety

pytestmark = pytest.mark.usefixtures("workspace")


def frame(app, column):
    """The first table that has a column."""
    return next(one.value for one in app.dataframe if column in one.value.columns)


def commands(workspace):
    """The commands of the jobs, the newest first."""
    return [job.command for job in Jobs(workspace).jobs()]


def finished(workspace, command, result):
    """Leave a job behind as a worker does that ran the command."""
    jobs = Jobs(workspace)
    job = jobs.submit(command, "a job")
    (job.folder / "result.json").write_text(json.dumps(result))
    change = "UPDATE jobs SET state = 'done', started = :now, ended = :now WHERE id = :id"
    jobs._run(change, now=time.time(), id=job.id)


def chosen(row):
    """What a table holds whose row is chosen."""
    return {"selection": {"rows": [row], "columns": [], "cells": []}}


def drawn(app):
    """The HTML that is drawn of differences and marks."""
    return [str(one.proto) for one in app.get("html")]


# --- metrics ----------------------------------------------------------------------------------------


def test_every_metric_with_its_interval_and_its_parts(draw, workspace):
    """A row a metric; the value is the report's; a part of too few documents carries a star."""
    app = draw("diversity")
    report = workspace.report(workspace.corpus("small"), "diversity")
    table = frame(app, "it says").set_index("metric")
    one = report["measured"]["corpus"]["vendi_score"]

    assert [name.replace("_", " ") for name in METRICS] == table.index.tolist()
    assert (
        f"{one['value']:.4g} ± {(one['high'] - one['low']) / 2:.2g}" in table.loc["vendi score", "(corpus)"]
    )
    assert table.loc["vendi score", "least"].endswith(" *")
    assert 3 == len(table.loc["vendi score", "parts"])
    assert any("Friedman and Dieng 2023" in one.value and "Range" in one.value for one in app.caption)


def test_missing_values_have_a_reason(draw, empty):
    """Without an embedding the page says what to run."""
    empty.write_corpus("bare", [(Document(str(i), f"word {i} of a text", "web"), 5) for i in range(4)])
    diversity(empty, "bare", repeats=2)
    app = draw("diversity")

    assert any(r"no embedding yet: run \`embed\`" in one.value.replace("\\:", ":") for one in app.caption)


def test_another_column_is_measured_by_a_job_and_shown(draw, workspace, check):
    """First the button, then what the job found."""
    app = draw("diversity", **{"variety.by": "cluster"})
    app.button(key="variety.run").click().run()
    check(app)
    command = ["diversity", "small", "--by", "cluster"]
    assert [tuple(command)] == commands(workspace)
    assert app.button(key="variety.run").disabled

    finished(workspace, command, diversity(workspace, "small", by="cluster", repeats=2))
    table = frame(draw("diversity", **{"variety.by": "cluster"}), "small").set_index("cluster")
    clusters = workspace.read(workspace.corpus("small"), ["cluster"])["cluster"].to_numpy()
    assert ["(corpus)", *map(str, np.unique(clusters))] == table.index.tolist()


def test_what_the_command_measured_is_shown(draw, workspace):
    """A run by another column from the command line needs no job: its report is there."""
    diversity(workspace, "small", by="cluster", repeats=2)
    app = draw("diversity", **{"variety.by": "cluster"})

    assert "cluster" in frame(app, "small").columns
    assert [] == commands(workspace)


def test_results_of_earlier_documents_do_not_count(draw, workspace):
    """A corpus of the same name that came later has not been measured."""
    command = ["diversity", "small", "--where", "tokens > 1"]
    finished(workspace, command, {"metrics": {}})
    time.sleep(0.01)
    workspace.write_corpus("small", [(Document("a", "one two", "web"), 2)])
    app = draw("diversity", **{"variety.of": variety.SELECTION, "variety.where": "tokens > 1"})

    assert app.button(key="variety.run")


def test_a_selection_and_the_mixture_can_be_measured(draw, workspace):
    """A condition, and the draft on the desk, kept as a file for the job."""
    app = draw("diversity", **{"variety.of": variety.SELECTION, "variety.where": "word_count > 9"})
    app.button(key="variety.run").click().run()
    app = draw("diversity", **{"variety.of": variety.MIXTURE})
    app.button(key="variety.run").click().run()
    mixture, selection = commands(workspace)

    assert ("diversity", "small", "--where", "word_count > 9") == selection
    assert "small-mixture" in Path(mixture[3]).read_text(encoding="utf-8")


# --- the price of quality ---------------------------------------------------------------------------


def test_the_price_of_a_threshold(draw, workspace, check):
    """The form queues the command; its result is a curve, a table, and the three measures by domain."""
    app = draw("diversity", diversity="Price of quality")
    app.selectbox(key="price.column").set_value("word_count").run()
    app.button(key="price.run").click().run()
    check(app)
    command = ("diversity", "small", "--curve", "word_count")
    assert command == commands(workspace)[0]

    found = diversity(workspace, "small", repeats=2)
    found["curve"] = threshold_curve(workspace, "small", "word_count", size=20, repeats=2)
    found["tradeoff"] = by_part(workspace, "small", "word_count", found["metrics"]["measured"])
    finished(workspace, command, found)
    app = draw("diversity", diversity="Price of quality")
    expected = [point["price"]["vendi_score"] for point in found["curve"]["points"]]
    np.testing.assert_equal(
        np.array(expected, float), frame(app, "Δ vendi score")["Δ vendi score"].to_numpy(float)
    )
    assert ["(all)", *found["metrics"]["domains"]] == frame(app, "lexical diversity")["domain"].tolist()
    assert 2 == len(app.get("plotly_chart"))


def test_the_price_of_a_selector(draw, workspace):
    """Its settings go with the command."""
    app = draw("diversity", diversity="Price of quality", **{"price.kind": "a selector"})
    app.selectbox(key="price.quality").set_value("word_count")
    app.selectbox(key="price.selector.name").set_value("top_k").run()
    app.button(key="price.run").click().run()
    command = commands(workspace)[0]

    assert ("--quality", "word_count", "--selector", "top_k", "--set") == command[2:7]
    assert command[7].startswith("column=")


# --- near neighbours --------------------------------------------------------------------------------


def test_the_closest_pair_is_laid_over_each_other(draw):
    """Densest places first; the pair chosen shows what differs, as letters."""
    app = draw("diversity", diversity="Redundancy")
    places = frame(app, "median distance")
    assert (np.diff(places["share"]) <= 0).all()

    app = draw(
        "diversity", diversity="Redundancy", **{"redundancy.pairs.cluster_name.anywhere.-1.0": chosen(0)}
    )
    assert any("struck out" in one.value for one in app.caption)
    assert any("<del" in one and "<ins" in one for one in drawn(app))


# --- copies -----------------------------------------------------------------------------------------


def test_a_dry_run_comes_first(draw, workspace, check):
    """It is queued with all that was chosen, and its alarms are shown before anything hangs."""
    key = {"copies.way": "slimpajama", "copies.keep": "highest"}
    app = draw("diversity", diversity="Copies", **key)
    app.selectbox(key="copies.column").set_value("tokens").run()
    app.button(key="copies.dry").click().run()
    check(app)
    command = commands(workspace)[0]
    assert ("--method", "slimpajama", "--scope", "both", "--keep", "highest:tokens", "--dry-run") == command[
        2:
    ]

    found = dedup(workspace, "small", "slimpajama", "both", keep="highest:tokens", dry_run=True)
    found["alarms"] = ["local: books would lose 99.0% of its documents"]
    finished(workspace, command, found)
    app = draw("diversity", diversity="Copies", **key, **{"copies.column": "tokens"})
    assert any("would lose" in one.value for one in app.error)
    assert any("no column hangs yet" in one.value for one in app.markdown)


def test_local_and_global_side_by_side(draw, workspace):
    """What only comparing across sources finds, by source."""
    dedup(workspace, "small", "minhash", "both")
    table = frame(draw("diversity", diversity="Copies"), "only across").set_index("source")
    told = [workspace.report(workspace.corpus("small"), name) for name in ("duplicates", "duplicates-local")]

    for name, row in table.iterrows():
        assert [one["by_domain"][name]["duplicates"] for one in told] == row[
            ["global copies", "local copies"]
        ].tolist()


def test_copies_leave_by_a_filter(draw, workspace, check):
    """`NOT is_duplicate` stands among the mixture's filters."""
    app = draw("diversity", diversity="Copies")
    app.button(key="copies.send").click().run()
    check(app)

    assert ['NOT "is_duplicate"'] == [one.keep for one in app.session_state["desk.draft"].filters]


@pytest.mark.parametrize("power", [0.0, 0.5, 1.0])
def test_copies_weigh_less_by_group_size(workspace, power):
    """Of s copies s^power stay, rounded, and the survivor is one of them."""
    corpus = workspace.corpus("small")
    rule = copies.DownWeight("duplicate_group", power)
    keep = workspace.keep_mask(corpus, rule.expression)
    read = workspace.read(corpus, ["duplicate_group", "is_duplicate"])
    groups, copy = (read[name].to_numpy() for name in ("duplicate_group", "is_duplicate"))
    sizes = np.bincount(groups)

    assert sizes.max() >= 6
    assert (
        np.round(sizes[sizes > 0] ** power).tolist()
        == np.bincount(groups, keep, len(sizes))[sizes > 0].tolist()
    )
    assert keep[~copy.astype(bool)].all()


def test_down_weighting_goes_to_the_desk(draw, check):
    """As a filter, by the power chosen."""
    app = draw("diversity", diversity="Copies", **{"copies.rule": copies.LESS, "copies.power": 0.25})
    app.button(key="copies.send").click().run()
    check(app)

    assert "0.25" in app.session_state["desk.draft"].filters[0].keep


def test_members_of_a_group_are_laid_over_the_one_that_stays(draw, workspace, check):
    """Toxic members stay hidden until somebody asks; hostile words stay words."""
    abuse = (
        "You are a stupid worthless idiot and I hate you and all that you say, <b>you</b> fool, every day. "
        * 3
    )
    texts = [abuse, abuse + "So there.", "The sea was calm and the sky was blue over the ship. " * 5]
    workspace.write_corpus("small", [(Document(str(i), text, "web"), 50) for i, text in enumerate(texts)])
    dedup(workspace, "small", "minhash", "global")
    corpus = workspace.corpus("small")
    column = workspace.column(corpus, "toxicity", 1, {}, ("toxicity",), "toxicity")
    workspace.write_whole_column(corpus, column, {"toxicity": np.array([0.9, 0.9, 0.0], np.float32)})
    app = draw("diversity", diversity="Copies", **{"groups.list.duplicate_group.all groups": chosen(0)})
    veil = next(one for one in app.button if one.key.endswith(".veil"))
    assert not [one for one in drawn(app) if "idiot" in one]

    veil.click().run()
    check(app)
    assert any("&lt;b&gt;" in one for one in drawn(app))
    assert any("2 struck out" in one.value for one in app.caption)


# --- containment ------------------------------------------------------------------------------------


def test_which_source_is_inside_which(draw, workspace, check):
    """A job looks; then the matrix, and a warning where one is really another."""
    app = draw("diversity", diversity="Containment")
    app.button(key="containment.run").click().run()
    check(app)
    assert ("contain", "small", "--by", "source", "--n", "13", "--threshold", "0.8") == commands(workspace)[0]

    texts = {
        "web": ["one two three four five six"] * 2,
        "books": ["one two three four five six", "seven eight nine"],
    }
    documents = [
        (Document(f"{s}{i}", text, s), 6) for s, some in texts.items() for i, text in enumerate(some)
    ]
    workspace.write_corpus("small", documents, tokenizer="words")
    containment(workspace, "small", n=3)
    app = draw("diversity", diversity="Containment")
    thin = frame(app, "the nearest").set_index("source")
    assert [0.5, 1.0] == thin["documents elsewhere"].tolist()
    assert ["books", "web"] == thin.index.tolist()
    assert any("its weight is really the other" in one.value for one in app.warning)


def test_how_far_another_corpus_covers_this_one(draw, workspace):
    """The other's domains are the columns; a domain that it lacks is thin."""
    workspace.write_corpus(
        "other", [(Document("a", "The captain of ship 1 saw the whale in the sea", "sea"), 10)]
    )
    containment(workspace, "small", n=3, other="other", threshold=0.2)
    thin = frame(draw("diversity", diversity="Containment", corpus="small"), "the nearest").set_index(
        "source"
    )

    assert "books" == thin.index[-1]
    assert 0 == thin.loc["code", "n-grams in the nearest"]
    assert "sea" == thin.loc["books", "the nearest"]


# --- repeats ----------------------------------------------------------------------------------------


def test_repeats_are_looked_for_and_leave_by_a_filter(draw, workspace, check):
    """A job looks; then the most frequent, marks in documents, and a filter to the desk."""
    app = draw("diversity", diversity="Repeats")
    app.button(key="repeated.mixturevitae").click().run()
    check(app)
    assert ("repeats", "small", "--preset", "mixturevitae") == commands(workspace)[0]

    found = repeats(workspace, "small", "sentence", workers=1)
    app = draw("diversity", diversity="Repeats")
    assert found["frequent"][0]["count"] == frame(app, "times")["times"][0]
    assert any("<mark" in one for one in drawn(app))

    app.button(key="repeated.repeated_sentence_surplus.send").click().run()
    check(app)
    keep = 'coalesce("repeated_sentence_surplus", 0) <= 0.75'
    assert [keep] == [one.keep for one in app.session_state["desk.draft"].filters]


def test_a_frequent_repeat_is_read_whole(draw, workspace):
    """The one chosen stands there as plain characters."""
    repeats(workspace, "small", "sentence", workers=1)
    key = workspace.report(workspace.corpus("small"), "repeats")["repeated_sentence"]["fingerprint"][:12]
    app = draw("diversity", diversity="Repeats", **{f"repeated.frequent.{key}": chosen(0)})

    assert any(
        "licence text" in one.value or "whale" in one.value or "Return" in one.value for one in app.code
    )


# --- empty states -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("tab", "key"),
    [
        ("Metrics", "variety.run"),
        ("Copies", "copies.dry"),
        ("Containment", "containment.run"),
        ("Repeats", "repeated.run"),
    ],
)
def test_a_bare_corpus_says_what_to_run(draw, empty, tab, key):
    """Every tab has a sentence and a button."""
    empty.write_corpus("bare", [(Document("a", "one two", "web"), 2), (Document("b", "", "web"), 0)])
    app = draw("diversity", diversity=tab)

    assert app.info
    assert app.button(key=key)


@pytest.mark.parametrize("tab", ["Price of quality", "Redundancy", "Copies", "Containment", "Repeats"])
def test_words_of_documents_are_never_markup(draw, workspace, tab):
    """Nor are those of sources, on any tab with all that it can show."""
    dedup(workspace, "small", "minhash", "both")
    containment(workspace, "small", n=3)
    repeats(workspace, "small", "sentence", workers=1)
    app = draw("diversity", diversity=tab)
    markup = [one.value for one in [*app.markdown, *app.caption, *app.warning, *app.info, *app.error]]
    charts = [json.dumps(chart.proto.spec) for chart in app.get("plotly_chart")]

    assert not [text for text in [*markup, *drawn(app)] if "<script" in text or "**bold**" in text]
    assert not [text for text in charts if "<script" in text]

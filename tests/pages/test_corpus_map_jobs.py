"""Corpus, Map, Training and Jobs: browsing, search, selection, loading, runs and the queue."""

import json
from pathlib import Path

from streamlit.testing.v1 import AppTest

from core.jobs import Jobs
from core.types import Job


def test_search_lists_hits_and_a_row_opens_its_document(draw, workspace, check):
    """A chosen row is a document by its row number, not by its place in the table."""
    app = draw("corpus", search="whale")
    check(app)

    assert any("best of" in caption.value for caption in app.caption)


def test_loading_queues_an_ingest(draw, empty, check):
    """The form becomes the command that a shell would take."""
    app = draw("corpus")
    app.text_input(key="loading.name").input("mine")
    app.text_area(key="loading.paths").input("/data/a.jsonl\n/data/b.parquet")
    next(b for b in app.button if b.label == "Load").click().run()
    check(app)

    assert [("ingest", "mine", "/data/a.jsonl", "/data/b.parquet", "--seed", "0")] == [
        job.command for job in Jobs(empty).jobs()
    ]


def test_loading_refuses_a_path_that_looks_like_an_option(draw, empty, check):
    """A path cannot smuggle an option into the command."""
    app = draw("corpus")
    app.text_input(key="loading.name").input("mine")
    app.text_area(key="loading.paths").input("--workspace=/tmp/elsewhere")
    next(b for b in app.button if b.label == "Load").click().run()
    check(app)

    assert [] == Jobs(empty).jobs()
    assert app.error


def load(app, name, *files):
    """Fill the form and send it."""
    app.text_input(key="loading.name").input(name)
    app.file_uploader(key="loading.files").set_value(list(files))
    next(b for b in app.button if b.label == "Load").click().run()
    return app


def test_uploads_keep_their_names_for_the_domains(draw, empty, check):
    """An upload's name may become a domain's, so it is kept, without what could lead a path astray."""
    named = [("../../web pages.jsonl", b"{}", "text/plain"), ("=[*].csv", b"a", "text/csv")]
    check(load(draw("corpus"), "mine", *named))
    folder = empty.folder / "uploads"
    paths = [Path(one) for one in Jobs(empty).jobs()[0].command[2:4]]

    assert ["web-pages.jsonl", "upload.csv"] == [path.name for path in paths]
    assert {folder} == {path.resolve().parents[1] for path in paths}
    assert [b"{}", b"a"] == [path.read_bytes() for path in paths]


def test_loading_replaces_a_corpus_only_when_told_to(draw, workspace, check):
    """The name of a corpus that is there is refused: all that was computed on it would be gone."""
    app = load(draw("corpus", corpus_tab="Load another"), "small", ("a.txt", b"words", "text/plain"))
    check(app)
    assert "there is a corpus of this name" in app.error[0].value
    assert [] == Jobs(workspace).jobs()
    app.checkbox(key="loading.replace").check()
    check(load(app, "small", ("a.txt", b"words", "text/plain")))

    assert ["ingest"] == [job.command[0] for job in Jobs(workspace).jobs()]


def test_a_corpus_that_is_not_there_is_said(draw, workspace):
    """A link to a corpus that has gone does not pass another off for it."""
    app = draw("corpus", corpus="gone")

    assert ["There is no corpus “gone” in this workspace; what you see is of “small”."] == [
        one.value for one in app.warning
    ]


def test_delete_takes_the_corpus_away(draw, workspace, check):
    """The corpus goes, and the page stands on one that is left."""
    from core.types import Document

    workspace.write_corpus("other", [(Document("a", "one two", "web"), 2)], tokenizer="words")
    app = draw("corpus", corpus="small")
    app.button(key="corpus.delete.small").click().run()
    check(app)

    assert ["other"] == workspace.corpora()
    assert ["other"] == [one.value for one in app.subheader]
    assert not app.warning


def test_a_corpus_is_not_deleted_under_a_job(draw, workspace):
    """Its columns would be written into nothing."""
    Jobs(workspace).submit(["embed", "small"], "embed small")
    app = draw("corpus")

    assert app.button(key="corpus.delete.small").disabled


def test_every_column_says_who_made_it(draw, workspace):
    """The list of columns names the maker, its version and its settings."""
    tables = [one.value for one in draw("corpus", corpus_tab="Domains").dataframe]
    columns = next(one for one in tables if "made by" in one.columns).set_index("column")

    assert "lengths, version 1" == columns.loc["word_count", "made by"]
    assert "loading" == columns.loc["tokens", "made by"]
    assert "the documents" == columns.loc["year", "made by"]


def test_missing_stages_are_queued_in_order(draw, empty, check):
    """Each stage waits for the one before it."""
    from core.types import Document

    empty.write_corpus("bare", [(Document("a", "one two", "web"), 2)])
    app = draw("corpus", corpus_tab="Prepare")
    app.button(key="stages.all").click().run()
    check(app)

    assert ["score", "embed", "cluster", "dedup", "diversity"] == [
        job.command[0] for job in reversed(Jobs(empty).jobs())
    ]


def test_lasso_lists_the_documents_inside(draw, workspace, check):
    """A selection of points becomes a list of as many documents, by row."""
    app = draw("map")
    picked = {"selection": {"points": [{"customdata": 3}, {"customdata": [5]}], "box": [], "lasso": []}}
    app.session_state["map.points.0"] = picked
    app.run()
    check(app)

    assert ["2 documents selected"] == [heading.value for heading in app.subheader]


def test_a_chosen_cluster_stands_out_and_takes_a_lassos_place(draw, workspace, check):
    """Of a lasso and a cluster the one chosen last is listed; the map shows where the cluster lies."""
    app = draw("map")
    picked = {"selection": {"points": [{"customdata": 3}, {"customdata": [5]}], "box": [], "lasso": []}}
    app.session_state["map.points.0"] = picked
    app.run()
    key = next(one.key for one in app.dataframe if (one.key or "").startswith("clusters.list"))
    app.session_state[key] = {"selection": {"rows": [0], "columns": [], "cells": []}}
    app.run()
    check(app)
    size = workspace.report(workspace.corpus("small"), "clusters")[0]["documents"]
    traces = json.loads(app.get("plotly_chart")[0].proto.spec)["data"]

    assert [f"{size} documents selected"] == [heading.value for heading in app.subheader]
    assert size == sum(len(trace["selectedpoints"]) for trace in traces)


def test_map_colours_by_every_column_it_offers(draw, workspace, check):
    """Domains, clusters and signals alike."""
    app = draw("map")
    for name in app.selectbox(key="colour").options:
        app.selectbox(key="colour").set_value(name).run()
        check(app)

        assert json.dumps(app.get("plotly_chart")[0].proto.spec)


def test_map_shows_where_much_stands_close_together(draw, workspace, check):
    """The distance to the nearest other document is a layer beside the columns, on its own scale."""
    app = draw("map")
    app.selectbox(key="colour").set_value("distance to the nearest other").run()
    check(app)
    points = [t for t in json.loads(app.get("plotly_chart")[0].proto.spec)["data"] if t["name"] == ""]

    assert [0] == [trace["marker"]["cmin"] for trace in points]
    assert all(0 <= value <= 2 for trace in points for value in trace["marker"]["color"])


def test_jobs_page_cancels_and_resumes(draw, workspace, check):
    """The buttons do what they say to the queue."""
    jobs = Jobs(workspace)
    job = jobs.submit(["query", "small", "SELECT 1"], "ask <b>something</b>")
    app = draw("jobs")
    app.button(key=f"progress.cancel.{job.id}").click().run()
    check(app)
    assert "cancelled" == jobs.job(job.id).state
    app.button(key=f"progress.retry.{job.id}").click().run()
    check(app)

    assert "queued" == jobs.job(job.id).state


def test_runs_are_compared_by_domain(draw, workspace, check):
    """Two runs stand side by side with their losses a domain."""
    for name, loss in (("first", 3.0), ("second", 2.0)):
        folder = workspace.runs / name
        folder.mkdir(parents=True)
        domains = {"books": loss, "code": loss + 1}
        run = {
            "state": "done", "manifest_fingerprint": "f" * 64, "started": f"2026-01-0{int(loss)}", "step": 2,
            "steps": 2, "tokens": 100, "losses": domains, "bits_per_byte": domains, "tokens_per_second": 10.0,
            "domains": {},
        }  # fmt: skip
        (folder / "run.json").write_text(json.dumps(run))
        line = {
            "step": 2, "tokens": 100, "train_loss": loss, "losses": domains, "bits_per_byte": domains,
            "learning_rate": 0.1, "tokens_per_second": 10.0, "seconds": 1.0,
        }  # fmt: skip
        (folder / "metrics.jsonl").write_text(json.dumps(line) + "\n")
    app = draw("training")
    app.multiselect[0].set_value(["first", "second"]).run()
    check(app)

    tables = [table.value for table in app.dataframe]
    assert any("best" in table.columns and {"second"} == set(table["best"]) for table in tables)


def test_toxic_beginnings_stay_hidden_in_tables(draw, workspace, check):
    """Neither the list of documents nor a search shows what scores as toxic; others are shown."""
    app = draw("corpus", search="stupid worthless idiot whale")
    check(app)
    shown = " ".join(table.value.to_string() for table in app.dataframe)

    assert "idiot" not in shown
    assert "whale" in shown
    assert "hidden: it may be toxic" in shown


def followed():
    """A page whose sidebar was following job 1."""
    import streamlit as st

    from pages.parts import progress

    if "progress.failed" not in st.session_state:
        progress._sidebar(("1",))
    progress.sidebar()


def test_a_corpus_that_was_loaded_can_be_chosen_at_once(workspace, monkeypatch):
    """Whichever page is open, when the job that loads it is done."""
    done = Job("1", ("ingest", "small", "a.txt"), "ingest small", "done", workspace.folder, 0.0)
    monkeypatch.setattr(Jobs, "jobs", lambda self: [done])
    monkeypatch.setattr(Jobs, "job", lambda self, identifier: done)
    app = AppTest.from_function(followed).run()
    app.button(key="progress.see.small").click().run()

    assert "small" == app.session_state["corpus"]
    assert not app.button


def test_a_job_that_fails_says_why_beside_the_page(empty, monkeypatch):
    """Whichever page is open: it would otherwise only be gone from those that run."""
    failed = Job("1", ("query",), "ask", "failed", empty.folder, 0.0, error="error: none: no such corpus")
    monkeypatch.setattr(Jobs, "jobs", lambda self: [failed])
    monkeypatch.setattr(Jobs, "job", lambda self, identifier: failed)
    app = AppTest.from_function(followed).run()

    assert ["ask: none: no such corpus"] == [one.value.replace("\\", "") for one in app.sidebar.error]
    assert not app.exception

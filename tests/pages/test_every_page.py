"""What holds on every page: it draws with and without a corpus, and a document's words stay words."""

import json
from pathlib import Path
from xml.etree import ElementTree

import pytest
from streamlit.testing.v1 import AppTest

from pages.parts import mark, plain

ROOT = Path(__file__).parents[2]
PAGES = sorted(path.stem for path in (ROOT / "pages").glob("*.py") if path.stem != "__init__")


@pytest.mark.parametrize("name", PAGES)
def test_page_draws(draw, workspace, name):
    """No page fails on a corpus on which every stage has run."""
    app = draw(name)

    assert [name.capitalize()] == [title.value for title in app.title]


@pytest.mark.parametrize("name", PAGES)
def test_empty_page_says_what_to_do_next(draw, empty, name):
    """Without a corpus, every page shows one thing to do."""
    app = draw(name)

    assert app.info


@pytest.mark.parametrize("name", PAGES)
def test_page_draws_before_any_stage_has_run(draw, empty, name):
    """A corpus that was only loaded breaks no page."""
    from core.types import Document

    empty.write_corpus("bare", [(Document("a", "one two", "web"), 2), (Document("b", "", "web"), 0)])

    assert draw(name).title


@pytest.mark.parametrize("name", PAGES)
def test_words_of_documents_are_never_markup(draw, workspace, name):
    """A hostile source name reaches Markdown only escaped, and plotly only with its signs replaced."""
    app = draw(name)
    markup = [block.value for block in [*app.markdown, *app.caption, *app.warning, *app.info, *app.success]]
    labels = [widget.label for widget in [*app.slider, *app.number_input, *app.button, *app.toggle]]
    charts = [json.dumps(chart.proto.spec) for chart in app.get("plotly_chart")]

    assert not [text for text in [*markup, *labels] if "<script>" in text or "**bold**" in text]
    assert not [text for text in charts if "<script" in text]


def test_names_that_are_cut_alike_stay_apart():
    """What plotly would take for one bar keeps its end, or gets a number."""
    path = "crawl/2024/a-very-long-folder-name"
    names = ["short", f"{path}/first", f"{path}/other", "x" * 400, "x" * 401]

    assert [
        "short",
        "crawl/2024/a-ve…older-name/first",
        "crawl/2024/a-ve…older-name/other",
        f"{'x' * 15}…{'x' * 16}",
        f"{'x' * 15}…{'x' * 16} (2)",
    ] == list(plain.labels(names).values())


def test_the_mark_is_drawn_here():
    """Neither the tab's icon nor the logo is fetched from anywhere."""
    for drawn in (mark.ICON, mark.LOGO):
        assert "http://www.w3.org/2000/svg" == ElementTree.fromstring(drawn).tag[1:].partition("}")[0]
        assert "href" not in drawn


def test_app_navigates_to_every_page(workspace):
    """app.py lists each page of the folder once and opens the first."""
    app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=60).run()

    assert [] == [error.message for error in app.exception]
    assert ["Corpus"] == [title.value for title in app.title]
    for name in PAGES:
        app.switch_page(f"pages/{name}.py").run()

        assert [name.capitalize()] == [title.value for title in app.title]

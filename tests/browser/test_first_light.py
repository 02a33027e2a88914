"""What a newcomer does, in a real browser: look, choose, measure, mix, export, train, see the losses."""

import re

import pytest
from playwright.sync_api import expect

from core.export import export
from core.types import Mixture
from core.workspace import Workspace
from tests.browser.steps import choose_first_row, lasso, opened, screenshot, settled

pytestmark = pytest.mark.browser


def test_map_lasso_and_document(page):
    """A lasso on the map lists the documents inside it, and a row of the list opens the document."""
    opened(page, "/map", "Map")
    expect(page.locator(".js-plotly-plot canvas").first).to_be_visible()
    screenshot(page, "map")
    lasso(page, [(0.02, 0.02), (0.98, 0.02), (0.98, 0.98), (0.02, 0.98)])

    heading = page.get_by_role("heading", name=re.compile("documents selected"))
    expect(heading).to_be_visible()
    count = int(heading.inner_text().split()[0].replace(",", ""))
    assert 100 < count <= 1300

    settled(page)
    choose_first_row(page.get_by_test_id("stDataFrame").last)

    expect(page.get_by_role("tab", name="Nearest documents")).to_be_visible()
    expect(page.get_by_test_id("stCode").first).to_be_visible()
    screenshot(page, "document")


def test_nothing_is_fetched_from_elsewhere(page, address):
    """The app needs no network: fonts, icons and charts come from its own server."""
    asked = []
    page.on("request", lambda request: asked.append(request.url))
    opened(page, "/map", "Map")
    expect(page.locator(".js-plotly-plot canvas").first).to_be_visible()

    assert [] == [url for url in asked if not url.startswith((address, "data:", "blob:"))]
    assert len(asked) > 10


def test_quality_threshold_goes_to_the_desk(page):
    """A threshold becomes a filter of the mixture, and the waterfall shows what it takes."""
    opened(page, "/quality?signal=word_count", "Quality")
    screenshot(page, "quality")
    page.get_by_role("button", name="Send to the desk as a filter").click()
    expect(page.get_by_text("The mixture has one more filter.")).to_be_visible()
    page.get_by_role("link", name="Mixture").click()
    expect(page.get_by_role("heading", name="Mixture", exact=True)).to_be_visible()
    page.get_by_role("tab", name="Filters and selection").click()

    expect(page.get_by_text(re.compile("word_count at least")).first).to_be_visible()


def test_toxic_texts_stay_hidden_until_asked_for(page):
    """Examples on the Toxicity page appear only after a click on the warning."""
    opened(page, "/toxicity", "Toxicity")
    expect(page.get_by_text("They stay hidden until you ask for them.")).to_be_visible()
    expect(page.get_by_text("Just kept")).to_have_count(0)
    screenshot(page, "toxicity")
    page.get_by_role("button", name="Show the texts").click()

    expect(page.get_by_text("Just kept")).to_be_visible()


def test_diversity_names_copies(page):
    """The metrics stand in a table, the copies under their own tab."""
    opened(page, "/diversity", "Diversity")
    screenshot(page, "diversity")
    page.get_by_role("tab", name="Copies").click()

    expect(page.get_by_role("heading", name="Largest groups")).to_be_visible()


def test_fader_export_training_and_loss(page):
    """A moved fader takes from the others; the mixture is exported and trained on; losses appear."""
    opened(page, "/mixture", "Mixture")
    expect(page.get_by_role("slider").first).to_be_visible()
    before = float(page.get_by_role("slider").first.input_value())
    fader = page.get_by_role("slider").first
    fader.focus()
    fader.press("ArrowRight")
    settled(page)

    expect(page.get_by_role("button", name="Undo")).to_be_enabled()
    assert before < float(page.get_by_role("slider").first.input_value())

    budget = page.get_by_role("spinbutton", name="Token budget")
    budget.fill("60000")
    budget.press("Enter")
    settled(page)
    screenshot(page, "mixture")
    page.get_by_role("tab", name="Export and train").click()
    page.get_by_role("button", name="Send to training").click()
    page.get_by_role("link", name="See it train").click()

    expect(page.get_by_role("heading", name="Training", exact=True)).to_be_visible()
    expect(page.locator(".stMarkdownBadge", has_text="done")).to_be_visible(timeout=240_000)
    expect(page.locator(".js-plotly-plot").first).to_be_visible()
    settled(page)
    screenshot(page, "training")


def test_undo_takes_a_fader_back(page):
    """After undo the fader stands where it stood."""
    opened(page, "/mixture", "Mixture")
    fader = page.get_by_role("slider").first
    before = fader.input_value()
    fader.focus()
    fader.press("ArrowRight")
    settled(page)
    expect(fader).not_to_have_value(before)
    page.get_by_role("button", name="Undo").click()

    expect(fader).to_have_value(before)
    expect(page.get_by_role("button", name="Undo")).to_be_disabled()


def test_a_link_to_a_page_goes_through_the_app(chromium, serve, tmp_path):
    """The server's very first visitor may come by a link to a page and still sees the navigation."""
    with serve(tmp_path) as address:
        page = chromium.new_page()
        page.goto(f"{address}/training")

        expect(page.get_by_role("link", name="Mixture")).to_be_visible(timeout=30_000)
        expect(page.get_by_role("heading", name="Training", exact=True)).to_be_visible()
        page.close()


def test_dark_theme_follows_the_reader(chromium, address):
    """Whoever prefers dark gets dark, charts included."""
    context = chromium.new_context(
        viewport={"width": 1500, "height": 1000}, color_scheme="dark", base_url=address
    )
    page = context.new_page()
    opened(page, "/map", "Map")
    expect(page.locator(".js-plotly-plot canvas").first).to_be_visible()
    background = page.evaluate(
        "getComputedStyle(document.querySelector('[data-testid=stApp]')).backgroundColor"
    )
    screenshot(page, "map-dark")
    context.close()

    assert "rgb(20, 24, 31)" == background


def test_a_sweep_from_the_form_to_weights_on_the_desk(page, demo):
    """An experiment is started from its form on an export, ends, and its proposal goes to the desk."""
    home = Workspace(demo)
    mixture = Mixture.model_validate({"name": "swept", "corpus": "demo", "budget": {"tokens": 60_000}})
    export(home, mixture, "jsonl", home.exports / "swept")
    opened(page, "/training?training=Experiments", "Training")
    for label, value in (("models", "4"), ("tokens", "8192"), ("batch size", "4"), ("context", "64")):
        field = page.get_by_role("spinbutton", name=label, exact=True)
        field.fill(value)
        field.press("Enter")
        settled(page)
    expect(page.get_by_text(re.compile("4 models, .* tokens in all"))).to_be_visible()
    page.get_by_role("button", name="Run").click()

    expect(page.locator(".stMarkdownBadge", has_text="done")).to_be_visible(timeout=240_000)
    page.get_by_role("button", name="Propose weights").click()
    page.get_by_role("button", name="Put on the desk").click()
    page.get_by_role("link", name="To the desk").click()
    expect(page.get_by_role("heading", name="Mixture", exact=True)).to_be_visible()
    expect(page.get_by_role("textbox", name="Mixture", exact=True)).to_have_value("swept")

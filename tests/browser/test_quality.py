"""Filters in a real browser: from published rules and a threshold to the waterfall and a dropped document."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.steps import choose_first_row, opened, screenshot, settled

pytestmark = pytest.mark.browser


def test_threshold_waterfall_dropped_document_desk(page):
    """A threshold joins the chain; what it alone drops is listed and opens; the filter goes to the desk."""
    opened(page, "/quality?signal=word_count", "Quality")
    number = page.get_by_role("spinbutton", name="at least")
    number.fill("200")
    number.press("Enter")
    expect(page.get_by_text('"word_count" >= 200.0')).to_be_visible()
    page.get_by_role("tab", name="Filters together").click()
    expect(page.get_by_role("heading", name="What each filter takes")).to_be_visible()
    settled(page)
    screenshot(page, "filters")

    expect(page.get_by_text(re.compile("documents; choose one to open it"))).to_be_visible()
    choose_first_row(page.get_by_test_id("stDataFrame").last)
    expect(page.get_by_role("tab", name="Nearest documents")).to_be_visible()

    page.get_by_role("button", name="Send the threshold to the desk").click()
    settled(page)
    page.get_by_role("link", name="Mixture", exact=True).click()
    expect(page.get_by_role("heading", name="Mixture", exact=True)).to_be_visible()
    page.get_by_role("tab", name="Filters and selection").click()
    expect(page.get_by_text(re.compile("word_count at least 200")).first).to_be_visible()


def test_published_rules_run_and_compare(page):
    """The presets run as jobs; then the shares that each keeps stand side by side, with marked texts."""
    opened(page, "/quality?quality=Published+rules", "Quality")
    page.get_by_role("button", name=re.compile("^Run Gopher")).click()
    kept = page.get_by_text("What would these have kept?")
    expect(kept).to_be_visible(timeout=120_000)
    expect(page.get_by_role("button", name=re.compile("^Run "))).to_have_count(0, timeout=120_000)
    settled(page)

    expect(page.get_by_role("heading", name="Where two of them differ")).to_be_visible()
    expect(page.locator("mark").first).to_be_attached()
    screenshot(page, "rules")


def test_an_odd_signal_leads_to_its_threshold(page):
    """From the small pictures to one signal, by its button."""
    opened(page, "/quality?quality=All+signals", "Quality")
    expect(page.get_by_text(re.compile("Grey: all documents"))).to_be_visible()
    settled(page)
    screenshot(page, "signals")
    page.get_by_test_id("stMain").get_by_role("button", name="Set", exact=True).first.click()

    expect(page.get_by_role("tab", name="Threshold", selected=True)).to_be_visible()
    expect(page.get_by_text("Documents kept")).to_be_visible()


def test_brushing_two_signals_lists_documents(page):
    """A box on the joint plot lists what is in it."""
    opened(page, "/quality?quality=Correlation", "Quality")
    plot = page.locator(".js-plotly-plot").last
    expect(plot.locator("canvas").first).to_be_visible()
    settled(page)
    plot.scroll_into_view_if_needed()
    box = plot.locator(".nsewdrag").bounding_box()
    page.mouse.move(box["x"] + 3, box["y"] + 3)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] - 3, box["y"] + box["height"] - 3, steps=8)
    page.mouse.up()

    expect(page.get_by_text(re.compile("documents brushed"))).to_be_visible()

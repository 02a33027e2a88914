"""Toxicity in a real browser: texts behind a click, examples by level, borderline documents, the map."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.steps import opened, screenshot, settled

pytestmark = pytest.mark.browser


def test_examples_of_a_level_open_after_the_warning(page):
    """No text unasked; then marked examples of the level chosen, one of which opens."""
    opened(page, "/toxicity?risk=Dimensions", "Toxicity")
    expect(page.get_by_role("button", name="Score the dimensions")).to_be_visible()
    page.get_by_role("radio", name=re.compile("^0.5 to 0.75")).click()
    settled(page)
    expect(page.get_by_text("Their texts stay hidden until you ask for them.")).to_be_visible()
    expect(page.locator("mark")).to_have_count(0)

    page.get_by_role("button", name="Show the texts").click()
    expect(page.locator("mark").first).to_be_visible()
    screenshot(page, "dimensions")
    page.get_by_test_id("stButton").get_by_role("button", name="Open", exact=True).first.click()
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_role("tab", name="Nearest documents")).to_be_visible()
    expect(dialog.get_by_text(re.compile("The toxicity score of this document"))).to_be_visible()
    expect(dialog.get_by_test_id("stCode")).to_have_count(0)


def test_borderline_documents_by_keyboard(page):
    """N is the next one, P the one before; the list is without texts."""
    opened(page, "/toxicity?risk=Borderline", "Toxicity")
    expect(page.get_by_text(re.compile("documents nearest to 0.5"))).to_be_visible()
    expect(page.locator(".st-key-borderline-next")).to_have_count(0)
    page.get_by_role("button", name="Show the texts").click()
    expect(page.locator("mark").first).to_be_visible()

    for key, told in (("n", "2 of"), ("n", "3 of"), ("p", "2 of")):
        page.keyboard.press(key)
        expect(page.get_by_text(re.compile(f"^{told} "))).to_be_visible()
    screenshot(page, "borderline")


def test_the_way_to_the_map_keeps_the_colour(page):
    """The link opens the map coloured by the score that was looked at."""
    opened(page, "/toxicity", "Toxicity")
    page.get_by_role("link", name="On the map").click()
    expect(page.get_by_role("heading", name="Map", exact=True)).to_be_visible()
    settled(page)

    expect(page.get_by_text("toxicity", exact=True).first).to_be_visible()
    assert "colour=toxicity" in page.url

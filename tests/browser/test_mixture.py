"""The mixing desk in a real browser: a group, a curriculum on the timeline, and the draft beside what was saved."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.steps import opened, screenshot, settled

pytestmark = pytest.mark.browser


def test_a_group_moves_together_and_the_draft_stands_beside_the_saved(page):
    """Group two domains, move them, compare with what was saved, go back, undo."""
    opened(page, "/mixture", "Mixture")
    page.locator(".st-key-handoff-save button").click()
    page.get_by_role("button", name="Groups").click()
    page.get_by_label("Name", exact=True).fill("words")
    page.get_by_label("Domains", exact=True).click()
    for _ in range(2):
        page.keyboard.press("ArrowDown")
        page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    page.get_by_role("button", name="Group them").click()
    settled(page)
    page.keyboard.press("Escape")
    number = page.get_by_role("spinbutton", name="words in percent")
    number.fill("50")
    number.press("Enter")
    settled(page)
    expect(number).to_have_value("50.00")
    screenshot(page, "mixture-groups")

    page.get_by_role("tab", name="Compare").click()
    expect(page.get_by_role("heading", name="Tokens by source")).to_be_visible()
    expect(page.get_by_role("heading", name="Lost most")).to_be_visible()
    screenshot(page, "mixture-compare")
    page.get_by_role("combobox", name="Compare with").click()
    page.get_by_role("option", name=re.compile("as saved")).first.click()
    settled(page)
    page.get_by_role("button", name="Put that one on the desk").click()
    settled(page)
    expect(page.get_by_text(re.compile("No difference"))).to_be_visible()
    page.get_by_role("button", name="Undo").click()
    settled(page)
    expect(page.get_by_role("heading", name="Tokens by source")).to_be_visible()


def test_stages_are_seen_on_the_timeline(page):
    """A split run with an order is drawn as two stages, the order in words."""
    opened(page, "/mixture?desk=Stages", "Mixture")
    page.get_by_role("button", name="Split", exact=True).click()
    settled(page)
    page.get_by_role("button", name="Order").first.click()
    page.get_by_role("combobox", name="Documents come").click()
    page.keyboard.type("word_count")
    page.keyboard.press("Enter")
    settled(page)
    page.keyboard.press("Escape")

    chart = page.locator(".js-plotly-plot").first
    expect(chart.get_by_text("stage 1, by word_count, rising")).to_be_visible()
    expect(chart.get_by_text("stage 2", exact=True)).to_be_visible()
    expect(page.get_by_text(re.compile("0% to 80%"))).to_be_visible()
    screenshot(page, "mixture-timeline")

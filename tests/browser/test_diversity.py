"""Copies in a real browser: the largest group, how its members differ, and the way to the desk."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.steps import choose_first_row, opened, screenshot, settled

pytestmark = pytest.mark.browser


def test_groups_are_seen_compared_and_removed(page):
    """The members of the largest group differ in marked words; its copies leave the mixture by a filter."""
    opened(page, "/diversity?diversity=Copies", "Diversity")
    expect(page.get_by_role("heading", name="Largest groups")).to_be_visible()
    choose_first_row(page.get_by_test_id("stDataFrame").last)
    expect(page.get_by_text(re.compile("members, the one that stays first"))).to_be_visible()
    expect(page.get_by_text(re.compile("words in both|The same")).first).to_be_visible()
    settled(page)
    expect(page.locator("[data-testid=stHtml] pre").first).to_be_visible()
    screenshot(page, "copies")

    page.get_by_role("button", name="Send to the desk as a filter").click()
    settled(page)
    page.get_by_role("link", name="Mixture", exact=True).click()
    expect(page.get_by_role("heading", name="Mixture", exact=True)).to_be_visible()
    page.get_by_role("tab", name="Filters and selection").click()
    expect(page.get_by_text('NOT "is_duplicate"').first).to_be_visible()

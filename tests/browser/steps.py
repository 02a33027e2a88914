"""Steps that browser tests share: open a page, wait, keep a picture, draw on a chart, choose a row."""

import os
from pathlib import Path

from playwright.sync_api import expect


def opened(page, path, title):
    """Go to a page and wait until it stands."""
    page.goto(path)
    expect(page.get_by_role("heading", name=title, exact=True)).to_be_visible()
    settled(page)


def settled(page):
    """Wait until the app has drawn what it had to draw."""
    page.wait_for_timeout(400)
    expect(page.locator("[data-testid=stApp][data-test-script-state=running]")).to_have_count(
        0, timeout=60_000
    )
    expect(page.get_by_test_id("stSkeleton")).to_have_count(0, timeout=60_000)


def screenshot(page, name):
    """Keep a picture where MIXDESK_SCREENSHOTS names a folder."""
    folder = os.environ.get("MIXDESK_SCREENSHOTS")
    if folder:
        page.wait_for_timeout(1500)
        page.screenshot(path=Path(folder) / f"{name}.png")


def lasso(page, shares):
    """Draw around a part of the map, given by corners as shares of its width and height."""
    box = page.locator(".js-plotly-plot .nsewdrag").first.bounding_box()
    corners = [(box["x"] + x * box["width"], box["y"] + y * box["height"]) for x, y in shares]
    page.mouse.move(*corners[0])
    page.mouse.down()
    for corner in [*corners[1:], corners[0]]:
        page.mouse.move(*corner, steps=8)
    page.mouse.up()


def choose_first_row(table):
    """Tick the first row of a table that is drawn on a canvas."""
    table.scroll_into_view_if_needed()
    box = table.bounding_box()
    table.page.mouse.click(box["x"] + 18, box["y"] + 35 + 17)

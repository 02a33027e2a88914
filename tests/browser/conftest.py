"""A real Chromium, and the app served from a workspace that the commands made."""

import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import expect, sync_playwright

ROOT = Path(__file__).parents[2]
NAMES = ("chromium", "chromium-browser", "google-chrome", "chrome")
FLAGS = [
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
]  # fmt: skip
expect.set_options(timeout=30_000)  # a busy machine draws slowly


@pytest.fixture(scope="session")
def chromium():
    """The browser; under CI it must be there, elsewhere its absence skips the test by name."""
    path = next(filter(None, map(shutil.which, NAMES)), None)
    if path is None:
        if os.environ.get("CI") == "true":
            pytest.fail("no Chromium on this machine; install Debian's package chromium")
        pytest.skip("no Chromium on this machine")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=FLAGS)
        yield browser
        browser.close()


@contextmanager
def served(workspace, port=None):
    """Serve the app from a workspace; yields its address."""
    with socket.socket() as free:
        free.bind(("localhost", 0))
        port = port or free.getsockname()[1]
    log = (Path(workspace) / "server.log").open("w")
    process = subprocess.Popen(
        [
            sys.executable,
            "-m",
            "streamlit",
            "run",
            "app.py",
            f"--server.port={port}",
            "--server.headless=true",
        ],
        cwd=ROOT,
        env={**os.environ, "MIXDESK_WORKSPACE": str(workspace)},
        stdout=log,
        stderr=log,
    )
    address = f"http://localhost:{port}"
    try:
        wait(lambda: urllib.request.urlopen(f"{address}/_stcore/health").status == 200, 60)
        yield address
    finally:
        process.terminate()
        process.wait(20)


@pytest.fixture
def serve():
    """Serve another workspace: a context manager that yields the address."""
    return served


def wait(condition, seconds):
    """Poll until the condition holds."""
    until = time.monotonic() + seconds
    while True:
        try:
            if condition():
                return
        except OSError:
            pass
        if time.monotonic() > until:
            pytest.fail(f"not within {seconds} s")
        time.sleep(0.2)


def core(workspace, *arguments):
    """Run a command of the project."""
    done = subprocess.run(
        [sys.executable, "-m", "core", *map(str, arguments), "--workspace", str(workspace)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]


@pytest.fixture(scope="session")
def demo(tmp_path_factory):
    """A workspace with a small demo corpus, every stage run."""
    workspace = tmp_path_factory.mktemp("browser") / "workspace"
    core(workspace, "demo", "--documents", "1200")
    return workspace


@pytest.fixture(scope="session")
def address(demo):
    """The app, served from the demo's workspace."""
    with served(demo) as found:
        yield found


@pytest.fixture
def page(chromium, address):
    """A page of a new visitor; a script's error fails the test."""
    context = chromium.new_context(
        viewport={"width": 1500, "height": 1000}, color_scheme="light", base_url=address
    )
    page = context.new_page()
    page.set_default_timeout(30_000)
    errors = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    yield page
    shown = page.locator("[data-testid=stException]").all_inner_texts()
    context.close()
    assert [] == errors + shown

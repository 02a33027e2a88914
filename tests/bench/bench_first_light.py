"""From an empty workspace to the first map: the demo as `make run` builds it, then the app in a browser.

The figure to reach: under 3 minutes on two cores at 5,000 documents, dependencies installed.
"""

import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).parents[2]
FLAGS = ["--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"]


def command(folder, *words):
    """Run a command; return its seconds and what it printed."""
    began = time.perf_counter()
    whole = [sys.executable, "-m", "core", *words, "--workspace", folder, "--json"]
    done = subprocess.run(whole, check=True, capture_output=True, text=True)
    return time.perf_counter() - began, json.loads(done.stdout) if done.stdout.strip() else {}


def first_map(folder):
    """Start the app, open the map in a browser; return seconds until its points are drawn."""
    from playwright.sync_api import sync_playwright

    path = shutil.which("chromium") or shutil.which("google-chrome")
    if path is None:
        return None
    with socket.socket() as free:
        free.bind(("localhost", 0))
        port = free.getsockname()[1]
    began = time.perf_counter()
    server = subprocess.Popen(
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
        env={**os.environ, "MIXDESK_WORKSPACE": folder},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        with sync_playwright() as playwright:
            page = playwright.chromium.launch(executable_path=path, args=FLAGS).new_page()
            while True:
                try:
                    page.goto(f"http://localhost:{port}/map")
                    break
                except Exception as error:
                    if time.perf_counter() - began > 60:
                        raise TimeoutError from error
                    time.sleep(0.1)
            page.wait_for_selector(".js-plotly-plot canvas", timeout=60_000)
            return time.perf_counter() - began
    finally:
        server.terminate()
        server.wait()


def main():
    """Time the demo and the first map, and print seconds."""
    with tempfile.TemporaryDirectory() as folder:
        built, facts = command(folder, "demo")
        print(
            f"demo, every stage               {built:7.1f} s  "
            f"{facts['documents']:,} documents, {facts['tokens']:,} tokens"
        )
        print(f"documents a second, all stages  {facts['documents'] / built:7.1f}", flush=True)
        drawn = first_map(folder)
        if drawn is None:
            print("first map in a browser: not measured, no Chromium here")
        else:
            print(f"server start to first map       {drawn:7.1f} s")
            print(f"empty workspace to first map    {built + drawn:7.1f} s")
        again, _ = command(folder, "demo", "--if-empty")
        print(f"second start, nothing to build  {again:7.1f} s")


if __name__ == "__main__":
    main()

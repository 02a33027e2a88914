"""The README's tour runs as it stands, command by command, in a folder of its own."""

import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
TOUR = README.partition("## Ten minutes with it")[2]
FILES = re.findall(r"```yaml\n# (\S+)\n(.*?)```", TOUR, re.S)
COMMANDS = [
    line
    for block in re.findall(r"```sh\n(.*?)```", TOUR, re.S)
    for line in block.splitlines()
    if line.startswith("python -m core")
]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Where a reader would stand: the files that the tour names, and a workspace beside them."""
    folder = tmp_path_factory.mktemp("tour")
    for name in ("README.md", "CHANGELOG.md"):
        shutil.copy(ROOT / name, folder)
    for name, text in FILES:
        (folder / name).write_text(text, encoding="utf-8")
    return folder


def test_tour_has_every_stage_in_it():
    """The tour shows at least these commands."""
    shown = {shlex.split(command)[3] for command in COMMANDS}

    assert set() == {"demo", "ingest", "query", "search", "diversity", "mix", "export", "train"} - shown


@pytest.mark.parametrize("command", COMMANDS)
def test_command_of_the_tour_runs(folder, command):
    """Each command succeeds after those before it; only the demo is made smaller, to be quick."""
    words = [sys.executable, *shlex.split(command)[1:]]
    if words[3] == "demo":
        words += ["--documents", "1500"]
    environment = {k: v for k, v in os.environ.items() if k != "MIXDESK_WORKSPACE"}
    done = subprocess.run(
        words,
        cwd=folder,
        env={**environment, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )

    assert 0 == done.returncode, done.stderr[-1500:]
    assert done.stdout

"""What runs on the other machine: a process group under a lock, looked at, and stopped whole."""

import json
import subprocess
import sys
import time
from pathlib import Path

import pytest

from core.backend.places import there


def ask(folder, verb, request=None):
    """What the script answers, run as it is there: from standard input, by a Python that sees no package."""
    command = [sys.executable, "-I", "-S", "-", verb, str(folder), json.dumps(request)]
    script = Path(there.__file__).read_text()
    done = subprocess.run(command, input=script, capture_output=True, text=True, check=True)
    return json.loads(done.stdout)


@pytest.fixture
def folder(tmp_path):
    """A folder with its code's."""
    (tmp_path / "code").mkdir()
    return tmp_path


def begin(folder, *command, key="k"):
    """Start a command."""
    request = {"key": key, "code": "code", "files": {"config.json": "{}"}, "command": command}
    return ask(folder, "start", request)["state"]


def ended(folder):
    """The state after the command's end."""
    for _ in range(100):
        state = ask(folder, "status")
        if not state["running"]:
            return state
        time.sleep(0.05)
    raise AssertionError("still running")


def test_a_command_that_ends_leaves_its_status_and_last_words(folder):
    """The line of error rather than what follows it; words reach the command as they stand."""
    begin(folder, "sh", "-c", 'echo "error: $1"; echo later; exit 2', "sh", "it's; $(bad) *")

    assert {
        "running": False, "status": 2, "cancelled": False, "said": "error: it's; $(bad) *"
    } == ended(folder)  # fmt: skip
    assert "{}" == (folder / "config.json").read_text()


def test_the_same_start_finds_the_run_and_another_is_refused(folder):
    """The lock says that it lives, whoever asks; then it is cancelled, what it started included."""
    states = [begin(folder, "sh", "-c", "sleep 60 & sleep 60"), begin(folder, "true")]
    states.append(begin(folder, "true", key="other"))
    running = ask(folder, "status")
    cancelled = [ask(folder, "cancel"), ask(folder, "cancel")]

    assert ["started", "running", "occupied"] == states
    assert {"running": True} == running
    assert [{"cancelled": True}, {"cancelled": False}] == cancelled
    assert ended(folder)["cancelled"]
    assert "started" == begin(folder, "true")
    assert not ended(folder)["cancelled"]


def test_a_killed_command_has_no_status(folder):
    """So it may be started again; a status of its own is an end."""
    begin(folder, "sh", "-c", "kill -9 $$")

    assert ended(folder)["status"] is None


def test_missing_packages_are_named_and_folders_made(folder):
    """Those alone."""
    request = {"packages": ["json", "no_such_package"], "parts": ["a/b", "run"]}

    assert {"missing": ["no_such_package"]} == ask(folder / "new", "check", request)
    assert (folder / "new/a/b").is_dir()
    assert not ask(folder / "none", "cancel")["cancelled"]

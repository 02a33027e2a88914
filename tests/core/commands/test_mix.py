"""`mix --lint` prints a trainer's configuration as a mixture, and its traps."""

import json
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[3]


def run(*arguments):
    command = [sys.executable, "-m", "core", "mix", *map(str, arguments)]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)


def test_lint_needs_no_workspace(tmp_path):
    """As one JSON object, or for people."""
    (tmp_path / "blend.txt").write_text("0.7 data/web 0.3 data/code\n", encoding="utf-8")
    found = json.loads(run("--lint", tmp_path / "blend.txt", "--json").stdout)
    shown = run("demo", "--lint", tmp_path / "blend.txt").stdout

    assert ("Megatron-LM", {"web": 0.7, "code": 0.3}) == (found["trainer"], found["mixture"]["weights"])
    assert len(found["traps"]) == 1
    assert "corpus: demo" in shown
    assert "trap: The weights count samples" in shown


def test_a_mixture_needs_its_corpus():
    """Without either, one line and status 2."""
    done = run()

    assert (2, 1) == (done.returncode, len(done.stderr.splitlines()))
    assert "write mix NAME SPEC.yaml, or --lint FILE" in done.stderr

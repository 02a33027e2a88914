"""The layout's rules: who may import whom, what loads late, and how large a file may grow."""

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
TOP = {
    "app.py", "pages", "core", "tests", "requirements.txt", "README.md", "Makefile", "pyproject.toml",
    "LICENSE", "CHANGELOG.md",
}  # fmt: skip
STAGES = {
    "ingest", "score", "embed", "cluster", "dedup", "diversity", "search", "select", "mix", "optimise",
    "export", "review", "filter", "own", "boilerplate", "licences", "contamination", "containment", "repeats",
    "policy", "take",
}  # fmt: skip
BRICKS = {
    "sources", "signals", "embedders", "clusterers", "matchers", "metrics", "rankers", "selectors",
    "optimisers", "exporters", "rulesets",
}  # fmt: skip
HEAVY = {
    "torch",
    "faiss",
    "umap",
    "sentence_transformers",
    "ray",
    "sklearn",
    "datasets",
    "transformers",
    "duckdb",
}
FOUND = [p.relative_to(ROOT) for folder in ("core", "pages") for p in (ROOT / folder).rglob("*.py")]
FILES = [*sorted(FOUND), Path("app.py")]
OURS = [p for p in FILES if p.parts[0] == "core" and p.parts[1] != "backend"]


def imports(path, top_only=False):
    """Yield the modules a file imports, written out from the root."""
    tree = ast.parse((ROOT / path).read_text(encoding="utf-8"))
    for node in tree.body if top_only else ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def test_top_level_is_fixed():
    """Nothing stands at the top but what the house names, and dot folders."""
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    names = {line.split("/")[0] for line in listed.splitlines()}

    assert set() == {name for name in names if not name.startswith(".")} - TOP


@pytest.mark.parametrize("path", FILES, ids=str)
def test_imports_go_only_downward(path):
    """Core knows no screen, stages no stage, bricks no stage and no other brick, the backend no workspace."""
    found = set(imports(path))
    parts = path.parts
    if parts[0] == "core":
        assert not {m for m in found if m.split(".")[0] in ("streamlit", "pages", "app")}
    if len(parts) == 2 and path.stem in STAGES:
        others = STAGES - {path.stem}
        assert not {m for m in found if m.startswith("core.") and m.split(".")[1] in others}
    if parts[0] == "core" and len(parts) > 2 and parts[1] in BRICKS:
        allowed = {"types", "doors", "errors", "disk", "bricks", "engines", parts[1]}
        assert not {m for m in found if m.startswith("core.") and m.split(".")[1] not in allowed}
    if parts[:2] == ("core", "backend"):
        assert not {
            m
            for m in found
            if m.startswith("core.") and m.split(".")[1] not in ("types", "errors", "backend")
        }
    if parts[:2] == ("pages", "parts"):
        assert not {m for m in found if re.match(r"pages\.(?!parts)", m)}


@pytest.mark.parametrize(
    "path", [p for p in FILES if p.parts[0] == "core" and p.parts[1] != "backend"], ids=str
)
def test_heavy_libraries_load_late(path):
    """No module of core imports a heavy library when it is itself imported."""
    assert set() == {m.split(".")[0] for m in imports(path, top_only=True)} & HEAVY


def test_help_answers_at_once():
    """`python -m core --help` loads no heavy library."""
    code = """
import sys, runpy
sys.argv = ['core', '--help']
try:
    runpy.run_module('core', run_name='__main__')
except SystemExit:
    sys.stderr.write(' '.join(module for module in sys.modules if '.' not in module))
"""
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)

    assert "ingest" in done.stdout
    assert set() == (HEAVY | {"pandas", "pyarrow", "streamlit"}) & set(done.stderr.split())


@pytest.mark.parametrize("path", FILES, ids=str)
def test_files_stay_small(path):
    """A file past 400 lines is two rooms in one; a page past 150 holds arithmetic."""
    lines = len((ROOT / path).read_text(encoding="utf-8").splitlines())
    page = path.parts[0] == "pages" and len(path.parts) == 2

    assert (150 if page else 400) >= lines


def test_no_markup_is_made_of_corpus_text():
    """Documents are untrusted: no page may switch HTML on."""
    for path in FILES:
        assert "unsafe_allow_html" not in (ROOT / path).read_text(encoding="utf-8"), path

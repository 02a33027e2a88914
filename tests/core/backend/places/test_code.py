"""The files that training needs elsewhere: all of them, and nothing of the app."""

import shutil
import subprocess
import sys

from core.backend.places._code import ROOT, code_files, code_hash, code_packages


def test_the_commands_run_in_a_folder_with_these_files_alone(tmp_path):
    """No other `core` is in sight of that Python."""
    for name in code_files():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(ROOT / name, tmp_path / name)
    probe = "import core.backend.__main__ as m, core.backend.training.loop; print(m.__file__)"
    done = subprocess.run(
        [sys.executable, "-c", probe], cwd=tmp_path, capture_output=True, text=True, check=True
    )

    assert str(tmp_path) in done.stdout


def test_the_app_stays_here():
    """The backend, the nouns, what they are read by, and the errors: no workspace, no stage, no page."""
    outside = {name for name in code_files() if not name.startswith("core/backend/")}

    nouns = {"core/__init__.py", "core/types.py", "core/mixture.py", "core/plain_yaml.py", "core/errors.py"}

    assert nouns == outside


def test_the_packages_are_those_that_it_imports():
    """Without Python's own and ours."""
    packages = set(code_packages(code_files()))

    assert {"numpy", "torch", "tokenizers", "safetensors", "pydantic", "pyarrow", "typer", "yaml"} <= packages
    assert not {"core", "json", "streamlit", "duckdb", "pandas", "faiss"} & packages


def test_the_hash_follows_the_bytes(tmp_path):
    """Another code is another folder there."""
    (tmp_path / "a").write_text("1")
    first = code_hash(("a",), tmp_path)
    (tmp_path / "a").write_text("2")

    assert 12 == len(first)
    assert first != code_hash(("a",), tmp_path)

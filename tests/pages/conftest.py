"""A small workspace with every stage run, and pages drawn without a browser."""

import shutil
import sys
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from core.cluster import cluster
from core.dedup import dedup
from core.diversity import diversity
from core.embed import embed
from core.score import score
from core.types import Document
from core.workspace import Workspace
from tests.core.tiny_model import make_tiny_model

ROOT = Path(__file__).parents[2]
HOSTILE = "<script>window.pwned=1</script> [x](javascript:alert(1)) **bold** $x$ :red[y]"


def documents():
    """Prose, code and abuse in three domains, one of whose names is hostile."""
    for i in range(40):
        text = f"The captain of ship {i} saw the whale in the sea and the crew was glad of it. " * (1 + i % 5)
        yield Document(f"sea-{i}", text, "books", {"year": 1850 + i % 7})
    for i in range(30):
        text = f"def f{i}(x):\n    '''Return x plus {i}.'''\n    return x + {i}\n" * (1 + i % 3)
        yield Document(f"code-{i}", text, "code", {"year": 2020})
    for i in range(10):
        yield Document(f"bad-{i} {HOSTILE}", f"You are a stupid worthless idiot, I hate you {i}.", HOSTILE)
    for i in range(6):
        yield Document(
            f"copy-{i}", "The very same licence text stands here for everybody to read. " * 4, "books"
        )


@pytest.fixture(autouse=True)
def main_module(monkeypatch):
    """Streamlit's tester leaves its script as `__main__`, which a pool's processes would run again."""
    monkeypatch.setitem(sys.modules, "__main__", sys.modules["__main__"])


@pytest.fixture(scope="session")
def prepared(tmp_path_factory):
    """The folder of a workspace with the corpus `small`, every stage run on it."""
    folder = tmp_path_factory.mktemp("pages") / "workspace"
    workspace = Workspace(folder)
    workspace.write_corpus("small", [(d, len(d.text.split())) for d in documents()], tokenizer="words")
    score(workspace, "small", workers=1, settings={"toxicity": {"model": "fast"}})
    model = make_tiny_model(tmp_path_factory.mktemp("model"))
    embed(workspace, "small", "static", settings={"model": str(model)})
    cluster(workspace, "small", k=4)
    dedup(workspace, "small", "minhash", "global")
    diversity(workspace, "small")
    return folder


@pytest.fixture
def workspace(prepared, tmp_path, monkeypatch):
    """A copy of the prepared workspace of the test's own, where the pages look for it; jobs do not start."""
    folder = tmp_path / "workspace"
    shutil.copytree(prepared, folder)
    return pointed(folder, monkeypatch)


@pytest.fixture
def empty(tmp_path, monkeypatch):
    """A workspace without a corpus."""
    return pointed(tmp_path / "workspace", monkeypatch)


def pointed(folder, monkeypatch):
    monkeypatch.setenv("MIXDESK_WORKSPACE", str(folder))
    monkeypatch.setattr("core.jobs.Jobs._wake", lambda self: None)
    return Workspace(folder)


@pytest.fixture
def draw():
    """Draw a page by its name and fail on an error that it shows."""

    def drawn(name, **state):
        app = AppTest.from_file(str(ROOT / "pages" / f"{name}.py"), default_timeout=60)
        for key, value in state.items():
            app.session_state[key] = value
        app.run()
        return checked(app)

    return drawn


def checked(app):
    assert [] == [error.message for error in app.exception]
    return app


@pytest.fixture
def check():
    """Fail on an exception that a page shows."""
    return checked

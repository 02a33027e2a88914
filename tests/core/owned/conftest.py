"""Own columns: a workspace to add them to."""

import pytest

from core.types import Document
from core.workspace import Workspace
from tests.core.owned.columns import SECRET


@pytest.fixture
def workspace(tmp_path):
    """A corpus of three documents, the second one empty."""
    home = Workspace(tmp_path / "ws")
    texts = [f"{SECRET} words", "", "three short words"]
    documents = [
        (Document(f"d{i}", text, "web", {"Stars": i, "lang": "en"}), len(text.split()))
        for i, text in enumerate(texts)
    ]
    home.write_corpus("c", documents, tokenizer="words")
    (home.folder / "signals").mkdir()
    return home

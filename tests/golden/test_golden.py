"""One tiny corpus and mixture, exported: no change of the plan, the order or a format goes unseen.

Renew the files after a change that is meant, and review them as a diff:

    RENEW_GOLDEN=1 python -m pytest tests/golden
"""

import json
import os
import shutil
from pathlib import Path

import pytest

from core.dedup import dedup
from core.export import export
from core.mix import plan_json, resolve
from core.types import Document, parse_mixture
from core.workspace import Workspace
from tests.core.exporters.small_exports import SETTINGS, STAGED

HERE = Path(__file__).parent
PLAN, EXPORT = HERE / "plan.json", HERE / "export"


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    """The corpus, a token a word, with its duplicates found."""
    home = Workspace(tmp_path_factory.mktemp("golden"))
    lines = (HERE / "corpus.jsonl").read_text(encoding="utf-8").splitlines()
    records = [json.loads(line) for line in lines]
    documents = [Document(r["id"], r["text"], r["source"], {"quality": r["quality"]}) for r in records]
    home.write_corpus("golden", [(d, len(d.text.split())) for d in documents], tokenizer="words")
    dedup(home, "golden", "exact")
    return home


@pytest.fixture(scope="module")
def mixture():
    return parse_mixture((HERE / "mixture.yaml").read_text(encoding="utf-8"), "mixture.yaml")


def files(folder):
    return {
        str(path.relative_to(folder)): path.read_text(encoding="utf-8")
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def test_the_plan_is_the_golden_one(home, mixture):
    """Waterfall, tokens, epochs and warnings."""
    found = json.dumps(plan_json(resolve(home, mixture)), indent=1, ensure_ascii=False) + "\n"
    if os.environ.get("RENEW_GOLDEN"):
        PLAN.write_text(found, encoding="utf-8")

    assert PLAN.read_text(encoding="utf-8") == found


def test_the_export_is_the_golden_one(home, mixture, tmp_path):
    """Every byte of the manifest, the mixture, the card and the documents."""
    export(home, mixture, "jsonl", tmp_path / "out")
    if os.environ.get("RENEW_GOLDEN"):
        shutil.rmtree(EXPORT, ignore_errors=True)
        shutil.copytree(tmp_path / "out", EXPORT)

    assert files(EXPORT) == files(tmp_path / "out")


@pytest.mark.parametrize("kind", STAGED)
def test_every_format_has_the_golden_fingerprint(home, mixture, tmp_path, kind):
    """Whatever the format that carries stages, the documents are the same."""
    golden = json.loads((EXPORT / "manifest.json").read_text(encoding="utf-8"))
    found = export(home, mixture, kind, tmp_path / kind, settings=SETTINGS[kind])

    assert golden["fingerprint"] == found.fingerprint

"""Sources read documents from somewhere; one small file each."""

from __future__ import annotations

from core.doors import Source
from core.sources._open import open_sources
from core.sources.csv import Csv
from core.sources.hugging_face import HuggingFace
from core.sources.jsonl import Jsonl
from core.sources.parquet import Parquet
from core.sources.plain_text import PlainText
from core.sources.python_environment import PythonEnvironment, demo_sources

SOURCES: dict[str, type[Source]] = {
    Jsonl.name: Jsonl,
    Parquet.name: Parquet,
    Csv.name: Csv,
    PlainText.name: PlainText,
    HuggingFace.name: HuggingFace,
    PythonEnvironment.name: PythonEnvironment,
}

__all__ = ["SOURCES", "demo_sources", "open_sources"]

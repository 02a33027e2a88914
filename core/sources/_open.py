"""Which source reads a path: told by what lies there, its suffix, or its first bytes."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import TypedDict

from core.doors import Source
from core.errors import BadInputError, NotFoundError
from core.sources import _files
from core.sources.csv import Csv
from core.sources.hugging_face import HUB_ID, SAVED, SAVED_SPLITS, SHARD, HuggingFace
from core.sources.jsonl import Jsonl
from core.sources.parquet import Parquet
from core.sources.plain_text import SUFFIXES, PlainText

TABLES: dict[str, type[Jsonl] | type[Parquet] | type[Csv]] = {
    ".jsonl": Jsonl, ".ndjson": Jsonl, ".json": Jsonl, ".parquet": Parquet, ".pq": Parquet,
    ".csv": Csv, ".tsv": Csv,
}  # fmt: skip
FOUND_IN_FOLDERS = frozenset(TABLES) - {".json"}  # there a .json is more likely a configuration
KNOWN = "JSONL, .gz, .zst, Parquet, CSV, TSV, text files, a folder of them, or a hub id (owner/name)"


class _Fields(TypedDict):
    """The fields that a person named."""

    text_field: str | None
    id_field: str | None
    source_field: str | None


def open_sources(
    paths: Sequence[str | Path],
    text_field: str | None = None,
    id_field: str | None = None,
    source_field: str | None = None,
) -> list[Source]:
    """Return the sources that read the paths: files, folders, globs, fsspec URLs, hub ids, in order.

    A folder that holds data files (JSONL, Parquet, CSV) is read for these alone, so that a README
    beside them is no document; any other folder is read for its text files. A file that two paths
    name is read once. Raises `NotFoundError` for a path that is not there, `BadInputError` for a file
    of unknown kind.
    """
    fields: _Fields = {"text_field": text_field, "id_field": id_field, "source_field": source_field}
    if not paths:
        raise BadInputError("no path", "at least one is needed", f"give {KNOWN}")
    found: dict[Source, None] = {}
    for path in paths:
        if not str(path).strip():
            raise NotFoundError("an empty path", "names no file or folder", f"give {KNOWN}")
        found.update(dict.fromkeys(_at(_files.local(str(path)), fields)))
    return list(found)


def _at(path: str, fields: _Fields) -> list[Source]:
    is_glob = bool(re.search(r"[*?\[]", path))
    if _files.exists(path):
        return _folder(path, fields) if _files.is_folder(path) else [_file(path, fields)]
    if is_glob:
        hits = _files.matches(path)
        if not hits:
            raise NotFoundError(path, "no file matches", "check the pattern and the folder")
        kept = [hit for hit in hits if not _files.is_folder(hit)]
        return [_file(hit, fields) for hit in kept] or [s for hit in hits for s in _folder(hit, fields)]
    if HUB_ID.match(path) and _files.suffix(path) not in TABLES:
        return [HuggingFace(path, **fields)]
    raise NotFoundError(path, "no such file or folder", f"give {KNOWN}")


def _folder(path: str, fields: _Fields) -> list[Source]:
    home = path.rstrip("/") or path
    if any(_files.exists(_files.joined(home, name)) for name in (SAVED, SAVED_SPLITS)):
        return [HuggingFace(home, **fields)]
    files = _files.files_below(home)
    if not files:
        raise BadInputError(path, "the folder holds no file", f"give {KNOWN}")
    if saved := _saved(files):
        return [HuggingFace(folder, **fields) for folder in saved]
    sharded = any(SHARD.search(file) for file in files)
    tables: list[Source] = [HuggingFace(home, **fields)] if sharded else []
    for file in files:
        suffix = _files.suffix(file)
        if suffix in FOUND_IN_FOLDERS and not (sharded and suffix == ".parquet"):
            tables.append(_file(file, fields))
    return tables or [PlainText(home)]


def _saved(files: Sequence[str]) -> list[str]:
    """The folders that ``save_to_disk`` wrote; of one with splits, not each split again."""
    ending = {
        name: [f for f in files if _files.shown_path(f).endswith(f"/{name}")]
        for name in (SAVED, SAVED_SPLITS)
    }
    split = sorted({_files.parent(file) for file in ending[SAVED_SPLITS]})
    alone = sorted({_files.parent(file) for file in ending[SAVED]})
    return split + [folder for folder in alone if _files.parent(folder) not in split]


def _file(path: str, fields: _Fields) -> Source:
    suffix = _files.suffix(path)
    if suffix in TABLES:
        return TABLES[suffix](path, **fields)
    if suffix in SUFFIXES:
        return PlainText(path)
    kind = _by_content(path)
    if kind is None:
        raise BadInputError(path, f"a file of unknown kind (suffix '{suffix}')", f"give {KNOWN}")
    return kind(path, **fields)


def _by_content(path: str) -> type[Jsonl] | type[Parquet] | None:
    try:
        with _files.open_binary(path) as stream:
            start = stream.read(4096)
    except _files.READ_ERRORS:
        return None
    if start.startswith(b"PAR1"):
        return Parquet
    return Jsonl if start.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"{") else None

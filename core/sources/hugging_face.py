"""Hugging Face data sets: saved folders, Parquet layouts, and hub ids."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from core.errors import BadInputError
from core.sources import _arrow, _files, _records
from core.types import Document, Rejected

HUB_ID = re.compile(r"^(?P<id>[A-Za-z0-9][\w.-]*/[A-Za-z0-9][\w.-]*)(:(?P<config>[\w.-]+))?\Z")
SHARD = re.compile(r"(^|/)(?P<split>[\w.]+)-\d{5}-of-\d{5}(-[0-9a-f]+)?\.parquet$")
SPLIT_FOLDER = re.compile(r"(^|/)(?P<split>train|test|validation|valid|dev|val)/[^/]+\.parquet$")
SAVED, SAVED_SPLITS = "state.json", "dataset_dict.json"


@dataclass(frozen=True, slots=True)
class HuggingFace:
    """A folder that ``save_to_disk`` wrote, one of ``data/train-00000-of-00001.parquet``, or a hub id.

    The source is the data set's name where no field names it; the split stays as the field `split`.
    Integer classes of saved folders become their names. Hub ids (``owner/name`` or
    ``owner/name:config``) stream.
    """

    name: ClassVar[str] = "hugging_face"
    version: ClassVar[int] = 1

    path: str
    split: str | None = None
    text_field: str | None = None
    id_field: str | None = None
    source_field: str | None = None
    max_bytes: int = _records.MAX_BYTES

    def read(self) -> Iterator[Document | Rejected]:
        """Yield the documents split by split, in the order of their rows."""
        wanted = _records.Wanted(self.text_field, self.id_field, self.source_field, self.max_bytes)
        folder = _files.exists(self.path)
        title = _files.stem(f"{self.path.rstrip('/')}") if folder else self.path.split("/")[-1].split(":")[0]
        parts = self._folder_parts() if folder else self._hub_parts()
        found = False
        for split, rows in parts:
            if self.split in (None, split):
                found = True
                path = self.path if split is None else f"{self.path.rstrip('/')}[{split}]"
                stem = title if split is None else f"{title}-{split}"
                yield from _records.documents(rows, _records.Origin(path, stem, title), wanted)
        if not found:
            raise BadInputError(self.path, f"no split '{self.split}' there", "name another, or none")

    # --- folders ------------------------------------------------------------------------------------

    def _folder_parts(self) -> Iterator[tuple[str | None, Iterator[_records.Row | Rejected]]]:
        home = self.path.rstrip("/")
        if _files.exists(_files.joined(home, SAVED_SPLITS)):
            for split in _json(_files.joined(home, SAVED_SPLITS))["splits"]:
                yield split, self._saved_rows(_files.joined(home, split), split)
        elif _files.exists(_files.joined(home, SAVED)):
            yield None, self._saved_rows(home, None)
        else:
            files = [file for file in _files.files_below(home) if file.endswith(".parquet")]
            for split in sorted({split_of(file) for file in files}):
                yield split, self._parquet_rows([f for f in files if split_of(f) == split], split)

    def _saved_rows(self, folder: str, split: str | None) -> Iterator[_records.Row | Rejected]:
        origin = _records.Origin(folder, "", "")
        row = 1
        try:
            state = _json(_files.joined(folder, SAVED))
            labels = class_names(_json(_files.joined(folder, "dataset_info.json")))
            if state.get("_indices_files") or state.get("_indices_data_files"):
                raise BadInputError(
                    folder, "saved with an index over its rows", "flatten_indices() and save again"
                )
            extra = {"split": split} if split else {}
            for file in state["_data_files"]:
                for batch in _ipc_batches(_files.joined(folder, file["filename"])):
                    yield from _arrow.rows(batch, row, origin, labels, extra)
                    row += batch.num_rows
        except (*_files.READ_ERRORS, _arrow_error()) as error:
            yield origin.rejected(_files.damage(error), row, type(error).__name__)

    def _parquet_rows(self, files: Sequence[str], split: str) -> Iterator[_records.Row | Rejected]:
        number = 0
        for file in files:
            origin = _records.Origin(file, "", "")
            for row in _arrow.parquet_rows(file, origin, {"split": split}):
                if not isinstance(row, Rejected):
                    number += 1
                    yield number, row[1]
                else:
                    yield row

    # --- the hub ------------------------------------------------------------------------------------

    def _hub_parts(self) -> Iterator[tuple[str | None, Iterator[_records.Row | Rejected]]]:
        for split, rows in self._from_hub().items():
            yield split, self._streamed(rows, split)

    def _streamed(self, rows: Iterable[_records.Record], split: str) -> Iterator[_records.Row | Rejected]:
        number = 0
        try:
            for number, record in enumerate(rows, start=1):
                yield number, {**record, "split": split}
        except Exception as error:  # the library hands on whatever network, archives and parsers raise
            yield _records.Origin(f"{self.path}[{split}]", "", "").rejected(
                _files.damage(error), number + 1, type(error).__name__
            )

    def _from_hub(self) -> Any:
        match = HUB_ID.match(self.path)
        remedy = "check the path, the id, the network, and the hub's access rules"
        if not match:
            raise BadInputError(self.path, "no such file or folder, and no hub id (owner/name)", remedy)
        from datasets import load_dataset

        try:
            return load_dataset(match["id"], match["config"], streaming=True)
        except (OSError, ValueError, RuntimeError) as error:
            rule = f"neither a path here nor a data set that the hub gives ({type(error).__name__})"
            raise BadInputError(self.path, rule, remedy) from error


def split_of(file: str) -> str:
    """Return the split that a Parquet file's path names; ``train`` where it names none."""
    match = SHARD.search(file) or SPLIT_FOLDER.search(file)
    return match["split"] if match else "train"


def class_names(info: Any) -> dict[str, list[str]]:
    """Return the names of integer classes by column, out of ``dataset_info.json``."""
    features = info.get("features") or {}
    return {
        name: feature["names"]
        for name, feature in features.items()
        if isinstance(feature, dict) and feature.get("_type") == "ClassLabel"
    }


def _json(path: str) -> Any:
    with _files.open_raw(path) as stream:
        try:
            return json.load(stream)
        except ValueError as error:
            raise EOFError(str(error)) from None


def _ipc_batches(path: str) -> Iterator[Any]:
    """Arrow's stream format, as ``save_to_disk`` writes it; batches are cut to about 8 MB."""
    import pyarrow as pa

    with _files.open_raw(path) as stream, pa.ipc.open_stream(stream) as batches:
        for batch in batches:
            size = _arrow.batch_rows(batch.nbytes, batch.num_rows)
            for start in range(0, batch.num_rows, size):
                yield batch.slice(start, size)


def _arrow_error() -> type[Exception]:
    import pyarrow as pa

    error: type[Exception] = pa.ArrowException
    return error

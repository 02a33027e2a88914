"""A sealed manifest: checked against its files' hashes, then read document by document."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from pydantic import ValidationError

from core.backend._files import file_sha256, fingerprint
from core.backend.data.lines import json_object, sound
from core.errors import BadInputError, TamperedError
from core.types import Manifest, Progress, silent

_EXPORT_AGAIN = "export the mixture again"


@dataclass(frozen=True, slots=True)
class Sealed:
    """A manifest whose files have the bytes that it says, and the folder they stand in."""

    manifest: Manifest
    folder: Path

    @property
    def domains(self) -> tuple[str, ...]:
        """The domains that have files, in alphabetical order."""
        return tuple(sorted({file.domain for file in self.manifest.files if file.rows}))

    @property
    def fingerprint(self) -> str:
        """SHA-256 over all of the manifest, so that an edit of its weights shows, too."""
        return fingerprint(self.manifest.model_dump(mode="json"))

    def documents(self, domain: str) -> Iterator[tuple[str, str]]:
        """Yield (id, text) in the order in which they are to be seen.

        Half a surrogate pair, which JSON can hold and UTF-8 cannot, becomes a question mark.

        Raises:
            BadInputError: A file holds something else than documents, or not as many as the manifest says.
        """
        for file in self.manifest.files:
            if file.domain == domain:
                rows = 0
                for identity, text in _rows(self.folder / file.path):
                    rows += 1
                    yield sound(identity), sound(text)
                if rows != file.rows:
                    rule = f"holds {rows} documents, not the {file.rows} that the manifest says"
                    raise BadInputError(file.path, rule, _EXPORT_AGAIN)


def open_manifest(path: Path, progress: Progress = silent) -> Sealed:
    """Read a manifest and check every file against its hash, at the speed of the disk.

    Args:
        path: The `manifest.json`; its files' paths are relative to its folder.
        progress: Told of every file checked.

    Raises:
        BadInputError: It is no manifest of a version that this backend reads, or a path leaves its folder.
        TamperedError: Files are missing or have other bytes; it names all of them.
    """
    sealed = Sealed(_read(path), path.parent.resolve())
    files = sealed.manifest.files
    wrong: list[TamperedError] = []
    for done, file in enumerate(files, 1):
        try:
            _check(sealed.folder, file.path, file.sha256)
        except TamperedError as error:
            wrong.append(error)
        progress(done, len(files), "checking hashes")
    if len(wrong) > 1:
        names = ", ".join(str(error.value) for error in wrong)
        rule = f"are missing or changed, {len(wrong)} of {len(files)} files"
        raise TamperedError(names, rule, "bring them back or " + _EXPORT_AGAIN)
    if wrong:
        raise wrong[0]
    return sealed


def read_manifest(path: Path) -> Manifest:
    """Read a manifest without looking at its files: for an estimate, not for training."""
    return _read(path)


def _read(path: Path) -> Manifest:
    try:
        raw = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        raise BadInputError(path, "no readable manifest", "name the manifest.json of an export") from None
    version = raw.get("version", 1) if isinstance(raw, dict) else None
    if version != 1:
        raise BadInputError(f"{path}: version {version}", "this backend reads version 1", _EXPORT_AGAIN)
    try:
        return Manifest.model_validate(raw)
    except ValidationError as error:
        first = error.errors()[0]
        key = ".".join(str(part) for part in first["loc"])
        raise BadInputError(f"{path}: {key}", first["msg"], _EXPORT_AGAIN) from None


def _check(folder: Path, name: str, sha256: str) -> None:
    path = (folder / name).resolve()
    if Path(name).is_absolute() or not path.is_relative_to(folder):
        raise BadInputError(name, "the path leaves the manifest's folder", _EXPORT_AGAIN)
    if not name.endswith((".jsonl", ".parquet")):
        raise BadInputError(name, "is neither .jsonl nor .parquet", "export in one of these formats")
    if not path.is_file():
        raise TamperedError(name, "the manifest's file is missing", "bring it back or " + _EXPORT_AGAIN)
    if file_sha256(path) != sha256:
        raise TamperedError(name, "its bytes are not those that were sealed", _EXPORT_AGAIN)


def _rows(path: Path) -> Iterator[tuple[str, str]]:
    if path.suffix == ".parquet":
        yield from _parquet_rows(path)
        return
    with path.open("rb") as lines:  # bytes: only a line feed ends a line, and bad UTF-8 has a number
        for number, line in enumerate(lines, 1):
            row = json_object(line)
            if "id" not in row or not isinstance(row.get("text"), str):
                raise BadInputError(f"{path.name} line {number}", "holds no id and text", _EXPORT_AGAIN)
            yield str(row["id"]), row["text"]


def _parquet_rows(path: Path) -> Iterator[tuple[str, str]]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        with pq.ParquetFile(path) as file:
            for batch in file.iter_batches(512, columns=["id", "text"]):
                rows = zip(batch["id"].to_pylist(), batch["text"].to_pylist(), strict=True)
                yield from ((str(identity), _text(text)) for identity, text in rows)
    except (pa.ArrowException, ValueError, KeyError, TypeError):
        raise BadInputError(path.name, "is no Parquet with id and text", _EXPORT_AGAIN) from None


def _text(value: object) -> str:
    if value is not None and not isinstance(value, str):
        raise TypeError
    return value or ""

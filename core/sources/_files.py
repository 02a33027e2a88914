"""Files by path or URL: found, opened, decompressed by their first bytes, read line by line."""

from __future__ import annotations

import bz2
import errno
import glob
import gzip
import io
import lzma
import os
import re
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO, cast
from urllib.parse import unquote

from core.errors import BadInputError

READ_ERRORS = (OSError, EOFError, zlib.error, lzma.LZMAError)
COMPRESSED_SUFFIXES = (".gz", ".zst", ".bz2", ".xz")
URL = re.compile(r"^[A-Za-z][A-Za-z0-9+.-]+(::|://)")
SKIPPED_FOLDERS = frozenset({"__pycache__", "node_modules", "__MACOSX"})


def is_url(path: str) -> bool:
    """Whether `path` is for fsspec rather than for this machine's own files."""
    return bool(URL.match(path))


def local(path: str) -> str:
    """Return a ``file://`` URL or a ``~`` path as a plain path; anything else as it is."""
    if path.startswith("file://"):
        return unquote(path.removeprefix("file://"))
    return path if is_url(path) else str(Path(path).expanduser())


def filesystem(url: str) -> tuple[Any, str]:
    """Return fsspec's file system and the path on it; a missing package or unknown scheme is bad input."""
    from fsspec.core import url_to_fs

    try:
        system, path = url_to_fs(url)
    except ImportError as error:
        raise BadInputError(url, f"needs a package that is not here ({error})", "install it") from None
    except OSError as error:
        rule = f"the file system does not answer ({type(error).__name__})"
        raise BadInputError(url, rule, "check it and your access") from error
    except ValueError as error:
        raise BadInputError(url, str(error), "use a scheme that fsspec knows, or a path") from None
    return system, path


def exists(path: str) -> bool:
    """Whether a file or folder is there."""
    if not is_url(path):
        return Path(path).exists()
    system, inner = filesystem(path)
    return bool(_asked(path, system.exists, inner))


def is_folder(path: str) -> bool:
    """Whether a folder is there."""
    if not is_url(path):
        return Path(path).is_dir()
    system, inner = filesystem(path)
    return bool(_asked(path, system.isdir, inner))


def matches(pattern: str) -> list[str]:
    """Return the files and folders that a glob matches, in order."""
    if not is_url(pattern):
        return sorted(glob.glob(pattern, recursive=True))  # noqa: PTH207 absolute patterns, too
    system, inner = filesystem(pattern)
    return sorted(_renamed(pattern, name) for name in _asked(pattern, system.glob, inner))


def files_below(folder: str) -> list[str]:
    """Return all files below a folder, in order; hidden ones and links to folders are passed over."""
    if is_url(folder):
        system, inner = filesystem(folder)
        names = [name.removeprefix(inner).strip("/") for name in _asked(folder, system.find, inner)]
        return sorted(joined(folder, name) for name in names if not _is_hidden(name))
    found: list[str] = []
    for here, folders, names in os.walk(folder):
        folders[:] = [name for name in folders if not _is_hidden(name)]
        found += [os.path.join(here, name) for name in names if not _is_hidden(name)]  # noqa: PTH118 hot
    return sorted(found)


def _link(url: str) -> tuple[str, str, str]:
    """Take a chain of URLs (``zip://a.txt::s3://b.zip``) apart: what comes before and after the path's link."""
    links = url.split("::")
    place = next((i for i, link in enumerate(links) if "://" in link), 0)
    before, after = "".join(f"{link}::" for link in links[:place]), links[place + 1 :]
    return before, links[place], "".join(f"::{link}" for link in after)


def _renamed(url: str, name: str) -> str:
    """Return the URL with another path on the same file system, scheme and chain as they were written."""
    before, link, after = _link(url)
    path = name if "://" in name else f"{link.partition('://')[0]}://{name}"
    return f"{before}{path}{after}"


def shown_path(path: str) -> str:
    """Return the part of a path or URL that names the file itself."""
    return _link(path)[1] if is_url(path) else path


def joined(folder: str, name: str) -> str:
    """Return the path of `name` inside a folder."""
    path = f"{shown_path(folder).rstrip('/')}/{name}"
    return _renamed(folder, path) if is_url(folder) else path


def parent(path: str) -> str:
    """Return the folder that a file lies in."""
    above = shown_path(path).rsplit("/", 1)[0]
    return _renamed(path, above) if is_url(path) else above


def _is_hidden(path: str) -> bool:
    return any(part.startswith(".") or part in SKIPPED_FOLDERS for part in path.split("/"))


def _asked(url: str, question: Any, inner: str) -> Any:
    """What a file system answers; its own errors (no access, no network) name the URL."""
    try:
        return question(inner)
    except (OSError, ValueError, RuntimeError, ImportError) as error:
        raise BadInputError(
            url, f"the file system does not answer ({type(error).__name__})", "check it and your access"
        ) from error


def relative(path: str, folder: str) -> str:
    """Return `path` as seen from `folder`, with forward slashes."""
    inside = shown_path(path).removeprefix(shown_path(folder).rstrip("/"))
    return inside.lstrip("/").replace(os.sep, "/")


def suffix(path: str) -> str:
    """Return the suffix that says what is inside: ``.jsonl`` of ``a.jsonl.gz``; '' where there is none."""
    name = shown_path(path).rsplit("/", 1)[-1].lower()
    for packed in COMPRESSED_SUFFIXES:
        name = name.removesuffix(packed)
    return Path(name).suffix


def stem(path: str) -> str:
    """Return the file's name without suffixes: ``a`` of ``dir/a.jsonl.gz``."""
    name = shown_path(path).rstrip("/").rsplit("/", 1)[-1]
    for packed in COMPRESSED_SUFFIXES:
        if name.lower().endswith(packed):
            name = name[: -len(packed)]
    inner = Path(name).suffix
    return name.removesuffix(inner) or name


def folder_name(path: str) -> str:
    """Return the name of the folder that a file lies in."""
    if is_url(path):
        parts = shown_path(path).rstrip("/").split("/")
        return (parts[-2] if len(parts) > 3 else "") or stem(path)
    return Path(path).resolve().parent.name or stem(path)


def open_raw(path: str) -> BinaryIO:
    """Open a file's bytes as they lie; a pipe or a device, which may never end, is an `OSError`."""
    if not is_url(path):
        local_file = Path(path)
        if local_file.exists() and not (local_file.is_file() or local_file.is_dir()):
            raise OSError(errno.ESPIPE, "not a file", path)
        return local_file.open("rb")
    system, inner = filesystem(path)
    return _Remote(system, system.open(inner, "rb"))


def open_binary(path: str) -> BinaryIO:
    """Open a file for reading, decompressed where its first bytes say gzip, zstd, bzip2 or xz.

    A file cut short gives all that could be unpacked, then raises one of `READ_ERRORS`.
    """
    file = open_raw(path)
    magic = file.read(6)
    file.seek(0)
    if magic.startswith(b"\x1f\x8b"):
        return cast("BinaryIO", gzip.GzipFile(fileobj=file))
    if magic.startswith(b"BZh"):
        return cast("BinaryIO", bz2.BZ2File(file))
    if magic.startswith(b"\xfd7zXZ\x00"):
        return cast("BinaryIO", lzma.LZMAFile(file))
    if magic.startswith(b"\x28\xb5\x2f\xfd"):
        return io.BufferedReader(_Zstd(file), 1 << 17)
    return file


class _Remote(io.BufferedReader):
    """A file of fsspec's that keeps its file system alive: an archive's closes when it is forgotten."""

    def __init__(self, system: Any, file: Any) -> None:
        super().__init__(file)
        self._system = system


class _Zstd(io.RawIOBase):
    """Arrow's decoder as a Python stream: bounded output whatever the ratio, and it tells a cut file."""

    def __init__(self, file: BinaryIO) -> None:
        import pyarrow as pa

        self._file = file
        self._stream = pa.CompressedInputStream(pa.PythonFile(file, mode="r"), "zstd")

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        data = self._stream.read(len(buffer))
        buffer[: len(data)] = data
        return len(data)

    def close(self) -> None:
        self._file.close()
        super().close()


def lines(stream: BinaryIO, limit: int) -> Iterator[bytes | None]:
    """Yield the lines of a stream; None for one of more than `limit` bytes, which is never held whole."""
    while line := stream.readline(limit + 1):
        if len(line) <= limit or line.endswith(b"\n"):
            yield line
            continue
        del line
        while (rest := stream.readline(1 << 20)) and not rest.endswith(b"\n"):
            pass
        yield None


def damage(error: BaseException) -> str:
    """Return the reason for which a file could not be read to its end."""
    if isinstance(error, EOFError) or "runcated" in str(error):
        return "truncated file"
    known = isinstance(error, OSError) and error.errno is not None
    return "unreadable file" if known else "damaged file"

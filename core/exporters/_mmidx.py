"""Megatron's indexed data set: ids one after another in `.bin`, where each document lies in `.idx`."""

from __future__ import annotations

import struct
from array import array
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.errors import BadInputError
from core.exporters._door import Documents, account, planned_domains, slugs
from core.exporters._tokens import Encoder
from core.types import ManifestFile, Plan

MAGIC = b"MMIDIDX\x00\x00"
TYPES: dict[int, np.dtype[Any]] = {8: np.dtype("<u2"), 4: np.dtype("<i4")}  # by the format's codes
MOST_IN_UINT16 = 65_500  # vocabularies from here on are written as int32, as the format's own writer does


def write_indexed(plan: Plan, documents: Documents, folder: Path, encoder: Encoder) -> list[ManifestFile]:
    """Write `data/<domain>.bin` and `.idx`; memory grows by four bytes a document.

    The format: the magic, version 1 (uint64), a code for the type (uint8), the number of sequences and of
    document bounds (uint64), then each sequence's length (int32), its place in bytes (int64) and the bounds
    (int64). A document is one sequence. The `.idx` stands in the account with no rows and no tokens.
    """
    (folder / "data").mkdir()
    domains = planned_domains(plan)
    names, files = slugs(domains), []
    code = 8 if encoder.vocabulary < MOST_IN_UINT16 else 4
    dtype = TYPES[code]
    for domain in domains:
        path, lengths = f"data/{names[domain]}.bin", array("i")
        with (folder / path).open("xb") as file:
            for ids in encoder.documents(documents, domain):
                file.write(ids.astype(dtype).tobytes())
                lengths.append(len(ids))
        index = f"data/{names[domain]}.idx"
        _write_index(folder / index, np.frombuffer(lengths, dtype=np.int32), code, dtype.itemsize)
        files.append(account(folder, path, domain, len(lengths), sum(lengths)))
        files.append(account(folder, index, domain, 0, 0))
    return files


def _write_index(path: Path, lengths: NDArray[np.int32], code: int, itemsize: int) -> None:
    places = np.concatenate([[0], np.cumsum(lengths[:-1], dtype=np.int64)]) * itemsize
    with path.open("xb") as file:
        file.write(MAGIC + struct.pack("<QBQQ", 1, code, len(lengths), len(lengths) + 1))
        file.write(lengths.astype("<i4").tobytes())
        file.write(places[: len(lengths)].astype("<i8").tobytes())
        file.write(np.arange(len(lengths) + 1, dtype="<i8").tobytes())


def read_lengths(prefix: Path) -> NDArray[np.int32]:
    """Return the tokens of each document of `<prefix>.bin`, as its `.idx` says.

    Raises:
        BadInputError: The index is none, or is of other ids than `.bin` holds.
    """
    index, data = prefix.with_name(f"{prefix.name}.idx"), prefix.with_name(f"{prefix.name}.bin")
    raw = index.read_bytes() if index.is_file() else b""
    if not raw.startswith(MAGIC):
        raise BadInputError(prefix, "has no index of Megatron's format", "export again")
    _, code, sequences, _ = struct.unpack_from("<QBQQ", raw, len(MAGIC))
    lengths = np.frombuffer(raw, "<i4", sequences, len(MAGIC) + struct.calcsize("<QBQQ"))
    held, told = data.stat().st_size // TYPES[code].itemsize, int(lengths.sum())
    if held != told:
        raise BadInputError(prefix, f"holds {held} tokens, and its index says {told}", "export again")
    return lengths

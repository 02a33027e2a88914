"""A stream of documents made fit for one corpus: every id once, every field under a name that is free."""

from __future__ import annotations

import hashlib
import json
from array import array
from collections.abc import Iterable, Mapping

from core.types import Scalar

MOST_FIELDS = 200  # columns beyond; fields that come later share one, as JSON
OVERFLOW = "more_fields"
MOST_NAME_CHARACTERS = 100


class UniqueIds:
    """Gives every document an id of its own: the second ``a`` becomes ``a#2``.

    Holds 8-byte hashes in an open table, at most 16 bytes a document; should two hashes ever collide,
    an id gets a number that it did not need.
    """

    def __init__(self) -> None:
        self._slots = array("Q", bytes(8 * 1024))
        self._used = 0
        self._last: dict[int, int] = {}  # of ids seen more than once

    def unique(self, identity: str) -> str:
        """Return the id, numbered if it was there before."""
        digest = _hash(identity)
        if self._add(digest):
            return identity
        number = self._last.get(digest, 1) + 1
        while not self._add(_hash(numbered := f"{identity}#{number}")):
            number += 1
        self._last[digest] = number
        return numbered

    def _add(self, digest: int) -> bool:
        """Keep a hash; False if it was there."""
        if 2 * self._used >= len(self._slots):
            old, self._slots = self._slots, array("Q", bytes(16 * len(self._slots)))
            for kept in old:
                if kept:
                    self._slots[self._slot(kept)] = kept
        slot = self._slot(digest)
        if self._slots[slot]:
            return False
        self._slots[slot] = digest
        self._used += 1
        return True

    def _slot(self, digest: int) -> int:
        mask = len(self._slots) - 1
        slot = digest & mask
        while self._slots[slot] and self._slots[slot] != digest:
            slot = (slot + 1) & mask
        return slot


def _hash(identity: str) -> int:
    raw = hashlib.blake2b(identity.encode("utf-8", "surrogatepass"), digest_size=8).digest()
    return int.from_bytes(raw, "little") or 1  # 0 marks an empty slot


class FieldNames:
    """Gives every field a column name: never a reserved one, and no two that differ only by case.

    SQL takes ``Year`` and ``year`` for one column: the spelling that came first holds for both, and a
    record that has both keeps the second as ``year_2``. After 200 names, further fields go together
    into ``more_fields`` as JSON.
    """

    def __init__(self, reserved: Iterable[str]) -> None:
        self._reserved = frozenset(name.lower() for name in reserved) | {OVERFLOW}
        self._names: dict[str, str] = {}  # by the lower-case name of the field
        self._taken: set[str] = set()  # lower-case names of columns

    def renamed(self, fields: Mapping[str, Scalar]) -> dict[str, Scalar]:
        """Return the fields under their columns' names."""
        named: dict[str, Scalar] = {}
        more: dict[str, Scalar] = {}
        for field, value in fields.items():
            column = self._column(field.lower(), field)
            number = 2
            while column in named:
                column = self._column(f"{field.lower()}\0{number}", f"{field}_{number}")
                number += 1
            if column is None:
                more[field] = value
            else:
                named[column] = value
        if more:
            named[OVERFLOW] = json.dumps(more, ensure_ascii=False)
        return named

    def _column(self, key: str, field: str) -> str | None:
        if key not in self._names:
            if len(self._names) >= MOST_FIELDS:
                return None
            printable = "".join(sign if sign.isprintable() else " " for sign in field)
            column = " ".join(printable.split())[:MOST_NAME_CHARACTERS] or "unnamed"
            while column.lower() in self._reserved or column.lower() in self._taken:
                column += "_"
            self._taken.add(column.lower())
            self._names[key] = column
        return self._names[key]

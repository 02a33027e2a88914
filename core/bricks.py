"""Bricks as values: made from a name and settings that people typed, read back as plain settings."""

from __future__ import annotations

import dataclasses
import difflib
import types
import typing
from collections.abc import Mapping
from typing import Any, TypeVar

from core.errors import BadInputError, NotFoundError
from core.types import Scalar

T = TypeVar("T")


def make(face: Mapping[str, type[T]], name: str, settings: Mapping[str, object] | None = None) -> T:
    """Make the brick `name` of a folder's face; text settings are turned into the field's own type."""
    if name not in face:
        near = difflib.get_close_matches(name, face, n=1)
        hint = f"did you mean '{near[0]}'? known: " if near else "choose one of: "
        raise NotFoundError(name, "no such method", hint + ", ".join(face))
    brick: Any = face[name]
    fields = {f.name: f for f in dataclasses.fields(brick) if not f.metadata.get("private")}
    hints = typing.get_type_hints(brick)
    values: dict[str, object] = {}
    for key, value in (settings or {}).items():
        if key not in fields:
            known = ", ".join(fields) or "none"
            raise BadInputError(key, f"'{name}' has no such setting", f"its settings: {known}")
        values[key] = _converted(value, hints[key], f"{name}.{key}")
    made: T = brick(**values)
    return made


def settings_of(brick: object) -> dict[str, Scalar]:
    """Return a brick's settings by field name; what `make` takes to make it again.

    A field with `metadata={"private": True}`, such as where a prepared model lies, is no setting.
    """
    return {field.name: getattr(brick, field.name) for field in _fields(brick)}


def signed_settings_of(brick: object) -> dict[str, Scalar]:
    """Return the settings that sign what a brick makes.

    A field with `metadata={"file": True}` names a file: its path says nothing, and what it holds is
    signed by the brick's `inputs`. One with `metadata={"unsigned": True}`, such as a device, changes no value.
    """
    fields = [f for f in _fields(brick) if not (f.metadata.get("file") or f.metadata.get("unsigned"))]
    return {field.name: getattr(brick, field.name) for field in fields}


def _fields(brick: object) -> list[dataclasses.Field[Any]]:
    fields = dataclasses.fields(typing.cast("Any", brick))
    return [field for field in fields if not field.metadata.get("private")]


def _converted(value: Any, wanted: Any, where: str) -> object:
    options = typing.get_args(wanted) if isinstance(wanted, types.UnionType) else (wanted,)
    if value is None and type(None) in options:
        return None
    if typing.get_origin(wanted) is typing.Literal:
        choices = typing.get_args(wanted)
        for choice in choices:
            if str(choice) == str(value):
                return choice
        shown = " or ".join(repr(choice) for choice in choices)
        raise BadInputError(f"{where} = {value!r}", f"must be {shown}", "choose one of them")
    for option in options:
        if option is bool and isinstance(value, str) and value.lower() in ("true", "false"):
            return value.lower() == "true"
        if isinstance(option, type) and option in (int, float, str, bool):
            if isinstance(value, bool) is not (option is bool):
                continue
            try:
                return option(value)
            except (TypeError, ValueError, OverflowError):  # the last for what no whole number is: infinity
                continue
    if any(isinstance(option, type) and isinstance(value, option) for option in options):
        return value
    names = " or ".join(map(_shown, options))
    raise BadInputError(f"{where} = {value!r}", f"must be {names}", "give a value of that kind")


def _shown(option: Any) -> str:
    """Return a type as a person would name it."""
    return "none" if option is type(None) else getattr(option, "__name__", str(option))

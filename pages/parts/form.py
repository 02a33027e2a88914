"""Forms drawn from the fields of bricks and settings: a new brick or field needs no change here.

Owns the session keys that begin with the `key` given.
"""

from __future__ import annotations

import dataclasses
import inspect
import types
import typing
from collections.abc import Mapping, Sequence
from typing import Any

import streamlit as st
from pydantic import BaseModel
from pydantic_core import PydanticUndefined

from pages.parts import plain

Options = Mapping[str, Sequence[Any]]


def brick(
    face: Mapping[str, type[Any]],
    label: str,
    key: str,
    options: Options | None = None,
    now: tuple[str, Mapping[str, Any]] | None = None,
) -> tuple[str, dict[str, Any]]:
    """Draw the choice of a brick and its settings; return its name and the settings that were set.

    `options` gives the choices for fields of a name, such as the columns there are; `now` is what is set.
    """
    names = list(face)
    start = names.index(now[0]) if now and now[0] in names else 0
    name = st.selectbox(label, names, index=start, key=f"{key}.name", format_func=_readable)
    made = face[name]
    st.caption(plain.markdown((inspect.getdoc(made) or "").split("\n")[0]))
    hints = typing.get_type_hints(made)
    settings = {}
    for field in dataclasses.fields(made):
        if field.metadata.get("private"):
            continue
        default = now[1].get(field.name) if now and now[0] == name else None
        if default is None and field.default is not dataclasses.MISSING:
            default = field.default
        choices = (options or {}).get(field.name)
        settings[field.name] = one(
            field.name,
            hints[field.name],
            default,
            f"{key}.{name}.{field.name}",
            choices,
            field.metadata.get("help", ""),
        )
    return name, settings


def model(made: type[BaseModel], names: Sequence[str], key: str) -> dict[str, Any]:
    """Draw these fields of a pydantic model; return those that are not left at their defaults."""
    found = {}
    for name in names:
        field = made.model_fields[name]
        default = None if field.default is PydanticUndefined else field.default
        value = one(name, field.annotation, default, f"{key}.{name}", help_=field.description or "")
        if value != default:
            found[name] = value
    return found


def one(
    name: str, wanted: Any, default: Any, key: str, choices: Sequence[Any] | None = None, help_: str = ""
) -> Any:
    """Draw one field by its type: a number, a switch, a choice or a text; empty is None where that is allowed."""
    label, optional, kind = _readable(name), *_kind(wanted)
    if typing.get_origin(kind) is typing.Literal:
        choices = list(typing.get_args(kind))
    if choices is not None:
        start = list(choices).index(default) if default in choices else 0
        return st.selectbox(
            label, list(choices), index=start if choices else None, key=key, help=help_ or None
        )
    if kind is bool:
        return st.toggle(label, value=bool(default), key=key, help=help_ or None)
    if kind in (int, float):
        number = kind(default) if default is not None else (None if optional else kind(0))
        shape = {"format": "%d", "step": 1} if kind is int else {"format": "%.6g", "step": None}
        return st.number_input(
            label,
            value=number,
            key=key,
            help=help_ or None,
            placeholder="default",
            **typing.cast("Any", shape),
        )
    text = st.text_input(label, value="" if default is None else str(default), key=key, help=help_ or None)
    return None if optional and not text else text


def _kind(wanted: Any) -> tuple[bool, Any]:
    """Whether None is allowed, and the first other type."""
    if isinstance(wanted, types.UnionType) or typing.get_origin(wanted) is typing.Union:
        parts = typing.get_args(wanted)
        return type(None) in parts, next(part for part in parts if part is not type(None))
    return False, wanted


def _readable(name: str) -> str:
    return name.replace("_", " ")

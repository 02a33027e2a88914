"""The places to mark in a document for a column, found with the settings that the column was made with."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import streamlit as st

from core import evidence
from core.types import Corpus, Scalar
from pages.parts import state

Marks = Callable[[dict[str, Any]], Sequence[evidence.Span]]  # of a document's row of columns
CHARACTERS = 20_000  # of a text that are looked through for places to mark
LONGEST = 200_000  # where the worst place counts, and not each


def of(corpus: Corpus, column: str) -> Marks:
    """What finds the places that a column's value comes from in a document's row of columns.

    None in a field that only shares its name with a signal's column.
    """
    key, settings = state.key(corpus), settings_of(corpus, column)
    if settings is None:
        return lambda _: ()
    limit = LONGEST if column.startswith("toxicity") else CHARACTERS

    def found(document: dict[str, Any]) -> Sequence[evidence.Span]:
        text = str(document["text"])[:limit]
        return _found(key, column, document["row"], text, settings)

    return found


@st.cache_data(show_spinner="Finding the places …", max_entries=1024)
def _found(
    key_: str,  # noqa: ARG001 part of the key
    column: str,
    row: int,  # noqa: ARG001 part of the key
    _text: str,
    _settings: Mapping[str, Scalar],
) -> list[evidence.Span]:
    return evidence.contributing(_text, column, _settings)


def why_unscored(corpus: Corpus, column: str, text: str) -> str | None:
    """Why a signal's column has no value for a text, where the signal tells."""
    settings = settings_of(corpus, column)
    return None if settings is None else evidence.unscored(text, column, settings)


def settings_of(corpus: Corpus, column: str) -> Mapping[str, Scalar] | None:
    """The settings that the corpus's current column of that name was made with; None for a field."""
    made = (one for one in state.workspace().columns(corpus) if column in one.names)
    return next((one.settings for one in made), None)

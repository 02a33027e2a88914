"""Documents on either side of a line: their beginnings, each to be opened, the lines that count marked."""

from __future__ import annotations

import html
from collections.abc import Sequence
from typing import Any

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from core.evidence import Span
from core.types import Corpus
from pages.parts import card, palette, plain, state, table, veil
from pages.parts.marks import Marks

CHARACTERS = 1000
HEIGHT = 140  # of a text's box
BEFORE = 200  # characters shown before the first mark, where the text's beginning has none


def column(
    corpus: Corpus,
    rows: NDArray[np.int64],
    title: str,
    place: Any,
    extra: Sequence[str],
    key: str,
    marks: Marks | None = None,
    *,
    veiled: bool = True,
    height: int = HEIGHT,
) -> None:
    """Draw the beginnings of a few documents under a title; each opens in full.

    `marks` gives, for a document's row of columns, the places to mark; a text begins shortly before them.
    Toxic texts stay hidden where `veiled`; opening one asks first.
    """
    with place:
        if title:
            st.markdown(f"**{plain.markdown(title)}**")
        if not len(rows) and title:
            st.caption("none")
        names = list(dict.fromkeys(["row", "id", "source", "tokens", *extra, "text"]))
        hides = veil.hidden(corpus, rows) if veiled else np.zeros(len(rows), dtype=np.bool_)
        read = state.workspace().read(corpus, names, rows).to_pylist()
        for found, hidden in zip(read, hides, strict=True):
            with st.container(border=True):
                told = [f"{name} {table.shown(found[name])}" for name in extra]
                told += [found["source"], f"{found['tokens']:,} tokens"]
                left, right = st.columns([5, 1], vertical_alignment="center")
                left.caption(" · ".join(plain.markdown(part, 80) for part in told))
                if right.button("Open", key=f"{key}.{found['row']}", type="tertiary"):
                    card.dialog(corpus, found["row"])
                if hidden:
                    st.caption(plain.markdown(veil.HIDDEN))
                else:
                    text(found["text"], marks(found) if marks else (), height)


def text(words: str, spans: Sequence[Span], height: int = HEIGHT) -> None:
    """Draw the part of a text around its first mark, or its beginning, letter by letter."""
    if not spans:
        st.code(words[:CHARACTERS], language=None, wrap_lines=True, height=height)
        return
    start = max(0, spans[0].start - BEFORE) if spans[0].start > CHARACTERS // 2 else 0
    end, at, parts = start + CHARACTERS, start, ["…" if start else ""]
    for span in spans:
        if span.start >= end or span.end <= at:
            continue
        first, last = max(span.start, at), min(span.end, end)
        parts += [html.escape(words[at:first]), f'<mark title="{html.escape(span.why)}">']
        parts += [html.escape(words[first:last]), "</mark>"]
        at = last
    parts += [html.escape(words[at:end]), "…" if len(words) > end else ""]
    inner = "".join(parts).encode("utf-8", "replace").decode("utf-8").replace("\x00", "�")
    st.html(_framed(inner, height))


def _framed(inner: str, height: int) -> str:
    return (
        f'<pre style="height:{height}px;overflow:auto;white-space:pre-wrap;overflow-wrap:anywhere;margin:0;'
        f'padding:.75rem;border-radius:.5rem;font-size:.8rem;background:{palette.faint("#8A8A8A", 0.12)}">'
        f"<style>mark{{color:inherit;background:{palette.faint(palette.DROPPED, 0.35)};border-radius:2px}}</style>"
        f"{inner}</pre>"
    )

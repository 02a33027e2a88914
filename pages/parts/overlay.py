"""Two documents laid over each other, word by word: what only the first has struck through, the second's underlined.

Owns the session keys that begin with the `key` given.
"""

from __future__ import annotations

import html
from collections.abc import Sequence

import streamlit as st

from core.types import Corpus
from core.wording import MOST_WORDS, Piece, differences
from pages.parts import card, palette, plain, state, veil

HEIGHT = 420
FOLDED = 240  # characters of a run in both that are shown at either end; what lies between is folded


def documents(corpus: Corpus, first: int, second: int, key: str) -> None:
    """Draw how the document at row `second` differs from the one at `first`; toxic texts only on request."""
    warning = veil.warning(corpus, first) or veil.warning(corpus, second)
    with st.container(border=True):
        read = state.workspace().read(corpus, ["id", "source", "tokens"], [first, second]).to_pylist()
        for place, row, found, what in zip(
            st.columns(2), (first, second), read, ("struck out: only in", "underlined: only in"), strict=True
        ):
            with place:
                name = plain.markdown(found["id"], 120)
                st.markdown(f":small[{what}] **{name}**")
                told = f"{found['source']} · {found['tokens']:,} tokens · row {row:,}"
                with st.container(horizontal=True, vertical_alignment="center"):
                    st.caption(plain.markdown(told))
                    if st.button("Open", key=f"{key}.open.{row}", type="tertiary"):
                        card.dialog(corpus, row)
        if not veil.lifted(warning, f"{key}.{first}.{second}.veil"):
            return
        pieces = _pieces(state.key(corpus), first, second, corpus)
        st.caption(_told(pieces))
        st.html(_drawn(pieces))


@st.cache_data(show_spinner="Comparing …", max_entries=64)
def _pieces(key_: str, first: int, second: int, _corpus: Corpus) -> list[Piece]:  # noqa: ARG001 part of the key
    texts = state.workspace().read(_corpus, ["text"], [first, second])["text"].to_pylist()
    return differences(*texts)


def _told(pieces: Sequence[Piece]) -> str:
    counts = {kind: sum(p.words for p in pieces if p.kind == kind) for kind in ("same", "gone", "new")}
    if not counts["gone"] + counts["new"]:
        return f"The same {counts['same']:,} words, but for white space."
    told = f"{counts['same']:,} words in both, {counts['gone']:,} struck out, {counts['new']:,} underlined"
    cut = max(counts["same"] + counts["gone"], counts["same"] + counts["new"]) >= MOST_WORDS
    return told + (f"; only the first {MOST_WORDS:,} words are compared." if cut else ".")


def _drawn(pieces: Sequence[Piece]) -> str:
    """The pieces as escaped text: nothing of a document is markup here."""
    gone = f"background:{palette.faint(palette.DROPPED, 0.3)};text-decoration:line-through"
    new = f"background:{palette.faint(palette.KEPT, 0.3)};text-decoration:underline"
    parts = []
    for piece in pieces:
        if piece.kind == "same":
            parts.append(html.escape(_folded(piece.text)))
        else:
            tag, style = ("del", gone) if piece.kind == "gone" else ("ins", new)
            parts.append(f'<{tag} style="{style};color:inherit">{html.escape(piece.text)}</{tag}>')
    inner = "".join(parts).encode("utf-8", "replace").decode("utf-8").replace("\x00", "�")
    return (
        f'<pre style="max-height:{HEIGHT}px;overflow:auto;white-space:pre-wrap;overflow-wrap:anywhere;margin:0;'
        f'padding:.75rem;border-radius:.5rem;font-size:.8rem;background:{palette.faint("#8A8A8A", 0.12)}">'
        f"{inner}</pre>"
    )


def _folded(text: str) -> str:
    """A long run in both, its middle left out, from one word's end to another's."""
    if len(text) <= 3 * FOLDED:
        return text
    begin, end = text[:FOLDED].rsplit(None, 1)[0], text[-FOLDED:].split(None, 1)[-1]
    num_words = len(text[len(begin) : len(text) - len(end)].split())
    return f"{begin}\n⋯ {num_words:,} words in both ⋯\n{end}"

"""Tables of documents, a page at a time out of DuckDB; every choice is by row number, never by position.

Owns the session keys that begin with the `key` given.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from core.search import Hit
from core.threshold import quoted
from core.types import Corpus
from pages.parts import state, veil

PAGE_ROWS = 50
LONG = 40  # characters of a name, beyond which its column is cut
BEGINNING = 200  # characters of a text that a table shows

COLUMNS = {
    "row": None,
    "id": st.column_config.TextColumn("id", width="medium"),
    "source": st.column_config.TextColumn("source", width="small"),
    "tokens": st.column_config.NumberColumn("tokens", format="localized", width="small"),
    "score": st.column_config.NumberColumn(
        "score",
        format="%.3f",
        width="small",
        help="How well it fits, on the scale of this way to search; no other way's scores compare with it.",
    ),
    "beginning": st.column_config.TextColumn("text", width="large"),
    "snippet": st.column_config.TextColumn("found", width="large"),
}


def browse(corpus: Corpus, key: str) -> int | None:
    """Draw all documents of the chosen sources in the chosen order, paged; return the row chosen."""
    left, middle, right = st.columns([3, 2, 1], vertical_alignment="bottom")
    sources = left.multiselect("Sources", list(corpus.domains), key=f"{key}.sources", placeholder="all")
    names = [f.name for f in state.facts(corpus) if f.name not in ("text", "content_hash")]
    order = middle.selectbox("Order by", names, key=f"{key}.order")
    falling = right.toggle("Falling", key=f"{key}.falling")
    chosen = sources or list(corpus.domains)
    count = sum(corpus.domains[name].documents for name in chosen)
    direction = "DESC" if falling else "ASC"
    sql = (
        f"SELECT row FROM documents WHERE list_contains(?, source) "  # noqa: S608 the name is quoted
        f"ORDER BY {quoted(order or 'row')} {direction} NULLS LAST, row LIMIT {PAGE_ROWS} OFFSET ?"
    )
    num_pages = max(1, -(-count // PAGE_ROWS))
    place = st.container()
    signed = f"{order}.{falling}.{'.'.join(sources)}"
    page = st.pagination(num_pages, key=f"{key}.page.{signed}")
    rows = state.query(corpus, sql, tuple(chosen), (page - 1) * PAGE_ROWS)["row"].to_numpy()
    with place:
        return documents(corpus, rows, f"{key}.{signed}.{page}", extra=_extra(order))


def _extra(order: str | None) -> tuple[str, ...]:
    return (order,) if order and order not in ("row", "id", "source", "tokens") else ()


def paged(
    corpus: Corpus, rows: NDArray[np.int64], key: str, extra: Sequence[str] = (), *, texts: bool = True
) -> int | None:
    """Draw these documents, a page at a time; return the row chosen."""
    num_pages = max(1, -(-len(rows) // PAGE_ROWS))
    place = st.container()
    page = st.pagination(num_pages, key=f"{key}.page") if num_pages > 1 else 1
    with place:
        shown = rows[(page - 1) * PAGE_ROWS : page * PAGE_ROWS]
        return documents(corpus, shown, f"{key}.{page}", extra, texts=texts)


def documents(
    corpus: Corpus,
    rows: NDArray[np.int64],
    key: str,
    extra: Sequence[str] = (),
    height: int = 320,
    *,
    texts: bool = True,
) -> int | None:
    """Draw a table of these rows, in their order; return the row chosen.

    It shows how texts begin, but for toxic ones, unless `texts` is false.
    """
    names = ["row", "id", "source", "tokens", *extra]
    shown = state.workspace().read(corpus, [*names, *["text"] * texts], rows).to_pylist()
    if texts:
        for row, hidden in zip(shown, veil.hidden(corpus, rows), strict=True):
            beginning = " ".join(row.pop("text")[: 4 * BEGINNING].split())[:BEGINNING]
            row["beginning"] = veil.HIDDEN if hidden else beginning
    return chosen(shown, key, height)


def hits(corpus: Corpus, found: Sequence[Hit], key: str) -> int | None:
    """Draw what a search found, best first; return the row chosen."""
    names = ("row", "score", "id", "source", "snippet")
    shown = [{name: hit[name] for name in names} for hit in found]  # type: ignore[literal-required]
    for row, hidden in zip(shown, veil.hidden(corpus, [hit["row"] for hit in found]), strict=True):
        row["snippet"] = veil.HIDDEN if hidden else row["snippet"]
    return chosen(shown, key)


def chosen(shown: Sequence[Mapping[str, Any]], key: str, height: int = 320) -> int | None:
    """Draw records that have a `row`, hidden; return the one of the record chosen."""
    position = select(shown, key, height)
    return None if position is None else int(shown[position]["row"])


def select(
    shown: Sequence[Mapping[str, Any]], key: str, height: int = 320, columns: Mapping[str, Any] | None = None
) -> int | None:
    """Draw records of which one may be chosen; return its position among them.

    The key must change with the records: a selection stays by position where data changes.
    """
    import pandas as pd

    event = st.dataframe(
        pd.DataFrame(list(shown)),
        key=key,
        height=min(height, 38 + 35 * max(1, len(shown))),
        hide_index=True,
        column_config={**COLUMNS, **(columns or {})},
        on_select="rerun",
        selection_mode="single-row",
    )
    picked = event["selection"]["rows"]
    return int(picked[0]) if picked and picked[0] < len(shown) else None


def records(
    shown: Sequence[Mapping[str, Any]],
    columns: Mapping[str, Any] | None = None,
    download: str = "",
    key: str | None = None,
) -> None:
    """Draw records to read; with a name for the file, a button that downloads them as CSV.

    A first column of long names leaves room for what is said of them.
    """
    import pandas as pd

    frame = pd.DataFrame(list(shown))
    st.dataframe(frame, hide_index=True, column_config={**first(shown), **(columns or {})})
    if download:
        st.download_button(
            "CSV",
            lambda: frame.to_csv(index=False).encode("utf-8", "replace"),
            f"{_file_name(download)}.csv",
            "text/csv",
            key=f"{key}.csv" if key else None,
            on_click="ignore",
            icon=":material/download:",
            type="tertiary",
        )


def first(shown: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """How wide the first of several columns may be: as it likes, but where a text in it is long."""
    name = next(iter(shown[0]), None) if shown and len(shown[0]) > 2 else None
    if name is None or all(len(str(record.get(name))) <= LONG for record in shown):
        return {}
    return {name: st.column_config.TextColumn(width="medium")}


def _file_name(words: str) -> str:
    """Words as a file may be called anywhere."""
    return "-".join(re.findall(r"[\w.]+", words))[:100] or "table"


def shown(value: object) -> str:
    """A cell's value as people read it; a dash where there is none."""
    if value is None:
        return "–"
    return f"{value:,.4g}" if isinstance(value, float) else str(value)

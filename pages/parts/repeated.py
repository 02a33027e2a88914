"""Stretches, lines, paragraphs and sentences that stand more than once: looking, the most frequent, a filter.

Owns the session keys that begin with `repeated.`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import streamlit as st

from core.evidence import Span
from core.repeated import SUBSTRING, UNITS
from core.repeats import PRESETS, SUBSTRING_LENGTH
from core.threshold import quoted
from core.types import Corpus
from pages.parts import chart, examples, results, state, table, threshold, veil

NUM_DOCUMENTS = 6
PARTLY = 0.9  # surplus up to which a document is not a mere copy
SHOWN = 120  # characters of a repeat in the table
DROP_ABOVE = 0.75  # MixtureVitae's bound on the share of a document that stood before
SCOPES = {"global": "across sources", "local": "inside each source"}
Report = Mapping[str, Any]


def panel(corpus: Corpus) -> None:
    """Draw the form, the shares by domain, the most frequent repeats, documents with marks, and a filter."""
    there = {fact.name for fact in state.facts(corpus)}
    kept: dict[str, Any] = state.workspace().report(corpus, "repeats") or {}
    reports = {stem: report for stem, report in kept.items() if report["columns"][1] in there}
    with st.expander(
        "Look anew" if reports else "Look", icon=":material/format_quote:", expanded=not reports
    ):
        _form(corpus)
    if not reports:
        st.info(
            "Repeats have not been looked for yet: stretches of text, lines, paragraphs or sentences that stand "
            "twice or more, though no whole document is a copy."
        )
        return
    stem = st.segmented_control(
        "Shown", list(reports), default=list(reports)[-1], format_func=_words, key=f"repeated.shown.{len(reports)}",
        required=True,
    )  # fmt: skip
    report = reports[stem or list(reports)[-1]]
    _told(corpus, report)
    _frequent(corpus, report)
    _documents(corpus, report)
    _filtered(corpus, report)


def _words(stem: str) -> str:
    local = stem.endswith("_local")
    unit = stem.removeprefix("repeated_").removesuffix("_local")
    return f"{unit}s" + (", inside each source" if local else "")


# --- the form ---------------------------------------------------------------------------------------


def _form(corpus: Corpus) -> None:
    units = (SUBSTRING, *UNITS)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        unit = st.segmented_control("Look for", units, default=SUBSTRING, key="repeated.unit", required=True)
        least, usual = (8, SUBSTRING_LENGTH) if unit == SUBSTRING else (1, 1)
        length = st.number_input(
            "Fewest characters", least, 100_000, usual, key=f"repeated.length.{unit}", width=180
        )
        scope = st.segmented_control(
            "Scope", list(SCOPES), default="global", format_func=SCOPES.__getitem__, key="repeated.scope",
            required=True,
        )  # fmt: skip
    command = ["repeats", corpus.name, "--unit", unit or SUBSTRING, "--length", str(length)]
    command += ["--scope", scope or "global"]
    with st.container(horizontal=True):
        results.button("Look for repeats", command, " ".join(command)[:120], "repeated.run")
        for preset in PRESETS:
            asked = ["repeats", corpus.name, "--preset", preset]
            label = f"{preset}: {PRESETS[preset].unit}s"
            results.button(label, asked, " ".join(asked), f"repeated.{preset}", primary=False)
    results.failure(command)


# --- what was found ---------------------------------------------------------------------------------


def _told(corpus: Corpus, report: Report) -> None:
    told = f"{report['unit']}s of {report['length']:,} characters or more, {SCOPES[report['scope']]}"
    st.caption(f"{told}. Surplus is what stood earlier in the corpus: what goes if one copy stays.")
    with st.container(horizontal=True):
        st.metric("Documents that hold a repeat", f"{report['documents']:,}")
        st.metric("Characters inside repeats", state.short(report["characters"] or 0))
    domains = report["by_domain"]
    shares = {name: (facts["share"] or 0.0, facts["surplus"] or 0.0) for name, facts in domains.items()}
    chart.pairs(
        shares, ("inside repeats", "surplus"), "mean share of a document's characters", "repeated.pairs"
    )
    with st.expander("As a table", icon=":material/table_chart:"):
        percent = dict.fromkeys(("share", "surplus"), st.column_config.NumberColumn(format="percent"))
        rows = [{"source": name, **facts} for name, facts in domains.items()]
        table.records(rows, percent, f"{corpus.name} repeats by source", "repeated.table")


def _frequent(corpus: Corpus, report: Report) -> None:
    """List the repeats that stand most often; the one chosen is shown whole, as plain characters."""
    st.subheader("What stands most often")
    rows = _places(corpus, [one["id"] for one in report["frequent"]])
    listed = [{**one, "row": rows[one["id"]]} for one in report["frequent"] if one["id"] in rows]
    if not listed:
        st.caption("Nothing stands twice.")
        return
    at = [one["row"] for one in listed]
    hidden = veil.hidden(corpus, at)
    texts = state.workspace().read(corpus, ["text"], at)["text"].to_pylist()
    pieces = [
        text[one["begin"] : one["begin"] + one["characters"]] for one, text in zip(listed, texts, strict=True)
    ]
    shown = [
        {
            "times": one["count"],
            "characters": one["characters"],
            "text": veil.HIDDEN if veiled else " ".join(piece.split())[:SHOWN] or "(white space)",
            "first in": one["id"],
            "row": one["row"],
        }
        for one, piece, veiled in zip(listed, pieces, hidden, strict=True)
    ]
    columns = {
        "times": st.column_config.NumberColumn(format="localized", width="small"),
        "characters": st.column_config.NumberColumn(format="localized", width="small"),
        "text": st.column_config.TextColumn(width="large"),
    }
    chosen = table.select(shown, f"repeated.frequent.{report['fingerprint'][:12]}", 280, columns)
    if chosen is None:
        st.caption("Choose one to read it whole.")
    elif veil.lifted(veil.warning(corpus, at[chosen]), f"repeated.veil.{at[chosen]}"):
        st.code(pieces[chosen][:20_000], language=None, wrap_lines=True, height=220)


def _places(corpus: Corpus, ids: list[str]) -> dict[str, int]:
    sql = "SELECT id, min(row) AS row FROM documents WHERE list_contains(?, id) GROUP BY id"
    return {one["id"]: one["row"] for one in state.query(corpus, sql, tuple(ids)).to_pylist()}


def _documents(corpus: Corpus, report: Report) -> None:
    """Draw documents much of which stood before, their repeats marked; whole copies are told elsewhere."""
    characters, share, surplus, _, spans = report["columns"]
    st.subheader("Documents, their repeats marked")
    source = st.selectbox(
        "Of", ["all sources", *corpus.domains], key="repeated.source", width=260, label_visibility="collapsed"
    )
    where = "" if source in (None, "all sources") else "AND source = ?"
    sql = (
        f"SELECT row FROM documents WHERE {quoted(characters)} > 0 "  # noqa: S608 our own columns' names
        f"AND {quoted(surplus)} <= {PARTLY} {where} "
        f"ORDER BY {quoted(surplus)} DESC NULLS LAST, {quoted(share)} DESC, row LIMIT {NUM_DOCUMENTS}"
    )
    rows = state.query(corpus, sql, *([source] if where else []))["row"].to_numpy()
    if not len(rows):
        st.caption("No document holds a repeat without being one whole.")
        return
    st.caption(
        f"At most {PARTLY:.0%} of each stood before, the highest share first; whole copies have their own tab."
    )
    why = f"stands more than once ({_words('repeated_' + report['unit'])})"
    read = state.workspace().read(corpus, [spans], rows)[spans].to_pylist()
    places = dict(zip(rows.tolist(), read, strict=True))

    def marks(found: Mapping[str, Any]) -> Sequence[Span]:
        return [Span(start, end, why) for start, end in places[found["row"]] or ()]

    for part, place in enumerate(st.columns(2)):
        key = f"repeated.example.{part}"
        examples.column(corpus, rows[part::2], "", place, (surplus,), key, marks, height=200)


def _filtered(corpus: Corpus, report: Report) -> None:
    """Draw a bound on the surplus, what it would keep, and the way to the desk; no repeats, no surplus."""
    st.subheader("Leave out what mostly stood before")
    column = report["columns"][2]
    most = st.slider(
        "Keep documents of which at most this share stood before", 0.0, 1.0, DROP_ABOVE, 0.05,
        key=f"repeated.most.{column}",
    )  # fmt: skip
    rule = _Surplus(column, most)
    threshold.verdict(corpus, rule, state.keep_mask(corpus, rule.expression), f"repeated.{column}")


@dataclass(frozen=True, slots=True)
class _Surplus:
    """Keeps documents of which at most a share stood before; one without such pieces repeats nothing."""

    column: str
    at_most: float

    @property
    def expression(self) -> str:
        return f"coalesce({quoted(self.column)}, 0) <= {self.at_most!r}"

    @property
    def words(self) -> str:
        return f"at most {self.at_most:.0%} stood before, by {self.column.split('_')[1]}s"

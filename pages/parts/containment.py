"""Which domain is inside which, and where another corpus covers this one least.

Owns the session keys that begin with `containment.`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import streamlit as st

from core.types import Corpus
from pages.parts import plain, plots, results, state, table

ITSELF = "its own other domains"
MEASURES = {
    "ngrams_share": "n-grams",
    "documents_share": "documents",
    "tokens_share": "tokens",
}
MEANT = {
    "ngrams_share": "Share of a row's distinct n-grams that stand in the column's domain.",
    "documents_share": "Share of a row's documents that stand in the column's domain almost whole.",
    "tokens_share": "Share of a row's tokens in documents that stand in the column's domain almost whole.",
}
ALMOST_WHOLE = 0.5  # share of a domain's tokens inside another from which its weight is really the other's
NUM_SENTENCES = 6


def panel(corpus: Corpus) -> None:
    """Draw the form, the matrix, whose weight is really another's, and where coverage is thin."""
    reports: dict[str, Any] = state.workspace().report(corpus, "containment") or {}
    with st.expander("Look anew" if reports else "Look", icon=":material/grid_on:", expanded=not reports):
        _form(corpus)
    if not reports:
        st.info(
            "Containment has not been looked for yet: how much of each source stands in each other, by n-grams, or "
            "how much of this corpus another one covers."
        )
        return
    names = list(reports)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        chosen = st.selectbox(
            "Shown", names, index=len(names) - 1, key=f"containment.shown.{len(names)}", width=300
        )
        measure = st.segmented_control(
            "By", list(MEASURES), default="ngrams_share", format_func=MEASURES.__getitem__,
            key="containment.measure", required=True,
        )  # fmt: skip
    report = reports[chosen or names[-1]]
    _stale(corpus, report)
    _matrix(report, measure or "ngrams_share")
    _really(report)
    _thin(corpus, report)
    with st.expander("As a table", icon=":material/table_chart:"):
        shares = {key: st.column_config.NumberColumn(format="percent") for key in MEASURES}
        table.records(report["pairs"], shares, f"{corpus.name} containment", "containment.pairs")


def _form(corpus: Corpus) -> None:
    others = [name for name in state.workspace().corpora() if name != corpus.name]
    with st.container(horizontal=True, vertical_alignment="bottom"):
        other = st.selectbox("Looked for in", [ITSELF, *others], key="containment.other", width=260)
        names = _comparable(corpus, None if other == ITSELF else other)
        by = st.selectbox("Domains by", names, key=f"containment.by.{other}", width=220) or "source"
        n = st.number_input("Words of an n-gram", 1, 64, 13, key="containment.n", width=160)
        threshold = st.slider(
            "Share of a document's n-grams that counts as inside", 0.05, 1.0, 0.8, 0.05, key="containment.threshold",
            width=340,
        )  # fmt: skip
    command = ["contain", corpus.name, "--by", by, "--n", str(n), "--threshold", str(threshold)]
    command += [] if other in (None, ITSELF) else ["--in", str(other)]
    results.button("Look for what stands where", command, " ".join(command)[:120], "containment.run")
    results.failure(command)


def _comparable(corpus: Corpus, other: str | None) -> list[str]:
    """Columns whose values may be domains, of both corpora where there are two."""
    names, home = state.categories(corpus), state.workspace()
    there = set(names if other is None else home.column_names(home.corpus(other)))
    return [name for name in names if name in there]


def _stale(corpus: Corpus, report: Mapping[str, Any]) -> None:
    """Say how it was looked for, and warn where the column's values are no longer those."""
    how = "all n-grams" if report["exact"] else f"one n-gram in {report['scale']:,}, with 95 % intervals"
    where = f"in '{report['other']}'" if report["other"] else "in one another"
    told = f"{report['by']} {where}: {report['n']}-grams, inside from {report['threshold']:.0%}; {how}."
    st.caption(plain.markdown(told))
    now: dict[str, int] = {}
    if report["by"] in {fact.name for fact in state.facts(corpus)}:
        names, codes = state.codes(corpus, report["by"])
        now = dict(zip(names, np.bincount(codes, minlength=len(names)).tolist(), strict=True))
    if now != {name: facts["documents"] for name, facts in report["domains"].items()}:
        st.warning("The domains have changed since: look anew.", icon=":material/history:")


def _matrix(report: Mapping[str, Any], measure: str) -> None:
    if not report["pairs"]:
        st.success("No n-gram of any domain stands in another.", icon=":material/check_circle:")
        return
    rows = list(report["domains"])
    columns = sorted({pair["inside"] for pair in report["pairs"]})
    place = {name: i for i, name in enumerate(columns)}
    grid = np.zeros((len(rows), len(columns)))
    for i, name in enumerate(rows):
        if name in place and not report["other"]:
            grid[i, place[name]] = np.nan  # a domain is inside itself
    for pair in report["pairs"]:
        share = pair[measure]
        grid[rows.index(pair["of"]), place[pair["inside"]]] = np.nan if share is None else share
    st.caption(MEANT[measure])
    most = max(0.01, float(np.nanmax(grid, initial=0)))
    key = f"containment.matrix.{measure}.{len(rows)}.{len(columns)}"
    plots.matrix(
        grid, rows, columns, key, "How much of the rows stands in the columns", percent=True,
        numbers=len(columns) <= 24, most=most,
    )  # fmt: skip


def _really(report: Mapping[str, Any]) -> None:
    """Name the domains most of which stands in another: the weight of the one is that of both."""
    found = [pair for pair in report["pairs"] if (pair["tokens_share"] or 0) >= ALMOST_WHOLE]
    found = sorted(found, key=lambda pair: -pair["tokens_share"])[:NUM_SENTENCES]
    where, so = "", "its weight is really the other's"
    if report["other"]:
        where, so = f" of '{report['other']}'", "the two corpora say it twice"
    told = (
        f"{p['tokens_share']:.0%} of the tokens of '{p['of']}' stand in '{p['inside']}'{where}" for p in found
    )
    lines = [f"{plain.markdown(sentence, 300)}: {so}." for sentence in told]
    if lines:
        st.warning("  \n".join(lines), icon=":material/call_merge:")


def _thin(corpus: Corpus, report: Mapping[str, Any]) -> None:
    """List what stands elsewhere by domain, the least covered first."""
    where = f"'{report['other']}'" if report["other"] else "the other domains"
    st.markdown(f"**How much of each domain stands in {plain.markdown(where)}, the thinnest first**")
    best: dict[str, Mapping[str, Any]] = {}
    for pair in report["pairs"]:
        best.setdefault(pair["of"], pair)
    rows = [
        {
            report["by"]: name,
            "documents": facts["documents"],
            "tokens elsewhere": facts["tokens_elsewhere"] / facts["tokens"] if facts["tokens"] else None,
            "documents elsewhere": facts["documents_elsewhere"] / facts["judged"]
            if facts["judged"]
            else None,
            "n-grams in the nearest": best[name]["ngrams_share"] if name in best else 0.0,
            "the nearest": best[name]["inside"] if name in best else None,
        }
        for name, facts in report["domains"].items()
    ]
    rows.sort(key=lambda row: (row["tokens elsewhere"] or 0, row["n-grams in the nearest"]))
    percent = st.column_config.ProgressColumn(format="percent", min_value=0, max_value=1)
    shares = dict.fromkeys(("tokens elsewhere", "documents elsewhere", "n-grams in the nearest"), percent)
    table.records(rows, shares, f"{corpus.name} coverage", "containment.thin")

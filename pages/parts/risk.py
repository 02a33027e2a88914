"""What else may be wrong with documents: personal data, licences, overlap with evaluation data.

Owns the session keys that begin with `risk.`.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import streamlit as st

from core.signals.personal import KINDS
from core.types import Corpus
from pages.parts import card, desk, examples, marks, plain, plots, progress, state, table, ways

NUM_EXAMPLES = 4
SHARE = {"share": st.column_config.NumberColumn("share of tokens", format="percent")}


def personal(corpus: Corpus) -> None:
    """Draw how many documents of each domain hold personal data of each kind, and some of them, marked."""
    names = [f"pii_{kind}" for kind in KINDS]
    if not state.need_columns(corpus, names, "score"):
        return
    domains, codes = state.codes(corpus, "source")
    found = state.many_numbers(corpus, names)
    sizes = np.maximum(np.bincount(codes, minlength=len(domains)), 1)
    held = np.array([np.bincount(codes, found[name] > 0, len(domains)) for name in names])
    st.caption("Share of each domain's documents that hold at least one; found by patterns and check digits.")
    shown = [kind.replace("_", " ") for kind in KINDS]
    plots.matrix((held / sizes).T, domains, shown, "risk.personal", "Personal data by domain", percent=True)
    rows = [
        {"kind": kind, "documents": int(line.sum()), "found": int(np.nansum(found[name]))}
        for kind, name, line in zip(shown, names, held, strict=True)
    ]
    table.records(rows, None, f"{corpus.name} personal data", "risk.personal.table")
    kind = st.selectbox(
        "Documents that hold", KINDS, format_func=lambda k: k.replace("_", " "), key="risk.kind"
    )
    column = f"pii_{kind}"
    rows_ = np.argsort(-np.nan_to_num(found[column]), kind="stable")[:NUM_EXAMPLES]
    rows_ = rows_[found[column][rows_] > 0]
    if not len(rows_):
        st.caption("No document does.")
    elif st.toggle("Show them", key="risk.show", help="They hold what may be somebody's."):
        find = marks.of(corpus, column)
        for part, place in enumerate(st.columns(2)):
            examples.column(corpus, rows_[part::2], "", place, (column,), f"risk.personal.{part}", find)
    _filter(corpus, f"no {kind.replace('_', ' ')}", f"{column} = 0")
    st.caption("To keep the documents and mask what is found, choose so where the mixture is exported.")
    ways.link("mixture", "Mask on export", ":material/ios_share:")


def licences(corpus: Corpus) -> None:
    """Draw the share of tokens under each tier of licence by domain, the evidence, and what to keep."""
    report: Any = state.workspace().report(corpus, "licences")
    if st.button("Find the licences" if report is None else "Find them again", key="risk.licences.run"):
        progress.submit(["licences", corpus.name], f"licences {corpus.name}")
        st.rerun()
    if report is None:
        st.info("Licences come from the documents' own field, their headers and notices, and known texts.")
        return
    tiers, domains = list(report["by_tier"]), list(report["by_domain"])
    grid = [[report["by_domain"][d].get(tier, {}).get("share", 0.0) for tier in tiers] for d in domains]
    st.caption("Share of each domain's tokens under each tier, after MixtureVitae.")
    plots.matrix(np.array(grid), domains, tiers, "risk.tiers", "Licence tiers by domain", percent=True)
    left, right = st.columns(2)
    for place, key, word in ((left, "by_evidence", "evidence"), (right, "licences", "licence")):
        with place:
            rows = [{word: name, **sizes} for name, sizes in report[key].items()]
            table.records(rows, SHARE, f"{corpus.name} {word}", f"risk.{key}")
    if report["conflicting"]:
        st.warning(
            f"{report['conflicting']:,} documents have two licences of different tiers: the more trusted "
            "counts, and `licence_conflict` holds the other.", icon=":material/warning:",
        )  # fmt: skip
    chosen = st.multiselect(
        "Keep the tiers", tiers, default=[t for t in tiers if t == "1 open"], key="risk.keep"
    )
    listed = ", ".join("'" + tier.replace("'", "''") + "'" for tier in chosen)
    if chosen:
        _filter(corpus, "licence " + " or ".join(chosen), f"licence_tier IN ({listed})")


def overlap(corpus: Corpus) -> None:
    """Draw which benchmarks stand in the corpus, by domain, and the documents that hold them."""
    with st.form("risk.overlap", border=False):
        paths = st.text_input(
            "Benchmark files on the server, with spaces between", key="risk.benchmarks",
            placeholder="/data/gsm8k.jsonl /data/mmlu.parquet",
        )  # fmt: skip
        n = st.segmented_control("Words of an n-gram", (13, 8), default=13, key="risk.n", required=True)
        if st.form_submit_button("Look for them", icon=":material/search:") and paths:
            progress.submit(
                ["contamination", corpus.name, *paths.split(), "--n", str(n)], f"contamination {corpus.name}"
            )
            st.rerun()
    kept: Any = state.workspace().report(corpus, "contamination") or {}
    if not kept:
        st.info("Give the files of the evaluation sets that must not be trained on.")
        return
    size = st.segmented_control(
        "Found with", list(kept), default=list(kept)[-1], key=f"risk.found.{list(kept)}"
    )
    report = kept[size or next(iter(kept))]
    left, right = st.columns(2)
    with left:
        rows = [
            {"benchmark": name, **{k: v for k, v in facts.items() if not isinstance(v, dict)}}
            for name, facts in report["by_benchmark"].items()
        ]
        table.records(rows, None, f"{corpus.name} benchmarks {size}", "risk.by_benchmark")
    with right:
        rows = [{"domain": name, **facts} for name, facts in report["by_domain"].items()]
        table.records(rows, None, f"{corpus.name} contaminated domains {size}", "risk.by_domain")
    flag = f"contaminated_{size}"
    rows_ = np.flatnonzero(~state.keep_mask(corpus, f"NOT {flag}"))
    st.markdown(f"**{len(rows_):,} documents are flagged**")
    if len(rows_):
        row = table.paged(corpus, rows_, f"risk.flagged.{size}.{len(rows_)}", (f"contamination_{size}",))
        if row is not None:
            card.document(corpus, row, "risk.card")
    _filter(corpus, f"no evaluation data ({size}-grams)", f"NOT {flag}")


def _filter(corpus: Corpus, name: str, keep: str) -> None:
    with st.container(horizontal=True, vertical_alignment="center"):
        st.code(keep, language="sql")
        if st.button("Send to the desk", icon=":material/tune:", key=f"risk.send.{name}", type="primary"):
            with plain.errors_shown():
                desk.add_filter(corpus, name[:120], keep)
                st.toast("The mixture has one more filter.", icon=":material/tune:")

"""The desk's filters together: the waterfall, what each takes by itself and alone, where they overlap.

Owns the session keys that begin with `filters.`.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import streamlit as st

from core.filtering import Effect, Filtering, FilterTable
from core.types import Corpus
from pages.parts import card, chart, desk, plain, plots, state, table, ways

NUM_COMBINATIONS = 15
NUM_TOLD = 5


def panel(corpus: Corpus) -> None:
    """Draw the filters on the desk, and the threshold under the hand, as one chain."""
    listed = [(one.name, one.keep) for one in desk.draft(corpus).filters]
    under_hand = _under_hand(corpus, [keep for _, keep in listed])
    if under_hand is not None:
        listed.append((f"{under_hand[0]} (not sent)", under_hand[1]))
    if not listed:
        st.info("There is no filter on the desk yet. Set a threshold or run published rules, and send them.")
        return
    with st.container(horizontal=True, vertical_alignment="bottom"):
        by = st.selectbox("By", state.categories(corpus), key="filters.by", width=220) or "source"
        names = [name for name, _ in listed]
        on = st.pills(
            "Filters in the chain", names, selection_mode="multi", default=names, key=f"filters.on.{names}"
        )
    chain = tuple((name, keep) for name, keep in listed if name in (on or ()))
    if not chain:
        st.info("Switch a filter on to see what it takes.")
        return
    found = _table(state.key(corpus), chain, by, corpus)
    summary = found.summary(NUM_COMBINATIONS)
    _told(corpus, summary)
    chart.waterfall(summary.waterfall, "filters.waterfall")
    _effects(corpus, summary, by)
    if len(chain) > 1:
        _overlap(corpus, summary)
    _only(corpus, found, chain)
    if under_hand is not None and st.button(
        "Send the threshold to the desk", type="primary", icon=":material/tune:", key="filters.send"
    ):
        with plain.errors_shown():
            desk.add_filter(corpus, *under_hand)
            st.rerun()
    ways.link("mixture", "Order, change and take away filters on the desk", ":material/tune:")


def _under_hand(corpus: Corpus, on_desk: Sequence[str]) -> tuple[str, str] | None:
    """The words and the expression of the threshold set last, where the desk has it not yet."""
    found: tuple[str, str, str] | None = st.session_state.get("threshold.rule")
    if found is None or found[0] != corpus.fingerprint or found[2] in on_desk:
        return None
    return found[1], found[2]


@st.cache_resource(show_spinner="Applying the filters …", max_entries=8)
def _table(key_: str, chain: tuple[tuple[str, str], ...], by: str, _corpus: Corpus) -> FilterTable:  # noqa: ARG001 part of the key
    names, codes = state.codes(_corpus, by)
    keeps = [(name, state.keep_mask(_corpus, keep)) for name, keep in chain]
    return FilterTable.of(keeps, state.numbers(_corpus, "tokens"), codes, names)


def _told(corpus: Corpus, found: Filtering) -> None:
    kept = found.kept.total
    with st.container(horizontal=True):
        for label, count, whole in (
            ("Documents kept", kept.documents, corpus.documents),
            ("Tokens kept", kept.tokens, corpus.tokens),
        ):
            share = f"{count / max(whole, 1):.1%} of all"
            st.metric(label, f"{count:,}", share, delta_color="off", delta_arrow="off")
    if found.warnings:
        shown = [plain.markdown(line) for line in found.warnings[:NUM_TOLD]]
        if len(found.warnings) > NUM_TOLD:
            shown.append(f"And {len(found.warnings) - NUM_TOLD} more.")
        st.warning("  \n".join(shown), icon=":material/warning:")


def _effects(corpus: Corpus, found: Filtering, by: str) -> None:
    st.subheader("What each filter takes")
    st.caption(
        "By itself: all that it drops of the corpus. Only it: what would come back were it taken away. "
        "In its place: what is left for it by the filters before."
    )
    whole = max(found.corpus.total.tokens, 1)
    rows = []
    for step, effect in zip(found.steps, found.effects, strict=True):
        own, only, took = effect.own.total, effect.marginal.total, step.took.total
        rows.append(
            {
                "filter": effect.name,
                "by itself": own.tokens / whole,
                "docs by itself": own.documents,
                "tokens by itself": own.tokens,
                "only it, docs": only.documents,
                "only it, tokens": only.tokens,
                "in its place, docs": took.documents,
                "in its place, tokens": took.tokens,
                "takes most of": _most_of(found, effect),
            }
        )
    shares = {"by itself": st.column_config.NumberColumn("by itself", format="percent")}
    table.records(rows, shares, f"{corpus.name} filters by {by}", "filters.effects")


def _most_of(found: Filtering, effect: Effect) -> str | None:
    """The domain of which the filter drops the largest share of tokens."""
    shares = effect.own.tokens / np.maximum(found.corpus.tokens, 1)
    at = int(shares.argmax())
    return f"{found.domains[at]} ({shares[at]:.0%})" if shares[at] > 0 else None


def _overlap(corpus: Corpus, found: Filtering) -> None:
    st.subheader("Where they overlap")
    names = [effect.name for effect in found.effects]
    left, right = st.columns(2)
    with left:
        st.caption("Documents that both drop, over documents that either drops.")
        plots.matrix(found.overlap.jaccard, names, names, "filters.overlap", "Overlap of filters")
    with right:
        st.caption("Documents by the very filters that drop them.")
        rows = [
            {"dropped by": " + ".join(one.names), "docs": one.documents, "tokens": one.tokens}
            for one in found.combinations
        ]
        if found.num_other:
            rows.append(
                {
                    "dropped by": f"({found.num_other} other combinations)",
                    "docs": found.other.documents,
                    "tokens": found.other.tokens,
                }
            )
        table.records(rows, None, f"{corpus.name} combinations of filters", "filters.combinations")


def _only(corpus: Corpus, found: FilterTable, chain: Sequence[tuple[str, str]]) -> None:
    st.subheader("Documents that one filter alone drops")
    names = [name for name, _ in chain]
    name = st.selectbox("Filter", names, key=f"filters.only.{names}")
    place = names.index(name) if name in names else 0
    rows = np.flatnonzero(found.drops == np.uint64(1 << place))
    if not len(rows):
        st.caption("None: whatever it drops, another filter drops too.")
        return
    st.caption(f"{len(rows):,} documents; choose one to open it.")
    row = table.paged(corpus, rows, f"filters.rows.{place}.{chain}")
    if row is not None:
        card.document(corpus, row, "filters.card")

"""What a corpus holds: its domains, its fields, what was refused on the way in."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from core.rankers import RANKERS
from core.search import search
from core.types import Corpus
from core.workspace import Workspace
from pages.parts import chart, state, table

NUM_HITS = 100
MAX_REFUSED = 1000  # shown; the counts by reason are of all
WHOLE = st.column_config.NumberColumn(format="localized")


def corpora(workspace: Workspace) -> None:
    """Draw the list of corpora where there are several."""
    names = workspace.corpora()
    if len(names) < 2:
        return
    found = [workspace.corpus(name) for name in names]
    rows = [
        {
            "corpus": corpus.name,
            "documents": corpus.documents,
            "tokens": corpus.tokens,
            "domains": len(corpus.domains),
            "refused": sum(corpus.rejected.values()),
        }
        for corpus in found
    ]
    st.dataframe(
        pd.DataFrame(rows),
        hide_index=True,
        column_config=dict.fromkeys(("documents", "tokens", "refused"), WHOLE),
    )


def numbers(corpus: Corpus) -> None:
    """Draw a corpus's counts in a row."""
    with st.container(horizontal=True):
        st.metric("Documents", f"{corpus.documents:,}")
        st.metric("Tokens", f"{corpus.tokens:,}")
        st.metric("Domains", f"{len(corpus.domains):,}")
        st.metric("Refused", f"{sum(corpus.rejected.values()):,}")


def documents(corpus: Corpus) -> int | None:
    """Draw all documents, or what a search found; return the row chosen."""
    left, right = st.columns([4, 1], vertical_alignment="bottom")
    asked = left.text_input(
        "Search", key="search", bind="query-params", placeholder="words, a phrase, a meaning"
    )
    ranker = right.selectbox("By", rankers(corpus), key="ranker", bind="query-params")
    if not (asked and asked.strip()):
        return table.browse(corpus, "corpus.browse")
    hits = search(state.workspace(), corpus.name, asked, ranker, k=NUM_HITS)
    if not hits:
        st.info("No document matches. Try other words, or another way to search.")
        return None
    st.caption(f"The {len(hits):,} best of {corpus.documents:,} documents")
    return table.hits(corpus, hits, f"corpus.hits.{ranker}.{asked}")


def domains(corpus: Corpus) -> None:
    """Draw documents and tokens by domain, and the fields that documents have."""
    rows = [
        {
            "domain": name,
            "documents": count.documents,
            "tokens": count.tokens,
            "share": count.tokens / max(1, corpus.tokens),
        }
        for name, count in sorted(corpus.domains.items(), key=lambda item: -item[1].tokens)
    ]
    left, right = st.columns(2)
    share = st.column_config.ProgressColumn("share of tokens", format="percent", max_value=1)
    left.dataframe(
        pd.DataFrame(rows),
        hide_index=True,
        column_config={"documents": WHOLE, "tokens": WHOLE, "share": share},
    )
    with right:
        tokens: dict[str, float | None] = {name: count.tokens for name, count in corpus.domains.items()}
        chart.bars(tokens, "tokens", "corpus.tokens")
    st.markdown("**Columns**")
    facts = [
        {"column": fact.name, "type": fact.type.lower(), "made by": fact.kind or "the documents"}
        for fact in state.facts(corpus)
    ]
    st.dataframe(pd.DataFrame(facts), hide_index=True)
    st.text(f"Token counts by {corpus.tokenizer or 'an unnamed tokenizer'}; fingerprint {corpus.fingerprint}")


def refused(workspace: Workspace, corpus: Corpus) -> None:
    """Draw the records that could not be read, by reason, with file and line."""
    if not corpus.rejected:
        st.success("Every record was read.", icon=":material/check_circle:")
        return
    reasons = [{"reason": reason, "records": count} for reason, count in corpus.rejected.items()]
    st.dataframe(pd.DataFrame(reasons), hide_index=True, column_config={"records": WHOLE})
    found = workspace.rejected(corpus.name).slice(0, MAX_REFUSED).to_pylist()
    st.dataframe(pd.DataFrame(found), hide_index=True)
    if sum(corpus.rejected.values()) > MAX_REFUSED:
        st.caption(f"The first {MAX_REFUSED:,} are shown.")


def rankers(corpus: Corpus) -> list[str]:
    """Ways to search that the corpus is ready for, the best first."""
    embedded = any(column.kind == "vectors" for column in state.workspace().columns(corpus))
    names = [name for name in RANKERS if embedded or name in ("keyword", "exact")]
    return sorted(names, key=lambda name: name != "hybrid")

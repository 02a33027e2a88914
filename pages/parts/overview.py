"""What a corpus holds: its domains, its fields, what was refused on the way in."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from core.rankers import RANKERS
from core.search import search
from core.types import Corpus
from core.workspace import Workspace
from pages.parts import chart, plain, progress, state, table

NUM_HITS = 100
MAX_REFUSED = 1000  # shown; the counts by reason are of all
KINDS = {"VARCHAR": "text", "BOOLEAN": "yes or no"}
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


def deletion(corpus: Corpus) -> None:
    """Draw the way to take a corpus away: asked twice, and not while a job works on it."""
    with st.popover(
        "Delete", icon=":material/delete:", type="tertiary", key=f"corpus.deletion.{corpus.name}"
    ):
        st.caption(
            f"Its {corpus.documents:,} documents and all that was computed on them go for good. "
            "Mixtures, exports and runs stay."
        )
        busy = [job for job in progress.active() if corpus.name in job.command]
        if busy:
            st.caption(f"A job works on it: {plain.markdown(busy[0].title)}. Cancel that first.")
        st.button(
            f"Delete {plain.markdown(corpus.name)}",
            key=f"corpus.delete.{corpus.name}",
            disabled=bool(busy),
            on_click=_delete,
            args=(corpus.name,),
        )


def _delete(name: str) -> None:
    workspace = state.workspace()
    if name in workspace.corpora():  # another tab may have been first
        workspace.delete_corpus(name)
    for other in workspace.corpora()[:1]:
        state.choose(other)


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
    left, right = st.columns([4, 3])
    share = st.column_config.ProgressColumn("share of tokens", format="percent", max_value=1)
    left.dataframe(
        pd.DataFrame(rows),
        hide_index=True,
        column_config={**table.first(rows), "documents": WHOLE, "tokens": WHOLE, "share": share},
    )
    with right:
        tokens: dict[str, float | None] = {name: count.tokens for name, count in corpus.domains.items()}
        chart.bars(tokens, "tokens", "corpus.tokens")
    st.markdown("**Columns**")
    st.dataframe(pd.DataFrame(_columns(corpus)), hide_index=True)
    st.text(f"Token counts by {corpus.tokenizer or 'an unnamed tokenizer'}; fingerprint {corpus.fingerprint}")


def _columns(corpus: Corpus) -> list[dict[str, str]]:
    """Each column with what it holds and who made it, how: a field of the documents, or a stage's brick."""
    made = {name: one for one in state.workspace().columns(corpus) for name in one.names}
    rows = []
    for fact in state.facts(corpus):
        one = made.get(fact.name)
        settings = ", ".join(f"{key}={value}" for key, value in one.settings.items()) if one else ""
        rows.append(
            {
                "column": fact.name,
                "holds": "numbers" if fact.is_number else KINDS.get(fact.type, fact.type.lower()),
                "made by": f"{one.maker}, version {one.version}" if one else _origin(fact.name),
                "of kind": str(one.kind) if one else "",
                "settings": settings,
            }
        )
    return rows


def _origin(name: str) -> str:
    """Where a column that no brick made comes from."""
    return "loading" if name in ("row", "tokens", "content_hash") else "the documents"


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

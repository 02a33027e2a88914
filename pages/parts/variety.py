"""How varied the corpus and its domains are, by each metric."""

from __future__ import annotations

import inspect

import streamlit as st

from core.metrics import METRICS
from core.types import Corpus
from pages.parts import chart, plain, state, table, ways


def metrics(corpus: Corpus) -> None:
    """Draw the table of metrics, and one of them by domain."""
    report = state.workspace().report(corpus, "diversity")
    if report is None:
        st.info("Diversity has not been measured yet: run the stage “diversity” on the Corpus page.")
        ways.link("corpus", "Prepare the corpus", ":material/database:")
        return
    rows = [{"domain": "(all)", **report["corpus"]}]
    rows += [{"domain": name, **values} for name, values in report["domains"].items()]
    numbers = {name: st.column_config.NumberColumn(name.replace("_", " "), format="%.3g") for name in rows[0]}
    table.records(rows, {**numbers, "domain": st.column_config.TextColumn(pinned=True)})
    metric = st.selectbox(
        "Metric", list(report["corpus"]), key="metric", bind="query-params", format_func=_words
    )
    values = {name: found.get(metric) for name, found in report["domains"].items()}
    chart.bars(values, _words(metric), "variety.metric")
    st.caption(explained(metric))


def _words(metric: str) -> str:
    return metric.replace("_", " ")


def explained(metric: str) -> str:
    """What a metric says: the first sentence of its brick."""
    brick = METRICS.get(metric)
    return plain.markdown((inspect.getdoc(brick) or "").split("\n\n")[0]) if brick else ""

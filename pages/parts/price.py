"""What quality costs in variety: along a threshold or a selector's share; and by domain, with complexity.

Owns the session keys that begin with `price.`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import streamlit as st

from core.selectors import SELECTORS
from core.tradeoff import COMPLEXITY, PRICED
from core.types import ColumnKind, Corpus
from pages.parts import dots, form, plain, results, state, table, ways
from pages.parts.variety import cell, words

THRESHOLD, SELECTOR = "a threshold", "a selector"
FIRST = ("educational_value", "perplexity", "word_count")  # what is offered first where it is there
NUM_CURVES = 6  # the newest, to choose from
Found = Mapping[str, Any]


def panel(corpus: Corpus) -> None:
    """Draw a form for one more curve, the curves there are, and quality, variety and complexity by domain."""
    names = _columns(corpus)
    if not names:
        st.info("Nothing says what quality is yet: run the stage “score” on the Corpus page.")
        ways.link("corpus", "Prepare the corpus", ":material/database:")
        return
    curves = _curves(corpus)
    with st.expander(
        "Another curve" if curves else "A first curve", icon=":material/add:", expanded=not curves
    ):
        _form(corpus, names)
    if not curves:
        st.info(
            "A curve says what a threshold or a selector costs: as it keeps less and better, how much of the "
            "variety is left, on samples of one size, against all documents."
        )
        return
    _drawn(corpus, curves)
    _by_domain(corpus, curves)


def _columns(corpus: Corpus) -> list[str]:
    """Columns of numbers that may stand for quality, those that mean it first."""
    kinds: tuple[ColumnKind | None, ...] = ("quality", "toxicity", "risk", "other", None)
    found = [fact for fact in state.signals(corpus, kinds) if fact.is_number]
    first = {name: place for place, name in enumerate(FIRST)}
    order = sorted(found, key=lambda fact: (first.get(fact.name, len(FIRST)), kinds.index(fact.kind)))
    return [fact.name for fact in order]


# --- the form ---------------------------------------------------------------------------------------


def _form(corpus: Corpus, names: Sequence[str]) -> None:
    kind = st.segmented_control(
        "The price of", (THRESHOLD, SELECTOR), default=THRESHOLD, key="price.kind", required=True
    )
    command = _selector(corpus, names) if kind == SELECTOR else _threshold(corpus, names)
    told = " ".join(command[2:])
    results.button("Find its price", command, f"price {corpus.name} {told}"[:120], "price.run")
    results.failure(command)


def _threshold(corpus: Corpus, names: Sequence[str]) -> list[str]:
    with st.container(horizontal=True, vertical_alignment="bottom"):
        column = st.selectbox("Threshold on", names, key="price.column", width=260)
        side = st.segmented_control(
            "Keep what is", ("at least", "at most"), default="at least", key="price.side", required=True
        )
        judged = st.selectbox(
            "Quality is",
            ("the same", *names),
            key="price.judged",
            width=260,
            help="The mean of what is kept.",
        )
    command = ["diversity", corpus.name, "--curve", column or names[0]]
    command += ["--at-most"] if side == "at most" else []
    return command if judged in (None, "the same") else [*command, "--quality", judged]


def _selector(corpus: Corpus, names: Sequence[str]) -> list[str]:
    judged = st.selectbox(
        "Quality is", names, key="price.quality", width=260, help="The mean of what is selected."
    )
    method, settings = form.brick(SELECTORS, "Selector", "price.selector", {"column": names})
    command = ["diversity", corpus.name, "--quality", judged or names[0], "--selector", method]
    given = {key: value for key, value in settings.items() if value not in (None, "")}
    command += [part for key, value in given.items() for part in ("--set", f"{key}={value}")]
    return command


# --- the curves -------------------------------------------------------------------------------------


def _curves(corpus: Corpus) -> dict[str, Found]:
    """The newest curves by name, each the newest of its kind."""
    found: dict[str, Found] = {}
    for result in results.of(corpus, "diversity", lambda given: "--curve" in given or "--selector" in given):
        found.setdefault(_name(result.found), result.found)
        if len(found) == NUM_CURVES:
            break
    return found


def _name(found: Found) -> str:
    one = _curve(found)
    if "column" in one:
        judged = "" if one["quality"] == one["column"] else f", by {one['quality']}"
        return f"{one['column']} {one['side']}{judged}"
    settings = ", ".join(f"{key} {value}" for key, value in one["settings"].items())
    return f"{one['selector']} ({settings})" if settings else str(one["selector"])


def _curve(found: Found) -> Found:
    one: Found = found.get("curve") or found["selector"]
    return one


def _drawn(corpus: Corpus, curves: Mapping[str, Found]) -> None:
    """Draw the curves of one measure of quality: only they share an axis."""
    judges = list(dict.fromkeys(_curve(found)["quality"] for found in curves.values()))
    with st.container(horizontal=True, vertical_alignment="bottom"):
        metric = st.segmented_control(
            "Variety by", PRICED, default=PRICED[0], key="price.metric", format_func=words, required=True
        )
        judge = st.selectbox("Quality by", judges, key=f"price.judge.{len(judges)}", width=260)
    lines = {
        name: [_point(point, one["points"][0], metric or PRICED[0]) for point in one["points"]]
        for name, found in curves.items()
        if (one := _curve(found))["quality"] == (judge or judges[0])
    }
    if not any(point["base"] for points in lines.values() for point in points):
        st.info(f"There is no {words(metric or PRICED[0])} of this corpus: run “embed” and “cluster” first.")
        return
    st.caption(
        "Each point keeps less than the one before: 90, 75, 50, 35, 20, 10, 5 %. Upward of the dashed line what is "
        "kept is more varied than all documents, below it less. Bars are 95 % intervals; a point of fewer "
        "documents than a sample is left out."
    )
    labels = (f"mean {judge}", f"change in {words(metric or PRICED[0])}")
    dots.prices(lines, labels, f"price.chart.{metric}.{judge}.{len(lines)}")
    with st.expander("As a table", icon=":material/table_chart:"):
        rows = [row for name in lines for row in _rows(name, _curve(curves[name]))]
        shape = {"kept": st.column_config.NumberColumn(format="percent")}
        prices = {f"Δ {words(m)}": st.column_config.NumberColumn(format="percent") for m in PRICED}
        table.records(rows, {**shape, **prices}, f"{corpus.name} price of quality", "price.table")


def _point(point: Found, first: Found, metric: str) -> dict[str, Any]:
    """A point for the chart; without a value where too few documents are left to compare."""
    one = point["metrics"][metric]
    bound = point.get("threshold", point.get("budget"))
    told = f"{point['share']:.1%} kept" + ("" if bound is None else f", at {bound:.4g}")
    priced = point["price"][metric] is not None
    return {
        "quality": point["quality"]["value"],
        "metric": one if priced else {**one, "value": None},
        "base": first["metrics"][metric]["value"],
        "told": told,
    }


def _rows(name: str, one: Found) -> list[dict[str, Any]]:
    return [
        {
            "curve": name,
            "kept": point["share"],
            "documents": point["documents"],
            "bound": point.get("threshold", point.get("budget")),
            "mean quality": point["quality"]["value"],
            **{words(metric): cell(found) for metric, found in point["metrics"].items()},
            **{f"Δ {words(metric)}": change for metric, change in point["price"].items()},
        }
        for point in one["points"]
    ]


# --- quality, variety, complexity -------------------------------------------------------------------


def _by_domain(corpus: Corpus, curves: Mapping[str, Found]) -> None:
    st.subheader("Quality, variety and complexity by domain")
    by_judge: dict[str, Found] = {}
    for found in curves.values():
        by_judge.setdefault(_curve(found)["quality"], found)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        judge = st.selectbox("Quality", list(by_judge), key=f"price.three.{len(by_judge)}", width=260)
        variety = st.selectbox("Variety", PRICED, key="price.variety", format_func=words, width=260)
        complexity = st.selectbox(
            "Complexity", COMPLEXITY, key="price.complexity", format_func=words, width=260
        )
    rows = by_judge[judge or next(iter(by_judge))]["tradeoff"]
    shown = [
        {
            "name": row["domain"],
            "x": row["quality"],
            "y": row["diversity"][variety or PRICED[0]],
            "size": row["complexity"][complexity or COMPLEXITY[0]],
        }
        for row in rows
        if row["domain"] != "(all)"
    ]
    labels = (f"mean {judge}", words(variety or PRICED[0]), words(complexity or COMPLEXITY[0]))
    if any(None not in (row["x"]["value"], row["y"]["value"], row["size"]["value"]) for row in shown):
        st.caption(f"The larger the dot, the more {plain.markdown(labels[2])}; bars are 95 % intervals.")
        dots.three(shown, labels, f"price.three.chart.{'.'.join(labels)}")
    else:
        st.caption("No domain has all three values; what there is stands in the table.")
    listed = [
        {
            "domain": row["domain"],
            "documents": row["documents"],
            "mean quality": cell({**row["quality"], "small": False}),
            **{words(metric): cell(one) for metric, one in {**row["diversity"], **row["complexity"]}.items()},
        }
        for row in rows
    ]
    table.records(listed, None, f"{corpus.name} quality and diversity", "price.domains")

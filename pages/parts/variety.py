"""How varied the corpus, a selection or a mixture and its parts are, by each metric, with intervals.

Owns the session keys that begin with `variety.`.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Mapping
from typing import Any

import streamlit as st

from core.diversity import kept
from core.metrics import METRICS
from core.types import Corpus
from pages.parts import desk, dots, plain, results, state, table

CORPUS, SELECTION, MIXTURE = "the corpus", "a selection", "the mixture on the desk"
WHOLES = ("mixture", "selection", "corpus")  # the first that is there is what parts are held against
FIRST = "vendi_score"
_RANGE = re.compile(r"(Source.*?) (Range: .*?\.)(?= [A-Z]|$)")


def panel(corpus: Corpus) -> None:
    """Draw what is measured, the table of metrics, and one of them by part."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        of = st.segmented_control(
            "Measure", (CORPUS, SELECTION, MIXTURE), default=CORPUS, key="variety.of", required=True
        )
        by = "source"
        if of != MIXTURE:
            names = state.categories(corpus)
            by = st.selectbox("By", names, key="variety.by", bind="query-params", width=220) or "source"
        where = None
        if of == SELECTION:
            where = st.text_input(
                "Documents for which", placeholder="word_count >= 50", key="variety.where", max_chars=4000
            ).strip()
    if of == SELECTION and not where:
        st.info("Write a condition over the columns: what it keeps is measured beside the corpus.")
        return
    command = _command(corpus, of or CORPUS, by, where)
    found = _found(corpus, command, by if of == CORPUS else None)
    if found is None:
        st.info(
            "This has not been measured yet: 20 samples of the whole and of each part, by every metric, at about a "
            "second a part."
        )
        results.button("Measure", command, _title(command), "variety.run")
        results.failure(command)
        return
    _measured(corpus, found)
    results.button("Measure again", command, _title(command), "variety.again", primary=False)


def _command(corpus: Corpus, of: str, by: str, where: str | None) -> list[str]:
    command = ["diversity", corpus.name]
    if of == MIXTURE:
        draft = desk.draft(corpus)
        return [*command, "--mixture", str(state.workspace().keep_mixture(draft))]
    if by != "source":
        command += ["--by", by]
    return [*command, "--where", where] if where else command


def _title(command: list[str]) -> str:
    """What the job is called: the command, without the path of the mixture."""
    return " ".join(part for part in command if not part.endswith(".yaml"))[:120]


def _found(corpus: Corpus, command: list[str], by: str | None) -> Any:
    """What the command found: the corpus's report by a column where nothing else was asked, else a job's result."""
    if by is not None:
        report = kept(state.workspace(), corpus, by)
        return report if report is not None and "measured" in report else None
    result = results.exactly(corpus, command)
    return None if result is None else result.found["metrics"]


def _measured(corpus: Corpus, found: Mapping[str, Any]) -> None:
    whole = next(label for label in WHOLES if label in found["measured"])
    st.caption(
        f"Every set on {found['repeats']} samples of {found['size']:,} documents, that small and large compare; "
        "± is half the 95 % interval. A part of fewer documents is small (\\*) and does not compare."
    )
    _overview(found, whole)
    _reasons(found["measured"], whole)
    _templates(corpus, found)
    _one(corpus, found, whole)
    with st.expander("All values by part", icon=":material/table_chart:"):
        _values(corpus, found)


# --- the tables -------------------------------------------------------------------------------------


def _overview(found: Mapping[str, Any], whole: str) -> None:
    """A row a metric: the whole, the parts as bars, the least and the most varied part."""
    measured = found["measured"]
    rows = []
    for metric in measured[whole]:
        values = {name: part[metric] for name, part in measured["domains"].items()}
        known = {name: one["value"] for name, one in values.items() if one["value"] is not None}
        large = {name: value for name, value in known.items() if not values[name]["small"]} or known
        least, most = (pick(large, key=large.__getitem__, default=None) for pick in (min, max))
        others = {f"({label})": cell(measured[label][metric]) for label in WHOLES if label in measured}
        rows.append(
            {
                "metric": words(metric),
                **others,
                "parts": list(known.values()),
                "least": None if least is None else f"{least}: {cell(values[least])}",
                "most": None if most is None else f"{most}: {cell(values[most])}",
                "it says": _first(metric),
            }
        )
    bars = st.column_config.BarChartColumn(
        f"by {found['by']}",
        y_min=0,
        help="A bar a part, in the order of their names; parts without a value are left out.",
    )
    st.dataframe(
        rows,
        height=38 + 35 * len(rows),
        hide_index=True,
        column_config={"parts": bars, "it says": st.column_config.TextColumn(width="large")},
    )


def cell(one: Mapping[str, Any]) -> str | None:
    """A value with half its interval; a star where the set is small."""
    if one["value"] is None:
        return None
    reach = "" if one["low"] is None else f" ± {(one['high'] - one['low']) / 2:.2g}"
    return f"{one['value']:.4g}{reach}" + (" *" if one["small"] else "")


def _reasons(measured: Mapping[str, Any], whole: str) -> None:
    """Say why values are missing, each reason once."""
    missing: dict[str, dict[str, list[str]]] = {}
    for part, values in {f"({whole})": measured[whole], **measured["domains"]}.items():
        for metric, one in values.items():
            if one["reason"] is not None:
                missing.setdefault(one["reason"], {}).setdefault(part, []).append(words(metric))
    for reason, parts in missing.items():
        metrics = sorted({metric for found in parts.values() for metric in found})
        shown = ", ".join(metrics[:6]) + (" and more" if len(metrics) > 6 else "")
        sets = ", ".join(list(parts)[:5]) + (f" and {len(parts) - 5:,} more" if len(parts) > 5 else "")
        st.caption(f":material/help: {plain.markdown(f'No {shown} of {sets}: {reason}.', 500)}")


def _templates(corpus: Corpus, found: Mapping[str, Any]) -> None:
    if found["templates"]:
        with st.expander(f"Templates bound to one part: {len(found['templates'])}", icon=":material/stairs:"):
            st.caption("Runs of parts of speech that are frequent, and stand in one part almost alone.")
            table.records(found["templates"], None, f"{corpus.name} templates", "variety.templates")


def _values(corpus: Corpus, found: Mapping[str, Any]) -> None:
    """A row a part with its values, to sort by; and all that is known of each as a file."""
    measured = found["measured"]
    sets = {f"({label})": measured[label] for label in WHOLES if label in measured} | measured["domains"]
    wide = [
        {
            found["by"]: name,
            "small": any(one["small"] for one in values.values()),
            **{metric: one["value"] for metric, one in values.items()},
        }
        for name, values in sets.items()
    ]
    columns: dict[str, Any] = {
        metric: st.column_config.NumberColumn(words(metric), format="%.4g", help=explained(metric))
        for metric in measured["corpus"]
    }
    columns[found["by"]] = st.column_config.TextColumn(pinned=True)
    table.records(wide, columns)
    st.caption("Each value with its interval, n, the whole set's value and the reason where there is none:")
    long = [
        {found["by"]: name, "metric": metric, **one}
        for name, values in sets.items()
        for metric, one in values.items()
    ]
    table.records(long, None, f"{corpus.name} diversity by {found['by']}", "variety.long")


# --- one metric -------------------------------------------------------------------------------------


def _one(corpus: Corpus, found: Mapping[str, Any], whole: str) -> None:
    measured = found["measured"]
    names = list(measured[whole])
    metric = st.selectbox(
        "Metric", names, index=names.index(FIRST) if FIRST in names else 0, key="metric", bind="query-params",
        format_func=words, width=300,
    )  # fmt: skip
    st.caption(explained(metric))
    parts = {name: values[metric] for name, values in measured["domains"].items()}
    if all(one["value"] is None for one in parts.values()):
        st.info("No part has a value of this metric; the reasons stand above.")
        return
    dots.intervals(
        parts, measured[whole][metric], words(metric), f"variety.dots.{metric}.{state.key(corpus)}"
    )


def words(metric: str) -> str:
    """A metric's name as people say it."""
    return metric.replace("_", " ")


def _first(metric: str) -> str:
    brick = METRICS.get(metric)
    return " ".join((inspect.getdoc(brick) or "").split("\n\n")[0].split()) if brick else ""


def explained(metric: str) -> str:
    """What a metric says, who it is from and between which values it lies: from its brick's own words."""
    if metric not in METRICS:
        return ""
    whole = " ".join((inspect.getdoc(METRICS[metric]) or "").split())
    told = _RANGE.search(whole)
    return plain.markdown(" ".join([_first(metric), *(told.groups() if told else ())]), 900)

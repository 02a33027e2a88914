"""Copies of whole documents: looking for them, what was found, the groups, and what to do about them.

Owns the session keys that begin with `copies.`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import streamlit as st

from core.distribution import distribution
from core.matchers import MATCHERS, PRESETS
from core.threshold import Copies, Rule, quoted
from core.types import Corpus
from pages.parts import chart, desk, form, groups, plain, plots, results, state, table, threshold

TITLES = {
    "fineweb": "FineWeb: MinHash, 5-grams of words, 14 × 8, Jaccard 0.75",
    "slimpajama": "SlimPajama: MinHash, 13-grams of characters, Jaccard 0.8",
    "own": "exact, MinHash or semantic, with settings of your own",
}
SCOPES = {
    "both": "both, side by side",
    "global": "across sources (global)",
    "local": "inside each source (local)",
}
REMOVE, FEW, LESS = "remove all but one", "keep a few", "down-weight by group size"
KINDS = {
    "longest": "the longest",
    "highest": "the highest in",
    "lowest": "the lowest in",
    "sources": "by source",
}


def scopes(corpus: Corpus) -> dict[str, str]:
    """The scopes that were searched for copies, and each one's column of groups."""
    names = {fact.name for fact in state.facts(corpus)}
    found = {"global": "duplicate_group", "local": "duplicate_group_local"}
    return {scope: column for scope, column in found.items() if column in names}


def searched(corpus: Corpus) -> list[tuple[str, str]]:
    """The deduplications that the corpus holds, as (method, scope)."""
    makers = {name: column.maker for column in state.workspace().columns(corpus) for name in column.names}
    return [(makers[column], scope) for scope, column in scopes(corpus).items() if column in makers]


def panel(corpus: Corpus) -> None:
    """Draw the form, what was found, what to do about it, and the largest groups."""
    found = scopes(corpus)
    label = "Look for copies anew" if found else "Look for copies"
    with st.expander(label, icon=":material/content_copy:", expanded=not found):
        _form(corpus)
    if not found:
        st.info("Copies have not been looked for yet. A dry run reports and hangs no column.")
        return
    reports = {scope: _report(corpus, scope) for scope in found}
    known = {scope: report for scope, report in reports.items() if report is not None}
    scope = st.segmented_control(
        "Copies", list(found), default=next(iter(found)), format_func=SCOPES.__getitem__, key="copies.scope",
        required=True,
    )  # fmt: skip
    scope = scope or next(iter(found))
    if scope in known:
        _told(corpus, known[scope], f"copies.{scope}")
    _side_by_side(corpus, known)
    _treated(corpus, scope, found[scope])
    groups.panel(corpus, found[scope], _flag(found[scope]))


def _flag(group: str) -> str:
    return group.replace("duplicate_group", "is_duplicate")


def _report(corpus: Corpus, scope: str) -> Any:
    """What the last run told of the scope; None where an earlier version ran."""
    report = state.workspace().report(corpus, "duplicates" + "-local" * (scope == "local"))
    return report if report is not None and "by_domain" in report else None


# --- the form ---------------------------------------------------------------------------------------


def _form(corpus: Corpus) -> None:
    """Draw the way, the scope and who stays; a dry run first, then the run itself."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        way = st.selectbox("Way", list(TITLES), format_func=TITLES.__getitem__, key="copies.way", width=440)
        scope = st.selectbox(
            "Scope", list(SCOPES), format_func=SCOPES.__getitem__, key="copies.scope.run", width=260
        )
    command = ["dedup", corpus.name, *_way(way or "fineweb"), "--scope", scope or "both", *_keep(corpus)]
    dry = [*command, "--dry-run"]
    with st.container(horizontal=True):
        results.button("Dry run", dry, f"dry run: {' '.join(command)}"[:120], "copies.dry")
        results.button("Run", command, " ".join(command)[:120], "copies.run", primary=False)
    for one in (dry, command):
        results.failure(one)
    if (seen := results.exactly(corpus, dry)) is not None:
        st.markdown(f"**The dry run of {plain.markdown(seen.when)}: no column hangs yet**")
        _told(corpus, seen.found, "copies.dry")
        if seen.found["scope"] == "both":
            _side_by_side(corpus, {one: seen.found[one] for one in ("local", "global")}, "copies.dry")


def _way(way: str) -> list[str]:
    if way in PRESETS:
        return ["--method", way]
    method, settings = form.brick(MATCHERS, "Method", "copies.matcher")
    changed = [part for key, value in settings.items() for part in ("--set", f"{key}={value}")]
    return ["--method", method, *changed]


def _keep(corpus: Corpus) -> list[str]:
    """Draw the choice of the one that stays; never a silent one."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        kind = st.selectbox(
            "Of a group stays", list(KINDS), format_func=KINDS.__getitem__, key="copies.keep", width=220
        )
        if kind == "sources":
            order = st.multiselect(
                "Sources, the first choice first", list(corpus.domains), key="copies.order", width=440,
                placeholder="the alphabet decides where none is named",
            )  # fmt: skip
            return ["--keep", "sources:" + ",".join(order or sorted(corpus.domains))]
        if kind in ("highest", "lowest"):
            names = [f.name for f in state.facts(corpus) if f.is_number and f.name not in ("row", "x", "y")]
            column = st.selectbox("Column", names, key="copies.column", width=260)
            return ["--keep", f"{kind}:{column}"]
    st.caption("Of equals the longest stays; of texts as long the first by source and content.")
    return ["--keep", "longest"]


# --- what was found ---------------------------------------------------------------------------------


def _side_by_side(corpus: Corpus, reports: Mapping[str, Mapping[str, Any]], key: str = "copies") -> None:
    """Draw local beside global copies by source: what only comparing across sources finds."""
    if len(reports) < 2:
        return
    local, across = reports["local"], reports["global"]
    if any(local.get(part) != across.get(part) for part in ("method", "settings", "keep") if part in local):
        st.caption("Local and global copies were looked for in different ways, and do not compare.")
    shares = {
        name: (local["by_domain"][name]["share"], facts["share"])
        for name, facts in across["by_domain"].items()
    }
    st.markdown("**Inside each source, and across sources**")
    chart.pairs(shares, ("local", "global"), "share of documents that are copies", f"{key}.pairs")
    rows = [
        {
            "source": name,
            "documents": facts["documents"],
            "local copies": local["by_domain"][name]["duplicates"],
            "global copies": facts["duplicates"],
            "only across": facts["duplicates"] - local["by_domain"][name]["duplicates"],
        }
        for name, facts in across["by_domain"].items()
    ]
    table.records(rows, None, f"{corpus.name} local and global copies", f"{key}.sides")


def _told(corpus: Corpus, report: Mapping[str, Any], key: str) -> None:
    """Draw the counts, the alarms, and which source's documents stand in which."""
    if "keep" in report:
        settings = ", ".join(f"{name} {value}" for name, value in report["settings"].items())
        st.caption(plain.markdown(f"{report['method']}: {settings}; stays: {report['keep']}"))
    with st.container(horizontal=True):
        st.metric("Groups", f"{report['groups']:,}")
        st.metric("Copies", f"{report['duplicates']:,}")
        st.metric("Share of documents", f"{report['duplicates'] / max(1, corpus.documents):.1%}")
        st.metric("Largest group", f"{report['largest_group']['members']:,}")
    if report["alarms"]:
        st.error(
            "  \n".join(plain.markdown(alarm, 400) for alarm in report["alarms"]), icon=":material/warning:"
        )
    if report["suspicious"]:
        rows = [
            {**one, "sources": ", ".join(one["sources"]), "ids": ", ".join(one["ids"])}
            for one in report["suspicious"]
        ]
        table.records(rows)
    _matrix(report, key)


def _matrix(report: Mapping[str, Any], key: str) -> None:
    """Draw the share of each source's documents that have a copy in each source, itself included."""
    counts, domains = report["matrix"], report["by_domain"]
    if not counts:
        return
    rows = list(counts)
    others = sorted({other for row in counts.values() for other in row})
    grid = np.array([[counts[a].get(b, 0) / domains[a]["documents"] for b in others] for a in rows])
    with st.expander("Which source stands in which", icon=":material/grid_on:"):
        st.caption("Share of a row's documents that have a copy in the column's source.")
        most = max(0.01, float(grid.max()))
        plots.matrix(grid, rows, others, f"{key}.matrix", "Copies across sources", percent=True, most=most)


# --- what to do about them --------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class DownWeight:
    """Keeps s^power of the s members of a group, rounded, the one that stays first."""

    group_column: str
    power: float

    @property
    def expression(self) -> str:
        """A boolean SQL expression; windows over whole groups, in the order of the flag and the row."""
        group, flag = quoted(self.group_column), quoted(_flag(self.group_column))
        return (
            f"row_number() OVER (PARTITION BY {group} ORDER BY {flag}, row) <= "
            f"round(pow(count(*) OVER (PARTITION BY {group}), {self.power!r}))"
        )

    @property
    def words(self) -> str:
        """The same, in words."""
        return f"of s copies keep s^{self.power:g}"


@dataclass(frozen=True, slots=True)
class _NoCopies:
    flag: str

    @property
    def expression(self) -> str:
        return f"NOT {quoted(self.flag)}"

    @property
    def words(self) -> str:
        return "no copies"


def _treated(corpus: Corpus, scope: str, column: str) -> None:
    """Draw group sizes, a rule on copies, what it would keep, and the way to the desk."""
    st.subheader("What to do about them")
    sizes = _sizes(corpus, column)
    if int(sizes.max()) == 1:
        st.success("No document is a copy of another.", icon=":material/check_circle:")
        return
    names, codes = state.codes(corpus, "source")
    found = distribution(sizes, codes, len(names), logarithmic=True)
    with st.expander("Sizes of the groups that documents are in", icon=":material/bar_chart:"):
        chart.distribution(
            found, names, "documents alike", "Cumulative", (), "copies.sizes", logarithmic=True
        )
    rule = _rule(column, int(sizes.max()))
    threshold.verdict(corpus, rule, state.keep_mask(corpus, rule.expression), "copies")
    if isinstance(rule, _NoCopies):
        st.caption(
            "As a filter it leaves out whole groups whose survivor another filter drops. As the mixture's own step "
            "it comes after the filters, and another member takes the survivor's place."
        )
        _remove(corpus, scope, column)


def _sizes(corpus: Corpus, column: str) -> Any:
    members = state.numbers(corpus, column).astype(np.int64)
    return np.bincount(members, minlength=corpus.documents)[members]


def _rule(column: str, largest: int) -> Rule:
    with st.container(horizontal=True, vertical_alignment="bottom"):
        what = st.segmented_control(
            "Copies", (REMOVE, FEW, LESS), default=REMOVE, key="copies.rule", required=True,
            label_visibility="collapsed",
        )  # fmt: skip
        if what == FEW:
            most = st.slider("Copies to keep of each document", 1, min(largest, 100), key="copies.most")
            return Copies(column, most)
        if what == LESS:
            power = st.slider("Of s copies keep s to the power of", 0.0, 1.0, 0.5, 0.05, key="copies.power")
            st.caption("0 keeps one, 1 keeps all; in between each copy weighs the less the more there are.")
            return DownWeight(column, power)
    return _NoCopies(_flag(column))


def _remove(corpus: Corpus, scope: str, column: str) -> None:
    makers: Sequence[Any] = [c for c in state.workspace().columns(corpus) if column in c.names]
    if makers and st.button(
        "Remove as the mixture's own step", key="copies.remove", icon=":material/content_copy:"
    ):
        with plain.errors_shown():
            desk.change(corpus, dedup={"method": makers[0].maker, "scope": scope})
            st.toast("The mixture keeps one of each group.", icon=":material/tune:")

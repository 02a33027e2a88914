"""A toxicity policy under the hand: its borders and ways out, whom it removes, others beside it, the desk.

Owns the session keys that begin with `policies.`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import streamlit as st

from core import policy as policies
from core.alternatives import Comparison, differing
from core.errors import MixdeskError
from core.policies import ACTIONS, LEVELS, PRESETS, Policy, dump_policy, parse_policy
from core.policies.mixture import DOMAIN, onto
from core.types import Corpus, Mixture, WaterfallRow
from pages.parts import card, chart, desk, examples, plain, plots, progress, state, table, ways

NUM_EXAMPLES = 4
OWN = "my own"
WAYS = {
    "keep": "keep",
    "anneal": "hold for annealing, with a warning",
    "rewrite": "hold for rewriting",
    "drop": "drop",
}


def panel(corpus: Corpus) -> None:
    """Draw the policy, what it does to the corpus, a comparison, and the ways to use it."""
    there = {fact.name for fact in state.facts(corpus)}
    if not any(set(one.columns) <= there for one in PRESETS.values()):
        state.need_columns(corpus, ["toxicity"], "score")
        return
    with st.container(horizontal=True, vertical_alignment="bottom"):
        base = _base(there)
        by = st.selectbox("By", state.categories(corpus), key="policies.by", width=220) or "source"
        policy = _edited(base)
    st.caption(plain.markdown(policy.note or "A policy of your own."))
    if missing := [column for column in policy.columns if column not in there]:
        _missing(corpus, missing)
        return
    found, falls, actions = _applied(state.key(corpus), dump_policy(policy), by, corpus)
    _told(corpus, found)
    chart.waterfall(falls, "policies.waterfall")
    _domains(found, by)
    _whom(corpus, found)
    _documents(corpus, policy, actions)
    _compared(corpus, policy, there, by)
    _use(corpus, policy, by)


# --- the policy -------------------------------------------------------------------------------------


def _base(there: set[str]) -> Policy:
    known = dict(PRESETS)
    if (own := st.session_state.get("policies.own")) is not None:
        known = {OWN: own, **known}
    ready = [name for name, one in known.items() if set(one.columns) <= there]
    names = list(known)
    first = names.index(ready[0] if OWN not in known else OWN)
    name = st.selectbox("Policy", names, index=first, key=f"policies.name.{len(names)}", width=260)
    return known[name or names[first]]


def _edited(base: Policy) -> Policy:
    """Draw the policy's borders and ways out; return it with what has been changed."""
    with st.popover("Borders, ways out, exceptions", icon=":material/settings:", width="content"):
        levels = _levels(base)
        actions = {
            level: st.selectbox(
                "Documents without a score" if level == "unscored" else f"Documents of level “{level}”", ACTIONS,
                index=ACTIONS.index(base.action(level)), format_func=WAYS.__getitem__,
                key=f"policies.{base.name}.{level}",
            )
            for level in LEVELS
        }  # fmt: skip
        exceptions = _exceptions(base)
        _as_yaml(base)
    try:
        return base.changed({"levels": levels, "actions": actions, "exceptions": exceptions})
    except MixdeskError as error:
        st.error(plain.markdown(str(error)), icon=":material/error:")
        return base


def _levels(base: Policy) -> dict[str, float | None]:
    step = 1.0 if base.rounded else 0.05
    names = {
        "mild": "Mild from a total of",
        "mild_single": "or one score of",
        "toxic": "Toxic from a total of",
    }
    places = st.columns(3)
    return {
        key: place.number_input(
            label, value=None if (now := getattr(base.levels, key)) is None else float(now), step=step,
            key=f"policies.{base.name}.level.{key}",
        )
        for place, (key, label) in zip(places, names.items(), strict=True)
    }  # fmt: skip


def _exceptions(base: Policy) -> list[dict[str, Any]]:
    """Draw a table of exceptions; a row without a condition is not one yet."""
    import pandas as pd

    st.caption(
        "Exceptions, the first that holds decides: a condition such as source = 'law', and its ways out."
    )
    rows = [
        {"where": one.where, **{level: one.actions.get(level) for level in LEVELS[:3]}}
        for one in base.exceptions
    ]
    frame = pd.DataFrame(rows, columns=["where", *LEVELS[:3]], dtype=object)
    choices: dict[str, Any] = {
        level: st.column_config.SelectboxColumn(level, options=list(ACTIONS)) for level in LEVELS[:3]
    }
    edited: Any = st.data_editor(
        frame, num_rows="dynamic", hide_index=True, key=f"policies.{base.name}.exceptions",
        column_config={"where": st.column_config.TextColumn("where", width="large"), **choices},
    )  # fmt: skip
    before = {one.where: one.model_dump() for one in base.exceptions}
    found = []
    for number, row in enumerate(edited.to_dict("records"), start=1):
        where = row["where"].strip() if isinstance(row["where"], str) else ""
        known = before.get(where, {"name": f"exception {number}", "where": where})
        actions = {level: row[level] for level in LEVELS[:3] if isinstance(row[level], str)}
        if where and (actions or known.get("levels")):
            found.append({**known, "actions": actions})
    return found


def _as_yaml(base: Policy) -> None:
    with st.expander("As YAML", icon=":material/code:"):
        text = st.text_area("Policy", dump_policy(base), height=260, key=f"policies.{base.name}.yaml")
        if st.button("Use this", key=f"policies.{base.name}.use"):
            with plain.errors_shown():
                st.session_state["policies.own"] = parse_policy(text, "the policy")
                st.rerun()


def _missing(corpus: Corpus, columns: list[str]) -> None:
    st.info(f"The policy reads {', '.join(columns)}: not scored yet.".replace("_", r"\_"))
    options = policies.scored_by(columns[0]).split()
    if st.button("Score them", type="primary", icon=":material/play_arrow:", key="policies.score"):
        progress.submit(["score", corpus.name, *options], f"score {options[1]}")
        st.rerun()


# --- what it does -----------------------------------------------------------------------------------


@st.cache_data(show_spinner="Judging …", max_entries=16)
def _applied(
    key_: str,  # noqa: ARG001 part of the key
    policy: str,
    by: str,
    _corpus: Corpus,
) -> tuple[dict[str, Any], tuple[WaterfallRow, ...], Any]:
    home = state.workspace()
    found = policies.judged(home, _corpus, parse_policy(policy, "the policy"))
    falls = policies.waterfall(home, _corpus, found, by)
    return policies.summary(home, _corpus, found, by), falls, found.actions


def _told(corpus: Corpus, found: Mapping[str, Any]) -> None:
    with st.container(horizontal=True):
        for action, way in WAYS.items():
            size = found["actions"][action]
            share = f"{size['tokens'] / max(corpus.tokens, 1):.1%} of tokens"
            label = way.split(",")[0].capitalize()
            st.metric(label, f"{size['documents']:,}", share, delta_color="off", delta_arrow="off")
    if found["flagged"]:
        st.warning("  \n".join(map(plain.markdown, found["flagged"][:6])), icon=":material/warning:")


def _domains(found: Mapping[str, Any], by: str) -> None:
    domains = list(found["by_domain"])
    sizes = [[found["by_domain"][d][action]["tokens"] for action in ACTIONS] for d in domains]
    counts = np.array(sizes, dtype=np.float64).reshape(len(domains), len(ACTIONS))
    shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    plots.matrix(shares, domains, list(ACTIONS), "policies.domains", f"Ways out by {by}", percent=True)


def _whom(corpus: Corpus, found: Mapping[str, Any]) -> None:
    """Draw the groups that lose most against all documents, the flagged ones first."""
    st.subheader("Whom it removes")
    st.caption(
        "Removed: everything that is not in training from its start. A group is flagged where it has 20 "
        "documents or more, loses clearly more than 1.5 times the share of all, and what goes scores lower "
        "than what goes elsewhere."
    )
    rows = [
        {
            "flagged": "too much?" if one["flagged"] else "",
            "by": one["grouping"],
            "group": one["group"],
            "docs": one["documents"],
            "removed": one["share"],
            "95 % from": one["low"],
            "to": one["high"],
            "times all": one["ratio"],
            "mean score removed": one["mean_total"],
        }
        for one in sorted(found["groups"], key=lambda one: (not one["flagged"], -(one["ratio"] or 0)))
    ]
    percent = {
        name: st.column_config.NumberColumn(name, format="percent") for name in ("removed", "95 % from", "to")
    }
    percent["times all"] = st.column_config.NumberColumn("times all", format="%.2f")
    percent["mean score removed"] = st.column_config.NumberColumn("mean score removed", format="%.2f")
    table.records(rows, percent, f"{corpus.name} policy groups", "policies.groups")
    if found["missing"]:
        st.caption(
            "Not looked at, for want of a column: " + plain.markdown("; ".join(found["missing"])) + "."
        )


def _documents(corpus: Corpus, policy: Policy, actions: Any) -> None:
    """Draw the documents of one way out, the texts of toxic ones hidden."""
    there = [action for place, action in enumerate(ACTIONS) if place and (actions == place).any()]
    if not there:
        st.caption("It removes no document.")
        return
    chosen = st.segmented_control(
        "Documents to look through", there, format_func=lambda way: WAYS[way].split(",")[0].capitalize(),
        key=f"policies.list.{there}",
    )  # fmt: skip
    if chosen:
        rows = np.flatnonzero(actions == ACTIONS.index(chosen))
        row = table.paged(corpus, rows, f"policies.paged.{chosen}.{len(rows)}", policy.columns)
        if row is not None:
            card.document(corpus, row, "policies.card")


# --- others beside it -------------------------------------------------------------------------------


@st.cache_data(show_spinner="Comparing …", max_entries=16)
def _beside(
    key_: str,  # noqa: ARG001 part of the key
    chosen: tuple[str, ...],
    by: str,
    _corpus: Corpus,
) -> tuple[Comparison, list[Any]]:
    found = [parse_policy(text, "the policy") for text in chosen]
    return policies.side_by_side(state.workspace(), _corpus, found, by)


def _compared(corpus: Corpus, policy: Policy, there: set[str], by: str) -> None:
    st.subheader("Beside other policies")
    others = [name for name, one in PRESETS.items() if set(one.columns) <= there and one != policy]
    chosen = st.multiselect("Compare with", others, key="policies.others", placeholder="choose policies")
    if not chosen:
        return
    named = policy.changed({"name": "this"})
    texts = tuple(dump_policy(one) for one in (named, *(PRESETS[name] for name in chosen)))
    found, masks = _beside(state.key(corpus), texts, by, corpus)
    names = [one.name for one in found.alternatives]
    left, right = st.columns(2)
    with left:
        st.caption("Share of tokens left for training from its start.")
        shares = np.array([one.token_shares for one in found.alternatives]).T
        plots.matrix(shares, list(found.domains), names, "policies.kept", "Kept by policy", percent=True)
    with right:
        st.caption("Agreement of their verdicts, Cohen's kappa.")
        plots.matrix(found.agreement.kappa, names, names, "policies.kappa", "Agreement", diverging=True)
    other = st.selectbox("Documents on which this one differs from", chosen, key=f"policies.differ.{chosen}")
    first, second = differing(masks[0], masks[names.index(other or chosen[0])], num=NUM_EXAMPLES)
    titles = (f"Kept by this, removed by {other}", f"Kept by {other}, removed by this")
    for rows, title, place in zip((first, second), titles, st.columns(2), strict=True):
        examples.column(corpus, rows, title, place, policy.columns, f"policies.{title}")


# --- using it ---------------------------------------------------------------------------------------


def _use(corpus: Corpus, policy: Policy, by: str) -> None:
    st.subheader("Use it")
    st.caption(
        "Hangs level, way out and content warning beside the documents. On the desk it becomes a filter; what is "
        "held for annealing waits in domains of its own for a last stage, each text with its warning."
    )
    with st.container(horizontal=True, vertical_alignment="bottom"):
        share = st.number_input(
            "Last stage, share of training", 0.01, 0.9, 0.1, 0.01, key="policies.share", width=220
        )
        to_desk = st.button("Send to the desk", type="primary", icon=":material/tune:", key="policies.send")
        hang = st.button("Hang the columns", icon=":material/add_column_right:", key="policies.hang")
        st.download_button(
            "Download the policy", dump_policy(policy), f"{policy.name}.yaml", "text/yaml",
            icon=":material/download:", key="policies.download", on_click="ignore",
        )  # fmt: skip
    if to_desk or hang:
        with plain.errors_shown():
            policies.apply(state.workspace(), corpus.name, policy, by)
            if to_desk:
                desk.put(onto(state.workspace(), _of_domains(desk.draft(corpus), by), share))
            st.toast("The mixture follows the policy." if to_desk else "The columns are there.")
    ways.link("mixture", "See it on the desk", ":material/tune:")
    st.caption(
        "What is held for rewriting is written by the command "
        f"`python -m core policy {corpus.name} --held FILE`, and comes back by `ingest`."
    )


def _of_domains(mixture: Mixture, by: str) -> Mixture:
    """The draft over these domains; weights of other domains mean nothing here and go."""
    if mixture.domain in (by, DOMAIN):
        return mixture
    return mixture.model_copy(update={"domain": by, "cross": (), "groups": {}, "weights": None, "stages": ()})

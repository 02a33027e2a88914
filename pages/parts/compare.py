"""The mixture on the desk beside another: a saved one, an earlier version, or the draft before the last change.

Owns the session keys that begin with `compare.`.
"""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import cast

import streamlit as st

from core.difference import Change, Difference, Moved, of_plans
from core.disk import fingerprint
from core.types import Corpus, Mixture, Plan
from core.versions import versions
from pages.parts import card, chart, desk, plain, state, table

MOST_BARS = 25  # domains in the chart, those that change most; the table has all
DRAFT = "the draft before the last change"
_WHOLE = {
    name: st.column_config.NumberColumn(format="localized") for name in ("there", "on the desk", "more by")
}


def panel(corpus: Corpus, mixture: Mixture, plan: Plan | None) -> None:
    """Draw the choice of the other mixture, a way back to it, and all that the desk's changes of it."""
    others = _others(corpus)
    if not others:
        st.info("There is nothing to compare with yet: save the mixture, change it, and look here again.")
        return
    with st.container(horizontal=True, vertical_alignment="bottom"):
        label = st.selectbox("Compare with", list(others), key="compare.with")
        other = others.get(label) or next(iter(others.values()))
        if st.button(
            "Put that one on the desk", icon=":material/settings_backup_restore:", key="compare.restore",
            disabled=other == mixture, help="Undo brings the present one back.",
        ):  # fmt: skip
            desk.put(other)
            st.rerun()
    if other.rationale:
        st.caption(plain.markdown(other.rationale))
    if plan is None:
        st.info("Mend what is said above; then the two can be compared.")
        return
    both = fingerprint([one.model_dump(mode="json") for one in (other, mixture)])
    found = _difference(state.key(corpus), both, desk.plan(corpus, other), plan)
    if found.is_empty:
        st.success(
            "No difference: both say the same and train on the same tokens.", icon=":material/check_circle:"
        )
        return
    _draw(corpus, found, sum(part.tokens for part in plan.domains.values()), both[:16])


def _others(corpus: Corpus) -> dict[str, Mixture]:
    """What there is to compare with, by what it is called."""
    home = state.workspace()
    before = st.session_state.get("desk.before", [])
    found: dict[str, Mixture] = {DRAFT: before[-1]} if before else {}
    for name in home.mixtures():
        saved = home.mixture(name)
        if saved.corpus == corpus.name:
            found[f"{name}, as saved"] = saved
            for one in versions(home, name):
                when = datetime.fromtimestamp(one.replaced, UTC)
                found[f"{name}, version {one.number}, until {when:%Y-%m-%d %H:%M} UTC"] = one.mixture
    return found


@st.cache_data(show_spinner="Comparing …", max_entries=16)
def _difference(key_: str, both_: str, _before: Plan, _after: Plan) -> Difference:  # noqa: ARG001 part of the key
    return of_plans(state.workspace(), _before, _after)


def _draw(corpus: Corpus, found: Difference, tokens: int, signed: str) -> None:
    if found.total is not None:
        st.metric(
            "Tokens to see",
            state.short(found.total.after or 0),
            state.short(_gain(found.total)),
            delta_color="off",
        )
    if found.keys:
        st.subheader("What the two say")
        rows = [
            {"key": key, "there": _said(old), "on the desk": _said(new)}
            for name, pair in found.keys.items()
            for key, old, new in _leaves(name, *pair)
        ]
        table.records(rows)
    if found.keys and not (found.total or found.tokens or found.means or found.gained or found.lost):
        st.caption("The trainer sees the same documents of both, each as often.")
    for column, changes in found.tokens.items():
        st.subheader(f"Tokens by {plain.markdown(column)}")
        whole = max(tokens, int(found.total.before or 0) if found.total else 0, 1)
        _changes(changes, whole, f"compare.{column}", f"{found.after} tokens by {column}")
    left, right = st.columns(2, gap="large")
    if found.means:
        with left:
            st.subheader("Means over the tokens seen")
            table.records(_rows(found.means), None, f"{found.after} means", "compare.means")
    with right if found.means else left:
        for title, documents in (("Gained most", found.gained), ("Lost most", found.lost)):
            if documents:
                st.subheader(title)
                _documents(corpus, documents, f"compare.{title}.{signed}")


def _changes(changes: Sequence[Change], whole: int, key: str, name: str) -> None:
    shown = {one.name: ((one.before or 0) / whole, (one.after or 0) / whole) for one in changes[:MOST_BARS]}
    chart.pairs(shown, ("there", "on the desk"), "share of the larger mixture's tokens", key)
    table.records(_rows(changes), _WHOLE, name, f"{key}.table")


def _rows(changes: Sequence[Change]) -> list[dict[str, object]]:
    return [
        {"name": one.name, "there": one.before, "on the desk": one.after, "more by": _gain(one)}
        for one in changes
    ]


def _gain(change: Change) -> float:
    return (change.after or 0) - (change.before or 0)


def _documents(corpus: Corpus, documents: Sequence[Moved], key: str) -> None:
    rows = [
        {"row": one.row, "id": one.id, "source": one.source, "tokens": one.tokens, "there": one.before,
         "on the desk": one.after}
        for one in documents
    ]  # fmt: skip
    row = table.chosen(rows, key)
    if row is not None:
        card.document(corpus, row, f"{key}.card")


def _leaves(key: str, old: object, new: object) -> Iterator[tuple[str, object, object]]:
    """Yield the smallest parts of two values that differ, each with where it stands."""
    if old == new:
        return
    parts: list[tuple[str, object, object]]
    if isinstance(old or new, dict) and isinstance(old or {}, dict) and isinstance(new or {}, dict):
        one, other = cast("dict[str, object]", old or {}), cast("dict[str, object]", new or {})
        parts = [(name, one.get(name), other.get(name)) for name in dict.fromkeys([*one, *other])]
    elif isinstance(old, list) and isinstance(new, list):
        pairs = itertools.zip_longest(old, new)
        parts = [(str(number), *pair) for number, pair in enumerate(pairs, 1)]
    else:
        yield key, old, new
        return
    for name, *pair in parts:
        yield from _leaves(f"{key} · {name}", *pair)


def _said(value: object) -> str:
    if isinstance(value, float):
        return f"{value:.4g}"
    return "–" if value is None else json.dumps(value, ensure_ascii=False)

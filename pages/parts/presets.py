"""Published rules side by side: what each would keep, why it drops, and where two of them differ.

Owns the session keys that begin with `presets.`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import streamlit as st

from core import bricks, evidence
from core.alternatives import Comparison, compare, differing
from core.filter import settings_of
from core.filtering import FilterTable
from core.rulesets import PRESETS, RULESETS
from core.threshold import quoted
from core.types import Corpus, Scalar
from pages.parts import desk, examples, form, plain, plots, progress, state, table

TITLES = {
    "gopher": "Gopher",
    "gopher_quality": "Gopher quality",
    "gopher_repetition": "Gopher repetition",
    "c4": "C4",
    "fineweb": "FineWeb's own rules",
    "fineweb_recipe": "FineWeb's recipe",
}
FIRST = ("gopher", "c4", "fineweb", "fineweb_recipe")  # what is run where nobody chooses
# Longpre et al. 2023, section 2: documents above the threshold go; its scores were Perspective's
GUIDE = {
    f"A Pretrainer's Guide, toxicity {bound}": f"toxicity < {bound}" for bound in (0.95, 0.9, 0.7, 0.5, 0.3)
}
GUIDE_FIRST = "A Pretrainer's Guide, toxicity 0.5"
NUM_EXAMPLES = 4


def panel(corpus: Corpus) -> None:
    """Draw the presets with their states, the comparison of those that have run, and their differences."""
    there = {fact.name for fact in state.facts(corpus)}
    done = [preset for preset in PRESETS if f"{preset}_reason" in there]
    _runs(corpus, done)
    known = {TITLES[preset]: f"{quoted(f'{preset}_reason')} IS NULL" for preset in done}
    if "toxicity" in there:
        known |= GUIDE
    if not done:
        st.info("Run a preset to see what it would keep, by domain, and why it drops the rest.")
        return
    with st.container(horizontal=True, vertical_alignment="bottom"):
        by = st.selectbox("By", state.categories(corpus), key="presets.by", width=220) or "source"
        unit = st.segmented_control(
            "Shares of", ("tokens", "documents"), default="tokens", key="presets.unit", required=True
        )
    start = [name for name in known if name not in GUIDE or name == GUIDE_FIRST]
    chosen = st.multiselect(
        "What would these have kept?", list(known), default=start, key=f"presets.shown.{done}"
    )
    if chosen:
        alternatives = tuple((name, known[name]) for name in chosen)
        found = _compared(state.key(corpus), alternatives, by, corpus)
        _kept(corpus, found, unit or "tokens", by)
        _agreement(found)
    if "toxicity" in there and any(name in GUIDE for name in chosen):
        st.caption(
            "The Guide's thresholds, on this corpus's own toxicity scores; its were Perspective's. Its quality "
            "classifier is not public: any score of 0 to 1 takes its thresholds 0.975, 0.95, 0.9 and 0.7 on "
            "the Threshold tab."
        )
    _reasons(corpus, done, by)
    if len(chosen) > 1:
        _differences(corpus, {name: known[name] for name in chosen})
    _send(corpus, known)


# --- running them -----------------------------------------------------------------------------------


def _runs(corpus: Corpus, done: list[str]) -> None:
    waiting = {job.command[3] for job in progress.active() if job.command[:2] == ("filters", corpus.name)}
    missing = [preset for preset in FIRST if preset not in done and preset not in waiting]
    with st.container(horizontal=True, vertical_alignment="center"):
        if missing and st.button(
            "Run " + ", ".join(TITLES[preset] for preset in missing),
            type="primary",
            icon=":material/play_arrow:",
            key="presets.all",
        ):
            for preset in missing:
                _submit(corpus, preset, {})
            st.rerun()
        with st.popover("Thresholds and other presets", icon=":material/settings:", width="content"):
            _settings(corpus)


def _submit(corpus: Corpus, preset: str, changes: Mapping[str, object]) -> None:
    told = [part for key, value in changes.items() for part in ("--set", f"{key}={_written(value)}")]
    progress.submit(["filters", corpus.name, "--preset", preset, *told], f"filters {TITLES[preset]}")


def _written(value: object) -> str:
    return "none" if value is None else str(value)


def _settings(corpus: Corpus) -> None:
    """Draw a preset's thresholds, open to change, with those that it last ran with."""
    preset = st.selectbox("Preset", list(PRESETS), format_func=TITLES.__getitem__, key="presets.open")
    defaults = settings_of(preset)
    now = {**defaults, **_ran_with(corpus, preset)}
    hints = _hints(preset)
    with st.form(f"presets.form.{preset}", border=False):
        values = {key: form.one(key, hints[key], now[key], f"presets.{preset}.{key}") for key in defaults}
        if st.form_submit_button("Run with these", icon=":material/play_arrow:"):
            _submit(corpus, preset, {key: value for key, value in values.items() if value != defaults[key]})
            st.rerun()


def _hints(preset: str) -> dict[str, Any]:
    """The types of a preset's settings, by name."""
    import typing

    return {
        key: kind
        for part in PRESETS[preset]
        for key, kind in typing.get_type_hints(RULESETS[part]).items()
        if key in bricks.settings_of(RULESETS[part]())
    }


def _ran_with(corpus: Corpus, preset: str) -> dict[str, Scalar]:
    """The settings of the preset's current column; none where it has not run."""
    for column in state.workspace().columns(corpus):
        if column.names == (f"{preset}_reason",):
            return {key: value for key, value in column.settings.items() if key != "rulesets"}
    return {}


# --- what they keep ---------------------------------------------------------------------------------


@st.cache_data(show_spinner="Comparing …", max_entries=16)
def _compared(key_: str, alternatives: tuple[tuple[str, str], ...], by: str, _corpus: Corpus) -> Comparison:  # noqa: ARG001 part of the key
    names, codes = state.codes(_corpus, by)
    keeps = [(name, state.keep_mask(_corpus, keep)) for name, keep in alternatives]
    return compare(FilterTable.of(keeps, state.numbers(_corpus, "tokens"), codes, names))


def _kept(corpus: Corpus, found: Comparison, unit: str, by: str) -> None:
    names = [one.name for one in found.alternatives]
    shares = np.array(
        [one.token_shares if unit == "tokens" else one.document_shares for one in found.alternatives]
    ).T
    totals = [one.kept.total for one in found.alternatives]
    whole = found.corpus.total
    all_shares = [
        (t.tokens / max(whole.tokens, 1)) if unit == "tokens" else t.documents / max(whole.documents, 1)
        for t in totals
    ]
    plots.matrix(
        np.vstack([all_shares, shares]), ["(all)", *found.domains], names, "presets.kept",
        f"Share of {unit} kept by each alternative, by domain", percent=True,
    )  # fmt: skip
    erased = [
        f"{one.name} would keep {share:.0%} of '{domain}'."
        for one in found.alternatives
        for domain, share in zip(found.domains, one.token_shares, strict=True)
        if share < 0.5
    ]
    if erased:
        more = f"  \nAnd {len(erased) - 6} more." if len(erased) > 6 else ""
        st.warning("  \n".join(map(plain.markdown, erased[:6])) + more, icon=":material/warning:")
    rows = [
        {
            by: row.domain,
            "rules": row.alternative,
            "docs kept": row.documents,
            "tokens kept": row.tokens,
            "share of docs": row.document_share,
            "share of tokens": row.token_share,
        }
        for row in found.rows()
    ]
    with st.expander("As a table", icon=":material/table_chart:"):
        percent = {
            name: st.column_config.NumberColumn(name, format="percent")
            for name in ("share of docs", "share of tokens")
        }
        table.records(rows, percent, f"{corpus.name} published rules by {by}", "presets.table")


def _agreement(found: Comparison) -> None:
    if len(found.alternatives) < 2:
        return
    names = [one.name for one in found.alternatives]
    with st.expander("Agreement of each two", icon=":material/compare_arrows:"):
        st.caption("Cohen's kappa of their verdicts: 1 the same, 0 what chance gives, below 0 opposed.")
        plots.matrix(found.agreement.kappa, names, names, "presets.kappa", "Agreement", diverging=True)


def _reasons(corpus: Corpus, done: list[str], by: str) -> None:
    st.subheader("Why documents are dropped")
    preset = st.selectbox("Rules", done, format_func=TITLES.__getitem__, key="presets.reasons") or done[0]
    sql = (
        f"SELECT {quoted(f'{preset}_reason')} AS reason, CAST({quoted(by)} AS VARCHAR) AS domain, "  # noqa: S608 quoted
        "count(*) AS documents, sum(tokens)::BIGINT AS tokens FROM documents GROUP BY ALL "
        "HAVING reason IS NOT NULL ORDER BY documents DESC, reason, domain"
    )
    found = state.query(corpus, sql).to_pylist()
    if not found:
        st.caption("It drops no document.")
        return
    table.records(found, None, f"{corpus.name} {preset} reasons by {by}", "presets.reasons.table")
    reasons = list(dict.fromkeys(row["reason"] for row in found))
    reason = st.selectbox("Documents dropped for", reasons, key=f"presets.reason.{preset}")
    sql = (
        f"SELECT row FROM documents WHERE {quoted(f'{preset}_reason')} = ? ORDER BY row LIMIT {NUM_EXAMPLES}"  # noqa: S608 quoted
    )
    rows = state.query(corpus, sql, reason)["row"].to_numpy()
    st.caption(plain.markdown(evidence.explained(reason or "")))
    for part, place in enumerate(st.columns(2)):
        _dropped(corpus, preset, rows[part::2], "", place, f"presets.why.{part}")


def _dropped(corpus: Corpus, preset: str, rows: Any, title: str, place: Any, key: str) -> None:
    column, settings = f"{preset}_reason", _ran_with(corpus, preset)

    def marks(found: Mapping[str, object]) -> list[evidence.Span]:
        return evidence.offending(str(found["text"])[:20_000], str(found[column] or ""), settings)

    examples.column(corpus, rows, title, place, (column,), key, marks)


# --- where two differ -------------------------------------------------------------------------------


def _differences(corpus: Corpus, known: Mapping[str, str]) -> None:
    st.subheader("Where two of them differ")
    names = list(known)
    left, right = st.columns(2)
    one = left.selectbox("The one", names, index=0, key=f"presets.one.{names}") or names[0]
    other = right.selectbox("The other", names, index=1, key=f"presets.other.{names}") or names[1]
    masks = [state.keep_mask(corpus, known[name]) for name in (one, other)]
    first, second = differing(masks[0], masks[1], num=NUM_EXAMPLES)
    for rows, mine, yours, place in ((first, one, other, left), (second, other, one, right)):
        dropping = next((preset for preset, title in TITLES.items() if title == yours), None)
        key = f"presets.differ.{place is left}"
        title = f"Kept by {mine}, dropped by {yours}"
        if dropping is None:
            examples.column(corpus, rows, title, place, ("toxicity",), key)
        else:
            _dropped(corpus, dropping, rows, title, place, key)


def _send(corpus: Corpus, known: Mapping[str, str]) -> None:
    with st.container(horizontal=True, vertical_alignment="bottom"):
        name = st.selectbox("Send to the desk", list(known), key=f"presets.send.{len(known)}")
        if st.button("Send as a filter", type="primary", icon=":material/tune:", key="presets.put") and name:
            with plain.errors_shown():
                desk.add_filter(corpus, name, known[name])
                st.toast("The mixture has one more filter.", icon=":material/tune:")

"""How much training takes of the mixture: budget, epochs, warnings, tokens by domain, and what is seen first.

Owns the session keys that begin with `course.`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import streamlit as st

from core.beware import SEQUENCE_TOKENS
from core.disk import fingerprint
from core.types import Corpus, DomainPlan, Mixture, Plan
from pages.parts import card, chart, desk, plain, state, table, veil

NUM_PREVIEW = 50


def budget(corpus: Corpus, mixture: Mixture) -> None:
    """Draw the token budget, the cap on epochs, the seed and the length of a sequence."""
    now = mixture.budget.tokens if mixture.budget else None
    tokens = st.number_input(
        "Token budget",
        min_value=1,
        value=now,
        step=100_000,
        key=f"course.budget.{now}",
        placeholder="all that can be had without repeats",
        help="How many tokens the trainer is to see, repeats included.",
    )
    if tokens != now:
        _change(corpus, budget={"tokens": int(tokens)} if tokens else None)
    left, middle, right = st.columns(3)
    one = mixture.max_epochs if isinstance(mixture.max_epochs, float) else None
    epochs = left.number_input(
        "Epochs at most",
        min_value=0.01,
        value=one,
        step=1.0,
        key=f"course.epochs.{one}",
        placeholder="by domain",
        help="No domain is repeated more often; up to 4 epochs cost little (Muennighoff et al. 2023).",
    )
    if epochs is not None and epochs != one:
        _change(corpus, max_epochs=epochs)
    seed = middle.number_input("Seed", min_value=0, value=mixture.seed, key=f"course.seed.{mixture.seed}")
    if seed != mixture.seed:
        _change(corpus, seed=int(seed))
    length = right.number_input(
        "Sequence length", min_value=1, max_value=1 << 20, value=mixture.sequence_length, step=1024,
        key=f"course.sequence.{mixture.sequence_length}", placeholder=f"{SEQUENCE_TOKENS:,}",
        help="Tokens of a sample of the trainer: a domain that fills none is warned of, and exports are cut by it.",
    )  # fmt: skip
    if length != mixture.sequence_length:
        _change(corpus, sequence_length=length)


def epochs_by_domain(corpus: Corpus, mixture: Mixture, domains: Sequence[str]) -> None:
    """Draw a table in which every domain's cap on epochs can be set."""
    import pandas as pd

    caps = [mixture.epochs_cap(domain) for domain in domains]
    edited = st.data_editor(
        pd.DataFrame({"domain": list(domains), "epochs at most": caps}),
        hide_index=True,
        disabled=["domain"],
        column_config={"epochs at most": st.column_config.NumberColumn(min_value=0.01, required=True)},
        key=f"course.caps.{fingerprint([list(domains), caps])[:16]}",
    )
    found = [float(cap) for cap in edited["epochs at most"]]
    if found != caps:
        _change(corpus, max_epochs=dict(zip(domains, found, strict=True)))


def _change(corpus: Corpus, **update: Any) -> None:
    desk.change(corpus, **update)
    st.rerun()


def numbers(plan: Plan) -> None:
    """Draw the plan's sums in a row."""
    parts = plan.domains.values()
    seen = sum(part.tokens for part in parts)
    effective = sum(part.effective_tokens for part in parts)
    with st.container(horizontal=True):
        st.metric("Tokens to see", state.short(seen), help=f"{seen:,}")
        st.metric("Documents", f"{sum(part.documents for part in parts):,}")
        st.metric("Most epochs", f"{max((part.epochs for part in parts), default=0):.2f}")
        st.metric(
            "Worth in fresh tokens",
            f"{effective / seen:.1%}" if seen else "–",
            help="Repeats teach less: the effective tokens of Muennighoff et al. 2023, over those seen.",
        )


def warnings(corpus: Corpus, plan: Plan) -> None:
    """Draw what to beware of, and the way to weights that can be had."""
    if plan.warnings:
        st.warning(
            "  \n".join(plain.markdown(line, 600) for line in plan.warnings), icon=":material/warning:"
        )
    if plan.feasible_weights is not None and st.button(
        "Set the nearest weights that can be had", icon=":material/adjust:", key="course.feasible"
    ):
        with plain.errors_shown():
            _change(corpus, weights=desk.normal(plan.feasible_weights))


def domains(plan: Plan, available: Mapping[str, int]) -> None:
    """Draw the mixture beside what is there, as a chart and a table."""
    total = max(1, sum(available.values()))
    seen = max(1, sum(part.tokens for part in plan.domains.values()))
    shares = {name: (available[name] / total, part.tokens / seen) for name, part in plan.domains.items()}
    chart.pairs(shares, ("in the corpus", "in the mixture"), "share of tokens", "course.shares")
    table.records([{"domain": name, **_facts(part)} for name, part in plan.domains.items()], _COLUMNS)


def _facts(part: DomainPlan) -> dict[str, object]:
    return {
        "weight": part.weight,
        "tokens": part.tokens,
        "of": part.tokens_available,
        "epochs": part.epochs,
        "documents": part.documents,
        "effective": part.effective_tokens,
    }


_WHOLE = st.column_config.NumberColumn(format="localized")
_COLUMNS = {
    "weight": st.column_config.NumberColumn(format="percent"),
    "tokens": _WHOLE,
    "of": st.column_config.NumberColumn("of tokens there", format="localized"),
    "epochs": st.column_config.NumberColumn(format="%.2f"),
    "documents": _WHOLE,
    "effective": st.column_config.NumberColumn("effective tokens", format="localized"),
}


def first_seen(corpus: Corpus, plan: Plan) -> None:
    """Draw the documents as the trainer will see them first."""
    st.caption(f"The first {NUM_PREVIEW} documents in the order in which they are seen.")
    seen = desk.first_seen(corpus, plan.mixture, NUM_PREVIEW)
    shown = [
        {
            "row": one["row"],
            "position": one["position"] + 1,
            "domain": one["domain"],
            "epoch": one["epoch"],
            "tokens": one["tokens"],
            "id": one["id"],
            "beginning": veil.HIDDEN
            if hidden
            else " ".join(one["text"][: 4 * table.BEGINNING].split())[: table.BEGINNING],
        }
        for one, hidden in zip(seen, veil.hidden(corpus, [one["row"] for one in seen]), strict=True)
    ]
    row = table.chosen(shown, f"course.preview.{fingerprint(plan.mixture.model_dump(mode='json'))[:16]}")
    if row is not None:
        card.document(corpus, row, "course.card")

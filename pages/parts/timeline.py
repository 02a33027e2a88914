"""The course of training: stages with their orders and prefaces, and what the trainer sees when.

Owns the session keys that begin with `timeline.`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import plotly.graph_objects as go
import streamlit as st

from core.course import Stretch, stages_of, stretches, turns
from core.types import Corpus, Mixture, Plan, Stage
from pages.parts import chart, desk, palette, plain, state

MOST_TURNS = 100  # marks of a new epoch
SEEDED = "by chance"
NO_PREFACE = "nothing"
HIDDEN = ("row", "id", "text", "content_hash", "x", "y")


def stages(corpus: Corpus, mixture: Mixture) -> None:
    """Draw the stages: where they end, their order and preface; their weights are set with the faders."""
    st.subheader("Stages")
    if not mixture.stages:
        st.caption(
            "One stage: the weights hold from the first step to the last. Split the run to change them."
        )
    _preface(corpus, mixture)
    begin = 0.0
    for position, stage in enumerate(stages_of(mixture)):
        with st.container(horizontal=True, vertical_alignment="center", border=True):
            own = "weights of its own" if stage.weights is not None else "the whole run's weights"
            told = [own, *_told(mixture, stage)]
            st.markdown(
                f"**{begin:.0%} to {stage.until:.0%}**: {plain.markdown(', '.join(told))}", width="stretch"
            )
            with st.popover("Order", icon=":material/sort:"):
                _order(corpus, mixture, position, stage)
            if mixture.stages and st.button(
                "Remove", key=f"timeline.stage.{position}", icon=":material/delete:", type="tertiary"
            ):
                _change(corpus, stages=_without(mixture, position))
        begin = stage.until
    ends = [stage.until for stage in stages_of(mixture)]
    with st.container(horizontal=True, vertical_alignment="bottom"):
        percent = st.number_input("Split the run at, in percent", 1, 99, 80, key="timeline.split")
        if st.button("Split", icon=":material/call_split:", key="timeline.split.go"):
            with plain.errors_shown():
                _change(corpus, stages=_split(mixture, sorted({*ends, percent / 100})))


def _told(mixture: Mixture, stage: Stage) -> list[str]:
    """A stage's order and preface in words."""
    told = []
    if stage.order is not None:
        told.append(f"by {stage.order.by}, {'falling' if stage.order.descending else 'rising'}")
    if mixture.preface is not None and not stage.preface:
        told.append("without preface")
    return told


def _change(corpus: Corpus, **update: Any) -> None:
    desk.change(corpus, **update)
    st.rerun()


def _preface(corpus: Corpus, mixture: Mixture) -> None:
    """Draw the choice of the column whose text stands before each document's."""
    texts = [fact.name for fact in state.facts(corpus) if fact.type == "VARCHAR" and fact.name not in HIDDEN]
    names = list(dict.fromkeys([NO_PREFACE, *texts, *filter(None, [mixture.preface])]))
    now = mixture.preface or NO_PREFACE
    chosen = st.selectbox(
        "Before each text stands", names, index=names.index(now), key=f"timeline.preface.{now}", width=320,
        help="Metadata such as the source: shown in the first stages and left out in the last, they make the "
        "model learn faster from what they tell of (MeCo).",
    )  # fmt: skip
    if chosen != now:
        plain_ = chosen == NO_PREFACE
        found = [
            {**one.model_dump(), "preface": True} if plain_ else one.model_dump() for one in mixture.stages
        ]
        _change(corpus, preface=None if plain_ else chosen, stages=found)


def _order(corpus: Corpus, mixture: Mixture, position: int, stage: Stage) -> None:
    """Draw a stage's order, and whether it shows the preface."""
    columns = [SEEDED, *(fact.name for fact in state.facts(corpus) if fact.name not in HIDDEN)]
    now = stage.order.by if stage.order else SEEDED
    columns = list(dict.fromkeys([*columns, now]))
    signed = f"{position}.{stage.model_dump_json()}"
    by = st.selectbox(
        "Documents come", columns, index=columns.index(now), key=f"timeline.by.{signed}",
        help="A curriculum: by a column's values, those without one last. Later epochs repeat the order.",
    )  # fmt: skip
    before = bool(stage.order and stage.order.descending)
    falling = st.toggle("Falling", before, key=f"timeline.falling.{signed}", disabled=by == SEEDED)
    preface = stage.preface
    if mixture.preface is not None:
        preface = st.toggle("With the preface", stage.preface, key=f"timeline.with.{signed}")
    order = None if by == SEEDED else {"by": by, "descending": falling}
    if (by, falling and by != SEEDED, preface) != (now, before, stage.preface):
        found = [one.model_dump() for one in stages_of(mixture)]
        found[position] |= {"order": order, "preface": preface}
        with plain.errors_shown():
            _change(corpus, stages=_tidy(found))


def _tidy(found: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """No stage at all, where one is left that says nothing."""
    return [] if [Stage.model_validate(one) for one in found] == [Stage(until=1.0)] else found


def _split(mixture: Mixture, ends: list[float]) -> list[dict[str, Any]]:
    """The stages with one more end; both halves of a stage that is cut keep all that it says."""
    return [
        {**next(stage for stage in stages_of(mixture) if end <= stage.until).model_dump(), "until": end}
        for end in ends
    ]


def _without(mixture: Mixture, position: int) -> list[dict[str, Any]]:
    """The stages without one: the one before takes its time; one that is left and says nothing is none at all."""
    found = [stage.model_dump() for stage in mixture.stages]
    del found[position]
    if not found:
        return []
    found[-1]["until"] = 1.0
    if len(found) == 1:
        found[0]["weights"] = None
    return _tidy(found)


# --- what is seen when ------------------------------------------------------------------------------


def chart_of(plan: Plan) -> None:
    """Draw the share of each domain over the course of training, with stages and the beginnings of epochs."""
    parts = stretches(plan)
    domains = sorted({domain for part in parts for domain in part.tokens})
    figure = go.Figure()
    place = palette.places(list(plan.domains))
    for domain in domains:
        figure.add_trace(_bars(parts, domain, place[domain]))
    for part in parts:
        figure.add_vline(part.start, line={"color": palette.colour(6), "width": 1, "dash": "dash"})
    marks = turns(plan)
    _turns(figure, marks[:MOST_TURNS], place)
    figure.update_layout(barmode="stack", bargap=0)
    figure.update_xaxes(range=[0, parts[-1].end])
    figure.update_yaxes(tickformat=".0%", range=[0, 1.12])
    for number, part in enumerate(parts, 1):
        words = [f"stage {number}" if len(parts) > 1 else "the whole run", *_told(plan.mixture, part.stage)]
        figure.add_annotation(
            x=part.start, y=1.12, yref="y", text=plain.plotly(", ".join(words), 80), showarrow=False,
            xanchor="left", yanchor="top", font={"size": 11},
        )  # fmt: skip
    height = max(320, 120 + 19 * len(domains))
    chart.draw(
        palette.looks(figure, height, x="tokens seen", y="share of tokens"),
        "timeline.chart",
        "Tokens by domain over the course of training",
    )
    if len(marks) > MOST_TURNS:
        st.caption(f"The first {MOST_TURNS} of {len(marks):,} beginnings of an epoch are marked.")


def _bars(parts: Sequence[Stretch], domain: str, position: int) -> go.Bar:
    """One domain's share in each stage, as wide as the stage."""
    sizes = [part.tokens.get(domain, 0) for part in parts]
    name = plain.plotly(domain, 32)
    return go.Bar(
        x=[part.start for part in parts],
        width=[part.end - part.start for part in parts],
        offset=0,
        y=[size / (part.end - part.start) for size, part in zip(sizes, parts, strict=True)],
        customdata=sizes,
        name=name,
        marker={**palette.bar(position), "line": {"width": 0}},
        hovertemplate="%{y:.1%}, %{customdata:,} tokens<extra>" + name + "</extra>",
    )


def _turns(figure: go.Figure, marks: Sequence[Any], place: dict[str, int]) -> None:
    """Mark where a domain begins another epoch."""
    if not marks:
        return
    figure.add_trace(
        go.Scatter(
            x=[turn.at for turn in marks],
            y=[1.02] * len(marks),
            mode="markers",
            marker={
                "color": [palette.colour(place[turn.domain]) for turn in marks],
                "symbol": "triangle-down",
                "size": 9,
            },
            text=[f"{plain.plotly(turn.domain, 32)} begins epoch {turn.epoch}" for turn in marks],
            hovertemplate="%{text}, at %{x:,} tokens<extra></extra>",
            name="a new epoch",
        )
    )

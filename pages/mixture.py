"""Mixture: a fader a domain, the steps before them, the course of training, and the way to a trainer."""

import streamlit as st

from core.errors import MixdeskError
from pages.parts import compare, course, desk, entry, faders, handoff, plain, state, steps, timeline

entry.through_app()
st.title("Mixture")
corpus = state.need_corpus("mix")
if corpus is not None:
    mixture = desk.draft(corpus)
    handoff.toolbar(corpus, mixture)
    pool = plan = None
    try:
        pool = desk.pool(corpus, mixture)
        plan = desk.plan(corpus, mixture)
    except MixdeskError as error:
        handoff.problem(error)
    desk_tab, steps_tab, stages_tab, preview_tab, compare_tab, text_tab, hand_tab = st.tabs(
        ["Faders", "Filters and selection", "Stages", "Preview", "Compare", "YAML", "Export and train"],
        key="desk",
        bind="query-params",
    )
    if desk_tab.open:
        with desk_tab, plain.errors_shown():
            left, right = st.columns([5, 4], gap="large")
            with left:
                faders.choose_domain(corpus, mixture)
                if pool is not None:
                    faders.board(corpus, mixture, pool, plan)
            with right:
                course.budget(corpus, mixture)
                if pool is not None:
                    with st.popover("Epochs by domain", icon=":material/repeat:"):
                        course.epochs_by_domain(corpus, mixture, list(pool.available))
                if plan is not None and pool is not None:
                    course.numbers(plan)
                    course.warnings(corpus, plan)
                    course.domains(plan, pool.available)
    if steps_tab.open:
        with steps_tab, plain.errors_shown():
            left, right = st.columns(2, gap="large")
            with left:
                steps.filters(corpus, mixture)
                steps.dedup(corpus, mixture)
                steps.selection(corpus, mixture)
            with right:
                if pool is not None:
                    steps.waterfall(plan, pool.waterfall)
    if stages_tab.open:
        with stages_tab, plain.errors_shown():
            timeline.stages(corpus, mixture)
            if plan is not None:
                st.subheader("What the trainer sees when")
                timeline.chart_of(plan)
    if preview_tab.open and plan is not None:
        with preview_tab, plain.errors_shown():
            course.first_seen(corpus, plan)
    if compare_tab.open:
        with compare_tab, plain.errors_shown():
            compare.panel(corpus, mixture, plan)
    if text_tab.open:
        with text_tab, plain.errors_shown():
            handoff.text(corpus, mixture)
    if hand_tab.open:
        with hand_tab, plain.errors_shown():
            if plan is None:
                st.info("Mend what is said above; then the mixture can be exported.")
            else:
                handoff.export(corpus, mixture)

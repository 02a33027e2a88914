"""The draft of a mixture: a value that only changes as a whole, so that every change can be undone.

Owns the session keys `desk.draft` and `desk.before`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import streamlit as st
from pydantic import ValidationError

from core.disk import fingerprint
from core.errors import BadInputError
from core.mix import Pool, depends_on, make_plan, make_pool, preset, preview, rescale, rescale_group
from core.types import Corpus, Filter, Mixture, Plan
from core.workspace import Workspace
from pages.parts import state

MAX_UNDO = 100


def draft(corpus: Corpus) -> Mixture:
    """The mixture on the desk: of this corpus, new where there was none, weights filled in."""
    found: Mixture | None = st.session_state.get("desk.draft")
    if found is None or found.corpus != corpus.name:
        found = Mixture(name=f"{corpus.name[:50]}-mixture", corpus=corpus.name)
        st.session_state["desk.draft"] = found
        st.session_state["desk.before"] = []
    return found


def put(mixture: Mixture) -> None:
    """Put a mixture on the desk in place of the draft; `undo` brings the draft back."""
    before = st.session_state.setdefault("desk.before", [])
    if (old := st.session_state.get("desk.draft")) is not None and old != mixture:
        st.session_state["desk.before"] = [*before[-MAX_UNDO:], old]
    st.session_state["desk.draft"] = mixture


def change(corpus: Corpus, **update: object) -> None:
    """Change some of the draft's keys.

    Raises:
        BadInputError: where the mixture's rules forbid it; the draft stays.
    """
    whole = {**draft(corpus).model_dump(mode="python"), **update}
    try:
        put(Mixture.model_validate(whole))
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"]) or "mixture"
        raise BadInputError(
            where, first["msg"].removeprefix("Value error, "), "the draft stays as it was"
        ) from None


def put_checked(corpus: Corpus, mixture: Mixture) -> None:
    """Put a mixture that somebody wrote on the desk.

    Raises:
        BadInputError: where it is of another corpus.
    """
    if mixture.corpus != corpus.name:
        raise BadInputError(
            mixture.corpus, f"the desk holds '{corpus.name}'", "choose that corpus in the sidebar first"
        )
    put(mixture)


def undo() -> None:
    """Take back the last change."""
    before = st.session_state.get("desk.before", [])
    if before:
        st.session_state["desk.draft"] = before[-1]
        st.session_state["desk.before"] = before[:-1]


def can_undo() -> bool:
    """Whether there is a change to take back."""
    return bool(st.session_state.get("desk.before"))


def add_filter(corpus: Corpus, name: str, keep: str) -> None:
    """Add a filter at the end, after checking its SQL; one of the same name is replaced in its place.

    Raises:
        BadInputError: where the expression is no boolean SQL over the corpus's columns.
    """
    state.keep_mask(corpus, keep)
    filters = list(draft(corpus).filters)
    names = [f.name for f in filters]
    try:
        new = Filter(name=name.strip(), keep=keep)
    except ValidationError:
        raise BadInputError(name, "a filter's name has 1 to 120 characters", "give it one") from None
    if new.name in names:
        filters[names.index(new.name)] = new
    else:
        filters.append(new)
    change(corpus, filters=[f.model_dump() for f in filters])


# --- pool, plan, weights ----------------------------------------------------------------------------


def pool(corpus: Corpus, mixture: Mixture) -> Pool:
    """The documents that filters, deduplication and selection leave; a moved fader needs no new one."""
    return _pool(
        str(state.workspace().folder), state.stamp(corpus), fingerprint(depends_on(mixture)), mixture
    )


@st.cache_resource(show_spinner="Applying the filters …", max_entries=16)
def _pool(folder: str, stamp_: str, parts_: str, _mixture: Mixture) -> Pool:  # noqa: ARG001 they are the key
    """Kept as it is and shared, since nobody changes a pool: a copy of a million rows would cost each rerun."""
    return make_pool(Workspace(folder), _mixture)


def plan(corpus: Corpus, mixture: Mixture) -> Plan:
    """The draft resolved.

    Raises:
        BadInputError: whatever the mixture asks that the corpus cannot give.
    """
    return make_plan(pool(corpus, mixture), mixture)


def first_seen(corpus: Corpus, mixture: Mixture, k: int) -> list[dict[str, Any]]:
    """The first `k` documents in the order in which the trainer sees them."""
    return _first_seen(state.stamp(corpus), mixture.model_dump_json(), k, plan(corpus, mixture))


@st.cache_data(show_spinner="Reading what is seen first …", max_entries=8)
def _first_seen(stamp_: str, mixture_: str, k: int, _plan: Plan) -> list[dict[str, Any]]:  # noqa: ARG001 they are the key
    return preview(state.workspace(), _plan, k)


def weights(corpus: Corpus, mixture: Mixture, stage: int | None = None) -> dict[str, float]:
    """Every domain's weight, of a stage or the whole run; unset ones are in proportion to the tokens there."""
    available = pool(corpus, mixture).available
    found = mixture.weights
    if stage is not None and mixture.stages[stage].weights is not None:
        found = mixture.stages[stage].weights
    if found is None:
        return preset("proportional", available)
    return {domain: found.get(domain, 0.0) for domain in available}


def set_weights(corpus: Corpus, found: Mapping[str, float], stage: int | None = None) -> None:
    """Set the weights of a stage, or of the whole run."""
    if stage is None:
        change(corpus, weights=dict(found))
        return
    stages = list(draft(corpus).stages)
    stages[stage] = stages[stage].model_copy(update={"weights": dict(found)})
    change(corpus, stages=stages)


def move(corpus: Corpus, domain: str, value: float, locked: set[str], stage: int | None = None) -> None:
    """Move one fader to `value`; unlocked ones share the rest in their ratios, so that the sum stays 1."""
    moved = rescale(weights(corpus, draft(corpus), stage), domain, value, locked)
    set_weights(corpus, normal(moved), stage)


def move_group(corpus: Corpus, group: str, value: float, locked: set[str], stage: int | None = None) -> None:
    """Move a group's faders to a sum of `value`; the ratios inside it and among the others stay."""
    mixture = draft(corpus)
    moved = rescale_group(weights(corpus, mixture, stage), mixture.groups[group], value, locked)
    set_weights(corpus, normal(moved), stage)


def add_group(corpus: Corpus, name: str, members: Sequence[str]) -> None:
    """Let domains move together.

    Raises:
        BadInputError: where it has no name or no domain, there is one of that name, or a domain is in another.
    """
    groups = draft(corpus).groups
    if not name.strip() or not members:
        raise BadInputError(name, "a group has a name and a domain or more", "give it both")
    if name.strip() in groups:
        raise BadInputError(name, "there is a group of this name", "choose another name")
    change(corpus, groups={**groups, name.strip(): tuple(members)})


def normal(found: Mapping[str, float]) -> dict[str, float]:
    """Round to a millionth of a percent, and give what rounding leaves to the largest."""
    rounded = {domain: round(weight, 8) for domain, weight in found.items()}
    largest = max(rounded, key=lambda domain: rounded[domain])
    rounded[largest] = round(rounded[largest] + 1 - sum(rounded.values()), 8)
    return rounded

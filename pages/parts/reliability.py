"""Whether a toxicity score says what people say: a reliability diagram and figures, against a column of labels.

Owns the session keys that begin with `reliability.`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from core import calibration
from core.calibration import Bins, Figure, Tally
from core.domains import NO_DOMAIN
from core.own import MAKERS
from core.signals import toxicity
from core.types import Corpus
from pages.parts import dimensions, plots, state, table
from pages.parts.veil import TOXIC, words

ALL = "(all)"
NUM_DRAWS = 400  # an interval's ends are then known to about a tenth of its width
MAX_LINES = 4  # domains beside all documents
MAX_VALUES = 20  # of a text column, beyond which it is no label
CARDS = {"the encoder and the dimensions": "ENCODER.md", "the fast model": "CARD.md"}
FIGURES = {
    "error": "calibration error",
    "error_mass": "same, bins of equal mass",
    "brier": "Brier score",
    "area": "area under the curve",
    "balanced_accuracy": "balanced accuracy",
}


@dataclass(frozen=True, slots=True)
class Told:
    """What labels tell of a score: its bins, its figures, and the calibration error that chance would show."""

    found: Tally
    bins: Bins
    figures: Mapping[str, Figure]
    chance: float


def panel(corpus: Corpus) -> None:
    """Draw a toxicity score against labels that people gave, for all documents and by domain."""
    scores = [name for name in dimensions.names(corpus) if _top(dimensions.scale(corpus, name))]
    given = labels(corpus)
    if not scores:
        st.info("Toxicity has not been scored yet: run the stage “score” on the Corpus page.")
    elif not given:
        _how_to_label(corpus)
    else:
        _judge(corpus, scores, given)
    st.markdown("**What was measured when the models were made**")
    folder = Path(toxicity.__file__).parent
    for title, name in CARDS.items():
        with st.expander(f"The card of {title}", icon=":material/description:"):
            st.code((folder / name).read_text(encoding="utf-8"), language=None, wrap_lines=True, height=480)


def _how_to_label(corpus: Corpus) -> None:
    st.info(
        "To see how far a score can be trusted here, bring labels: a column that is true where people find "
        "a document toxic, or the share of people who do. It may be a field of the documents, an own column, "
        "or what a review said. A few hundred documents, drawn at random, tell much."
    )
    st.code(
        f"python -m core add-column {corpus.name} --parquet labels.parquet --column is_toxic\n"
        f'python -m core review open SESSION {corpus.name} --question "Is it toxic?" --label toxic --label fine',
        language="bash",
    )


# --- labels and scores ------------------------------------------------------------------------------


def labels(corpus: Corpus) -> list[str]:
    """Columns that people gave: truth values, shares from 0 to 1, or texts of few values."""
    made = {
        name
        for one in state.workspace().columns(corpus)
        if one.maker in (*MAKERS, "review")
        for name in one.names
    }
    known = [fact for fact in state.facts(corpus) if fact.name in made | set(corpus.fields)]
    return [fact.name for fact in known if _may_label(corpus, fact)]


def _may_label(corpus: Corpus, fact: state.Fact) -> bool:
    if fact.is_number:
        values = state.numbers(corpus, fact.name)
        values = values[~np.isnan(values)]
        return len(values) > 0 and bool(((values >= 0) & (values <= 1)).all())
    return fact.type == "BOOLEAN" or (
        state.is_category(corpus, fact) and state.distinct(corpus, fact.name) <= MAX_VALUES
    )


def _truth(corpus: Corpus, name: str) -> NDArray[np.float64]:
    """The label of each document, 1 or 0, NaN where nobody gave one; a text's meaning is asked for."""
    fact = next(one for one in state.facts(corpus) if one.name == name)
    if fact.type != "VARCHAR":
        values = state.numbers(corpus, name)
        return np.where(np.isnan(values), np.nan, values >= 0.5)
    texts, codes = state.codes(corpus, name)
    given = [text for text in texts if text != NO_DOMAIN]
    meant = st.multiselect("Values that mean toxic", given, key=f"reliability.meant.{name}")
    toxic, known = (np.isin(texts, some)[codes] for some in (meant, given))
    return np.where(known, toxic, np.nan)


def _top(shown: dimensions.Scale) -> float | None:
    """What a column's values are divided by to lie from 0 to 1; None for a sum of levels."""
    if not shown.is_level:
        return 1.0
    return 3.0 if np.nanmax(shown.values, initial=0) <= 3 else None


# --- the two together -------------------------------------------------------------------------------


def _judge(corpus: Corpus, scores: list[str], given: list[str]) -> None:
    with st.container(horizontal=True, vertical_alignment="bottom"):
        label = st.selectbox("Labels", given, key="reliability.label", width=240)
        column = st.selectbox("Score", scores, format_func=words, key="reliability.score", width=240)
        by = st.selectbox("By", state.categories(corpus), key="reliability.by", width=200) or "source"
        shown = dimensions.scale(corpus, column)
        threshold = st.number_input(
            "Threshold", 0.0, 1.0, TOXIC, 0.05, key="reliability.threshold", width=130
        )
        mass = st.toggle("Bins of equal mass", key="reliability.mass")
    truth = _truth(corpus, label)
    known = ~np.isnan(truth) & ~np.isnan(shown.values)
    if not known.any() or np.ptp(truth[known]) == 0:
        st.caption("Of the documents with a label and a score, all have the same label: nothing to compare.")
        return
    is_share = any(fact.is_number for fact in state.facts(corpus) if fact.name == label)
    st.caption(
        f"{int(known.sum()):,} documents have a label and a score, {int(truth[known].sum()):,} of them toxic."
        + " A share of 0.5 or more counts as toxic." * is_share
        + " A level is divided by 3." * shown.is_level
    )
    told = _told(state.key(corpus), truth.tobytes(), column, threshold, by, mass, corpus)
    key = f"reliability.diagram.{label}.{column}"
    _draw(told, by, threshold, key)
    st.markdown("**By domain**, with the ends of 95 % intervals")
    rows = [_record(name, one) for name, one in told.items()]
    table.records(rows, None, f"{corpus.name} {column} against {label}", "reliability.by_domain")


def _draw(told: Mapping[str, Told], by: str, threshold: float, key: str) -> None:
    left, right = st.columns([3, 2])
    with left:
        also = st.multiselect(
            "Domains in the diagram", [name for name in told if name != ALL], key=f"reliability.also.{by}",
            max_selections=MAX_LINES, placeholder="all documents together",
        )  # fmt: skip
        plots.reliability({name: told[name].bins for name in (ALL, *also)}, threshold, key)
    with right:
        _figures(told[ALL])


@st.cache_data(show_spinner="Comparing score and labels …", max_entries=16)
def _told(
    key_: str,  # noqa: ARG001 part of the key
    labels_: bytes,
    column: str,
    threshold: float,
    by: str,
    equal_mass: bool,
    _corpus: Corpus,
) -> dict[str, Told]:
    shown, truth = dimensions.scale(_corpus, column), np.frombuffer(labels_)
    values = shown.values / (_top(shown) or 1.0)
    known = ~np.isnan(truth) & ~np.isnan(values)
    domains, codes = state.codes(_corpus, by)
    parts = {ALL: known} | {name: known & (codes == place) for place, name in enumerate(domains)}
    return {
        name: _of(truth[mask], values[mask], threshold, equal_mass)
        for name, mask in parts.items()
        if mask.any()
    }


def _of(truth: NDArray[np.float64], values: NDArray[np.float64], threshold: float, equal_mass: bool) -> Told:
    found = calibration.tally(truth, values)
    return Told(
        found,
        calibration.reliability(found, equal_mass=equal_mass),
        calibration.figures(found, threshold, num_draws=NUM_DRAWS),
        calibration.error_by_chance(found, equal_mass=equal_mass, num_draws=NUM_DRAWS),
    )


def _figures(told: Told) -> None:
    rows: list[dict[str, object]] = [
        {"figure": FIGURES[name], "value": one.value, "from": one.low, "to": one.high}
        for name, one in told.figures.items()
    ]
    table.records(
        rows, {name: st.column_config.NumberColumn(format="%.3f") for name in ("value", "from", "to")}
    )
    st.caption(
        "Calibration error: how far, on average, the share of toxic documents is from what the score says, "
        f"over ten bins. A perfectly calibrated score would show {told.chance:.3f} on so few documents. "
        "The models are calibrated where half of the texts are toxic: where fewer are, scores are too high."
    )


def _record(name: str, told: Told) -> dict[str, object]:
    counts = {"documents": told.found.total, "toxic": int(told.found.positives.sum())}
    figures = {FIGURES[key]: _with_ends(one) for key, one in told.figures.items()}
    return {"domain": name, **counts, **figures, "error by chance": f"{told.chance:.3f}"}


def _with_ends(one: Figure) -> str:
    return "–" if np.isnan(one.value) else f"{one.value:.3f} ({one.low:.2f} to {one.high:.2f})"

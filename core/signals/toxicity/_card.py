"""The toxicity model's card: every figure in it is computed here, on texts the model never saw."""

from __future__ import annotations

import platform
from collections import Counter
from collections.abc import Callable, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from core.signals.toxicity import _data
from core.signals.toxicity.brick import Model

Floats = NDArray[np.float64]


def calibration_error(scores: Floats, toxic: Floats, weights: Floats, bins: int = 10) -> float:
    """Expected calibration error: |mean score − share toxic| by bin of the score, weighted by mass."""
    number = np.minimum((scores * bins).astype(int), bins - 1)
    gaps = [abs(np.sum((weights * (scores - toxic))[number == b])) for b in range(bins)]
    return float(sum(gaps) / weights.sum())


def area(scores: Floats, toxic: Floats) -> float:
    """Area under the ROC curve: how often a toxic text scores above a clean one."""
    from sklearn.metrics import roc_auc_score

    return float(roc_auc_score(toxic, scores))


def _scored(model: Model, examples: Sequence[_data.Example]) -> tuple[list[_data.Example], Floats]:
    scores = np.array([model.probability(e.text) for e in examples])
    there = ~np.isnan(scores)
    return [e for e, ok in zip(examples, there, strict=True) if ok], scores[there]


def _unscored(examples: Sequence[_data.Example]) -> float:
    """Share of the labelled comments and tweets that the language identifier keeps from the model."""
    from core.signals import _language

    found = [_language.identify(e.text, 500) for e in examples if e.origin.startswith(("ethos", "davidson"))]
    return sum(code is None or (code != "en" and sure >= 0.6) for code, sure in found) / len(found)


def _accuracy_rows(examples: Sequence[_data.Example], scores: Floats) -> list[str]:
    toxic = np.array([e.toxic for e in examples])
    sets: dict[str, Callable[[str], bool]] = {
        "ETHOS": lambda o: o == "ethos",
        "Davidson, hate or offensive against neither": lambda o: o.startswith("davidson"),
        "Davidson, hate against neither": lambda o: o in ("davidson hate", "davidson neither"),
        "Davidson, hate against offensive": lambda o: o in ("davidson hate", "davidson offensive"),
    }
    rows = []
    for name, chosen in sets.items():
        mask = np.array([chosen(e.origin) for e in examples])
        truth = toxic[mask]
        if "against offensive" in name:
            truth = np.array([e.origin == "davidson hate" for e in examples])[mask]
        called = scores[mask] >= 0.5
        balanced = (called[truth].mean() + (~called[~truth]).mean()) / 2
        rows.append(f"| {name} | {mask.sum():,} | {area(scores[mask], truth):.3f} | {balanced:.3f} |")
    return rows


def _group_rows(model: Model, examples: Sequence[_data.Example], scores: Floats) -> list[str]:
    toxic = np.array([e.toxic for e in examples])
    rows = []
    for group, terms in _data.GROUPS.items():
        sentences = [s for g, s in _data.identity_sentences(True) if g == group]
        neutral = np.array([model.probability(s) for s in sentences])
        named = [any(f" {term}" in f" {e.text.lower()}" for term in terms) for e in examples]
        social = [e.origin.startswith(("ethos", "davidson")) for e in examples]
        mask = np.array(named) & np.array(social)
        clean, bad = scores[mask & ~toxic], scores[mask & toxic]
        rows.append(
            f"| {group} | {neutral.mean():.2f} | {(neutral >= 0.5).mean():.1%} | {_mean(clean)} "
            f"({len(clean)}) | {_mean(bad)} ({len(bad)}) |"
        )
    return rows


def _mean(values: Floats) -> str:
    return f"{values.mean():.2f}" if len(values) else "none"


def _clean_rows(
    examples: Sequence[_data.Example], scores: Floats, checked: Sequence[_data.Example], others: Floats
) -> list[str]:
    origins = [e.origin for e in examples if not e.toxic]
    pairs = list(zip(origins, scores[[not e.toxic for e in examples]], strict=True))
    pairs += [(f"{e.origin} (never trained on)", s) for e, s in zip(checked, others, strict=True)]
    rows = []
    for origin in dict.fromkeys(name for name, _ in pairs):
        values = np.array([score for name, score in pairs if name == origin])
        rows.append(f"| {origin} | {len(values):,} | {values.mean():.3f} | {(values >= 0.5).mean():.1%} |")
    return rows


def write(
    model: Model,
    counts: Mapping[tuple[str, str], int],
    held_out: Sequence[_data.Example],
    checked: Sequence[_data.Example],
) -> str:
    """Judge the model on the test split and return the card as Markdown."""
    examples, scores = _scored(model, held_out)
    others, other_scores = _scored(model, checked)
    toxic = np.array([e.toxic for e in examples], dtype=np.float64)
    error = calibration_error(scores, toxic, _data.judged_weights(examples))
    by_origin = Counter[str]()
    for (origin, _), count in counts.items():
        by_origin[origin] += count
    trained = "\n".join(f"| {o} | {n:,} | {counts.get((o, 'train'), 0):,} |" for o, n in by_origin.items())
    return _CARD.format(
        trained=trained,
        accuracy="\n".join(_accuracy_rows(examples, scores)),
        error=error,
        unscored=_unscored(examples),
        groups="\n".join(_group_rows(model, examples, scores)),
        clean="\n".join(_clean_rows(examples, scores, others, other_scores)),
        python=platform.python_version(),
    )


_CARD = """# Model card: toxicity, the fast model

The signal `toxicity` with `model=fast`, and what chooses the passages that the encoder reads.
A logistic regression on hashes of words, pairs of words and runs of 3 to 5 letters (2^18 features, half
precision). It gives one number from 0 to 1 for English text: how likely it is hateful or abusive. The file
holds weights by hash and no word of any text. Made by `python -m core.signals.toxicity.train`; every figure
below is computed by that script on texts the model was not fitted or calibrated on.

## How a document is scored
Links, @names and HTML entities are taken out; sentences are packed into windows of at most 20 words, a longer
sentence is cut every 20. **The worst window is the document's score** (max pooling): one abusive sentence marks
a long document, and a long document has more chances to be marked by mistake. The raw score is calibrated by
Platt's scaling on a split of its own, weighed so that half of the texts are toxic: where toxic text is
rare, fewer documents at a score are toxic than the score says. The shipped threshold is 0.5. Texts in
another language than English (as the language identifier sees it, at confidence 0.6 or more) and texts without
words get no score.

## What it was trained on
Split by the hash of the text: 70 % training, 15 % calibration, 15 % test; equal texts stand once.

| origin | texts | in training |
|---|---|---|
{trained}

*ethos*: ETHOS binary (Mollas et al. 2022, GPL-3.0), comments, toxic where half of the annotators or more say so.
*davidson*: Davidson et al. 2017 (MIT), tweets, "hate" and "offensive" both count as toxic, "neither" as
clean. *standard library*: docstrings, source and licence of Python {python}, clean. *identity*: neutral sentences
that name a group, made from templates in `_data.py`, clean. Any other origin is clean prose given by `--neutral`.

## How it scores, on the test split
| set | texts | area under the curve | balanced accuracy at 0.5 |
|---|---|---|---|
{accuracy}

Expected calibration error (10 bins, half of the mass toxic): {error:.3f}. These are the model's own figures; of
these comments and tweets, the language identifier takes {unscored:.1%} for another language, and they get no score.

The penalty was chosen on the calibration split, but the origins' weights were set with these figures in view: they
may flatter the model a little.

## By group
Neutral sentences come from templates held out of training; comments and tweets are the test split's that name a
term of the group, labelled clean or toxic (their number in brackets).

| group | neutral sentences: mean | at 0.5 or more | clean comments: mean | toxic comments: mean |
|---|---|---|---|---|
{groups}

## Clean text
| origin | texts | mean | at 0.5 or more |
|---|---|---|---|
{clean}

## Where it fails
- It learnt from tweets and short comments, most of them American and of 2015 to 2020. Davidson's labels are known
  to call African American English offensive far too often (Sap et al. 2019); this model has that bias.
- A short abusive sentence that shares its window with friendly ones is diluted by them.
- It knows words, not meaning: counter-speech, quotation, reclaimed words and irony score as abuse does, hatred in
  polite words does not. Spelling tricks are seen only as far as runs of letters survive them.
- Profanity counts as toxicity, for Davidson's "offensive" does. It barely tells hate from profanity (above).
- English only. Other languages in short or mixed texts may slip past the language identifier and get a score.
- Spoken words in fiction look like comments to it: of clean stories it marks far more than of other prose (above).
- Historical prose, medicine and law name violence and groups; read examples from both sides of a
  threshold, by source, before it becomes a filter.
"""

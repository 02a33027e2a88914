"""The card of the encoder's heads: every figure is computed here, on texts the heads never saw."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from core.signals.toxicity import (
    _data,
    _encoder,
    _encoder_data,
    _groups,
    _judge,
    _passages,
    _suite,
)
from core.signals.toxicity._card import area, calibration_error
from core.signals.toxicity._linear import load

Floats = NDArray[np.float64]
MOST_PASSAGES = 8
CHECKED = 80  # documents of all `--check` files together
_PAIRS = {
    "ETHOS, hate": ("ethos",),
    "Davidson, hate against neither": ("davidson hate", "davidson neither"),
    "Davidson, offensive against neither": ("davidson offensive", "davidson neither"),
}


def judged_weights(rows: Sequence[_encoder_data.Row]) -> Floats:
    """Weigh rows so that half of the mass is toxic, and each origin within a half counts the same."""
    kinds = [(row.toxicity >= 0.5, row.origin) for row in rows]
    count, origins = Counter(kinds), Counter(toxic for toxic, _ in set(kinds))
    return np.array([0.5 / origins[kind[0]] / count[kind] for kind in kinds])


def chance_error(scores: Floats, weights: Floats, draws: int = 200) -> float:
    """Calibration error that a perfectly calibrated model would show on as many texts, by chance alone."""
    rng = np.random.default_rng(0)
    truths = ((rng.random(len(scores)) < scores).astype(np.float64) for _ in range(draws))
    return float(np.mean([calibration_error(scores, truth, weights) for truth in truths]))


class Judged:
    """Scores documents by heads that are not installed yet, and by the fast model to compare with."""

    def __init__(self, heads: _encoder.Heads) -> None:
        self.heads = heads

    def encoder(self, texts: Sequence[str]) -> Floats:
        """Return (n, 6) as the signals do: toxicity by suspect passages, levels by 8 passages at most."""
        found = [_judge.encoded(text, MOST_PASSAGES, every=True, heads=self.heads) for text in texts]
        for row, text in zip(found, texts, strict=True):
            row[0] = _judge.encoded(text, MOST_PASSAGES, every=False, heads=self.heads)[0]
        return np.array(found, dtype=np.float64).reshape(len(found), _encoder.OUTPUTS)

    def fast(self, texts: Sequence[str]) -> Floats:
        """Return the fast model's scores; 0 where it has none."""
        return np.nan_to_num(np.array([load().probability(text) for text in texts], dtype=np.float64))


def _accuracy(scores: Floats, toxic: NDArray[np.bool_]) -> str:
    if not toxic.any() or toxic.all():
        return "no figure | no figure"
    called = scores >= 0.5
    balanced = (called[toxic].mean() + (~called[~toxic]).mean()) / 2
    return f"{area(scores, toxic.astype(np.float64)):.3f} | {balanced:.3f}"


def _set_rows(judged: Judged, rows: Sequence[_encoder_data.Row], scores: Floats) -> list[str]:
    lines = []
    for name, origins in _PAIRS.items():
        chosen = [i for i, row in enumerate(rows) if row.origin in origins]
        toxic = np.array([rows[i].toxicity >= 0.5 for i in chosen], dtype=bool)
        fast = judged.fast([rows[i].text for i in chosen])
        lines.append(
            f"| {name} | {len(chosen)} | {_accuracy(scores[chosen, 0], toxic)} | {_accuracy(fast, toxic)} |"
        )
    return lines


def _dimension_rows(rows: Sequence[_encoder_data.Row], scores: Floats) -> list[str]:
    hateful = [
        i for i, r in enumerate(rows) if r.origin == "ethos" and r.toxicity >= 0.5 and r.levels[0] >= 0
    ]
    lines, areas = [], []
    for number, name in enumerate(_encoder.DIMENSIONS):
        truth = np.array([rows[i].levels[number] >= 0.5 for i in hateful], dtype=bool)
        if truth.any() and not truth.all():
            values = scores[hateful, number + 1]
            areas.append(area(values, truth.astype(np.float64)))
            means = f"{values[truth].mean():.2f} | {values[~truth].mean():.2f}"
            lines.append(f"| {name} | {truth.sum()} of {len(truth)} | {areas[-1]:.3f} | {means} |")
    return [*lines, f"| macro | | {np.mean(areas):.3f} | | |"] if areas else lines


def _suite_rows(judged: Judged) -> tuple[str, str, str, str]:
    """Return the suite's lines by category, its totals, the lines by group, and the counterfactual gap."""
    cases = list(_suite.cases())
    texts, toxic = [case[3] for case in cases], np.array([case[1] for case in cases])
    scores, fast = judged.encoder(texts)[:, 0], judged.fast(texts)
    categories = np.array([case[0] for case in cases])
    lines = []
    for name in dict.fromkeys(categories.tolist()):
        mask = categories == name
        right, other = (((s >= 0.5) == toxic)[mask].mean() for s in (scores, fast))
        kind = "toxic" if toxic[mask].all() else "harmless"
        lines.append(f"| {name} | {kind} | {mask.sum()} | {right:.0%} | {other:.0%} |")
    totals = f"| all | | {len(cases)} | {_accuracy(scores, toxic)} | {_accuracy(fast, toxic)} |"
    return "\n".join(lines), totals, *_group_rows(cases, scores)


def _group_rows(cases: Sequence[tuple[str, bool, str, str]], scores: Floats) -> tuple[str, str]:
    mention = np.array([case[0] in ("neutral mention", "positive mention") for case in cases])
    toxic = np.array([case[1] for case in cases])
    lines, gaps, order = [], [], {}
    for dimension in _groups.HELD_OUT:
        own = np.array([case[2] == dimension for case in cases])
        calm, bad, fair = scores[own & mention], scores[own & toxic], scores[own & ~toxic]
        marked = f"{(calm >= 0.5).mean():.1%} | {(fair >= 0.5).mean():.1%} | {(bad >= 0.5).mean():.1%}"
        lines.append(f"| {dimension} | {calm.mean():.2f} | {marked} |")
    # Neutral sentences come template by template, each with every group in turn.
    width = sum(len(groups) for groups in _groups.HELD_OUT.values())
    for name in ("neutral mention", "positive mention"):
        values = scores[[case[0] == name for case in cases]].reshape(-1, width)
        gaps += (values.max(axis=1) - values.min(axis=1)).tolist()
        order[name] = values.std(axis=1).mean()
    spread = np.mean(list(order.values()))
    return "\n".join(lines), f"{spread:.3f} (standard deviation), {np.mean(gaps):.2f} (widest pair)"


def _clean_rows(
    judged: Judged, rows: Sequence[_encoder_data.Row], scores: Floats, others: Sequence[_data.Example]
) -> str:
    lines = []
    for origin in dict.fromkeys(row.origin for row in rows if row.toxicity == 0 and row.origin != "ethos"):
        values = scores[[row.origin == origin for row in rows], 0]
        lines.append(f"| {origin} | {len(values)} | {values.mean():.3f} | {(values >= 0.5).mean():.1%} |")
    chosen = sorted(others, key=lambda example: example.origin)
    kinds = [
        example.origin.rsplit("_", 1)[0] if "fiction" in example.origin else "other" for example in chosen
    ]
    found = judged.encoder([example.text for example in chosen])[:, 0]
    for kind in dict.fromkeys(kinds):
        values = found[[k == kind for k in kinds]]
        name = f"checked: {kind} (never trained on)"
        lines.append(f"| {name} | {len(values)} | {values.mean():.3f} | {(values >= 0.5).mean():.1%} |")
    return "\n".join(lines)


def write(heads: _encoder.Heads, rows: Sequence[_encoder_data.Row], check: Sequence[Path], seed: int) -> str:
    """Judge the heads on the test split, the suite and the files to check; return the card as Markdown."""
    judged = Judged(heads)
    held = [r for r in rows if r.split == "test"]
    labelled = [row for row in held if row.origin.startswith(("ethos", "davidson"))]
    scores = judged.encoder([row.text for row in held])
    calm = [i for i, row in enumerate(held) if row in labelled and row.origin != "davidson offensive"]
    truth = np.array([held[i].toxicity >= 0.5 for i in calm], dtype=np.float64)
    weights = judged_weights([held[i] for i in calm])
    error = calibration_error(scores[calm, 0], truth, weights)
    chance = chance_error(scores[calm, 0], weights)
    checked = [e for e in _data.prose(check, CHECKED, seed) if _passages.spans(e.text)]
    silent = sum(_judge.unscored(row.text, 0.6) is not None for row in labelled) / max(1, len(labelled))
    suite, totals, groups, gap = _suite_rows(judged)
    counts = Counter((row.origin, row.split) for row in rows)
    trained = "\n".join(
        f"| {o} | {counts[o, 'train']} | {counts[o, 'calibrate']} | {counts[o, 'test']} |"
        for o in dict.fromkeys(row.origin for row in rows)
    )
    return TEXT.format(
        seed=seed, trained=trained, sets="\n".join(_set_rows(judged, held, scores)), error=error, chance=chance,
        dimensions="\n".join(_dimension_rows(held, scores)), suite=suite, totals=totals, groups=groups,
        gap=gap, clean=_clean_rows(judged, held, scores, checked), unscored=silent,
    )  # fmt: skip


TEXT = (Path(__file__).with_name("encoder_card.template.md")).read_text(encoding="utf-8")

"""Sentences cast in one mould: sequences of parts of speech that come again and again."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from core.doors import Cost, Evidence, Need
from core.metrics import _tagger
from core.metrics._texts import Texts
from core.types import JSON

_LEAST_DOMAIN = 20  # texts, before a domain's shares say anything
_LEAST_TEXTS = 5  # of a domain, before a template is said to be bound to it
Ints = NDArray[np.int64]
_BOUND = 0.9  # of the texts that hold it, domains counted alike


@dataclass(frozen=True, slots=True)
class TemplateRate:
    """Share of part-of-speech n-grams that are one of the `most` most frequent in more than one text.

    Source: Shaib et al. 2024, "Detection and Measurement of Syntactic Templates in Generated Text": their
    templates are the 100 most frequent sequences of 4 to 8 tags; this is their templates per token. Range: 0
    to 1 (every sentence alike). Cost: the tagger, on about the first 60 words of each text. It rises as
    text gets less, so only sets of one size compare. English only. NaN without a tagger, or where fewer than
    two texts have a sentence of `n` words.
    """

    name: ClassVar[str] = "template_rate"
    version: ClassVar[int] = 1
    needs: ClassVar[tuple[Need, ...]] = ("tags",)
    cost: ClassVar[Cost] = "tagged"
    span: ClassVar[tuple[float, float]] = (0, 1)
    n: int = 6
    most: int = 100

    def measure(self, evidence: Evidence) -> float:
        """Return the share."""
        grams, owner = _grams(Texts.of(evidence.texts), self.n)
        if len(np.unique(owner)) < 2:
            return math.nan
        _, code, counts = np.unique(grams, return_inverse=True, return_counts=True)
        shared = np.bincount(_pairs(code, owner)[0], minlength=len(counts)) > 1
        return float(np.sort(counts[shared])[::-1][: self.most].sum() / len(grams))


def bound_templates(domains: Mapping[str, Sequence[str]], n: int = 6, most: int = 30) -> list[JSON]:
    """Return the templates bound to one domain: what a model could take for a sign of it.

    Source: Shaib et al. 2025 on spurious ties of syntax and domain. A template is bound where at least nine
    tenths of its texts are of one domain, shares of the domains counted alike, and at least five are.
    Domains of fewer than 20 texts are left out.

    Returns:
        The most frequent first, and of those that overlap in half their tags or more only that one:
        `template` (tags), `domain`, `documents` (of the domain, among those looked at), `share` of the
        domain's texts that hold it, and `elsewhere`, the mean share of the other domains'.
    """
    names = [name for name, texts in domains.items() if len(texts) >= _LEAST_DOMAIN]
    if len(names) < 2:
        return []
    parts = [_grams(Texts.of(domains[name]), n) for name in names]
    all_grams = np.concatenate([grams for grams, _ in parts])
    if not len(all_grams):
        return []
    kinds, code = np.unique(all_grams, return_inverse=True)
    ends = np.cumsum([len(grams) for grams, _ in parts])[:-1]
    held = np.array([
        np.bincount(_pairs(codes, owner)[0], minlength=len(kinds))
        for codes, (_, owner) in zip(np.split(code, ends), parts, strict=True)
    ])  # fmt: skip
    shares = held / np.array([len(domains[name]) for name in names])[:, None]
    top, columns = shares.argmax(axis=0), np.arange(len(kinds))
    tied = (shares[top, columns] >= _BOUND * shares.sum(axis=0)) & (held[top, columns] >= _LEAST_TEXTS)
    found = [
        {
            "template": _tagger.spelled(int(kinds[at]), n),
            "domain": names[top[at]],
            "documents": int(held[top[at], at]),
            "share": float(shares[top[at], at]),
            "elsewhere": float((shares[:, at].sum() - shares[top[at], at]) / (len(names) - 1)),
        }
        for at in np.flatnonzero(tied).tolist()
    ]
    kept: list[JSON] = []
    for one in sorted(found, key=lambda one: (-one["share"], one["template"])):
        if len(kept) < most and not any(_overlap(one, other) for other in kept):
            kept.append(one)
    return kept


def _overlap(one: JSON, other: JSON) -> bool:
    """Whether two templates of a domain may be the same words but for at most half of them."""
    left, right = one["template"].split(), other["template"].split()
    shifts = range(1, len(left) // 2 + 1)
    alike = any(left[shift:] == right[:-shift] or right[shift:] == left[:-shift] for shift in shifts)
    return alike and bool(one["domain"] == other["domain"])


def _grams(texts: Texts, n: int) -> tuple[Ints, Ints]:
    """Every n tags in a row of a sentence, as a number, and the position of the text that holds them."""
    found = _tagger.tag_ngrams(texts, n)
    owner = np.repeat(np.arange(len(found)), [len(grams) for grams in found])
    return np.concatenate([np.empty(0, dtype=np.int64), *found]), owner


def _pairs(code: Ints, owner: Ints) -> tuple[Ints, Ints]:
    """Each (template, text) once."""
    width = int(owner.max(initial=0)) + 1
    cells = np.unique(code * width + owner)
    return cells // width, cells % width

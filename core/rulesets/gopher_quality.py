"""Gopher's quality rules: too short, too long, or not made of ordinary words."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from core.rulesets._characters import SYMBOLS
from core.rulesets._page import Judge, Page

_ALL_SYMBOLS = "".join(sorted(SYMBOLS))


@dataclass(frozen=True, slots=True)
class GopherQuality(Judge):
    """Drops a text for its length, its words or its marks (Rae et al. 2021, appendix A1.1), as datatrove.

    Names, values and order are of datatrove 0.10's `GopherQualityFilter`. None or 0 switches a rule off.
    Words are split as by its default English tokenizer, so punctuation marks count as words in the
    ratios, though not in the number of words and their mean length. A text without a single word has
    ratios of 0, where datatrove fails.
    """

    name: ClassVar[str] = "gopher_quality"
    version: ClassVar[int] = 1
    all_reasons: ClassVar[tuple[str, ...]] = (
        "gopher_short_doc", "gopher_long_doc", "gopher_below_avg_threshold", "gopher_above_avg_threshold",
        "gopher_too_many_hashes", "gopher_too_many_ellipsis", "gopher_too_many_bullets",
        "gopher_too_many_end_ellipsis", "gopher_below_alpha_threshold", "gopher_enough_stop_words",
    )  # fmt: skip

    min_doc_words: int | None = 50
    max_doc_words: int | None = 100_000
    min_avg_word_length: float | None = 3.0
    max_avg_word_length: float | None = 10.0
    max_symbol_word_ratio: float | None = 0.1
    max_bullet_lines_ratio: float | None = 0.9
    max_ellipsis_lines_ratio: float | None = 0.3
    max_non_alpha_words_ratio: float | None = 0.8  # datatrove's name; the least share of words with a letter
    min_stop_words: int | None = 2
    stop_words: str = "the be to of and that have with"

    def reason(self, page: Page) -> str | None:
        """Return the first rule that the text breaks, or None where it is kept."""
        return self._length(page) or self._marks(page) or self._lines(page.text) or self._vocabulary(page)

    def _length(self, page: Page) -> str | None:
        symbols = [w for w in page.counts if w[0] in SYMBOLS and not w.strip(_ALL_SYMBOLS)]
        num_words = len(page.words) - sum(page.counts[w] for w in symbols)
        if self.min_doc_words and num_words < self.min_doc_words:
            return "gopher_short_doc"
        if self.max_doc_words and num_words > self.max_doc_words:
            return "gopher_long_doc"
        if not num_words:
            return None  # no word has no length
        characters = sum(map(len, page.words)) - sum(len(w) * page.counts[w] for w in symbols)
        if self.min_avg_word_length and characters / num_words < self.min_avg_word_length:
            return "gopher_below_avg_threshold"
        if self.max_avg_word_length and characters / num_words > self.max_avg_word_length:
            return "gopher_above_avg_threshold"
        return None

    def _marks(self, page: Page) -> str | None:
        if not self.max_symbol_word_ratio:
            return None
        num_words = len(page.words) or 1
        if page.text.count("#") / num_words > self.max_symbol_word_ratio:
            return "gopher_too_many_hashes"
        if (page.text.count("...") + page.text.count("…")) / num_words > self.max_symbol_word_ratio:
            return "gopher_too_many_ellipsis"
        return None

    def _lines(self, text: str) -> str | None:
        bullets = self.max_bullet_lines_ratio and ("•" in text or "-" in text)
        ellipses = self.max_ellipsis_lines_ratio and ("..." in text or "…" in text)
        if not bullets and not ellipses:
            return None
        lines = text.splitlines()
        if bullets and self.max_bullet_lines_ratio:
            starting = sum(line.lstrip().startswith(("•", "-")) for line in lines)
            if starting / len(lines) > self.max_bullet_lines_ratio:
                return "gopher_too_many_bullets"
        if ellipses and self.max_ellipsis_lines_ratio:
            ending = sum(line.rstrip().endswith(("...", "…")) for line in lines)
            if ending / len(lines) > self.max_ellipsis_lines_ratio:
                return "gopher_too_many_end_ellipsis"
        return None

    def _vocabulary(self, page: Page) -> str | None:
        if self.max_non_alpha_words_ratio:
            without = [w for w in page.counts if not w.isalpha() and not any(map(str.isalpha, w))]
            with_letter = len(page.words) - sum(page.counts[w] for w in without)
            if with_letter / (len(page.words) or 1) < self.max_non_alpha_words_ratio:
                return "gopher_below_alpha_threshold"
        if self.min_stop_words:
            found = sum(w in page.counts for w in set(self.stop_words.split()))
            if found < self.min_stop_words:
                return "gopher_enough_stop_words"
        return None

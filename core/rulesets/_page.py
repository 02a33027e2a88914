"""One text under judgement: what several rule sets look at is worked out once, and only when asked for."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from core.rulesets import _english


class Page:
    """A text, its words (see `_english`) and how often each stands there."""

    __slots__ = ("_counts", "_words", "text")

    def __init__(self, text: str) -> None:
        self.text = text
        self._words: list[str] | None = None
        self._counts: Counter[str] | None = None

    @property
    def words(self) -> list[str]:
        """All words in order, punctuation marks among them."""
        if self._words is None:
            self._words = _english.words(self.text)
        return self._words

    @property
    def counts(self) -> Counter[str]:
        """How often each word stands there."""
        if self._counts is None:
            self._counts = Counter(self.words)
        return self._counts


class Judge:
    """What all rule sets share: a list of texts is judged text by text."""

    __slots__ = ()

    def reason(self, page: Page) -> str | None:
        """Return the first rule that the text breaks, or None where it is kept."""
        raise NotImplementedError

    def passed_on(self, page: Page) -> Page:
        """Return what the next rule set sees of a text that this one keeps: the same text."""
        return page

    def reasons(self, texts: Sequence[str]) -> list[str | None]:
        """Return for each text the first rule that it breaks, or None where it is kept."""
        return [self.reason(Page(text)) for text in texts]


def repeated(parts: Sequence[str]) -> tuple[int, int]:
    """Count the parts that have stood before, and their characters (datatrove's `find_duplicates`)."""
    if len(set(parts)) == len(parts):
        return 0, 0
    again = {part: count - 1 for part, count in Counter(parts).items() if count > 1}
    return sum(again.values()), sum(len(part) * count for part, count in again.items())

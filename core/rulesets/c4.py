"""C4's rules: keep the lines that read like sentences, and the texts with enough of them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from core.rulesets import _english
from core.rulesets._page import Judge, Page

_CITATION = re.compile(r"\[\d*]|\[edit]|\[citation needed]")
_ENDS = (".", "?", "!", '"', "'")
_POLICY = (
    "terms of use", "privacy policy", "cookie policy", "uses cookies", "use of cookies", "use cookies",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class C4(Judge):
    """Drops a text with too few sentences in good lines (Raffel et al. 2020, section 2.2), as datatrove.

    Names, values and order are of datatrove 0.10's `C4QualityFilter`. Lines are those of
    `str.splitlines`, without the white space around them; words are what white space parts, counted
    before citations go; sentences are those of `_english.sentences`, counted line by line. A line is
    left out for a word over `max_word_length`, no terminal mark (an ellipsis is none), too few words,
    "javascript", or a phrase on cookies or terms of use; "lorem ipsum" and "{" drop the text, though
    only where their line got that far. -1 switches a number off. datatrove rewrites the text to its
    good lines: here a stored document never changes, so `reason` gives the verdict, and `passed_on`
    the rewritten text, which only the rule sets behind this one in a combined preset see.
    """

    name: ClassVar[str] = "c4"
    version: ClassVar[int] = 1
    all_reasons: ClassVar[tuple[str, ...]] = ("lorem_ipsum", "curly_bracket", "too_few_sentences")

    split_paragraph: bool = True  # by lines; False: by sentences
    remove_citations: bool = True
    filter_no_terminal_punct: bool = True
    min_num_sentences: int = 5
    min_words_per_line: int = 3
    max_word_length: int = 1_000
    filter_lorem_ipsum: bool = True
    filter_javascript: bool = True
    filter_curly_bracket: bool = True
    filter_policy: bool = True

    def reason(self, page: Page) -> str | None:
        """Return the first rule that the text breaks, or None where it is kept."""
        return self._judge(page.text)[0]

    def passed_on(self, page: Page) -> Page:
        """Return the text of the good lines alone, which is what the next rule set sees."""
        cleaned = self.cleaned(page.text)
        return page if cleaned == page.text else Page(cleaned)

    def cleaned(self, text: str) -> str:
        """Return the good lines of a text that is kept, as datatrove leaves them in the document."""
        return ("\n" if self.split_paragraph else " ").join(self._judge(text)[1]).strip()

    def _judge(self, text: str) -> tuple[str | None, list[str]]:
        kept: list[str] = []
        for line in self._good_lines(text):
            folded = line.lower()
            if self.filter_lorem_ipsum and "lorem ipsum" in folded:
                return "lorem_ipsum", kept
            if self.filter_javascript and "javascript" in folded:
                continue
            if self.filter_curly_bracket and "{" in line:
                return "curly_bracket", kept
            if not (self.filter_policy and any(phrase in folded for phrase in _POLICY)):
                kept.append(line)
        return (None if self._enough(kept) else "too_few_sentences"), kept

    def _good_lines(self, text: str) -> Iterator[str]:
        for raw in text.splitlines() if self.split_paragraph else _english.sentences(text):
            line = raw.strip()
            words = line.split()
            longest = self.max_word_length
            if longest != -1 and len(line) > longest and any(len(word) > longest for word in words):
                continue
            if self.remove_citations and "[" in line:
                line = _CITATION.sub("", line)
            if self.filter_no_terminal_punct and (not line.endswith(_ENDS) or line.endswith("...")):
                continue
            if len(words) >= self.min_words_per_line:
                yield line

    def _enough(self, kept: list[str]) -> bool:
        """Whether the lines hold the least number of sentences; the rest of them is not looked at."""
        wanted = self.min_num_sentences
        if wanted <= 0:
            return True
        found = 0
        for line in kept:
            found += _english.num_sentences(line, wanted - found) if self.split_paragraph else 1
            if found >= wanted:
                return True
        return False

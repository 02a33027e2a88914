"""FineWeb's own rules: pages that are lists, menus or stacks of short lines."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from core.rulesets._characters import TERMINAL_PUNCTUATION
from core.rulesets._page import Judge, Page, repeated


@dataclass(frozen=True, slots=True)
class FineWeb(Judge):
    """Drops a text whose lines are not prose (Penedo et al. 2024, section 3.6), as datatrove.

    Names, values and order are of datatrove 0.10's `FineWebQualityFilter`. Lines are those between line
    feeds that are more than white space; a line with a space behind its full stop does not end in one,
    as there. `stop_chars` None is datatrove's list of 159 sentence-final marks of all scripts.
    """

    name: ClassVar[str] = "fineweb"
    version: ClassVar[int] = 1
    all_reasons: ClassVar[tuple[str, ...]] = (
        "empty", "line_punct_ratio", "short_line_ratio", "char_dup_ratio", "list_ratio",
    )  # fmt: skip

    line_punct_thr: float = 0.12
    line_punct_exclude_zero: bool = False
    stop_chars: str | None = None
    short_line_thr: float = 0.67
    short_line_length: int = 30
    char_duplicates_ratio: float = 0.01
    new_line_ratio: float = 0.3

    def reason(self, page: Page) -> str | None:
        """Return the first rule that the text breaks, or None where it is kept."""
        lines = [line for line in page.text.split("\n") if line and not line.isspace()]
        if not lines:
            return "empty"
        marks = TERMINAL_PUNCTUATION if self.stop_chars is None else frozenset(self.stop_chars)
        ratio = sum(line[-1] in marks for line in lines) / len(lines)
        if ratio < self.line_punct_thr and not (ratio == 0 and self.line_punct_exclude_zero):
            return "line_punct_ratio"
        if sum(len(line) <= self.short_line_length for line in lines) / len(lines) > self.short_line_thr:
            return "short_line_ratio"
        new_lines = page.text.count("\n")
        if repeated(lines)[1] / (len(page.text) - new_lines) > self.char_duplicates_ratio:
            return "char_dup_ratio"
        # every line that counts holds a word, so the words need no counting where there is no line feed
        if new_lines and new_lines / len(page.words) > self.new_line_ratio:
            return "list_ratio"
        return None

"""How much of a document is program code or markup, by the look of its lines."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from core.signals import _words
from core.types import ColumnKind, Columns

_NAMES = ("code_share", "markup_share")
_CODE = re.compile(
    r"""(?:
        (?:async\s+)?(?:def|class)\s+\w+.*:\s*(?:\#.*)?$ | from\s+[\w.]+\s+import\s | import\s+[\w.]+\s*(?:as\s|,|;|$)
      | (?:if|elif|for|while|with|try|except|else|finally)\b[^.!?]*[:{]\s*(?:\#.*)?$ | return\b[^.!?]*$
      | @\w[\w.]*(?:\(.*\))?$ | \#\s*(?:include|define|ifdef|ifndef|endif)\b | >>>\s | \.\.\.\s | \$\s\w
      | (?:public|private|static|const|let|var|function|fn|func|struct|enum|namespace|template)\s+[\w*&<(]
      | [\w.\[\]'"*&>:-]+\s*(?:[-+*/|&^%]|//|<<|>>)?=(?!=)\s*\S | [\w.]+\([^)]*\)\s*[;{:]?$
      | [\])}]+[;,)]*$ | .*[;{}]\s*$ | //\s | /\*
    )""",
    re.VERBOSE,
)
_TAG = re.compile(r"</?[A-Za-z!][^<>\n]{0,500}>|&[A-Za-z]{2,8};|&#\d{1,7};")
_MAX_LINE = 300  # a longer line is judged by its beginning


@dataclass(frozen=True, slots=True)
class CodeShare:
    """Shares of characters in lines that look like code, and in tags and entities.

    A guess from the shape of each line (keywords, assignments, calls, closing braces), good enough to
    tell a module from its manual; a table of `name = value` rows counts as code. Null for blank texts.
    """

    name: ClassVar[str] = "code_share"
    version: ClassVar[int] = 1
    kind: ClassVar[ColumnKind] = "quality"

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns' names."""
        return _NAMES

    def score(self, texts: Sequence[str]) -> Columns:
        """Return two shares a text."""
        return _words.table(_NAMES, [_row(text) for text in texts])


def _row(text: str) -> tuple[float, float]:
    lines = [stripped for line in text.splitlines() if (stripped := line.strip())]
    total = sum(map(len, lines))
    code = sum(len(line) for line in lines if _CODE.match(line[:_MAX_LINE]))
    markup = sum(map(len, _TAG.findall(text))) if "<" in text or "&" in text else 0
    return _words.ratio(code, total), _words.ratio(min(markup, total), total)

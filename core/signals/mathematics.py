"""How much of a document is mathematics."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from core.signals import _words
from core.types import ColumnKind, Columns

_NAME = "mathematics_share"
_MAX_DISPLAY = 4000  # what stands further apart was not meant as a pair
# A body never runs over another opening sign, so that every character is looked at once or twice.
_ENVIRONMENT = re.compile(
    r"\\begin\{(?:equation|align|alignat|gather|multline|eqnarray|displaymath|math|split|cases|array|[pbvBV]?matrix)"
    r"\*?\}[^\\]*+(?:\\(?!begin\{|end\{)[^\\]*+)*+\\end\{[a-zA-Z]{1,12}\*?\}"
)
_DISPLAY = re.compile(
    r"\\\[[^\\]*+(?:\\(?![\[\]])[^\\]*+)*+\\\]|\\\([^\\]*+(?:\\(?![()])[^\\]*+)*+\\\)|\$\$[^$]++\$\$"
)
_INLINE = re.compile(r"(?<![\\$\w])\$(?=[^\s$])[^$\n]{0,300}(?<=[^\s\\])\$(?![\d$])")
_INLINE_SIGN = re.compile(r"[\\^_=<>{}]|^\$\S{1,12}\$$")
_COMMAND = re.compile(
    r"\\(?:[dt]?frac|sqrt|sum|prod|int|lim|infty|partial|nabla|cdot|cdots|ldots|times|pm|leq?|geq?|neq?|approx|equiv|in"
    r"|subset|cup|cap|forall|exists|to|rightarrow|Rightarrow|mapsto|left|right|mathbb|mathcal|mathbf|mathrm|operatorname"
    r"|hat|bar|vec|tilde|overline|log|ln|exp|sin|cos|tan|alpha|beta|gamma|delta|epsilon|varepsilon|zeta|eta|theta|lambda"
    r"|mu|nu|xi|pi|rho|sigma|tau|phi|varphi|chi|psi|omega|Gamma|Delta|Theta|Lambda|Sigma|Phi|Psi|Omega)(?![A-Za-z])"
)
_SYMBOL = re.compile("[∀-⋿⟀-⟯⦀-⫿\U0001d400-\U0001d7ff×÷±⁰⁴-₎]")
_SUM = re.compile(r"\d[\d.]{0,15}(?:\s?[-+*/×÷^]\s?[$(]?\d[\d.]{0,15}[)%]?){1,8}\s?=\s?\$?\d[\d.]{0,15}")
_RELATION = re.compile(r"[=≤≥≈≠≡<>∈⊂⊆→]")
_WORD = re.compile(r"[^\W\d_]{4,}")
_FUNCTION = re.compile(r"\b(?:sinh|cosh|tanh|sqrt|arcsin|arccos|arctan|diag|rank)\b")
_OTHER_SIGN = re.compile(r"""[;{}"'#&|$@`:]|==|=>|->|<-|</|/>|\+=|-=|<\w+>""")  # code, tags, prose, tables
_MAX_EQUATION = 200


@dataclass(frozen=True, slots=True)
class Mathematics:
    r"""Share of characters in mathematics, by its signs; each character counts once.

    In this order: LaTeX environments, `\[…\]`, `\(…\)` and `$$…$$`; inline `$…$` (no space inside the
    signs, no digit behind, at most 300 characters on one line, and either a sign such as `\ ^ _ = < >`
    within or no space and at most 12 characters, so that prices are not meant); lines of at most 200
    characters that hold a relation (`=`, `≤`, `≈` …) with something on both sides and no word of
    four letters or more, nor code's signs; sums such as `48/2 = 24`; LaTeX commands of mathematics;
    Unicode's mathematical operators, letters, and raised and lowered figures.

    An assignment such as `x = 1` in code looks like an equation and counts as one. Null for blank texts.
    About 45,000 documents of 2 kB a second a core.
    """

    name: ClassVar[str] = "mathematics"
    version: ClassVar[int] = 1
    kind: ClassVar[ColumnKind] = "quality"

    @property
    def columns(self) -> tuple[str, ...]:
        """The column's name."""
        return (_NAME,)

    def score(self, texts: Sequence[str]) -> Columns:
        """Return one share a text."""
        return _words.table(self.columns, [(_share(text),) for text in texts])


def _share(text: str) -> float:
    if not text or text.isspace():
        return _words.NULL
    rest = _without_formulae(text)
    if _RELATION.search(rest):
        rest = "\n".join(line for line in rest.split("\n") if not _is_equation(line))
        rest = _SUM.sub("", rest)
    if "\\" in rest:
        rest = _COMMAND.sub("", rest)
    if not rest.isascii():
        rest = _SYMBOL.sub("", rest)
    return (len(text) - len(rest)) / len(text)


def _without_formulae(text: str) -> str:
    if "\\begin{" in text:
        for _ in range(3):  # inner environments (cases, matrices) first, then those around them
            text = _ENVIRONMENT.sub(_unless_long, text)
    if "\\" in text or "$$" in text:
        text = _DISPLAY.sub(_unless_long, text)
    return _INLINE.sub(_unless_price, text) if "$" in text else text


def _unless_long(found: re.Match[str]) -> str:
    return "" if found.end() - found.start() <= _MAX_DISPLAY else found[0]


def _unless_price(found: re.Match[str]) -> str:
    return "" if _INLINE_SIGN.search(found[0]) else found[0]


def _is_equation(line: str) -> bool:
    if len(line) > _MAX_EQUATION or not (relation := _RELATION.search(line)):
        return False
    if not line[: relation.start()].strip() or not line[relation.end() :].strip():
        return False
    return not _OTHER_SIGN.search(line) and not _WORD.search(_FUNCTION.sub("", line))

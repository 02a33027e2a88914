"""Mathematics is known by its signs; prices, code's braces and prose are not mathematics."""

import math
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.signals.mathematics import Mathematics


def share(text):
    return Mathematics().score([text])["mathematics_share"][0]


@pytest.mark.parametrize(
    ("expected", "text"),
    [
        ("$x^2$", "Let $x^2$ be small"),
        ("$n$", "For $n$ large"),
        ("$$a = b$$", "$$a = b$$ holds"),
        (r"\[a+b\]", r"so \[a+b\] ends"),
        (r"\(a\)", r"so \(a\) ends"),
        (
            r"\begin{align*}a&=\begin{cases}1\\0\end{cases}\end{align*}",
            r"as \begin{align*}a&=\begin{cases}1\\0\end{cases}\end{align*} shows",
        ),
        (r"\alpha", r"the angle \alpha here"),
        ("∑∈", "take ∑ over i ∈ the set"),
        ("y = 3x + sin(x)", "y = 3x + sin(x)\nis a curve that everybody knows"),
        ("48/2 = 24", "They sold 48/2 = 24 clips in the month of May"),
        ("", "It costs $5 or $6, between $10 and $20 (US$30) of course"),
        ("", "The café sold bread, and nobody had a sum to do."),
        ("", "if (a == b) {\n  return total;\n}"),
        ("", r"C:\Users\name and \textbf{bold}"),
    ],
)
def test_what_counts(expected, text):
    """The share is that of the marked characters, and nothing else's."""
    assert len(expected) == pytest.approx(
        share(text) * len(text), abs=1.01 if "\n" in expected + text else 1e-9
    )


def test_formulae_raise_the_share():
    """Prose is below prose with formulae, which is below formulae."""
    prose = "The sum of the angles is known to everybody. "

    assert 0 == share(prose)
    assert 0 < share(prose + "$a+b+c = 180$") < share("$a+b+c = 180$") == 1


def test_blank_is_null():
    """There is nothing to take a share of."""
    assert math.isnan(share(""))
    assert math.isnan(share(" \n"))


@pytest.mark.parametrize(
    "unit",
    [
        "$a ",
        "$$",
        "\\[",
        "\\(x",
        "\\begin{align}",
        "1+",
        "1 + 1 = ",
        "\\",
        "$$a$",
        "9",
        "= ",
        "a=1\n",
        "\\end{align}",
    ],
)
def test_openings_without_end_take_linear_time(unit):
    """Half a megabyte of unclosed signs takes a second or two at most."""
    began = time.perf_counter()
    value = share(unit * (500_000 // len(unit)))

    assert 0 <= value <= 1
    assert time.perf_counter() - began < 5


@given(st.text(st.sampled_from("$\\[]()ab1=+∑ \n{}"), max_size=80) | st.text(max_size=80))
def test_share_lies_between_0_and_1(text):
    """A share is a share, and null only for blank texts."""
    value = share(text)

    assert 0 <= value <= 1 or (math.isnan(value) and not text.strip())

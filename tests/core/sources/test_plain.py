"""Plain text out of roff, HTML, message catalogues and modules."""

import contextlib
import gettext
import io
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.sources import _plain


def catalogue(messages):
    """Return a compiled message catalogue, as msgfmt lays it out."""
    pairs = sorted((k.encode(), v.encode()) for k, v in messages.items())
    start = 28 + 16 * len(pairs)
    tables, texts = [b"", b""], b""
    for side in (0, 1):
        for pair in pairs:
            tables[side] += struct.pack("<2I", len(pair[side]), start + len(texts))
            texts += pair[side] + b"\0"
    head = struct.pack("<7I", _plain.MO_MAGIC, 0, len(pairs), 28, 28 + 8 * len(pairs), 0, start)
    return head + tables[0] + tables[1] + texts


def test_a_catalogue_gives_its_translations():
    """What gettext reads is what comes out, the header left out, plurals by their first form."""
    raw = catalogue(
        {"": "Content-Type: text/plain; charset=UTF-8\n", "yes": "ja", "tree\0trees": "Baum\0Bäume"}
    )

    assert gettext.GNUTranslations(io.BytesIO(raw)).gettext("yes") == "ja"
    assert _plain.from_catalogue(raw) == "Baum\n\nja"


@given(st.binary(max_size=200), st.integers(0, 60))
def test_a_damaged_catalogue_is_a_value_error(noise, place):
    """Whatever bytes come, the answer is text or ValueError."""
    for raw in (noise, catalogue({"a": "b", "c": "d"})[:place], catalogue({"a": "b"})[:place] + noise):
        with contextlib.suppress(ValueError):
            assert isinstance(_plain.from_catalogue(raw), str)


def test_a_manual_page_keeps_its_words():
    """Headings and paragraphs stay; fonts, layout and comments go."""
    page = '.\\" comment\n.TH LS 1\n.SH "NAME"\nls \\- list \\fBfiles\\fR\n.PP\nIt\\(cqs here.\n.nf\n.B bold words\n'

    assert _plain.from_roff(page) == "NAME\nls - list files\n\nIt's here.\nbold words"


def test_a_page_keeps_its_words():
    """Scripts and tags go, entities are read, blocks become lines."""
    page = "<html><head><title>t</title></head><body><p>a &amp; <b>b</b></p><script>x<y</script><li>c</li></body>"

    assert _plain.from_html(page) == "a & b\n\nc"


def test_docstrings_have_names():
    """Long docstrings of module, class and method come under their qualified names; short ones do not."""
    words = "word " * 40
    code = f'"""{words}"""\nclass A:\n    """short"""\n    async def f(self):\n        """{words}more"""\n'

    assert [("module", words), ("A.f", f"{words}more")] == list(_plain.docstrings(code, 40))
    assert [] == list(_plain.docstrings("def f(:\n" + code, 40))


@given(st.text(st.sampled_from("ab \n"), max_size=400), st.integers(5, 60))
def test_passages_lose_nothing_but_line_ends(text, size):
    """Pieces put together are the text, and none is longer than a quarter over the size."""
    pieces = _plain.passages(text, size)

    assert "".join(pieces).replace("\n", "") == text.replace("\n", "")
    assert all(0 < len(piece) <= size * 5 // 4 for piece in pieces)


def test_passages_are_cut_at_blank_lines():
    """A blank line is a better place than a line end, and that than none."""
    assert _plain.passages("aaa\n\nbbb\nccc", 8) == ["aaa", "bbb\nccc"]
    assert _plain.passages("abcdefghij", 5) == ["abcde", "fghij"]


@pytest.mark.parametrize("text", ["", "\n\n"])
def test_nothing_gives_no_passage(text):
    """An empty text has no passages."""
    assert [] == _plain.passages(text, 100)

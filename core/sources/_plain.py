"""Plain text out of what documentation is written in: roff, HTML, message catalogues, Python modules."""

from __future__ import annotations

import ast
import html
import re
import struct
import warnings
from collections.abc import Iterator

MO_MAGIC = 0x950412DE
ROFF_FONT = re.compile(r"\\f(?:\[[^\]]*\]|\(..|.)|\\s[+-]?\d+|\\[&%|^/,!]")
ROFF_SPECIAL = {
    r"\-": "-", r"\(aq": "'", r"\(cq": "'", r"\(oq": "'", r"\(lq": '"', r"\(rq": '"', r"\(bu": "*",
    r"\(em": "-", r"\(en": "-", r"\(dq": '"', r"\(co": "(c)", r"\(hy": "-", r"\(ti": "~", r"\(ha": "^",
    r"\(ga": "`", r"\*(lq": '"', r"\*(rq": '"', r"\~": " ", r"\ ": " ", r"\e": "\\", r"\\": "\\",
}  # fmt: skip
ROFF_ESCAPE = re.compile(r"\\\*?\(..|\\[-~ e\\]")
ROFF_HEADINGS = frozenset({"SH", "SS", "Sh", "Ss"})
ROFF_PARAGRAPHS = frozenset({"PP", "P", "LP", "TP", "IP", "Pp", "It", "sp", "HP"})
ROFF_WORDS = frozenset({
    "B", "I", "R", "BR", "RB", "BI", "IB", "IR", "RI", "SM", "SB", "UR", "UE", "MT", "ME", "Nm", "Fl", "Ar",
    "Pa", "Cm", "Op", "Sq", "Dq", "Ql", "Xr", "Em", "Sy", "Li", "Va", "Ev", "Dv", "Nd", "Bq", "Aq",
})  # fmt: skip
HTML_DROPPED = re.compile(r"<(script|style|head|svg)\b.*?</\1\s*>|<!--.*?-->", re.S | re.I)
HTML_BLOCK = re.compile(r"</?(p|div|li|ul|ol|tr|table|h\d|br|pre|section|dd|dt|dl|hr)\b[^>]*>", re.I)
HTML_TAG = re.compile(r"<[^<>]{1,2000}>")
BLANK_LINES = re.compile(r"\n[ \t]*(?:\n[ \t]*)+\n")


def from_roff(page: str) -> str:
    """Return a manual page's words: headings and paragraphs stay, fonts and layout go."""
    lines: list[str] = []
    for line in page.splitlines():
        if not line.startswith((".", "'")):
            lines.append(_roff_words(line))
            continue
        macro, _, rest = line[1:].strip().partition(" ")
        words = _roff_words(rest.replace('"', "")).strip()
        if macro in ROFF_HEADINGS:
            lines += ["", words]
        elif macro in ROFF_PARAGRAPHS:
            lines += ["", words] if macro in ("IP", "It") and words else [""]
        elif macro in ROFF_WORDS and words:
            lines.append(words)
    return BLANK_LINES.sub("\n\n", "\n".join(lines)).strip()


def _roff_words(line: str) -> str:
    plain = ROFF_FONT.sub("", line)
    return ROFF_ESCAPE.sub(lambda found: ROFF_SPECIAL.get(found[0], ""), plain)


def from_html(page: str) -> str:
    """Return a page's words, a block a line; menus and footers stay, as they do in a crawl."""
    text = HTML_TAG.sub("", HTML_BLOCK.sub("\n", HTML_DROPPED.sub("", page)))
    return BLANK_LINES.sub("\n\n", html.unescape(text)).strip()


def from_catalogue(raw: bytes) -> str:
    """Return the translations of a compiled message catalogue (GNU gettext's .mo), one a paragraph.

    Raises ValueError where the file is not one, or is damaged.
    """
    try:
        order = "<" if struct.unpack("<I", raw[:4])[0] == MO_MAGIC else ">"
        magic, _, count, originals, translations = struct.unpack(f"{order}5I", raw[:20])
        if magic != MO_MAGIC or count > len(raw):
            raise ValueError("not a message catalogue")
        found = []
        for index in range(count):
            length, _ = struct.unpack_from(f"{order}2I", raw, originals + 8 * index)
            size, start = struct.unpack_from(f"{order}2I", raw, translations + 8 * index)
            if length:  # the empty original stands for the header
                found.append(raw[start : start + size].split(b"\0")[0].decode("utf-8"))
    except (struct.error, UnicodeDecodeError) as error:
        raise ValueError(str(error)) from None
    return "\n\n".join(message.strip() for message in found if message.strip())


def docstrings(code: str, least_words: int) -> Iterator[tuple[str, str]]:
    """Yield the qualified name and text of a module's docstrings that have so many words or more."""
    if all(len(quoted.split()) < least_words for quoted in code.split('"""')[1::2]):
        return  # parsing takes a hundred times as long as this look
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # other people's escapes
            tree = ast.parse(code)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return
    pending: list[tuple[str, ast.AST]] = [("", tree)]
    while pending:
        name, node = pending.pop(0)
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            text = ast.get_docstring(node)
            if text and len(text.split()) >= least_words:
                yield name or "module", text
            pending += [
                (f"{name}.{child.name}".lstrip("."), child)
                for child in node.body
                if isinstance(child, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef)
            ]


def passages(text: str, size: int) -> list[str]:
    """Cut a text into pieces of at most `size` characters, at blank lines or else at line ends.

    A text without line ends is cut where it must be. A last piece under a sixth of the size stays with
    the one before it where both fit into a quarter more.
    """
    pieces: list[str] = []
    start = 0
    while start < len(text):
        end = min(start + size, len(text))
        if end < len(text):
            for mark in ("\n\n", "\n"):
                cut = text.rfind(mark, start + size // 3, end)
                if cut > 0:
                    end = cut + len(mark)
                    break
        pieces.append(text[start:end])
        start = end
    if len(pieces) > 1 and len(pieces[-1]) < size // 6 and len(pieces[-2]) + len(pieces[-1]) <= size * 5 // 4:
        tail = pieces.pop()
        pieces[-1] += tail
    return [stripped for piece in pieces if (stripped := piece.strip("\n"))]

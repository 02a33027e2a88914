"""Words as benchmark overlap counts them: NFKC, lower case, no punctuation, no English stop words."""

from __future__ import annotations

import re
import unicodedata

# Articles, pronouns, prepositions, conjunctions, auxiliaries: closed classes that say little of a text.
_STOP_WORDS = """
a about above after again against all also am an and any are as at be because been before being below between both but
by can could did do does doing down during each either else ever few for from further had has have having he her here
hers herself him himself his how i if in into is it its itself just may me might more most must my myself neither no
nor not now of off on once only or other our ours ourselves out over own same shall she should since so some such than
that the their theirs them themselves then there these they this those through to too under until up upon us very was
we were what when where which while who whom whose why will with within without would you your yours yourself
yourselves s t
"""
STOP_WORDS = frozenset(_STOP_WORDS.split())
_TO_SPACES = {code: " " for code in range(128) if not (chr(code).isalnum() or chr(code) == "_")}
# A word in scripts that put spaces between them; a character of Chinese, or a kana, in those that do not.
_WORD = re.compile(r"[\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff]|[^\W\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff]+")


def words(text: str) -> list[str]:
    """Return a text's words in order, stop words included: runs of letters, digits and underscores."""
    if text.isascii():
        return text.lower().translate(_TO_SPACES).split()
    return _WORD.findall(unicodedata.normalize("NFKC", text).lower())

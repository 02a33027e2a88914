"""Syllables of English words, counted by their letters alone."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

_MAX_WORD = 40  # a longer word counts as its beginning: it is no word, and must not fill the memory
_VOWELS = re.compile(r"[aeiouy]+")
_VOICED = re.compile("e[\u0300\u0301\u0308]")  # an accented e is never silent
_SILENT = re.compile(
    r"""(?:(?<![aeiouyl])|(?<=[aeiouyr]l)|(?<=[gq]u))e                        # makE, whilE, leaguE
            (?=$|'|ly$|ful|less|ment|ness|where|thing|body|one$|what$|how$|times$)   # safEly, somEthing
      | (?<![aeiouytd])e(?=d$) | (?<=[kmnptvbdrfw])e(?=s$) | (?<=[aeiouy]l)e(?=s$)   # lookEd, timEs, rulEs
      | (?<=ev)e(?=ra)                                                        # sevEral""",
    re.VERBOSE,
)
_SPLIT = re.compile(
    r"""(?<![tscgxl])i[ao] | (?<=[aeiouy]l)ia | ia(?=t) | iu | ii             # varIOus, medIUm
      | (?<=[^q])ua(?![rg]) | uou | (?<=u)e(?=nt|nc|l$)                       # actUAl, inflUEnce
      | (?<=[^aeiou])ie(?=t|r$|nc) | oe[tm] | eo(?![pru])                     # socIEty, pOEm, vidEO
      | (?<=[^s])ea(?=$|s$|tion|tiv|li[tsz]) | [aoey]ing | ism                # idEA, gOIng, realISm
      | (?<=[aeiouy][bcdfgkpt]l)ed$ | (?<=[bcdfgkpt]l)e(?=[ds]$)              # troublEs
      | (?<=[ds])n't$                                                         # didN'T""",
    re.VERBOSE,
)


def syllables(words: list[str]) -> list[int]:
    """Count each lower-case word's syllables: groups of vowels, less silent e's, plus split groups.

    At least 1 each. English spelling is not sound: against the CMU Pronouncing Dictionary 97.5 % of the
    running words of the Brown corpus agree, and the mean differs by 0.01 ("hour", "Mrs", "business" do
    not). Accents are passed over, but for those that voice an e. In other languages each group of vowels
    but a silent e counts.
    """
    if max(map(len, words), default=0) > _MAX_WORD:
        words = [word[:_MAX_WORD] for word in words]
    return list(map(_counted, words))


@lru_cache(maxsize=1 << 16)
def _counted(word: str) -> int:
    if not word.isascii():
        word = _VOICED.sub("i", unicodedata.normalize("NFD", word)).encode("ascii", "ignore").decode()
    groups = len(_VOWELS.findall(word)) - len(_SILENT.findall(word)) + len(_SPLIT.findall(word))
    return max(1, groups)

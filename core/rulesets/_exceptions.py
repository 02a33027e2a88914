"""The chunks that spaCy's English tokenizer knows by heart, and the words that each is made of.

From its `lang/en/tokenizer_exceptions.py` and `lang/tokenizer_exceptions.py` (MIT licence): a
contraction is two or three words, an abbreviation keeps its full stop, an emoticon stays whole.
"""

from __future__ import annotations

_ASKING = "who what when where why how there"
_FUTURE = "'ll ll 'll+'ve ll+ve 'd d 'd+'ve d+ve"
_CONTRACTIONS = (  # heads, each also with a capital, and what may hang on them
    ("i", "'m m 'm+a m+a"),
    ("i you he she it we they", _FUTURE),
    ("i you we they", "'ve ve"),
    ("you we they", "'re re"),
    ("he she it", "'s s"),
    (f"{_ASKING} that this", "'s s"),
    (f"{_ASKING} that this these those", _FUTURE),
    (f"{_ASKING} these those", "'re re 've ve"),
    (
        "ca could do does did had may might must need ought sha should wo would",
        "n't nt n't+'ve nt+ve",
    ),
    ("could might must should would", "'ve ve"),
    ("ai are is was were have has dare", "n't nt"),
)
_NO_CONTRACTIONS = "Ill ill Its its Hell hell Shell shell Shed shed were Were Well well Whore whore"
_SPLIT = (
    "y'+all y+all how+'d+'y How+'d+'y not+'ve not+ve Not+'ve Not+ve can+not Can+not gon+na Gon+na got+ta "
    "Got+ta let+'s Let+'s c'm+on C'm+on °+c+. °+f+. °+k+. °+C+. °+F+. °+K+."
)
_WHOLE = (
    "doin goin nothin nuthin ol somethin Doin Goin Nothin Nuthin Ol Somethin doin' goin' nothin' nuthin' "
    "ol' somethin' Doin' Goin' Nothin' Nuthin' Ol' Somethin' em ll nuff 'em 'll 'nuff "
    "'S 's \u2018S \u2018s and/or w/o 're 'Cause 'cause 'cos 'Cos 'coz 'Coz 'cuz 'Cuz 'bout ma'am Ma'am "
    "o'clock O'clock lovin' Lovin' lovin Lovin havin' Havin' havin Havin Mt. Ak. Ala. Apr. Ariz. Ark. Aug. "
    "Calif. Colo. Conn. Dec. Del. Feb. Fla. Ga. Ia. Id. Ill. Ind. Jan. Jul. Jun. Kan. Kans. Ky. La. Mar. "
    "Mass. Mich. Minn. Miss. N.C. N.D. N.H. N.J. N.M. N.Y. Neb. Nebr. Nev. Nov. Oct. Okla. Ore. Pa. S.C. "
    "Sep. Sept. Tenn. Va. Wash. Wis. 'd a.m. Adm. Bros. co. Co. Corp. D.C. Dr. e.g. E.g. E.G. Gen. Gov. "
    "i.e. I.e. I.E. Inc. Jr. Ltd. Md. Messrs. Mo. Mont. Mr. Mrs. Ms. p.m. Ph.D. Prof. Rep. Rev. Sen. St. "
    "vs. v.s. \\t \\n \u2014 ' \\\") <space> '' C++ a. b. c. d. e. f. g. h. i. j. k. l. m. n. o. p. q. r. s. "
    "t. u. v. w. x. y. z. ä. ö. ü."
)
_EMOTICONS = r"""
:) :-) :)) :-)) :))) :-))) (: (-: =) (= :] :-] [: [-: [= =] :o) (o: :} :-} 8) 8-) (-8 ;) ;-) (; (-; :( :-(
:(( :-(( :((( :-((( ): )-: =( >:( :') :'-) :'( :'-( :/ :-/ =/ =| :| :-| ]= =[ :1 :P :-P :p :-p :O :-O :o :-o
:0 :-0 :() >:o :* :-* :3 :-3 =3 :> :-> :X :-X :x :-x :D :-D ;D ;-D =D xD XD xDD XDD 8D 8-D ^_^ ^__^ ^___^ >.<
>.> <.< ._. ;_; -_- -__- v.v V.V v_v V_V o_o o_O O_o O_O 0_o o_0 0_0 o.O O.o O.O o.o 0.0 o.0 0.o @_@ <3 <33
<333 </3 (^_^) (-_-) (._.) (>_<) (*_*) (¬_¬) ಠ_ಠ ಠ︵ಠ (ಠ_ಠ) ¯\(ツ)/¯ (╯°□°）╯︵┻━┻ ><(((*>
"""


def _all() -> dict[str, tuple[str, ...]]:
    found: list[tuple[str, ...]] = [(part,) for part in (_WHOLE + _EMOTICONS).split()]
    found += [tuple(part.split("+")) for part in _SPLIT.split()]
    found += [(str(hour), half) for hour in range(1, 13) for half in ("a.m.", "am", "p.m.", "pm")]
    for heads, tails in _CONTRACTIONS:
        for head in heads.split():
            for tail in tails.split():
                found += [(head, *tail.split("+")), (head.title(), *tail.split("+"))]
    known = {"".join(words): words for words in found}
    for word in _NO_CONTRACTIONS.split():
        known.pop(word, None)
    curly = [tuple(word.replace("'", "\u2019") for word in words) for words in known.values()]
    return known | {"".join(words): words for words in curly}


EXCEPTIONS = _all()

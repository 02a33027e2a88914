"""Evidence: a text for each reason and column, marked where a person would point, and nothing else."""

import math
from dataclasses import fields

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.evidence import MOST_SPANS, Span, contributing, explained, offending, unscored
from core.evidence._columns import COLUMNS
from core.evidence._formulae import rest_of
from core.evidence._redpajama import duplicated, normalised_words, top
from core.evidence._rules import RULES, _met_before
from core.evidence._spans import merged
from core.rulesets import C4, RULESETS, FineWeb, GopherQuality, GopherRepetition, _english
from core.rulesets.gopher_repetition import _candidates, _repeated_characters
from core.signals import SIGNALS, _words
from core.signals.mathematics import _share
from core.signals.rps_repetition import RpsRepetition
from core.signals.toxicity import ToxicityDimensions

REASONS = sorted({reason for rules in RULESETS.values() for reason in rules.all_reasons})
GOOD = "This is one good line. It has two sentences."
LONG = "This line, number {}, is long enough and ends in a full stop."
ABCDE = "alpha beta gamma delta epsilon"
TEN = "zero one two three four five six seven eight nine"
PIECES = [
    "a", "the", "word", "Longer", "NASA", "lorem", "ipsum", "Lorem Ipsum", "don't", "c0ming", "t h e y",
    "1968", "in 1968", "(c) 2001", "javascript", "JavaScript", "x = 1", "a + b = c", "$x^2$", "\\[x\\]",
    "\\alpha", "48/2 = 24", "∑", "{", "}", "#", "...", "…", ".", "!", "\"", "-", "- ", "• ", "1. x", "|",
    "a|b|c", "a,b,c", "a\tb\tc", "<b>", "&amp;", "Ã©", "\ufffd", "\ud800", "\x00", "\x1c", "\x85",
    "\u2028", "½", "Σ", "İ", "ǅ", "中文", "é", "e\u0301", "use cookies", "[12]", " ", "  ", "\n", "\n\n",
    "\n\n\n", "import os", "return x;", "a" * 45,
]  # fmt: skip
TEXTS = st.builds(
    lambda pieces, gap: gap.join(pieces),
    st.lists(st.sampled_from(PIECES), max_size=30),
    st.sampled_from(["", " "]),
)


def marked(text, spans):
    """Return the texts of the spans."""
    return [text[start:end] for start, end, _ in spans]


@pytest.mark.parametrize(
    ("reason", "text", "expected"),
    [
        ("empty", "", []),
        ("gopher_short_doc", "Two words.", []),
        ("gopher_long_doc", "the and to " * 50, []),
        ("gopher_enough_stop_words", "plain words", []),
        ("gopher_below_avg_threshold", "of to seven , a", ["of", "to", "a"]),
        ("gopher_above_avg_threshold", "the internationalisation — ok", ["internationalisation"]),
        ("gopher_too_many_hashes", "# one ## two", ["#", "##"]),
        ("gopher_too_many_ellipsis", "so... and so… on.. . .", ["...", "…"]),
        ("gopher_too_many_bullets", "- one\n  • two \nno - three", ["- one", "• two"]),
        ("gopher_too_many_end_ellipsis", "more...\nno... more\nread on … ", ["more...", "read on …"]),
        ("gopher_below_alpha_threshold", "B2 cost 12 euros, (3%).", ["12", ",", "(3%)."]),
        ("dup_para_frac", "\n one\ntwo\n\nthree\n\none\ntwo\n\n\none\ntwo", ["one\ntwo", "one\ntwo"]),
        ("dup_para_char_frac", "p\n\nq\n\np", ["p"]),
        ("dup_line_frac", "menu\nhome\n\nmenu\nmenu", ["menu", "menu"]),
        ("dup_line_frac", "\nmenu\nhome\n", ["\n"]),
        ("dup_line_char_frac", "\nmenu\nhome\nmenu\n", ["menu"]),
        ("top_2_gram", "a b, a b! a b c", ["a b", "a b", "a b"]),
        ("top_3_gram", "x x x x y", ["x x x x"]),
        ("top_4_gram", "so it is, so it is, we", ["so it is,", "so it is,"]),
        ("duplicated_5_n_grams", f"{ABCDE} {ABCDE} zeta", [ABCDE]),
        ("duplicated_6_n_grams", f"{ABCDE} {ABCDE} zeta", []),
        ("duplicated_10_n_grams", f"{TEN} ten. {TEN} {TEN}", [TEN, TEN]),
        ("lorem_ipsum", f"{GOOD}\nLorem IPSUM dolor sit.\nlorem ipsum without end", ["Lorem IPSUM dolor sit."]),
        ("curly_bracket", f"{GOOD}\n if (x) {{ y = 1; }}. \n{GOOD}", ["if (x) { y = 1; }."]),
        ("too_few_sentences", f"{GOOD}\n menu\n\n{GOOD[:22]}[12]\nToo short.", ["menu", "Too short."]),
        ("line_punct_ratio", f"{GOOD}\nA title\n\n{GOOD} \n{GOOD}", ["A title", GOOD]),
        ("short_line_ratio", f"{GOOD}\n short \n\nline", ["short", "line"]),
        ("char_dup_ratio", f"{GOOD}\nx\n{GOOD}\nx ", [GOOD]),
        ("list_ratio", f"{GOOD}\none two\n\n\none two", ["one two", "\n\n"]),
    ],
)  # fmt: skip
def test_offending(reason, text, expected):
    """What is marked is what a person would point at."""
    assert expected == marked(text, offending(text, reason))


def test_every_reason_is_known():
    """No rule of any rule set is forgotten, and none is invented."""
    about_all = {"empty", "gopher_short_doc", "gopher_long_doc", "gopher_enough_stop_words"}

    assert set(REASONS) == set(RULES) | about_all
    assert [] == [reason for reason, (kind, _, _) in RULES.items() if reason not in kind.all_reasons]
    assert [] == offending(GOOD, "no_such_reason")


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("It holds " + "w" * 1001 + " here.", "word too long"),
        ("It has no end", "no sentence end"),
        ("It trails off...", "no sentence end"),
        ("Too short.", "too few words"),
        ("Please switch JavaScript on.", "javascript"),
        ("This site uses cookies to work.", "cookies or terms of use"),
        ("Here is lorem ipsum again.", "lorem ipsum"),
        ("Here is a { again.", "curly bracket"),
    ],
)
def test_each_line_that_c4_leaves_out_names_why(line, why):
    """The rule that leaves a line out is named, and good lines are not marked."""
    text = f"{GOOD}\r\n{line}\n{GOOD}"
    start = len(GOOD) + 2

    assert [Span(start, start + len(line), why)] == offending(text, "too_few_sentences")


def test_c4_by_sentences():
    """Sentences take the place of lines where the setting says so, line breaks and all."""
    text = "One sentence\nis here. Use cookies now. No end to this"
    spans = offending(text, "too_few_sentences", {"split_paragraph": False})

    assert ["Use cookies now.", "No end to this"] == marked(text, spans)
    assert ["cookies or terms of use", "no sentence end"] == [why for _, _, why in spans]


def test_settings_move_what_is_marked():
    """A rule's own settings count, whatever settings of other rule sets stand beside them."""
    other = {"min_doc_words": 3, "short_line_length": 4, "stop_chars": ":"}

    assert ["four"] == marked("fives\nfour", offending("fives\nfour", "short_line_ratio", other))
    assert ["so."] == marked("so:\nso.", offending("so:\nso.", "line_punct_ratio", other))
    assert [] == offending("It has no end", "too_few_sentences", {"filter_no_terminal_punct": False})


TIGHT = {  # with these a rule drops a text exactly where something is marked
    "gopher_too_many_hashes": {"max_symbol_word_ratio": 1e-9},
    "gopher_too_many_bullets": {"max_bullet_lines_ratio": 1e-9},
    "gopher_too_many_end_ellipsis": {"max_ellipsis_lines_ratio": 1e-9},
    "gopher_below_alpha_threshold": {"max_non_alpha_words_ratio": 1.0},
    **{reason: {reason: 1e-9} for reason in GopherRepetition.all_reasons if "dup" in reason},
    **{f"top_{n}_gram": {f"top_{n}_gram": 0.0} for n in (2, 3, 4)},
    "lorem_ipsum": {"filter_curly_bracket": False},
    "curly_bracket": {"filter_lorem_ipsum": False},
    "line_punct_ratio": {"line_punct_thr": 1.0},
    "short_line_ratio": {"line_punct_thr": -1.0, "short_line_thr": 1e-9},
    "char_dup_ratio": {"line_punct_thr": -1.0, "short_line_thr": 2.0, "char_duplicates_ratio": 1e-9},
    "list_ratio": {"line_punct_thr": -1, "short_line_thr": 2, "char_duplicates_ratio": 2, "new_line_ratio": 1e-9},
}  # fmt: skip
OFF = {
    GopherQuality: {field.name: 0 for field in fields(GopherQuality) if field.name != "stop_words"},
    GopherRepetition: {field.name: None for field in fields(GopherRepetition)},
    C4: {},
    FineWeb: {},
}


@pytest.mark.parametrize("reason", TIGHT)
@settings(max_examples=40, deadline=None)
@given(text=TEXTS)
def test_a_tight_rule_drops_what_is_marked(reason, text):
    """A rule that allows nothing drops a text where a place is marked, and keeps it where none is."""
    kind = RULES[reason][0]
    rules = kind(**{**OFF[kind], **TIGHT[reason]})

    assert not text.split() or (rules.reasons([text]) == [reason]) == bool(
        offending(text, reason, TIGHT[reason])
    )


@given(st.lists(st.sampled_from(["a", "ab", "b", "abcdefghijkl,", "z.", "longer-word"]), max_size=60))
def test_duplicated_n_grams_are_those_counted(words):
    """The characters of the marked words are those that the rule adds up."""
    text = " ".join(words)
    found = _english.words(text)
    starts = [sum(map(len, found[:i])) for i in range(len(found) + 1)]
    joined = "".join(found)
    for n in range(5, 11):
        counted = sum(starts[i + n] - starts[i] for i in _met_before(found, n))

        assert _repeated_characters(joined, starts, _candidates(joined, starts, 5), n) == counted


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.sampled_from(["a", "ab", "b", "abcdefghijkl,", "z.", "longer-word"]), min_size=4, max_size=60)
)
def test_the_top_n_gram_is_the_one_weighed(words):
    """A bound of just what all marked copies weigh keeps the text; anything below it drops it."""
    text = " ".join(words)
    for n in (2, 3, 4):
        reason = f"top_{n}_gram"
        copies = list(RULES[reason][1](text, GopherRepetition()))
        first = "".join(text[copies[0].start : copies[0].end].split())
        weight = (len(first) + n - 1) * len(copies) / len(text)
        at, below = (
            GopherRepetition(**{**OFF[GopherRepetition], reason: b}) for b in (weight, weight - 1e-9)
        )

        assert ([None], [reason]) == (at.reasons([text]), below.reasons([text]))


# --- signals -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("column", "text", "expected"),
    [
        ("word_count", "Two words.", []),
        ("toxicity", "12 34", []),
        ("toxicity", "Der Hund lief über die Straße und bellte.", []),
        ("letter_share", "ab 1c_", ["ab", "c"]),
        ("digit_share", "ab 12, 3", ["12", "3"]),
        ("uppercase_share", "NASA is Up", ["NASA", "U"]),
        ("symbol_share", "a_b, (c)", ["_", ",", "(", ")"]),
        ("replacement_share", "a\ufffdb\x00\x1c\ud800", ["\ufffd", "\x00", "\ud800"]),
        ("code_share", "Prose here.\n  import os\nx = 1", ["import os", "x = 1"]),
        ("markup_share", "a <b>bold</b> &amp; so", ["<b>", "</b>", "&amp;"]),
        ("terminal_punctuation_share", "A title\n An end. \n", ["An end."]),
        ("bullet_line_share", " - one\ntwo", ["- one"]),
        ("short_line_share", f"{GOOD}\n short ", ["short"]),
        ("duplicate_line_share", "one\n one \ntwo", ["one"]),
        ("list_line_share", "a) one\n a|b|c\n2. two\nthree", ["a) one", "2. two"]),
        ("table_line_share", "a,b,c\nd,e,f\ng,h,i\nx|y|z\n- no", ["a,b,c", "d,e,f", "g,h,i", "x|y|z"]),
        ("mojibake_share", "cafÃ© isnâ€™t café", ["Ã©", "â€™"]),
        ("lost_character_share", "a\ufffdb\x00", ["\ufffd"]),
        ("control_character_share", "a\ufffdb\x00", ["\x00"]),
        ("ocr_noise_share", "t h e y are c0ming wi|l a1/b2c", ["t h e y", "c0ming", "wi|l"]),
        ("mathematics_share", "Let $x^2$ be.\na + b = c\nfor \\alpha", ["$x^2$", "a + b = c", "\\alpha"]),
        ("text_year_count", "In 1968 of 1500 men, 1999-03-04", ["1968", "1999"]),
        ("text_year_median", "In 1968 and (2001)", ["1968", "2001"]),
        ("text_year_latest", "In 1968, in 2001, by 2001", ["2001", "2001"]),
        ("rps_doc_lorem_ipsum", "So, Lorem\n'Ipsum' dolor", ["Lorem\n'Ipsum'"]),
        ("rps_doc_curly_bracket", "a {b} c", ["{", "}"]),
        ("rps_doc_frac_lines_end_with_ellipsis", "so ... \nso... on", ["so ..."]),
        ("rps_doc_symbol_to_word_ratio", "# so... on…", ["#", "...", "…"]),
        ("rps_doc_frac_no_alph_words", "B2 costs 12 €, да", ["12", "€,", "да"]),
        ("rps_doc_frac_all_caps_words", "NASA-B2 or Up 12", ["NASA", "B2"]),
        ("rps_doc_frac_chars_top_2gram", "A b. c a B", ["A b.", "a B"]),
        ("rps_doc_frac_chars_top_3gram", "x x x x y", ["x x x x"]),
        ("rps_doc_frac_chars_top_4gram", "a b c d e", []),
        ("rps_doc_frac_chars_dupe_5grams", f"{ABCDE}. So {ABCDE.upper()}!", [f"{ABCDE}.", f"{ABCDE.upper()}!"]),
        ("rps_doc_stop_word_fraction", "the end", []),
        ("rps_doc_ldnoobw_words", "the end", []),
        ("rps_lines_javascript_counts", "JavaScript, (javascript) javascripts", ["JavaScript,", "(javascript)"]),
        ("rps_lines_ending_with_terminal_punctution_mark", "So. \nSo:\nSo”", ["So.", "So”"]),
        ("rps_lines_uppercase_letter_fraction", "Up NASA", ["U", "NASA"]),
        ("rps_lines_numerical_chars_fraction", "a 12 ½", ["12", "½"]),
        ("rps_lines_start_with_bulletpoint", "• one\n- two\n ▪ three", ["• one", "▪ three"]),
    ],
)  # fmt: skip
def test_contributing(column, text, expected):
    """What is marked is what the value counts."""
    assert expected == marked(text, contributing(text, column))


def test_every_column_belongs_to_its_signal():
    """No column is invented."""
    assert [] == [name for name, (kind, _, _) in COLUMNS.items() if name not in kind().columns]


def test_signals_settings_move_what_is_marked(tmp_path):
    """What a line's length, the latest year or the list of words may be is the signal's own setting."""
    words = tmp_path / "words.txt"
    words.write_text("the\nbad end\nend\n")
    text = "The bad, end of the End"

    assert [] == contributing("short", "short_line_share", {"short_line": 4})
    assert [] == contributing("in 2001", "text_year_count", {"last_year": 2000})
    assert ["end", "the"] == marked(
        text, contributing(text, "rps_doc_stop_word_fraction", {"words": str(words)})
    )
    assert ["The", "bad, end", "the", "End"] == marked(
        text, contributing(text, "rps_doc_ldnoobw_words", {"words": str(words)})
    )


CALM = "The weather was fine and we walked along the river until it grew dark and the others went home. " * 2
ODD = "The priest was an odd one."
VILE = "All those filthy Muslims are vermin and we must kill every one of them now."


def test_a_level_is_carried_by_the_passages_that_reach_it():
    """Of three passages the hateful one; in a dimension below level 1, the one with the highest level."""
    spans = contributing(CALM + VILE, "toxicity_religion")
    level = ToxicityDimensions().score([CALM + VILE])["toxicity_religion"][0]

    assert marked(CALM + VILE, spans)[-1].endswith(VILE)
    assert [f"level {level:.1f}"] == [span.why for span in spans]
    assert ["The priest was an odd one."] == marked(ODD, contributing(ODD, "toxicity_religion"))
    assert [] == contributing("12 34", "toxicity_religion")


@pytest.mark.parametrize(
    ("text", "fast", "encoder"),
    [
        ("Fine weather. You are a stupid idiot!", ["You are a stupid idiot!"], ["You are a stupid idiot!"]),
        ("We went home. The sea was calm.", ["We went home."], []),
    ],
    ids=["insult", "nothing suspect"],
)
def test_the_sentences_are_those_of_the_model_that_scored(text, fast, encoder):
    """The setting says which; where nothing reaches 0.5 it is the highest of what was read."""
    found = [marked(text, contributing(text, "toxicity", {"model": model})) for model in ("fast", "encoder")]

    assert [fast, encoder] == found


def test_a_mark_says_the_score_of_its_own_model():
    """The fast model is less sure of hatred in calm words."""
    text = "We had tea. All women should be gassed."
    fast, encoder = (contributing(text, "toxicity", {"model": model})[0].why for model in ("fast", "encoder"))

    assert float(fast.removeprefix("toxicity ")) < float(encoder.removeprefix("toxicity "))


@pytest.mark.parametrize("column", ["toxicity", "toxicity_ability"])
def test_unscored(column):
    """Why there is no score, by the settings that the column was made with; other columns do not tell."""
    german = "Der Hund lief schnell über die Straße und bellte laut."

    assert "no words" == unscored("12 34", column)
    assert "language not covered" == unscored(german, column)
    assert None is unscored(german, column, {"max_other_language": 1.1})
    assert None is unscored("The dog ran across the street.", column)
    assert None is unscored("12 34", "word_count")


ON_A_FILE, SLOW = {"rps_stop_words", "rps_bad_words"}, {"toxicity", "toxicity_dimensions"}  # run an encoder
SCORED = sorted({kind.name for kind, _, _ in COLUMNS.values()} - ON_A_FILE - SLOW)


@pytest.mark.parametrize("name", SCORED)
@settings(max_examples=40, deadline=None)
@given(text=TEXTS.filter(str.strip))
def test_places_are_marked_where_the_value_is_not_0(name, text):
    """A signal's value is above 0 exactly where one of its places is marked."""
    for column, values in SIGNALS[name]().score([text]).items():
        if column not in COLUMNS:
            continue
        value = values[0].as_py() if name == "rps_lines" else [float(values[0])]
        above = any(v > 0 for v in value if not math.isnan(v))

        assert above == bool(contributing(text, column)), column


@settings(max_examples=200, deadline=None)
@given(TEXTS.filter(str.strip))
def test_mathematics_is_what_the_signal_takes_away(text):
    """What is left has as many characters, each at its place."""
    rest = rest_of(text)

    assert pytest.approx(_share(text)) == 1 - len(rest.text) / len(text)
    assert rest.text == "".join(text[i] for i in rest.origin)


@settings(max_examples=40, deadline=None)
@given(st.lists(st.sampled_from(["a", "B.", "b", "-", "longer", "Longer,", "É"]), min_size=1, max_size=60))
def test_n_grams_are_those_that_redpajama_counts(pieces):
    """The marked words' characters are the fraction that the column holds."""
    text = " ".join(pieces)
    words = normalised_words(text)
    total = max(1, sum(len(word) for word, _, _ in words))
    values = {key: value[0] for key, value in RpsRepetition().score([text]).items()}

    def characters(spans):
        return sum(len(w) for s in spans for w, start, end in words if s.start <= start and end <= s.end)

    assert _words.normalised(text).split() == [word for word, _, _ in words]
    for n in (2, 3, 4):
        assert round(characters(top(n, text, None)) / total, 8) == values[f"rps_doc_frac_chars_top_{n}gram"]
    for n in range(5, 11):
        share = characters(merged(duplicated(n, text, None))) / total
        assert round(share, 8) == values[f"rps_doc_frac_chars_dupe_{n}grams"]


# --- all of them -------------------------------------------------------------------------------------


def spans_of(text):
    """Return the spans of every reason and column."""
    found = {reason: offending(text, reason) for reason in REASONS}
    quick = [column for column, (kind, _, _) in COLUMNS.items() if kind.name not in SLOW]
    return found | {column: contributing(text, column) for column in quick}


@settings(max_examples=40, deadline=None)
@given(st.one_of(TEXTS, st.text(st.characters(codec=None), max_size=60)))
def test_spans_are_in_order_apart_and_inside(text):
    """Each span is inside the text, holds something and begins where the last one ended or later."""
    for name, spans in spans_of(text).items():
        bounds = [at for start, end, _ in spans for at in (start, end)]

        assert sorted(bounds) == bounds, name
        assert all(0 <= start < end <= len(text) and why for start, end, why in spans), name


@pytest.mark.parametrize(
    "text",
    [
        "",
        " \n\t",
        "x" * 100_000,
        "# " * 50_000,
        "a b\n" * 20_000,
        "..." * 30_000,
        "\ud800\x00" * 30_000,
        "$" * 30_000,
        "lorem ipsum {" * 8_000,
    ],
    ids=["empty", "blank", "one word", "marks", "copies", "dots", "damage", "signs", "placeholder"],
)
def test_hostile_texts(text):
    """Spans are bounded in number, and found in linear time."""
    assert MOST_SPANS >= max(map(len, spans_of(text).values()))


def test_spans_are_merged():
    """Touching and overlapping ones of one reason become one; the first keeps its place before another."""
    found = [
        Span(0, 2, "a"),
        Span(1, 3, "a"),
        Span(3, 4, "a"),
        Span(3, 6, "b"),
        Span(5, 6, "c"),
        Span(7, 7, "c"),
    ]

    assert [Span(0, 4, "a"), Span(4, 6, "b")] == merged(found)


def test_explained():
    """One sentence each says what is marked, or that nothing is."""
    assert "Marked: lines that start with a bullet." == explained("gopher_too_many_bullets")
    assert "Marked: years." == explained("text_year_count")
    assert "Nothing is marked: no single place of the text shows it." == explained("gopher_short_doc")
    assert explained("word_count") == explained("no such column")

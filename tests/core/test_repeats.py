"""Repeats are what stands twice: found to the letter, across documents, whatever the order and the workers."""

import random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core import repeats as stage
from core.errors import BadInputError
from core.repeated import finder, tallies, windows
from core.repeated.pieces import VARIOUS, Pieces
from core.types import Document
from core.workspace import Workspace

SMALL = 24  # characters, pieces and records at once: so that every border is met
LETTERS = "abcdefghijklmnopqrstuvwxyzäöü漢字𝔘𝕟😀 "


def corpus(folder, texts, sources=None):
    """Return a workspace whose corpus `c` holds the texts."""
    home = Workspace(folder)
    named = zip(texts, sources or ["s"] * len(texts), strict=True)
    documents = [(Document(f"d{i}", text, source), 1) for i, (text, source) in enumerate(named)]
    home.write_corpus("c", documents, tokenizer="words")
    return home


def found(home, unit="substring", length=10, **settings_):
    """Run the stage; return its result and its columns by their short names."""
    result = stage.repeats(home, "c", unit, length, workers=1, **settings_)
    stem = f"repeated_{unit}_"
    rows = home.read(home.corpus("c"), list(result["columns"])).to_pylist()
    return result, [{key.removeprefix(stem): value for key, value in row.items()} for row in rows]


def covered(texts, length, sources=None):
    """The definition: characters inside any stretch that stands twice, and inside any that stood before."""
    places = {}
    for i, text in enumerate(texts):
        for at in range(len(text) - length + 1):
            places.setdefault((sources and sources[i], text[at : at + length]), []).append((i, at))
    inside, surplus = [set() for _ in texts], [set() for _ in texts]
    for where in places.values():
        if len(where) > 1:
            for i, at in where:
                inside[i].update(range(at, at + length))
            for i, at in where[1:]:
                surplus[i].update(range(at, at + length))
    return inside, surplus


def times(piece, texts):
    """How often a piece stands in texts, overlapping itself or not."""
    return sum(text.startswith(piece, at) for text in texts for at in range(len(text)))


def noise(seed, size):
    """Return characters that repeat nothing of 10 characters, practically."""
    return "".join(random.Random(seed).choices(LETTERS, k=size))


def test_planted_stretches_are_found_where_they_stand(tmp_path):
    """Across documents, inside one, overlapping one another, beyond the basic plane; no character more."""
    one, other = "1" + noise(1, 28) + "2", "3" + noise(2, 28) + "4"
    texts = [
        noise(3, 50) + one + noise(4, 50),
        one[:20] + other + noise(5, 9),
        noise(6, 40) + other + one[:20] + other,
        noise(7, 200),
    ]
    result, rows = found(corpus(tmp_path, texts))

    assert [[[50, 70]], [[0, 50]], [[40, 120]], []] == [row["spans"] for row in rows]
    assert [20, 50, 80, 0] == [row["characters"] for row in rows]
    assert [0, 20 / 59, 80 / 120, 0] == pytest.approx([row["surplus"] for row in rows])
    assert [3, 150] == [result["documents"], result["characters"]]


@given(
    st.lists(st.text("ab😀", max_size=60), min_size=1, max_size=6),
    st.integers(8, 20),
    st.sampled_from(["global", "local"]),
)
@settings(max_examples=40, deadline=None)
def test_agrees_with_the_definition(tmp_path_factory, texts, length, scope):
    """Seeds, hashes, stretches of long texts and counts on disk give what a plain search gives."""
    sources = ["st"[i % 2] for i in range(len(texts))]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(windows, "AT_ONCE", SMALL)
        patch.setattr(finder, "PIECES_AT_ONCE", SMALL)
        patch.setattr(tallies, "AT_ONCE", SMALL)
        home = corpus(tmp_path_factory.mktemp("ws"), texts, sources)
        result, rows = found(home, length=length, scope=scope)
    inside, surplus = covered(texts, length, sources if scope == "local" else None)
    suffix = "_local" if scope == "local" else ""

    assert list(map(len, inside)) == [row[f"characters{suffix}"] for row in rows]
    assert [len(s) / len(t) if t else None for s, t in zip(surplus, texts, strict=True)] == [
        row[f"surplus{suffix}"] for row in rows
    ]
    assert inside == [{c for a, b in row[f"spans{suffix}"] for c in range(a, b)} for row in rows]
    for one in result["frequent"]:
        first, begin = int(one["id"][1:]), one["begin"]
        among = [t for t, s in zip(texts, sources, strict=True) if scope == "global" or s == sources[first]]

        assert times(texts[first][begin : begin + one["characters"]], among) == one["count"]


@given(st.lists(st.text("ab", min_size=30, max_size=90), min_size=2, max_size=3), st.integers(8, 40))
@settings(max_examples=60, deadline=None)
def test_every_window_that_repeats_holds_a_seed_that_repeats(texts, length):
    """The guarantee of winnowing, for any length of a window."""
    cutter, none = windows.Windows(length), np.zeros(len(texts), np.uint64)
    seeds = np.concatenate([np.zeros(0, np.uint64), *(piece.key for piece in cutter.seeds(texts, none))])
    keys, counts = np.unique(seeds, return_counts=True)
    pieces = list(cutter.find(texts, none, keys[counts > 1]))
    places = {
        (i, at) for piece in pieces for i, at in zip(piece.owner.tolist(), piece.begin.tolist(), strict=True)
    }
    all_ = [(i, at) for i, text in enumerate(texts) for at in range(len(text) - length + 1)]
    said = [texts[i][at : at + length] for i, at in all_]

    assert {place for place, words in zip(all_, said, strict=True) if said.count(words) > 1} <= places


def test_a_repeat_that_is_listed_stands_as_often_as_it_says(tmp_path):
    """Two that stand equally often, one a character behind the other, are not one that stands so often."""
    text = noise(1, 21)
    result, _ = found(corpus(tmp_path, [text, noise(2, 9) + text[:20], text[1:] + noise(3, 9)]), length=20)
    home = corpus(tmp_path / "apart", [text + "." + noise(4, 9), text[:20], text[1:] + "."])
    apart, _ = found(home, length=20)

    assert [(2, 20, 0)] == [(one["count"], one["characters"], one["begin"]) for one in result["frequent"]]
    assert [(2, 21, 1)] == [(one["count"], one["characters"], one["begin"]) for one in apart["frequent"]]


def test_repeats_that_differ_by_a_few_characters_are_listed_once(tmp_path):
    """The one that stands most often; another that says something else is listed beside it."""
    greeting, other = noise(1, 40), noise(2, 40)
    texts = [greeting + noise(3, 5), greeting + "a" + noise(4, 5), greeting + "a" + noise(5, 5), other, other]
    result, _ = found(corpus(tmp_path, texts), length=36)

    assert [(3, 40, "d0"), (2, 40, "d3")] == [
        (one["count"], one["characters"], one["id"]) for one in result["frequent"]
    ]


def test_local_never_finds_what_global_misses(tmp_path):
    """A stretch that two sources share stands once in each."""
    shared, own = noise(1, 40), noise(2, 40)
    home = corpus(tmp_path, [shared, shared + own, own], ["web", "books", "books"])
    result, rows = found(home)
    local = found(home, scope="local")[1]

    assert [40, 80, 40] == [row["characters"] for row in rows]
    assert [0, 40, 40] == [row["characters_local"] for row in local]
    assert {"documents": 1, "characters": 40, "share": 1.0, "surplus": 0.0} == result["by_domain"]["web"]


def test_one_character_a_million_times(tmp_path):
    """Every window but the first stood before it."""
    result, rows = found(corpus(tmp_path, ["a" * 1_000_000]), length=200)

    assert [[0, 1_000_000]] == rows[0]["spans"]
    assert 999_999 / 1_000_000 == rows[0]["surplus"]
    assert [{"count": 999_801, "characters": 200, "id": "d0", "begin": 0}] == result["frequent"]


@pytest.mark.parametrize("texts", [["short"], [""], ["", "abc", "abc"], [noise(1, 500)]])
def test_nothing_to_find(tmp_path, texts):
    """One document, an empty one, ones shorter than a window: no repeat; an empty text has no share."""
    result, rows = found(corpus(tmp_path, texts))

    assert [0, []] == [result["characters"], result["frequent"]]
    assert [0.0 if text else None for text in texts] == [row["share"] for row in rows]
    assert [0.0 if text else None for text in texts] == [row["surplus"] for row in rows]


def test_all_equal(tmp_path):
    """Every copy is marked, and every one but the first is surplus."""
    result, rows = found(corpus(tmp_path, [noise(1, 100)] * 5))

    assert [1.0] * 5 == [row["share"] for row in rows]
    assert [0.0, 1.0, 1.0, 1.0, 1.0] == [row["surplus"] for row in rows]
    assert [{"count": 5, "characters": 100, "id": "d0", "begin": 0}] == result["frequent"]


def test_lines_repeat_in_any_case_and_spacing(tmp_path):
    """Blank lines are none; the share is of the lines' characters; white space around them is not marked."""
    home = corpus(tmp_path, ["Home | About\n\n  only here", "\thome  |  about \r\nhome | about", "\n \n"])
    result, rows = found(home, "line", 1)

    assert [[[0, 12]], [[1, 15], [18, 30]], []] == [row["spans"] for row in rows]
    assert [12 / 21, 1.0, None] == [row["share"] for row in rows]
    assert [0.0, 1.0, None] == [row["surplus"] for row in rows]
    assert [1, 2, 0] == [row["count"] for row in rows]
    assert [{"count": 3, "characters": 12, "id": "d0", "begin": 0}] == result["frequent"]


def test_paragraphs_are_parted_by_blank_lines(tmp_path):
    """A line of a paragraph alone is not the paragraph."""
    rows = found(corpus(tmp_path, ["one\ntwo\n \nthree", "three\n\n\none", "One two\n"]), "paragraph", 1)[1]

    assert [[[0, 7], [10, 15]], [[0, 5]], [[0, 7]]] == [row["spans"] for row in rows]


def test_sentences_end_where_white_space_follows(tmp_path):
    """Not inside a number or an address; in Chinese without any space; at a line's end without a mark."""
    texts = [
        "Pi is 3.14. Really?! So say we all",
        "so say we all\nReally?! 对。错。",
        "错。 Pi is 3.14.",
    ]
    rows = found(corpus(tmp_path, texts), "sentence", 1)[1]

    assert [[[0, 11], [12, 20], [21, 34]], [[0, 13], [14, 22], [25, 27]], [[0, 2], [3, 14]]] == [
        row["spans"] for row in rows
    ]


def test_short_lines_may_be_left_out(tmp_path):
    """A line below the length is no repeat, and still part of the document."""
    rows = found(corpus(tmp_path, ["}\na   b\nlong enough", "}\na b\na   b\nlong enough"]), "line", 5)[1]

    assert [[[2, 7], [8, 19]], [[6, 11], [12, 23]]] == [row["spans"] for row in rows]
    assert [16 / 17, 16 / 20] == [row["share"] for row in rows]


def test_the_order_does_not_matter_to_what_repeats(tmp_path):
    """Only which copy is the first depends on it."""
    texts = [noise(i % 7, 60) + noise(100 + i, 30) for i in range(20)]
    order = random.Random(0).sample(range(20), 20)
    rows = found(corpus(tmp_path / "a", texts))[1]
    moved = found(corpus(tmp_path / "b", [texts[i] for i in order]))[1]

    assert [rows[i]["spans"] for i in order] == [row["spans"] for row in moved]
    assert sum(row["surplus"] for row in rows) == pytest.approx(sum(row["surplus"] for row in moved))


def test_workers_do_not_matter(tmp_path, monkeypatch):
    """One process and two give the same columns and the same report."""
    texts = [noise(i % 7, 60) + noise(100 + i, 30) for i in range(20)]
    alone = found(corpus(tmp_path / "a", texts))
    monkeypatch.setattr(stage, "SHARD_ROWS", 3)
    monkeypatch.setattr(finder, "SHARD_ROWS", 3)
    home = corpus(tmp_path / "b", texts)
    result = stage.repeats(home, "c", "substring", 10, workers=2)
    rows = home.read(home.corpus("c"), list(result["columns"])).to_pylist()

    assert alone[0] == result
    assert [row["spans"] for row in alone[1]] == [row["repeated_substring_spans"] for row in rows]


def test_asking_again_costs_nothing(tmp_path, monkeypatch):
    """The report is kept by unit and scope, and nothing is left behind in the workspace."""
    home = corpus(tmp_path, [noise(1, 50)] * 2)
    first, lines = found(home)[0], found(home, "line", 1)[0]
    monkeypatch.setattr(stage.Finder, "count", None)

    assert first == found(home)[0]
    assert {"repeated_substring": first, "repeated_line": lines} == home.report(home.corpus("c"), "repeats")
    assert [] == list(home.generation(home.corpus("c")).glob("repeats/*"))


@pytest.mark.parametrize("unit", ["substring", "line"])
def test_a_killed_count_goes_on(tmp_path, monkeypatch, unit):
    """Wherever a run stops, the next counts only the shards that are missing, to the same columns."""
    monkeypatch.setattr(stage, "SHARD_ROWS", 3)
    monkeypatch.setattr(finder, "SHARD_ROWS", 3)
    texts = [noise(i % 5, 40) + "\n" + noise(100 + i, 20) for i in range(15)]
    whole = found(corpus(tmp_path / "whole", texts), unit)
    home, counted, stops = corpus(tmp_path / "killed", texts), [], 0
    real_tally = finder.Finder.tally
    monkeypatch.setattr(
        finder.Finder, "tally", lambda self, *a: counted.append(a[1:]) or real_tally(self, *a)
    )
    while True:
        try:
            result = found(home, unit, progress=stop_at(stops + 3))
            break
        except KeyboardInterrupt:
            stops += 1

    passes = ["seeds", "pieces"] if unit == "substring" else ["pieces"]
    assert [(what, (at, 3)) for what in passes for at in range(0, 15, 3)] == counted
    assert whole[1] == result[1]
    assert stops > 2


def stop_at(call):
    """Progress that interrupts at its so-manieth call; every run comes farther than the one before."""
    calls = []

    def progress(*_):
        calls.append(1)
        if len(calls) == call:
            raise KeyboardInterrupt

    return progress


def test_a_preset_drops_what_stood_before(tmp_path):
    """MixtureVitae's filter keeps the first copy, and a document that is three quarters repeated."""
    preset = stage.PRESETS["mixturevitae"]
    home = corpus(tmp_path, ["One. Two. Six.", "One. Two. Six. Ten.", "One. Two. Six.", ""])
    stage.repeats(home, "c", preset.unit, preset.length)

    assert [True, True, False, True] == home.keep_mask(home.corpus("c"), preset.keep).tolist()


@pytest.mark.parametrize(
    ("given_", "rule"),
    [
        ({"unit": "word"}, "no such unit; choose substring, line, paragraph, sentence"),
        ({"scope": "source"}, "no such scope; choose global or local"),
        ({"length": 7}, "length = 7: a substring that counts has 8 to 100,000 characters"),
        ({"unit": "line", "length": 0}, "length = 0: a line that counts has 1 to"),
    ],
)
def test_bad_settings_are_named(tmp_path, given_, rule):
    """The value, the rule and the remedy."""
    with pytest.raises(BadInputError, match=rule):
        stage.repeats(corpus(tmp_path, ["a"]), "c", **given_)


def test_two_pieces_in_one_key_stay_two():
    """Where 64 bits do not tell them apart, the next 64 do."""
    keys, checks = np.array([7, 7, 7, 9], np.uint64), np.array([2, 1, 2, 5], np.uint64)
    places = np.arange(4)
    follows = np.array([65, 65, 66, 65], np.uint64)
    pieces = Pieces(np.zeros(4, np.int64), places, places + 1, keys, checks, follows)
    fields = [keys, checks, np.ones(4, np.uint64), places.astype(np.uint64), follows]
    records = tallies._counted(np.stack(fields))
    at, hit = tallies.Table(*records).find(pieces)

    assert [[7, 7, 9], [1, 2, 5], [1, 2, 1], [1, 0, 3], [65, int(VARIOUS), 65]] == records.tolist()
    assert [1, 0, 1, 2] == at.tolist()
    assert hit.all()

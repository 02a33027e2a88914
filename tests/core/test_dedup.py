"""Deduplication keeps whom it was told to keep, by source or across, survives a kill, and sounds an alarm."""

import json

import numpy as np
import pytest

from core import signatures
from core.dedup import dedup, ensure
from core.errors import BadInputError, NotFoundError
from core.types import Document
from core.workspace import Workspace

VOCABULARY = np.array([f"word{i}" for i in range(900)])


def prose(seed, size=80):
    return " ".join(np.random.default_rng(seed).choice(VOCABULARY, size=size))


def corpus(folder, texts, fields=None):
    """Return a workspace whose corpus `c` holds (text, source) pairs."""
    home = Workspace(folder)
    given = fields or [{}] * len(texts)
    documents = [(Document(f"d{i}", t, s, given[i]), 1) for i, (t, s) in enumerate(texts)]
    home.write_corpus("c", documents)
    return home


def families(seed, count=120):
    """Texts with edits of edits, in three sources: what groups badly."""
    rng = np.random.default_rng(seed)
    found = [prose(seed * 1000 + i).split() for i in range(count // 6)]
    while len(found) < count:
        words = list(found[rng.integers(len(found))])
        for at in rng.integers(0, len(words), size=rng.choice([0, 0, 1, 2])):
            words[at] = f"edit{rng.integers(1_000_000)}"
        found.append(words[: len(words) - rng.choice([0, 0, 3])])
    return [(" ".join(words), "abc"[rng.integers(3)]) for words in found]


@pytest.fixture
def workspace(tmp_path):
    texts = [
        (prose(0), "web"),
        (prose(0) + " and a little more", "web"),
        (prose(1), "web"),
        (prose(1), "books"),
        (prose(2), "books"),
        (prose(0), "books"),
    ]
    return corpus(tmp_path / "ws", texts, [{"score": s} for s in (3.0, None, 1.0, 2.0, 5.0, 4.0)])


def columns(workspace, suffix=""):
    names = ["duplicate_group" + suffix, "is_duplicate" + suffix]
    found = workspace.read(workspace.corpus("c"), names)
    return [found[name].to_pylist() for name in names]


# --- scopes -----------------------------------------------------------------------------------------


def test_global_scope_compares_across_sources(workspace):
    """Groups are named by their first row; the longest text survives, of equals the first source's."""
    result = dedup(workspace, "c", "minhash", "global")

    assert columns(workspace) == [[0, 0, 2, 2, 4, 0], [True, False, True, False, False, True]]
    assert (result["groups"], result["duplicates"]) == (2, 3)
    assert result["share_by_domain"] == {"web": 2 / 3, "books": 1 / 3}
    assert result["largest_group"] == {"row": 0, "members": 3}
    assert result == workspace.report(workspace.corpus("c"), "duplicates")


def test_local_scope_stays_inside_a_source(workspace):
    """Copies in another source do not count, and the columns have names of their own."""
    result = dedup(workspace, "c", "minhash", "local")

    assert columns(workspace, "_local") == [[0, 0, 2, 3, 4, 5], [True] + [False] * 5]
    assert result["duplicates"] == 1


def test_both_scopes_stand_side_by_side(workspace):
    """One report shows what each removes by source, and both columns hang."""
    result = dedup(workspace, "c", "minhash", "both")

    assert result["side_by_side"] == {
        "books": {"documents": 3, "local": 0, "global": 1},
        "web": {"documents": 3, "local": 1, "global": 2},
    }
    assert (result["local"]["duplicates"], result["global"]["duplicates"]) == (1, 3)
    assert [sum(columns(workspace, suffix)[1]) for suffix in ("_local", "")] == [1, 3]


@pytest.mark.parametrize("method", ["minhash", "exact", "semantic"])
@pytest.mark.parametrize("seed", range(3))
def test_local_never_finds_what_global_misses(tmp_path, method, seed):
    """Every local group lies within one global group, and every local duplicate is a global one."""
    home = corpus(tmp_path, families(seed))
    hang_vectors(home, seed)
    dedup(home, "c", method, "both", settings={"epsilon": 0.1} if method == "semantic" else None)
    (local, dropped), (wide, dropped_wide) = (map(np.array, columns(home, s)) for s in ("_local", ""))

    assert (wide[local] == wide).all()
    assert not (dropped & ~dropped_wide).any()
    assert dropped_wide.sum() > dropped.sum() > 0


def hang_vectors(home, seed=0):
    """Vectors in a few tight bundles, so that chains are possible."""
    one = home.corpus("c")
    rng = np.random.default_rng(seed)
    vectors = rng.normal(size=(one.documents // 8, 16))[rng.integers(one.documents // 8, size=one.documents)]
    vectors += 0.2 * rng.normal(size=vectors.shape)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    column = home.column(one, "hand", 1, {}, ("vector",), "vectors")
    home.write_whole_column(one, column, {"vector": vectors.astype(np.float32)})


# --- who survives -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("keep", "survivors"),
    [
        ("longest", [1, 3, 4]),
        ("highest:score", [3, 4, 5]),
        ("lowest:score", [0, 2, 4]),
        ("sources:books", [3, 4, 5]),
        ("sources:web,books", [1, 2, 4]),
    ],
)
def test_the_survivor_is_chosen(workspace, keep, survivors):
    """By length, by a column (a null is last), or by an order of sources; the report says it in words."""
    result = dedup(workspace, "c", "minhash", keep=keep)

    assert survivors == np.flatnonzero(~np.array(columns(workspace)[1])).tolist()
    assert result["keep"].startswith(("the longest", "the highest score", "the lowest score", "the first of"))


def test_the_choice_signs_the_column(workspace):
    """Another survivor is another column, and a mixture keeps the one that was chosen."""
    dedup(workspace, "c", "minhash", settings={"threshold": 0.9, "floor": 0.5}, keep="lowest:score")
    before = workspace.columns(workspace.corpus("c"))
    ensure(workspace, "c", "minhash", "global")

    assert before == workspace.columns(workspace.corpus("c"))
    assert ("lowest:score", 0.9) == (before[0].settings["keep"], before[0].settings["threshold"])


def test_the_last_method_asked_for_is_current(workspace):
    """Going back to a method that was run before shows its columns again, at no cost."""
    first = dedup(workspace, "c", "minhash")
    exact = dedup(workspace, "c", "exact")
    again = dedup(workspace, "c", "minhash")

    assert exact["duplicates"] == 2
    assert first == again
    assert sum(columns(workspace)[1]) == 3


# --- the report -------------------------------------------------------------------------------------


def test_a_dry_run_hangs_nothing(workspace):
    """It tells what a run would, and keeps neither column nor report."""
    told = dedup(workspace, "c", dry_run=True)
    one = workspace.corpus("c")

    assert [] == workspace.columns(one)
    assert workspace.report(one, "duplicates") is None
    assert {**told, "dry_run": False} == dedup(workspace, "c")


def test_a_source_wiped_out_raises_an_alarm(tmp_path):
    """So does a group of suspicious size, with members to look at; never with their words."""
    texts = [("notice of the terms of use for all of us", "legal")] * 60 + [
        (prose(i), "web") for i in range(40)
    ]
    result = dedup(corpus(tmp_path, texts), "c", dry_run=True)

    assert result["alarms"] == [
        "legal would lose 98.3% of its documents (59 of 60); look at its groups before you remove anything",
        "the largest group has 60 members, from row 0 on; see d0, d6, d13",
    ]
    assert result["suspicious"][0]["sources"] == {"legal": 60}
    assert {"2": 0, **result["sizes"]} == {"2": 0, "33-64": 1}
    assert "notice" not in json.dumps(result)


def test_the_matrix_counts_who_has_duplicates_where(workspace):
    """A's documents with a duplicate in B; the diagonal only where another of the same source is alike."""
    result = dedup(workspace, "c")

    assert result["matrix"] == {"books": {"web": 2}, "web": {"books": 3, "web": 2}}


def test_the_matrix_by_hand(tmp_path):
    """One of books is in web and in news; two of web are alike."""
    texts = [
        (prose(0), "books"),
        (prose(0), "web"),
        (prose(0), "web"),
        (prose(0), "news"),
        (prose(1), "news"),
    ]
    result = dedup(corpus(tmp_path, texts), "c", "exact")

    assert result["matrix"] == {
        "books": {"news": 1, "web": 1},
        "news": {"books": 1, "web": 1},
        "web": {"books": 2, "news": 2, "web": 2},
    }


# --- the same result, however it is run ---------------------------------------------------------------


@pytest.mark.parametrize("method", ["minhash", "exact"])
def test_any_order_gives_the_same_sets(tmp_path, method):
    """Shuffled documents fall into the same groups, and the same texts survive."""
    texts = families(7)
    order = np.random.default_rng(1).permutation(len(texts))
    found = []
    for name, some in (("a", texts), ("b", [texts[i] for i in order])):
        home = corpus(tmp_path / name, some)
        dedup(home, "c", method)
        groups, dropped = columns(home)
        sets = {frozenset(some[i] for i in np.flatnonzero(np.array(groups) == g)) for g in groups}
        found.append((sets, sorted(t for t, gone in zip(some, dropped, strict=True) if not gone)))

    assert found[0] == found[1]


def test_workers_shards_and_a_kill_change_nothing(tmp_path, monkeypatch):
    """A second run goes on from the shards that are there, in any number of processes."""
    monkeypatch.setattr(signatures, "SHARD_ROWS", 64)
    texts = families(3, 150)
    alone = corpus(tmp_path / "alone", texts)
    dedup(alone, "c", workers=1)
    killed = corpus(tmp_path / "killed", texts)

    def stop(done, total, message=""):
        if 0 < done < total:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        dedup(killed, "c", progress=stop, workers=1)
    parts = list(killed.generation(killed.corpus("c")).glob("signatures/*/part-*.parquet"))
    times = {part: part.stat().st_mtime_ns for part in parts}
    dedup(killed, "c", workers=2)

    assert 0 < len(parts) < 3
    assert times == {part: part.stat().st_mtime_ns for part in parts}
    assert columns(alone) == columns(killed)


def test_another_threshold_needs_no_new_signatures(workspace):
    """What a signature does not depend on does not sign it."""
    dedup(workspace, "c", "minhash")
    before = list(workspace.generation(workspace.corpus("c")).glob("signatures/*"))
    dedup(workspace, "c", "minhash", settings={"threshold": 0.9})

    assert before == list(workspace.generation(workspace.corpus("c")).glob("signatures/*"))


# --- presets and bad input --------------------------------------------------------------------------


@pytest.mark.parametrize(("preset", "unit"), [("fineweb", "word"), ("slimpajama", "character")])
def test_presets_are_settings_of_minhash(workspace, preset, unit):
    """They can be changed one by one, and their columns are minhash's."""
    result = dedup(workspace, "c", preset, settings={"seed": 3})

    assert ("minhash", unit, 3) == (result["method"], result["settings"]["unit"], result["settings"]["seed"])
    assert result["duplicates"] == 3


@pytest.mark.parametrize(
    ("error", "arguments", "more"),
    [
        (NotFoundError, ("guess",), {}),
        (BadInputError, ("exact", "nearby"), {}),
        (NotFoundError, ("semantic",), {}),
        (BadInputError, ("minhash",), {"settings": {"bands": 0}}),
        (BadInputError, ("minhash",), {"settings": {"threshold": 0.6}}),
        (BadInputError, ("minhash",), {"keep": "shortest"}),
        (BadInputError, ("minhash",), {"keep": "highest:"}),
        (BadInputError, ("minhash",), {"keep": "highest:nothing"}),
        (BadInputError, ("minhash",), {"keep": "highest:source"}),
        (BadInputError, ("minhash",), {"keep": "sources:nowhere"}),
    ],
)
def test_bad_input(workspace, error, arguments, more):
    """An unknown method, scope, survivor or setting, or a missing embedding, is the person's error."""
    with pytest.raises(error):
        dedup(workspace, "c", *arguments, **more)


@pytest.mark.parametrize("method", ["exact", "minhash", "slimpajama"])
@pytest.mark.parametrize(
    ("texts", "duplicates"), [(["one"], 0), (["one", "one"], 1), (["a b"] * 9, 8), (["one", "two"], 0)]
)
def test_few_documents(tmp_path, method, texts, duplicates):
    """One, two equal, all equal, and texts shorter than a shingle, which match where all their words do."""
    home = corpus(tmp_path, [(text, "web") for text in texts])

    assert duplicates == dedup(home, "c", method, "both")["duplicates"]


def test_a_preset_is_no_method_of_a_mixture(workspace):
    """The error says what to write instead."""
    with pytest.raises(BadInputError, match="name minhash in the mixture"):
        ensure(workspace, "c", "fineweb", "global")

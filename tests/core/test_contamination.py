"""Contamination: benchmark items planted in documents are found, by benchmark and by domain."""

import json
import random

import pytest

from core import contamination as overlap
from core.errors import BadInputError
from core.types import Document
from core.workspace import Workspace

NONCE = [
    a + b + c for a in ("ba", "ke", "li", "mo") for b in ("nu", "ra", "se", "ti") for c in ("vo", "zu", "dex")
]
RNG = random.Random(7)
ITEMS = [" ".join(RNG.choices(NONCE, k=24)) for _ in range(6)]  # of both benchmarks, three each
PROSE = " ".join(RNG.choices([f"{word}n" for word in NONCE], k=300))
CHANGED = ITEMS[0].upper().replace(" ", ", the ") + "!"
PARAPHRASED = " ".join(word if i % 8 else "otherwise" for i, word in enumerate(ITEMS[1].split()))
SAID = "speech said quite often everywhere always somehow becomes common among people everywhere talking loudly today"
DOCUMENTS = [
    ("exact", f"{PROSE} {ITEMS[0]} {PROSE}", "web"),
    ("changed", f"{PROSE} {CHANGED} {PROSE}", "web"),
    ("paraphrased", f"{PROSE} {PARAPHRASED} {PROSE}", "web"),
    ("both", f"{ITEMS[2]} {PROSE} {ITEMS[4]}", "books"),
    ("two n-grams", " ".join(ITEMS[3].split()[:14]), "books"),
    ("clean", PROSE, "books"),
    ("long", f"{ITEMS[5]} " + f"{PROSE} " * 90, "archive"),
]


def written(folder, documents=DOCUMENTS):
    """Return a workspace that holds them as the corpus `c`, ten tokens each."""
    home = Workspace(folder)
    home.write_corpus(
        "c", [(Document(i, text, source), 10) for i, text, source in documents], tokenizer="words"
    )
    return home


@pytest.fixture
def benchmarks(tmp_path):
    """Two files of three items each."""
    paths = [tmp_path / "sums.jsonl", tmp_path / "facts.jsonl"]
    for path, items in zip(paths, (ITEMS[:3], ITEMS[3:]), strict=True):
        lines = [json.dumps({"question": item, "id": i}) for i, item in enumerate(items)]
        path.write_text("\n".join(lines), encoding="utf-8")
    return paths


def hung(home, name):
    """Return a column by document's id."""
    found = home.read(home.corpus("c"), ["id", name]).to_pydict()
    return dict(zip(found["id"], found[name], strict=True))


def test_planted_items_are_found(tmp_path, benchmarks):
    """Exact, or with other case, punctuation and stop words; not paraphrased, not two n-grams, not 0.1 %."""
    home = written(tmp_path / "ws")
    overlap.contamination(home, "c", benchmarks)

    assert {
        "exact": 12, "changed": 12, "paraphrased": 0, "both": 24, "two n-grams": 2, "clean": 0, "long": 12,
    } == hung(home, "contamination_13")  # fmt: skip
    assert {
        "exact": "sums", "changed": "sums", "both": "facts, sums",
    } == {i: one for i, one in hung(home, "contamination_13_benchmark").items() if one}  # fmt: skip
    assert ["exact", "changed", "both"] == [i for i, one in hung(home, "contaminated_13").items() if one]
    coverage = hung(home, "contamination_13_coverage")
    assert 24 / 624 == pytest.approx(coverage["exact"])
    assert 48 / 348 == pytest.approx(coverage["both"])
    assert 24 / 27_024 == pytest.approx(coverage["long"])
    assert coverage["clean"] == 0


def test_shorter_ngrams_are_stricter(tmp_path, benchmarks):
    """With 8 words a paraphrase of every eighth word is still missed, a cut item is not; 13 stays."""
    home = written(tmp_path / "ws")
    overlap.contamination(home, "c", benchmarks)
    overlap.contamination(home, "c", benchmarks, n=8)

    assert hung(home, "contaminated_8")["two n-grams"]
    assert not hung(home, "contaminated_8")["paraphrased"]
    assert not hung(home, "contaminated_13")["two n-grams"]
    assert {"13", "8"} == set(home.report(home.corpus("c"), "contamination"))


def test_report_is_by_benchmark_and_by_domain(tmp_path, benchmarks):
    """Items found anywhere, documents and tokens contaminated; kept with the corpus."""
    home = written(tmp_path / "ws")
    result = overlap.contamination(home, "c", benchmarks)
    sums = result["by_benchmark"]["sums"]

    assert (3, 30, 72, 0) == tuple(result[k] for k in ("documents", "tokens", "ngrams", "common_ngrams"))
    assert {"items": 3, "items_hit": 2, "items_too_short": 0, "documents": 3, "tokens": 30} == {
        key: value for key, value in sums.items() if key != "by_domain"
    }
    assert {"books": {"documents": 1, "tokens": 10}, "web": {"documents": 2, "tokens": 20}} == sums[
        "by_domain"
    ]
    assert 2 == result["by_benchmark"]["facts"]["items_hit"]
    assert {"documents": 2, "tokens": 20, "all_documents": 3, "all_tokens": 30} == result["by_domain"]["web"]
    assert 0 == result["by_domain"]["archive"]["documents"]
    assert {"13": result} == home.report(home.corpus("c"), "contamination")


def test_common_speech_does_not_count(tmp_path, benchmarks):
    """N-grams of more than ten documents, beyond the share; at the limit they count."""
    benchmarks[0].write_text(json.dumps({"question": SAID * 1 + " " + ITEMS[0]}), encoding="utf-8")
    for copies, common in ((10, 0), (11, 3)):
        speakers = [(f"s{i}", f"{SAID} {i}", "web") for i in range(copies)]
        home = written(tmp_path / str(copies), [*speakers, ("exact", ITEMS[0], "web")])
        result = overlap.contamination(home, "c", benchmarks, min_hits=1)

        assert common == result["common_ngrams"]
        assert (1 if common else 11) == result["documents"]
    assert 0 == overlap.contamination(home, "c", benchmarks, min_hits=1, common=1.0)["common_ngrams"]


def test_the_same_again_costs_nothing(tmp_path, benchmarks, monkeypatch):
    """Files' bytes and settings sign the columns; the benchmarks' order does not matter."""
    home = written(tmp_path / "ws")
    first = overlap.contamination(home, "c", benchmarks)
    other = overlap.contamination(home, "c", benchmarks, min_hits=20)
    with monkeypatch.context() as patched:
        patched.setattr(overlap, "_index", None)
        again = overlap.contamination(home, "c", benchmarks[::-1], min_hits=20)

    assert other == again
    assert 0 == other["documents"]
    assert first == overlap.contamination(home, "c", benchmarks)
    assert hung(home, "contaminated_13")["exact"]
    benchmarks[0].write_text(json.dumps({"question": ITEMS[0]}), encoding="utf-8")
    assert 1 == overlap.contamination(home, "c", benchmarks)["by_benchmark"]["sums"]["items"]


def test_workers_do_not_matter(tmp_path, benchmarks, monkeypatch):
    """One process or two: the same bytes."""
    monkeypatch.setattr(overlap, "SHARD_ROWS", 3)
    homes = [written(tmp_path / name) for name in ("one", "two")]
    results = [
        overlap.contamination(home, "c", benchmarks, workers=n) for n, home in enumerate(homes, start=1)
    ]
    folders = [home.generation(home.corpus("c")) / "columns" for home in homes]
    bytes_of = [{p.name: p.read_bytes() for p in folder.glob("*/part-*.parquet")} for folder in folders]

    assert results[0] == results[1]
    assert 3 == len(bytes_of[0])
    assert bytes_of[0] == bytes_of[1]


def test_short_items_are_counted_apart(tmp_path, benchmarks):
    """An item that has fewer n-grams than it takes can never be found: the report says how many."""
    lines = [json.dumps({"question": item}) for item in (ITEMS[0], "too short", " ".join(NONCE[:14]))]
    benchmarks[0].write_text("\n".join(lines), encoding="utf-8")
    found = overlap.contamination(written(tmp_path / "ws"), "c", benchmarks[:1])["by_benchmark"]["sums"]

    assert (3, 1, 2) == (found["items"], found["items_hit"], found["items_too_short"])


@pytest.mark.parametrize(
    ("settings", "rule"),
    [
        ({"n": 1}, "must be 2 to 64 words"),
        ({"n": 65}, "must be 2 to 64 words"),
        ({"min_hits": 0}, "must be 1 or more"),
        ({"min_coverage": 1.5}, "is a share from 0 to 1"),
        ({"min_coverage": float("nan")}, "is a share from 0 to 1"),
        ({"common": 0.0}, "is a share above 0, up to 1"),
        ({"text_fields": ["answer"]}, "no field 'answer'; its fields: question, id"),
        ({"text_fields": ["id"]}, "field 'id' holds no text but int"),
        ({"n": 30}, "no item has 30 words"),
    ],
)
def test_bad_settings_are_named(tmp_path, benchmarks, settings, rule):
    """Out of range, or not what the benchmark has."""
    with pytest.raises(BadInputError, match=rule):
        overlap.contamination(written(tmp_path / "ws"), "c", benchmarks, **settings)


def test_benchmarks_are_several_and_named_apart(tmp_path, benchmarks):
    """None is an error, two of one name too."""
    home = written(tmp_path / "ws")
    with pytest.raises(BadInputError, match="at least one is needed"):
        overlap.contamination(home, "c", [])
    with pytest.raises(BadInputError, match="two benchmarks have this name"):
        overlap.contamination(home, "c", [benchmarks[0], benchmarks[0]])


def test_a_clean_corpus_has_clean_columns(tmp_path, benchmarks):
    """Nothing found, hostile texts and empty-handed documents among them."""
    texts = ["the of and", "!!! …", "天" * 100, "a" * 100_000, "\ud7ff\u200b x"]
    home = written(tmp_path / "ws", [(str(i), text, "web") for i, text in enumerate(texts)])
    result = overlap.contamination(home, "c", benchmarks)

    assert 0 == result["documents"]
    assert [0.0] * 5 == list(hung(home, "contamination_13_coverage").values())
    assert [False] * 5 == list(hung(home, "contaminated_13").values())

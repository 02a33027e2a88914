"""Two mixtures with the same seeds: differences that are more than noise."""

import json

import pyarrow.parquet as pq
import pytest

from core.backend.experiments.compare import Compare
from core.errors import BadInputError, TamperedError


def test_other_weights_tell_on_the_domains(conduct, tmp_path):
    """Nearly all law instead of half sea: by domain, in the table as in the result, and in words."""
    (tmp_path / "weights.yaml").write_text("weights: {law: 0.9, sea: 0.05, sum: 0.05}")
    result, out = conduct(Compare(second=str(tmp_path / "weights.yaml"), seeds=3))
    law, sea = result["domains"]["law"], result["domains"]["sea"]

    assert law["difference"]["mean"] < 0 < sea["difference"]["mean"]
    assert sea["difference"]["told_apart"]
    assert sea["words"].startswith("The first is lower: +")
    assert sea["second"] - sea["first"] == pytest.approx(sea["difference"]["mean"])
    assert ["first", "second"] * 3 == [run["kind"] for run in result["runs"]]
    assert [0, 0, 1, 1, 2, 2] == [run["seed"] for run in result["runs"]]
    table = {row["domain"]: row for row in pq.read_table(out / "differences.parquet").to_pylist()}
    assert sea["difference"]["low"] == table["sea"]["low"]


def test_a_mixture_does_not_differ_from_itself(conduct):
    """Given as weights with the same seeds: the difference is 0 but for rounding of the weights."""
    result, _ = conduct(Compare(second="sea=0.5,sum=0.3,law=0.2", first="law=0.2,sea=0.5,sum=0.3", seeds=2))

    assert 0 == pytest.approx(result["mean"]["difference"]["mean"], abs=1e-3)


def test_two_manifests_are_judged_on_the_same_texts(conduct, write):
    """One tokenizer and stack for both; what is held out of one is held out of the other."""
    other = write("parquet", weights={"sea": 0.1, "sum": 0.1, "law": 0.8})
    result, out = conduct(Compare(second=str(other), seeds=1))

    assert {"first:law", "first:sea", "first:sum", "second:law", "second:sea", "second:sum"} == set(
        result["domains"]
    )
    weights = {run["kind"]: run["weights"] for run in result["runs"]}
    assert {"second:sea": 0.1, "second:sum": 0.1, "second:law": 0.8} == pytest.approx(weights["second"])
    assert "One seed says nothing about noise" in result["mean"]["words"]
    ids = [
        set(pq.read_table(path)["id"].to_pylist())
        for path in sorted((out / "prepared/data").glob("*.validation.parquet"))
    ]
    trained = [
        set(pq.read_table(path)["id"].to_pylist())
        for path in sorted((out / "prepared/data").glob("*.train.parquet"))
    ]
    assert not set().union(*ids) & set().union(*trained)


def test_order_of_documents_is_not_joined(conduct, write, seal):
    """A curriculum would be shuffled: it is refused instead."""
    texts = {d: [f"{d} has a text with the number {i} " * 6 for i in range(30)] for d in ("a", "b")}
    ordered = seal(texts, {"a": 0.5, "b": 0.5}, stages=[{"until": 1.0, "order": {"column": "x"}}])

    with pytest.raises(BadInputError, match="its stages order their documents"):
        conduct(Compare(second=str(write()), seeds=1), ordered)


def test_other_manifest_is_checked_too(conduct, write):
    """Before anything is trained."""
    other = write(weights={"sea": 0.2, "sum": 0.4, "law": 0.4})
    name = json.loads(other.read_text())["files"][0]["path"]
    (other.parent / name).write_bytes(b"{}")

    with pytest.raises(TamperedError, match="not those that were sealed"):
        conduct(Compare(second=str(other)))


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"second": ""}, "there is nothing to compare with"),
        ({"second": "a=1", "seeds": 0}, "must be 1 to 1,000"),
    ],
)
def test_settings_that_compare_nothing_are_refused(conduct, settings, words):
    """Each in one line."""
    with pytest.raises(BadInputError, match=words):
        conduct(Compare(**settings))

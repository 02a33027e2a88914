"""BM25 weighs words as the formula says and keeps its index on disk."""

import math

import numpy as np
import pyarrow as pa
import pytest

from core.errors import BadInputError
from core.rankers import keyword
from core.rankers.keyword import Keyword

TEXTS = ["the cat sat", "the cat and the dog and the cat", "a dog", "東京の猫", ""]


class Texts:
    """A shelf of texts in shards of two, and how often they were read."""

    def __init__(self, folder, texts=TEXTS):
        self.indexes, self.all, self.reads = folder, texts, 0

    def texts(self):
        """Yield shards of two."""
        self.reads += 1
        for start in range(0, len(self.all), 2):
            yield pa.array(self.all[start : start + 2])


def bm25(tf, length, holders, mean=(3 + 8 + 2 + 4 + 0) / 5, n=5, k1=1.2, b=0.75):
    weight = math.log(1 + (n - holders + 0.5) / (holders + 0.5))
    return weight * tf * (k1 + 1) / (tf + k1 * (1 - b + b * length / mean))


def test_scores_are_okapi_bm25(tmp_path):
    """Two words of a query add up, each by its own count and the document's length."""
    rows, scores = Keyword().over(Texts(tmp_path)).rank("Cat DOG", 10)
    expected = {
        0: bm25(1, 3, 2),
        1: bm25(2, 8, 2) + bm25(1, 8, 2),
        2: bm25(1, 2, 2),
    }

    assert set(expected) == set(rows.tolist())
    np.testing.assert_allclose([expected[row] for row in rows.tolist()], scores, rtol=1e-5)


def test_settings_change_the_scores_not_the_index(tmp_path):
    """With b = 0 length does not count; the index is read from disk, not built again."""
    shelf = Texts(tmp_path)
    Keyword().over(shelf)
    _, scores = Keyword(b=0.0).over(shelf).rank("dog", 10)

    assert scores[0] == scores[1]
    assert shelf.reads == 1


def test_each_chinese_character_is_a_word(tmp_path):
    """Text without spaces is found by any of its characters."""
    assert Keyword().over(Texts(tmp_path)).rank("猫", 5)[0].tolist() == [3]


def test_shards_do_not_matter(tmp_path):
    """The index's words and counts are those of one shard of everything."""
    whole = Texts(tmp_path / "whole")
    whole.texts = lambda: iter([pa.array(TEXTS)])
    Keyword().over(whole)
    Keyword().over(Texts(tmp_path / "parts"))
    one, other = (keyword._load(next((tmp_path / name).glob("*.safetensors"))) for name in ("whole", "parts"))

    assert one.words == other.words
    for part in ("starts", "documents", "counts", "lengths"):
        np.testing.assert_array_equal(getattr(one, part), getattr(other, part))


@pytest.mark.parametrize("settings", [{"k1": -1.0}, {"b": 1.5}])
def test_settings_outside_the_formula_are_refused(settings):
    """The formula holds for k1 from 0 and b from 0 to 1."""
    with pytest.raises(BadInputError, match="b from 0 to 1"):
        Keyword(**settings)

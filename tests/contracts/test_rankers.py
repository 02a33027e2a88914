"""What every ranker promises."""

import numpy as np
import pyarrow as pa
import pytest

from core.bricks import make, settings_of
from core.rankers import RANKERS

TEXTS = [
    "the whale",
    "The WHALE and the ship",
    "a bank",
    "",
    "whale whale whale",
    "ship\x00 of (state)*",
    "鯨と船",
]
WORDS = sorted({"the", "whale", "and", "ship", "a", "bank", "of", "state"})


class Memory:
    """A shelf of a few texts; vectors count words."""

    def __init__(self, folder, texts=TEXTS):
        self.indexes = folder
        self.all = texts

    def texts(self):
        """Yield shards of three."""
        for start in range(0, len(self.all), 3):
            yield pa.array(self.all[start : start + 3], pa.large_string())

    def vectors(self):
        """Return one row a text."""
        return np.array([self.vector_of(text) for text in self.all], dtype=np.float32).reshape(-1, len(WORDS))

    def vector_of(self, text):
        """Count the words and bring to unit length."""
        counts = np.array([text.lower().split().count(word) for word in WORDS], dtype=np.float32)
        return counts / max(1e-9, float(np.linalg.norm(counts)))

    def ranker(self, name):
        """Return another ranker of the same texts."""
        return RANKERS[name]().over(self)


@pytest.fixture(params=RANKERS)
def ranker(request, tmp_path):
    return RANKERS[request.param]().over(Memory(tmp_path))


def test_scores_fall_and_no_document_comes_twice(ranker):
    """The best comes first."""
    rows, scores = ranker.rank("whale", 10)

    assert len(set(rows.tolist())) == len(rows) == len(scores) > 0
    assert np.all(np.diff(scores) <= 0)
    assert 4 in rows[:3]


def test_at_most_k_are_returned_and_fewer_are_a_prefix(ranker):
    """Asking for less gives the beginning of more."""
    few, more = ranker.rank("whale", 2)[0], ranker.rank("whale", 4)[0]

    assert len(few) == 2
    assert few.tolist() == more[:2].tolist()


@pytest.mark.parametrize("query", ["", "?!", "zzz", "(", ".*", "\\", "\x00"])
def test_odd_queries_are_answered(ranker, query):
    """No query is a pattern or an error."""
    rows, scores = ranker.rank(query, 3)

    assert len(rows) == len(scores) <= 3


def test_an_empty_shelf_has_no_hits(ranker, tmp_path):
    """Nothing is found in nothing."""
    empty = RANKERS[ranker.name]().over(Memory(tmp_path / "empty", []))

    assert len(empty.rank("whale", 5)[0]) == 0


@pytest.mark.parametrize("name", RANKERS)
def test_settings_survive_a_round_trip(name):
    """A brick can be made again from its settings."""
    brick = RANKERS[name]()

    assert brick == make(RANKERS, name, settings_of(brick))

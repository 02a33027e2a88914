"""Batches ahead of time: the same as without, whatever happens on the way."""

import threading

import numpy as np
import pytest

from core.backend.data.feed import Feed
from core.backend.data.schedule import Schedule
from core.backend.data.shards import Shard

CONTEXT = 8
SHARDS = [
    Shard(np.arange(start, start + size, dtype=np.uint16), None, 1) for start, size in ((0, 80), (500, 33))
]


def schedule(key="k"):
    windows = [shard.windows(CONTEXT) for shard in SHARDS]
    return Schedule(windows, [(9, [0.5, 0.5])], batch_size=4, block=8, key=key)


def test_a_batch_holds_the_windows_that_the_schedules_name():
    """One row a window, for each model its own."""
    schedules = [schedule("a"), schedule("b")]
    with Feed(schedules, SHARDS, CONTEXT, "cpu") as feed:
        found = [*feed.batches(0, 9)]

    assert [*range(9)] == [batch.step for batch in found]
    for batch in found:
        for model, tokens in zip(schedules, batch.tokens, strict=True):
            rows = [SHARDS[w.domain].window(w.index, CONTEXT).tolist() for w in model.batch(batch.step)]

            assert rows == tokens.tolist()


def test_beginning_anywhere_gives_the_same_batches():
    """As a run does that goes on; one batch alone, too."""
    with Feed([schedule()], SHARDS, CONTEXT, "cpu") as feed:
        whole = [batch.tokens.tolist() for batch in feed.batches(0, 9)]

        assert whole[5:] == [batch.tokens.tolist() for batch in feed.batches(5, 9)]
        assert whole[3] == feed.batch(3).tokens.tolist()


def test_processes_share_a_batch_by_rows():
    """Two halves are the whole."""
    whole = Feed([schedule()], SHARDS, CONTEXT, "cpu").batch(2).tokens
    halves = [Feed([schedule()], SHARDS, CONTEXT, "cpu", slice(r, None, 2)).batch(2).tokens for r in (0, 1)]

    assert whole[0, 0::2].tolist() == halves[0][0].tolist()
    assert whole[0, 1::2].tolist() == halves[1][0].tolist()


def test_an_error_comes_at_its_step_and_the_thread_ends():
    """A disk that fails while a batch is read ahead fails the step that needs it, not an earlier one."""

    class Failing(Schedule):
        def batch(self, step):
            if step == 3:
                raise OSError("no disk")
            return super().batch(step)

    failing = Failing([10, 5], [(9, [0.5, 0.5])], batch_size=4, block=8, key="k")
    seen = []
    with Feed([failing], SHARDS, CONTEXT, "cpu") as feed, pytest.raises(OSError, match="no disk"):
        seen.extend(batch.step for batch in feed.batches(0, 9))
    with Feed([schedule()], SHARDS, CONTEXT, "cpu") as feed:
        next(feed.batches(0, 9))  # and one that is left in the middle

    assert [] == [thread for thread in threading.enumerate() if thread.name == "feed"]


def test_a_window_names_its_documents(tmp_path):
    """In order, each once, so that a batch that goes wrong can be looked at."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    pq.write_table(
        pa.table({"id": ["one", "two"], "start": [0, 40], "bytes": [9, 9]}), tmp_path / "index.parquet"
    )
    shard = Shard(SHARDS[0].tokens, tmp_path / "index.parquet", 2)
    feed = Feed([Schedule([10], [(1, [1.0])], batch_size=10, block=10, key="k")], [shard], CONTEXT, "cpu")

    assert ["one", "two"] == feed.ids(feed.batch(0), 0)

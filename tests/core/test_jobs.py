"""Jobs run in processes of their own, tell how far they are, and can be stopped and taken up again."""

import os
import signal
import time

import pytest

from core.errors import BadInputError, NotFoundError
from core.jobs import FileProgress, Jobs
from core.types import Document
from core.workspace import Workspace


@pytest.fixture
def jobs(tmp_path):
    workspace = Workspace(tmp_path / "ws")
    workspace.write_corpus("small", [(Document("a", "one two", "web"), 2)])
    yield Jobs(workspace)
    for job in Jobs(workspace).jobs():
        Jobs(workspace).cancel(job.id)


def wait(jobs, identifier, *states, seconds=40):
    until = time.time() + seconds
    while time.time() < until:
        job = jobs.job(identifier)
        if job.state in states:
            return job
        time.sleep(0.05)
    pytest.fail(f"still {jobs.job(identifier).state}: {jobs.log(identifier)}")


# A query that runs for minutes: a cross join of a million by a million rows.
SLOW = [
    "query",
    "small",
    "SELECT count(*) FROM range(3000000) a, range(3000000) b WHERE a.range * b.range = 7",
]


def test_job_runs_and_keeps_its_result(jobs):
    """What the command printed as JSON is the job's result."""
    job = jobs.submit(["query", "small", "SELECT tokens FROM documents"], "ask")

    assert wait(jobs, job.id, "done", "failed").state == "done"
    assert jobs.result(job.id) == {"columns": ["tokens"], "rows": [[2]]}


def test_a_command_of_the_backend_is_a_job(jobs, tmp_path):
    """It knows of no workspace; and what follows a double dash are another command's words."""
    (tmp_path / "manifest.json").write_text("{}")
    words = ["backend", "sweep", str(tmp_path / "manifest.json"), "--out", str(tmp_path / "out")]
    sweep = jobs.submit(words, "sweep")
    there = jobs.submit(
        ["backend", "launch", *words[2:], "--on", "moon", "--", "sweep", "--models", "2"], "far"
    )

    assert "manifest.json: name: Field required" in wait(jobs, sweep.id, "failed").error
    assert "moon: is no place to train" in wait(jobs, there.id, "failed").error


def test_failed_job_says_why(jobs):
    """A job's error is the line that the command left."""
    job = jobs.submit(["query", "nothing", "SELECT 1"], "ask")

    ended = wait(jobs, job.id, "done", "failed")

    assert ended.state == "failed"
    assert "nothing: no such corpus in this workspace; there are: small" in ended.error


def test_one_job_at_a_time_by_default_and_cancel_lets_the_next_run(jobs):
    """The second job waits; cancelling the first ends its processes and the second runs."""
    first, second = jobs.submit(SLOW, "slow"), jobs.submit(["query", "small", "SELECT 1"], "quick")
    wait(jobs, first.id, "running")
    assert jobs.job(second.id).state == "queued"

    jobs.cancel(first.id)

    assert wait(jobs, first.id, "cancelled").state == "cancelled"
    assert wait(jobs, second.id, "done").state == "done"


def test_queued_job_can_be_cancelled_before_it_starts(jobs):
    """A job that never ran leaves no trace but its row."""
    first, second = jobs.submit(SLOW, "slow"), jobs.submit(SLOW, "slow too")
    wait(jobs, first.id, "running")
    jobs.cancel(second.id)

    assert jobs.job(second.id).state == "cancelled"


def test_killed_worker_leaves_an_interrupted_job_that_can_be_resumed(jobs):
    """When the machine goes down, the job is marked, and retrying queues it again."""
    job = jobs.submit(SLOW, "slow")
    wait(jobs, job.id, "running")
    (row,) = jobs._rows("SELECT process FROM jobs WHERE id = :id", id=job.id)
    worker = int(os.popen(f"ps -o ppid= -p {row['process']}").read())
    os.kill(worker, signal.SIGKILL)
    time.sleep(0.3)
    jobs.jobs()  # looking finds no worker and starts one

    assert wait(jobs, job.id, "interrupted").state == "interrupted"
    assert jobs.retry(job.id).state in ("queued", "running")


def test_running_job_cannot_be_retried(jobs):
    """Retrying is for what has ended."""
    job = jobs.submit(SLOW, "slow")

    with pytest.raises(BadInputError, match="has not ended"):
        jobs.retry(job.id)


def test_unknown_job_is_not_found(jobs):
    """A job that is not there is named."""
    with pytest.raises(NotFoundError, match="none-such"):
        jobs.cancel("none-such")


def test_limit_is_kept(jobs):
    """How many run at a time is a setting of the workspace."""
    assert jobs.limit == 1
    jobs.limit = 3

    assert Jobs(jobs.workspace).limit == 3
    with pytest.raises(BadInputError, match="1 to 64"):
        jobs.limit = 0


def test_progress_reaches_the_job(jobs):
    """What long work tells its progress shows in the job, with the step's rate."""
    job = jobs.submit(["query", "small", "SELECT 1"], "ask")
    wait(jobs, job.id, "done")
    progress = FileProgress(job.folder / "progress.json")
    progress(0, 10, "reading")
    progress(10, 10, "reading")

    seen = jobs.job(job.id)

    assert (seen.done, seen.total, seen.message) == (10, 10, "reading")


def test_job_waits_for_the_one_before_it(jobs):
    """With room for both, the second still starts only after the first is done."""
    jobs.limit = 2
    first = jobs.submit(["query", "small", "SELECT 1 AS one"], "first")
    second = jobs.submit(["query", "small", "SELECT 2 AS two"], "second", after=first.id)

    wait(jobs, second.id, "done", "failed")

    assert "done" == jobs.job(second.id).state
    assert jobs.job(second.id).started >= jobs.job(first.id).ended


def test_job_is_cancelled_when_the_one_before_it_fails(jobs):
    """Its error names the job that it waited for; resumed after that one, it runs."""
    first = jobs.submit(["query", "nothing", "SELECT 1"], "look there")
    second = jobs.submit(["query", "small", "SELECT 2 AS two"], "second", after=first.id)

    wait(jobs, second.id, "cancelled", "done")

    assert jobs.job(second.id).error == (
        "'look there', which comes first, ended as failed; resume that one, and this follows"
    )


def test_jobs_that_were_dropped_follow_again(jobs):
    """All down the line, when the one before them is resumed; one that a person cancelled does not."""
    first = jobs.submit(SLOW, "slow")
    second, by_hand = (jobs.submit(["query", "small", "SELECT 2"], name, after=first.id) for name in "ab")
    third = jobs.submit(["query", "small", "SELECT 3"], "third", after=second.id)
    wait(jobs, first.id, "running")
    jobs.cancel(by_hand.id)
    jobs.cancel(first.id)
    wait(jobs, third.id, "cancelled")
    jobs.retry(first.id)
    states = {job.id: job.state for job in jobs.jobs()}
    jobs.cancel(first.id)

    assert ["queued", "cancelled", "queued"] == [states[one.id] for one in (second, by_hand, third)]

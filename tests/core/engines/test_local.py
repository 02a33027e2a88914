"""The pool gives results in order, whatever the number of workers, and passes errors on."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from core.engines import LocalEngine


def square(number):
    return number * number


def refuse(number):
    if number == 3:
        raise ValueError("three")
    return number


@pytest.mark.parametrize("workers", [1, 2])
def test_results_come_in_order(workers):
    """The order is the items', not the workers'."""
    assert [n * n for n in range(20)] == list(LocalEngine(workers).map(square, range(20)))


@pytest.mark.parametrize("workers", [1, 2])
def test_errors_come_through(workers):
    """An exception in a worker is the caller's."""
    with pytest.raises(ValueError, match="three"):
        list(LocalEngine(workers).map(refuse, range(9)))


def here(_):
    return os.getpid()


def test_the_calling_process_works_too():
    """It does not wait for another to start; threads are of this process alone."""
    assert os.getpid() in set(LocalEngine(2).map(here, range(200)))
    assert {os.getpid()} == set(LocalEngine(2, threads=True).map(here, range(20)))


@pytest.mark.parametrize("count", [1, 2, 9])
def test_the_last_item_is_the_calling_process_s_own(count):
    """It works to the end, while the others do what waits for them, and has no item left to wait for."""
    assert os.getpid() == list(LocalEngine(2).map(here, range(count)))[-1]


@pytest.mark.parametrize("threads", [False, True])
def test_what_came_before_an_error_is_there(threads):
    """Results of earlier items come first, wherever the failing one ran."""
    results = LocalEngine(2, threads).map(refuse, range(9))

    assert [0, 1, 2] == [next(results) for _ in range(3)]
    with pytest.raises(ValueError, match="three"):
        next(results)


def test_items_are_taken_as_they_are_needed():
    """A long stream of items is not pulled into memory at once."""
    taken = []

    def items():
        for number in range(10_000):
            taken.append(number)
            yield number

    results = LocalEngine(2).map(os.path.abspath, map(str, items()))
    next(results)

    assert len(taken) <= 10
    results.close()


def test_workers_leave_when_their_parent_is_killed(tmp_path):
    """SIGKILL of a run with two workers leaves no process of it behind."""
    script = tmp_path / "run.py"
    script.write_text(
        "import os, time\nfrom core.engines import LocalEngine\n"
        "def told(folder):\n    open(f'{folder}/{os.getpid()}', 'w').close()\n    time.sleep(60)\n"
        f"if __name__ == '__main__':\n    list(LocalEngine(2).map(told, ['{tmp_path}'] * 4))\n"
    )
    root = str(Path(__file__).parents[3])
    parent = subprocess.Popen([sys.executable, script], env={**os.environ, "PYTHONPATH": root})

    def workers():
        return [int(path.name) for path in tmp_path.iterdir() if path.name.isdigit()]

    until = time.monotonic() + 60
    while len(workers()) < 2 and time.monotonic() < until:
        time.sleep(0.05)
    parent.send_signal(signal.SIGKILL)
    parent.wait()
    while any(Path(f"/proc/{number}").exists() for number in workers()) and time.monotonic() < until:
        time.sleep(0.1)

    assert [] == [number for number in workers() if Path(f"/proc/{number}").exists()]

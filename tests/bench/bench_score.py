"""Documents a second of every signal, of RedPajama-V2's together, and of the stage.

A plain script.

RedPajama-V2's reference is no package: its speed here was 480 documents a second on passages of 1.7 kB;
beside ours stands a plain reading of its definitions, the one that the tests hold ours against.

Texts are made from the standard library's own sources, 2 kB each, unless ``MIXDESK_BENCH_TEXTS`` names
JSON Lines files.
"""

from __future__ import annotations

import multiprocessing
import platform
import resource
import tempfile
import time
from collections.abc import Callable
from multiprocessing.connection import Connection

from core import bricks
from core import score as scoring
from core.signals import NEEDS_A_FILE, SIGNALS, _words
from core.signals.toxicity import Toxicity
from core.types import Document
from core.workspace import Workspace
from tests.bench.texts import origin, texts
from tests.core.signals import rps_definitions

ENCODED = {"toxicity": 200, "toxicity_dimensions": 20}  # documents to measure on
REDPAJAMA = ["rps_words", "rps_content", "rps_repetition", "rps_lines"]
DEFINITIONS = (
    rps_definitions.words,
    rps_definitions.content,
    rps_definitions.repetition,
    rps_definitions.by_line,
)


def main() -> None:
    """Measure each brick by itself, RedPajama-V2's signals together, and the stage on one core and on two."""
    sample = texts(2000)
    size = sum(map(len, sample)) / len(sample)
    print(f"{platform.processor() or platform.machine()}, Python {platform.python_version()}")
    print(f"{len(sample):,} documents of {size:,.0f} characters ({origin()}); signals by one core's own time")
    peaks(sample)  # first: a process starts with the most memory that its parent has had
    for name in SIGNALS:
        if name in ENCODED:  # at an encoder's pace, and a passage met before is remembered
            some = sample[:: len(sample) // ENCODED[name]]
            score_together([name], ["Women wait."])  # the model is loaded once
            told(f"signal  {name}", some, lambda name=name, some=some: score_together([name], some), runs=1)
        elif name not in NEEDS_A_FILE:
            told(f"signal  {name}", sample, lambda name=name: score_together([name], sample))
    told("signal  toxicity, model=fast", sample, lambda: Toxicity(model="fast").score(sample))
    rate = told("all of RedPajama-V2's", sample, lambda: score_together(REDPAJAMA, sample))
    few = sample[::10]
    plain = told("the same, read plainly", few, lambda: [read(text) for text in few for read in DEFINITIONS])
    print(
        f"ratio to the plain reading {rate / plain:.1f} times; to the reference's 480/s {rate / 480:.1f} times"
    )
    for signals, what, times in (
        (REDPAJAMA, "RedPajama-V2's", 30),  # a second process takes half a second to start
        (None, "the default signals, toxicity by its fast model", 3),
    ):
        many = sample * times
        seconds = [whole_pass(signals, many, workers) for workers in (1, 2)]
        rates = " and ".join(f"{len(many) / s:,.0f}" for s in seconds)
        gain, most = seconds[0] / seconds[1], 2 * seconds[0] / both_at_once(signals, many)
        print(
            f"stage   {what}, {len(many):,} documents from disk to disk: {rates} documents/s in 1 and 2 "
            f"processes, {gain:.2f} times; two runs of one process at once get {most:.2f} times as much done"
        )


def told(what: str, sample: list[str], work: Callable[[], object], runs: int = 3) -> float:
    """Print and return the rate of the best of the runs, by the time that this process had the core."""
    seconds = []
    for _ in range(runs):
        began = time.process_time()
        work()
        seconds.append(time.process_time() - began)
    rate, size = len(sample) / min(seconds), sum(len(text.encode("utf-8", "replace")) for text in sample)
    print(f"{what:<28} {rate:>10,.0f} documents/s {size / min(seconds) / 1e6:>8.2f} MB/s")
    return rate


def score_together(names: list[str], sample: list[str]) -> None:
    """Score as the stage does, a run of texts by each signal in turn; nothing is left of the last time."""
    bricks_made = [bricks.make(SIGNALS, name) for name in names]
    for run in _words.split([text + " " for text in sample]):  # fresh strings share nothing
        for brick in bricks_made:
            brick.score(run)


def whole_pass(signals: list[str] | None, sample: list[str], workers: int) -> float:
    """Return the seconds that the stage takes for a corpus, its processes' start included."""
    with tempfile.TemporaryDirectory() as folder:
        home = Workspace(folder)
        home.write_corpus("c", ((Document(str(i), text, "bench"), 1) for i, text in enumerate(sample)))
        began = time.perf_counter()
        scoring.score(home, "c", signals, workers=workers, settings={"toxicity": {"model": "fast"}})
        return time.perf_counter() - began


def timed(signals: list[str] | None, sample: list[str], pipe: Connection) -> None:
    """Send the seconds of one process's pass; wait to be told to begin."""
    with tempfile.TemporaryDirectory() as folder:
        whole_pass(signals, sample[:100], 1)  # loads what there is to load, as the parent has
        home = Workspace(folder)
        home.write_corpus("c", ((Document(str(i), text, "bench"), 1) for i, text in enumerate(sample)))
        pipe.send(None)
        pipe.recv()
        began = time.perf_counter()
        scoring.score(home, "c", signals, workers=1, settings={"toxicity": {"model": "fast"}})
        pipe.send(time.perf_counter() - began)


def both_at_once(signals: list[str] | None, sample: list[str]) -> float:
    """Return the seconds of two passes that run beside each other: what this machine's cores are worth."""
    pipes, context = [], multiprocessing.get_context("spawn")
    for _ in range(2):
        ours, theirs = multiprocessing.Pipe()
        context.Process(target=timed, args=(signals, sample, theirs)).start()
        pipes.append(ours)
    for pipe in pipes:
        pipe.recv()
    for pipe in pipes:
        pipe.send(None)
    return max(pipe.recv() for pipe in pipes)


def peak(sample: list[str], times: int, pipe: Connection) -> None:
    """Send the most memory, in MiB, that a process needs for the stage on a corpus so many times as large."""
    whole_pass(REDPAJAMA, sample * times, 1)
    pipe.send(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)


def peaks(sample: list[str]) -> None:
    """Print the memory of a small and of a large corpus, each in a process of its own."""
    found = []
    for times in (3, 15):
        ours, theirs = multiprocessing.Pipe()
        process = multiprocessing.get_context("spawn").Process(target=peak, args=(sample, times, theirs))
        process.start()
        found.append((times * len(sample), ours.recv()))
        process.join()
    told_ = " and ".join(f"{memory:,.0f} MiB for {documents:,}" for documents, memory in found)
    print(f"peak memory of the stage, RedPajama-V2's signals, one process: {told_} documents")


if __name__ == "__main__":
    main()

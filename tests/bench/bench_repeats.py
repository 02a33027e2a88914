"""Megabytes a second and peak memory of repeats (stretches, lines, sentences) and of containment.

A plain script: ``bench_repeats.py [MEGABYTES [WORKERS]]``, by default 100 and 1. The corpus is the sources
of the packages installed here, in documents of 2 kB, compared by their packages' initials: real text with
real copies. Each stage runs in a process of its own; its peak memory is that process's or its largest
child's. Beside the seconds stand those of the processors, which other work on the machine does not stretch.
"""

from __future__ import annotations

import multiprocessing
import platform
import resource
import sys
import sysconfig
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from core.containment import containment
from core.repeats import repeats
from core.types import Document
from core.workspace import Workspace

SIZE = 2000
STAGES: dict[str, Callable[[Workspace, int], object]] = {
    "substrings of 200": lambda home, workers: repeats(home, "c", workers=workers),
    "substrings of 50": lambda home, workers: repeats(home, "c", "substring", 50, workers=workers),
    "lines": lambda home, workers: repeats(home, "c", "line", workers=workers),
    "sentences": lambda home, workers: repeats(home, "c", "sentence", workers=workers),
    "containment": lambda home, workers: containment(home, "c", "initial", workers=workers),
    "containment, 1 in 16": lambda home, workers: containment(
        home, "c", "initial", scale=16, workers=workers
    ),
}


def main() -> None:
    """Measure each stage over one corpus."""
    megabytes, workers = (int(value) for value in (*sys.argv[1:], *("100", "1")[len(sys.argv) - 1 :]))
    print(f"{platform.processor() or platform.machine()}, Python {platform.python_version()}")
    with tempfile.TemporaryDirectory() as folder:
        corpus = Workspace(folder).write_corpus("c", documents(megabytes * 1_000_000), tokenizer="words")
        print(f"{corpus.documents:,} documents, {corpus.tokens / 1e6:.0f} M characters, {workers} processes")
        print("seconds and pace by the clock, then by the processors' time; peak memory")
        context = multiprocessing.get_context("spawn")
        for name in STAGES:
            process = context.Process(target=measure, args=(folder, name, corpus.tokens, workers))
            process.start()
            process.join()


def measure(folder: str, name: str, characters: int, workers: int) -> None:
    """Run one stage and print its pace and its memory."""
    began = time.perf_counter()
    STAGES[name](Workspace(folder), workers)
    seconds = time.perf_counter() - began
    whom = (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    used = [resource.getrusage(who) for who in whom]
    processor = sum(one.ru_utime + one.ru_stime for one in used)
    peak = max(one.ru_maxrss for one in used) / 1024
    paces = " ".join(f"{s:7.1f} s {characters / s / 1e6:6.2f} MB/s" for s in (seconds, processor))
    print(f"{name:<22} {paces} {peak:6,.0f} MiB", flush=True)


def documents(characters: int) -> Iterator[tuple[Document, int]]:
    """Yield about so many characters of Python; a document's tokens are its characters."""
    done = 0
    roots = [Path(sysconfig.get_path(name)) for name in ("stdlib", "purelib")]
    for root in dict.fromkeys(roots):
        for path in sorted(root.rglob("*.py")):
            initial = path.relative_to(root).parts[0][:1].lower()  # few enough to compare
            text = path.read_text(encoding="utf-8", errors="replace")
            for start in range(0, len(text), SIZE):
                piece = text[start : start + SIZE]
                yield Document(f"{path}:{start}", piece, "python", {"initial": initial}), len(piece)
                done += len(piece)
                if done >= characters:
                    return


if __name__ == "__main__":
    main()

"""Documents a second and peak memory of ingest, at 20,000 documents and at ten times as many; a plain script.

Texts are made up: words of a Zipf distribution, 1.3 kB each on average. Every measurement runs in a
process of its own, one after another; its peak leaves out the processes that it starts. Memory must not
grow with the corpus. The peers do the same work (parse, count tokens by the same tokenizer) and write
nothing: `datasets` streaming JSON, and pandas, which holds the whole file. ``bench_ingest.py 2000``
measures that many documents and ten times as many.
"""

from __future__ import annotations

import gzip
import json
import platform
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np

ONCE, TIMES = 20_000, 10
WORDS = 50_000
FORMATS = (".jsonl", ".jsonl.gz", ".jsonl.zst", ".parquet")
PEERS = ("datasets", "pandas")


def records(count: int) -> Iterator[dict[str, object]]:
    """Yield records of a text and four fields, the same every time."""
    rng = np.random.default_rng(0)
    letters = np.array(list("etaoinshrdlucmfwypvbgk"))
    words = ["".join(rng.choice(letters, size=size)) for size in rng.integers(2, 11, size=WORDS)]
    for number in range(count):
        size = int(np.clip(rng.lognormal(5.0, 0.6), 20, 3000))
        text = " ".join(words[i] for i in np.minimum(rng.zipf(1.25, size=size), WORDS) - 1)
        yield {"id": f"d{number}", "text": text, "source": f"s{number % 5}", "score": number / 7, "n": number}


def write(folder: Path, count: int) -> int:
    """Write the records in every format; return the bytes of the plain file."""
    import pyarrow as pa
    import pyarrow.parquet as pq
    import zstandard

    plain = folder / f"{count}.jsonl"
    with (
        plain.open("wb") as file,
        gzip.open(f"{plain}.gz", "wb", compresslevel=1) as packed,
        zstandard.open(f"{plain}.zst", "wb") as zst,
    ):
        writer, batch = None, []
        for number, record in enumerate(records(count), start=1):
            line = json.dumps(record).encode() + b"\n"
            for out in (file, packed, zst):
                out.write(line)
            batch.append(record)
            if len(batch) == 5000 or number == count:
                table = pa.Table.from_pylist(batch)
                writer = writer or pq.ParquetWriter(folder / f"{count}.parquet", table.schema)
                writer.write_table(table)
                batch = []
        writer.close()
    return plain.stat().st_size


def ours(path: str, workers: int) -> tuple[int, int]:
    """Ingest the file; return its documents and tokens."""
    from core.ingest import ingest
    from core.workspace import Workspace

    with tempfile.TemporaryDirectory() as folder:
        corpus = ingest(Workspace(folder), "bench", path, workers=workers)
    return corpus.documents, corpus.tokens


def peer(name: str, path: str) -> tuple[int, int]:
    """Parse the file as `name` does and count its tokens, 256 texts at a time."""
    from core.tokenize import _tokenizer

    if name == "pandas":
        import pandas as pd

        texts = pd.read_json(path, lines=True)["text"].tolist()
        batches = (texts[start : start + 256] for start in range(0, len(texts), 256))
    else:
        from datasets import load_dataset

        rows = load_dataset("json", data_files=path, split="train", streaming=True)
        batches = (batch["text"] for batch in rows.iter(256))
    documents = tokens = 0
    for batch in batches:
        documents += len(batch)
        tokens += sum(len(e) for e in _tokenizer().encode_batch_fast(batch, add_special_tokens=False))
    return documents, tokens


def measured(who: str, path: str) -> None:
    """Print what one run takes, as JSON: for the process that started this one."""
    began = time.perf_counter()
    documents, tokens = ours(path, int(who)) if who.isdigit() else peer(who, path)
    seconds = time.perf_counter() - began
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    result = {"documents": documents, "tokens": tokens, "seconds": seconds, "peak": peak}
    print(json.dumps({**result, "cpu": time.process_time()}))


def run(title: str, who: str, path: Path) -> dict[str, float]:
    """Measure in a process of its own and print a line; return the figures."""
    command = [sys.executable, __file__, who, str(path)]
    result: dict[str, float] = json.loads(subprocess.run(command, capture_output=True, check=True).stdout)
    rate = result["documents"] / result["seconds"]
    print(
        f"{title:<34} {result['documents']:>9,} documents {result['seconds']:>7.1f} s {rate:>8,.0f} documents/s"
        f"  processor {result['cpu']:>6.1f} s  peak {result['peak']:>6,.0f} MiB",
        flush=True,
    )
    return {**result, "rate": rate}


def main() -> None:
    """Measure every format at both sizes, then two processes and the peers on the plain file of the larger."""
    once = int(sys.argv[1]) if len(sys.argv) > 1 else ONCE
    print(f"{platform.processor() or platform.machine()}, Python {platform.python_version()}")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for count in (once, once * TIMES):
            print(f"{count:,} documents, {write(folder, count) / 1e6:,.0f} MB plain", flush=True)
        for suffix in FORMATS:
            small, large = (
                run(f"ingest {suffix}", "1", folder / f"{n}{suffix}") for n in (once, once * TIMES)
            )
            print(
                f"{'':<34} peak at {TIMES} times the data: {large['peak'] / small['peak']:.2f} times",
                flush=True,
            )
        large = folder / f"{once * TIMES}.jsonl"
        alone, pair = (
            run("ingest .jsonl, 1 process", "1", large),
            run("ingest .jsonl, 2 processes", "2", large),
        )
        print(f"{'':<34} 2 processes: {pair['rate'] / alone['rate']:.2f} times as fast", flush=True)
        for who in PEERS:
            theirs = run(f"{who} and the same tokenizer", who, large)
            print(
                f"{'':<34} ingest: {alone['rate'] / theirs['rate']:.2f} times as fast,"
                f" {alone['peak'] / theirs['peak']:.2f} times the memory",
                flush=True,
            )
            assert theirs["tokens"] == alone["tokens"]


if __name__ == "__main__":
    if len(sys.argv) > 2:
        measured(sys.argv[1], sys.argv[2])
    else:
        main()

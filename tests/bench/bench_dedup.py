"""Near duplicates beside datasketch, text-dedup and datatrove on the same texts, and semantic ones beside faiss.

100,000 documents of 2 kB from a seeded model of words, a fifth of them copies at a known Jaccard, in pairs
and in families. FineWeb's setting for all: 5-grams of words, 14 bands of 8. A peer is measured where an
interpreter that has it is named by MIXDESK_DATASKETCH, MIXDESK_TEXT_DEDUP or MIXDESK_DATATROVE, on all the
documents unless ``--peers`` says how many; its reading of the texts is not counted, ours is. Every side may
use two processes (ours, two threads). Libraries, and our compiled code, are loaded before a clock starts and before
memory is measured; what that takes is told.
``--documents``, ``--vectors`` and ``--only near`` or ``semantic`` change what is run.
"""

from __future__ import annotations

import argparse
import importlib
import json
import os
import re
import subprocess
import sys
import tempfile
import time
from collections import Counter
from itertools import combinations
from pathlib import Path

import numpy as np

from core.dedup import dedup
from core.matchers.minhash import MinHash
from core.matchers.semantic import Semantic
from core.types import Document
from core.workspace import Workspace

WORKERS = 2
WORDS = 320
LEVELS = (0.5, 0.6, 0.7, 0.75, 0.8, 0.85, 0.9, 0.93, 0.96, 0.99)
FAMILY = 5  # copies of one text, in one family in twenty

DATASKETCH = """
import json, re, sys, time
from multiprocessing import Pool
from datasketch import MinHash, MinHashLSH

def sketch(texts):
    found = []
    for text in texts:
        words = re.findall(r"\\w+", text.lower())
        found.append({" ".join(words[i : i + 5]).encode() for i in range(max(1, len(words) - 4))})
    return MinHash.bulk(found, num_perm=112)

def run(texts, workers):
    began, cpu = time.perf_counter(), time.process_time()
    parts = [texts[i : i + 500] for i in range(0, len(texts), 500)]
    lsh, parent = MinHashLSH(params=(14, 8), num_perm=112), list(range(len(texts)))
    def root(i):
        while parent[i] != i:
            parent[i] = i = parent[parent[i]]
        return i
    at = 0
    with Pool(workers) as pool:
        for sketches in pool.imap(sketch, parts) if workers > 1 else map(sketch, parts):
            for one in sketches:
                for other in lsh.query(one):
                    parent[root(at)] = root(other)
                lsh.insert(at, one)
                at += 1
    taken = time.process_time() - cpu if workers == 1 else time.perf_counter() - began
    return taken, [root(i) for i in range(len(texts))]

if __name__ == "__main__":
    texts = [json.loads(line)["text"] for line in open(sys.argv[1])]
    alone, _ = run(texts, 1)
    seconds, groups = run(texts, 2)
    json.dump({"seconds": seconds, "alone": alone, "groups": groups}, open(sys.argv[2], "w"))
"""

DATATROVE = """
import json, sys, time
from pathlib import Path
from datatrove.executor import LocalPipelineExecutor
from datatrove.pipeline.dedup import MinhashDedupBuckets, MinhashDedupCluster, MinhashDedupSignature
from datatrove.pipeline.dedup.minhash import MinhashConfig
from datatrove.pipeline.readers import JsonlReader

if __name__ == "__main__":
    given, answer, work = map(Path, sys.argv[1:4])
    config = MinhashConfig(n_grams=5, num_buckets=14, hashes_per_bucket=8)
    signing = MinhashDedupSignature(str(work / "signatures"), config)
    stages = [
        ([JsonlReader(str(given.parent / "halves")), signing], 2),
        ([MinhashDedupBuckets(str(work / "signatures"), str(work / "buckets"), config=config)], 14),
        ([MinhashDedupCluster(str(work / "buckets"), str(work / "removed"), config=config,
                              save_cluster_id=True)], 1),
    ]
    began = time.perf_counter()
    for i, (pipeline, tasks) in enumerate(stages):
        LocalPipelineExecutor(pipeline, tasks=tasks, workers=2, logging_dir=str(work / f"log{i}")).run()
    json.dump({"seconds": time.perf_counter() - began}, open(answer, "w"))
"""


def vocabulary(rng: np.random.Generator, size: int = 30_000) -> np.ndarray:
    """Words of 2 to 9 letters, all different."""
    letters = np.array(list("abcdefghijklmnopqrstuvwxyz"))
    found = {"".join(rng.choice(letters, size=k)) for k in rng.integers(2, 10, size=size)}
    return np.array(sorted(found), dtype=object)


def planted(count: int, seed: int = 0) -> tuple[list[str], list[int]]:
    """Return texts, shuffled, and the family of each: copies have a few words changed, all far apart."""
    rng = np.random.default_rng(seed)
    words = vocabulary(rng)
    share = 1 / (np.arange(len(words)) + 3.0)
    copies = count // 5
    originals = rng.choice(len(words), size=(count - copies, WORDS), p=share / share.sum())
    texts = [" ".join(words[row]) for row in originals]
    family, fresh, at = list(range(len(texts))), 0, 0
    while len(texts) < count:
        for _ in range(FAMILY if at % 20 == 0 else 1):
            level = LEVELS[int(rng.integers(len(LEVELS)))]
            changed = words[originals[at]].copy()
            grams = WORDS - 4
            num = max(1, round(grams * (1 - level) / (1 + level) / 5))
            for place in rng.choice(WORDS // 5 - 1, size=num, replace=False) * 5 + 4:
                changed[place], fresh = f"new{fresh}", fresh + 1
            texts.append(" ".join(changed))
            family.append(at)
        at += 1
    order = rng.permutation(count)
    return [texts[i] for i in order], [family[i] for i in order]


def grams(text: str) -> set[tuple[str, ...]]:
    """A text's distinct 5-grams of words, as they are."""
    words = re.findall(r"\w+", text.lower())
    return {tuple(words[i : i + 5]) for i in range(len(words) - 4)}


def quality(texts: list[str], family: list[int], groups: list[int]) -> str:
    """Compare groups with the true Jaccard of every pair planted and of every pair grouped."""
    members: dict[str, dict[int, list[int]]] = {"planted": {}, "grouped": {}}
    for row, (own, group) in enumerate(zip(family, groups, strict=True)):
        members["planted"].setdefault(own, []).append(row)
        members["grouped"].setdefault(group, []).append(row)
    met, total, low, least, pairs = Counter(), Counter(), 0, 1.0, 0
    for rows in members["planted"].values():
        if len(rows) == 2:
            one, other = map(grams, (texts[rows[0]], texts[rows[1]]))
            true = len(one & other) / len(one | other)
            step = next((edge for edge in (0.9, 0.8, 0.75, 0.7) if true >= edge), 0.0)
            total[step] += 1
            met[step] += groups[rows[0]] == groups[rows[1]]
    for rows in members["grouped"].values():
        sets = [grams(texts[row]) for row in rows] if len(rows) > 1 else []
        for one, other in combinations(sets, 2):
            true = len(one & other) / len(one | other)
            pairs, low, least = pairs + 1, low + (true < 0.7), min(least, true)
    shares = ", ".join(
        f"{edge:.2f}+ {met[edge] / total[edge]:.4f}" for edge in sorted(total, reverse=True) if edge
    )
    below = f"{low} of {pairs:,} grouped pairs below 0.7 (least {least:.3f})"
    return f"recall of planted pairs by Jaccard: {shares}; {below}"


# --- the sides --------------------------------------------------------------------------------------


def ours(folder: Path, name: str, workers: int) -> dict[str, object]:
    """Run the deduplication of a corpus that nobody has signed; return seconds, groups, memory."""
    home = Workspace(folder)
    loading = time.process_time()
    for library in ("pyarrow.compute", "pyarrow.parquet", "pandas"):
        importlib.import_module(library)  # as peers have theirs
    MinHash().groups(["one", "one"])
    loading = time.process_time() - loading
    before = peak(reset=True)
    began, marks, cpu = time.perf_counter(), {}, time.process_time()

    def progress(done: int, total: int | None, message: str = "") -> None:
        marks[message] = time.perf_counter() - began

    dedup(home, name, "fineweb", "global", progress, workers=workers)
    seconds, cpu = time.perf_counter() - began, time.process_time() - cpu
    grown = peak() - before
    groups = home.read(home.corpus(name), ["duplicate_group"])["duplicate_group"].to_pylist()
    return {
        "seconds": seconds,
        "cpu": cpu,
        "grown": grown,
        "groups": groups,
        "marks": marks,
        "loading": loading,
    }


def peak(reset: bool = False) -> int:
    """Return the most memory in bytes that this process has held, since the last reset."""
    if reset:
        Path("/proc/self/clear_refs").write_text("5")
    return 1024 * int(re.search(r"VmHWM:\s+(\d+)", Path("/proc/self/status").read_text())[1])


def apart(folder: Path, name: str, workers: int = WORKERS) -> dict[str, object]:
    """Run `ours` in a process of its own, whose memory is its own."""
    answer = folder / f"{name}.json"
    subprocess.run([sys.executable, __file__, "--ours", folder, name, str(workers), answer], check=True)
    return json.loads(answer.read_text())


def written(folder: Path, texts: list[str]) -> Path:
    """Write the texts as peers read them: JSON Lines, whole and in two halves."""
    (folder / "halves").mkdir(parents=True)
    whole = folder / "texts.jsonl"
    lines = [json.dumps({"text": text, "id": str(i)}) + "\n" for i, text in enumerate(texts)]
    whole.write_text("".join(lines))
    for half in range(2):
        (folder / "halves" / f"{half}.jsonl").write_text("".join(lines[half::2]))
    return whole


def run(python: str, *arguments: object) -> str:
    """Run a peer's Python outside this project; return what it logs."""
    environment = {k: v for k, v in os.environ.items() if k != "PYTHONPATH"} | {"COLUMNS": "200"}
    done = subprocess.run(
        [python, *map(str, arguments)], env=environment, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise RuntimeError(done.stderr[-2000:])
    return done.stdout + done.stderr


def script(python: str, source: str, given: Path, folder: Path) -> dict[str, object]:
    """Run a peer's script, from a file, for its workers import it."""
    path, answer = folder / "peer.py", folder / "answer.json"
    path.write_text(source)
    run(python, path, given, answer, folder / "work")
    return json.loads(answer.read_text())


def text_dedup(python: str, given: Path, folder: Path) -> dict[str, object]:
    """Run text-dedup's command; its own clock counts its hashing and clustering, not its reading and writing."""
    options = "--path json --split train --column text --ngram 5 --min_length 1 --num_perm 112 --b 14 --r 8"
    more = [
        "--data_files",
        given,
        "--cache_dir",
        folder / "cache",
        "--output",
        folder / "out",
        "--num_proc",
        2,
    ]
    log = run(python, "-m", "text_dedup.minhash", *options.split(), *more)
    clock = {name: float(seconds) for name, seconds in re.findall(r"(\w+)\s*:\s*([\d.]+)s", log)}
    if not clock.keys() >= {"MinHashing", "Clustering"}:
        raise RuntimeError(log[-2000:])
    return {"seconds": clock["MinHashing"] + clock["Clustering"]}


def near(count: int, num_peers: int) -> None:
    """Measure near duplicates."""
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        texts, family = planted(count)
        home = Workspace(folder / "workspace")
        for name, some in (("small", texts[: count // 5]), ("alone", texts), ("whole", texts)):
            home.write_corpus(name, ((Document(str(i), t, "abc"[i % 3]), 320) for i, t in enumerate(some)))
        size = sum(map(len, texts)) / len(texts)
        print(f"{count:,} documents of {size:,.0f} characters, {WORKERS} threads")
        small, found = apart(folder / "workspace", "small"), apart(folder / "workspace", "whole")
        seconds = float(found["seconds"])
        marks = "; ".join(f"{name} until {at:.1f} s" for name, at in found["marks"].items())
        print(
            f"ours, from Parquet to columns   {seconds:>8.1f} s  {count / seconds:>8,.0f} documents/s  ({marks})"
        )
        print(f"libraries and compiled code loaded before, in {found['loading']:.1f} s of the process's time")
        print(quality(texts, family, found["groups"]))
        slope = (found["grown"] - small["grown"]) / (count - count // 5)
        print(
            f"memory: grows by {found['grown'] / count:,.0f} bytes a document in all, {slope:,.0f} for each more"
        )
        alone = count / float(apart(folder / "workspace", "alone", 1)["cpu"])
        print(f"ours, one thread, {count:,} documents: {alone:,.0f} documents a second of its time")
        peers(folder, texts[:num_peers], family[:num_peers], count / seconds, alone)


def peers(folder: Path, texts: list[str], family: list[int], speed: float, alone: float) -> None:
    """Measure each peer that is there, on as many of the same texts, in the same run."""
    given = written(folder / "peers", texts)
    for name, variable, mark in (
        ("datasketch", "MIXDESK_DATASKETCH", 10),
        ("text-dedup", "MIXDESK_TEXT_DEDUP", 3),
        ("datatrove", "MIXDESK_DATATROVE", 3),
    ):
        python = os.environ.get(variable)
        if not python:
            print(f"{name:<12} not compared: {variable} names no interpreter")
            continue
        work = folder / name
        work.mkdir()
        if name == "text-dedup":
            answer = text_dedup(python, given, work)
        else:
            answer = script(python, DATASKETCH if name == "datasketch" else DATATROVE, given, work)
        for kind, key, own in (("2 processes", "seconds", speed), ("1, its time", "alone", alone)):
            if key in answer:
                rate = len(texts) / float(answer[key])
                print(
                    f"{name:<12} {kind:<12} {answer[key]:>8.1f} s for {len(texts):,} documents, {rate:>6,.0f} "
                    f"documents/s: ours {own / rate:.1f} x (mark: {mark} x; load {os.getloadavg()[0]:.1f})",
                    flush=True,
                )
        if "groups" in answer:
            print(f"{name:<12} {quality(texts, family, answer['groups'])}")


# --- embeddings -------------------------------------------------------------------------------------


def semantic(count: int, dimensions: int = 384) -> None:
    """Measure semantic duplicates beside faiss's own k-means and search of one list, at the same radius."""
    import faiss

    rng = np.random.default_rng(0)
    centres = rng.normal(size=(max(1, count // 500), dimensions)).astype(np.float32)
    vectors = centres[rng.integers(len(centres), size=count)]
    vectors += rng.standard_normal(size=vectors.shape, dtype=np.float32)
    copies = rng.integers(count, size=(2, count // 10))
    vectors[copies[1]] = vectors[copies[0]] + 0.1 * rng.normal(size=(count // 10, dimensions)).astype(
        np.float32
    )
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    matcher = Semantic()
    began = time.perf_counter()
    local, _ = matcher.group(vectors, np.arange(count), np.zeros(count, dtype=np.int64))
    mine = time.perf_counter() - began
    began = time.perf_counter()
    lists = max(1, count // matcher.documents_per_cluster)
    means = faiss.Kmeans(dimensions, lists, niter=20, seed=1, spherical=True)
    means.train(vectors)
    learnt = time.perf_counter() - began
    index = faiss.IndexIVFFlat(means.index, dimensions, lists, faiss.METRIC_INNER_PRODUCT)
    index.add(vectors)
    searches = []
    for search in (
        lambda: index.range_search(vectors, 1 - matcher.epsilon),
        lambda: index.search(vectors, 10),
    ):
        began = time.perf_counter()
        search()
        searches.append(time.perf_counter() - began)
    whole = learnt + min(searches)
    dropped = int((local != np.arange(count)).sum())
    print(f"{count:,} vectors of {dimensions}, {lists} lists: {dropped:,} semantic duplicates")
    told = f"k-means {learnt:.1f}, of one list a range search {searches[0]:.1f}, a search for ten {searches[1]:.1f}"
    print(
        f"ours {mine:.1f} s; faiss, with its quicker search, {whole:.1f} s ({told}; load {os.getloadavg()[0]:.1f})"
    )
    print(f"ratio {mine / whole:.2f} (mark: 2 at most)")


def main() -> None:
    """Measure both kinds."""
    if sys.argv[1:2] == ["--ours"]:
        Path(sys.argv[5]).write_text(json.dumps(ours(Path(sys.argv[2]), sys.argv[3], int(sys.argv[4]))))
        return
    reader = argparse.ArgumentParser()
    reader.add_argument("--documents", type=int, default=100_000)
    reader.add_argument("--peers", type=int)
    reader.add_argument("--vectors", type=int, default=100_000)
    reader.add_argument("--only", choices=["near", "semantic"])
    given = reader.parse_args()
    if given.only != "semantic":
        near(given.documents, given.peers or given.documents)
    if given.only != "near":
        semantic(given.vectors)


if __name__ == "__main__":
    main()

"""The four filter rule sets beside datatrove's own: the same reasons, and documents a second; a plain script.

Texts are made from the standard library's sources, unless ``MIXDESK_BENCH_TEXTS`` names JSON Lines files.
Every third text also stands there spoilt (short lines, bullets, a repeated passage, words shuffled), for
ordinary prose breaks few rules. datatrove is installed into an environment of its own, kept beside the
results; ``MIXDESK_DATATROVE`` names a Python that has it already. Both sides run in one process.
"""

from __future__ import annotations

import json
import os
import platform
import random
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

from core import bricks
from core.rulesets import RULESETS, Page
from tests.bench.texts import texts

RESULTS = Path(__file__).parents[2] / "bench-results"
PEER = """
import json, sys, time
from datatrove.data import Document
from datatrove.pipeline.filters import (
    C4QualityFilter, FineWebQualityFilter, GopherQualityFilter, GopherRepetitionFilter)

texts = json.load(open(sys.argv[1]))
filters = {"gopher_quality": GopherQualityFilter(), "gopher_repetition": GopherRepetitionFilter(),
           "c4": C4QualityFilter(), "fineweb": FineWebQualityFilter()}
reasons = {name: [] for name in filters}
for one in filters.values():
    one.filter(Document(text=texts[0], id="0"))
began = time.perf_counter()
for text in texts:
    for name, one in filters.items():
        verdict = one.filter(Document(text=text, id="0"))
        reasons[name].append(verdict[1] if isinstance(verdict, tuple) else None)
json.dump({"seconds": time.perf_counter() - began, "reasons": reasons}, open(sys.argv[2], "w"))
"""


def spoilt(text: str, rng: random.Random) -> str:
    """Make a text break some rule or other."""
    words = text.split(" ")
    at, size = rng.randrange(len(words)), rng.randint(6, 60)
    kind = rng.randrange(6)
    if kind == 0:
        return "\n".join(" ".join(words[i : i + size]) for i in range(0, len(words), size))
    if kind == 1:
        return " ".join(rng.choices(words[:size], k=200))
    if kind == 2:
        return " ".join(words + words[at : at + size] + words[:30] + words[at : at + size])
    if kind == 3:
        ends = (".", "...", "…", "")
        return "\n".join(rng.choice(("- ", "• ", "")) + s + rng.choice(ends) for s in text.split("."))
    if kind == 4:
        return text.replace(" the ", " # ").replace(" of ", rng.choice((" ... ", " 12 ", " [1] ", " ")))
    return "\n\n".join([" ".join(words[:size])] * rng.randint(1, 3) + [text[: rng.randrange(len(text) + 1)]])


def peer_python() -> str | None:
    """Return a Python that has datatrove, made where it can be, or None."""
    if "MIXDESK_DATATROVE" in os.environ:
        return os.environ["MIXDESK_DATATROVE"]
    home = RESULTS / "datatrove-environment"
    python = home / "bin" / "python"
    if not (home / "whole").exists():
        try:
            subprocess.run([sys.executable, "-m", "venv", home], check=True, capture_output=True)
            wanted = ["datatrove==0.10.1", "nltk", "spacy", "regex"]
            subprocess.run([python, "-m", "pip", "install", "-q", *wanted], check=True, capture_output=True)
        except (subprocess.CalledProcessError, OSError):
            return None
        (home / "whole").touch()
    return str(python)


def ours(sample: list[str]) -> tuple[float, dict[str, list[str | None]]]:
    """Judge each text by the four rule sets, its words split once, as datatrove does too."""
    rulesets = {name: bricks.make(RULESETS, name) for name in RULESETS}
    reasons: dict[str, list[str | None]] = {name: [] for name in RULESETS}
    rulesets["gopher_quality"].reasons(sample[:1])
    began = time.perf_counter()
    for text in sample:
        page = Page(text)
        for name, rules in rulesets.items():
            reasons[name].append(rules.reason(page))
    return time.perf_counter() - began, reasons


def main() -> None:
    """Measure both sides on the same texts and count where they agree."""
    rng = random.Random(0)
    plain = texts(2000)
    sample = plain + [spoilt(text, rng) for text in plain[::3]]
    print(f"{platform.processor() or platform.machine()}, Python {platform.python_version()}, one process")
    print(f"{len(sample):,} documents of {sum(map(len, sample)) / len(sample):,.0f} characters")
    seconds, reasons = ours(sample)
    speed = len(sample) / seconds
    print(f"four rule sets, chunks met for the first time  {speed:>8,.0f} documents/s")
    print(
        f"four rule sets, again                          {len(sample) / ours(sample)[0]:>8,.0f} documents/s"
    )
    python = peer_python()
    if python is None:
        print("datatrove cannot be installed here: no comparison")
        return
    with tempfile.TemporaryDirectory() as folder:
        given, answer = Path(folder, "texts.json"), Path(folder, "reasons.json")
        given.write_text(json.dumps(sample), encoding="utf-8")
        environment = {k: v for k, v in os.environ.items() if k != "PYTHONPATH"}
        subprocess.run(
            [python, "-c", PEER, given, answer], check=True, env=environment, stderr=subprocess.DEVNULL
        )
        peer = json.loads(answer.read_text(encoding="utf-8"))
    theirs = len(sample) / peer["seconds"]
    print(f"datatrove                                      {theirs:>8,.0f} documents/s")
    print(f"ratio, chunks met for the first time           {speed / theirs:>8.1f} x (mark: 20 x)")
    for name, wanted in peer["reasons"].items():
        agreed = sum(a == b for a, b in zip(wanted, reasons[name], strict=True)) / len(sample)
        seen = ", ".join(f"{reason} {count}" for reason, count in Counter(filter(None, wanted)).most_common())
        print(f"{name:<18} same reason {agreed:.3%}  ({seen})")


if __name__ == "__main__":
    main()

"""Documents a second of the search for personal data and of masking; precision and recall.

A plain script. Speed is taken on the standard library's own sources, 2 kB a document, or on JSON Lines
files that ``MIXDESK_BENCH_TEXTS`` names. Precision and recall are of a generated set, so they say how the
rules meet the forms that its generators know, not how the world writes: values of each kind among true
numbers that are none.
"""

from __future__ import annotations

import platform
import sys
from collections import Counter
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from core.masking import mask
from core.signals.personal import KINDS, found
from core.signals.personal_data import PersonalData
from tests.bench.bench_score import told
from tests.bench.texts import texts
from tests.core.signals import personal_numbers as numbers

_PROSE = "the of and to in that was for with order number page total reference item from year he she it"
WORDS = _PROSE.split()
ROUNDS = 300


def main() -> None:
    """Measure speed, then precision and recall by kind."""
    sample = texts(2000)
    print(f"{platform.processor() or platform.machine()}, Python {platform.python_version()}")
    told("personal_data, plain texts", sample, lambda: PersonalData().score(sample))
    rich = [one_of_each(seed)[0] for seed in range(500)]
    told("personal_data, 7 a document", rich, lambda: PersonalData().score(rich))
    for style in ("placeholder", "surrogate"):
        told(f"mask, {style}", sample, lambda style=style: [mask(text, style=style) for text in sample])
    told("mask, 7 a document", rich, lambda: [mask(text, style="surrogate") for text in rich])
    judged()


def judged() -> None:
    """Print precision and recall of exact spans over the generated set."""
    true, hit, reported = Counter(), Counter(), Counter()
    for seed in range(ROUNDS):
        text, labels = one_of_each(seed)
        places = {(one.kind, one.start, one.end) for one in found(text)}
        true.update(kind for kind, *_ in labels)
        reported.update(kind for kind, *_ in places)
        hit.update(kind for kind, *_ in places & labels)
    print(f"generated set: {ROUNDS} documents, {true.total():,} values; a hit is the kind and the exact span")
    for kind in KINDS:
        precision, recall = hit[kind] / max(1, reported[kind]), hit[kind] / true[kind]
        print(f"{kind:<12} precision {precision:.4f}  recall {recall:.4f}  of {true[kind]}")


def one_of_each(seed: int) -> tuple[str, set[tuple[str, int, int]]]:
    """Return about 2 kB with one value a kind among words and look-alikes, and the values' places."""
    rng = numbers.seeded(seed)
    parts, labels, length = [], set(), 0
    makers = list(numbers.MAKERS.items())
    rng.shuffle(makers)
    for kind, make in makers:
        value = make(rng)
        for piece in (filler(rng), value, filler(rng)):
            if piece is value:
                start, end = inner(kind, value)
                labels.add((kind, length + start, length + end))
            parts.append(piece)
            length += len(piece) + 1
    return " ".join(parts), labels


def inner(kind: str, value: str) -> tuple[int, int]:
    """Where in what a maker gives the value itself stands: behind its name, within quotes or a URL."""
    if kind == "secret" and value.startswith("api_key"):
        return value.index('"') + 1, len(value) - 1
    if kind == "secret" and value.startswith("postgres"):
        return value.index(":", 9) + 1, value.index("@")
    lead = ("password: ", "Tel. ", "phone: ", *(name for name, _ in numbers.NATIONAL.values()))
    return max((len(name) for name in lead if name and value.startswith(name)), default=0), len(value)


def filler(rng) -> str:
    """Words, and numbers that are nobody's: dates, amounts, order numbers, versions, hashes, timestamps."""
    pieces = rng.choices(WORDS, k=12)
    pieces += [
        rng.choice(
            (
                f"{rng.randint(1900, 2030)}-{rng.randint(1, 12):02}-{rng.randint(1, 28):02}",
                f"version {rng.randint(10, 99)}.{rng.randint(1, 99)}.{rng.randint(1, 99)}.{rng.randint(1, 99)}",
                f"${rng.randint(1, 999)},{rng.randint(100, 999)}.{rng.randint(10, 99)}",
                f"{rng.getrandbits(128):032x}",
                numbers.digits(rng, rng.choice((7, 8, 9, 10, 11, 12))),
                f"{rng.randint(1_500_000_000_000, 1_800_000_000_000)}",
                numbers.one_off(numbers.card(rng), rng),
                numbers.one_off(numbers.iban(rng), rng),
                f"{rng.random():.15f}",
            )
        )
        for _ in range(3)
    ]
    rng.shuffle(pieces)
    return " ".join(pieces) + "."


if __name__ == "__main__":
    main()

